/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel came to its end, and what its log says of its memory. */
#include "report/html.h"

#include <inttypes.h>

#include "report/words.h"

enum { MAX_LINES = 20 };

/* Takes the text built in b. */
static void term(struct out *out, const char *name, struct strbuf *b)
{
	_cleanup_free_ char *text = strbuf_take(b);

	out->failed |= !text;
	html_term(out, name, text);
}

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

	if (p->end == END_RUNNING)
		strbuf_puts(&b, "none: the machine was running");
	add_line(&b, &p->message);
	add_line(&b, &p->cause);
	add_line(&b, &p->oops);
	if (p->end == END_PANIC && !b.len)
		strbuf_puts(&b, "yes, but its message is not in the kernel log");
	term(out, "Panic", &b);
	if (p->end == END_PANIC)
		add_panic_place(&b, p);
	term(out, "Where", &b);
}

static void complaints(struct out *out, const struct report_panic *p)
{
	size_t shown = p->nr_complaints < MAX_LINES ? p->nr_complaints : MAX_LINES;
	struct strbuf b = { 0 };

	for (size_t i = 0; i < shown; i++)
		add_line(&b, &p->complaints[i]);
	if (p->all_complaints > shown)
		strbuf_printf(&b, "\nand %" PRIu64 " more", p->all_complaints - shown);
	if (p->log_problem)
		strbuf_printf(&b, "%s(%s)", b.len ? "\n" : "", p->log_problem);
	term(out, "Kernel log", &b);
}

void html_panic(struct out *out, const struct report_kernel *k)
{
	struct strbuf b = { 0 };

	if (k->panic) {
		end(out, k->panic);
		complaints(out, k->panic);
	}
	for (size_t i = 0; i < k->nr_taints; i++)
		strbuf_printf(&b, "%s%c: %s", i ? "\n" : "", k->taints[i].letter, k->taints[i].meaning);
	term(out, "Taint", &b);
}
