/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page-table pages that no address space reaches.
 *
 * checks:    that there are none with entries of user pages
 * collects:  tables that collapse (khugepaged, MADV_COLLAPSE) or mremap() took out of the tree and still hold the entries of:
 *            those entries explain what is counted
 * relies on: every table of every address space and of the kernel having been reached; where the dump lacks tables, nothing is
 *            reported
 * exceptions: tables that wait for RCU to be freed are empty; tables of the kernel map nothing of users
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "passes/excuse.h"
#include "passes/leaf.h"
#include "passes/swap.h"

/* ---- tables of the kernel ---------------------------------------------------------------------------------------- */

struct kernel_walk {
	struct walk *walk;
	struct worker *w;
	uint64_t nr; /* tables read */
};

/* Mark the tables below the one at \p pa; each once, so that damaged ones cannot lead in circles. */
static struct error *mark_tables(struct kernel_walk *k, uint64_t pa, unsigned level, unsigned first)
{
	struct walk *walk = k->walk;
	const struct mmu *m = &walk->check->layout.mmu;
	size_t size = mmu_table_size(m, level);
	_cleanup_free_ unsigned char *copy = malloc(size);
	const unsigned char *bytes;
	enum gap_reason why;
	struct error *err = copy ? table_read(&walk->workers[0], k->w, pa, level, &bytes, &why) : &error_nomem;

	if (err || !bytes)
		return err;
	memcpy(copy, bytes, size);
	for (unsigned i = first; !err && i < mmu_entries(m, level); i++) {
		uint64_t next = 0, pfn;

		if (mmu_decode(m, level, i, mmu_entry(m, copy, i), &next) != ENTRY_TABLE)
			continue;
		pfn = next >> m->page_shift;
		if (level == m->root_level && !array_push(&walk->kernel_tables, next))
			return &error_nomem;
		if (pfn >= walk->tables->reached.nr || bitmap_test(&walk->tables->reached, pfn))
			continue;
		tables_mark(walk->tables, m, next, level - 1);
		if (level > 2)
			err = mark_tables(k, next, level - 1, 0);
	}
	return err;
}

struct error *kernel_tables(struct walk *walk)
{
	const struct mmu *m = &walk->check->layout.mmu;
	struct kernel_walk k = { .walk = walk, .w = &walk->check->workers[0] };
	unsigned user = m->arch->own_user_root ? 0 : m->arch->user_entries(m);

	tables_mark(walk->tables, m, m->root_pa, m->root_level);
	return mark_tables(&k, m->root_pa, m->root_level, user);
}

/* ---- detached tables --------------------------------------------------------------------------------------------- */

struct orphans {
	struct walk *walk;
	uint64_t gaps;    /* tables that could not be read: they may lead to any table */
	uint64_t unknown; /* tables that nobody reaches, of which it is not known what they are */
	uint64_t pa;      /* of the last of them that the dump lacks */
	enum gap_reason why;
};

/* What is in a table that nobody reaches. */
struct content {
	unsigned user;    /* entries of pages that users may have, of any address space */
	unsigned swapped; /* swap entries */
	unsigned other;
	bool anon;          /* one of them is anonymous */
	uint64_t first_pfn; /* of the first of them, or of the first that is anonymous */
	unsigned first_index;
};

static void look_at_entry(const struct check *c, unsigned i, uint64_t entry, struct content *ret)
{
	const struct mmu *m = &c->layout.mmu;
	const struct census_record *r;
	struct user_entry e;

	mmu_user_decode(m, 1, i, entry, &e);
	if (e.kind == USER_NONE) /* not zero everywhere */
		return;
	if (e.kind == USER_SWAP) {
		ret->swapped += swapent_classify(&c->swapent, e.type, e.offset) == SWAPENT_SWAP;
		return;
	}
	if (e.kind != USER_LEAF || !(e.bits & (USER_USER | USER_PROT_NONE))) {
		ret->other++;
		return;
	}
	r = e.bits & USER_SPECIAL ? NULL : census_find(&c->census, e.pa >> m->page_shift);
	if (!r || (!kind_is_swappable((enum page_kind)r->kind) && r->kind != KIND_FILE))
		return;
	/* pages of one process tell more than pages of files */
	if (!ret->user++ || (!ret->anon && kind_is_anon((enum page_kind)r->kind))) {
		ret->anon = kind_is_anon((enum page_kind)r->kind);
		ret->first_pfn = e.pa >> m->page_shift;
		ret->first_index = i;
	}
}

/* Entries of a page of tables; it may have several small ones. */
static unsigned entries_of_page(const struct mmu *m)
{
	return 1u << (m->page_shift - 3);
}

static void look_at(const struct check *c, const unsigned char *bytes, struct content *ret)
{
	const struct mmu *m = &c->layout.mmu;

	*ret = (struct content){ 0 };
	for (unsigned i = 0; i < entries_of_page(m); i++) {
		uint64_t entry = mmu_entry(m, bytes, i);

		if (entry)
			look_at_entry(c, i & (mmu_entries(m, 1) - 1), entry, ret);
	}
}

/* Where in an address space a detached table belongs. */
struct home {
	bool found, moving;
	struct excuse excuse;
};

/* Whether the address space has a table there: then it lacks none. */
static bool has_table(const struct check *c, uint32_t space, uint64_t va)
{
	const struct table_links *links = &c->tables.level[1];

	for (size_t i = 0; i < links->list.nr; i++)
		if (links->list.v[i].space == space && links->list.v[i].va == va && !link_is_doubtful(&links->list.v[i]))
			return true;
	return false;
}

/* The area that has the page at an address with index \p at in its table. */
static bool area_home(const struct check *c, uint32_t space, uint64_t mapping, uint64_t index, unsigned at, struct home *ret)
{
	const struct mmu *m = &c->layout.mmu;
	const struct vmas *vs = &c->spaces[space].vmas;
	uint64_t va;

	for (size_t i = 0; i < vs->list.nr; i++) {
		if (!vma_page_address(&c->layout, vs, &vs->list.v[i], mapping, index, &va) ||
		    (va >> m->page_shift & low_mask(m->index_bits[1])) != at ||
		    has_table(c, space, va & ~low_mask(mmu_table_shift(m, 1))))
			continue;
		ret->excuse.space = space;
		ret->excuse.start = va & ~low_mask(mmu_table_shift(m, 1));
		ret->excuse.end = ret->excuse.start + (UINT64_C(1) << mmu_table_shift(m, 1));
		return true;
	}
	return false;
}

/* Preferably an address space that is being changed: there the table is in flight. */
static void find_home(const struct check *c, uint64_t mapping, uint64_t index, unsigned at, struct home *ret)
{
	for (int moving = 1; moving >= 0 && !ret->found; moving--)
		for (uint32_t s = 0; s < c->mms.list.nr && !ret->found; s++) {
			if (c->spaces[s].writing != moving)
				continue;
			ret->found = area_home(c, s, mapping, index, at, ret);
			ret->moving = moving;
		}
}

/* Swap entries do not say whose they are: whose counter has so many too many? */
static void find_swapped_home(const struct check *c, unsigned swapped, struct home *ret)
{
	unsigned counter = (unsigned)fact_value(&c->layout.facts, FACT_MM_SWAPENTS, 2) % MAX_RSS_COUNTERS;

	for (int moving = 1; moving >= 0 && !ret->found; moving--)
		for (uint32_t s = 0; s < c->mms.list.nr && !ret->found; s++) {
			const struct space *space = &c->spaces[s];

			if (space->writing != moving || space->mm->rss[counter] - space->rss[counter] != swapped)
				continue;
			ret->found = true;
			ret->moving = moving;
			ret->excuse.space = s;
		}
}

static struct error *home_of(struct check *c, const struct content *content, struct home *ret)
{
	const struct census_record *r = census_find(&c->census, content->first_pfn);
	uint64_t head = census_head(r, content->first_pfn);
	struct page_view v;
	bool ok;
	struct error *err = memmap_read_page(&c->memmap, c->workers[0].kv, head, &v, &ok);

	if (err || !ok)
		return err;
	find_home(c, v.mapping, v.index + (content->first_pfn - head), content->first_index, ret);
	return NULL;
}

/* Count an entry as if the table were still in its place. */
static bool count_entry(struct check *c, unsigned index, uint64_t entry, const struct space *space)
{
	const struct mmu *m = &c->layout.mmu;
	const struct census_record *r;
	struct rmap_run *run;
	struct user_entry e;
	uint64_t pfn, at;

	mmu_user_decode(m, 1, index, entry, &e);
	if (e.kind == USER_SWAP && swapent_classify(&c->swapent, e.type, e.offset) == SWAPENT_SWAP)
		swap_note_entry(c, e.type, e.offset, e.bits & USER_EXCLUSIVE);
	pfn = e.pa >> m->page_shift;
	r = e.kind == USER_LEAF && !(e.bits & USER_SPECIAL) ? census_find(&c->census, pfn) : NULL;
	if (!r)
		return false;
	run = &c->rmap.runs.v[census_run_of(&c->census, pfn)];
	at = pfn - run->first_pfn;
	/* whoever detached it may have dropped the mapping already */
	if (run->pages[at] >= 0)
		return false;
	run->pages[at]++;
	if (space && r->bits & (CENSUS_HEAD | CENSUS_TAIL) && r->back <= at)
		rmap_add_id(run, (uint32_t)(at - r->back), space->mm->mm_id, 1);
	return true;
}

static void count_entries(struct check *c, const unsigned char *bytes, struct space *space)
{
	const struct mmu *m = &c->layout.mmu;
	int64_t nr = 0;

	for (unsigned i = 0; i < entries_of_page(m); i++)
		nr += count_entry(c, i, mmu_entry(m, bytes, i), space);
	if (space)
		space->detached += nr;
}

static void report(struct check *c, uint64_t pfn, const struct content *content, const struct home *home)
{
	struct subject subject = check_page_subject(c, SUBJ_PAGE, pfn);
	struct findings *fs = &c->workers[0].findings;
	struct finding *f;

	if (home->found) {
		subject_space(c, &c->spaces[home->excuse.space], &subject);
		subject.user_va = home->excuse.start;
	}
	f = worker_finding(&c->workers[0], RULE_PT_PAGE_DETACHED, &subject);
	finding_value(fs, f, "entries", FMT_DEC, content->user + content->swapped);
	finding_value(fs, f, "pages", FMT_HEX, content->first_pfn);
	if (home->found && content->user)
		finding_evidence(fs, f, "neighbour", "its pages belong to user addresses from %#llx on",
				 (unsigned long long)home->excuse.start);
	finding_evidence(fs, f, "arithmetic", "the pages that its entries lead to count them as mappings");
}

/* Whether areas may be missing that would say where the table belongs. */
static bool homes_unknown(const struct check *c)
{
	for (size_t i = 0; i < c->mms.list.nr; i++) {
		const struct vmas *vs = &c->spaces[i].vmas;

		if (c->spaces[i].writing && vs->gap)
			return true;
		for (size_t j = 0; c->spaces[i].writing && j < vs->list.nr; j++)
			if (vs->list.v[j].trouble & (VMA_CHAIN_GAP | VMA_FILE_GAP))
				return true;
	}
	return false;
}

static struct error *take_table(struct orphans *o, struct home *home, const unsigned char *bytes, const struct content *content)
{
	struct check *c = o->walk->check;
	struct space *space = home->found ? &c->spaces[home->excuse.space] : NULL;

	/* where tables are missing, an address space that has none for the page may have it after all */
	if (o->gaps || (!home->moving && homes_unknown(c))) {
		o->unknown++;
		return NULL;
	}
	if (!home->moving)
		report(c, home->excuse.table_pfn, content, home);
	if (space) {
		space->detached_tables++;
		space->detached_swapped += content->swapped;
	}
	count_entries(c, bytes, space);
	return !space || !content->user || array_push(&o->walk->tables->excuses, home->excuse) ? NULL : &error_nomem;
}

static struct error *one_table(struct orphans *o, uint64_t pfn)
{
	struct walk *walk = o->walk;
	struct check *c = walk->check;
	struct home home = { .excuse = { .kind = EXCUSE_DETACHED, .table_pfn = pfn } };
	size_t size = (size_t)1 << c->layout.page_shift;
	_cleanup_free_ unsigned char *copy = malloc(size);
	const unsigned char *bytes;
	struct content content;
	enum gap_reason why;
	struct error *err;

	err = copy ? table_page_read(&walk->workers[0], &c->workers[0], pfn, &bytes, &why) : &error_nomem;
	if (!err && !bytes) {
		o->unknown++;
		o->pa = pfn << c->layout.page_shift;
		o->why = why;
	}
	if (err || !bytes)
		return err;
	memcpy(copy, bytes, size);
	look_at(c, copy, &content);
	/* a table of the kernel, or one that is made ready */
	if (!(content.user + content.swapped) || content.other > content.user + content.swapped)
		return NULL;
	if (content.user)
		err = home_of(c, &content, &home);
	else if (!o->gaps) /* the counters of what was found tell nothing then */
		find_swapped_home(c, content.swapped, &home);
	return err ? err : take_table(o, &home, copy, &content);
}

/*
 * The dump lacks tables that nobody reaches, or what says whose they are: any page of who is moving tables, and counts more of
 * them than it has, may be mapped there.
 */
static struct error *excuse_unknown(const struct orphans *o)
{
	struct table_worker *tw = &o->walk->workers[0];
	struct check *c = o->walk->check;

	for (uint32_t i = 0; i < c->mms.list.nr; i++) {
		struct space *s = &c->spaces[i];
		struct excuse all = { .kind = EXCUSE_GAP, .space = i, .end = UINT64_MAX };
		uint64_t bytes = (uint64_t)s->table_bytes + (uint64_t)s->detached_tables * mmu_table_size(&c->layout.mmu, 1);

		if (!s->writing || (s->mm->pgtables_bytes <= bytes && !s->struct_gap))
			continue;
		s->nr_gaps++;
		if (!tw->nr_gaps++) {
			tw->gap_pa = o->pa;
			tw->gap_why = o->why;
		}
		if (!array_push(&o->walk->tables->excuses, all))
			return &error_nomem;
	}
	return NULL;
}

struct error *detached_tables(struct walk *walk)
{
	struct check *c = walk->check;
	struct orphans o = { .walk = walk, .pa = UINT64_MAX, .why = GAP_EXCLUDED };
	struct error *err = NULL;

	if (walk->tables->incomplete || walk->tables->missing)
		return NULL;
	for (unsigned i = 0; i < c->nr_workers; i++)
		o.gaps += walk->workers[i].nr_gaps;
	memset(c->workers[0].section_findings, 0, sizeof(c->workers[0].section_findings));
	for (size_t i = 0; !err && i < c->census.runs.nr; i++) {
		const struct census_run *run = &c->census.runs.v[i];

		for (uint64_t j = 0; !err && run->done && j < run->nr; j++)
			if (run->records[j].kind == KIND_PGTABLE && !bitmap_test(&walk->tables->reached, run->first_pfn + j))
				err = one_table(&o, run->first_pfn + j);
	}
	return err || !(o.unknown + c->census.kinds[KIND_UNREADABLE]) ? err : excuse_unknown(&o);
}
