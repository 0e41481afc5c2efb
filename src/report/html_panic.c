/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel came to its end, and what its log says of its memory. */
#include "report/html.h"

#include <inttypes.h>

#include "report/about.h"
#include "report/words.h"

enum { MAX_LINES = 20 };

static void add_line(struct strbuf *b, const struct report_log_line *l)
{
	if (!l->text)
		return;
	strbuf_puts(b, b->len ? "\n" : "");
	add_log_line(b, l);
}

static void end(struct out *out, const struct report_panic *p)
{
	struct strbuf b = { 0 };

	html_term_taken(out, "Panic", about_end(p));
	add_line(&b, &p->message);
	add_line(&b, &p->cause);
	add_line(&b, &p->oops);
	html_term_taken(out, p->end == END_PANIC ? "Panic" : "Oops before", strbuf_take(&b));
	if (p->end == END_PANIC)
		add_panic_place(&b, p);
	html_term_taken(out, "Where", strbuf_take(&b));
}

static void complaints(struct out *out, const struct report_panic *p)
{
	size_t shown = p->nr_complaints < MAX_LINES ? p->nr_complaints : MAX_LINES;
	struct strbuf b = { 0 };

	for (size_t i = 0; i < shown; i++)
		add_line(&b, &p->complaints[i]);
	if (p->all_complaints > shown)
		strbuf_printf(&b, "\nand %" PRIu64 " more", p->all_complaints - shown);
	html_term_taken(out, "Kernel log", strbuf_take(&b));
	html_term_taken(out, "Log problem", about_log(p));
}

void html_panic(struct out *out, const struct report_kernel *k)
{
	if (k->panic) {
		end(out, k->panic);
		complaints(out, k->panic);
	}
	html_term_taken(out, "Taint", about_taints(k, "\n"));
}
