/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One slab against its cache.
 *
 * checks:    the pointer to the cache; order and number of objects; the chain of free objects, and how many there are; whether
 *            a slab that has free objects can be found by who allocates
 * relies on: the marks and owners that the walks of lists and CPUs left
 * exceptions: slabs on their way in or out are on no list and no CPU's: what a CPU does with them does not matter until then;
 *            caches that are debugged change freelist and counters one after the other, under list_lock
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "passes/slab.h"

static const char adrift_text[] = "the slab is on no list and no CPU's: it is being set up or taken down";

/* What may be going on with the slab's words, NULL: nothing. */
static const char *busy(const struct slab_page *p)
{
	if (p->words.locked)
		return "slab_lock() is held: freelist and counters are being changed";
	if (p->node && p->node->locked && p->cache->debug)
		return "list_lock of the node is held, under which a debugged cache changes freelist and counters";
	return p->settled ? NULL : adrift_text;
}

/* ---- the cache --------------------------------------------------------------------------------------------------- */

/* alloc_slab_page() marks the page before allocate_slab() notes the cache in it. */
static bool is_being_made(const struct slab_page *p)
{
	const struct layout *l = &p->w->check->layout;
	uint64_t cache = p->words.cache;

	return !p->words.inuse && !p->words.frozen && !(p->marks & MARK_SLAB) && !p->owner &&
	       (!cache || cache == l->list_poison1 || cache == l->list_poison2);
}

/* The one cache whose address is one bit away, 0: none. */
static uint64_t near_cache(const struct slabs *s, uint64_t va)
{
	for (size_t i = 0; i < s->caches.nr; i++)
		if (is_power_of_2(s->caches.v[i].va ^ va))
			return s->caches.v[i].va;
	return 0;
}

/* A cache that is going away is off the list while its last slabs wait for readers. */
static struct error *is_dying_cache(const struct slab_page *p, bool *ret)
{
	const struct slabs *s = &p->w->check->slab->slabs;
	uint64_t symbol, kmem_cache = 0;
	struct slab_at at;
	struct error *err;
	bool ok = true;

	*ret = false;
	err = slab_object_at(s, &slab_worker_of(p->w)->other, p->words.cache, &at);
	if (err || at.state != SLAB_OBJECT_ALLOCATED || at.object != p->words.cache)
		return err;
	if (layout_symbol(s->layout, FACT_KMEM_CACHE, &symbol))
		err = kvmem_read_word(p->w->kv, symbol, 8, &kmem_cache, &ok);
	*ret = ok && kmem_cache && at.cache->va == kmem_cache;
	return err;
}

static struct error *unknown_cache(const struct slab_page *p)
{
	const struct slabs *s = &p->w->check->slab->slabs;
	struct findings *fs = &p->w->findings;
	uint64_t near = near_cache(s, p->words.cache);
	bool dying;
	struct finding *f;
	struct error *err = is_dying_cache(p, &dying);

	if (err || (dying && !p->words.inuse))
		return err;
	f = slab_finding(p->w, RULE_SLAB_CACHE_BACKPTR, p->pfn, NULL);
	if (near)
		finding_expect(fs, f, "slab_cache", FMT_PTR, 64, p->words.cache, near);
	else
		finding_value(fs, f, "slab_cache", FMT_PTR, p->words.cache);
	if (near)
		finding_evidence(fs, f, "neighbour", "the cache %s is one bit away", slabs_find(s, near)->name);
	if (dying)
		finding_lower(fs, f, "a kmem_cache that is on no list is there: the cache was destroyed, or is being destroyed");
	return NULL;
}

/* ---- the shape --------------------------------------------------------------------------------------------------- */

static bool check_shape(const struct slab_page *p)
{
	struct findings *fs = &p->w->findings;
	uint32_t oo = p->cache->oo, min = p->cache->min;
	struct finding *f;
	char text[64];

	if (slab_shape_fits(p->cache, p->order, p->words.objects))
		return true;
	if (!p->words.objects && !p->words.inuse && !p->settled)
		return false; /* not yet said */
	if (p->order != oo >> 16 && p->order != min >> 16) {
		f = slab_finding(p->w, RULE_SLAB_ORDER, p->pfn, p->cache);
		snprintf(text, sizeof(text), oo >> 16 == min >> 16 ? "%u" : "%u or %u", oo >> 16, min >> 16);
		finding_expect(fs, f, "order", FMT_DEC, 0, p->order, oo >> 16);
		finding_words(fs, f, NULL, text);
		return false;
	}
	f = slab_finding(p->w, RULE_SLAB_OBJECTS, p->pfn, p->cache);
	finding_expect(fs, f, "objects", FMT_DEC, 15, p->words.objects, (p->order == oo >> 16 ? oo : min) & 0xffff);
	finding_value(fs, f, "order", FMT_DEC, p->order);
	return false;
}

/* ---- free objects ------------------------------------------------------------------------------------------------ */

static void bad_chain(const struct slab_page *p, const struct slab_chain *chain)
{
	struct findings *fs = &p->w->findings;
	struct finding *f = slab_finding(p->w, RULE_SLAB_FREELIST, p->pfn, p->cache);
	const char *why = busy(p);

	finding_text(fs, f, "problem", slab_chain_text(chain->end), NULL);
	finding_value(fs, f, "freelist", FMT_PTR, p->words.freelist);
	finding_value(fs, f, "inuse", FMT_DEC, p->words.inuse);
	finding_value(fs, f, "objects", FMT_DEC, p->words.objects);
	slab_chain_evidence(p->w, f, chain);
	if (why)
		finding_lower(fs, f, why);
}

static void bad_inuse(const struct slab_page *p, unsigned nr_free)
{
	struct findings *fs = &p->w->findings;
	struct finding *f;
	const char *why = busy(p);

	if (why == adrift_text && !p->words.inuse)
		return; /* counters and freelist are set up one after the other */
	f = slab_finding(p->w, RULE_SLAB_INUSE, p->pfn, p->cache);
	finding_expect(fs, f, "inuse", FMT_DEC, 16, p->words.inuse, p->words.objects - nr_free);
	finding_value(fs, f, "objects", FMT_DEC, p->words.objects);
	finding_value(fs, f, "free", FMT_DEC, nr_free);
	if (why)
		finding_lower(fs, f, why);
}

static struct error *check_free_objects(const struct slab_page *p)
{
	struct slab_worker *sw = slab_worker_of(p->w);
	struct ledger_entry *e = p->w->ledger.rule;
	unsigned expected = p->words.inuse <= p->words.objects ? p->words.objects - p->words.inuse : 0;
	struct slab_chain chain = { .end = CHAIN_END };
	struct error *err = NULL;

	e[RULE_SLAB_FREELIST].checked++;
	e[RULE_SLAB_INUSE].checked++;
	if (p->words.freelist) {
		memset(sw->bitmap, 0, (p->words.objects / 64 + 1) * sizeof(sw->bitmap[0]));
		slab_memory_at(&p->w->check->slab->slabs, &sw->memory, p->pfn, p->order, p->words.objects, expected);
		err = slab_chain(p->cache, &sw->memory, p->words.freelist, sw->bitmap, &chain);
	}
	if (err)
		return err;
	if (chain.end == CHAIN_GAP)
		e[RULE_SLAB_FREELIST].gaps++;
	else if (chain.end != CHAIN_END)
		bad_chain(p, &chain);
	else if (p->words.inuse != p->words.objects - chain.nr)
		bad_inuse(p, chain.nr);
	return NULL;
}

/* ---- where it is ------------------------------------------------------------------------------------------------- */

static struct finding *lost_finding(const struct slab_page *p, const char *problem)
{
	struct findings *fs = &p->w->findings;
	struct finding *f = slab_finding(p->w, RULE_SLAB_PARTIAL_STATE, p->pfn, p->cache);

	finding_text(fs, f, "list", "none", NULL);
	finding_text(fs, f, "problem", problem, NULL);
	finding_value(fs, f, "inuse", FMT_DEC, p->words.inuse);
	finding_value(fs, f, "objects", FMT_DEC, p->words.objects);
	if (p->node->locked)
		finding_lower(fs, f, "list_lock of the node is held: a slab is being moved");
	return f;
}

/*
 * A slab with free objects that nobody finds.  With list_bit the flags say whether it is on the list; without, slabs on their
 * way are frozen, empty, or move under list_lock.
 */
static void check_lost(const struct slab_page *p)
{
	struct slab_state *s = p->w->check->slab;
	bool listed = p->marks & MARK_SLAB;
	bool partial = p->words.inuse && p->words.inuse < p->words.objects && p->words.freelist;

	p->w->ledger.rule[RULE_SLAB_PARTIAL_STATE].checked++;
	if (listed || slab_count_of(s, p->node)->cut || (p->marks & MARK_EXCUSED))
		return;
	if (s->slabs.list_bit && p->words.list_bit)
		lost_finding(p, "says that it is on the list of its node, and is not");
	else if (p->words.frozen && !p->cache->debug && !layout_has(&p->w->check->layout, NEED_CPU_SLABS))
		lost_finding(p, "is frozen, and this kernel freezes none");
	else if (!s->slabs.list_bit && partial && !p->owner && !p->words.frozen && !p->cache->debug &&
		 !s->cpu_cut[p->cache - s->slabs.caches.v] && !p->node->locked)
		lost_finding(p, "has free objects, and is neither on the list of its node nor with a CPU");
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static void count(const struct slab_page *p)
{
	struct slab_state *s = p->w->check->slab;
	struct slab_count *n = slab_count_of(s, p->node);

	__atomic_fetch_add(&n->slabs, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&n->objects, p->words.objects, __ATOMIC_RELAXED);
	if (!(p->marks & MARK_SLAB) && !p->owner)
		__atomic_fetch_add(&n->adrift, !p->settled || p->words.frozen, __ATOMIC_RELAXED);
	if ((p->marks & MARK_SLAB) && p->words.inuse <= p->words.objects)
		__atomic_fetch_add(&n->free, p->words.objects - p->words.inuse, __ATOMIC_RELAXED);
}

struct error *slab_check_page(struct slab_page *p)
{
	const struct slabs *s = &p->w->check->slab->slabs;
	struct ledger_entry *e = p->w->ledger.rule;
	struct error *err;

	if (is_being_made(p))
		return NULL;
	e[RULE_SLAB_CACHE_BACKPTR].checked++;
	if (!p->cache && !s->complete) {
		e[RULE_SLAB_CACHE_BACKPTR].gaps++;
		return NULL;
	}
	if (!p->cache)
		return unknown_cache(p);
	if (!p->cache->sane)
		return NULL;
	if (p->node) {
		count(p);
		check_lost(p);
	}
	e[RULE_SLAB_ORDER].checked++;
	e[RULE_SLAB_OBJECTS].checked++;
	if (!check_shape(p))
		return NULL;
	err = s->linear_known ? check_free_objects(p) : NULL;
	return err ? err : slab_check_exts(p);
}
