/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One entry that maps memory, against the page it leads to and the area it lies in.
 *
 * Almost every entry is settled by the census record of its page: the kind fits the area, and the fingerprint is that of the
 * page which belongs there.  Only when it is not, struct page is read and the rules say what is wrong.
 *
 * exceptions: special and devmap entries, zero pages and memory without struct pages count nowhere; areas that are being
 *            unmapped are out of the tree before their entries are gone
 */
#include "passes/tables.h"

#include "passes/leaf.h"

/* What an entry to a page of a kind means. */
enum leaf_class {
	CLASS_NONE,   /* nothing can be said: no struct page, or not looked at */
	CLASS_ANON,
	CLASS_KSM,
	CLASS_FILE,
	CLASS_SHMEM,
	CLASS_BARE,   /* memory of the kernel or a driver that may be mapped */
	CLASS_HUGETLB,
	CLASS_ZERO,
	CLASS_FREE,
	CLASS_SLAB,
	CLASS_TABLE,
	CLASS_KERNEL, /* memory that is never mapped */
};

static const unsigned char kind_class[NR_KINDS] = {
	[KIND_BUDDY] = CLASS_FREE,
	[KIND_PCP] = CLASS_FREE,
	[KIND_LLIST_FREE] = CLASS_FREE,
	[KIND_UNACCEPTED] = CLASS_KERNEL,
	[KIND_ANON] = CLASS_ANON,
	[KIND_ANON_SWAPCACHE] = CLASS_ANON,
	[KIND_KSM] = CLASS_KSM,
	[KIND_FILE] = CLASS_FILE,
	[KIND_SHMEM] = CLASS_SHMEM,
	[KIND_SHMEM_SWAPCACHE] = CLASS_SHMEM,
	[KIND_ORPHAN_LRU] = CLASS_BARE,
	[KIND_HUGETLB] = CLASS_HUGETLB,
	[KIND_HUGETLB_FREE] = CLASS_FREE,
	[KIND_SLAB] = CLASS_SLAB,
	[KIND_LARGE_KMALLOC] = CLASS_SLAB,
	[KIND_PGTABLE] = CLASS_TABLE,
	[KIND_VMEMMAP] = CLASS_KERNEL,
	[KIND_ZSMALLOC] = CLASS_KERNEL,
	[KIND_MOVABLE_OPS] = CLASS_KERNEL,
	[KIND_OFFLINE] = CLASS_KERNEL,
	[KIND_GUARD] = CLASS_KERNEL,
	[KIND_HWPOISON] = CLASS_BARE,
	[KIND_ZERO] = CLASS_ZERO,
	[KIND_HUGE_ZERO] = CLASS_ZERO,
	[KIND_DEVICE] = CLASS_BARE,
	[KIND_RESERVED] = CLASS_BARE,
	[KIND_KERNEL] = CLASS_BARE,
	[KIND_KERNEL_INTERIOR] = CLASS_FREE,
	[KIND_FROZEN] = CLASS_FREE,
	[KIND_TAIL_ORPHAN] = CLASS_NONE,
	[KIND_UNINITIALISED] = CLASS_NONE,
	[KIND_HOLE] = CLASS_NONE,
	[KIND_UNREADABLE] = CLASS_NONE,
};

/* Anonymous by its mapping, then by PG_swapbacked: what is being migrated has no mapping any more, but that flag. */
unsigned leaf_rss_counter(const struct check *c, const struct leaf *leaf)
{
	static const enum fact ids[] = { FACT_MM_FILEPAGES, FACT_MM_ANONPAGES, FACT_MM_SHMEMPAGES };
	static const unsigned usual[] = { 0, 1, 3 };
	const struct census_run *run = &c->census.runs.v[leaf->run];
	unsigned class = kind_class[leaf->record->kind], which = 0;
	uint64_t at = leaf->pfn - run->first_pfn, head = leaf->record->back <= at ? at - leaf->record->back : at;
	bool swapbacked = run->records[head].bits & CENSUS_SWAPBACKED;

	/* of what swap backs, only anonymous memory moves to a device */
	if (class == CLASS_ANON || class == CLASS_KSM || (leaf->record->kind == KIND_DEVICE && swapbacked))
		which = 1;
	else if (class == CLASS_SHMEM || swapbacked)
		which = 2;
	return (unsigned)fact_value(&c->layout.facts, ids[which], usual[which]) % MAX_RSS_COUNTERS;
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

struct finding *leaf_finding(struct table_cursor *t, enum rule_id rule, const struct leaf *leaf)
{
	struct check *c = t->walk->check;
	bool page = rules[rule].subject == SUBJ_PAGE && leaf->record;
	struct subject subject = page ? check_page_subject(c, SUBJ_PAGE, leaf->pfn) : subject_page(SUBJ_ADDRESS, UINT64_MAX);
	struct odd_entry odd = { t->link->space, leaf->va };
	struct finding *f;
	struct error *err;

	subject_space(c, t->space, &subject);
	subject.address = subject.user_va = leaf->va;
	subject.area = leaf->vma ? leaf->vma->va : UINT64_MAX;
	if (!array_push(&t->tw->odd, odd))
		t->w->findings.failed = true;
	if (page)
		subject.address = memmap_page_va(&c->memmap, memmap_section(&c->memmap, leaf->pfn), leaf->pfn);
	f = worker_finding(t->w, rule, &subject);
	finding_value(&t->w->findings, f, "address", FMT_PTR, leaf->va);
	finding_value(&t->w->findings, f, "pte", FMT_PTR, leaf->entry);
	if (f) {
		char bits[160];

		user_bits_text(leaf->e.bits, bits, sizeof(bits));
		finding_words(&t->w->findings, f, bits[0] ? bits : NULL, NULL);
		err = area_evidence(c, t->w->kv, &t->w->findings, f, leaf->vma);
		error_free(err);
	}
	t->odd += INT64_C(1) << mmu_level_order(&t->l->mmu, t->level);
	return f;
}

static void state_finding(struct table_cursor *t, enum rule_id rule, const struct leaf *leaf)
{
	struct finding *f = leaf_finding(t, rule, leaf);

	finding_text(&t->w->findings, f, "state", kinds[leaf->record->kind].title, NULL);
}

/* ---- entries outside of areas ------------------------------------------------------------------------------------ */

/* munmap() takes areas out of the tree, frees what they map, and only then takes them off total_vm. */
static void lower_outside(struct table_cursor *t, struct finding *f)
{
	uint64_t span = ((t->outside_last - t->outside_va) >> t->l->page_shift) + 1;
	bool still_counted = t->space->mm->total_vm >= t->space->area_pages + span || t->space->areas_change;

	if (!still_counted && !t->space->writing)
		return;
	finding_lower(&t->w->findings, f, "munmap() takes areas out of the tree first: mmap_lock is held");
	if (f && still_counted)
		f->severity = SEV_NOTE;
}

void table_outside_end(struct table_cursor *t)
{
	struct finding *f;

	if (!t->outside_nr)
		return;
	f = leaf_finding(t, RULE_PTE_OUTSIDE_VMA, &t->outside);
	if (t->outside_nr > 1)
		finding_evidence(&t->w->findings, f, "neighbour", "%llu entr(y|ies) in a row, from user address %#llx on",
				 (unsigned long long)t->outside_nr, (unsigned long long)t->outside_va);
	if (t->space->moving)
		lower_outside(t, f);
	t->outside_nr = 0;
}

static void outside(struct table_cursor *t, const struct leaf *leaf)
{
	if (!t->space->has_vmas)
		return;
	if (!t->outside_nr) {
		t->outside = *leaf;
		t->outside_va = leaf->va;
	}
	t->outside_last = leaf->va;
	t->outside_nr++;
}

/* ---- the page that belongs there --------------------------------------------------------------------------------- */

static uint32_t print_at(const struct table_cursor *t, const struct leaf *leaf, uint64_t word, bool anon)
{
	uint64_t index = anon ? vma_anon_index(t->l, leaf->vma, leaf->va) : vma_file_index(t->l, leaf->vma, leaf->va);

	return census_print(word, index) & 0xffffff;
}

/* Fork gives a child's area the anon_vmas of all its ancestors: pages of any of them may be there. */
static bool anon_fits(struct table_cursor *t, const struct leaf *leaf)
{
	const struct vma *v = leaf->vma;

	if (t->anon_vma && print_at(t, leaf, t->anon_vma, true) == leaf->record->print)
		return true;
	for (uint32_t i = 0; i < v->nr_avcs; i++) {
		uint64_t word = t->space->vmas.anon_vmas.v[v->first_avc + i] | 1;

		if (print_at(t, leaf, word, true) == leaf->record->print) {
			t->anon_vma = word;
			return true;
		}
	}
	return false;
}

/* The words that the fingerprint is made of. */
static struct error *page_words(struct table_cursor *t, const struct leaf *leaf, uint64_t *mapping, uint64_t *index, bool *ok)
{
	struct check *c = t->walk->check;
	uint64_t head = census_head(leaf->record, leaf->pfn);
	struct page_view v;
	struct error *err = memmap_read_page(&c->memmap, t->w->kv, head, &v, ok);

	if (err || !*ok)
		return err;
	*mapping = v.mapping;
	*index = v.index + (leaf->pfn - head);
	return NULL;
}

static void wrong_index(struct table_cursor *t, const struct leaf *leaf, uint64_t index, uint64_t expected)
{
	struct finding *f = leaf_finding(t, RULE_PTE_INDEX_VS_VMA, leaf);

	finding_expect(&t->w->findings, f, "index", FMT_HEX, 64, index, expected);
}

/*
 * exec moves the new stack down: its area covers the old and the new place until the entries are moved, and carries the two
 * marks that never stand together otherwise (VM_STACK_INCOMPLETE_SETUP).
 */
static bool is_exec_stack(const struct table_cursor *t, const struct vma *v)
{
	return t->space->writing && (v->flags & (VM_SEQ_READ | VM_RAND_READ)) == (VM_SEQ_READ | VM_RAND_READ);
}

/* An area that is being cut or grown: its ends and its offset change one after the other. */
static bool is_changing(const struct table_cursor *t, const struct vma *v)
{
	return is_exec_stack(t, v) || (t->space->writing && (v->trouble & VMA_MISPLACED));
}

static struct error *wrong_anon(struct table_cursor *t, const struct leaf *leaf)
{
	struct findings *fs = &t->w->findings;
	uint64_t mapping, index, expected = vma_anon_index(t->l, leaf->vma, leaf->va);
	struct finding *f;
	bool ok;
	struct error *err = page_words(t, leaf, &mapping, &index, &ok);

	if (err || !ok)
		return err;
	/* page_add_anon_rmap() may still be about to set it */
	if (!vma_on_chain(&t->space->vmas, leaf->vma, mapping & ~UINT64_C(3)) &&
	    !(leaf->vma->trouble & (VMA_CHAIN_BROKEN | VMA_CHAIN_GAP))) {
		f = leaf_finding(t, RULE_PTE_MAPPING_VS_VMA, leaf);
		finding_expect(fs, f, "mapping", FMT_PTR, 64, mapping, leaf->vma->anon_vma | 1);
		finding_words(fs, f, NULL, "an anon_vma on the chain of the area");
		if (index != expected)
			finding_expect(fs, f, "index", FMT_HEX, 64, index, expected);
	} else if (index != expected && !is_changing(t, leaf->vma)) {
		wrong_index(t, leaf, index, expected);
	}
	return NULL;
}

static struct error *wrong_file(struct table_cursor *t, const struct leaf *leaf)
{
	uint64_t mapping, index, expected = vma_file_index(t->l, leaf->vma, leaf->va);
	bool ok;
	struct error *err = page_words(t, leaf, &mapping, &index, &ok);
	struct finding *f;

	if (err || !ok || !leaf->vma->mapping)
		return err;
	if (mapping != leaf->vma->mapping) {
		f = leaf_finding(t, RULE_PTE_MAPPING_VS_VMA, leaf);
		finding_expect(&t->w->findings, f, "mapping", FMT_PTR, 64, mapping, leaf->vma->mapping);
		/* drivers set the mapping of their own pages to please fb_deferred_io and the like */
		if (!(leaf->record->bits & CENSUS_LRU))
			finding_lower(&t->w->findings, f, "the page is not on the LRU: it may belong to a driver");
	} else if (index != expected && !is_changing(t, leaf->vma)) {
		wrong_index(t, leaf, index, expected);
	}
	return NULL;
}

/* ---- kinds against areas ----------------------------------------------------------------------------------------- */

static void wrong_kind(struct table_cursor *t, const struct leaf *leaf)
{
	struct finding *f = leaf_finding(t, RULE_PTE_KIND_VS_VMA, leaf);

	finding_text(&t->w->findings, f, "area", vma_kind(t->l, leaf->vma), NULL);
}

static struct error *check_anon(struct table_cursor *t, const struct leaf *leaf, bool ksm)
{
	const struct vma *v = leaf->vma;
	struct finding *f;

	if (v->flags & VM_SHARED) {
		wrong_kind(t, leaf);
	} else if (!v->anon_vma) {
		f = leaf_finding(t, RULE_ANON_PAGE_VMA_WITHOUT_ANON_VMA, leaf);
		finding_text(&t->w->findings, f, "mapping", "anonymous", NULL);
	} else if (ksm && (leaf->e.bits & USER_WRITE)) {
		leaf_finding(t, RULE_KSM_WRITABLE, leaf);
	} else if (!ksm && !anon_fits(t, leaf)) {
		return wrong_anon(t, leaf);
	}
	return NULL;
}

static struct error *check_file(struct table_cursor *t, const struct leaf *leaf)
{
	const struct vma *v = leaf->vma;

	if (!v->file) {
		wrong_kind(t, leaf);
		return NULL;
	}
	if ((leaf->e.bits & USER_WRITE) && !(v->flags & VM_SHARED))
		leaf_finding(t, RULE_PTE_WRITABLE_PRIVATE_FILE, leaf);
	/* in the swap cache the page has left its mapping, and the kernel unmapped it before */
	if (leaf->record->kind == KIND_SHMEM_SWAPCACHE || print_at(t, leaf, v->mapping, false) == leaf->record->print)
		return NULL;
	return wrong_file(t, leaf);
}

/*
 * A file without a page cache: what its area maps is what the driver's fault handler hands out, and no flag of the area need say
 * so (kvm_vcpu_fault(), arena_vm_fault(), relay_buf_fault()).
 */
static struct error *has_no_cache(struct table_cursor *t, const struct vma *v, bool *ret)
{
	const struct answer *at = fact(&t->l->facts, FACT_MAPPING_NRPAGES);
	uint64_t nr = 0;
	bool ok = false;
	struct error *err = NULL;

	if (v->file && v->mapping && at->found)
		err = kvmem_read_word(t->w->kv, v->mapping + at->offset, (unsigned)at->size, &nr, &ok);
	*ret = ok && !nr;
	return err;
}

/* A page of a driver may have the mapping of the file that maps it, and be in no cache: perf_mmap_fault() (up to v6.14). */
static struct error *check_bare(struct table_cursor *t, const struct leaf *leaf)
{
	uint64_t special = 0, legacy = 0, mapping, index;
	bool ok, driver = false;
	struct error *err;

	if (leaf->vma->flags & (VM_MIXEDMAP | VM_PFNMAP) || leaf->record->kind == KIND_HWPOISON ||
	    leaf->record->kind == KIND_DEVICE)
		return NULL;
	(void)layout_symbol(t->l, FACT_SPECIAL_MAPPING_VMOPS, &special);
	(void)layout_symbol(t->l, FACT_LEGACY_MAPPING_VMOPS, &legacy);
	if (leaf->vma->ops && (leaf->vma->ops == special || leaf->vma->ops == legacy))
		return NULL;
	err = page_words(t, leaf, &mapping, &index, &ok);
	if (!err && leaf->record->kind == KIND_KERNEL)
		err = has_no_cache(t, leaf->vma, &driver);
	if (!err && !driver && !(ok && mapping && mapping == leaf->vma->mapping))
		state_finding(t, RULE_PTE_NOMAPPING, leaf);
	return err;
}

static struct error *check_area(struct table_cursor *t, const struct leaf *leaf, enum leaf_class class)
{
	if (link_is_doubtful(t->link)) {
		t->odd += INT64_C(1) << mmu_level_order(&t->l->mmu, t->level);
		return NULL;
	}
	if (!leaf->vma) {
		outside(t, leaf);
		return NULL;
	}
	table_outside_end(t);
	if (leaf->vma->trouble & VMA_FOREIGN)
		return NULL;
	switch ((int)class) {
	case CLASS_ANON:
	case CLASS_KSM:
		return check_anon(t, leaf, class == CLASS_KSM);
	case CLASS_FILE:
	case CLASS_SHMEM:
		return check_file(t, leaf);
	case CLASS_BARE:
		return check_bare(t, leaf);
	default:
		return NULL;
	}
}

/* ---- counting ---------------------------------------------------------------------------------------------------- */

static void count_id(struct table_cursor *t, const struct leaf *leaf)
{
	struct rmap_run *run = &t->walk->check->rmap.runs.v[leaf->run];
	uint64_t head = census_head(leaf->record, leaf->pfn);

	if (run->ids.nr && head >= run->first_pfn)
		rmap_add_id(run, (uint32_t)(head - run->first_pfn), t->space->mm->mm_id, 1);
}

static void count_page(struct table_cursor *t, const struct leaf *leaf)
{
	struct rmap_run *run = &t->walk->check->rmap.runs.v[leaf->run];
	const struct census_record *r = leaf->record;
	uint64_t at = leaf->pfn - run->first_pfn;

	if (!t->count)
		return;
	if ((r->bits & (CENSUS_HEAD | CENSUS_TAIL)) && t->walk->check->no_page_mapcount && r->back <= at)
		at -= r->back;
	rmap_add(&run->pages[at], 1);
	if (r->bits & (CENSUS_HEAD | CENSUS_TAIL))
		count_id(t, leaf);
}

/* Whether the folio that a large entry leads to has that size, and starts there. */
static bool whole_fits(const struct table_cursor *t, const struct leaf *leaf)
{
	unsigned order = mmu_level_order(&t->l->mmu, t->level);

	return leaf->record->kind == KIND_DEVICE || ((leaf->record->bits & CENSUS_HEAD) && leaf->record->order == order);
}

static void count_whole(struct table_cursor *t, const struct leaf *leaf)
{
	struct rmap_run *run = &t->walk->check->rmap.runs.v[leaf->run];
	struct finding *f;

	if (!whole_fits(t, leaf)) {
		f = leaf_finding(t, RULE_PTE_TO_TAIL_WRONG_ORDER, leaf);
		finding_value(&t->w->findings, f, "order", FMT_DEC, leaf->record->order);
		return;
	}
	if (!t->count || !(leaf->record->bits & CENSUS_HEAD))
		return;
	rmap_add(&run->wholes[(leaf->pfn - run->first_pfn) >> RMAP_WHOLE_ORDER], 1);
	count_id(t, leaf);
}

/* ---- hugetlb ----------------------------------------------------------------------------------------------------- */

/* Every entry of a contiguous block maps the same huge page: the first counts. */
static void count_hugetlb(struct table_cursor *t, const struct leaf *leaf)
{
	unsigned cont = leaf->e.bits & USER_CONT ? t->l->mmu.arch->cont_entries(&t->l->mmu, t->level) : 1;
	unsigned order = mmu_level_order(&t->l->mmu, t->level), page_order = leaf->record->order;
	struct rmap_run *run = &t->walk->check->rmap.runs.v[leaf->run];
	struct finding *f;

	if (!(leaf->record->bits & CENSUS_HEAD) && cont > 1)
		return;
	while (cont > 1) {
		cont >>= 1;
		order++;
	}
	if (!(leaf->record->bits & CENSUS_HEAD) || order != page_order) {
		f = leaf_finding(t, RULE_PTE_TO_TAIL_WRONG_ORDER, leaf);
		finding_value(&t->w->findings, f, "order", FMT_DEC, page_order);
		return;
	}
	t->hugetlb += INT64_C(1) << order;
	if (t->count)
		rmap_add(&run->wholes[(leaf->pfn - run->first_pfn) >> RMAP_WHOLE_ORDER], 1);
}

/* ---- one entry --------------------------------------------------------------------------------------------------- */

void leaf_find_area(struct table_cursor *t, struct leaf *leaf)
{
	const struct vmas *vs = &t->space->vmas;
	size_t before = t->vma;

	while (t->vma < vs->list.nr && vs->list.v[t->vma].end <= leaf->va)
		t->vma++;
	if (t->vma != before)
		t->anon_vma = 0;
	leaf->vma = t->vma < vs->list.nr && vs->list.v[t->vma].start <= leaf->va ? &vs->list.v[t->vma] : NULL;
}

bool leaf_find_page(struct table_cursor *t, struct leaf *leaf, uint64_t pfn)
{
	const struct census *c = &t->walk->check->census;
	const struct census_run *run;

	leaf->pfn = pfn;
	if (t->run >= c->runs.nr || pfn - c->runs.v[t->run].first_pfn >= c->runs.v[t->run].nr)
		t->run = census_run_of(c, pfn);
	if (t->run >= c->runs.nr)
		return false;
	run = &c->runs.v[t->run];
	leaf->run = t->run;
	leaf->record = run->done ? &run->records[pfn - run->first_pfn] : NULL;
	return true;
}

static void no_page(struct table_cursor *t, const struct leaf *leaf)
{
	uint64_t raw = leaf->entry & t->l->mmu.pa_mask;
	struct finding *f;

	if (leaf->e.bits & USER_DEVMAP || (leaf->vma && leaf->vma->flags & (VM_PFNMAP | VM_MIXEDMAP | VM_IO)))
		return;
	if (leaf->e.bits & USER_PROT_NONE && raw && memmap_section(&t->walk->check->memmap, raw >> t->l->page_shift)) {
		leaf_finding(t, RULE_PTE_PROTNONE_L1TF, leaf);
		return;
	}
	f = leaf_finding(t, RULE_PTE_PFN_VALID, leaf);
	finding_value(&t->w->findings, f, "pfn", FMT_HEX, leaf->pfn);
}

/* Entries of the huge zero page need not be special; any kernel page of its size may be it when the dump does not tell. */
static bool maps_zeros(struct table_cursor *t, struct leaf *leaf)
{
	const struct special *special = &t->walk->check->special;
	uint64_t nr = UINT64_C(1) << t->l->pmd_order;

	if (special_is_zero(special, leaf->pfn))
		return true;
	if (special->huge_zero_pfn != UINT64_MAX && leaf->pfn >= special->huge_zero_pfn && leaf->pfn - special->huge_zero_pfn < nr)
		return true;
	return t->level > 1 && special->huge_zero_gap && leaf_find_page(t, leaf, leaf->pfn) && leaf->record->kind == KIND_KERNEL;
}

/* Entries that map no page of their own (vm_normal_page() returns NULL). */
static bool maps_nothing(struct table_cursor *t, struct leaf *leaf)
{
	const struct special *special = &t->walk->check->special;
	struct finding *f;

	if (!(leaf->e.bits & USER_SPECIAL))
		return maps_zeros(t, leaf);
	if (!leaf->vma || leaf->vma->flags & (VM_PFNMAP | VM_MIXEDMAP) || special_is_zero(special, leaf->pfn) ||
	    leaf->pfn == special->huge_zero_pfn || leaf->e.bits & USER_DEVMAP ||
	    !memmap_section(&t->walk->check->memmap, leaf->pfn))
		return true;
	if (t->level > 1 ? special->huge_zero_gap : special->zero_gap) {
		t->w->ledger.rule[RULE_PTE_SPECIAL_CONSISTENT].gaps++;
		return true;
	}
	f = leaf_finding(t, RULE_PTE_SPECIAL_CONSISTENT, leaf);
	finding_text(&t->w->findings, f, "area", vma_kind(t->l, leaf->vma), NULL);
	return true;
}

static enum leaf_class class_of(const struct leaf *leaf)
{
	return leaf->record ? (enum leaf_class)kind_class[leaf->record->kind] : CLASS_NONE;
}

static void check_class(struct table_cursor *t, const struct leaf *leaf, enum leaf_class class)
{
	if (class == CLASS_FREE)
		state_finding(t, RULE_PTE_TO_FREE_PAGE, leaf);
	else if (class == CLASS_SLAB)
		leaf_finding(t, RULE_PTE_TO_SLAB_PAGE, leaf);
	else if (class == CLASS_TABLE)
		leaf_finding(t, RULE_PTE_TO_PAGETABLE, leaf);
	else if (class == CLASS_KERNEL)
		state_finding(t, RULE_PTE_TO_KERNEL_PAGE, leaf);
}

static struct error *count_leaf(struct table_cursor *t, struct leaf *leaf, enum leaf_class class)
{
	uint64_t nr = UINT64_C(1) << mmu_level_order(&t->l->mmu, t->level);

	if (class == CLASS_HUGETLB) {
		count_hugetlb(t, leaf);
		return check_area(t, leaf, class);
	}
	check_class(t, leaf, class);
	t->rss[leaf_rss_counter(t->walk->check, leaf)] += (int64_t)nr;
	if (t->level > 1)
		count_whole(t, leaf);
	else if (kind_is_counted((enum page_kind)leaf->record->kind))
		count_page(t, leaf);
	return check_area(t, leaf, class);
}

struct error *table_leaf(struct table_cursor *t, struct leaf *leaf)
{
	enum leaf_class class;

	t->tw->nr_leaves++;
	if (t->space->pokes && !(leaf->e.bits & USER_USER))
		return NULL;
	leaf_find_area(t, leaf);
	leaf->pfn = leaf->e.pa >> t->l->page_shift;
	if (t->l->mmu.arch->user_bit && !(leaf->e.bits & (USER_USER | USER_PROT_NONE)))
		leaf_finding(t, RULE_PTE_USER_BIT, leaf);
	if (maps_nothing(t, leaf))
		return NULL;
	if (!leaf_find_page(t, leaf, leaf->pfn)) {
		no_page(t, leaf);
		return NULL;
	}
	class = class_of(leaf);
	if (class == CLASS_NONE) {
		t->odd += INT64_C(1) << mmu_level_order(&t->l->mmu, t->level);
		return NULL;
	}
	/* up to v6.16 device memory of file systems counts nowhere */
	if (leaf->record->kind == KIND_DEVICE && leaf->e.bits & USER_DEVMAP)
		return NULL;
	return count_leaf(t, leaf, class);
}
