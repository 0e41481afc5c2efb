/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct printk_ringbuffer: a ring of descriptors, a ring of printk_info beside it with the same index, and a ring of text.
 *
 * A descriptor is known by its id: the index is its low count_bits bits, and state_var holds the id and, in the two highest
 * bits, the state (enum desc_state).  Text is a block: the id again, then the bytes; where it begins and where the next one
 * does are "logical positions", which grow for ever; index and wrap count are their low and high bits (DATA_INDEX(),
 * DATA_WRAPS()).  A block that would not fit before the end of the ring stands at its start.  Odd positions: no text.
 */
#include "walk/printk.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "walk/printk_old.h"

enum {
	MAX_COUNT_BITS = 30, /* LOG_BUF_LEN_MAX is 2 GiB, a descriptor per 32 bytes of it at most */
	MAX_SIZE_BITS = 31,
	MAX_STRUCT = 1024,
	WORD = 8,
};

enum desc_state { DESC_RESERVED, DESC_COMMITTED, DESC_FINALIZED, DESC_REUSABLE };

#define ID_MASK (UINT64_MAX >> 2)

/* Offsets that the kernel says. */
struct ring_layout {
	uint64_t ring_size, desc_ring, text_ring;
	uint64_t count_bits, descs, infos, head_id, tail_id; /* struct prb_desc_ring */
	uint64_t desc_size, state_var, lpos, lpos_size, begin, next;
	uint64_t info_size, seq, ts_nsec, text_len;
	uint64_t data_ring_size, size_bits, data; /* struct prb_data_ring */
};

struct log {
	struct kvmem *k;
	struct ring_layout l;
	struct printk_result *result;
	uint64_t descs, infos, data;
	unsigned count_bits, size_bits;
	uint64_t head_id, tail_id;
	char *text; /* PRINTK_MAX_TEXT + 1 */
};

/* ---- layout ------------------------------------------------------------------------------------------------------ */

struct key {
	const char *what, *name;
	size_t member; /* of struct ring_layout */
};

#define KEY(what, name, member) { what, name, offsetof(struct ring_layout, member) }
static const struct key keys[] = {
	KEY("SIZE", "printk_ringbuffer", ring_size),
	KEY("OFFSET", "printk_ringbuffer.desc_ring", desc_ring),
	KEY("OFFSET", "printk_ringbuffer.text_data_ring", text_ring),
	KEY("OFFSET", "prb_desc_ring.count_bits", count_bits),
	KEY("OFFSET", "prb_desc_ring.descs", descs),
	KEY("OFFSET", "prb_desc_ring.infos", infos),
	KEY("OFFSET", "prb_desc_ring.head_id", head_id),
	KEY("OFFSET", "prb_desc_ring.tail_id", tail_id),
	KEY("SIZE", "prb_desc", desc_size),
	KEY("OFFSET", "prb_desc.state_var", state_var),
	KEY("OFFSET", "prb_desc.text_blk_lpos", lpos),
	KEY("SIZE", "prb_data_blk_lpos", lpos_size),
	KEY("OFFSET", "prb_data_blk_lpos.begin", begin),
	KEY("OFFSET", "prb_data_blk_lpos.next", next),
	KEY("SIZE", "printk_info", info_size),
	KEY("OFFSET", "printk_info.seq", seq),
	KEY("OFFSET", "printk_info.ts_nsec", ts_nsec),
	KEY("OFFSET", "printk_info.text_len", text_len),
	KEY("SIZE", "prb_data_ring", data_ring_size),
	KEY("OFFSET", "prb_data_ring.size_bits", size_bits),
	KEY("OFFSET", "prb_data_ring.data", data),
};
#undef KEY

static bool fits(uint64_t offset, uint64_t width, uint64_t size)
{
	return offset <= size && width <= size - offset;
}

static bool is_sane(const struct ring_layout *l)
{
	return fits(l->state_var, WORD, l->desc_size) && fits(l->lpos, l->lpos_size, l->desc_size) &&
	       fits(l->begin, WORD, l->lpos_size) && fits(l->next, WORD, l->lpos_size) && fits(l->seq, WORD, l->info_size) &&
	       fits(l->ts_nsec, WORD, l->info_size) && fits(l->text_len, 2, l->info_size);
}

/* False: the kernel does not say, or nonsense. */
static bool read_layout(const struct dump *d, struct ring_layout *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		int64_t value;

		if (!dump_vmcoreinfo_number(d, keys[i].what, keys[i].name, &value) || value < 0 || value > MAX_STRUCT)
			return false;
		*(uint64_t *)((char *)l + keys[i].member) = (uint64_t)value;
	}
	return is_sane(l);
}

/* ---- the ring ---------------------------------------------------------------------------------------------------- */

struct word {
	uint64_t va;
	unsigned size;
	uint64_t *ret;
};

/* *ret_ok: all of them could be read. */
static struct error *read_ring_words(struct log *g, uint64_t rb, bool *ret_ok)
{
	uint64_t desc_ring = rb + g->l.desc_ring, text_ring = rb + g->l.text_ring, count_bits = 0, size_bits = 0;
	const struct word words[] = {
		{ desc_ring + g->l.count_bits, 4, &count_bits }, { desc_ring + g->l.descs, WORD, &g->descs },
		{ desc_ring + g->l.infos, WORD, &g->infos },	 { desc_ring + g->l.head_id, WORD, &g->head_id },
		{ desc_ring + g->l.tail_id, WORD, &g->tail_id }, { text_ring + g->l.size_bits, 4, &size_bits },
		{ text_ring + g->l.data, WORD, &g->data },
	};
	struct error *err = NULL;

	*ret_ok = true;
	for (size_t i = 0; !err && *ret_ok && i < ARRAY_SIZE(words); i++)
		err = kvmem_read_word(g->k, words[i].va, words[i].size, words[i].ret, ret_ok);
	g->count_bits = count_bits <= MAX_COUNT_BITS ? (unsigned)count_bits : 0;
	g->size_bits = size_bits <= MAX_SIZE_BITS ? (unsigned)size_bits : 0;
	return err;
}

static struct error *open_ring(struct log *g, const struct dump *d)
{
	uint64_t prb, rb = 0;
	bool ok = false;
	struct error *err;

	if (!dump_vmcoreinfo_symbol(d, "prb", &prb) || !read_layout(d, &g->l)) {
		g->result->why = "VMCOREINFO does not say where it is";
		return NULL;
	}
	g->result->why = "not readable in the dump";
	err = kvmem_read_word(g->k, prb, WORD, &rb, &ok);
	if (!err && ok)
		err = read_ring_words(g, rb, &ok);
	if (err || !ok)
		return err;
	g->result->why = g->count_bits && g->size_bits ? NULL : "its ring buffer is damaged";
	return NULL;
}

/* ---- one record -------------------------------------------------------------------------------------------------- */

static void missing(struct log *g, uint64_t va)
{
	if (g->result->missing++ == 0)
		g->result->missing_at = va;
}

/* Where a block of text is and how long, its id not counted.  False: no kernel writes such positions. */
static bool locate_text(const struct log *g, uint64_t begin, uint64_t next, uint64_t *ret_va, uint64_t *ret_len)
{
	uint64_t mask = low_mask(g->size_bits), start = begin & mask, size = next - begin;

	/* the block ends before `next`, which may be the first byte of the following turn */
	if (begin >> g->size_bits != (next - 1) >> g->size_bits) {
		start = 0;
		size = next & mask;
	}
	*ret_va = g->data + start;
	*ret_len = size - WORD;
	return size > WORD && size <= mask + 1 - start;
}

/* Text of the record of \p id into g->text; *ret_ok: it is that record's. */
static struct error *read_text(struct log *g, uint64_t id, uint64_t begin, uint64_t next, size_t *len, bool *ret_ok)
{
	uint64_t va, room, owner = 0;
	struct error *err;

	*ret_ok = false;
	if ((begin | next) & 1) { /* NO_LPOS, EMPTY_LINE_LPOS, FAILED_LPOS */
		*ret_ok = !*len;
		return NULL;
	}
	if (!locate_text(g, begin, next, &va, &room))
		return NULL;
	err = kvmem_read_word(g->k, va, WORD, &owner, ret_ok);
	if (err || !*ret_ok)
		return err;
	*ret_ok = owner == id;
	if (*len > room)
		*len = (size_t)room;
	if (*len > PRINTK_MAX_TEXT)
		*len = PRINTK_MAX_TEXT;
	return *ret_ok && *len ? kvmem_read_all(g->k, va + WORD, g->text, *len, ret_ok) : NULL;
}

/* The record of \p id as far as its descriptor tells; *ret_live: there is one. */
static struct error *read_desc(struct log *g, uint64_t id, uint64_t *begin, uint64_t *next, bool *ret_live)
{
	uint64_t va = g->descs + (id & low_mask(g->count_bits)) * g->l.desc_size;
	enum endian e = kvmem_endian(g->k);
	unsigned char desc[MAX_STRUCT];
	uint64_t state;
	bool ok;
	struct error *err = kvmem_read_all(g->k, va, desc, (size_t)g->l.desc_size, &ok);

	*ret_live = false;
	if (err)
		return err;
	state = ok ? get_u64(e, desc + g->l.state_var) : 0;
	if (!ok || (state & ID_MASK) != id) {
		missing(g, va);
		return NULL;
	}
	*begin = get_u64(e, desc + g->l.lpos + g->l.begin);
	*next = get_u64(e, desc + g->l.lpos + g->l.next);
	*ret_live = state >> 62 == DESC_COMMITTED || state >> 62 == DESC_FINALIZED;
	return NULL;
}

static struct error *tell(struct log *g, uint64_t id, printk_fn fn, void *arg)
{
	uint64_t va = g->infos + (id & low_mask(g->count_bits)) * g->l.info_size, begin = 0, next = 0;
	enum endian e = kvmem_endian(g->k);
	unsigned char info[MAX_STRUCT];
	struct printk_record r;
	bool ok = false;
	struct error *err = read_desc(g, id, &begin, &next, &ok);

	if (err || !ok)
		return err;
	err = kvmem_read_all(g->k, va, info, (size_t)g->l.info_size, &ok);
	if (!err && ok) {
		r = (struct printk_record){ get_u64(e, info + g->l.seq), get_u64(e, info + g->l.ts_nsec), g->text,
					    get_u16(e, info + g->l.text_len) };
		err = read_text(g, id, begin, next, &r.len, &ok);
	}
	if (!err && !ok)
		missing(g, va);
	if (err || !ok)
		return err;
	g->text[r.len] = '\0';
	g->result->records++;
	return fn(arg, &r);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

struct error *printk_walk(const struct dump *d, struct kvmem *k, printk_fn fn, void *arg, struct printk_result *ret)
{
	_cleanup_free_ char *text = malloc(PRINTK_MAX_TEXT + 1);
	struct log g = { .k = k, .result = ret, .text = text };
	struct error *err;
	bool old = false;
	uint64_t nr;

	*ret = (struct printk_result){ .why = NULL };
	if (!text)
		return &error_nomem;
	err = printk_old_walk(d, k, fn, arg, ret, &old);
	if (err || old)
		return err;
	err = open_ring(&g, d);
	if (err || ret->why)
		return err;
	nr = ((g.head_id - g.tail_id) & ID_MASK) + 1;
	if (nr > bit_u64(g.count_bits)) { /* damaged: what is in the ring is told by the ids of its descriptors */
		missing(&g, g.descs);
		nr = bit_u64(g.count_bits);
	}
	if (nr > PRINTK_MAX_RECORDS)
		nr = PRINTK_MAX_RECORDS;
	for (uint64_t i = nr; !err && i-- > 0;)
		err = tell(&g, (g.head_id - i) & ID_MASK, fn, arg);
	return err;
}
