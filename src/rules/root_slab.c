/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grouping, slabs.  A slab whose struct page no longer says that it is one, or of which cache, is missing in the count of its
 * cache: what is wrong with the page is the root.
 */
#include "rules/root.h"

#include <string.h>

/* How well a finding explains that a cache has not as many slabs as it counts: 0 not at all. */
static unsigned explains(const struct finding *f)
{
	const char *pass = rules[f->rule].pass;

	if (f->cause != SIZE_MAX || f->severity == SEV_NOTE || f->subject.pfn == UINT64_MAX)
		return 0;
	if (!strcmp(pass, "slab"))
		return f->rule == RULE_SLAB_CPU_SLAB || f->rule == RULE_SLAB_PARTIAL_STATE || f->rule == RULE_SLAB_CACHE_BACKPTR
			       ? 4
			       : 3;
	return !strcmp(pass, "memmap") || !strcmp(pass, "blocks")     ? 2
	       : !strcmp(pass, "freelists") || !strcmp(pass, "lists") ? 1
								      : 0;
}

static const char *text_of(const struct finding *f, const char *name)
{
	const struct field *field = finding_field(f, name);

	return field && field->found_text ? field->found_text : "";
}

/* Several slabs of a cache that are on no list: the list was lost, not each of them. */
static void join_lost(struct findings *fs)
{
	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *first = &fs->list.v[i];

		if (first->rule != RULE_SLAB_PARTIAL_STATE || first->cause != SIZE_MAX || strcmp(text_of(first, "list"), "none"))
			continue;
		for (size_t j = i + 1; j < fs->list.nr && fs->list.v[j].rule == RULE_SLAB_PARTIAL_STATE; j++) {
			struct finding *f = &fs->list.v[j];

			if (f->cause == SIZE_MAX && !strcmp(text_of(f, "list"), "none") &&
			    !strcmp(text_of(f, "cache"), text_of(first, "cache")))
				f->cause = i;
		}
	}
}

void findings_group_slabs(struct findings *fs)
{
	size_t best = SIZE_MAX;

	join_lost(fs);
	for (size_t i = 0; i < fs->list.nr; i++)
		if (explains(&fs->list.v[i]) > (best == SIZE_MAX ? 0 : explains(&fs->list.v[best])))
			best = i;
	for (size_t i = 0; best != SIZE_MAX && i < fs->list.nr; i++)
		if (fs->list.v[i].rule == RULE_SLAB_NR_SLABS && fs->list.v[i].cause == SIZE_MAX)
			fs->list.v[i].cause = best;
}
