/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of the kernel beside what was found: whether meminfo's numbers can be believed. */
#include "report/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 45, NUMBER = 13 };

static void place(struct out *out, const struct report_counter *c)
{
	char text[48] = "machine";

	if (c->node >= 0)
		snprintf(text, sizeof(text), "node %d", c->node);
	if (c->zone)
		snprintf(text, sizeof(text), "%d/%s", c->node, c->zone);
	out_untrusted(out, text);
	out_printf(out, "%*s", (int)(text_columns(text) < 12 ? 12 - text_columns(text) : 1), "");
}

void text_counters(struct out *out, const struct report *r)
{
	char found[48];

	if (!r->nr_counters)
		return;
	text_title(out, "TOTALS: what the kernel counted, and what was found");
	out_tone(out, TONE_DIM);
	out_printf(out, "%-12s%-*s%*s%*s\n", "of", NAME, "counter", NUMBER, "kernel says", NUMBER, "found");
	out_plain(out);
	for (size_t i = 0; i < r->nr_counters; i++) {
		const struct report_counter *c = &r->counters[i];
		bool differs = c->says < c->low || c->says > c->high,
		     much = c->says < c->low - c->hand || c->says > c->high + c->hand;

		place(out, c);
		if (c->low == c->high)
			snprintf(found, sizeof(found), "%" PRId64, c->low);
		else
			snprintf(found, sizeof(found), "%" PRId64 "..%" PRId64, c->low, c->high);
		out_printf(out, "%-*s%*" PRId64 "%*s %s", NAME, c->name, NUMBER, c->says, NUMBER, found, c->unit);
		if (differs)
			out_toned(out, much ? TONE_WARNING : TONE_DIM, much ? "  differs" : "  somebody is at work on them");
		out_printf(out, "\n");
	}
}

void text_references(struct out *out, const struct report *r)
{
	enum { SOURCE = 14, HOLDER = 44 };

	if (!r->nr_references)
		return;
	text_title(out, "REFERENCES: who holds pages beside mappings, caches and their owners");
	out_tone(out, TONE_DIM);
	out_printf(out, "%-*s%-*s%*s%*s\n", SOURCE, "how known", HOLDER, "holder", NUMBER, "references", 9, "pages");
	out_plain(out);
	for (size_t i = 0; i < r->nr_references; i++) {
		const struct report_reference *f = &r->references[i];
		const char *holder = f->holder ? f->holder : "";
		unsigned columns = text_columns(holder);

		out_printf(out, "%-*s", SOURCE, f->source);
		out_untrusted(out, holder);
		out_printf(out, "%*s%*" PRIu64, (int)(columns < HOLDER ? HOLDER - columns : 1), "", NUMBER, f->refs);
		if (f->pages)
			out_printf(out, "%9" PRIu64, f->pages);
		out_printf(out, "\n");
	}
}
