/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each CPU keeps of a cache (kmem_cache_cpu, up to v6.18): the slab it allocates from, the free objects it has taken from
 * that slab, and a chain of partial slabs.
 *
 * checks:    that these are slabs of the cache; their frozen bit; that the free objects lie in the CPU's slab, and are not
 *            free for the slab as well
 * collects:  who keeps which slab
 * exceptions: while a CPU changes slabs, slab and free objects may not belong together: kernels before v5.15 put objects back
 *            one by one with both still noted, later ones clear both first
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "passes/slab.h"

struct cpu_slab {
	struct worker *w;
	const struct slab_cache *cache;
	unsigned cpu;
	uint64_t va; /* of the kmem_cache_cpu */
	uint64_t freelist, page, partial;
	bool old;    /* before v5.15 */
};

static bool *cut_of(const struct cpu_slab *cs)
{
	struct slab_state *s = cs->w->check->slab;

	return &s->cpu_cut[cs->cache - s->slabs.caches.v];
}

static struct finding *cpu_finding(const struct cpu_slab *cs, uint64_t pfn, const char *problem)
{
	struct findings *fs = &cs->w->findings;
	struct finding *f = pfn != UINT64_MAX ? slab_finding(cs->w, RULE_SLAB_CPU_SLAB, pfn, cs->cache)
					      : slab_object_finding(cs->w, RULE_SLAB_CPU_SLAB, cs->va, cs->cache);

	finding_value(fs, f, "cpu", FMT_DEC, cs->cpu);
	finding_text(fs, f, "problem", problem, NULL);
	return f;
}

/* The slab whose struct page is at \p page: noted as the CPU's.  *ret_ok: it is one of the cache. */
static struct error *keep(const struct cpu_slab *cs, uint64_t page, bool partial, uint64_t *ret_pfn, struct slab_words *words,
			  bool *ret_ok)
{
	struct check *c = cs->w->check;
	struct slab_owner owner = { .cpu = cs->cpu, .partial = partial };
	const struct census_record *r;
	struct page_view view;
	struct finding *f = NULL;
	struct error *err;

	*ret_ok = false;
	*cut_of(cs) = true;
	if (!memmap_pfn_of(&c->memmap, page, &owner.pfn)) {
		f = cpu_finding(cs, UINT64_MAX, partial ? "its chain of partial slabs leads to what is no struct page"
							: "the slab it allocates from is no struct page");
		finding_value(&cs->w->findings, f, "slab", FMT_PTR, page);
		return NULL;
	}
	*ret_pfn = owner.pfn;
	err = slab_read_words(cs->w, owner.pfn, &view, words, ret_ok);
	r = census_find(&c->census, owner.pfn);
	if (err || !*ret_ok || !r)
		return err;
	*ret_ok = r->kind == KIND_SLAB && !(r->bits & CENSUS_TAIL) && words->cache == cs->cache->va;
	if (!*ret_ok) {
		f = cpu_finding(cs, owner.pfn,
				r->kind != KIND_SLAB || r->bits & CENSUS_TAIL ? "a page that it keeps is no slab"
									      : "a slab that it keeps is of another cache");
		finding_expect(&cs->w->findings, f, "slab_cache", FMT_PTR, 64, words->cache, cs->cache->va);
		return NULL;
	}
	*cut_of(cs) = false;
	return array_push(&slab_worker_of(cs->w)->owners, owner) ? NULL : &error_nomem;
}

/* ---- the slab it allocates from ---------------------------------------------------------------------------------- */

static struct error *check_freelist(const struct cpu_slab *cs, uint64_t pfn, const struct slab_words *words)
{
	struct slab_worker *sw = slab_worker_of(cs->w);
	const struct census_record *r = census_find(&cs->w->check->census, pfn);
	struct slab_chain chain;
	struct finding *f;
	char text[160];
	struct error *err;

	if (!r || !slab_shape_fits(cs->cache, r->order, words->objects))
		return NULL; /* a finding of its own */
	memset(sw->bitmap, 0, (words->objects / 64 + 1) * 8);
	slab_memory_at(&cs->w->check->slab->slabs, &sw->memory, pfn, r->order, words->objects, words->objects);
	err = slab_chain(cs->cache, &sw->memory, words->freelist, sw->bitmap, &chain);
	if (!err)
		err = slab_chain(cs->cache, &sw->memory, cs->freelist, sw->bitmap, &chain);
	if (err || chain.end == CHAIN_GAP)
		return err;
	if (chain.end == CHAIN_END && chain.nr <= words->inuse)
		return NULL;
	if (chain.end == CHAIN_END)
		snprintf(text, sizeof(text), "its list of free objects has %u, more than the slab has in use", chain.nr);
	else
		snprintf(text, sizeof(text), "its list of free objects %s", slab_chain_text(chain.end));
	f = cpu_finding(cs, pfn, text);
	slab_chain_evidence(cs->w, f, &chain);
	if (cs->old && chain.end == CHAIN_AGAIN)
		finding_lower(&cs->w->findings, f, "the CPU may be giving its objects back to the slab one by one");
	return NULL;
}

static struct error *check_current(const struct cpu_slab *cs)
{
	struct slab_words words;
	struct finding *f;
	uint64_t pfn;
	bool ok;
	struct error *err = keep(cs, cs->page, false, &pfn, &words, &ok);

	if (err || !ok)
		return err;
	if (!words.frozen && cs->freelist) {
		f = cpu_finding(cs, pfn, "the slab it allocates from is not frozen");
		finding_value(&cs->w->findings, f, "freelist", FMT_PTR, cs->freelist);
		if (cs->old)
			finding_lower(&cs->w->findings, f, "the CPU may just have given the slab back");
	}
	return cs->freelist ? check_freelist(cs, pfn, &words) : NULL;
}

/* ---- the chain of partial slabs ---------------------------------------------------------------------------------- */

static struct error *check_chain(const struct cpu_slab *cs)
{
	bool frozen = !cs->w->check->slab->slabs.list_bit; /* v6.8 freezes a slab only when a CPU allocates from it */
	uint64_t mark = 0, seen = 0, pfn = 0;
	struct slab_words words = { .next = 0 };
	struct error *err = NULL;
	struct finding *f;
	bool ok;

	for (uint64_t page = cs->partial; !err && page; page = words.next) {
		if (page == mark || seen > cs->w->check->memmap.pages) {
			*cut_of(cs) = true;
			cpu_finding(cs, pfn, "its chain of partial slabs goes in a circle");
			return NULL;
		}
		if (is_power_of_2(++seen))
			mark = page;
		err = keep(cs, page, true, &pfn, &words, &ok);
		if (err || !ok)
			return err;
		if (words.frozen == frozen)
			continue;
		f = cpu_finding(cs, pfn, frozen ? "a slab in its chain of partial slabs is not frozen"
						: "a slab in its chain of partial slabs is frozen");
		finding_value(&cs->w->findings, f, "inuse", FMT_DEC, words.inuse);
	}
	return err;
}

static struct error *check_cpu(struct cpu_slab *cs, bool *ret_ok)
{
	const struct facts *f = &cs->w->check->layout.facts;
	const struct answer *partial = fact(f, FACT_CACHE_CPU_PARTIAL);
	struct error *err;

	err = kvmem_read_word(cs->w->kv, cs->va + fact(f, FACT_CACHE_CPU_FREELIST)->offset, 8, &cs->freelist, ret_ok);
	if (!err && *ret_ok)
		err = kvmem_read_word(cs->w->kv, cs->va + fact(f, FACT_CACHE_CPU_PAGE)->offset, 8, &cs->page, ret_ok);
	cs->partial = 0;
	if (!err && *ret_ok && partial->found)
		err = kvmem_read_word(cs->w->kv, cs->va + partial->offset, 8, &cs->partial, ret_ok);
	if (err || !*ret_ok)
		return err;
	cs->w->ledger.rule[RULE_SLAB_CPU_SLAB].checked++;
	if (cs->page)
		err = check_current(cs);
	return err ? err : check_chain(cs);
}

struct error *slab_check_cpus(struct worker *w, const struct slab_cache *cache)
{
	const struct check *c = w->check;
	struct cpu_slab cs = { .w = w, .cache = cache, .old = !fact_found(&c->layout.facts, FACT_CACHE_CPU_LOCK) };
	struct error *err = NULL;
	bool cut = !c->percpu.cpus.nr || c->percpu.nr_gaps, ok;

	if (!layout_has(&c->layout, NEED_CPU_SLABS) || !cache->sane || !cache->cpu_slab)
		return NULL;
	for (size_t i = 0; !err && i < c->percpu.cpus.nr; i++) {
		cs.cpu = c->percpu.cpus.v[i].cpu;
		cs.va = cache->cpu_slab + c->percpu.cpus.v[i].offset;
		*cut_of(&cs) = false;
		err = check_cpu(&cs, &ok);
		w->ledger.rule[RULE_SLAB_CPU_SLAB].gaps += !ok;
		cut |= !ok || *cut_of(&cs);
	}
	*cut_of(&cs) = cut;
	return err;
}
