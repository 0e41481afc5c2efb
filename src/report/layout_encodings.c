/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words with an inner life: flags as a ruler of bits, page types, low bits of mapping. */
#include "report/layout_report.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "report/text.h"

enum { NR_BITS = 64 };

/* One character a bit, highest first. */
static void ruler(const struct layout_report *r, char *ret)
{
	memset(ret, '.', NR_BITS);
	ret[NR_BITS] = '\0';
	for (unsigned bit = 0; bit < r->nr_flags && bit < NR_BITS; bit++)
		ret[NR_BITS - 1 - bit] = 'f';
	for (size_t i = 0; i < LAYOUT_NR_FIELDS; i++)
		for (unsigned bit = 0; bit < r->fields[i].width; bit++)
			ret[NR_BITS - 1 - (r->fields[i].shift + bit)] = r->fields[i].letter;
}

static void bit_numbers(struct out *out)
{
	out_printf(out, "  ");
	for (int bit = NR_BITS - 1; bit > 0; bit -= 8)
		out_printf(out, bit > 8 ? "%-8d" : "%d", bit);
	out_printf(out, "\n  ");
	for (int bit = NR_BITS - 1; bit >= 0; bit--)
		out_printf(out, "%s", bit == 0 || bit % 8 == 7 ? "|" : "-");
	out_printf(out, "0\n");
}

static void field_line(struct out *out, char letter, unsigned high, unsigned low, const char *name)
{
	char range[32];

	snprintf(range, sizeof(range), high == low ? "%u" : "%u..%u", high, low);
	out_printf(out, "  %c  %-8s %s (%u bit(s))\n", letter, range, name, high - low + 1);
}

static void field_lines(struct out *out, const struct layout_report *r, const char *bits)
{
	struct strbuf none = { 0 };

	for (size_t i = 0; i < LAYOUT_NR_FIELDS; i++) {
		const struct layout_field *f = &r->fields[i];

		if (f->width)
			field_line(out, f->letter, f->shift + f->width - 1, f->shift, f->name);
		else
			strbuf_printf(&none, "%s%s", none.len ? ", " : "", f->name);
	}
	if (r->nr_flags)
		field_line(out, 'f', r->nr_flags - 1, 0, "flags");
	if (strchr(bits, '.'))
		out_printf(out, "  .           nothing: a bit set here is damage\n");
	if (none.len)
		out_printf(out, "  Not in flags: %s\n", none.s);
	strbuf_deinit(&none);
}

static void flag_line(struct out *out, unsigned bit, const struct layout_flag *f)
{
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;

	if (f->aliases)
		strbuf_printf(&b, "= %s", f->aliases);
	if (f->second)
		strbuf_printf(&b, "%s[tail 1: %s]", b.len ? "  " : "", f->second);
	text = strbuf_take(&b);
	out_printf(out, "  %2u  ", bit);
	out_tone(out, TONE_STRONG);
	out_printf(out, text && *text ? "%-14s" : "%s", f->name ? f->name : "?");
	out_plain(out);
	if (text && *text) {
		out_printf(out, " ");
		out_wrapped(out, 21, 23, text);
	} else {
		out_printf(out, "\n");
	}
}

static void flags(struct out *out, const struct layout_report *r)
{
	char bits[NR_BITS + 1];

	text_title(out, "FLAGS, a letter a bit");
	bit_numbers(out);
	ruler(r, bits);
	out_printf(out, "  %s\n", bits);
	field_lines(out, r, bits);
	out_printf(out, "\n");
	for (unsigned bit = 0; bit < r->nr_flags && bit < LAYOUT_NR_FLAGS; bit++)
		flag_line(out, bit, &r->flags[bit]);
	if (r->order_in_flags)
		out_printf(out, "  In tail 1 bits 7..0 are no flags but the order of the folio.\n");
}

static void types(struct out *out, const struct layout_report *r)
{
	text_title(out, r->types_in_top_byte ? "PAGE TYPES: the top byte of page_type"
					     : "PAGE TYPES: a bit that is cleared in page_type");
	for (size_t i = 0; i < r->nr_types; i++) {
		const struct layout_page_type *t = &r->types[i];

		out_printf(out, "  %-18s ", t->name);
		if (r->types_in_top_byte)
			out_printf(out, "%#x  page_type %#010" PRIx32 " to %#010" PRIx32 "\n", t->first >> 24, t->first,
				   t->last);
		else
			out_printf(out, "bit %-2u  page_type %#010" PRIx32 ", _mapcount %" PRId32 "\n", t->bit, t->first,
				   (int32_t)t->first);
	}
	out_printf(out, "  %-18s %s: mappings - 1\n", "none",
		   r->types_in_top_byte ? "up to 0x7fffffff, and 0xffffffff" : "-1 and more");
	out_printf(out, "  %-18s damage%s\n", "all other values",
		   r->types_combine ? ", except kmemcg together with one of them" : "");
}

static void mapping(struct out *out, const struct layout_report *r)
{
	text_title(out, "MAPPING: its two lowest bits");
	for (size_t i = 0; i < 4; i++)
		out_printf(out, "  %u%u  %s\n", r->mapping[i].bits >> 1, r->mapping[i].bits & 1, r->mapping[i].meaning);
	out_printf(out, "  In tails from %u on: TAIL_MAPPING, %#" PRIx64 "\n", r->poison_from, r->tail_mapping);
}

void layout_encodings(struct out *out, const struct layout_report *r)
{
	flags(out, r);
	types(out, r);
	mapping(out, r);
}
