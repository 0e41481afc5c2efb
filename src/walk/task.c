/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks, as for_each_process_thread() goes through them: init_task.tasks, and of each leader signal->thread_head.
 *
 * The idle tasks of all CPUs but the first are on neither list.
 */
#include "walk/task.h"

#include <string.h>

#include "walk/list.h"

enum { MAX_TASKS = 4 << 20, MAX_SPAN = 1 << 16 }; /* PID_MAX_LIMIT */

/* What is wanted of a task besides its flags lies within some hundred bytes of its several thousand. */
static const enum fact near_words[] = {
	FACT_TASK_MM, FACT_TASK_ACTIVE_MM, FACT_TASK_PID,  FACT_TASK_TGID,
	FACT_TASK_SIGNAL, FACT_TASK_COMM, FACT_TASK_RSS_STAT,
};

struct collector {
	struct tasks *tasks;
	const struct layout *l;
	struct kvmem *k;
	uint64_t first, size; /* of the span that is read of each task */
	unsigned char *bytes;
	uint64_t leader;
};

static void tasks_broken(struct tasks *t, uint64_t at)
{
	if (t->nr_broken++ == 0)
		t->broken_at = at;
}

/* ---- one task ---------------------------------------------------------------------------------------------------- */

static void span_init(struct collector *c)
{
	uint64_t end = 0;

	c->first = UINT64_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(near_words); i++) {
		const struct answer *a = fact(&c->l->facts, near_words[i]);

		if (!a->found)
			continue;
		if (a->offset < c->first)
			c->first = a->offset;
		if (a->offset + a->size > end)
			end = a->offset + a->size;
	}
	c->size = end - c->first;
}

/* A word of the span, 0 when the kernel has no such member. */
static uint64_t task_word(const struct collector *c, enum fact id)
{
	const struct answer *a = fact(&c->l->facts, id);

	return a->found ? get_word(c->l->mmu.endian, c->bytes + (a->offset - c->first), a->size > 8 ? 8 : (unsigned)a->size) : 0;
}

static void task_comm(const struct collector *c, struct task *ret)
{
	const struct answer *a = fact(&c->l->facts, FACT_TASK_COMM);

	if (a->found)
		memcpy(ret->comm, c->bytes + (a->offset - c->first),
		       a->size < TASK_COMM_SIZE ? a->size : TASK_COMM_SIZE);
}

/* SPLIT_RSS_COUNTING (up to v6.1). */
static void task_rss(const struct collector *c, struct task *ret)
{
	const struct answer *stat = fact(&c->l->facts, FACT_TASK_RSS_STAT);
	const struct answer *count = fact(&c->l->facts, FACT_TASK_RSS_COUNT);

	if (!stat->found || !count->found || count->offset + count->size > stat->size)
		return;
	for (unsigned i = 0; i < MAX_RSS_COUNTERS && i < count->length; i++)
		ret->rss[i] = (int32_t)get_u32(c->l->mmu.endian, c->bytes + (stat->offset - c->first) + count->offset + i * 4);
}

/* Read the task at \p va and append it; *ret_signal is its signal_struct, 0 when it could not be read. */
static struct error *task_add(struct collector *c, uint64_t va, uint64_t *ret_signal)
{
	struct task t = { .va = va };
	uint64_t flags = 0;
	bool ok, flags_ok = true;
	struct error *err;

	*ret_signal = 0;
	err = kvmem_read_all(c->k, va + c->first, c->bytes, (size_t)c->size, &ok);
	if (!err && ok && fact_found(&c->l->facts, FACT_TASK_FLAGS))
		err = kvmem_read_word(c->k, va + layout_offset(c->l, FACT_TASK_FLAGS), 4, &flags, &flags_ok);
	if (err)
		return err;
	if (!ok || !flags_ok) {
		tasks_broken(c->tasks, va);
		return NULL;
	}
	t.flags = (uint32_t)flags;
	t.mm = task_word(c, FACT_TASK_MM);
	t.active_mm = task_word(c, FACT_TASK_ACTIVE_MM);
	t.pid = (int32_t)task_word(c, FACT_TASK_PID);
	t.tgid = (int32_t)task_word(c, FACT_TASK_TGID);
	task_comm(c, &t);
	task_rss(c, &t);
	*ret_signal = task_word(c, FACT_TASK_SIGNAL);
	return array_push(&c->tasks->list, t) ? NULL : &error_nomem;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static struct error *walk(struct collector *c, uint64_t head, struct error *(*fn)(void *arg, uint64_t node))
{
	size_t nr = c->tasks->list.nr;
	struct list_result result;
	struct error *err = list_walk(c->k, head, nr < MAX_TASKS ? MAX_TASKS - nr : 0, fn, c, &result);

	if (!err && result.end != WALK_END)
		tasks_broken(c->tasks, result.at);
	return err;
}

static struct error *on_thread(void *arg, uint64_t node)
{
	struct collector *c = arg;
	uint64_t va = node - layout_offset(c->l, FACT_TASK_THREAD_NODE), signal;

	return va == c->leader ? NULL : task_add(c, va, &signal);
}

static struct error *add_group(struct collector *c, uint64_t leader)
{
	uint64_t signal;
	struct error *err = task_add(c, leader, &signal);

	c->leader = leader;
	if (err || !signal)
		return err;
	return walk(c, signal + layout_offset(c->l, FACT_SIGNAL_THREAD_HEAD), on_thread);
}

static struct error *on_leader(void *arg, uint64_t node)
{
	struct collector *c = arg;

	return add_group(c, node - layout_offset(c->l, FACT_TASK_TASKS));
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uint64_t va1 = ((const struct task *)a)->va, va2 = ((const struct task *)b)->va;

	return va1 < va2 ? -1 : va1 > va2;
}

/* A damaged signal pointer leads to the threads of another group: drop what was met twice. */
static void sort_unique(struct tasks *t)
{
	size_t nr = 0;

	if (!t->list.nr)
		return;
	qsort(t->list.v, t->list.nr, sizeof(*t->list.v), by_address);
	for (size_t i = 0; i < t->list.nr; i++)
		if (!nr || t->list.v[nr - 1].va != t->list.v[i].va)
			t->list.v[nr++] = t->list.v[i];
	t->list.nr = nr;
}

static bool known(const struct layout *l)
{
	static const enum fact required[] = { FACT_TASK_TASKS, FACT_TASK_THREAD_NODE, FACT_TASK_SIGNAL, FACT_TASK_MM,
					      FACT_TASK_PID, FACT_TASK_TGID, FACT_SIGNAL_THREAD_HEAD };

	for (size_t i = 0; i < ARRAY_SIZE(required); i++)
		if (!fact_found(&l->facts, required[i]))
			return false;
	return true;
}

struct error *tasks_init(struct tasks *t, const struct layout *l, struct kvmem *k)
{
	struct collector c = { .tasks = t, .l = l, .k = k };
	_cleanup_free_ unsigned char *bytes = NULL;
	uint64_t init_task;
	struct error *err;

	memset(t, 0, sizeof(*t));
	if (!known(l) || !layout_symbol(l, FACT_INIT_TASK, &init_task))
		return NULL;
	span_init(&c);
	if (c.size > MAX_SPAN)
		return error_new("members of task_struct %llu bytes apart make no sense", (unsigned long long)c.size);
	c.bytes = bytes = malloc((size_t)c.size);
	if (!bytes)
		return &error_nomem;
	err = add_group(&c, init_task);
	if (!err)
		err = walk(&c, init_task + layout_offset(l, FACT_TASK_TASKS), on_leader);
	sort_unique(t);
	return err;
}

void tasks_deinit(struct tasks *t)
{
	array_free(&t->list);
}

const struct task *tasks_find(const struct tasks *t, uint64_t va)
{
	const struct task key = { .va = va };

	return t->list.nr ? bsearch(&key, t->list.v, t->list.nr, sizeof(key), by_address) : NULL;
}
