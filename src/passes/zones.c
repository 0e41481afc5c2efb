/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes, zones and memory sections.
 *
 * checks:    pglist_data and zone against each other; mem_section against the memmap
 * relies on: zones_init(), memmap_init()
 * exceptions: memory hot-plug in progress
 */
#include <inttypes.h>
#include <string.h>

#include "passes/pass.h"

static struct finding *zone_finding(struct worker *w, enum rule_id rule, uint64_t address)
{
	struct subject subject = subject_page(rules[rule].subject, UINT64_MAX);

	subject.address = address;
	return worker_finding(w, rule, &subject);
}

static void check_zone(struct worker *w, const struct zone *z, const struct node *n)
{
	struct findings *fs = &w->findings;
	struct finding *f;

	w->ledger.rule[RULE_ZONE_SPANNED_PRESENT_MANAGED].checked++;
	w->ledger.rule[RULE_ZONE_NAME_NODE_BACK].checked++;
	if (z->spanned < z->present || z->present < z->managed) {
		f = zone_finding(w, RULE_ZONE_SPANNED_PRESENT_MANAGED, z->va);
		finding_text(fs, f, "zone", z->name, NULL);
		finding_value(fs, f, "node", FMT_DEC, z->node);
		finding_value(fs, f, "spanned_pages", FMT_DEC, z->spanned);
		finding_value(fs, f, "present_pages", FMT_DEC, z->present);
		finding_value(fs, f, "managed_pages", FMT_DEC, z->managed);
	}
	if (z->pgdat_va != n->va || z->name_bad) {
		f = zone_finding(w, RULE_ZONE_NAME_NODE_BACK, z->va);
		finding_text(fs, f, "zone", z->name, NULL);
		finding_value(fs, f, "node", FMT_DEC, z->node);
		finding_expect(fs, f, "zone_pgdat", FMT_PTR, 64, z->pgdat_va, n->va);
		finding_text(fs, f, "name", z->name_bad ? "leads to no text" : z->name, NULL);
	}
}

static void check_nodes(struct check *c, struct worker *w)
{
	for (size_t i = 0; i < c->zones.nodes.nr; i++) {
		const struct node *n = &c->zones.nodes.v[i];
		struct finding *f;

		if (!n->readable) {
			w->ledger.rule[RULE_PGDAT_NODE_ID].gaps++;
			continue;
		}
		w->ledger.rule[RULE_PGDAT_NODE_ID].checked++;
		if (n->node_id != (int64_t)n->slot) {
			f = zone_finding(w, RULE_PGDAT_NODE_ID, n->va);
			finding_value(&w->findings, f, "node", FMT_DEC, n->slot);
			finding_expect(&w->findings, f, "node_id", FMT_INT, 32, (uint64_t)n->node_id, n->slot);
		}
		for (size_t j = 0; j < c->zones.list.nr; j++)
			if (c->zones.list.v[j].node == n->slot)
				check_zone(w, &c->zones.list.v[j], n);
	}
}

/* ---- sections ---------------------------------------------------------------------------------------------------- */

/* \p base: the address that the pointer should be, 0 when each section has its own. */
static void check_section_map(struct check *c, struct worker *w, const struct section *s, uint64_t base)
{
	struct findings *fs = &w->findings;
	uint64_t map = s->raw & c->layout.section.map_mask;
	uint64_t low = s->raw & ~c->layout.section.map_mask;
	uint64_t odd = (s->raw & low_mask(c->layout.page_shift) & c->layout.section.map_mask);
	struct finding *f;

	w->ledger.rule[RULE_SECTION_MAP_DECODE].checked++;
	w->ledger.rule[RULE_SECTION_FLAGS_SANE].checked++;
	/* the pointer is that of a whole section, so nothing may stand between it and the flags */
	if (base && map != base && !(odd && (map ^ base) == odd)) {
		f = zone_finding(w, RULE_SECTION_MAP_DECODE, s->ms_va);
		finding_value(fs, f, "section", FMT_DEC, s->nr);
		finding_expect(fs, f, "section_mem_map", FMT_PTR, 64, s->raw, base | low);
		return;
	}
	low = odd | (!(s->raw >> c->layout.section.present_bit & 1) ? bit_u64(c->layout.section.present_bit) : 0);
	if (low) {
		f = zone_finding(w, RULE_SECTION_FLAGS_SANE, s->ms_va);
		finding_value(fs, f, "section", FMT_DEC, s->nr);
		finding_expect(fs, f, "section_mem_map", FMT_PTR, 64, s->raw, s->raw ^ low);
		finding_value(fs, f, "bad_flags", FMT_HEX, low);
	}
}

static void check_subsections(struct worker *w, const struct section *s)
{
	struct finding *f;
	bool any = false;

	w->ledger.rule[RULE_SUBSECTION_MAP_COVERS].checked++;
	for (unsigned i = 0; i < SUBSECTION_WORDS; i++)
		any |= s->subsections[i] != 0;
	if (!s->has_subsections || any)
		return;
	f = zone_finding(w, RULE_SUBSECTION_MAP_COVERS, s->ms_va);
	finding_value(&w->findings, f, "section", FMT_DEC, s->nr);
	finding_text(&w->findings, f, "usage", "present", NULL);
	finding_value(&w->findings, f, "subsection_map", FMT_HEX, 0);
}

/* Every 4 KiB of memmap that describes valid pages must be mapped in the kernel's page table. */
static struct error *check_mapped(struct check *c, struct worker *w, const struct section *s)
{
	uint64_t step = (UINT64_C(1) << c->layout.page_shift) / c->layout.page_struct_size;
	unsigned reported = 0;

	for (uint64_t pfn = s->first_pfn; pfn < s->first_pfn + s->nr_pages;) {
		uint64_t pa, left = 0;
		struct kv_gap gap;
		struct finding *f;
		struct error *err = kvmem_translate(w->kv, memmap_page_va(&c->memmap, s, pfn), &pa, &left, &gap);

		if (err)
			return err;
		w->ledger.rule[RULE_VMEMMAP_MAPPED].checked++;
		if (gap.kind == KV_OK) {
			uint64_t pages = left / c->layout.page_struct_size;

			pfn += pages > step ? pages : step;
			continue;
		}
		if (gap.kind != KV_PHYS && memmap_valid(&c->memmap, s, pfn) && check_in_range(c, pfn) && reported++ < 4) {
			f = zone_finding(w, RULE_VMEMMAP_MAPPED, memmap_page_va(&c->memmap, s, pfn));
			if (f)
				f->subject.pfn = pfn;
			finding_value(&w->findings, f, "section", FMT_DEC, s->nr);
			finding_value(&w->findings, f, "vmemmap", FMT_PTR, gap.va);
		}
		w->ledger.rule[RULE_VMEMMAP_MAPPED].gaps += gap.kind == KV_PHYS;
		pfn += step;
	}
	return NULL;
}

struct error *pass_zones(struct check *c, struct worker *w, uint64_t unit)
{
	bool virtual = c->layout.section.sparse && !c->layout.flag.section.width;
	struct error *err = NULL;

	(void)unit;
	check_nodes(c, w);
	if (!c->layout.section.sparse)
		return NULL;
	for (size_t i = 0; !err && i < c->memmap.sections.nr; i++) {
		check_section_map(c, w, &c->memmap.sections.v[i], virtual ? c->memmap.sections.v[i].map : 0);
		check_subsections(w, &c->memmap.sections.v[i]);
		if (virtual)
			err = check_mapped(c, w, &c->memmap.sections.v[i]);
	}
	return err;
}
