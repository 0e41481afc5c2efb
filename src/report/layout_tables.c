/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of words: a row for each byte offset at which something starts, a line between words, a column for each way
 * to look at a struct page.
 *
 * Side by side when that fits.  Else struct page with its members flowing beside the folio's head, then the tails
 * beside the usual name of each word, as many to a table as fit.
 */
#include <string.h>

#include "report/layout_report.h"
#include "report/text.h"

enum { WORD = 8, CELL_SIZE = 256, MAX_COLUMNS = 8 };

struct table_column {
	const struct layout_column *from;
	const char *title;
	unsigned width;
	bool flow;       /* several members a line */
	bool usual_only; /* the usual name of each word, nothing else */
};

struct table {
	struct table_column columns[MAX_COLUMNS];
	size_t nr;
	bool tight; /* no blanks around the bars: four columns of tails fit into 80 that way */
};

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

static const char *piece_text(char *buf, size_t size, const struct table_column *c, size_t i)
{
	const struct layout_piece *p = &c->from->pieces[i];

	if (c->usual_only)
		snprintf(buf, size, "%s", p->name);
	else if (p->bits)
		snprintf(buf, size, "%s %ub", p->name, p->bits);
	else if (p->size < WORD)
		snprintf(buf, size, "%s %uB", p->name, p->size);
	else
		snprintf(buf, size, "%s", p->name);
	return buf;
}

/* Whether an earlier piece of the column is there already: then this one is not the usual name. */
static bool piece_shown(const struct table_column *c, size_t i)
{
	const struct layout_piece *p = &c->from->pieces[i];

	if (!c->usual_only)
		return true;
	for (size_t j = 0; j < i; j++) {
		const struct layout_piece *q = &c->from->pieces[j];

		if (q->offset <= p->offset && p->offset < q->offset + q->size)
			return false;
	}
	return p->usual;
}

static unsigned natural_width(const struct table_column *c)
{
	unsigned width = (unsigned)strlen(c->title);

	for (size_t i = 0; i < c->from->nr_pieces; i++) {
		char buf[96];
		unsigned len = (unsigned)strlen(piece_text(buf, sizeof(buf), c, i));

		if (piece_shown(c, i) && len > width)
			width = len;
	}
	return width;
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

/* Line number nr of the cell at a byte offset; false: the cell has fewer.  A flowing cell packs names into a line. */
static bool cell_line(const struct table_column *c, unsigned offset, unsigned nr, char *ret)
{
	size_t used = 0; /* of the line in work */
	unsigned line = 0;
	bool any = false;

	ret[0] = '\0';
	for (size_t i = 0; i < c->from->nr_pieces; i++) {
		char buf[96];
		size_t len;

		if (c->from->pieces[i].offset != offset || !piece_shown(c, i))
			continue;
		len = strlen(piece_text(buf, sizeof(buf), c, i));
		if (any && (!c->flow || used + 2 + len > c->width)) {
			line++;
			used = 0;
		}
		if (line == nr && used + 2 + len < CELL_SIZE)
			sprintf(ret + used, "%s%s", used ? "  " : "", buf);
		used += (used ? 2 : 0) + len;
		any = true;
	}
	return any && line >= nr;
}

static const char *bar(const struct table *t)
{
	return t->tight ? "| " : " | ";
}

static int offset_width(const struct table *t)
{
	return t->tight ? 3 : 4;
}

/* One line of a table, without blanks at its end. */
static void print_line(struct out *out, const struct table *t, const char *start, char cells[][CELL_SIZE], enum tone tone)
{
	out_printf(out, "%*s", offset_width(t), start);
	for (size_t i = 0; i < t->nr; i++) {
		bool last = i + 1 == t->nr;
		int pad = last ? 0 : (int)t->columns[i].width - (int)strlen(cells[i]);

		out_printf(out, "%.*s", last && !cells[i][0] ? (int)strlen(bar(t)) - 1 : 3, bar(t));
		out_tone(out, t->columns[i].usual_only ? TONE_DIM : tone);
		out_printf(out, "%s", cells[i]);
		out_plain(out);
		out_printf(out, "%*s", pad, "");
	}
	out_printf(out, "\n");
}

/* One line of a row; false: no column has that many lines. */
static bool row_line(struct out *out, const struct table *t, unsigned offset, unsigned nr)
{
	char cells[MAX_COLUMNS][CELL_SIZE];
	char start[16] = "";
	bool any = false;

	for (size_t i = 0; i < t->nr; i++)
		if (cell_line(&t->columns[i], offset, nr, cells[i]))
			any = true;
	if (!any)
		return false;
	if (nr == 0)
		snprintf(start, sizeof(start), "%u", offset);
	print_line(out, t, start, cells, TONE_PLAIN);
	return true;
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void rule(struct out *out, const struct table *t)
{
	out_tone(out, TONE_DIM);
	for (int i = 0; i < offset_width(t); i++)
		out_printf(out, "-");
	for (size_t i = 0; i < t->nr; i++) {
		out_printf(out, "%s", t->tight ? "+-" : "-+-");
		for (unsigned j = 0; j < t->columns[i].width; j++)
			out_printf(out, "-");
	}
	out_plain(out);
	out_printf(out, "\n");
}

static unsigned table_width(const struct table *t)
{
	unsigned width = (unsigned)offset_width(t);

	for (size_t i = 0; i < t->nr; i++)
		width += (unsigned)strlen(bar(t)) + t->columns[i].width;
	return width;
}

static void table_print(struct out *out, const struct layout_report *r, struct table *t)
{
	char titles[MAX_COLUMNS][CELL_SIZE];

	for (size_t i = 0; i < t->nr; i++)
		snprintf(titles[i], CELL_SIZE, "%s", t->columns[i].title);
	print_line(out, t, "", titles, TONE_STRONG);
	for (unsigned word = 0; word < r->nr_words; word++) {
		rule(out, t);
		for (unsigned offset = word * WORD; offset < (word + 1) * WORD; offset++)
			for (unsigned nr = 0; row_line(out, t, offset, nr); nr++)
				;
	}
}

static void table_add(struct table *t, const struct layout_column *from)
{
	struct table_column c = { .from = from, .title = from->title };

	c.width = natural_width(&c);
	if (t->nr < MAX_COLUMNS)
		t->columns[t->nr++] = c;
}

/* The first column of tables that do not have struct page: what a word usually is. */
static void table_start(struct table *t, const struct layout_report *r)
{
	struct table_column c = { .from = &r->folio[0], .title = "word", .usual_only = true };

	c.width = natural_width(&c);
	*t = (struct table){ .columns = { c }, .nr = 1 };
}

static bool table_fits(const struct out *out, struct table *t)
{
	t->tight = false;
	if (table_width(t) > out->width)
		t->tight = true;
	return table_width(t) <= out->width;
}

/* As many columns to a table as fit, at least one. */
static void tables_of(struct out *out, const struct layout_report *r, const struct layout_column *columns, size_t nr)
{
	struct table t;

	table_start(&t, r);
	for (size_t i = 0; i < nr; i++) {
		table_add(&t, &columns[i]);
		if (t.nr > 2 && !table_fits(out, &t)) {
			t.nr--;
			table_fits(out, &t);
			table_print(out, r, &t);
			out_printf(out, "\n");
			table_start(&t, r);
			table_add(&t, &columns[i]);
		}
	}
	if (t.nr > 1) {
		table_fits(out, &t);
		table_print(out, r, &t);
	}
}

/* struct page with its members flowing, and the head of a folio. */
static void page_and_head(struct out *out, const struct layout_report *r)
{
	struct table t = { .nr = 0 };
	unsigned others, floor = natural_width(&(struct table_column){ .from = &r->page, .title = r->page.title });

	table_add(&t, &r->page);
	table_add(&t, &r->folio[0]);
	t.columns[0].flow = true;
	t.columns[0].width = 0;
	others = table_width(&t);
	t.columns[0].width = out->width > others + floor ? out->width - others : floor;
	table_print(out, r, &t);
}

static void title(struct out *out, const struct layout_report *r, const char *what)
{
	char buf[128];

	if (r->folio_size)
		snprintf(buf, sizeof(buf), "%s: struct page %u bytes, struct folio %u", what, r->page.size, r->folio_size);
	else
		snprintf(buf, sizeof(buf), "%s: struct page %u bytes, no struct folio", what, r->page.size);
	text_title(out, buf);
}

static void legend(struct out *out)
{
	out_printf(out, "  Names between two lines share the word; 4B: bytes, 15b: bits, else all 8.\n");
}

void layout_tables(struct out *out, const struct layout_report *r)
{
	struct table all = { .nr = 0 };

	table_add(&all, &r->page);
	for (size_t i = 0; i < r->nr_folio; i++)
		table_add(&all, &r->folio[i]);
	if (table_fits(out, &all)) {
		title(out, r, "PAGE AND FOLIO");
		table_print(out, r, &all);
		legend(out);
	} else {
		title(out, r, "PAGE AND HEAD OF A FOLIO");
		page_and_head(out, r);
		legend(out);
		text_title(out, "TAILS OF A FOLIO");
		tables_of(out, r, r->folio + 1, r->nr_folio - 1);
	}
	out_printf(out, "  Tails from %u on: flags, %s, mapping = poison, _mapcount, _refcount.\n", r->poison_from,
		   r->tail_link);
	if (!r->nr_other)
		return;
	text_title(out, "OTHER OWNERS of the same words");
	tables_of(out, r, r->other, r->nr_other);
}
