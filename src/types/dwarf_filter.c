/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/dwarf_filter.h"

#include "base/bytes.h"
#include "base/cleanup.h"

enum {
	/* Below this size of .debug_info simply everything is read. */
	FILTER_SIZE_MIN = 16 << 20,
	/* gcc writes strings of up to this length into the entry instead of .debug_str, since that is shorter. */
	INLINE_LENGTH_MAX = 3,
};

static bool name_may_be_inline(const struct wants *w, uint32_t id)
{
	return w->names.lengths[id] <= INLINE_LENGTH_MAX;
}

static void absent_close(struct filter *f, struct wants *w)
{
	_cleanup_free_ bool *present = calloc(w->names.nr + 1, sizeof(*present));

	if (!present)
		return;
	for (uint32_t i = 0; i <= f->offsets.mask; i++)
		if (f->offsets.ids[i] != NAME_NONE)
			present[f->offsets.ids[i]] = true;
	for (uint32_t i = 0; i < w->nr; i++)
		if (!present[w->list[i].name_id] && !name_may_be_inline(w, w->list[i].name_id))
			want_close(w, &w->list[i]);
}

struct error *filter_init(struct filter *f, const struct dwarf_sections *s, struct wants *w)
{
	struct error *err;

	*f = (struct filter){ .sections = s };
	if (s->at[DWARF_INFO].size < FILTER_SIZE_MIN || !s->at[DWARF_STR].data)
		return NULL;
	err = nameset_locate(&w->names, s->at[DWARF_STR], &f->offsets);
	if (err || f->offsets.full)
		return err;
	absent_close(f, w);
	/* clang's DWARF 5 refers to strings by number, so that their offsets are not in the entries */
	f->active = !s->at[DWARF_STR_OFFSETS].data;
	return NULL;
}

void filter_narrow(struct filter *f, const struct wants *w)
{
	_cleanup_free_ bool *keep = calloc(w->names.nr + 1, sizeof(*keep));

	if (!keep || !f->active)
		return;
	for (uint32_t i = 0; i < w->nr; i++)
		keep[w->list[i].name_id] |= w->list[i].open;
	offset_map_narrow(&f->offsets, keep);
}

void filter_deinit(struct filter *f)
{
	offset_map_deinit(&f->offsets);
}

/* A kind of which units may define something that cannot be seen by offset. */
static bool kind_hidden(const struct wants *w, const struct abbrevs *a, enum entry_kind kind)
{
	if (!w->nr_open[kind])
		return false;
	if (a->odd_kinds >> kind & 1)
		return true;
	if (!(a->inline_kinds >> kind & 1))
		return false;
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->list[i].open && w->list[i].kind == kind && name_may_be_inline(w, w->list[i].name_id))
			return true;
	return false;
}

/* The kinds of entry that the abbreviation code before p stands for; its length is one byte or two. */
static unsigned kinds_before(const struct abbrevs *a, const uint8_t *p, const uint8_t *start)
{
	unsigned kinds = 0;

	if (p - start >= 1 && p[-1] < 0x80)
		kinds |= a->kinds[p[-1]];
	if (p - start >= 2 && p[-1] < ABBREV_CODES >> 7 && p[-2] & 0x80)
		kinds |= a->kinds[(p[-2] & 0x7f) | p[-1] << 7];
	return kinds;
}

static bool hit_counts(const struct wants *w, uint32_t name_id, unsigned kinds)
{
	for (unsigned kind = 0; kind < ENTRY_NR_KINDS; kind++)
		if (kinds >> kind & 1 && wants_of_name(w, (enum entry_kind)kind, name_id))
			return true;
	return false;
}

static _always_inline_ bool unit_scan(enum endian e, const struct filter *f, const struct wants *w, const struct unit *unit,
			     const struct abbrevs *a)
{
	const uint8_t *start = f->sections->at[DWARF_INFO].data + unit->offset + unit->root;
	const uint8_t *end = f->sections->at[DWARF_INFO].data + unit->offset + unit->size;
	const uint64_t *bits = f->offsets.filter;

	for (const uint8_t *p = start; end - p >= 4; p++) {
		unsigned low = get_u16(e, e == ENDIAN_LITTLE ? p : p + 2);
		uint32_t id;

		if (!(bits[low / 64] >> (low % 64) & 1))
			continue;
		id = offset_map_find_slow(&f->offsets, get_u32(e, p));
		if (id != NAME_NONE && hit_counts(w, id, kinds_before(a, p, start)))
			return true;
	}
	return false;
}

bool filter_unit(const struct filter *f, const struct wants *w, const struct unit *unit, const struct abbrevs *a)
{
	if (!f->active || a->bad)
		return true;
	for (unsigned kind = 0; kind < ENTRY_NR_KINDS; kind++)
		if (kind_hidden(w, a, (enum entry_kind)kind))
			return true;
	if (f->sections->endian == ENDIAN_BIG)
		return unit_scan(ENDIAN_BIG, f, w, unit, a);
	return unit_scan(ENDIAN_LITTLE, f, w, unit, a);
}
