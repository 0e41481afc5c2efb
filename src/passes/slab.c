/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slab pass: caches, nodes, slabs and their free objects.
 *
 * checks:    slab_caches and the words of each cache; partial lists, CPU slabs and sheaves against the slabs they lead to;
 *            each slab of the memmap against its cache; the numbers of slabs
 * collects:  MARK_SLAB on slabs that lists of a node lead to; pages of slabs by node, for the totals
 * relies on: the census
 * exceptions: list_lock held; slabs on their way in or out, which are on no list; caches being created or destroyed
 */
#include "passes/slab.h"

#include <inttypes.h>
#include <string.h>

#include "base/u64.h"
#include "passes/pass.h"

/* ---- findings ---------------------------------------------------------------------------------------------------- */

struct finding *slab_finding(struct worker *w, enum rule_id rule, uint64_t pfn, const struct slab_cache *cache)
{
	struct subject subject = check_page_subject(w->check, rules[rule].subject, pfn);
	struct finding *f = worker_finding(w, rule, &subject);

	finding_text(&w->findings, f, "cache", cache ? cache->name : "?", NULL);
	return f;
}

struct finding *slab_object_finding(struct worker *w, enum rule_id rule, uint64_t address, const struct slab_cache *cache)
{
	struct subject subject = subject_page(rules[rule].subject, UINT64_MAX);
	struct finding *f;

	subject.address = address;
	f = worker_finding(w, rule, &subject);
	finding_text(&w->findings, f, "cache", cache ? cache->name : "?", NULL);
	return f;
}

const char *slab_list_text(const struct list_result *r, char *buf, size_t size)
{
	struct list_culprit culprit = list_culprit(r);
	int used = snprintf(buf, size, "%s of the node at %#" PRIx64 " is %#" PRIx64, culprit.prev ? "prev" : "next", culprit.node,
			    culprit.found);

	if (r->end == WALK_LIMIT)
		snprintf(buf, size, "it has more nodes than there can be");
	else if (culprit.expected && used > 0 && (size_t)used < size)
		snprintf(buf + used, size - (size_t)used, ", expected %#" PRIx64, culprit.expected);
	return buf;
}

const char *slab_chain_text(enum slab_chain_end end)
{
	static const char *const text[] = {
		[CHAIN_END] = "ends well",
		[CHAIN_GAP] = "leads to memory that the dump lacks",
		[CHAIN_WILD] = "leads out of the slab",
		[CHAIN_ODD] = "leads into the middle of an object",
		[CHAIN_AGAIN] = "leads to an object that is already free",
	};

	return text[end];
}

void slab_chain_evidence(struct worker *w, struct finding *f, const struct slab_chain *chain)
{
	if (chain->end == CHAIN_END)
		return;
	if (chain->at)
		finding_evidence(&w->findings, f, "raw", "after %u free object(s): the free pointer of the object at %#" PRIx64
				 " decodes to %#" PRIx64, chain->nr, chain->at, chain->value);
	else
		finding_evidence(&w->findings, f, "raw", "the first free object would be %#" PRIx64, chain->value);
	if (chain->flipped >= 0)
		finding_bitflip(&w->findings, f, "problem", (unsigned)chain->flipped);
}

/* ---- caches ------------------------------------------------------------------------------------------------------ */

static void check_cache_list(struct worker *w, const struct slabs *s)
{
	char text[160];
	uint64_t head = 0;
	struct finding *f;

	w->ledger.rule[RULE_SLAB_CACHE_LIST].checked++;
	w->ledger.rule[RULE_SLAB_CACHE_LIST].gaps += (s->list.end == WALK_GAP) + s->nr_gaps;
	if (s->list.end == WALK_END || s->list.end == WALK_GAP)
		return;
	(void)layout_symbol(s->layout, FACT_SLAB_CACHES, &head);
	f = slab_object_finding(w, RULE_SLAB_CACHE_LIST, head, NULL);
	finding_text(&w->findings, f, "list", "slab_caches", NULL);
	finding_text(&w->findings, f, "problem", slab_list_text(&s->list, text, sizeof(text)), NULL);
	if (s->mutex_held)
		finding_lower(&w->findings, f, "slab_mutex is held: a cache is being added or removed");
}

static void check_cache(struct worker *w, const struct slab_cache *cache)
{
	struct findings *fs = &w->findings;
	struct finding *f;

	w->ledger.rule[RULE_SLAB_CACHE_LIST].checked++;
	if (cache->sane)
		return;
	f = slab_object_finding(w, RULE_SLAB_CACHE_LIST, cache->va, cache);
	finding_text(fs, f, "list", cache->name, NULL);
	finding_text(fs, f, "problem", "the sizes in its kmem_cache cannot be", NULL);
	finding_value(fs, f, "size", FMT_DEC, cache->size);
	finding_value(fs, f, "object_size", FMT_DEC, cache->object_size);
	finding_value(fs, f, "offset", FMT_DEC, cache->offset);
	finding_value(fs, f, "red_left_pad", FMT_DEC, cache->pad);
	finding_value(fs, f, "oo", FMT_HEX, cache->oo);
	finding_value(fs, f, "min", FMT_HEX, cache->min);
}

static struct error *cache_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct check *c = arg;
	struct worker *w = &c->workers[worker];
	const struct slab_cache *cache = &c->slab->slabs.caches.v[unit];
	struct error *err;

	memset(w->section_findings, 0, sizeof(w->section_findings));
	check_cache(w, cache);
	err = slab_check_lists(w, cache);
	if (!err)
		err = slab_check_cpus(w, cache);
	return err ? err : slab_check_sheaves(w, cache);
}

/* ---- before the slabs -------------------------------------------------------------------------------------------- */

static struct error *state_new(struct check *c)
{
	struct slab_state *s = c->slab = calloc(1, sizeof(*s));
	struct error *err;

	if (!s)
		return &error_nomem;
	s->workers = calloc(c->nr_workers, sizeof(*s->workers));
	if (!s->workers)
		return &error_nomem;
	for (unsigned i = 0; i < c->nr_workers; i++)
		if (!slab_memory_init(&s->workers[i].memory, &c->layout, c->workers[i].kv) ||
		    !slab_memory_init(&s->workers[i].other, &c->layout, c->workers[i].kv))
			return &error_nomem;
	err = slabs_init(&s->slabs, &c->layout, &c->memmap, &c->zones, c->kv);
	if (err)
		return err;
	s->counts = calloc(s->slabs.nodes.nr + 1, sizeof(*s->counts));
	s->cpu_cut = calloc(s->slabs.caches.nr + 1, sizeof(*s->cpu_cut));
	return s->counts && s->cpu_cut ? NULL : &error_nomem;
}

void pass_slab_free(struct check *c)
{
	struct slab_state *s = c->slab;

	if (!s)
		return;
	for (unsigned i = 0; s->workers && i < c->nr_workers; i++) {
		slab_memory_deinit(&s->workers[i].memory);
		slab_memory_deinit(&s->workers[i].other);
		array_free(&s->workers[i].owners);
		array_free(&s->workers[i].objects);
	}
	slabs_deinit(&s->slabs);
	array_free(&s->owners);
	free(s->workers);
	free(s->counts);
	free(s->cpu_cut);
	free(s);
	c->slab = NULL;
}

static int by_pfn(const void *a, const void *b)
{
	const struct slab_owner *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return (int)x->partial - (int)y->partial;
}

static struct error *gather_owners(struct check *c)
{
	struct slab_state *s = c->slab;

	for (unsigned i = 0; i < c->nr_workers; i++) {
		struct slab_worker *sw = &s->workers[i];

		for (size_t j = 0; j < sw->owners.nr; j++)
			if (!array_push(&s->owners, sw->owners.v[j]))
				return &error_nomem;
		array_free(&sw->owners);
	}
	if (s->owners.nr)
		qsort(s->owners.v, s->owners.nr, sizeof(s->owners.v[0]), by_pfn);
	return NULL;
}

const struct slab_owner *slab_owner_of(const struct slab_state *s, uint64_t pfn)
{
	size_t low = array_lower_bound(&s->owners, pfn, pfn);

	return low < s->owners.nr && s->owners.v[low].pfn == pfn ? &s->owners.v[low] : NULL;
}

struct error *pass_slab_begin(struct check *c, uint64_t *ret_units)
{
	struct error *err = state_new(c);

	*ret_units = 0;
	if (err || !layout_has(&c->layout, NEED_SLUB))
		return err;
	memset(c->workers[0].section_findings, 0, sizeof(c->workers[0].section_findings));
	check_cache_list(&c->workers[0], &c->slab->slabs);
	err = job_run(c->nr_workers, c->slab->slabs.caches.nr, cache_unit, c);
	if (!err)
		err = gather_owners(c);
	*ret_units = c->census.runs.nr;
	return err;
}

/* ---- slabs ------------------------------------------------------------------------------------------------------- */

struct error *slab_read_words(struct worker *w, uint64_t pfn, struct page_view *view, struct slab_words *ret, bool *ret_ok)
{
	struct check *c = w->check;
	unsigned char bytes[MAX_PAGE_STRUCT];
	struct error *err = memmap_read_pages(&c->memmap, w->kv, pfn, 1, bytes, ret_ok);

	if (err || !*ret_ok)
		return err;
	*view = page_decode(&c->layout, bytes);
	*ret = slab_decode(&c->slab->slabs, bytes);
	return NULL;
}

/* Pages of its pool are slabs of one object each, whose words nobody keeps (kfence_init_pool()). */
static bool is_kfence(const struct slabs *s, uint64_t va, const struct slab_words *words)
{
	enum { MAX_POOL_BYTES = 512 << 20 };

	return s->kfence && va >= s->kfence && va - s->kfence < MAX_POOL_BYTES && words->objects <= 1 && !words->inuse;
}

/*
 * Whether freelist and counters belong together.  While a slab is made or taken down it is on no list and no CPU's, and its
 * objects are all free or all in use; kernels without CPU slabs give it fewer, and so do debugged caches.
 */
static bool is_settled(const struct slab_page *p)
{
	const struct slab_words *words = &p->words;

	if ((p->marks & MARK_SLAB) || p->owner || words->inuse > words->objects)
		return true;
	if (words->inuse == words->objects)
		return words->objects;
	return words->inuse && p->cache && !p->cache->debug && layout_has(&p->w->check->layout, NEED_CPU_SLABS);
}

static struct error *one_slab(struct worker *w, uint64_t pfn, const struct census_record *r, unsigned marks,
			      const unsigned char *bytes)
{
	struct check *c = w->check;
	struct slab_state *s = c->slab;
	struct slab_page p = { .w = w, .pfn = pfn, .order = r->order, .marks = marks };

	p.view = page_decode(&c->layout, bytes);
	p.words = slab_decode(&s->slabs, bytes);
	if (is_kfence(&s->slabs, (pfn << c->layout.page_shift) + s->slabs.linear, &p.words))
		return NULL;
	p.owner = slab_owner_of(s, pfn);
	p.cache = slabs_find(&s->slabs, p.words.cache);
	if (p.cache)
		p.node = slabs_node(&s->slabs, p.cache, flag_field_get(c->layout.flag.node, p.view.flags));
	p.settled = is_settled(&p);
	return slab_check_page(&p);
}

enum { CHUNK = 64 };

/* The slabs among the struct pages [i, i + nr) of a run: they are read together when that is possible. */
static struct error *chunk_of_slabs(struct worker *w, const struct census_run *run, const uint16_t *marks, uint64_t i, uint64_t nr)
{
	struct check *c = w->check;
	size_t size = c->layout.page_struct_size;
	struct error *err = NULL;
	bool all = false, ok, any = false;

	for (uint64_t j = i; j < i + nr; j++) {
		const struct census_record *r = &run->records[j];
		unsigned char *bytes = w->pages + (j - i) * size;

		if (r->kind != KIND_SLAB || (r->bits & (CENSUS_TAIL | CENSUS_INTERIOR)) || !check_in_range(c, run->first_pfn + j))
			continue;
		if (!any)
			err = memmap_read_pages(&c->memmap, w->kv, run->first_pfn + i, (unsigned)nr, w->pages, &all);
		any = ok = true;
		if (!err && !all)
			err = memmap_read_pages(&c->memmap, w->kv, run->first_pfn + j, 1, bytes, &ok);
		if (!err && ok)
			err = one_slab(w, run->first_pfn + j, r, marks[j], bytes);
		if (err)
			return err;
	}
	return NULL;
}

struct error *pass_slab(struct check *c, struct worker *w, uint64_t unit)
{
	const struct census_run *run = &c->census.runs.v[unit];
	struct error *err = NULL;

	memset(w->section_findings, 0, sizeof(w->section_findings));
	for (uint64_t i = 0; !err && run->done && i < run->nr; i += CHUNK)
		err = chunk_of_slabs(w, run, c->marks.runs.v[unit], i, run->nr - i < CHUNK ? run->nr - i : CHUNK);
	return err;
}

/* ---- after the slabs --------------------------------------------------------------------------------------------- */

static void check_counts(struct worker *w, const struct slab_node *n)
{
	const struct slab_state *s = w->check->slab;
	const struct slab_count *count = slab_count_of(s, n);
	const struct slab_cache *cache = &s->slabs.caches.v[n->cache];
	/* a slab is counted after it was made, and no longer when it is about to be freed */
	uint64_t spare = count->adrift + w->check->percpu.cpus.nr;
	struct findings *fs = &w->findings;
	struct finding *f;

	w->ledger.rule[RULE_SLAB_NR_SLABS].checked++;
	if (count->slabs == n->nr_slabs ? count->objects == n->total_objects
					: count->slabs > n->nr_slabs && count->slabs - n->nr_slabs <= spare)
		return;
	f = slab_object_finding(w, RULE_SLAB_NR_SLABS, n->va, cache);
	finding_value(fs, f, "node", FMT_DEC, n->nid);
	finding_expect(fs, f, "nr_slabs", FMT_DEC, 64, n->nr_slabs, count->slabs);
	finding_expect(fs, f, "total_objects", FMT_DEC, 64, n->total_objects, count->objects);
	if (count->slabs == n->nr_slabs && (n->total_objects - count->objects == (cache->oo & 0xffff) ||
					    count->objects - n->total_objects == (cache->oo & 0xffff)))
		finding_lower(fs, f, "a CPU has changed nr_slabs, and total_objects not yet");
	if (count->adrift)
		finding_evidence(fs, f, "arithmetic", "%" PRIu64 " of the slabs found are on their way in or out", count->adrift);
}

struct error *pass_slab_finish(struct check *c)
{
	struct slab_state *s = c->slab;
	struct worker *w = &c->workers[0];

	memset(w->section_findings, 0, sizeof(w->section_findings));
	for (size_t i = 0; i < s->slabs.nodes.nr && check_is_complete(c); i++) {
		const struct slab_node *n = &s->slabs.nodes.v[i];

		if (!n->readable || !n->has_counts || c->census.kinds[KIND_UNREADABLE] || !s->slabs.caches.v[n->cache].sane)
			w->ledger.rule[RULE_SLAB_NR_SLABS].gaps++;
		else
			check_counts(w, n);
	}
	return NULL;
}
