/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far the check went: rules, gaps, what was skipped; counters, holders and owners beside what was found. */
#include "report/html.h"

#include <inttypes.h>
#include <string.h>

static void table(struct out *out, const char *title, const char *heading)
{
	out_printf(out, "<h3>%s</h3>\n<div class=\"wide\"><table class=\"lined\">\n<tr>%s</tr>\n", title, heading);
}

static void end_table(struct out *out)
{
	out_printf(out, "</table></div>\n");
}

static void number(struct out *out, uint64_t n)
{
	char text[COUNT_TEXT_SIZE];

	out_printf(out, "<td class=\"n\">%s</td>", count_text(text, n));
}

static void gaps(struct out *out, const struct report *r)
{
	if (!r->nr_gaps)
		return;
	table(out, "Not in the dump, so not verified", "<th>what</th><th class=\"n\">how many</th><th>why</th><th>first</th>");
	for (size_t i = 0; i < r->nr_gaps; i++) {
		out_printf(out, "<tr>");
		html_element(out, "td", NULL, r->gaps[i].what);
		number(out, r->gaps[i].count);
		html_element(out, "td", NULL, r->gaps[i].why);
		if (r->gaps[i].example != UINT64_MAX)
			out_printf(out, "<td>%#" PRIx64 "</td>", r->gaps[i].example);
		out_printf(out, "</tr>\n");
	}
	end_table(out);
}

static void skipped_row(struct out *out, const struct ledger *l, size_t first)
{
	const char *separator = "";

	out_printf(out, "<tr>");
	html_element(out, "td", NULL, l->rule[first].skipped);
	out_printf(out, "<td>");
	for (size_t i = first; i < NR_RULES; i++) {
		if (!l->rule[i].skipped || strcmp(l->rule[i].skipped, l->rule[first].skipped))
			continue;
		out_printf(out, "%s%s", separator, rules[i].id);
		separator = ", ";
	}
	out_printf(out, "</td></tr>\n");
}

static void skipped(struct out *out, const struct ledger *l)
{
	if (!ledger_nr_skipped(l))
		return;
	table(out, "Rules that were skipped", "<th>why</th><th>rules</th>");
	for (size_t i = 0; i < NR_RULES; i++)
		if (ledger_reason_first(l, i))
			skipped_row(out, l, i);
	end_table(out);
}

static void counter_row(struct out *out, const struct report_counter *c)
{
	char place[48] = "machine";

	if (c->node >= 0)
		snprintf(place, sizeof(place), c->zone ? "node %d, " : "node %d", c->node);
	out_printf(out, "<tr><td>%s", place);
	html_text(out, c->zone);
	out_printf(out, "</td>");
	html_element(out, "td", NULL, c->name);
	out_printf(out, "<td class=\"n\">%" PRId64 "</td><td class=\"n\">%" PRId64, c->says, c->low);
	if (c->high != c->low)
		out_printf(out, "..%" PRId64, c->high);
	out_printf(out, "</td><td>%s</td></tr>\n", c->unit);
}

static void counters(struct out *out, const struct report *r)
{
	if (!r->nr_counters)
		return;
	table(out, "Counters of the kernel, and what was found",
	      "<th>of</th><th>counter</th><th class=\"n\">kernel says</th><th class=\"n\">found</th><th></th>");
	for (size_t i = 0; i < r->nr_counters; i++)
		counter_row(out, &r->counters[i]);
	end_table(out);
}

static void references(struct out *out, const struct report *r)
{
	if (!r->nr_references)
		return;
	table(out, "Who holds pages beside mappings, caches and their owners",
	      "<th>how known</th><th>holder</th><th class=\"n\">references</th><th class=\"n\">pages</th>");
	for (size_t i = 0; i < r->nr_references; i++) {
		out_printf(out, "<tr>");
		html_element(out, "td", NULL, r->references[i].source);
		html_element(out, "td", NULL, r->references[i].holder);
		number(out, r->references[i].refs);
		if (r->references[i].pages)
			number(out, r->references[i].pages);
		out_printf(out, "</tr>\n");
	}
	end_table(out);
}

static void owners(struct out *out, const struct report *r)
{
	if (!r->nr_owners)
		return;
	table(out, "Who has the kernel's pages without a type", "<th>owner</th><th class=\"n\">pages</th>");
	for (size_t i = 0; i < r->nr_owners; i++) {
		out_printf(out, "<tr>");
		html_element(out, "td", NULL, r->owners[i].title);
		number(out, r->owners[i].pages);
		out_printf(out, "</tr>\n");
	}
	end_table(out);
}

static void rules_table(struct out *out, const struct ledger *l)
{
	table(out, "Rules that were checked",
	      "<th>rule</th><th class=\"n\">checks</th><th class=\"n\">findings</th><th class=\"n\">not possible</th>");
	for (size_t i = 0; i < NR_RULES; i++) {
		if (l->rule[i].skipped)
			continue;
		out_printf(out, "<tr><td>%s</td>", rules[i].id);
		number(out, l->rule[i].checked);
		number(out, l->rule[i].findings);
		number(out, l->rule[i].gaps);
		out_printf(out, "</tr>\n");
	}
	end_table(out);
}

void html_extent(struct out *out, const struct report *r)
{
	html_section(out, "extent", "What was checked");
	out_printf(
		out,
		"<p>Nothing is called sound that was not looked at. %u rule(s) (was|were) checked, %u skipped; the check took %.2f seconds.</p>\n",
		ledger_nr_checked(r->ledger), ledger_nr_skipped(r->ledger), r->seconds);
	gaps(out, r);
	skipped(out, r->ledger);
	counters(out, r);
	references(out, r);
	owners(out, r);
	rules_table(out, r->ledger);
}
