/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References of socket buffers: pages of fragments, and pages that heads are pieces of.
 *
 * checks:     that fragments name pages (holder-no-page)
 * relies on:  the slab pass (objects in use)
 * exceptions: io_uring keeps the references of its registered buffers itself (SKBFL_MANAGED_FRAG_REFS); a page_pool has one
 *             reference on each of its pages whoever uses it
 *
 * Every sk_buff is an object of one of two caches, those on frag_list too.  Clones share what is behind their head: it is
 * looked at once.  A sk_buff that is on a queue of a socket that nobody works on is not about to be freed: skb_release_data()
 * drops references one by one while the fragments still name the pages, but the sk_buff has left its queue by then.
 */
#include <stdlib.h>

#include "passes/objects.h"
#include "passes/pass.h"
#include "walk/page_pool.h"
#include "walk/skb.h"
#include "walk/sock.h"

/* Which word names the page (known_ref.part); 0: a fragment. */
enum { PART_HEAD = 1 };

struct found_skb {
	struct skb skb;
	bool doubtful; /* either this one is in use or the other of its pair */
};

/** One of those that share fragments. */
struct holding {
	const struct skb *skb;
	bool queued; /* on a list or in a tree */
	bool steady; /* of a socket that nobody works on: nothing of it changes */
};

struct skb_walk {
	struct check *c;
	struct worker *w;
	uint64_t single, pairs; /* caches */
	struct addrset spares;
	struct object_probe probe; /* of heads */
	ARRAY(struct found_skb) found;
};

/* ---- which are in use -------------------------------------------------------------------------------------------- */

static struct error *add(struct skb_walk *s, const struct skb *skb, bool doubtful)
{
	return array_push(&s->found, ((struct found_skb){ *skb, doubtful })) ? NULL : &error_nomem;
}

/* One of a pair is in use.  Clones have the same memory: then it does not matter which. */
static struct error *add_either(struct skb_walk *s, const struct skb *a, const struct skb *b)
{
	bool queued[2] = { false, false };
	struct error *err = NULL;

	if (a->info != b->info)
		err = skb_is_queued(s->w->kv, a->va, &queued[0]);
	if (!err && a->info != b->info && !queued[0])
		err = skb_is_queued(s->w->kv, b->va, &queued[1]);
	/* when neither is, the companion is most often left over from the time before */
	if (!err && !queued[1])
		err = add(s, a, false);
	if (!err && !queued[0])
		err = add(s, b, !queued[1] && a->info != b->info);
	return err;
}

static struct error *on_pair(struct skb_walk *s, uint64_t va)
{
	const struct layout *l = &s->c->layout;
	struct skb first, second;
	uint64_t companion;
	unsigned users;
	bool ok, ok_first, ok_second;
	struct error *err = skb_pair(l, s->w->kv, va, &companion, &users, &ok);

	if (err || !ok)
		return err;
	err = skb_read(l, s->w->kv, va, &first, &ok_first);
	if (!err)
		err = skb_read(l, s->w->kv, companion, &second, &ok_second);
	if (err)
		return err;
	ok_first &= first.half == SKB_ORIGINAL;
	ok_second &= second.half == SKB_COMPANION;
	if (ok_first && ok_second && users == 1)
		return add_either(s, &first, &second);
	if (ok_first)
		err = add(s, &first, false);
	return err || !ok_second ? err : add(s, &second, false);
}

/* objects_walk() callback. */
static struct error *on_object(void *arg, struct worker *w, const struct slab_cache *cache, uint64_t va)
{
	struct skb_walk *s = arg;
	struct skb skb;
	bool ok;
	struct error *err;

	if (cache->va == s->pairs)
		return on_pair(s, va);
	if (s->spares.nr && addrset_has(&s->spares, va))
		return NULL;
	err = skb_read(&s->c->layout, w->kv, va, &skb, &ok);
	return err || !ok || skb.half != SKB_SINGLE ? err : add(s, &skb, false);
}

/* ---- what they hold ---------------------------------------------------------------------------------------------- */

/* One of those that share memory: best one that is on a queue of a socket that nobody works on, else on any queue. */
static struct error *choose(struct skb_walk *s, const struct found_skb *f, size_t nr, struct holding *ret)
{
	struct error *err = NULL;

	*ret = (struct holding){ .skb = &f->skb };
	for (size_t i = 0; !err && !ret->steady && i < nr; i++) {
		struct sock sk;
		bool queued = false, ok = false;

		if (!f[i].doubtful)
			err = skb_is_queued(s->w->kv, f[i].skb.va, &queued);
		if (err || !queued)
			continue;
		if (f[i].skb.sk)
			err = sock_read(&s->c->layout, s->w->kv, f[i].skb.sk, &sk, &ok);
		if (!ret->queued || ok)
			*ret = (struct holding){ .skb = &f[i].skb, .queued = true, .steady = ok && sk.steady };
	}
	return err;
}

/* Pages of a pool have one reference, the pool's, however many fragments name them. */
static struct error *note(struct skb_walk *s, const struct skb *skb, const struct known_ref *ref)
{
	const struct section *section = memmap_section(&s->c->memmap, ref->pfn);
	const struct census_record *r = census_find(&s->c->census, ref->pfn);
	uint64_t pool = 0, head = r && r->bits & CENSUS_TAIL ? census_head(r, ref->pfn) : ref->pfn;
	struct error *err = NULL;

	if (skb->recycles && section)
		err = page_pool_of(&s->c->layout, s->w->kv, memmap_page_va(&s->c->memmap, section, head), &pool);
	if (!err && !pool)
		refs_note(s->w, ref);
	return err;
}

static struct error *note_fragment(struct skb_walk *s, const struct holding *h, const struct skb_info *info, struct known_ref ref)
{
	unsigned i = ref.index;

	ref.word = info->slots[i];
	s->w->ledger.rule[RULE_HOLDER_NO_PAGE].checked++;
	if (memmap_pfn_of(&s->c->memmap, info->pages[i], &ref.pfn))
		return note(s, h->skb, &ref);
	/* the memory of one that somebody has just freed may have been given to somebody else */
	if (h->queued)
		refs_no_page(s->w, &ref, info->pages[i]);
	return NULL;
}

static struct error *note_info(struct skb_walk *s, const struct holding *h, const struct skb_info *info)
{
	struct known_ref ref = { .holder = h->skb->va, .count = 1, .source = REF_SKB, .owns = true, .may_lag = !h->steady };
	struct error *err = NULL;
	struct kv_gap gap;
	uint64_t pa;

	for (ref.index = 0; !err && !info->managed && ref.index < info->nr; ref.index++)
		if (info->pages[ref.index])
			err = note_fragment(s, h, info, ref);
	if (err || !h->skb->head_frag)
		return err;
	err = kvmem_translate(s->w->kv, h->skb->head, &pa, NULL, &gap);
	if (err || gap.kind != KV_OK)
		return err;
	ref.index = 0;
	ref.part = PART_HEAD;
	ref.word = h->skb->head_slot;
	ref.pfn = pa >> s->c->layout.page_shift;
	return note(s, h->skb, &ref);
}

/* \p f: \p nr of them that share one skb_shared_info. */
static struct error *note_shared(struct skb_walk *s, const struct found_skb *f, size_t nr)
{
	struct skb_info info;
	struct holding holding;
	bool ok, gap = false, gone = false;
	struct error *err = skb_info_read(&s->c->layout, s->w->kv, f->skb.info, &info, &ok);

	if (!err && !ok)
		err = kvmem_is_gap(s->w->kv, f->skb.info, &gap);
	if (gap)
		refs_cut(s->w, REF_SKB);
	if (err || !ok || (!info.nr && !f->skb.head_frag))
		return err;
	err = choose(s, f, nr, &holding);
	/* of a pair one may have been freed, and of those that are being freed the memory goes first */
	if (!err && !holding.queued)
		err = object_is_free(&s->probe, f->skb.head, &gone, &gap);
	if (gap)
		refs_cut(s->w, REF_SKB);
	return err || gone || gap ? err : note_info(s, &holding, &info);
}

static int by_info(const void *a, const void *b)
{
	const struct found_skb *x = a, *y = b;

	if (x->skb.info != y->skb.info)
		return x->skb.info < y->skb.info ? -1 : 1;
	return (int)x->doubtful - (int)y->doubtful;
}

static struct error *note_all(struct skb_walk *s)
{
	struct error *err = NULL;
	size_t nr;

	if (s->found.nr)
		qsort(s->found.v, s->found.nr, sizeof(*s->found.v), by_info);
	for (size_t i = 0; !err && i < s->found.nr; i += nr) {
		nr = 1;
		while (i + nr < s->found.nr && s->found.v[i + nr].skb.info == s->found.v[i].skb.info)
			nr++;
		err = note_shared(s, &s->found.v[i], nr);
	}
	return err;
}

struct error *refs_skbs(struct check *c, struct worker *w)
{
	struct skb_walk s = { .c = c, .w = w };
	uint64_t caches[2], gaps = 0;
	struct error *err;

	if (!skb_known(&c->layout))
		return NULL;
	if (!object_probe_init(&s.probe, c, w))
		return &error_nomem;
	err = skb_caches(&c->layout, w->kv, &s.single, &s.pairs);
	if (!err)
		err = skb_spares(&c->layout, &c->percpu, w->kv, &s.spares);
	caches[0] = s.single;
	caches[1] = s.pairs;
	if (!err)
		err = objects_walk(c, w, caches, ARRAY_SIZE(caches), on_object, &s, &gaps);
	if (!err && gaps)
		refs_cut(w, REF_SKB);
	if (!err)
		err = note_all(&s);
	addrset_deinit(&s.spares);
	object_probe_deinit(&s.probe);
	array_free(&s.found);
	return err;
}
