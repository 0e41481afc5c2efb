/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/next.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "rules/recipe.h"

/* A word of a command line of a shell. */
static void add_argument(struct strbuf *b, const char *s)
{
	if (*s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:@%,=-") == strlen(s)) {
		strbuf_puts(b, s);
		return;
	}
	strbuf_puts(b, "'");
	for (; *s; s++)
		if (*s == '\'')
			strbuf_puts(b, "'\\''");
		else
			strbuf_add(b, s, 1);
	strbuf_puts(b, "'");
}

char *next_command(const struct report *r, const struct finding *f)
{
	struct strbuf b = { 0 };

	if (f->subject.pfn == UINT64_MAX)
		return strbuf_take(&b);
	strbuf_puts(&b, "pagefsck page ");
	if (r->kernel.debuginfo_path) {
		strbuf_puts(&b, "-d ");
		add_argument(&b, r->kernel.debuginfo_path);
		strbuf_puts(&b, " ");
	}
	add_argument(&b, r->dump.path ? r->dump.path : "DUMP");
	strbuf_printf(&b, " %#" PRIx64, f->subject.pfn);
	return strbuf_take(&b);
}

/* Whether one of the lines of text is that of len bytes. */
static bool has_line(const char *text, const char *line, size_t len)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		if (n == len && !memcmp(text, line, len))
			return true;
		text += n + (text[n] == '\n');
	}
	return false;
}

/* A loop typed at a prompt ends with an empty line. */
static bool is_loop(const char *line)
{
	return !strncmp(line, "for ", strlen("for "));
}

static void add_new_lines(struct strbuf *b, const char *lines)
{
	for (const char *s = lines; *s; s += *s == '\n') {
		size_t len = strcspn(s, "\n");

		if (!has_line(b->s, s, len)) {
			strbuf_add(b, s, len);
			strbuf_puts(b, is_loop(s) ? "\n\n" : "\n");
		}
		s += len;
	}
}

/* Add what the recipes for pages, or those for rules, have for the finding. */
static void add_recipes(struct strbuf *b, const struct report *r, const struct finding *f, enum recipe_form form, bool pages)
{
	for (const struct recipe *k = recipes; k->id; k++) {
		struct strbuf lines = { 0 };

		if (!k->rules != pages || !recipe_fits(k, f->rule))
			continue;
		if (recipe_fill(&lines, form == RECIPE_WHOLE ? k->drgn : k->crash, f, r->kernel.page_size, form))
			add_new_lines(b, lines.s);
		b->failed |= lines.failed;
		strbuf_deinit(&lines);
	}
}

static char *next_lines(const struct report *r, const struct finding *f, enum recipe_form form)
{
	struct strbuf b = { 0 };

	add_recipes(&b, r, f, form, true);
	add_recipes(&b, r, f, form, false);
	return strbuf_take(&b);
}

char *next_crash(const struct report *r, const struct finding *f, bool all)
{
	return next_lines(r, f, all ? RECIPE_LINES : RECIPE_FILLED);
}

char *next_drgn(const struct report *r, const struct finding *f)
{
	return next_lines(r, f, RECIPE_WHOLE);
}
