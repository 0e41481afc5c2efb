/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report_world.h"
#include "rules/root.h"

/* The grouping of the real catalogue needs its rules; here the first finding about a page is the cause of the others. */
struct error *findings_group(struct findings *fs)
{
	for (size_t i = 0; i < fs->list.nr; i++)
		for (size_t k = 0; k < i && fs->list.v[i].cause == SIZE_MAX; k++)
			if (fs->list.v[k].subject.pfn == fs->list.v[i].subject.pfn &&
			    fs->list.v[k].subject.pfn != UINT64_MAX)
				fs->list.v[i].cause = k;
	return NULL;
}

static void zone_add(struct census *c, unsigned node, unsigned zone, const char *name, enum page_kind kind,
		     uint64_t pages)
{
	struct zone_tally *z = census_zone(c, node, zone, name);

	assert_non_null(z);
	z->pages += pages;
	z->kinds[kind] += pages;
	c->kinds[kind] += pages;
	c->pages += pages;
}

void world_init(struct world *w)
{
	static const struct report_model models[] = { { "mapcount", "per page and per folio" },
						      { "page_type", "top byte" } };
	static const struct report_counter counters[] = {
		{ "NR_SHMEM", "pages", NULL, 0, 1404, 1404, 1404, 0, "1404 shmem", "node-stat-shmem" },
		{ "NR_SLAB_UNRECLAIMABLE_B", "pages", NULL, 0, 1798, 1662, 1806, 0, "1662 slab + up to 144", "slab-nr-stat" },
		{ "NR_MLOCK", "pages", "DMA32", 1, 7, 5, 5, 0, "5 locked in memory", "node-stat-mlock" },
		{ "NR_KERNEL_STACK_KB", "KiB", NULL, -1, 2208, 2192, 2192, 64, "137 stacks", "node-stat-kernel-stack" },
	};
	static const struct report_pass passes[] = { { "memmap", 0.125 }, { "totals", 0.5 } };

	*w = (struct world){ .options = { .width = 80, .max_findings = 10 } };
	zone_add(&w->census, 0, 0, "DMA", KIND_RESERVED, 96);
	zone_add(&w->census, 0, 1, "DMA32", KIND_BUDDY, 20000);
	zone_add(&w->census, 0, 1, "DMA32", KIND_ANON, 4000);
	zone_add(&w->census, 0, 1, "DMA32", KIND_UNREADABLE, 480);
	for (size_t i = 0; i < NR_RULES; i++)
		w->ledger.rule[i].checked = 1000 + i;
	w->ledger.rule[RULE_PINCOUNT_SANE] = (struct ledger_entry){ .skipped = need_reason(NEED_PINCOUNT) };
	w->report = (struct report){
		.tool_version = "TEST",
		.dump = { "/var/crash/vmcore", "kdump", "zlib", 4404019, 24096, 480, 0, false, 31 },
		.kernel = { "6.1.0-50-amd64", "x86_64", 4096, "0123456789abcdef0123456789abcdef01234567", "dwarf",
			    "/usr/lib/debug/vmlinux", models, ARRAY_SIZE(models) },
		.census = &w->census,
		.findings = &w->fs,
		.ledger = &w->ledger,
		.counters = counters,
		.nr_counters = ARRAY_SIZE(counters),
		.passes = passes,
		.nr_passes = ARRAY_SIZE(passes),
		.seconds = 0.75,
	};
}

void world_deinit(struct world *w)
{
	findings_deinit(&w->fs);
	census_deinit(&w->census);
}

struct subject page(uint64_t pfn, const char *kind)
{
	struct subject s = subject_page(SUBJ_PAGE, pfn);

	s.head_pfn = pfn;
	s.page_kind = kind;
	s.address = UINT64_C(0xffffea0000000000) + pfn * 64;
	return s;
}

/* A free page with a reference count of found instead of 0. */
void free_page_with_refcount(struct world *w, uint64_t pfn, uint64_t found)
{
	struct subject s = page(pfn, "buddy");
	struct finding *f = finding_add(&w->fs, RULE_FREE_REFCOUNT_ZERO, &s);

	finding_expect(&w->fs, f, "_refcount", FMT_DEC, 32, found, 0);
	w->ledger.rule[RULE_FREE_REFCOUNT_ZERO].findings++;
}

void free_page_with_mapping(struct world *w, uint64_t pfn, uint64_t found)
{
	struct subject s = page(pfn, "buddy");
	struct finding *f = finding_add(&w->fs, RULE_FREE_MAPPING_NULL, &s);

	finding_expect(&w->fs, f, "mapping", FMT_PTR, 64, found, 0);
	w->ledger.rule[RULE_FREE_MAPPING_NULL].findings++;
}

void folio_with_reference_too_many(struct world *w)
{
	struct subject s = subject_page(SUBJ_FOLIO, 0x1200);
	struct finding *f;

	s.head_pfn = 0x1200;
	s.order = 9;
	s.page_kind = "anon";
	s.address = UINT64_C(0xffffea0000048000);
	f = finding_add(&w->fs, RULE_REFCOUNT_EXPLAINED, &s);
	finding_expect(&w->fs, f, "_refcount", FMT_DEC, 32, 3, 2);
	finding_words(&w->fs, f, NULL, "1 mapping + 1 swap cache");
	finding_value(&w->fs, f, "_mapcount", FMT_INT, (uint64_t)-1);
	finding_text(&w->fs, f, "flags", "uptodate|lru|swapbacked", NULL);
	finding_evidence(&w->fs, f, "arithmetic",
			 "_refcount 3, expected 2 = 1 mapping + 1 swap cache; 1 unexplained");
	w->ledger.rule[RULE_REFCOUNT_EXPLAINED].findings++;
}

void process_with_wrong_rss(struct world *w, const char *comm)
{
	struct subject s = subject_page(SUBJ_MM, UINT64_MAX);
	struct finding *f;

	s.address = UINT64_C(0xffff888003f01400);
	s.pid = 4711;
	s.comm = comm;
	f = finding_add(&w->fs, RULE_MM_RSS, &s);
	finding_expect(&w->fs, f, "rss", FMT_INT, 0, 100, 97);
	w->ledger.rule[RULE_MM_RSS].findings++;
}

void world_finish(struct world *w)
{
	assert_null(findings_finish(&w->fs));
}
