/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel memory that the dump filter left out.
 *
 * checks:    slab, page tables, large kmalloc and the memmap itself are in the dump
 * collects:  runs of such pages; a few are findings of their own, many of a kind are one finding with examples
 * exceptions: none; makedumpfile drops pages by what their struct page says, so a missing one was misread: because the
 *            filter does not know this kernel, or because the struct page was damaged when the dump was taken
 */
#include "passes/scan.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"

enum { SINGLE_FINDINGS = 4, EXAMPLES = 8 };

static const struct {
	enum page_kind kind;
	const char *name;
} needed[] = {
	{ KIND_SLAB, "slab" },
	{ KIND_LARGE_KMALLOC, "large kmalloc" },
	{ KIND_PGTABLE, "page table" },
	{ KIND_VMEMMAP, "memmap" },
};

static bool is_needed(unsigned kind)
{
	return kind == KIND_SLAB || kind == KIND_LARGE_KMALLOC || kind == KIND_PGTABLE || kind == KIND_VMEMMAP;
}

void scan_filtered(struct scan *s)
{
	if (!dump_info(s->check->dump)->pages_excluded || !check_active(s->check, RULE_FILTERED_KERNEL_PAGE))
		return;
	for (uint32_t i = 0; i < s->nr; i++) {
		struct page_run run = { .pfn = scan_pfn(s, i), .nr = 1 };

		if (is_needed(s->records[i].kind) && dump_page_gap(s->check->dump, run.pfn) == GAP_EXCLUDED &&
		    check_in_range(s->check, run.pfn) && !array_push(&s->w->filtered.list, run))
			s->w->findings.failed = true;
	}
}

static struct finding *filtered_finding(struct check *c, uint64_t pfn, const char *name)
{
	struct subject subject = check_page_subject(c, SUBJ_PAGE, pfn);
	struct finding *f = finding_add(&c->findings, RULE_FILTERED_KERNEL_PAGE, &subject);
	finding_text(&c->findings, f, "needed_for", name, NULL);
	return f;
}

/* Many pages of one kind: the first one stands for all. */
static void filtered_summary(struct check *c, const uint64_t *pfns, size_t nr, const char *name)
{
	struct finding *f = filtered_finding(c, pfns[0], name);
	_cleanup_(strbuf_deinit) struct strbuf examples = { 0 };

	for (size_t i = 0; i < nr && i < EXAMPLES; i++)
		strbuf_printf(&examples, "%s%#" PRIx64, i ? ", " : "", pfns[i]);
	finding_evidence(&c->findings, f, "neighbour", "%zu page(s) of this kind (is|are) missing, among them pfn %s", nr,
			 examples.s ? examples.s : "?");
	finding_evidence(&c->findings, f, "cause",
			 "so many of a kind: the filter does not know this kernel's struct page; take the next dump with a newer "
			 "makedumpfile or a lower dump level");
}

static void filtered_kind(struct check *c, const struct page_run *all, size_t nr, uint64_t *pfns, unsigned k)
{
	size_t found = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct census_record *r = census_find(&c->census, all[i].pfn);

		if (r && r->kind == needed[k].kind)
			pfns[found++] = all[i].pfn;
	}
	c->ledger.rule[RULE_FILTERED_KERNEL_PAGE].findings += found;
	if (found > SINGLE_FINDINGS)
		filtered_summary(c, pfns, found, needed[k].name);
	for (size_t i = 0; found <= SINGLE_FINDINGS && i < found; i++)
		filtered_finding(c, pfns[i], needed[k].name);
}

static const struct page_runs *filtered_of(const struct worker *w)
{
	return &w->filtered;
}

struct error *filtered_finish(struct check *c)
{
	_cleanup_free_ struct page_run *all = NULL;
	size_t nr = check_gather_runs(c, filtered_of, &all);
	_cleanup_free_ uint64_t *pfns = calloc(nr + 1, sizeof(*pfns));

	for (unsigned k = 0; pfns && k < ARRAY_SIZE(needed); k++)
		filtered_kind(c, all, nr, pfns, k);
	return c->findings.failed || !pfns ? &error_nomem : NULL;
}
