/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel log of a fake machine: whole, wrapped, damaged; and what its lines are about. */
#include "walk/crash.h"
#include "walk/logline.h"

#include "world.h"

/* A ring of 16 descriptors and 512 bytes of text, with gaps in its structures that no kernel has. */
enum {
	COUNT_BITS = 4, SIZE_BITS = 9,
	RING_DESC = 8, RING_TEXT = 72, /* struct printk_ringbuffer */
	AT_COUNT_BITS = 0, AT_DESCS = 16, AT_INFOS = 24, AT_HEAD = 32, AT_TAIL = 48, /* struct prb_desc_ring */
	AT_SIZE_BITS = 4, AT_DATA = 8, /* struct prb_data_ring */
	DESC_SIZE = 32, AT_STATE = 8, AT_LPOS = 16, AT_BEGIN = 0, AT_NEXT = 8,
	INFO_SIZE = 40, AT_SEQ = 0, AT_TS = 8, AT_LEN = 18,
	RESERVED = 0, COMMITTED = 1, FINALIZED = 2, REUSABLE = 3,
};

struct machine {
	struct world w;
	struct lab lab;
	uint64_t prb, ring, descs, infos, data;
	uint64_t next_id, next_lpos;
	/* what the walk told */
	char told[64][64];
	uint64_t seq[64], ts[64];
	unsigned nr;
	struct printk_result result;
};

static void start_on(struct machine *m, const char *kernel)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, kernel);
	world_boot(&m->w);
	m->prb = world_alloc(&m->w, FRAME);
	m->ring = m->prb + 64;
	m->descs = world_alloc(&m->w, DESC_SIZE << COUNT_BITS);
	m->infos = world_alloc(&m->w, INFO_SIZE << COUNT_BITS);
	m->data = world_alloc(&m->w, 1 << SIZE_BITS);
	world_put(&m->w, m->prb, 8, m->ring);
	world_put(&m->w, m->ring + RING_DESC + AT_COUNT_BITS, 4, COUNT_BITS);
	world_put(&m->w, m->ring + RING_DESC + AT_DESCS, 8, m->descs);
	world_put(&m->w, m->ring + RING_DESC + AT_INFOS, 8, m->infos);
	world_put(&m->w, m->ring + RING_TEXT + AT_SIZE_BITS, 4, SIZE_BITS);
	world_put(&m->w, m->ring + RING_TEXT + AT_DATA, 8, m->data);
	strbuf_printf(&m->w.vmcoreinfo,
		      "SYMBOL(prb)=%llx\nSIZE(printk_ringbuffer)=120\nOFFSET(printk_ringbuffer.desc_ring)=%d\n"
		      "OFFSET(printk_ringbuffer.text_data_ring)=%d\nOFFSET(prb_desc_ring.count_bits)=%d\n"
		      "OFFSET(prb_desc_ring.descs)=%d\nOFFSET(prb_desc_ring.infos)=%d\nOFFSET(prb_desc_ring.head_id)=%d\n"
		      "OFFSET(prb_desc_ring.tail_id)=%d\nSIZE(prb_desc)=%d\nOFFSET(prb_desc.state_var)=%d\n"
		      "OFFSET(prb_desc.text_blk_lpos)=%d\nSIZE(prb_data_blk_lpos)=16\nOFFSET(prb_data_blk_lpos.begin)=%d\n"
		      "OFFSET(prb_data_blk_lpos.next)=%d\nSIZE(printk_info)=%d\nOFFSET(printk_info.seq)=%d\n"
		      "OFFSET(printk_info.ts_nsec)=%d\nOFFSET(printk_info.text_len)=%d\nSIZE(prb_data_ring)=24\n"
		      "OFFSET(prb_data_ring.size_bits)=%d\nOFFSET(prb_data_ring.data)=%d\n",
		      (unsigned long long)m->prb, RING_DESC, RING_TEXT, AT_COUNT_BITS, AT_DESCS, AT_INFOS, AT_HEAD, AT_TAIL,
		      DESC_SIZE, AT_STATE, AT_LPOS, AT_BEGIN, AT_NEXT, INFO_SIZE, AT_SEQ, AT_TS, AT_LEN, AT_SIZE_BITS, AT_DATA);
}

static void start(struct machine *m)
{
	start_on(m, "6.1");
}

static uint64_t desc(const struct machine *m, uint64_t id)
{
	return m->descs + (id & ((1 << COUNT_BITS) - 1)) * DESC_SIZE;
}

static uint64_t info(const struct machine *m, uint64_t id)
{
	return m->infos + (id & ((1 << COUNT_BITS) - 1)) * INFO_SIZE;
}

static void set_state(struct machine *m, uint64_t id, uint64_t state)
{
	world_put(&m->w, desc(m, id) + AT_STATE, 8, (id & (UINT64_MAX >> 2)) | state << 62);
}

static void set_text(struct machine *m, uint64_t id, uint64_t begin, uint64_t next)
{
	world_put(&m->w, desc(m, id) + AT_LPOS + AT_BEGIN, 8, begin);
	world_put(&m->w, desc(m, id) + AT_LPOS + AT_NEXT, 8, next);
}

static void set_head(struct machine *m, uint64_t tail, uint64_t head)
{
	world_put(&m->w, m->ring + RING_DESC + AT_TAIL, 8, tail & (UINT64_MAX >> 2));
	world_put(&m->w, m->ring + RING_DESC + AT_HEAD, 8, head & (UINT64_MAX >> 2));
}

/* printk(): a block of text where the kernel would put it, none for an empty line.  Returns the id. */
static uint64_t say(struct machine *m, const char *text)
{
	uint64_t id = m->next_id++, size = 8 + ((strlen(text) + 7) & ~UINT64_C(7)), mask = (1 << SIZE_BITS) - 1;
	uint64_t begin = m->next_lpos, next = begin + size, at = begin & mask;

	if (begin >> SIZE_BITS != next >> SIZE_BITS) { /* it does not fit before the end: at the start */
		at = 0;
		next = (next >> SIZE_BITS << SIZE_BITS) + size;
	}
	if (!*text)
		begin = next = 3;
	else
		m->next_lpos = next;
	if (*text)
		world_put(&m->w, m->data + at, 8, id & (UINT64_MAX >> 2));
	for (size_t i = 0; text[i]; i++)
		world_put(&m->w, m->data + at + 8 + i, 1, (unsigned char)text[i]);
	set_text(m, id, begin, next);
	world_put(&m->w, info(m, id) + AT_SEQ, 8, id);
	world_put(&m->w, info(m, id) + AT_TS, 8, id * 1000);
	world_put(&m->w, info(m, id) + AT_LEN, 2, strlen(text));
	set_state(m, id, FINALIZED);
	set_head(m, id >= 15 ? id - 15 : 0, id);
	return id;
}

static struct error *note(void *arg, const struct printk_record *r)
{
	struct machine *m = arg;

	assert_true(m->nr < 64);
	assert_true(strlen(r->text) <= r->len && !r->text[r->len]);
	strncpy(m->told[m->nr], r->text, 63);
	m->seq[m->nr] = r->seq;
	m->ts[m->nr++] = r->ts_nsec;
	return NULL;
}

/* Read the log, and end. */
static void walk(struct machine *m)
{
	lab_open(&m->lab, &m->w);
	assert_null(printk_walk(m->lab.dump, m->lab.kv, note, m, &m->result));
	assert_int_equal(m->result.records, m->nr);
	lab_close(&m->lab);
	world_deinit(&m->w);
}

static void test_whole(void **state)
{
	struct machine m;

	(void)state;
	start(&m);
	say(&m, "one");
	say(&m, "");
	say(&m, "three, longer");
	walk(&m);
	assert_null(m.result.why);
	assert_int_equal(m.nr, 3);
	assert_string_equal(m.told[0], "one");
	assert_string_equal(m.told[1], "");
	assert_string_equal(m.told[2], "three, longer");
	assert_int_equal(m.seq[2], 2);
	assert_int_equal(m.ts[2], 2000);
	assert_int_equal(m.result.missing, 0);
}

/* Both rings turned over several times. */
static void test_turned(void **state)
{
	struct machine m;
	char line[64];

	(void)state;
	start(&m);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "line %u %.*s", i, (int)(i % 13), "abcdefghijklm");
		say(&m, line);
	}
	walk(&m);
	assert_int_equal(m.nr, 16);
	assert_int_equal(m.result.missing, 0);
	for (unsigned i = 0; i < 16; i++) {
		snprintf(line, sizeof(line), "line %u %.*s", 84 + i, (int)((84 + i) % 13), "abcdefghijklm");
		assert_string_equal(m.told[i], line);
		assert_int_equal(m.seq[i], 84 + i);
	}
}

/* A block that ends exactly where the ring does stays there (newer kernels); older ones put it at the start. */
static void test_end_of_ring(void **state)
{
	struct machine m;
	uint64_t id;

	(void)state;
	start(&m);
	id = say(&m, "12345678");
	set_text(&m, id, 512 - 16, 512);
	world_put(&m.w, m.data + 512 - 16, 8, id);
	for (unsigned i = 0; i < 8; i++)
		world_put(&m.w, m.data + 512 - 8 + i, 1, (unsigned char)"12345678"[i]);
	walk(&m);
	assert_int_equal(m.nr, 1);
	assert_string_equal(m.told[0], "12345678");
}

/* Records that are being written, were given up, or have no text. */
static void test_states(void **state)
{
	struct machine m;

	(void)state;
	start(&m);
	set_state(&m, say(&m, "given up"), REUSABLE);
	set_state(&m, say(&m, "may be continued"), COMMITTED);
	set_text(&m, say(&m, ""), 3, 3);
	set_state(&m, say(&m, "being written"), RESERVED);
	walk(&m);
	assert_int_equal(m.nr, 2);
	assert_string_equal(m.told[0], "may be continued");
	assert_string_equal(m.told[1], "");
	assert_int_equal(m.result.missing, 0);
}

/* Each damage loses the record that it hits and no other. */
static void test_damaged(void **state)
{
	static const char *const damages[] = { "id", "lpos far", "lpos negative", "odd", "block id", "length", "wraps" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct machine m;
		uint64_t id;

		start(&m);
		say(&m, "before");
		id = say(&m, "hit");
		say(&m, "after");
		if (i == 0)
			world_put(&m.w, desc(&m, id) + AT_STATE, 8, (id + 16) | UINT64_C(2) << 62);
		else if (i == 1)
			set_text(&m, id, 0, UINT64_C(1) << 40);
		else if (i == 2)
			set_text(&m, id, 64, 32);
		else if (i == 3)
			set_text(&m, id, 1, 1);
		else if (i == 4)
			world_put(&m.w, m.data + 16, 8, 77);
		else if (i == 5)
			world_put(&m.w, info(&m, id) + AT_LEN, 2, 0xffff); /* more than the block has: cut */
		else
			set_text(&m, id, UINT64_MAX - 7, 0);
		walk(&m);
		if (m.nr != (i == 5 ? 3 : 2))
			fail_msg("%s: %u records", damages[i], m.nr);
		assert_string_equal(m.told[0], "before");
		assert_string_equal(m.told[m.nr - 1], "after");
		assert_int_equal(m.result.missing, i == 5 ? 0 : 1);
	}
}

/* Words of the ring itself: nothing hangs, nothing is read outside. */
static void test_ring_damaged(void **state)
{
	static const struct {
		uint64_t at, size, value;
	} damages[] = {
		{ RING_DESC + AT_HEAD, 8, UINT64_MAX },	     { RING_DESC + AT_TAIL, 8, UINT64_MAX },
		{ RING_DESC + AT_COUNT_BITS, 4, 63 },	     { RING_DESC + AT_COUNT_BITS, 4, 0 },
		{ RING_DESC + AT_COUNT_BITS, 4, 30 },	     { RING_DESC + AT_DESCS, 8, 0 },
		{ RING_DESC + AT_INFOS, 8, UINT64_MAX - 3 }, { RING_TEXT + AT_SIZE_BITS, 4, 200 },
		{ RING_TEXT + AT_SIZE_BITS, 4, 31 },	     { RING_TEXT + AT_DATA, 8, 8 },
		{ RING_DESC + AT_DESCS, 8, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct machine m;

		start(&m);
		say(&m, "one");
		say(&m, "two");
		world_put(&m.w, m.ring + damages[i].at, (unsigned)damages[i].size, damages[i].value);
		walk(&m);
		assert_true(m.result.why || m.result.missing || m.nr == 2);
	}
}

static void test_gaps(void **state)
{
	struct machine m;

	(void)state;
	start(&m);
	say(&m, "one");
	world_gap(&m.w, m.data - DIRECT_MAP, GAP_EXCLUDED);
	walk(&m);
	assert_int_equal(m.nr, 0);
	assert_int_equal(m.result.missing, 1);

	start(&m);
	say(&m, "one");
	world_gap(&m.w, m.prb - DIRECT_MAP, GAP_EXCLUDED);
	walk(&m);
	assert_string_equal(m.result.why, "not readable in the dump");
}

static void test_no_log(void **state)
{
	struct machine m;

	(void)state;
	start(&m);
	say(&m, "one");
	strbuf_deinit(&m.w.vmcoreinfo);
	strbuf_printf(&m.w.vmcoreinfo, "SYMBOL(prb)=%llx\n", (unsigned long long)m.prb);
	walk(&m);
	assert_int_equal(m.nr, 0);
	assert_non_null(m.result.why);
}

/* ---- up to v5.9 -------------------------------------------------------------------------------------------------- */

enum { OLD_SIZE = 256, OLD_HEADER = 16 };

static void old_start(struct machine *m)
{
	static const char *const names[] = { "log_buf", "log_buf_len", "log_first_idx", "log_next_idx" };

	memset(m, 0, sizeof(*m));
	world_init(&m->w, "5.10");
	world_boot(&m->w);
	m->ring = world_alloc(&m->w, FRAME);
	m->data = world_alloc(&m->w, FRAME);
	world_put(&m->w, m->ring, 8, m->data);
	world_put(&m->w, m->ring + 8, 4, OLD_SIZE);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		strbuf_printf(&m->w.vmcoreinfo, "SYMBOL(%s)=%llx\n", names[i], (unsigned long long)m->ring + 8 * i);
	strbuf_puts(&m->w.vmcoreinfo, "SIZE(printk_log)=16\nOFFSET(printk_log.ts_nsec)=0\nOFFSET(printk_log.len)=8\n"
				      "OFFSET(printk_log.text_len)=10\nOFFSET(printk_log.dict_len)=12\n");
}

/* A record with 4 bytes of dictionary at m->next_lpos. */
static void old_say(struct machine *m, const char *text)
{
	uint64_t len = (OLD_HEADER + strlen(text) + 4 + 7) & ~UINT64_C(7), va = m->data + m->next_lpos;

	world_put(&m->w, va, 8, ++m->next_id * 1000);
	world_put(&m->w, va + 8, 2, len);
	world_put(&m->w, va + 10, 2, strlen(text));
	world_put(&m->w, va + 12, 2, 4);
	for (size_t i = 0; text[i]; i++)
		world_put(&m->w, va + OLD_HEADER + i, 1, (unsigned char)text[i]);
	m->next_lpos += len;
	world_put(&m->w, m->ring + 24, 4, m->next_lpos);
}

static void test_old(void **state)
{
	struct machine m;

	(void)state;
	old_start(&m);
	m.next_lpos = 184;
	world_put(&m.w, m.ring + 16, 4, 184);
	old_say(&m, "one");
	old_say(&m, "two");
	m.next_lpos = 0; /* what follows has length 0: on at the start */
	old_say(&m, "three");
	walk(&m);
	assert_null(m.result.why);
	assert_int_equal(m.nr, 3);
	assert_string_equal(m.told[1], "two");
	assert_string_equal(m.told[2], "three");
	assert_int_equal(m.ts[2], 3000);
	assert_int_equal(m.result.missing, 0);
}

/* Nothing hangs, nothing is read outside, what is lost is told. */
static void test_old_damaged(void **state)
{
	static const struct {
		bool ring;
		uint64_t at, size, value;
	} damages[] = {
		{ false, 8, 2, 0 },	 { false, 8, 2, 3 }, { false, 8, 2, 0xffff },	 { false, 10, 2, 0xffff },
		{ false, 8, 2, 104 },	 { true, 8, 4, 8 },  { true, 8, 4, UINT32_MAX }, { true, 16, 4, 0x8000 },
		{ true, 24, 4, 0x8000 }, { true, 24, 4, 7 }, { true, 0, 8, 0x77 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct machine m;

		old_start(&m);
		old_say(&m, "one");
		old_say(&m, "two");
		old_say(&m, "three");
		world_put(&m.w, (damages[i].ring ? m.ring : m.data) + damages[i].at, (unsigned)damages[i].size, damages[i].value);
		walk(&m);
		assert_true(m.nr <= 6); /* all of them twice at most */
		if (!m.result.why && !m.result.missing)
			fail_msg("damage %zu is not told", i);
	}
}

/* ---- what became of the kernel ----------------------------------------------------------------------------------- */

static uint64_t give_symbol(struct world *w, const char *name, uint64_t value)
{
	struct answer *a = world_fact(w, Q_SYMBOL, name, NULL);
	uint64_t va;

	assert_true(a->found);
	va = world_symbol(w, name);
	world_put(w, va, 4, value);
	return va;
}

static void learn(struct machine *m, struct crash *c)
{
	struct percpu p;

	lab_open(&m->lab, &m->w);
	assert_null(percpu_init(&p, &m->lab.layout, m->lab.kv));
	assert_null(crash_init(c, &m->lab.layout, &p, m->lab.dump, m->lab.kv));
	percpu_deinit(&p);
	lab_close(&m->lab);
	world_deinit(&m->w);
}

static void test_panic(void **state)
{
	static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct machine m;
		struct crash c;

		start_on(&m, kernels[i]);
		give_symbol(&m.w, "panic_cpu", 1);
		world_put(&m.w, world_symbol(&m.w, "tainted_mask"), 8, 1 << 5 | 1 << 7);
		say(&m, "BUG: Bad page state in process init  pfn:01234");
		say(&m, "Oops: 0002 [#1] SMP");
		say(&m, "BUG: kernel NULL pointer dereference, address: 0");
		say(&m, "first line\npage:ffff refcount:0 mapcount:1 pfn:0x1235");
		say(&m, "Kernel panic - not syncing: Fatal exception");
		say(&m, "BUG: later"); /* no cause: it died before */
		learn(&m, &c);
		assert_int_equal(c.state, CRASH_PANIC);
		assert_int_equal(c.cpu, 1);
		assert_string_equal(c.message.text, "Kernel panic - not syncing: Fatal exception");
		assert_string_equal(c.cause.text, "BUG: kernel NULL pointer dereference, address: 0");
		assert_string_equal(c.oops.text, "Oops: 0002 [#1] SMP");
		assert_int_equal(c.complaints.nr, 2);
		assert_int_equal(c.complaints.v[0].pfn, 0x1234);
		assert_int_equal(c.complaints.v[1].pfn, 0x1235);
		assert_string_equal(c.complaints.v[1].text, "page:ffff refcount:0 mapcount:1 pfn:0x1235");
		assert_true(c.has_taint);
		assert_int_equal(c.taint, 1 << 5 | 1 << 7);
		crash_deinit(&c);
	}
}

static void test_running(void **state)
{
	struct machine m;
	struct crash c;

	(void)state;
	start(&m);
	give_symbol(&m.w, "panic_cpu", UINT32_MAX);
	say(&m, "usb 1-1: new device");
	learn(&m, &c);
	assert_int_equal(c.state, CRASH_NONE);
	assert_int_equal(c.cpu, -1);
	assert_int_equal(c.complaints.nr, 0);
	crash_deinit(&c);
}

/* A number of a CPU that does not exist names no task. */
static void test_wild_cpu(void **state)
{
	struct machine m;
	struct crash c;

	(void)state;
	start(&m);
	give_symbol(&m.w, "panic_cpu", 0x7fffffff);
	learn(&m, &c);
	assert_int_equal(c.state, CRASH_PANIC);
	assert_int_equal(c.task, 0);
	crash_deinit(&c);
}

/* A record of many lines, longer than what is kept of one. */
static void test_many_lines(void **state)
{
	struct machine m;
	struct crash c;
	char text[400] = "";

	(void)state;
	start(&m);
	memset(text, 'x', 220);
	for (unsigned i = 0; i < 4; i++)
		strcat(text, i % 2 ? "\nMemory failure: 0x77: recovered" : "\nlist_");
	say(&m, text);
	learn(&m, &c);
	assert_int_equal(c.complaints.nr, 2);
	assert_int_equal(c.complaints.v[1].pfn, 0x77);
	assert_int_equal(strlen(c.last.text), CRASH_LINE);
	crash_deinit(&c);
}

static void test_lines(void **state)
{
	static const struct {
		const char *line;
		enum log_line what;
		uint64_t pfn;
	} lines[] = {
		{ "Kernel panic - not syncing: sysrq triggered crash", LOG_PANIC, UINT64_MAX },
		{ "---[ end Kernel panic - not syncing: sysrq triggered crash ]---", LOG_OTHER, UINT64_MAX },
		{ "sysrq: Trigger a crash", LOG_CAUSE, UINT64_MAX },
		{ "kernel BUG at mm/slub.c:448!", LOG_CAUSE, UINT64_MAX },
		{ "BUG: unable to handle page fault for address: ffffdead00000108", LOG_CAUSE, UINT64_MAX },
		{ "Unable to handle kernel paging request at virtual address dead000000000108", LOG_CAUSE, UINT64_MAX },
		{ "Internal error: Oops: 0000000096000004 [#1] SMP", LOG_OOPS, UINT64_MAX },
		{ "invalid opcode: 0000 [#1] PREEMPT SMP NOPTI", LOG_OOPS, UINT64_MAX },
		{ "BUG: Bad page state in process init  pfn:039dc", LOG_MEMORY, 0x39dc },
		{ "page:000000006b1dfd06 refcount:0 mapcount:1 mapping:0000000000000000 index:0x0 pfn:0x3a7b", LOG_MEMORY, 0x3a7b },
		{ "page: refcount:0 mapcount:1 mapping:0000000000000000 index:0x0 pfn:0x3a7b", LOG_MEMORY, 0x3a7b },
		{ "page:000000006b1dfd06 is uninitialized", LOG_OTHER, UINT64_MAX },
		{ "BUG: Bad rss-counter state mm:00000000a2a5b51f type:MM_ANONPAGES val:1", LOG_MEMORY, UINT64_MAX },
		{ "BUG kmalloc-64 (Tainted: G    B  OE): Poison overwritten", LOG_MEMORY, UINT64_MAX },
		{ "mm/pgtable-generic.c:50: bad pmd 00000000a1b2c3d4(800000000a8000e7)", LOG_MEMORY, UINT64_MAX },
		{ "Memory failure: 0x1a2b: recovery action for free buddy page: Recovered", LOG_MEMORY, 0x1a2b },
		{ "BUG: Bad page state in process x  pfn:ffffffffffffffffffffff", LOG_MEMORY, UINT64_MAX },
		{ "BUG: Bad page state in process x  pfn:zz", LOG_MEMORY, UINT64_MAX },
		{ "BUG: Bad page state in process x  pfn:12g", LOG_MEMORY, UINT64_MAX },
		{ "", LOG_OTHER, UINT64_MAX },
		{ "usb 1-1: pfn:0x77", LOG_OTHER, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		uint64_t pfn;

		if (log_line_classify(lines[i].line, &pfn) != lines[i].what || pfn != lines[i].pfn)
			fail_msg("%s: %d, pfn %llx", lines[i].line, (int)log_line_classify(lines[i].line, &pfn),
				 (unsigned long long)pfn);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	cmocka_unit_test(test_turned),	     cmocka_unit_test(test_end_of_ring),
		cmocka_unit_test(test_states),	cmocka_unit_test(test_damaged),	     cmocka_unit_test(test_ring_damaged),
		cmocka_unit_test(test_gaps),	cmocka_unit_test(test_no_log),	     cmocka_unit_test(test_panic),
		cmocka_unit_test(test_running), cmocka_unit_test(test_wild_cpu),     cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_lines),	cmocka_unit_test(test_old),	     cmocka_unit_test(test_old_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
