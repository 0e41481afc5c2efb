/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pagefsck reads of tasks, address spaces, areas and page-table entries, for
 * tests/dumps/mappings.py.
 *
 *   mappings DUMP VMLINUX
 *
 * Runs the whole check, then reads every table that it listed again.  Prints tables, each line
 * starts with the name of its table; a line "#NAME" before the first has the names of the
 * columns.  Columns are separated by a tab.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "passes/tables.h"
#include "tool.h"

static const char *const counters[] = {"file", "anon", "swap", "shmem"};

/* Index of each of counters[] in rss arrays of this kernel. */
static unsigned counter_index(const struct check *c, unsigned i)
{
	static const enum fact ids[] = {FACT_MM_FILEPAGES, FACT_MM_ANONPAGES, FACT_MM_SWAPENTS,
					FACT_MM_SHMEMPAGES};

	return (unsigned)fact_value(&c->layout.facts, ids[i], i) % MAX_RSS_COUNTERS;
}

/* ---- tasks and address spaces --------------------------------------------------------------------------------------- */

static void print_tasks(const struct check *c)
{
	puts("#task\tva\tpid\ttgid\tmm\tflags\tcomm");
	for (size_t i = 0; i < c->tasks.list.nr; i++) {
		const struct task *t = &c->tasks.list.v[i];

		printf("task\t%" PRIx64 "\t%d\t%d\t%" PRIx64 "\t%x\t%s\n", t->va, t->pid,
		       t->tgid, t->mm, t->flags, t->comm);
	}
}

/* What CPUs and tasks keep to themselves of a counter: what the kernel itself leaves out when
 * it is in a hurry. */
static struct error *rss_cached(struct check *c, const struct mm *mm, unsigned counter,
				int64_t *ret)
{
	struct error *err = NULL;
	unsigned char bytes[4];
	bool ok;

	*ret = 0;
	for (size_t i = 0; i < c->tasks.list.nr; i++)
		*ret += c->tasks.list.v[i].mm == mm->va ? c->tasks.list.v[i].rss[counter] : 0;
	for (size_t i = 0; !err && mm->rss_percpu[counter] && i < c->percpu.cpus.nr; i++) {
		err = kvmem_read_all(c->kv,
				     mm->rss_percpu[counter] + c->percpu.cpus.v[i].offset,
				     bytes, 4, &ok);
		*ret += !err && ok ? (int32_t)get_le32(bytes) : 0;
	}
	return err;
}

static struct error *print_space(struct check *c, const struct space *s)
{
	const struct mm *mm = s->mm;
	int64_t cached;

	printf("mm\t%" PRIx64 "\t%d\t%u\t%d", mm->va, mm->users, s->user_tasks, mm->map_count);
	printf("\t%" PRIu64 "\t%" PRIu64, mm->total_vm, mm->locked_vm);
	printf("\t%" PRIu64 "\t%" PRId64, mm->pgtables_bytes, s->table_bytes);
	printf("\t%" PRIu64 "\t%" PRId64, mm->hugetlb_usage, s->hugetlb);
	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++) {
		unsigned counter = counter_index(c, i);
		struct error *err = rss_cached(c, mm, counter, &cached);

		if (err)
			return err;
		printf("\t%" PRId64 "\t%" PRId64 "\t%" PRId64, mm->rss[counter],
		       s->rss[counter], mm->rss[counter] - cached);
	}
	printf("\t%d\t%u\t%u\n", mm->lock.write_held, mm->lock.readers, s->nr_locked);
	return NULL;
}

static struct error *print_spaces(struct check *c)
{
	struct error *err = NULL;

	printf("#mm\tva\tusers\ttasks\tmap_count\ttotal_vm\tlocked_vm\ttables\ttables_"
	       "found\thugetlb\thugetlb_found");
	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++)
		printf("\t%s\t%s_found\t%s_central", counters[i], counters[i], counters[i]);
	puts("\twrite_held\treaders\tlocked");
	for (size_t i = 0; !err && i < c->mms.list.nr; i++)
		err = print_space(c, &c->spaces[i]);
	return err;
}

/* ---- areas --------------------------------------------------------------------------------------------------------- */

static struct error *print_areas(struct check *c, const struct space *s)
{
	struct error *err = NULL;
	char path[4096];

	for (size_t i = 0; !err && i < s->vmas.list.nr; i++) {
		const struct vma *v = &s->vmas.list.v[i];

		path[0] = '\0';
		if (v->file)
			err = file_path(&c->layout, c->kv, v->file, path, sizeof(path));
		printf("vma\t%" PRIx64 "\t%" PRIx64 "\t%" PRIx64 "\t%" PRIx64 "\t%" PRIx64
		       "\t%s\t%s\n",
		       s->mm->va, v->start, v->end, v->flags, v->pgoff, vma_kind(&c->layout, v),
		       path);
	}
	return err;
}

static struct error *print_all_areas(struct check *c)
{
	struct error *err = NULL;

	puts("#vma\tmm\tstart\tend\tflags\tpgoff\tkind\tpath");
	for (size_t i = 0; !err && i < c->mms.list.nr; i++)
		err = print_areas(c, &c->spaces[i]);
	return err;
}

/* ---- entries ------------------------------------------------------------------------------------------------------- */

/* "anon", "file": what the mapping word of the folio says; "none": no struct page. */
static struct error *mapping_of(struct check *c, uint64_t pfn, const char **ret)
{
	const struct census_record *r = census_find(&c->census, pfn);
	unsigned char bytes[256];
	struct error *err;
	bool ok = false;

	*ret = "none";
	if (!r || c->layout.page_struct_size > sizeof(bytes))
		return NULL;
	err = memmap_read_pages(&c->memmap, c->kv, census_head(r, pfn), 1, bytes, &ok);
	if (!err && ok)
		*ret = page_decode(&c->layout, bytes).mapping & 1 ? "anon" : "file";
	return err;
}

/* The pfn, or type and offset, of an entry; and what it stands for. */
static struct error *entry_target(struct check *c, const struct user_entry *e)
{
	enum swapent_class class = swapent_classify(&c->swapent, e->type, e->offset);
	uint64_t pfn = e->kind == USER_LEAF ? e->pa >> c->layout.page_shift
					    : e->offset & c->swapent.pfn_mask;
	const char *mapping = "none";
	struct error *err = NULL;

	if (e->kind == USER_LEAF || (e->kind == USER_SWAP && swapent_has_pfn(class)))
		err = mapping_of(c, pfn, &mapping);
	if (e->kind == USER_LEAF)
		printf("\tleaf\t0\t%" PRIu64 "\t%s", pfn, mapping);
	else
		printf("\t%s\t%u\t%" PRIu64 "\t%s",
		       e->kind == USER_SWAP ? swapent_name(class) : "bad", e->type,
		       e->kind == USER_SWAP && swapent_has_pfn(class) ? pfn : e->offset,
		       mapping);
	return err;
}

static struct error *print_entry(struct check *c, const struct table_link *link, unsigned level,
				 unsigned i, uint64_t entry)
{
	const struct mmu *m = &c->layout.mmu;
	struct user_entry e;
	struct error *err;
	char bits[160];

	mmu_user_decode(m, level, i, entry, &e);
	if (e.kind == USER_NONE || e.kind == USER_TABLE)
		return NULL;
	printf("entry\t%" PRIx64 "\t%" PRIx64 "\t%u\t%d", c->spaces[link->space].mm->va,
	       link->va + ((uint64_t)i << mmu_level_shift(m, level)), level,
	       !(link->flags & LINK_AGAIN));
	err = entry_target(c, &e);
	printf("\t%s\n", user_bits_text(e.bits, bits, sizeof(bits)));
	return err;
}

static struct error *print_table(struct check *c, struct table_worker *tw,
				 const struct table_link *link, unsigned level)
{
	const struct mmu *m = &c->layout.mmu;
	unsigned nr = mmu_user_entries(m, level);
	const unsigned char *bytes;
	enum gap_reason why;
	struct error *err = table_read(tw, &c->workers[0], link->pa, level, &bytes, &why);

	if (!err && !bytes)
		printf("gap\t%" PRIx64 "\n", link->pa);
	for (unsigned i = 0; !err && bytes && i < nr; i++) {
		uint64_t entry = mmu_entry(m, bytes, i);

		if (entry)
			err = print_entry(c, link, level, i, entry);
	}
	return err;
}

/* "first": the table is linked here first, so its entries count as mappings. */
static struct error *print_entries(struct check *c)
{
	struct table_worker tw = {.table = malloc(mmu_largest_table(&c->layout.mmu))};
	struct error *err = tw.table ? NULL : &error_nomem;

	puts("#entry\tmm\taddress\tlevel\tfirst\tkind\ttype\tvalue\tmapping\tbits\n#gap\tpa");
	for (unsigned level = c->layout.mmu.levels; !err && level; level--)
		for (size_t i = 0; !err && i < c->tables.level[level].list.nr; i++)
			err = print_table(c, &tw, &c->tables.level[level].list.v[i], level);
	free(tw.table);
	return err;
}

/* ---- sums ---------------------------------------------------------------------------------------------------------- */

static void print_run(const struct check *c, size_t i, uint64_t *reached)
{
	const struct rmap_run *r = &c->rmap.runs.v[i];
	const struct census_record *records = c->census.runs.v[i].records;

	for (uint64_t p = 0; p < r->nr; p++) {
		uint64_t pfn = r->first_pfn + p;

		if (r->pages[p] ||
		    (!(p & low_mask(RMAP_WHOLE_ORDER)) && r->wholes[p >> RMAP_WHOLE_ORDER]))
			printf("left\t%" PRIu64 "\t%d\t%d\n", pfn, r->pages[p],
			       r->wholes[p >> RMAP_WHOLE_ORDER]);
		*reached +=
			records[p].kind == KIND_PGTABLE && bitmap_test(&c->tables.reached, pfn);
	}
}

/* What remains of mapcounts after every mapping was taken off: nothing, in a healthy dump. */
static void print_rest(const struct check *c)
{
	uint64_t reached = 0;

	puts("#left\tpfn\tpages\twholes\n#total\tname\tvalue");
	for (size_t i = 0; i < c->rmap.runs.nr; i++)
		print_run(c, i, &reached);
	printf("total\ttyped tables that are reached\t%" PRIu64 "\n", reached);
	printf("total\tzero pfn\t%" PRIu64 "\n", c->special.zero_pfn);
	printf("total\thuge zero pfn\t%" PRIu64 "\n", c->special.huge_zero_pfn);
	printf("total\tno per-page mapcounts\t%d\n", c->no_page_mapcount);
}

static struct error *print_all(struct check *c)
{
	struct error *err;

	print_tasks(c);
	err = print_spaces(c);
	if (!err)
		err = print_all_areas(c);
	if (!err)
		err = print_entries(c);
	if (!err)
		print_rest(c);
	return err;
}

int main(int argc, char **argv)
{
	struct check_options o = { .workers = 1, .walk_always = true, .end_pfn = UINT64_MAX };

	return tool_main(argc, argv, o, print_all);
}
