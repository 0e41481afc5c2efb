/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One page's (or head's) own words against its kind: mapping, flags, reference count of memory that has one owner.
 *
 * checks:    page-cache, anonymous and kernel pages: what their flags and mapping may say; typed pages: references
 * relies on: the kind in the census record
 * exceptions: locked folios whose reference count is frozen; each rule's own
 */
#include "passes/scan.h"
#include "passes/terms.h"

#include <stdio.h>

/* KSM pages keep another object in mapping, and other rules. */
static bool is_plain_anon(enum page_kind k)
{
	return kind_is_anon(k) && k != KIND_KSM;
}

static bool is_cache(enum page_kind k)
{
	return k == KIND_FILE || k == KIND_SHMEM;
}

/* ---- the mapping word -------------------------------------------------------------------------------------------- */

/* The bit of a pointer whose flip would make it a mapped kernel address, -1: none. */
static int pointer_flipped_bit(struct scan *s, uint64_t va)
{
	const struct mmu *m = &s->l->mmu;
	int found = -1;

	for (int bit = 2; bit < 64; bit++) {
		uint64_t other = va ^ bit_u64((unsigned)bit), pa;
		struct kv_gap gap;
		struct error *err;

		if (!m->arch->kernel_va(m, other))
			continue;
		err = kvmem_translate(s->w->kv, other, &pa, NULL, &gap);
		if (err || gap.kind != KV_OK) {
			error_free(err);
			continue;
		}
		if (found >= 0) /* several: nothing can be said */
			return -1;
		found = bit;
	}
	return found;
}

static void bad_pointer(struct scan *s, uint32_t i, const struct page_view *v, const char *why)
{
	struct findings *fs = &s->w->findings;
	struct finding *f = scan_finding(s, RULE_MAPPING_CANONICAL, i);
	int bit;

	if (!f)
		return;
	f->subject.mapping = v->mapping & ~UINT64_C(3);
	finding_value(fs, f, "mapping", FMT_PTR, v->mapping);
	finding_words(fs, f, why, "the address of a kernel object");
	bit = pointer_flipped_bit(s, v->mapping & ~UINT64_C(3));
	if (bit >= 0)
		finding_bitflip(fs, f, "mapping", (unsigned)bit);
}

static struct error *check_pointer(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct mmu *m = &s->l->mmu;
	uint64_t va = v->mapping & ~UINT64_C(3), pa;
	struct kv_gap gap;
	struct error *err;

	if (!m->arch->kernel_va(m, va)) {
		bad_pointer(s, i, v, "not a kernel address");
		return NULL;
	}
	if (va & 7 && (v->mapping & 3) != 1) {
		bad_pointer(s, i, v, "not aligned");
		return NULL;
	}
	err = kvmem_translate(s->w->kv, va, &pa, NULL, &gap);
	if (!err && gap.kind == KV_UNMAPPED)
		bad_pointer(s, i, v, "not mapped");
	return err;
}

/* The cache pass looks at each address_space that pages name. */
static void note_mapping(struct worker *w, uint64_t mapping)
{
	if (mapping == w->cache.last)
		return;
	w->cache.last = mapping;
	if (addrset_add(&w->cache.named, mapping) == ADDRSET_NOMEM)
		w->findings.failed = true;
}

struct error *scan_mapping(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind *kind)
{
	struct mapping_info info;
	struct error *err;

	if (*kind != KIND_FILE)
		return NULL;
	err = mapping_lookup(s->w->mappings, v->mapping & ~UINT64_C(3), &info);
	if (!err)
		*kind = classify_mapping(&s->check->classify, v, &info);
	if (!err && (info.kind == MAPPING_FILE || info.kind == MAPPING_SHMEM))
		note_mapping(s->w, v->mapping & ~UINT64_C(3));
	if (!err && info.kind == MAPPING_BAD) {
		scan_record(s, i, *kind, s->records[i].order, s->records[i].back, s->records[i].bits);
		bad_pointer(s, i, v, "no address_space there");
	}
	return err;
}

static struct error *check_mapping_word(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind kind)
{
	struct findings *fs = &s->w->findings;
	struct finding *f;

	if ((v->mapping & 3) == 2 && !s->l->mapping_movable &&
	    (kind_is_anon(kind) || is_cache(kind) || kind == KIND_KERNEL)) {
		f = scan_finding(s, RULE_MAPPING_LOWBITS_VALID, i);
		finding_value(fs, f, "mapping", FMT_PTR, v->mapping);
		finding_words(fs, f, "low bits 10", "low bits 00, 01 or 11");
		finding_bitflip(fs, f, "mapping", 0);
		return NULL;
	}
	if ((kind == KIND_PGTABLE || kind == KIND_LARGE_KMALLOC) && v->mapping) {
		f = scan_finding(s, RULE_MAPPING_KIND_OVERLAY, i);
		finding_expect(fs, f, "mapping", FMT_PTR, 64, v->mapping, 0);
		return NULL;
	}
	/* a KSM page whose stable node is gone, and after __ClearPageMovable() a movable one, keep the bits alone */
	if (is_plain_anon(kind) || (kind == KIND_MOVABLE_OPS && v->mapping != 2) || (kind == KIND_KSM && v->mapping != 3))
		return check_pointer(s, i, v);
	return NULL;
}

/* ---- flags by kind ----------------------------------------------------------------------------------------------- */

static void flag_finding(struct scan *s, enum rule_id rule, uint32_t i, const struct page_view *v, uint64_t expected)
{
	struct findings *fs = &s->w->findings;
	struct finding *f = scan_finding(s, rule, i);
	char names[256];

	finding_expect(fs, f, "flags", FMT_PTR, 64, v->flags, expected);
	finding_words(fs, f, layout_flag_names(s->l, v->flags, names, sizeof(names)), NULL);
	if (s->l->page.mapping)
		finding_value(fs, f, "mapping", FMT_PTR, v->mapping);
	finding_value(fs, f, "private", FMT_PTR, v->private);
}

static void check_anon_flags(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct flag_bits *b = &s->l->flag;
	uint64_t backed = flag_mask(b->swapbacked);

	if (!(v->flags & backed) && page_has(v, b->swapcache))
		flag_finding(s, RULE_SWAPCACHE_FLAG_KIND, i, v, v->flags | backed);
	else if (!(v->flags & backed) && page_has(v, b->writeback))
		scan_flag_fields(s, scan_finding(s, RULE_ANON_SWAPBACKED, i), v->flags, flag_mask(b->writeback));
	if (page_has(v, b->writeback) && !page_has(v, b->swapcache))
		flag_finding(s, RULE_WRITEBACK_NEEDS_CACHE, i, v, v->flags & ~flag_mask(b->writeback));
	if (b->anon_exclusive == NO_BIT && page_has(v, b->mappedtodisk))
		flag_finding(s, RULE_MAPPEDTODISK_KIND, i, v, v->flags & ~flag_mask(b->mappedtodisk));
}

static void check_shmem_flags(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct flag_bits *b = &s->l->flag;

	if (!page_has(v, b->swapbacked))
		flag_finding(s, RULE_SHMEM_SWAPBACKED, i, v, v->flags | flag_mask(b->swapbacked));
	/* on its way out it leaves the mapping for the swap cache before the write starts (shmem_writeout()) */
	if (page_has(v, b->writeback))
		flag_finding(s, RULE_SHMEM_WRITEBACK, i, v, v->flags & ~flag_mask(b->writeback));
	if (page_has(v, b->mappedtodisk))
		flag_finding(s, RULE_MAPPEDTODISK_KIND, i, v, v->flags & ~flag_mask(b->mappedtodisk));
}

static void check_file_flags(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct flag_bits *b = &s->l->flag;

	if (page_has(v, b->dirty) && !page_has(v, b->uptodate) && !page_has(v, b->private) && !page_has(v, b->locked))
		flag_finding(s, RULE_DIRTY_NOT_UPTODATE, i, v, v->flags | flag_mask(b->uptodate));
	if (page_has(v, b->private) && !v->private)
		flag_finding(s, RULE_PRIVATE_FLAG_DATA, i, v, v->flags & ~flag_mask(b->private));
	if (page_has(v, b->writeback) && page_has(v, b->locked))
		flag_finding(s, RULE_WRITEBACK_AND_LOCKED, i, v, v->flags & ~flag_mask(b->locked));
}

/* Flags of user memory that these kinds never use, less those a kind uses for itself. */
static void check_odd_flags(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind kind)
{
	const struct flag_bits *b = &s->l->flag;
	uint64_t bad = flag_mask(b->dirty) | flag_mask(b->writeback) | flag_mask(b->swapbacked) | flag_mask(b->mlocked) |
		       flag_mask(b->reclaim) | flag_mask(b->private) | flag_mask(b->uptodate) | flag_mask(b->referenced) |
		       flag_mask(b->error) | flag_mask(b->dropbehind);

	if (kind == KIND_PGTABLE) /* Xen's pinned tables; PT_kernel */
		bad &= ~(flag_mask(b->dirty) | flag_mask(b->referenced));
	else if (kind == KIND_OFFLINE) /* movable_ops and its isolation */
		bad &= ~(flag_mask(b->uptodate) | flag_mask(b->reclaim) | flag_mask(b->private) | flag_mask(b->dirty));
	else if (kind != KIND_SLAB && kind != KIND_LARGE_KMALLOC)
		return;
	if (kind != KIND_SLAB)
		bad |= flag_mask(b->slab);
	if (v->flags & bad)
		scan_flag_fields(s, scan_finding(s, RULE_KIND_FLAGS_LEGAL, i), v->flags, v->flags & bad);
}

/* Kinds that are never on the LRU, and the flags that would say they are. */
static void check_no_lru(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind kind)
{
	const struct flag_bits *b = &s->l->flag;
	uint64_t bad = v->flags & (flag_mask(b->lru) | flag_mask(b->unevictable));
	uint64_t more = flag_mask(b->active) | flag_mask(b->swapbacked) | flag_mask(b->slab);

	if (kind == KIND_RESERVED || kind == KIND_VMEMMAP || kind == KIND_ZERO) {
		if (page_has(v, b->reserved))
			bad |= v->flags & more;
		if (bad)
			scan_flag_fields(s, scan_finding(s, RULE_RESERVED_NOT_LRU, i), v->flags, bad);
		return;
	}
	if (bad)
		scan_flag_fields(s, scan_finding(s, RULE_LRU_EXCL_KINDS, i), v->flags, bad);
	check_odd_flags(s, i, v, kind);
}

/* ---- references of memory with one owner ------------------------------------------------------------------------- */

static void refcount_finding(struct scan *s, enum rule_id rule, uint32_t i, const struct page_view *v, int32_t expected,
			     const char *words)
{
	struct findings *fs = &s->w->findings;
	struct finding *f = scan_finding(s, rule, i);

	finding_expect(fs, f, "_refcount", FMT_INT, 32, (uint64_t)(int64_t)v->refcount, (uint64_t)(int64_t)expected);
	finding_words(fs, f, NULL, words);
	/* a scanner that takes a speculative reference meets slabs where they have references at all */
	if (rule == RULE_SLAB_REFCOUNT && expected == 1 && v->refcount == 2)
		finding_lower(fs, f, "a memory scanner (compaction, GUP-fast) may hold a speculative reference");
	if (rule == RULE_OFFLINE_REFCOUNT && v->refcount == 2)
		finding_lower(fs, f, "compaction takes a reference before it marks the page as isolated");
}

/* Compaction and migration hold a reference to each movable page that they have isolated (isolate_movable_page()). */
static bool isolated(const struct scan *s, const struct page_view *v)
{
	enum fact own = FACT_PG_movable_ops_isolated, bit = fact_found(&s->l->facts, own) ? own : FACT_PG_isolated;

	return (uint64_t)fact_value(&s->l->facts, bit, 64) < 64 && (v->flags >> fact_value(&s->l->facts, bit, 0) & 1);
}

static void check_single_owner(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind kind)
{
	int32_t slab = s->check->slab_refcount;

	/* kfence_init_pool() makes slabs of memory from memblock, which has a reference */
	if (kind == KIND_SLAB && v->refcount != slab && !(v->refcount == 1 && page_has(v, s->l->flag.reserved)))
		refcount_finding(s, RULE_SLAB_REFCOUNT, i, v, slab, NULL);
	/* up to v6.0 a PMD table shared by hugetlb mappings has a reference for each user */
	if (kind == KIND_PGTABLE && (v->refcount < 1 || (v->refcount > 1 && fact_found(&s->l->facts, FACT_PAGE_PT_SHARE_COUNT))))
		refcount_finding(s, RULE_PT_PAGE_REFCOUNT, i, v, 1, NULL);
	if (kind == KIND_OFFLINE && (v->refcount < 0 || v->refcount > 1 + isolated(s, v)))
		refcount_finding(s, RULE_OFFLINE_REFCOUNT, i, v, 1, "0 or 1");
	if (kind == KIND_LARGE_KMALLOC && v->refcount != 0)
		refcount_finding(s, RULE_FROZEN_KIND_REFCOUNT, i, v, 0, NULL);
	if ((kind == KIND_RESERVED || kind == KIND_VMEMMAP || kind == KIND_ZERO) && v->refcount < 1 &&
	    page_has(v, s->l->flag.reserved))
		refcount_finding(s, RULE_RESERVED_REFCOUNT, i, v, 1, "at least 1");
}

static void check_hugetlb(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *f, uint64_t mapcount)
{
	struct findings *fs = &s->w->findings;
	unsigned order = s->records[i].order;
	struct finding *found;
	char orders[64] = "";
	size_t used = 0;

	if (f && !special_hugetlb_order(&s->check->special, order)) {
		for (unsigned k = 0; k < s->check->special.nr_hstates && used < sizeof(orders); k++)
			used += (size_t)snprintf(orders + used, sizeof(orders) - used, "%s%u", k ? " or " : "",
						 s->check->special.hstate_order[k]);
		found = scan_finding(s, RULE_HUGETLB_ORDER, i);
		finding_value(fs, found, "order", FMT_DEC, order);
		finding_words(fs, found, NULL, orders);
	}
	if (s->l->hpg_restore_reserve < 64 && (v->private >> s->l->hpg_restore_reserve & 1) && mapcount) {
		found = scan_finding(s, RULE_HUGETLB_RESTORE_RESERVE, i);
		finding_value(fs, found, "private", FMT_HEX, v->private);
		finding_value(fs, found, "mapcount", FMT_DEC, mapcount);
		/* __unmap_hugepage_range() from v6.10 on does it too early when a page is shared by fork() */
		if ((v->mapping & 3) == 1)
			finding_lower(fs, found, "a process that had reserved this anonymous page may have unmapped it, and left it to a child");
	}
}

/* HPG_freed says that the page is in the pool, and so does reference count 0. */
static void check_hugetlb_freed(struct scan *s, uint32_t i, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	bool freed;
	struct finding *f;

	if (s->l->hpg_freed >= 64)
		return;
	freed = v->private >> s->l->hpg_freed & 1;
	if (freed == (v->refcount == 0))
		return;
	f = scan_finding(s, RULE_HUGETLB_FREED_FLAG, i);
	finding_value(fs, f, "private", FMT_HEX, v->private);
	finding_words(fs, f, freed ? "HPG_freed set" : "HPG_freed clear", NULL);
	finding_value(fs, f, "_refcount", FMT_INT, (uint64_t)(int64_t)v->refcount);
	if (!freed)
		finding_lower(fs, f, "a huge page that is being taken from the pool, or made, has no reference for an instant");
}

static void check_zero_page(struct scan *s, uint32_t i, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	struct finding *f;

	if (v->mapcount == UINT32_MAX && !v->mapping)
		return;
	f = scan_finding(s, RULE_ZERO_PAGE_MAPCOUNT, i);
	finding_expect(fs, f, "_mapcount", FMT_INT, 32, (uint64_t)(int64_t)(int32_t)v->mapcount, UINT64_MAX);
	finding_expect(fs, f, "mapping", FMT_PTR, 64, v->mapping, 0);
}

/* page_pool marks its pages in the list words (since v5.14). */
static void check_page_pool(struct scan *s, uint32_t i, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	const struct mmu *m = &s->l->mmu;
	const struct answer *pp = fact(&s->l->facts, FACT_PAGE_PP), *refs = fact(&s->l->facts, FACT_PAGE_PP_REF_COUNT);
	const unsigned char *p = scan_page(s, i);
	uint64_t pool;
	int64_t count;
	struct finding *f;

	if (!s->l->pp_mask || (v->word8 & s->l->pp_mask) != s->l->pp_signature || !pp->found)
		return;
	pool = get_u64(m->endian, p + pp->offset);
	count = refs->found && refs->size == 8 && refs->offset + 8 <= s->l->page_struct_size
			? (int64_t)get_u64(m->endian, p + refs->offset)
			: 0;
	if (m->arch->kernel_va(m, pool) && count >= 0 && v->refcount >= 1)
		return;
	f = scan_finding(s, RULE_PAGE_POOL_PP_VALID, i);
	finding_value(fs, f, "pp", FMT_PTR, pool);
	finding_value(fs, f, "pp_ref_count", FMT_INT, (uint64_t)count);
	finding_value(fs, f, "_refcount", FMT_INT, (uint64_t)(int64_t)v->refcount);
}

/* ---- memory cgroup ----------------------------------------------------------------------------------------------- */

static void check_memcg(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind kind)
{
	static const uint64_t TAG_BITS = 7;
	const struct mmu *m = &s->l->mmu;
	bool lru = page_has(v, s->l->flag.lru) && (kind_is_anon(kind) || is_cache(kind));
	struct finding *f;
	uint32_t nr = s->w->section_findings[RULE_MEMCG_UNCHARGED_LRU];

	if (s->l->page.memcg < 0 || kind == KIND_SLAB || kind == KIND_DEVICE)
		return;
	if (lru && v->memcg)
		s->w->lru_charged++;
	if (lru && !v->memcg && !page_has(v, s->l->flag.locked)) {
		s->w->lru_uncharged++;
		if (nr < LRU_SUSPECTS_PER_SECTION && check_in_range(s->check, scan_pfn(s, i)) &&
		    array_push(&s->w->lru_suspects, scan_pfn(s, i)))
			s->w->section_findings[RULE_MEMCG_UNCHARGED_LRU]++;
	}
	if (!v->memcg)
		return;
	if (m->arch->kernel_va(m, v->memcg & ~TAG_BITS) && !(lru && (v->memcg & 3))) {
		lru_check_memcg(s, i, v);
		return;
	}
	f = scan_finding(s, RULE_MEMCG_POINTER_VALID, i);
	finding_value(&s->w->findings, f, "memcg_data", FMT_PTR, v->memcg);
	finding_words(&s->w->findings, f, NULL, "0, or the address of a memory cgroup object");
}

static void check_lru_links(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct flag_bits *b = &s->l->flag;
	struct finding *f;

	/* since v5.18 unevictable folios are on no list, and the words have other uses */
	if (!page_has(v, b->lru) || page_has(v, b->unevictable) ||
	    (v->word8 != s->l->list_poison1 && v->lru_prev != s->l->list_poison2))
		return;
	/* move_folios_to_lru() sets the flag between the two lists: where lists are walked, lru-flag-list knows the lock */
	if (v->word8 == s->l->list_poison1 && v->lru_prev == s->l->list_poison2 && v->refcount > 0 &&
	    check_active(s->check, RULE_LRU_FLAG_LIST))
		return;
	f = scan_finding(s, RULE_LIST_POISON_IN_USE, i);
	finding_value(&s->w->findings, f, "lru.next", FMT_PTR, v->word8);
	finding_value(&s->w->findings, f, "lru.prev", FMT_PTR, v->lru_prev);
	/* move_folios_to_lru() takes the folio off its own list, sets the flag, and only then adds it to the LRU */
	if (v->word8 == s->l->list_poison1 && v->lru_prev == s->l->list_poison2 && v->refcount > 0)
		finding_lower(&s->w->findings, f, "reclaim puts a page back: the flag is set before the page is linked");
	else if (v->refcount > 0 && check_active(s->check, RULE_LRU_LINKS))
		finding_lower(&s->w->findings, f, "list_del() and list_add() write one link after the other");
}

static void check_guard(struct scan *s, uint32_t i, const struct page_view *v)
{
	struct finding *f;
	uint64_t va, enabled = 0;
	bool ok = false;
	struct error *err;

	/* a static key: the first word counts who enabled it */
	if (layout_symbol(s->l, FACT_DEBUG_GUARDPAGE, &va)) {
		err = kvmem_read_word(s->w->kv, va, 4, &enabled, &ok);
		error_free(err);
		if (!ok || enabled)
			return;
	}
	f = scan_finding(s, RULE_GUARD_PAGES, i);
	finding_value(&s->w->findings, f, "page_type", FMT_HEX, v->mapcount);
	finding_value(&s->w->findings, f, "private", FMT_DEC, v->private);
}

/* v5.10: the mark of accounted kernel memory on a page of a process or a file. */
static void check_kmemcg(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind kind)
{
	struct finding *f;

	if (!s->l->type_bit[TYPE_KMEMCG] || layout_page_type(s->l, v->mapcount) != TYPE_KMEMCG ||
	    !(kind_is_anon(kind) || is_cache(kind) || kind == KIND_SHMEM_SWAPCACHE))
		return;
	f = scan_finding(s, RULE_TYPE_VALID, i);
	finding_value(&s->w->findings, f, "page_type", FMT_HEX, v->mapcount);
	finding_words(&s->w->findings, f, "kmemcg: the mark of kernel memory", NULL);
	if (is_power_of_2(~v->mapcount))
		finding_bitflip(&s->w->findings, f, "page_type", log2_u64((uint32_t)~v->mapcount));
}

/* ---- dispatch ---------------------------------------------------------------------------------------------------- */

static void check_kind_flags(struct scan *s, uint32_t i, const struct page_view *v, enum page_kind kind)
{
	if (is_plain_anon(kind))
		check_anon_flags(s, i, v);
	else if (kind == KIND_SHMEM)
		check_shmem_flags(s, i, v);
	else if (kind == KIND_FILE)
		check_file_flags(s, i, v);
	else if (kind == KIND_GUARD)
		check_guard(s, i, v);
	else if (kind == KIND_ZERO || kind == KIND_HUGE_ZERO)
		check_zero_page(s, i, v);
	if (!kind_is_anon(kind) && !is_cache(kind) && kind != KIND_ORPHAN_LRU && kind != KIND_SHMEM_SWAPCACHE &&
	    kind != KIND_DEVICE && kind != KIND_HWPOISON)
		check_no_lru(s, i, v, kind);
	else
		check_lru_links(s, i, v);
}

struct error *check_owner(struct scan *s, uint32_t i, const struct page_view *v, const struct folio_view *f, uint64_t mapcount)
{
	enum page_kind kind = (enum page_kind)s->records[i].kind;
	struct error *err = check_mapping_word(s, i, v, kind);

	if (err)
		return err;
	check_kind_flags(s, i, v, kind);
	check_kmemcg(s, i, v, kind);
	check_single_owner(s, i, v, kind);
	if (kind_is_hugetlb(kind)) {
		check_hugetlb(s, i, v, f, mapcount);
		check_hugetlb_freed(s, i, v);
	}
	if (kind == KIND_KERNEL)
		check_page_pool(s, i, v);
	if (f && kind != KIND_DEVICE && page_has(v, s->l->flag.reserved))
		flag_finding(s, RULE_RESERVED_NOT_COMPOUND, i, v, v->flags & ~flag_mask(s->l->flag.reserved));
	check_memcg(s, i, v, kind);
	return NULL;
}

struct error *scan_small(struct scan *s, uint32_t i, const struct page_view *v)
{
	enum page_kind kind = classify_page(&s->check->classify, v, NULL, scan_pfn(s, i));
	uint64_t mapcount;
	struct error *err;

	scan_record(s, i, kind, 0, 0, 0);
	err = scan_mapping(s, i, v, &kind);
	if (err)
		return err;
	s->records[i].kind = (uint8_t)kind;
	s->records[i].bits |= page_has(v, s->l->flag.lru) ? CENSUS_LRU : 0;
	scan_common(s, i, v);
	mapcount = terms_small_mapcount(kind, v);
	check_references(s, i, v, NULL, mapcount);
	scan_extra(s, i, v, NULL, mapcount);
	return check_owner(s, i, v, NULL, mapcount);
}
