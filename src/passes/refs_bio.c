/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References of direct I/O: pages that bios name which are with a driver, or done and not yet let go of.
 *
 * checks:     that vectors name pages (holder-no-page)
 * relies on:  the slab pass (objects in use), stacks of tasks
 * exceptions: bios of writeback and of reading into the page cache hold no references, clones share the vectors of
 *             another; a bio that is being filled, that a cgroup's limit keeps back, or that is part of something else
 *             than a pool's object or a stack is not met.  The page of zeros is named, but never pinned (gup_put_folio())
 */
#include "passes/objects.h"
#include "passes/pass.h"
#include "walk/bio.h"
#include "walk/stack.h"

/* Direct I/O of all devices at once: 16 GiB; bios in a list. */
enum { MAX_PAGES = 1 << 22, MAX_DONE = 1 << 20 };

struct bio_walk {
	struct check *c;
	struct worker *w;
	struct bios bios;
	uint64_t left;              /* pages that may be noted */
	uint64_t gaps;
	const struct stack *direct; /* that has a frame of direct I/O on it, below what is at hand */
};

static bool is_zeros(const struct census_record *r)
{
	return r->kind == KIND_ZERO || r->kind == KIND_HUGE_ZERO;
}

/* \p nr pages from ref->pfn on, which lie side by side: one entry for those of a folio. */
static void note_pages(struct bio_walk *b, struct known_ref ref, uint64_t nr)
{
	uint64_t end = ref.pfn + nr;

	while (ref.pfn < end) {
		const struct census_record *r = census_find(&b->c->census, ref.pfn);
		uint64_t head = r ? census_head(r, ref.pfn) : ref.pfn;
		const struct census_record *h = r ? census_find(&b->c->census, head) : NULL;
		uint64_t next = h && h->bits & CENSUS_HEAD ? head + bit_u64(h->order) : 0;

		next = next > ref.pfn ? (next < end ? next : end) : ref.pfn + 1;
		ref.count = (uint32_t)(next - ref.pfn) * (ref.pin && r ? refs_pin_count(b->c, r) : 1);
		if (r && !(ref.pin && is_zeros(r)))
			refs_note(b->w, &ref);
		ref.pfn = next;
	}
}

static struct error *note_vector(struct bio_walk *b, const struct bio *bio, unsigned i)
{
	struct known_ref ref = { .holder = bio->va, .index = i, .source = REF_BIO, .pin = bio->hold == BIO_HOLDS_PIN };
	struct bio_range range;
	bool ok;
	struct error *err = bio_range(&b->bios, bio, i, &range, &ok);

	ok = ok && range.nr && range.nr <= b->left;
	b->gaps += !err && !ok;
	if (err || !ok)
		return err;
	ref.word = range.slot;
	b->left -= range.nr;
	b->w->ledger.rule[RULE_HOLDER_NO_PAGE].checked++;
	if (memmap_pfn_of(&b->c->memmap, range.page, &ref.pfn))
		note_pages(b, ref, range.nr);
	else
		refs_no_page(b->w, &ref, range.page);
	return NULL;
}

static struct error *note_bio(struct bio_walk *b, const struct bio *bio)
{
	struct error *err = NULL;

	for (unsigned i = 0; !err && bio->hold != BIO_HOLDS_NONE && i < bio->nr && b->left; i++)
		err = note_vector(b, bio, i);
	return err;
}

/* ---- where bios are ---------------------------------------------------------------------------------------------- */

/* objects_walk() callback. */
static struct error *on_object(void *arg, struct worker *w, const struct slab_cache *cache, uint64_t va)
{
	struct bio_walk *b = arg;
	struct bio bio;
	bool ok;
	struct error *err = bio_in_object(&b->bios, cache->va, va, cache->object_size, &bio, &ok);

	(void)w;
	return err || !ok || !bio.submitted ? err : note_bio(b, &bio);
}

/* stacks_words() callback: a stack's words come in rising order, those of who was called before those of who called. */
static struct error *on_word(void *arg, const struct stack_word *x)
{
	struct bio_walk *b = arg;
	struct bio bio;
	bool ok;
	struct error *err;

	if (!x->stack)
		return NULL;
	if (bio_waits_in(&b->bios, x->word))
		b->direct = x->stack;
	err = bio_on_stack(&b->bios, x->word, x->va, b->direct == x->stack, &bio, &ok);
	return err || !ok || !bio.submitted || stacks_find(&b->c->stacks, bio.va) != x->stack ? err : note_bio(b, &bio);
}

static struct error *on_stacks(struct bio_walk *b)
{
	uint64_t gaps = b->c->stacks.nr_gaps;
	struct error *err = b->c->stacks.list.nr ? stacks_words(&b->c->stacks, b->w->kv, on_word, b, &gaps) : NULL;

	b->gaps += gaps;
	return err;
}

/* Who ends a bio in an interrupt leaves it to a worker to make its pages dirty (bio_check_pages_dirty()): held until then. */
static struct error *done_ones(struct bio_walk *b)
{
	struct addrset seen = { 0 };
	struct bio bio;
	uint64_t va;
	bool ok = true;
	struct error *err = bios_done(&b->bios, &va);

	while (!err && ok && va && seen.nr < MAX_DONE) {
		enum addrset_result new = addrset_add(&seen, va);

		if (new != ADDRSET_NEW)
			err = new == ADDRSET_NOMEM ? &error_nomem : NULL;
		else
			err = bio_read(&b->bios, va, &bio, &ok);
		if (err || new != ADDRSET_NEW)
			break;
		b->gaps += !ok;
		if (ok)
			err = note_bio(b, &bio);
		va = ok ? bio.next : 0;
	}
	addrset_deinit(&seen);
	return err;
}

struct error *refs_bios(struct check *c, struct worker *w)
{
	struct bio_walk b = { .c = c, .w = w, .left = MAX_PAGES };
	uint64_t gaps = 0;
	struct error *err;

	if (!bios_known(&c->layout)) {
		c->refs.unknown[REF_BIO] = fact_found(&c->layout.facts, FACT_BIO);
		return NULL;
	}
	err = bios_init(&b.bios, &c->layout, w->kv);
	if (!err)
		err = objects_walk(c, w, b.bios.caches.v, (unsigned)b.bios.caches.nr, on_object, &b, &gaps);
	if (!err)
		err = on_stacks(&b);
	if (!err)
		err = done_ones(&b);
	if (!err && (gaps || b.gaps || b.bios.gaps))
		refs_cut(w, REF_BIO);
	bios_deinit(&b.bios);
	return err;
}

bool refs_bio_end(struct check *c, uint64_t va, uint64_t *ret)
{
	bool ok = false;

	error_free(kvmem_read_member(c->kv, fact(&c->layout.facts, FACT_BIO_END_IO), va, ret, &ok));
	return ok && *ret;
}
