/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * panic() and crash_kexec() put the number of their CPU into panic_cpu; who does not panic leaves PANIC_CPU_INVALID (-1) there.
 * What runs on a CPU is in current_task, from v6.2 to v6.14 in pcpu_hot; other architectures have the run queue's word only.
 */
#include "walk/crash.h"

#include <string.h>

#include "walk/logline.h"

enum { PANIC_CPU_INVALID = -1 };

/* ---- the log ----------------------------------------------------------------------------------------------------- */

static void keep_line(struct crash_line *to, const struct printk_record *r, const char *text, uint64_t pfn)
{
	*to = (struct crash_line){ .ts_nsec = r->ts_nsec, .pfn = pfn };
	memcpy(to->text, text, strnlen(text, CRASH_LINE));
}

static struct error *keep_complaint(struct crash *c, const struct printk_record *r, const char *text, uint64_t pfn)
{
	struct crash_line line;

	if (c->nr_complaints++ >= CRASH_MAX_COMPLAINTS)
		return NULL;
	keep_line(&line, r, text, pfn);
	return array_push(&c->complaints, line) ? NULL : &error_nomem;
}

static struct error *on_line(struct crash *c, const struct printk_record *r, const char *text)
{
	uint64_t pfn;
	enum log_line what = log_line_classify(text, &pfn);

	if (what == LOG_MEMORY)
		return keep_complaint(c, r, text, pfn);
	if (what == LOG_PANIC)
		keep_line(&c->message, r, text, pfn);
	else if (what == LOG_CAUSE && !c->message.text[0])
		keep_line(&c->cause, r, text, pfn);
	else if (what == LOG_OOPS && !c->message.text[0])
		keep_line(&c->oops, r, text, pfn);
	return NULL;
}

/* printk_walk() callback. */
static struct error *on_record(void *arg, const struct printk_record *r)
{
	struct crash *c = arg;
	struct error *err = NULL;
	char line[CRASH_LINE + 1];
	size_t at = 0;

	keep_line(&c->last, r, r->text, UINT64_MAX);
	while (!err && at < r->len) {
		size_t len = strcspn(r->text + at, "\n"), kept = len < CRASH_LINE ? len : CRASH_LINE;

		memcpy(line, r->text + at, kept);
		line[kept] = '\0';
		err = on_line(c, r, line);
		at += len + 1; /* past the end of the line, or past a NUL inside of the text: what follows is no message */
		if (r->text[at - 1] == '\0')
			break;
	}
	return err;
}

/* ---- the variables ----------------------------------------------------------------------------------------------- */

/* An int in kernel memory; *ret_ok: it exists and is readable. */
static struct error *read_int(const struct layout *l, struct kvmem *k, enum fact id, int64_t *ret, bool *ret_ok)
{
	uint64_t va, value = 0;
	struct error *err;

	*ret_ok = false;
	if (!layout_symbol(l, id, &va))
		return NULL;
	err = kvmem_read_word(k, va, 4, &value, ret_ok);
	*ret = (int32_t)value;
	return err;
}

static struct error *find_cpu(struct crash *c, const struct layout *l, struct kvmem *k)
{
	int64_t cpu = PANIC_CPU_INVALID;
	bool ok;
	struct error *err = read_int(l, k, FACT_PANIC_CPU, &cpu, &ok);

	if (!err && !ok)
		err = read_int(l, k, FACT_CRASHING_CPU, &cpu, &ok);
	if (err || !ok)
		return err;
	c->state = cpu == PANIC_CPU_INVALID ? CRASH_NONE : CRASH_PANIC;
	c->cpu = cpu >= 0 ? cpu : -1;
	return NULL;
}

/* Where the pointer to what runs on a CPU is, less the offset of the CPU. */
static bool current_word(const struct layout *l, uint64_t *ret)
{
	if (percpu_symbol(l, FACT_CURRENT_TASK, ret))
		return true;
	if (percpu_symbol(l, FACT_PCPU_HOT, ret)) {
		*ret += layout_offset(l, FACT_PCPU_HOT_CURRENT);
		return fact_found(&l->facts, FACT_PCPU_HOT_CURRENT);
	}
	if (!percpu_symbol(l, FACT_RUNQUEUES, ret))
		return false;
	*ret += layout_offset(l, FACT_RQ_CURR);
	return fact_found(&l->facts, FACT_RQ_CURR);
}

static struct error *find_task(struct crash *c, const struct layout *l, const struct percpu *p, struct kvmem *k)
{
	const struct answer *comm = fact(&l->facts, FACT_TASK_COMM);
	uint64_t base, task = 0, pid = 0;
	struct error *err = NULL;
	bool ok = false;

	for (size_t i = 0; !err && i < p->cpus.nr; i++)
		if (p->cpus.v[i].cpu == c->cpu && current_word(l, &base))
			err = kvmem_read_word(k, base + p->cpus.v[i].offset, 8, &task, &ok);
	if (err || !ok)
		return err;
	err = kvmem_read_member(k, fact(&l->facts, FACT_TASK_PID), task, &pid, &ok);
	if (!err && ok && comm->found)
		err = kvmem_read_all(k, task + comm->offset, c->comm, comm->size < TASK_COMM_SIZE ? comm->size : TASK_COMM_SIZE,
				     &ok);
	if (err || !ok)
		return err;
	c->task = task;
	c->pid = (int32_t)pid;
	return NULL;
}

static struct error *find_taint(struct crash *c, const struct layout *l, struct kvmem *k)
{
	uint64_t va;

	if (!layout_symbol(l, FACT_TAINTED_MASK, &va))
		return NULL;
	return kvmem_read_word(k, va, 8, &c->taint, &c->has_taint);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

struct error *crash_init(struct crash *c, const struct layout *l, const struct percpu *p, const struct dump *d, struct kvmem *k)
{
	struct error *err;

	memset(c, 0, sizeof(*c));
	c->cpu = -1;
	err = printk_walk(d, k, on_record, c, &c->log);
	if (!err)
		err = find_cpu(c, l, k);
	if (!err && c->cpu >= 0)
		err = find_task(c, l, p, k);
	if (!err)
		err = find_taint(c, l, k);
	if (c->message.text[0]) /* whatever the variables say */
		c->state = CRASH_PANIC;
	return err;
}

void crash_deinit(struct crash *c)
{
	array_free(&c->complaints);
}

/* ---- taint ------------------------------------------------------------------------------------------------------- */

/* The bits are an interface of the kernel (taint_flags[], /proc/sys/kernel/tainted) and never change. */
char taint_letter(unsigned bit, const char **ret_meaning)
{
	static const struct {
		char letter;
		const char *meaning;
	} flags[] = {
		{ 'P', "proprietary module" },	    { 'F', "module loaded by force" },
		{ 'S', "processor out of spec" },   { 'R', "module unloaded by force" },
		{ 'M', "machine check" },	    { 'B', "bad page" },
		{ 'U', "asked for by a user" },	    { 'D', "died before: an oops or BUG()" },
		{ 'A', "ACPI table overridden" },   { 'W', "warned" },
		{ 'C', "staging driver" },	    { 'I', "works around a firmware bug" },
		{ 'O', "module from out of the tree" }, { 'E', "module without signature" },
		{ 'L', "soft lockup" },		    { 'K', "live-patched" },
		{ 'X', "auxiliary, defined by the distribution" }, { 'T', "structures randomised" },
		{ 'N', "test run in the kernel" },  { 'J', "fwctl changed a device" },
	};

	if (bit >= ARRAY_SIZE(flags))
		return 0;
	*ret_meaning = flags[bit].meaning;
	return flags[bit].letter;
}
