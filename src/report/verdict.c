/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict and the extent of what was verified, in one line each. */
#include "report/judgement.h"

#include "base/strbuf.h"
#include "report/style.h"

static void add_count(struct strbuf *b, uint64_t n, const char *noun)
{
	char buf[COUNT_TEXT_SIZE];

	strbuf_printf(b, "%s %s(s)", count_text(buf, n), noun);
}

/* "3 errors, 1 warning, 2 notes", without those that are zero. */
static void add_severities(struct strbuf *b, const struct report_totals *t)
{
	const char *separator = "";

	for (unsigned i = NR_SEVERITIES; i-- > 0;) {
		if (!t->severity[i])
			continue;
		strbuf_puts(b, separator);
		add_count(b, t->severity[i], severity_name((enum severity)i));
		separator = ", ";
	}
}

/* "28 places (539 pages)" when folios of several pages are among them: "rest of memory" counts pages. */
static void add_pages(struct strbuf *b, const struct report_totals *t)
{
	add_count(b, t->pages, t->touched > t->pages ? "place" : "page");
	if (t->touched <= t->pages)
		return;
	strbuf_puts(b, " (");
	add_count(b, t->touched, "page");
	strbuf_puts(b, ")");
}

static void add_places(struct strbuf *b, const struct report_totals *t)
{
	strbuf_puts(b, t->dropped ? " in at least " : " in ");
	if (t->pages)
		add_pages(b, t);
	if (t->objects) {
		strbuf_puts(b, t->pages ? " and " : "");
		add_count(b, t->objects, t->pages ? "other object" : "object");
	}
}

/* "72 rules over 24 576 pages (11 rules skipped, 0 gaps)" */
static void add_extent(struct strbuf *b, const struct report *r, const struct report_totals *t)
{
	add_count(b, t->rules_checked, "rule");
	strbuf_puts(b, " over ");
	add_count(b, r->census->pages, "page");
	strbuf_puts(b, " (");
	add_count(b, t->rules_skipped, "rule");
	strbuf_puts(b, " skipped, ");
	add_count(b, t->gaps, "gap");
	strbuf_puts(b, ")");
}

char *verdict_text(const struct report *r, const struct report_totals *t)
{
	struct strbuf b = { 0 };

	if (t->findings) {
		add_severities(&b, t);
		if (t->pages || t->objects)
			add_places(&b, t);
	} else if (!t->checks) {
		strbuf_puts(&b, "nothing was checked: ");
		add_extent(&b, r, t);
	} else {
		strbuf_puts(&b, "no contradiction found: ");
		add_extent(&b, r, t);
	}
	return strbuf_take(&b);
}

char *soundness_text(const struct report *r, const struct report_totals *t)
{
	uint64_t unreadable = r->census->kinds[KIND_UNREADABLE];
	uint64_t without = t->touched + unreadable;
	uint64_t rest = r->census->pages > without ? r->census->pages - without : 0;
	struct strbuf b = { 0 };
	char n[COUNT_TEXT_SIZE];

	strbuf_printf(&b, "%s%s of ", t->dropped ? "at most " : "", count_text(n, rest));
	add_count(&b, r->census->pages, "page");
	strbuf_puts(&b, rest == 1 ? " has no finding after " : " have no finding after ");
	add_count(&b, t->checks, "check");
	strbuf_puts(&b, " by ");
	add_count(&b, t->rules_checked, "rule");
	if (t->rules_idle)
		strbuf_printf(&b, " (%u of them found nothing to look at)", t->rules_idle);
	strbuf_puts(&b, "; ");
	add_count(&b, t->rules_skipped, "rule");
	strbuf_puts(&b, " skipped, ");
	add_count(&b, t->gaps, "gap");
	if (t->unchecked) {
		strbuf_puts(&b, ", ");
		add_count(&b, t->unchecked, "check");
		strbuf_puts(&b, " not possible for lack of data");
	}
	return strbuf_take(&b);
}
