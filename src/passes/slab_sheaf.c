/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves (v6.18 and later): arrays of free objects, two or three for each CPU, and full and empty ones in a barn for each node.
 * For their slabs these objects are allocated.
 *
 * checks:    that a sheaf is one of the cache, and not larger than it can be; that its objects are of the cache, are not free
 *            for their slab as well, and in no other sheaf; lists and numbers of the barns
 * exceptions: a CPU that has the lock of its sheaves is changing them; sheaves on loan, and those waiting for RCU, are not found
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/u64.h"
#include "passes/slab.h"
#include "walk/mm.h"

enum { MAX_CAPACITY = 1 << 16, MAX_SHEAVES = 1 << 20 };

struct sheaf_walk {
	struct worker *w;
	const struct slab_cache *cache;
	char where[96];
	bool busy;    /* the lock of this CPU's sheaves, or of the barn, is held */
	bool any_busy;
	bool full, empty; /* of a barn: what the list holds */
	uint64_t *buffer; /* room for the objects of one sheaf */
};

static struct finding *sheaf_finding(const struct sheaf_walk *s, uint64_t sheaf, const char *problem)
{
	struct findings *fs = &s->w->findings;
	struct finding *f = slab_object_finding(s->w, RULE_SLAB_SHEAF, sheaf, s->cache);

	finding_text(fs, f, "sheaf", s->where, NULL);
	finding_text(fs, f, "problem", problem, NULL);
	if (s->busy)
		finding_lower(fs, f, "the lock is held: a CPU is changing the sheaves");
	return f;
}

/* ---- one sheaf --------------------------------------------------------------------------------------------------- */

static struct error *collect(struct sheaf_walk *s, uint64_t sheaf, uint32_t nr)
{
	struct slab_worker *sw = slab_worker_of(s->w);
	bool ok;
	struct error *err = kvmem_read_all(s->w->kv, sheaf + fact(&s->w->check->layout.facts, FACT_SHEAF_OBJECTS)->offset,
					   s->buffer, (size_t)nr * 8, &ok);

	if (!err && !ok)
		s->w->ledger.rule[RULE_SLAB_SHEAF].gaps++;
	for (uint32_t i = 0; !err && ok && i < nr; i++)
		if (!array_push(&sw->objects, get_u64(kvmem_endian(s->w->kv), &s->buffer[i])))
			return &error_nomem;
	return err;
}

static struct error *check_sheaf(struct sheaf_walk *s, uint64_t sheaf)
{
	const struct facts *facts = &s->w->check->layout.facts;
	uint64_t cache, size;
	struct finding *f;
	bool ok, gap = true;
	struct error *err = kvmem_read_word(s->w->kv, sheaf + fact(facts, FACT_SHEAF_CACHE)->offset, 8, &cache, &ok);

	if (!err && ok)
		err = kvmem_read_word(s->w->kv, sheaf + fact(facts, FACT_SHEAF_SIZE)->offset, 4, &size, &ok);
	if (err)
		return err;
	s->w->ledger.rule[RULE_SLAB_SHEAF].checked++;
	if (!ok) {
		err = kvmem_is_gap(s->w->kv, sheaf, &gap);
		s->w->ledger.rule[RULE_SLAB_SHEAF].gaps += gap;
		if (!err && !gap)
			sheaf_finding(s, sheaf, "is at an address that is not mapped");
		return err;
	}
	if (cache != s->cache->va || size > s->cache->sheaf_capacity || (s->empty && size)) {
		f = sheaf_finding(s, sheaf, cache != s->cache->va	       ? "belongs to another cache, or is no sheaf"
					    : size > s->cache->sheaf_capacity ? "has more objects than it has room for"
									      : "is on the list of empty sheaves and is not empty");
		finding_expect(&s->w->findings, f, "sheaf_cache", FMT_PTR, 64, cache, s->cache->va);
		finding_value(&s->w->findings, f, "size", FMT_DEC, size);
		finding_value(&s->w->findings, f, "capacity", FMT_DEC, s->cache->sheaf_capacity);
		return NULL;
	}
	/* of an object that a CPU is putting in, the number may be there before the pointer */
	return collect(s, sheaf, (uint32_t)size - (s->busy && size));
}

/* ---- CPUs -------------------------------------------------------------------------------------------------------- */

static struct error *check_cpu(struct sheaf_walk *s, unsigned cpu, uint64_t va)
{
	static const struct {
		enum fact id;
		const char *name;
	} kinds_of[] = { { FACT_SHEAVES_MAIN, "main" }, { FACT_SHEAVES_SPARE, "spare" }, { FACT_SHEAVES_RCU, "rcu_free" } };
	const struct facts *facts = &s->w->check->layout.facts;
	const struct answer *lock = fact(facts, FACT_SHEAVES_LOCK);
	uint64_t sheaf, held = 0;
	struct error *err = NULL;
	bool ok = true;

	if (lock->found)
		err = kvmem_read_word(s->w->kv, va + lock->offset, lock->size > 8 ? 8 : (unsigned)lock->size, &held, &ok);
	s->busy = !lock->found || !ok || held;
	s->any_busy |= s->busy;
	for (size_t i = 0; !err && i < sizeof(kinds_of) / sizeof(kinds_of[0]); i++) {
		if (!fact_found(facts, kinds_of[i].id))
			continue;
		err = kvmem_read_word(s->w->kv, va + fact(facts, kinds_of[i].id)->offset, 8, &sheaf, &ok);
		if (!err && !ok)
			s->w->ledger.rule[RULE_SLAB_SHEAF].gaps++;
		snprintf(s->where, sizeof(s->where), "%s of CPU %u", kinds_of[i].name, cpu);
		if (!err && ok && sheaf)
			err = check_sheaf(s, sheaf);
	}
	return err;
}

/* ---- barns ------------------------------------------------------------------------------------------------------- */

static struct error *on_sheaf(void *arg, uint64_t node)
{
	struct sheaf_walk *s = arg;

	return check_sheaf(s, node - fact(&s->w->check->layout.facts, FACT_SHEAF_LIST)->offset);
}

static struct error *check_barn_list(struct sheaf_walk *s, const struct slab_node *n, enum fact list, enum fact number)
{
	const struct facts *facts = &s->w->check->layout.facts;
	struct list_result r;
	uint64_t nr = 0;
	bool ok = true;
	char text[160];
	struct finding *f;
	struct error *err;

	snprintf(s->where, sizeof(s->where), "%s sheaves of node %u", s->full ? "full" : "empty", n->nid);
	err = list_walk(s->w->kv, n->barn + fact(facts, list)->offset, MAX_SHEAVES, on_sheaf, s, &r);
	if (!err)
		err = kvmem_read_word(s->w->kv, n->barn + fact(facts, number)->offset, 4, &nr, &ok);
	if (err)
		return err;
	s->w->ledger.rule[RULE_SLAB_SHEAF].checked++;
	s->w->ledger.rule[RULE_SLAB_SHEAF].gaps += r.end == WALK_GAP || !ok;
	if (r.end == WALK_BROKEN || r.end == WALK_LIMIT) {
		sheaf_finding(s, n->barn, slab_list_text(&r, text, sizeof(text)));
	} else if (r.end == WALK_END && ok && nr != r.visited) {
		f = sheaf_finding(s, n->barn, "the list is not as long as its number says");
		finding_expect(&s->w->findings, f, s->full ? "nr_full" : "nr_empty", FMT_DEC, 32, nr, r.visited);
	}
	return NULL;
}

static struct error *check_barn(struct sheaf_walk *s, const struct slab_node *n)
{
	const struct layout *l = &s->w->check->layout;
	const struct facts *facts = &l->facts;
	uint64_t lock = 0;
	bool ok;
	struct error *err = spinlock_value(l, s->w->kv, n->barn + fact(facts, FACT_BARN_LOCK)->offset, &lock, &ok);

	if (err || !ok) {
		s->w->ledger.rule[RULE_SLAB_SHEAF].gaps += !ok;
		return err;
	}
	s->busy = lock != 0;
	s->any_busy |= s->busy;
	s->full = true;
	err = check_barn_list(s, n, FACT_BARN_FULL, FACT_BARN_NR_FULL);
	s->full = false;
	s->empty = true;
	if (!err)
		err = check_barn_list(s, n, FACT_BARN_EMPTY, FACT_BARN_NR_EMPTY);
	s->empty = false;
	return err;
}

/* ---- objects ----------------------------------------------------------------------------------------------------- */

/* The first page of the slab that \p object would be in, were it one of the cache; UINT64_MAX: there is no struct page. */
static uint64_t would_be_slab(const struct sheaf_walk *s, uint64_t object, const struct slab_at *at)
{
	const struct check *c = s->w->check;
	uint64_t pfn = (object - c->slab->slabs.linear) >> c->layout.page_shift;

	if (at->state != SLAB_OBJECT_NONE)
		return at->pfn;
	if (object < c->slab->slabs.linear || !census_find(&c->census, pfn))
		return UINT64_MAX;
	return pfn >> (s->cache->oo >> 16) << (s->cache->oo >> 16);
}

static void bad_object(struct sheaf_walk *s, uint64_t object, uint64_t pfn, const char *problem)
{
	struct findings *fs = &s->w->findings;
	struct finding *f = pfn != UINT64_MAX ? slab_finding(s->w, RULE_SLAB_SHEAF, pfn, s->cache)
					      : slab_object_finding(s->w, RULE_SLAB_SHEAF, object, s->cache);

	finding_text(fs, f, "sheaf", "sheaves", NULL);
	finding_text(fs, f, "problem", problem, NULL);
	finding_value(fs, f, "object", FMT_PTR, object);
	if (s->any_busy)
		finding_lower(fs, f, "a CPU is changing the sheaves of this cache");
}

static const char *object_problem(const struct sheaf_walk *s, const struct slab_at *at, uint64_t object)
{
	if (at->state == SLAB_OBJECT_NONE)
		return slab_is_unknown(s->w->check, object) ? NULL : "hold an address that is in no slab";
	if (at->cache != s->cache)
		return "hold an object of another cache";
	if (at->state == SLAB_OBJECT_OUTSIDE || (at->object && at->object != object))
		return "hold an address that is not the start of an object";
	return at->state == SLAB_OBJECT_FREE ? "hold an object that is free for its slab as well" : NULL;
}

/* The objects of all sheaves of the cache, by address, so that each slab is looked at once, and complained about once. */
static struct error *check_objects(struct sheaf_walk *s)
{
	struct slab_worker *sw = slab_worker_of(s->w);
	const struct slabs *slabs = &s->w->check->slab->slabs;
	struct slab_chain chain;
	struct slab_at at = { .state = SLAB_OBJECT_NONE };
	uint64_t bad = 0;
	struct error *err = NULL;

	if (sw->objects.nr)
		qsort(sw->objects.v, sw->objects.nr, sizeof(sw->objects.v[0]), u64_compare);
	sw->memory.size = 0;
	for (size_t i = 0; !err && i < sw->objects.nr; i++) {
		uint64_t object = sw->objects.v[i];
		const char *problem;

		if (!sw->memory.size || object - sw->memory.va >= sw->memory.size)
			err = slab_open(slabs, &sw->memory, object, sw->bitmap, &chain, &at);
		if (!err && sw->memory.size)
			slab_locate(&sw->memory, object, sw->bitmap, &chain, &at);
		if (err)
			break;
		problem = object_problem(s, &at, object);
		if (i && object == sw->objects.v[i - 1])
			problem = "hold an object twice";
		if (problem && would_be_slab(s, object, &at) != bad)
			bad_object(s, object, bad = would_be_slab(s, object, &at), problem);
	}
	return err;
}

struct error *slab_check_sheaves(struct worker *w, const struct slab_cache *cache)
{
	const struct check *c = w->check;
	struct slab_state *state = c->slab;
	_cleanup_free_ uint64_t *buffer = NULL;
	struct sheaf_walk s = { .w = w, .cache = cache };
	struct error *err = NULL;

	/* caches without sheaves share an empty one */
	if (!layout_has(&c->layout, NEED_SHEAVES) || !cache->sane || !cache->cpu_sheaves || !cache->sheaf_capacity ||
	    cache->sheaf_capacity > MAX_CAPACITY || !state->slabs.linear_known)
		return NULL;
	s.buffer = buffer = malloc((size_t)cache->sheaf_capacity * 8);
	if (!buffer)
		return &error_nomem;
	slab_worker_of(w)->objects.nr = 0;
	for (size_t i = 0; !err && i < c->percpu.cpus.nr; i++)
		err = check_cpu(&s, c->percpu.cpus.v[i].cpu, cache->cpu_sheaves + c->percpu.cpus.v[i].offset);
	for (unsigned i = 0; !err && i < cache->nr_nodes; i++)
		if (state->slabs.nodes.v[cache->first_node + i].barn)
			err = check_barn(&s, &state->slabs.nodes.v[cache->first_node + i]);
	return err ? err : check_objects(&s);
}
