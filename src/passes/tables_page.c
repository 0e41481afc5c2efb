/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page-table page, before its entries are looked at.
 *
 * checks:    that it is one by its struct page, that one entry alone links it (or all who share it are counted), that a
 *            top-level table names its mm
 * collects:  locks that are held, tables deposited beside PMD tables
 * relies on: the census
 * exceptions: PMD tables of hugetlb areas are shared between processes (huge_pmd_share())
 */
#include <stdio.h>
#include <string.h>

#include "passes/tables.h"

enum { MAX_DEPOSITS = 4096 };

/* The struct page of the table at work. */
struct table_struct {
	unsigned char bytes[MAX_PAGE_STRUCT];
	uint64_t va;
	uint64_t pfn;
	bool readable;
};

static struct error *read_struct(struct table_cursor *t, struct table_struct *p)
{
	struct check *c = t->walk->check;
	const struct section *s;

	p->pfn = t->link->pa >> t->l->page_shift;
	s = memmap_section(&c->memmap, p->pfn);
	p->readable = false;
	if (!s)
		return NULL;
	p->va = memmap_page_va(&c->memmap, s, p->pfn);
	return kvmem_read_all(t->w->kv, p->va, p->bytes, t->l->page_struct_size, &p->readable);
}

/* The word at the fact's offset of the struct page; false: the kernel has none. */
static bool struct_word(const struct table_cursor *t, const struct table_struct *p, enum fact id, unsigned size, uint64_t *ret)
{
	const struct answer *a = fact(&t->l->facts, id);

	if (!a->found || a->offset + size > t->l->page_struct_size || !p->readable)
		return false;
	*ret = get_word(t->l->mmu.endian, p->bytes + a->offset, size);
	return true;
}

static struct finding *page_finding(struct table_cursor *t, enum rule_id rule, const struct table_struct *p)
{
	struct check *c = t->walk->check;
	struct subject subject = check_page_subject(c, rules[rule].subject, p->pfn);

	subject_space(c, t->space, &subject);
	subject.address = p->va;
	return worker_finding(t->w, rule, &subject);
}

/* ---- is it a table? ---------------------------------------------------------------------------------------------- */

#define K(kind) (UINT64_C(1) << KIND_##kind)
/* kinds whose pages hold something else for sure */
static const uint64_t other_owner = K(BUDDY) | K(PCP) | K(LLIST_FREE) | K(ANON) | K(ANON_SWAPCACHE) | K(KSM) | K(FILE) | K(SHMEM) |
				    K(SHMEM_SWAPCACHE) | K(ORPHAN_LRU) | K(HUGETLB) | K(HUGETLB_FREE) | K(SLAB) | K(LARGE_KMALLOC) |
				    K(VMEMMAP) | K(ZSMALLOC) | K(MOVABLE_OPS) | K(OFFLINE) | K(ZERO) | K(HUGE_ZERO) | K(UNACCEPTED);
#undef K

/* Whether every entry of the table could be one: then it is walked although its struct page says otherwise. */
static struct error *plausible(struct table_cursor *t, bool *ret)
{
	const struct mmu *m = &t->l->mmu;
	const unsigned char *bytes;
	enum gap_reason why;
	struct error *err = table_read(t->tw, t->w, t->link->pa, t->level, &bytes, &why);

	*ret = !err && bytes;
	for (unsigned i = 0; *ret && i < mmu_user_entries(m, t->level); i++) {
		struct user_entry e;

		m->arch->user_decode(m, t->level, mmu_entry(m, bytes, i), &e);
		if (e.kind == USER_BAD || ((e.kind == USER_LEAF || e.kind == USER_TABLE) && !(e.bits & USER_SPECIAL) &&
					   !memmap_section(&t->walk->check->memmap, e.pa >> t->l->page_shift)))
			*ret = false;
	}
	return err;
}

/*
 * Objects of slab caches: on arm64 top-level tables that are smaller than a page (pgd_alloc()), on ppc64 the upper levels
 * (PGT_CACHE()).
 */
static bool is_slab_object(const struct table_cursor *t)
{
	const struct mmu *m = &t->l->mmu;

	if (m->arch->slab_level && t->level >= m->arch->slab_level)
		return true;
	return t->level == t->space->mm->top_level && mmu_table_size(m, t->level) < (size_t)1 << m->page_shift &&
	       m->arch->own_user_root;
}

static struct error *check_typed(struct table_cursor *t, const struct table_struct *p, bool *ret_walk)
{
	const struct census_record *r = census_find(&t->walk->check->census, p->pfn);
	struct error *err = NULL;
	struct finding *f;

	if (!r || r->kind == KIND_PGTABLE || r->kind == KIND_UNREADABLE)
		return NULL;
	if (r->kind == KIND_SLAB && is_slab_object(t))
		return NULL;
	if (!(other_owner >> r->kind & 1) && !t->walk->tables->typed[t->level])
		return NULL;
	if (other_owner >> r->kind & 1)
		err = plausible(t, ret_walk);
	f = page_finding(t, RULE_PT_PAGE_TYPED, p);
	finding_value(&t->w->findings, f, "address", FMT_PTR, t->link->va);
	finding_value(&t->w->findings, f, "level", FMT_DEC, t->level);
	finding_text(&t->w->findings, f, "state", kinds[r->kind].title, "page table");
	if (!*ret_walk)
		finding_evidence(&t->w->findings, f, "neighbour", "its contents are no page table: it was not walked");
	t->odd++;
	return err;
}

/* ---- how many link it? ------------------------------------------------------------------------------------------- */

static void check_sharing(struct table_cursor *t, const struct table_struct *p)
{
	struct findings *fs = &t->w->findings;
	uint64_t users = t->link->flags >> LINK_USERS_SHIFT, count;
	const struct answer *refs = fact(&t->l->facts, FACT_PAGE_REFCOUNT);
	bool by_refs;
	struct finding *f;

	if (t->link->flags & LINK_HUGETLB && users > 1)
		__atomic_store_n(&t->space->shares_tables, true, __ATOMIC_RELAXED);
	if (!t->count)
		return;
	if (t->link->flags & LINK_BELOW_SHARED)
		return;
	if (users > 1 && !(t->link->flags & LINK_HUGETLB)) {
		f = page_finding(t, RULE_PT_PAGE_SHARED, p);
		finding_value(fs, f, "address", FMT_PTR, t->link->va);
		finding_value(fs, f, "level", FMT_DEC, t->level);
		finding_expect(fs, f, "parents", FMT_DEC, 0, users, 1);
		for (uint64_t i = 0; f && i < users && i < 4; i++)
			finding_evidence(fs, f, "neighbour", "linked by the entry at physical address %#llx for user address %#llx",
					 (unsigned long long)t->link[i].entry_pa, (unsigned long long)t->link[i].va);
		return;
	}
	/* the count of sharers stands in a word that other tables leave as it was */
	by_refs = !fact_found(&t->l->facts, FACT_PAGE_PT_SHARE_COUNT);
	if (!(t->link->flags & LINK_HUGETLB) || !p->readable || t->walk->tables->missing)
		return;
	if (by_refs)
		count = get_u32(t->l->mmu.endian, p->bytes + refs->offset);
	else if (!struct_word(t, p, FACT_PAGE_PT_SHARE_COUNT, 4, &count))
		return;
	if (count == (by_refs ? users : users - 1))
		return;
	f = page_finding(t, RULE_PT_SHARE_COUNT, p);
	finding_expect(fs, f, "pt_share_count", FMT_INT, 32, count, by_refs ? users : users - 1);
	if (by_refs)
		finding_words(fs, f, "references of the table", NULL);
	finding_value(fs, f, "users", FMT_DEC, users);
}

/* ---- whose is it? ------------------------------------------------------------------------------------------------ */

static void check_owner_mm(struct table_cursor *t, const struct table_struct *p)
{
	struct finding *f;
	uint64_t mm;

	if (t->level != t->space->mm->top_level || !t->l->mmu.arch->pgd_names_mm ||
	    !struct_word(t, p, FACT_PAGE_PT_MM, 8, &mm) || mm == t->space->mm->va)
		return;
	f = page_finding(t, RULE_PT_PGD_MM, p);
	finding_expect(&t->w->findings, f, "pt_mm", FMT_PTR, 64, mm, t->space->mm->va);
}

/* ---- what is going on? ------------------------------------------------------------------------------------------- */

/* ptlock_ptr(): the lock itself, or, where it is too big for struct page, a pointer to it. */
static struct error *lock_held(struct table_cursor *t, const struct table_struct *p, bool *ret)
{
	const struct answer *ptl = fact(&t->l->facts, FACT_PAGE_PTL);
	uint64_t va, value = 0;
	bool ok = false;
	struct error *err;

	*ret = false;
	if (!ptl->found || !p->readable)
		return NULL;
	va = p->va + ptl->offset;
	if (fact(&t->l->facts, FACT_SPINLOCK_STRUCT)->size > 8 && !struct_word(t, p, FACT_PAGE_PTL, 8, &va))
		return NULL;
	err = spinlock_value(t->l, t->w->kv, va, &value, &ok);
	*ret = !err && ok && value;
	return err;
}

/* Its lock, the tables deposited beside it and its sharers are not known. */
static struct error *struct_gap(struct table_cursor *t, const struct table_struct *p)
{
	struct excuse e = { .kind = EXCUSE_GAP, .space = t->link->space, .start = t->link->va, .table_pfn = p->pfn };

	__atomic_store_n(&t->space->struct_gap, true, __ATOMIC_RELAXED);
	if (t->level > 2)
		return NULL;
	e.end = mmu_table_end(&t->l->mmu, t->level, e.start);
	return array_push(&t->tw->excuses, e) ? NULL : &error_nomem;
}

static struct error *note_lock(struct table_cursor *t, const struct table_struct *p)
{
	struct excuse e = { .kind = EXCUSE_LOCKED, .space = t->link->space, .start = t->link->va, .table_pfn = p->pfn };
	bool held = false;
	struct error *err = NULL;

	/* upper tables are changed under mm->page_table_lock, and no mapping hangs on it */
	if (t->level > 2)
		return NULL;
	err = lock_held(t, p, &held);
	if (err || !held)
		return err;
	t->locked = true;
	e.end = mmu_table_end(&t->l->mmu, t->level, e.start);
	__atomic_fetch_add(&t->space->nr_locked, 1, __ATOMIC_RELAXED);
	return array_push(&t->tw->excuses, e) ? NULL : &error_nomem;
}

/* Whether the link before is to another table of the same page: what the struct page says was looked at there. */
static bool is_next_of_page(const struct table_cursor *t)
{
	unsigned shift = t->l->page_shift;

	return t->link != t->walk->tables->level[t->level].list.v && t->link[-1].pa >> shift == t->link->pa >> shift;
}

/* Page of the deposited table that \p at stands for. */
static struct error *deposit_pfn(struct table_cursor *t, uint64_t at, uint64_t *ret, bool *ret_ok)
{
	struct kv_gap gap;
	uint64_t pa = 0;
	struct error *err;

	if (!t->l->mmu.arch->deposit_in_table) {
		*ret_ok = memmap_pfn_of(&t->walk->check->memmap, at, ret);
		return NULL;
	}
	err = kvmem_translate(t->w->kv, at, &pa, NULL, &gap);
	*ret = pa >> t->l->page_shift;
	*ret_ok = !err && gap.kind == KV_OK && memmap_section(&t->walk->check->memmap, *ret);
	return err;
}

/*
 * pgtable_trans_huge_deposit(): struct pages, or tables, in a ring without a head, one for each large anonymous entry.
 * Tables that share a page are of one address space, and share the ring.
 */
static struct error *deposits(struct table_cursor *t, const struct table_struct *p)
{
	uint64_t first = 0, at, nr = 0, node = t->l->mmu.arch->deposit_in_table ? 0 : (uint64_t)t->l->page.lru;
	struct error *err = NULL;
	bool ok = true;

	if (t->level != 2 || is_next_of_page(t) || !struct_word(t, p, FACT_PAGE_PMD_HUGE_PTE, 8, &first) || !first)
		return NULL;
	at = first;
	do {
		uint64_t pfn, next = 0;
		bool good;

		err = deposit_pfn(t, at, &pfn, &good);
		if (err || !good)
			break;
		if (!array_push(&t->tw->deposits, pfn))
			return &error_nomem;
		nr++;
		err = kvmem_read_word(t->w->kv, at + node, 8, &next, &ok);
		at = next - node;
	} while (!err && ok && at != first && nr < MAX_DEPOSITS);
	if (!ok)
		__atomic_store_n(&t->space->struct_gap, true, __ATOMIC_RELAXED);
	__atomic_fetch_add(&t->space->table_bytes, (int64_t)(nr * mmu_table_size(&t->l->mmu, 1)), __ATOMIC_RELAXED);
	return err;
}

struct error *table_page(struct table_cursor *t, bool *ret_walk)
{
	struct table_struct p = { .va = 0 };
	struct error *err = read_struct(t, &p);

	*ret_walk = true;
	if (!err)
		err = check_typed(t, &p, ret_walk);
	if (err)
		return err;
	check_sharing(t, &p);
	check_owner_mm(t, &p);
	if (!p.readable)
		return struct_gap(t, &p);
	if (!t->count)
		return NULL;
	err = note_lock(t, &p);
	return err ? err : deposits(t, &p);
}
