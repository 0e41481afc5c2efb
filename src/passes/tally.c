/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting, page by page, what zones and nodes count: when a struct page has just been looked at.
 *
 * collects:  zone_sums of the worker, of the zone that the page's flags name
 * relies on: kinds in the census records; mapcounts as scan_load() knows them
 */
#include "passes/tally.h"

#include "passes/scan.h"

/* The sums of the zone that \p flags name, those behind the last zone when there is none. */
static struct zone_sums *sums_of(struct scan *s, uint64_t flags)
{
	const struct zones *z = &s->check->zones;
	size_t i = s->tally_zone;

	if (i < z->list.nr && (flags & z->flags_mask) == z->list.v[i].flags_bits)
		return &s->w->sums[i];
	for (i = 0; i < z->list.nr; i++)
		if ((flags & z->flags_mask) == z->list.v[i].flags_bits)
			break;
	s->tally_zone = i;
	return &s->w->sums[i];
}

/* Only pages of files whose file system writes them back are counted as dirty (folio_account_dirtied()). */
static void tally_dirty(struct scan *s, struct zone_sums *sums, const struct page_view *v, int64_t nr)
{
	enum dirty_accounting how;
	struct error *err = mapping_dirty_accounting(s->w->mappings, v->mapping & ~UINT64_C(3), &how);

	error_free(err); /* reported by whoever walks the file */
	if (err || how == DIRTY_UNKNOWN)
		sums->v[SUM_DIRTY_UNKNOWN] += nr;
	else if (how == DIRTY_COUNTED)
		sums->v[SUM_DIRTY] += nr;
}

static void tally_lru(struct scan *s, struct zone_sums *sums, const struct page_view *v, int64_t nr)
{
	const struct flag_bits *b = &s->l->flag;
	bool anon = page_has(v, b->swapbacked); /* folio_is_file_lru() goes by nothing else */

	if (!page_has(v, b->lru)) {
		sums->v[anon ? SUM_OFF_LRU_ANON : SUM_OFF_LRU_FILE] += nr;
		return;
	}
	if (page_has(v, b->unevictable)) {
		sums->v[SUM_UNEVICTABLE] += nr;
		return;
	}
	sums->v[(anon ? SUM_INACTIVE_ANON : SUM_INACTIVE_FILE) + page_has(v, b->active)] += nr;
	if (b->lru_gen.width && flag_field_get(b->lru_gen, v->flags))
		sums->v[SUM_GENERATION] += nr;
}

/*
 * A hardware-poisoned page of shmem stays in its file, so that reading it fails (since v5.16): it is counted there, and
 * has left the LRU.
 */
static enum page_kind kind_in_cache(struct scan *s, const struct page_view *v, enum page_kind kind)
{
	struct mapping_info info = { .kind = MAPPING_BAD };
	struct error *err;

	if (kind != KIND_HWPOISON || !v->mapping || (v->mapping & 3))
		return kind;
	err = mapping_lookup(s->w->mappings, v->mapping, &info);
	error_free(err);
	return info.kind == MAPPING_SHMEM ? KIND_SHMEM : info.kind == MAPPING_FILE ? KIND_FILE : kind;
}

static bool is_unreadable(struct scan *s, const struct page_view *v)
{
	struct mapping_info info = { .kind = MAPPING_BAD };
	struct error *err = mapping_lookup(s->w->mappings, v->mapping & ~UINT64_C(3), &info);

	error_free(err);
	return info.kind == MAPPING_UNREADABLE;
}

static void tally_cache(struct scan *s, struct zone_sums *sums, const struct page_view *v, enum page_kind kind, int64_t nr)
{
	const struct flag_bits *b = &s->l->flag;
	bool huge = nr >= (int64_t)1 << s->l->pmd_order;

	if (kind == KIND_SHMEM) {
		sums->v[SUM_SHMEM] += nr;
		sums->v[SUM_SHMEM_THPS] += huge ? nr : 0;
	} else if (kind == KIND_FILE) {
		sums->v[SUM_FILE] += nr;
		sums->v[SUM_FILE_THPS] += huge ? nr : 0;
		if (page_has(v, b->dirty))
			tally_dirty(s, sums, v, nr);
		if (is_unreadable(s, v)) {
			sums->v[SUM_FILE_UNREADABLE] += nr;
			sums->v[SUM_FILE_UNREADABLE_THPS] += huge ? nr : 0;
		}
	}
	if (page_has(v, b->swapcache) && page_has(v, b->swapbacked) && kind != KIND_FILE)
		sums->v[SUM_SWAPCACHE] += nr;
}

uint64_t tally_rare_flags(const struct layout *l)
{
	return flag_mask(l->flag.writeback) | flag_mask(l->flag.mlocked) | flag_mask(l->flag.locked);
}

static void tally_rare(const struct scan *s, struct zone_sums *sums, const struct page_view *v, int64_t nr)
{
	const struct flag_bits *b = &s->l->flag;

	sums->v[SUM_WRITEBACK] += page_has(v, b->writeback) ? nr : 0;
	sums->v[SUM_MLOCK] += page_has(v, b->mlocked) ? nr : 0;
	sums->v[SUM_LOCKED] += page_has(v, b->locked) ? nr : 0;
}

void tally_folio(struct scan *s, uint32_t i, const struct page_view *v, const struct tally_mapped *m)
{
	const struct flag_bits *b = &s->l->flag;
	enum page_kind kind = (enum page_kind)s->records[i].kind;
	struct zone_sums *sums;
	int64_t nr;

	sums = sums_of(s, v->flags);
	nr = s->records[i].bits & CENSUS_HEAD ? (int64_t)1 << s->records[i].order : 1;
	sums->v[v->mapping & 1 ? SUM_ANON_MAPPED : SUM_FILE_MAPPED] += m->pages;
	if (!tally_is_user(kind)) {
		sums->v[SUM_UNTYPED] += kind == KIND_KERNEL && !m->pages ? nr : 0;
		sums->v[SUM_HUGETLB] += kind == KIND_HUGETLB ? nr : 0;
		sums->v[SUM_FROZEN] += kind == KIND_FROZEN ? nr : 0;
		sums->v[SUM_RESERVED] += page_has(v, b->reserved) && kind != KIND_RESERVED;
		return;
	}
	sums->v[SUM_ANON_THPS] += v->mapping & 1 && m->entirely ? nr : 0;
	tally_cache(s, sums, v, kind_in_cache(s, v, kind), nr);
	if (kind != KIND_HWPOISON)
		tally_lru(s, sums, v, nr);
	if (v->flags & s->tally_rare)
		tally_rare(s, sums, v, nr);
}

/* ---- slabs ------------------------------------------------------------------------------------------------------- */

enum { SLAB_SEEN_RECLAIMABLE = 1, SLAB_SEEN_UNKNOWN = 2 };

/* What of the slabs' kmem_cache matters, remembered by its address. */
static unsigned slab_class(struct scan *s, uint64_t cache)
{
	struct slab_seen *seen = &s->w->slabs[(cache >> 6 ^ cache >> 13) % SLABS_SEEN];
	int64_t bit = fact_value(&s->l->facts, FACT_SLAB_RECLAIM_ACCOUNT, SLAB_RECLAIM_BIT);
	uint64_t flags = 0;
	bool ok = false;
	struct error *err;

	if (seen->cache == cache)
		return seen->class;
	err = kvmem_read_word(s->w->kv, cache + fact(&s->l->facts, FACT_CACHE_FLAGS)->offset, 4, &flags, &ok);
	error_free(err);
	*seen = (struct slab_seen){ .cache = cache,
				    .class = err || !ok ? SLAB_SEEN_UNKNOWN : flags >> bit & 1 ? SLAB_SEEN_RECLAIMABLE : 0 };
	return seen->class;
}

static void tally_slab(struct scan *s, uint32_t i, struct zone_sums *sums, const struct page_view *v, int64_t nr)
{
	const struct answer *at = fact(&s->l->facts, FACT_PAGE_SLAB_CACHE);
	unsigned class = SLAB_SEEN_UNKNOWN;

	/* kfence's pool looks like slabs and is counted nowhere (kfence_init_pool()) */
	if (page_has(v, s->l->flag.reserved)) {
		sums->v[SUM_RESERVED] += nr;
		return;
	}
	if (at->found && fact_found(&s->l->facts, FACT_CACHE_FLAGS) && at->offset + 8 <= s->l->page_struct_size)
		class = slab_class(s, get_u64(s->l->mmu.endian, scan_page(s, i) + at->offset));
	sums->v[SUM_SLAB] += nr;
	if (class == SLAB_SEEN_RECLAIMABLE)
		sums->v[SUM_SLAB_RECLAIMABLE] += nr;
	else if (class == SLAB_SEEN_UNKNOWN)
		sums->v[SUM_SLAB_UNKNOWN] += nr;
}

void tally_typed(struct scan *s, uint32_t i)
{
	struct page_view v = scan_view(s, i);
	struct zone_sums *sums = sums_of(s, v.flags);
	int64_t nr = s->records[i].bits & CENSUS_HEAD ? (int64_t)1 << s->records[i].order : 1;

	if (s->records[i].kind == KIND_SLAB)
		tally_slab(s, i, sums, &v, nr);
	else
		sums->v[s->records[i].kind == KIND_PGTABLE ? SUM_PGTABLE : SUM_LARGE_KMALLOC] += nr;
}
