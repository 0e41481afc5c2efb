/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every step of the memmap pass uses: starting a finding about a page, and the checks that hold for each struct
 * page whatever it is (node, zone and section bits, undefined flags, ranges of the two counters).
 *
 * exceptions: reserved pages in holes may carry the bits of another zone; nodes may overlap
 */
#include <string.h>

#include "passes/scan.h"

struct finding *scan_finding(struct scan *s, enum rule_id rule, uint32_t i)
{
	struct subject subject;
	struct census_record *r = &s->records[i];

	if (!check_active(s->check, rule))
		return NULL;
	subject = subject_page(rules[rule].subject, scan_pfn(s, i));
	subject.head_pfn = scan_pfn(s, i) - r->back;
	subject.order = r->order;
	subject.page_kind = kinds[r->kind].name;
	subject.address = scan_va(s, i);
	if (rules[rule].severity == SEV_ERROR)
		r->bits |= CENSUS_FAULTY;
	return worker_finding(s->w, rule, &subject);
}

void scan_flag_fields(struct scan *s, struct finding *f, uint64_t flags, uint64_t bad)
{
	struct findings *fs = &s->w->findings;
	char names[256];

	if (!f)
		return;
	finding_expect(fs, f, "flags", FMT_PTR, 64, flags, flags & ~bad);
	finding_words(fs, f, layout_flag_names(s->l, flags, names, sizeof(names)), NULL);
	finding_value(fs, f, "bad_flags", FMT_HEX, bad);
	finding_words(fs, f, layout_flag_names(s->l, bad, names, sizeof(names)), NULL);
}

/* ---- what holds for every struct page ---------------------------------------------------------------------------- */

static const struct zone *zone_by_bits(const struct scan *s, uint64_t flags)
{
	for (size_t i = 0; i < s->check->zones.list.nr; i++)
		if (s->check->zones.list.v[i].flags_bits == (flags & s->check->zones.flags_mask))
			return &s->check->zones.list.v[i];
	return NULL;
}

/*
 * init_unavailable_range() gives struct pages of a hole between two ranges of RAM the node and zone of the upper range.
 * Firmware memory is such a hole, though QEMU dumps it.  They are reserved, and so is all up to the upper range.
 */
static bool in_hole(struct scan *s, uint32_t i, const struct zone *claimed)
{
	uint64_t mask = s->check->zones.flags_mask;

	if (!claimed || scan_pfn(s, i) >= claimed->start_pfn)
		return false;
	if (i >= s->hole_end)
		for (s->hole_end = i; s->hole_end < s->nr && scan_pfn(s, s->hole_end) < claimed->start_pfn; s->hole_end++) {
			struct page_view v = scan_view(s, s->hole_end);

			if (!page_has(&v, s->l->flag.reserved) || (v.flags & mask) != claimed->flags_bits)
				break;
		}
	return s->hole_end == s->nr || scan_pfn(s, s->hole_end) == claimed->start_pfn;
}

void scan_garbage(struct scan *s, uint32_t i)
{
	struct page_runs *runs = &s->w->garbage;
	struct page_run run = { .pfn = scan_pfn(s, i), .nr = 1 };
	struct page_run *last = runs->list.nr ? &runs->list.v[runs->list.nr - 1] : NULL;

	if (!check_in_range(s->check, run.pfn))
		return;
	if (last && last->pfn + last->nr == run.pfn)
		last->nr++;
	else if ((!last || run.pfn < last->pfn || run.pfn >= last->pfn + last->nr) && !array_push(&runs->list, run))
		s->w->findings.failed = true;
}

static bool all_zero(const unsigned char *p, size_t size)
{
	return !p[0] && !memcmp(p, p + 1, size - 1);
}

/* Whether one bit of flags, or the whole struct page, is what is wrong. */
static void zone_evidence(struct scan *s, struct finding *f, uint32_t i, uint64_t diff)
{
	if (all_zero(scan_page(s, i), s->l->page_struct_size))
		finding_evidence(&s->w->findings, f, "neighbour", "all %u bytes of the struct page are zero: it was cleared",
				 s->l->page_struct_size);
	else if (is_power_of_2(diff))
		finding_bitflip(&s->w->findings, f, "flags", log2_u64(diff));
}

static void wrong_zone(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct layout *l = s->l;
	struct findings *fs = &s->w->findings;
	uint64_t diff = (v->flags ^ s->run_bits) & s->check->zones.flags_mask;
	bool hole = page_has(v, l->flag.reserved) && dump_page_gap(s->check->dump, scan_pfn(s, i)) == GAP_NOT_RAM;
	const struct zone *claimed = zone_by_bits(s, v->flags);
	struct finding *f;

	if (!s->run_zone || hole || in_hole(s, i, claimed) ||
	    zones_match(&s->check->zones, scan_pfn(s, i), v->flags))
		return;
	scan_garbage(s, i);
	if (diff & flag_field_mask(l->flag.zone)) {
		f = scan_finding(s, RULE_PAGE_ZONE_MATCHES, i);
		finding_expect(fs, f, "zone", FMT_DEC, 0, flag_field_get(l->flag.zone, v->flags),
			       s->run_zone->index);
		finding_words(fs, f, claimed ? claimed->name : "no such zone", s->run_zone->name);
		finding_value(fs, f, "flags", FMT_PTR, v->flags);
		zone_evidence(s, f, i, diff);
	}
	if (diff & flag_field_mask(l->flag.node)) {
		f = scan_finding(s, RULE_PAGE_NODE_MATCHES, i);
		finding_expect(fs, f, "node", FMT_DEC, 0, flag_field_get(l->flag.node, v->flags),
			       s->run_zone->node);
		finding_value(fs, f, "flags", FMT_PTR, v->flags);
		zone_evidence(s, f, i, diff);
	}
}

static void wrong_refcount(struct scan *s, uint32_t i, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	struct finding *f;

	if (v->refcount < 0) {
		f = scan_finding(s, RULE_REFCOUNT_NEGATIVE, i);
		finding_value(fs, f, "_refcount", FMT_INT, (uint64_t)(int64_t)v->refcount);
		if (v->refcount - INT32_MIN < 0x10000)
			finding_bitflip(fs, f, "_refcount", 31);
	} else if (v->refcount >= 0x40000000) {
		f = scan_finding(s, RULE_REFCOUNT_OVERFLOW, i);
		finding_value(fs, f, "_refcount", FMT_INT, (uint64_t)v->refcount);
	}
}

/* The single bit by which a bad type word differs from a legal one, -1: none. */
static int type_flipped_bit(const struct layout *l, uint32_t word)
{
	for (int bit = 0; bit < 32; bit++) {
		uint32_t other = word ^ UINT32_C(1) << bit;
		enum page_type t = layout_page_type(l, other);

		if (other == UINT32_MAX || (t != TYPE_NONE && t != TYPE_INVALID && (l->type == TYPE_CLEARED_BITS || !(other << 8))))
			return bit;
	}
	return -1;
}

static void wrong_mapcount(struct scan *s, uint32_t i, const struct page_view *v)
{
	struct findings *fs = &s->w->findings;
	int32_t word = (int32_t)v->mapcount;
	enum page_type t = layout_page_type(s->l, v->mapcount);
	struct finding *f = NULL;
	int bit;

	if (t == TYPE_INVALID) {
		f = scan_finding(s, RULE_TYPE_VALID, i);
		finding_value(fs, f, "page_type", FMT_HEX, v->mapcount);
	} else if (t == TYPE_NONE && word < -1) {
		f = scan_finding(s, RULE_MAPCOUNT_UNDERFLOW, i);
		finding_value(fs, f, "_mapcount", FMT_INT, (uint64_t)(int64_t)word);
	} else if (t == TYPE_NONE && word >= 0x7fffff00) {
		f = scan_finding(s, RULE_MAPCOUNT_OVERFLOW, i);
		finding_value(fs, f, "_mapcount", FMT_INT, (uint64_t)word);
	} else if (s->l->type == TYPE_TOP_BYTE && t != TYPE_NONE && t != TYPE_ZSMALLOC && (v->mapcount & 0xffffff)) {
		f = scan_finding(s, RULE_TYPE_LOW_BITS, i);
		finding_expect(fs, f, "page_type", FMT_HEX, 32, v->mapcount, v->mapcount & 0xff000000);
		return;
	}
	bit = f ? type_flipped_bit(s->l, v->mapcount) : -1;
	if (bit >= 0)
		finding_bitflip(fs, f, t == TYPE_INVALID ? "page_type" : "_mapcount", (unsigned)bit);
}

bool scan_common(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct layout *l = s->l;
	uint64_t wrong = (v->flags ^ s->run_bits) & s->run_mask;
	struct finding *f;

	/* the first zone of the first node has no bits that would tell; but mapped and without reference is nothing */
	if (!(v->flags | v->mapcount) && !v->refcount && all_zero(scan_page(s, i), l->page_struct_size))
		scan_garbage(s, i);
	/* one comparison for almost every page: no odd bits, sane counts, no type */
	if (!wrong && !l->flag.section.width && (uint32_t)v->refcount < 0x40000000 && v->mapcount + 1 <= 0x7fffff00)
		return true;
	if (wrong & s->check->zones.flags_mask)
		wrong_zone(s, i, v);
	if (v->flags & l->flag.undefined) {
		scan_garbage(s, i);
		f = scan_finding(s, RULE_FLAGS_UNDEFINED_BITS, i);
		scan_flag_fields(s, f, v->flags, v->flags & l->flag.undefined);
	}
	if (l->flag.section.width && flag_field_get(l->flag.section, v->flags) != s->section->nr) {
		f = scan_finding(s, RULE_PAGE_SECTION_MATCHES, i);
		finding_expect(&s->w->findings, f, "section", FMT_DEC, l->flag.section.width,
			       flag_field_get(l->flag.section, v->flags), s->section->nr);
		finding_value(&s->w->findings, f, "flags", FMT_PTR, v->flags);
	}
	wrong_refcount(s, i, v);
	wrong_mapcount(s, i, v);
	return false;
}

void scan_poisoned(struct scan *s, uint32_t i, const struct page_view *v)
{
	struct finding *f;

	scan_record(s, i, KIND_UNINITIALISED, 0, 0, 0);
	if (!s->section->online)
		return;
	scan_garbage(s, i);
	f = scan_finding(s, RULE_PAGE_POISONED, i);
	finding_value(&s->w->findings, f, "flags", FMT_PTR, v->flags);
}
