/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache pass, second step: the entries of one address_space against the pages they lead to.
 *
 * checks:    each entry leads to the head of a folio that names this address_space and this slot; tags; the nodes
 * collects:  MARK_CACHED on folios that slots lead to as a whole; what nrpages and the like should be
 * exceptions: xa_lock is held: whatever is wrong may be half done; tags of locked folios
 */
#include <inttypes.h>
#include <stdio.h>

#include "passes/cache.h"
#include "passes/swap.h"

enum { TAG_DIRTY = 1 << 0, TAG_WRITEBACK = 1 << 1, MARKS_UNKNOWN = 1 << 7 };

static const char busy_text[] = "i_pages.xa_lock is held: a CPU is changing the page cache of this file";

#define K(kind) (UINT64_C(1) << KIND_##kind)
/* Memory that is in no page cache, whatever its words say. */
static const uint64_t never_cached = K(BUDDY) | K(PCP) | K(LLIST_FREE) | K(UNACCEPTED) | K(SLAB) | K(LARGE_KMALLOC) | K(PGTABLE) |
				     K(VMEMMAP) | K(ZSMALLOC) | K(OFFLINE) | K(GUARD) | K(HUGETLB_FREE) | K(HOLE) |
				     K(UNINITIALISED) | K(KERNEL_INTERIOR);
#undef K

/* One pointer entry and the page it leads to. */
struct slot {
	const struct xa_entry *e;
	uint64_t pfn;
	const struct census_record *record; /* NULL: not looked at */
	struct page_view v;
	uint64_t pages; /* of the folio */
	unsigned marks; /* of the entry, or MARKS_UNKNOWN */
};

struct error *cache_page_finding(struct cache_walk *cw, enum rule_id rule, uint64_t pfn, uint64_t index, struct finding **ret)
{
	struct subject subject = check_page_subject(cw->check, rules[rule].subject, pfn);
	struct findings *fs = &cw->w->findings;
	char text[CACHE_TEXT] = "";
	struct error *err = NULL;

	subject.mapping = cw->m.va;
	subject.index = index;
	*ret = worker_finding(cw->w, rule, &subject);
	if (!*ret)
		return NULL;
	if (cw->has_inode)
		err = inode_describe(cw->l, cw->w->kv, cw->inode.va, text, sizeof(text));
	if (!text[0])
		snprintf(text, sizeof(text), "address_space %#" PRIx64, cw->m.va);
	finding_text(fs, *ret, "file", text, NULL);
	finding_value(fs, *ret, "slot", FMT_HEX, index);
	if (cw->busy)
		finding_lower(fs, *ret, busy_text);
	return err;
}

/* ---- what an entry leads to -------------------------------------------------------------------------------------- */

static struct error *bad_entry(struct cache_walk *cw, const struct xa_entry *e, const char *problem)
{
	char target[32];
	struct finding *f;
	struct error *err = cache_inode_finding(cw->w, RULE_CACHE_ENTRY_MAPPING, cw->m.va, cw->has_inode ? cw->inode.va : 0, &f);

	if (f)
		f->subject.index = e->index;
	snprintf(target, sizeof(target), "%#" PRIx64, e->entry);
	finding_value(&cw->w->findings, f, "slot", FMT_HEX, e->index);
	finding_text(&cw->w->findings, f, "target", target, NULL);
	finding_text(&cw->w->findings, f, "problem", problem, NULL);
	finding_value(&cw->w->findings, f, "entry", FMT_PTR, e->entry);
	if (cw->busy)
		finding_lower(&cw->w->findings, f, busy_text);
	return err;
}

static struct error *free_page(struct cache_walk *cw, const struct slot *s)
{
	struct finding *f;
	struct error *err = cache_page_finding(cw, RULE_CACHE_ENTRY_FREE_PAGE, s->pfn, s->e->index, &f);

	finding_value(&cw->w->findings, f, "entry", FMT_PTR, s->e->entry);
	marks_set(&cw->check->marks, s->pfn - (s->record ? s->record->back : 0), MARK_EXCUSED);
	return err;
}

static struct error *wrong_page(struct cache_walk *cw, const struct slot *s, const char *problem)
{
	struct findings *fs = &cw->w->findings;
	struct finding *f;
	struct error *err = cache_page_finding(cw, RULE_CACHE_ENTRY_MAPPING, s->pfn, s->e->index, &f);
	char target[96];

	snprintf(target, sizeof(target), "%s page %#" PRIx64, s->record ? kinds[s->record->kind].name : "some", s->pfn);
	finding_text(fs, f, "target", target, NULL);
	finding_text(fs, f, "problem", problem, NULL);
	if (s->v.mapping != cw->m.va)
		finding_expect(fs, f, "mapping", FMT_PTR, 64, s->v.mapping, cw->m.va);
	else
		finding_expect(fs, f, "index", FMT_HEX, 64, s->v.index, s->e->index);
	finding_value(fs, f, "entry", FMT_PTR, s->e->entry);
	marks_set(&cw->check->marks, s->pfn - (s->record ? s->record->back : 0), MARK_EXCUSED);
	return err;
}

/* A large folio has one entry (each page had its own up to v5.16; huge pages of hugetlbfs had one slot up to v6.6). */
static bool one_slot_each(const struct cache_walk *cw)
{
	return !fact_found(&cw->l->facts, FACT_AOPS_DIRTY_FOLIO);
}

static bool one_slot_for_huge(const struct cache_walk *cw, const struct slot *s)
{
	return s->record && kind_is_hugetlb((enum page_kind)s->record->kind) && !cw->l->hugetlb_cache_refs_per_page;
}

static bool index_fits(const struct cache_walk *cw, const struct slot *s)
{
	uint64_t off = s->e->index - s->v.index;

	return !off || (off < s->pages && one_slot_each(cw) && !one_slot_for_huge(cw, s));
}

/* Slots lead to all of the folio. */
static void cover(struct cache_walk *cw, const struct slot *s)
{
	uint64_t needed = one_slot_for_huge(cw, s) ? 1 : s->pages;

	if (cw->run_head != s->pfn) {
		cw->run_head = s->pfn;
		cw->run_nr = 0;
	}
	cw->run_nr += s->e->nr;
	if (cw->run_nr < needed)
		return;
	marks_set(&cw->check->marks, s->pfn, MARK_CACHED);
	cw->w->ledger.rule[RULE_CACHE_SLOT_POINTS_BACK].checked++;
}

static struct error *check_extent(struct cache_walk *cw, const struct slot *s)
{
	bool hugetlb = s->record && kind_is_hugetlb((enum page_kind)s->record->kind), aligned;
	struct finding *f;
	struct error *err;

	if (one_slot_each(cw) || !s->record || s->record->kind == KIND_HWPOISON)
		return NULL;
	cw->w->ledger.rule[hugetlb ? RULE_HUGETLB_CACHE_INDEX : RULE_XA_SIBLING_VALID].checked++;
	aligned = one_slot_for_huge(cw, s) ? s->e->nr == 1 : s->e->nr == s->pages && !(s->e->index & (s->pages - 1));
	if (aligned)
		return NULL;
	err = cache_page_finding(cw, hugetlb ? RULE_HUGETLB_CACHE_INDEX : RULE_XA_SIBLING_VALID, s->pfn, s->e->index, &f);
	finding_text(&cw->w->findings, f, "problem", "the entry does not cover the folio", NULL);
	finding_expect(&cw->w->findings, f, "slots", FMT_DEC, 0, s->e->nr, one_slot_for_huge(cw, s) ? 1 : s->pages);
	marks_set(&cw->check->marks, s->pfn, MARK_EXCUSED);
	return err;
}

/* ---- tags -------------------------------------------------------------------------------------------------------- */

static struct error *tag_finding(struct cache_walk *cw, enum rule_id rule, const struct slot *s, bool flag, bool tag)
{
	struct findings *fs = &cw->w->findings;
	struct finding *f;
	struct error *err = cache_page_finding(cw, rule, s->pfn, s->e->index, &f);

	finding_text(fs, f, "flag", flag ? "set" : "clear", NULL);
	finding_text(fs, f, "tag", tag ? "set" : "clear", NULL);
	finding_value(fs, f, "flags", FMT_PTR, s->v.flags);
	if (rule == RULE_TAG_DIRTY_VS_FLAG && page_has(&s->v, cw->l->flag.locked))
		finding_lower(fs, f, "the folio is locked: who makes it dirty sets the flag first, then the tag");
	return err;
}

static struct error *check_tags(struct cache_walk *cw, const struct slot *s)
{
	bool dirty = page_has(&s->v, cw->l->flag.dirty), writeback = page_has(&s->v, cw->l->flag.writeback);
	bool tag = s->marks & TAG_WRITEBACK;
	struct error *err = NULL;

	if (s->marks & MARKS_UNKNOWN)
		return NULL;
	if (cw->sb && cw->sb->writeback) {
		cw->w->ledger.rule[RULE_TAG_DIRTY_VS_FLAG].checked++;
		if (dirty && !(s->marks & TAG_DIRTY))
			err = tag_finding(cw, RULE_TAG_DIRTY_VS_FLAG, s, true, false);
	}
	if (err || cw->m.flags & MAPPING_NO_WRITEBACK_TAGS)
		return err;
	cw->w->ledger.rule[RULE_TAG_WRITEBACK_VS_FLAG].checked++;
	return writeback != tag ? tag_finding(cw, RULE_TAG_WRITEBACK_VS_FLAG, s, writeback, tag) : NULL;
}

/* The marks of the whole xarray, and of an entry that is its only one, are in xa_flags (XA_FLAGS_MARK()). */
static unsigned marks_of_all(const struct cache_walk *cw)
{
	return cw->check->cache.mark_shift < 0 ? MARKS_UNKNOWN : cw->m.xa_flags >> cw->check->cache.mark_shift & 7;
}

static unsigned marks_of_entry(const struct cache_walk *cw, const struct xa_entry *e)
{
	return e->in_head ? marks_of_all(cw) : e->marks;
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static struct error *judge_page(struct cache_walk *cw, struct slot *s)
{
	if (s->record && never_cached >> s->record->kind & 1)
		return free_page(cw, s);
	if (page_is_tail(&s->v))
		return wrong_page(cw, s, "it is a tail, not a head");
	cw->locked_page |= page_has(&s->v, cw->l->flag.locked);
	cw->isolated_page |= page_has(&s->v, cw->l->flag.locked) && !page_has(&s->v, cw->l->flag.lru);
	if (s->v.mapping != cw->m.va)
		return wrong_page(cw, s, s->v.mapping ? "the page belongs to another mapping" : "the page has no mapping");
	if (!index_fits(cw, s))
		return wrong_page(cw, s, "the page says that it is at another index");
	cover(cw, s);
	return check_tags(cw, s);
}

/*
 * Under xa_lock a folio that is locked and has no references is being split or replaced: its slots, index and order change one
 * after the other (__folio_split(), folio_migrate_mapping()).
 */
static struct error *is_frozen(struct cache_walk *cw, const struct slot *s, bool *ret)
{
	struct page_view head = s->v;
	bool ok = true;
	struct error *err = NULL;

	*ret = false;
	if (!cw->busy)
		return NULL;
	if (s->record && s->record->back)
		err = memmap_read_page(&cw->check->memmap, cw->w->kv, census_head(s->record, s->pfn), &head, &ok);
	if (err || !ok)
		return err;
	*ret = s->record && !head.refcount && page_has(&head, cw->l->flag.locked);
	if (*ret)
		marks_set(&cw->check->marks, census_head(s->record, s->pfn), MARK_EXCUSED);
	return NULL;
}

static struct error *on_page(struct cache_walk *cw, const struct xa_entry *e)
{
	unsigned char bytes[MAX_PAGE_STRUCT];
	struct slot s = { .e = e, .pages = 1 };
	bool ok = false, frozen = false;
	struct error *err;

	cw->pages += e->nr;
	cw->w->ledger.rule[RULE_CACHE_ENTRY_MAPPING].checked++;
	cw->w->ledger.rule[RULE_CACHE_ENTRY_FREE_PAGE].checked++;
	if (!memmap_pfn_of(&cw->check->memmap, e->entry, &s.pfn))
		return bad_entry(cw, e, "the entry leads to no struct page");
	s.record = census_find(&cw->check->census, s.pfn);
	err = kvmem_read_all(cw->w->kv, e->entry, bytes, cw->l->page_struct_size, &ok);
	if (err || !ok) {
		cw->w->ledger.rule[RULE_CACHE_ENTRY_MAPPING].gaps += !err;
		return err;
	}
	s.v = page_decode(cw->l, bytes);
	s.marks = marks_of_entry(cw, e);
	if (s.record && s.record->bits & CENSUS_HEAD)
		s.pages = UINT64_C(1) << s.record->order;
	err = is_frozen(cw, &s, &frozen);
	if (err || frozen)
		return err;
	err = judge_page(cw, &s);
	if (!err && s.v.mapping == cw->m.va && !page_is_tail(&s.v))
		err = check_extent(cw, &s);
	if (!err && s.v.mapping == cw->m.va)
		err = cache_check_buffers(cw, s.pfn, e->index, &s.v, e->entry, s.pages << cw->l->page_shift);
	return err;
}

static void on_value(struct cache_walk *cw, const struct xa_entry *e)
{
	cw->values += e->nr;
	cw->value_entries++;
	/* no other place names these swap slots (radix_to_swp_entry()) */
	if (cache_is_shmem(cw))
		swap_note_shmem(cw->check, xa_to_value(e->entry), e->nr);
}

static struct error *on_entry(void *arg, const struct xa_entry *e)
{
	struct cache_walk *cw = arg;

	if (cw->has_inode && cw->inode.flags & INODE_DAX)
		return NULL;
	if (xa_is_value(e->entry)) {
		on_value(cw, e);
		return NULL;
	}
	if (xa_is_pointer(e->entry))
		return on_page(cw, e);
	/* collapse_file() fills holes with them before it stores the huge page, under the lock */
	if (xa_is_retry(e->entry) && cw->busy)
		return NULL;
	return bad_entry(cw, e, "the entry is neither a page nor a shadow");
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static enum rule_id rule_of(const struct xa_problem *p)
{
	switch ((int)p->trouble) {
	case XA_SIBLING:
		return RULE_XA_SIBLING_VALID;
	case XA_MARK:
		return RULE_TAG_PROPAGATION;
	case XA_ENTRY:
		return RULE_CACHE_ENTRY_MAPPING;
	default:
		return RULE_XA_NODE_BACKPTR;
	}
}

/*
 * Large folios of shmem go to swap whole since v6.12: shmem_replace_entry() then stores the entry as if it had one slot, and
 * counts one value, where shmem_free_swap() takes off one for each slot.
 */
static bool is_miscounted(const struct cache_walk *cw)
{
	return cache_is_shmem(cw) && !one_slot_each(cw);
}

static struct error *on_problem(void *arg, const struct xa_problem *p)
{
	struct cache_walk *cw = arg;
	struct findings *fs = &cw->w->findings;
	enum rule_id rule = rule_of(p);
	char text[96];
	struct finding *f;
	struct error *err;

	if (p->trouble == XA_NODE_GAP) {
		cw->w->ledger.rule[rule].gaps++;
		return NULL;
	}
	if (p->trouble == XA_NODE_NR_VALUES && is_miscounted(cw))
		return NULL;
	/* without its super block shmem cannot be told from others */
	if (p->trouble == XA_NODE_NR_VALUES && !cw->sb && !one_slot_each(cw)) {
		cw->w->ledger.rule[rule].gaps++;
		return NULL;
	}
	cw->item->cut |= p->cut;
	err = cache_inode_finding(cw->w, rule, cw->m.va, cw->has_inode ? cw->inode.va : 0, &f);
	if (f)
		f->subject.index = p->cut ? UINT64_MAX : p->index;
	finding_text(fs, f, "problem", xa_problem_text(p, text, sizeof(text)), NULL);
	finding_value(fs, f, "slot", FMT_HEX, p->index);
	if (rule == RULE_CACHE_ENTRY_MAPPING) {
		snprintf(text, sizeof(text), "%#" PRIx64, p->found);
		finding_text(fs, f, "target", text, NULL);
	}
	finding_value(fs, f, "node", FMT_PTR, p->node);
	finding_expect(fs, f, "value", FMT_HEX, p->trouble <= XA_NODE_PARENT ? 64 : 8, p->found, p->expected);
	if (cw->busy)
		finding_lower(fs, f, busy_text);
	if (cw->busy && (p->trouble == XA_NODE_COUNT || p->trouble == XA_NODE_NR_VALUES))
		finding_lower(fs, f, "slots are written first, then they are counted (xas_store())");
	return err;
}

static struct error *check_root_marks(struct cache_walk *cw)
{
	struct findings *fs = &cw->w->findings;
	unsigned marks, all = marks_of_all(cw);
	struct finding *f;
	bool ok;
	struct error *err;

	if (all & MARKS_UNKNOWN)
		return NULL;
	err = xa_root_marks(cw->l, cw->w->kv, cw->m.va + fact(&cw->l->facts, FACT_MAPPING_PAGES)->offset, &marks, &ok);
	if (err || !ok || marks == all)
		return err;
	err = cache_inode_finding(cw->w, RULE_TAG_PROPAGATION, cw->m.va, cw->has_inode ? cw->inode.va : 0, &f);
	finding_text(fs, f, "problem", "the marks in xa_flags are not those of the root node", NULL);
	finding_value(fs, f, "slot", FMT_HEX, 0);
	finding_value(fs, f, "node", FMT_PTR, cw->m.head - 2);
	finding_expect(fs, f, "value", FMT_HEX, 3, all, marks);
	if (cw->busy)
		finding_lower(fs, f, busy_text);
	return err;
}

struct error *cache_walk_entries(struct cache_walk *cw)
{
	struct xa_walk w = { .l = cw->l, .k = cw->w->kv, .entry = on_entry, .problem = on_problem, .arg = cw };
	struct error *err = xa_walk(&w, cw->m.va + fact(&cw->l->facts, FACT_MAPPING_PAGES)->offset);

	cw->item->gaps = w.gaps;
	cw->item->walked = true;
	cw->w->cache.totals.entries += w.entries;
	cw->w->cache.totals.nodes += w.nodes;
	cw->w->ledger.rule[RULE_XA_NODE_BACKPTR].checked += w.nodes;
	cw->w->ledger.rule[RULE_TAG_PROPAGATION].checked += w.nodes;
	return err || cw->item->cut ? err : check_root_marks(cw);
}
