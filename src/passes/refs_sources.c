/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sources pass: every structure of the kernel that is known to hold references on pages.
 *
 * relies on:  the slab pass (objects in use), tasks
 * exceptions: what is noted here is not judged here; the refs pass compares
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/u64.h"
#include "passes/pass.h"
#include "walk/batch.h"

/* Walks of holders, a unit each. */
static struct error *(*const walks[])(struct check *c, struct worker *w) = {
	refs_batches,
	refs_gathers,
	refs_files,
	refs_task_pipes,
	refs_aio,
	refs_skbs,
	refs_frag_caches,
	refs_task_frags,
	refs_sockets,
	refs_page_pools,
	refs_dumpers,
	refs_bios,
};

static const struct {
	const char *name, *entry, *holder;
	const char *parts[2][2]; /* entry and holder of other parts than the main one */
} sources[NR_REF_SOURCES] = {
	[REF_BATCH] = { "lru-batch", "entry", "a CPU's batch for the LRU lists" },
	[REF_PIPE] = { "pipe", "buffer", "the pipe_inode_info", { { "spare page", "the pipe_inode_info" } } },
	[REF_SKB] = { "socket-buffer", "fragment", "the sk_buff", { { "head", "the sk_buff" } } },
	[REF_PAGE_FRAG] = { "page-frag", "page_frag", "the task_struct",
			    { { "sk_frag", "the sock" }, { "references in advance of CPU", "the page_frag_cache" } } },
	[REF_PAGE_POOL] = { "page-pool", "page", "the page_pool" },
	[REF_IO_URING] = { "io-uring", "ring page", "the io_ring_ctx",
			   { { "vector", "the io_mapped_ubuf" }, { "ring page", "the io_buffer_list" } } },
	[REF_AIO] = { "aio", "ring page", "the kioctx" },
	[REF_PERF] = { "perf", "page", "the perf_buffer", { { "AUX page", "the perf_buffer" } } },
	[REF_PACKET] = { "packet", "block", "the packet_sock" },
	[REF_BIO] = { "direct-io", "vector", "the bio of direct I/O" },
	[REF_CORE_DUMP] = { "core-dump", "page", "the task_struct" },
	[REF_GATHER] = { "unmapping", "entry", "the mmu_gather" },
};

const char *ref_source_name(enum ref_source source)
{
	return sources[source].name;
}

const char *known_ref_text(const struct known_ref *ref, char *buf, size_t size)
{
	const char *const *part =
		ref->part && ref->part <= ARRAY_SIZE(sources[0].parts) ? sources[ref->source].parts[ref->part - 1] : NULL;

	snprintf(buf, size, "%s %" PRIu32 " of %s at %#" PRIx64, part && part[0] ? part[0] : sources[ref->source].entry, ref->index,
		 part && part[1] ? part[1] : sources[ref->source].holder, ref->holder);
	return buf;
}

void refs_note(struct worker *w, const struct known_ref *ref)
{
	if (!array_push(&w->known, *ref))
		w->findings.failed = true;
}

void refs_no_page(struct worker *w, const struct known_ref *ref, uint64_t value)
{
	struct subject subject = subject_page(rules[RULE_HOLDER_NO_PAGE].subject, UINT64_MAX);
	struct finding *f;
	char text[128];

	subject.address = ref->holder;
	f = worker_finding(w, RULE_HOLDER_NO_PAGE, &subject);
	finding_text(&w->findings, f, "holder", known_ref_text(ref, text, sizeof(text)), NULL);
	finding_value(&w->findings, f, "slot", FMT_PTR, ref->word);
	finding_value(&w->findings, f, "page", FMT_PTR, value);
	if (ref->may_lag)
		finding_lower(&w->findings, f, "somebody may be changing the holder: it is locked");
}

void refs_cut(struct worker *w, enum ref_source source)
{
	w->refs_cut[source]++;
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

/*
 * Who empties a batch drops all references before he says that it is empty, but no sooner than he has put all its folios on their
 * lists: one that is not there yet, and is somebody's still, has its reference (folio_batch_move_lru(), __pagevec_lru_add()).
 */
static struct error *may_be_emptied(const struct worker *w, const struct batch *b, uint64_t pfn, bool *ret)
{
	const struct memmap *m = &w->check->memmap;
	struct page_view v;
	bool ok = false;
	struct error *err = b->adds ? memmap_read_page(m, w->kv, pfn, &v, &ok) : NULL;

	*ret = err || !ok || v.refcount <= 0 || page_has(&v, w->check->layout.flag.lru);
	return err;
}

/* batches_walk() callback. */
static struct error *note_batch(void *arg, const struct batch *b)
{
	struct worker *w = arg;
	struct error *err = NULL;

	for (unsigned i = 0; !err && i < b->nr && b->nr <= b->capacity; i++) {
		struct known_ref ref = {
			.holder = b->va, .word = b->first + 8 * i, .count = 1, .index = i, .source = REF_BATCH
		};

		if (!memmap_pfn_of(&w->check->memmap, b->entries[i], &ref.pfn))
			continue;
		err = may_be_emptied(w, b, ref.pfn, &ref.may_lag);
		refs_note(w, &ref);
	}
	return err;
}

struct error *refs_batches(struct check *c, struct worker *w)
{
	uint64_t gaps;
	struct error *err = batches_walk(&c->layout, &c->percpu, w->kv, note_batch, w, &gaps);

	if (!err && gaps)
		refs_cut(w, REF_BATCH);
	return err;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

struct error *pass_sources_begin(struct check *c, uint64_t *ret_units)
{
	(void)c;
	*ret_units = ARRAY_SIZE(walks);
	return NULL;
}

struct error *pass_sources(struct check *c, struct worker *w, uint64_t unit)
{
	return walks[unit](c, w);
}

static int by_page(const void *a, const void *b)
{
	const struct known_ref *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->holder != y->holder)
		return x->holder < y->holder ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

struct error *pass_sources_finish(struct check *c)
{
	struct refs_found *r = &c->refs;

	for (unsigned i = 0; i < c->nr_workers; i++) {
		struct worker *w = &c->workers[i];

		for (size_t j = 0; j < w->known.nr; j++) {
			if (!array_push(&r->known, w->known.v[j]))
				return &error_nomem;
			r->nr[w->known.v[j].source] += w->known.v[j].count;
		}
		for (size_t j = 0; j < w->given_back.nr; j++)
			if (!array_push(&r->given_back, w->given_back.v[j]))
				return &error_nomem;
		for (unsigned s = 0; s < NR_REF_SOURCES; s++)
			r->cut[s] += w->refs_cut[s];
		array_free(&w->known);
		array_free(&w->given_back);
	}
	if (r->given_back.nr)
		r->given_back.nr = u64_sort_unique(r->given_back.v, r->given_back.nr);
	if (r->known.nr)
		qsort(r->known.v, r->known.nr, sizeof(*r->known.v), by_page);
	return NULL;
}

bool refs_is_given_back(const struct check *c, uint64_t va)
{
	const struct refs_found *r = &c->refs;
	size_t i = r->given_back.nr ? u64_lower_bound(r->given_back.v, r->given_back.nr, sizeof(va), va) : 0;

	return i < r->given_back.nr && r->given_back.v[i] == va;
}

const struct known_ref *refs_known(const struct check *c, uint64_t pfn, uint64_t nr, size_t *ret_nr)
{
	const struct refs_found *r = &c->refs;
	size_t low = array_lower_bound(&r->known, pfn, pfn), found = 0;

	while (low + found < r->known.nr && r->known.v[low + found].pfn - pfn < nr)
		found++;
	*ret_nr = found;
	return found ? r->known.v + low : NULL;
}
