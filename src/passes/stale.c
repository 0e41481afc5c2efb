/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free pages with a private word of their last owner.
 *
 * free_pages_prepare() clears the word since v7.0 and in some stable releases of older kernels, which cannot be told from
 * the others.  Those leave what zsmalloc, SLUB and others had there: worth a note, and many of them one note.
 */
#include "passes/scan.h"

#include <inttypes.h>

#include "base/strbuf.h"

enum { SINGLE_NOTES = 4, EXAMPLES = 8 };

static const char leaves[] = "a kernel without the fix of v7.0 leaves the last owner's value in freed pages";

bool scan_stale_private(struct scan *s, uint32_t i, uint64_t private)
{
	struct page_run run = { .pfn = scan_pfn(s, i), .nr = 1, .word = private };

	if (s->l->compound == COMPOUND_MASK) /* younger than the fix */
		return false;
	if (check_active(s->check, RULE_FREE_PRIVATE_ZERO) && check_in_range(s->check, run.pfn) &&
	    !array_push(&s->w->stale_private.list, run))
		s->w->findings.failed = true;
	return true;
}

static const struct page_runs *stale_of(const struct worker *w)
{
	return &w->stale_private;
}

static struct finding *stale_note(struct check *c, const struct page_run *r)
{
	struct subject subject = check_page_subject(c, SUBJ_PAGE, r->pfn);
	struct finding *f = finding_add(&c->findings, RULE_FREE_PRIVATE_ZERO, &subject);

	finding_expect(&c->findings, f, "private", FMT_PTR, 64, r->word, 0);
	if (f)
		f->severity = SEV_WARNING; /* no error on such a kernel */
	finding_lower(&c->findings, f, leaves);
	return f;
}

struct error *stale_finish(struct check *c)
{
	_cleanup_free_ struct page_run *all = NULL;
	_cleanup_(strbuf_deinit) struct strbuf examples = { 0 };
	size_t nr = check_gather_runs(c, stale_of, &all);
	struct finding *f = NULL;

	c->ledger.rule[RULE_FREE_PRIVATE_ZERO].findings += nr;
	for (size_t i = 0; i < nr && (i < 1 || nr <= SINGLE_NOTES); i++)
		f = stale_note(c, &all[i]);
	for (size_t i = 0; i < nr && i < EXAMPLES; i++)
		strbuf_printf(&examples, "%s%#" PRIx64, i ? ", " : "", all[i].pfn);
	if (nr > SINGLE_NOTES)
		finding_evidence(&c->findings, f, "neighbour", "%zu free page(s) (has|have) such a word, among them pfn %s", nr,
				 examples.s ? examples.s : "?");
	return c->findings.failed ? &error_nomem : NULL;
}
