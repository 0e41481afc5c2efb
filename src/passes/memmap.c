/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memmap pass: every struct page once.
 *
 * checks:    the page-local and folio-local rules of the catalogue
 * collects:  the census (a record a page) and its totals
 * relies on: zones, sections, per-CPU lists and special pages found when the check was opened
 * exceptions: each rule's own; pages whose struct page cannot be read are counted, never guessed
 *
 * A unit is a memory section: one read of its struct pages, then pure computation, except for looks at address_space
 * objects (cached).
 */
#include <string.h>

#include "passes/pass.h"
#include "passes/scan.h"
#include "passes/scope.h"

/* Batches of pages being freed, on top of two blocks of the largest order (one of a preempted task), for each CPU. */
enum { BATCHED_PAGES_PER_CPU = 512 };

/* The zone that spans page i, and how far that holds. */
static void zone_run(struct scan *s, uint32_t i)
{
	const struct zones *z = &s->check->zones;
	uint64_t pfn = scan_pfn(s, i), end = s->first_pfn + s->nr;

	s->run_zone = NULL;
	for (size_t j = 0; j < z->list.nr; j++) {
		const struct zone *zone = &z->list.v[j];
		uint64_t zone_end = zone->start_pfn + zone->spanned;

		if (pfn >= zone->start_pfn && pfn < zone_end && !s->run_zone)
			s->run_zone = zone;
		if (zone->start_pfn > pfn && zone->start_pfn < end)
			end = zone->start_pfn;
		if (zone_end > pfn && zone_end < end)
			end = zone_end;
	}
	s->run_first = i;
	s->run_end = (uint32_t)(end - s->first_pfn);
	s->run_bits = s->run_zone ? s->run_zone->flags_bits & z->flags_mask : 0;
	s->run_mask = s->l->flag.undefined | (s->run_zone ? z->flags_mask : 0);
	if (s->l->flag.section.width) {
		s->run_bits |= s->section->nr << s->l->flag.section.shift;
		s->run_mask |= flag_field_mask(s->l->flag.section);
	}
}

/* ---- one section ------------------------------------------------------------------------------------------------- */

/* A block on a per-CPU list that turned out to be part of something else: the something else is at fault, or the list. */
static void skipped_pcp(struct scan *s, uint32_t i)
{
	const struct pcp *p = &s->check->pcp;
	char list[64];

	while (s->pcp_next < p->blocks.nr && p->blocks.v[s->pcp_next].pfn < scan_pfn(s, i)) {
		const struct pcp_block *b = &p->blocks.v[s->pcp_next++];
		uint32_t at = (uint32_t)(b->pfn - s->first_pfn);
		struct finding *f;

		if (b->pfn < s->first_pfn || s->records[at].kind == KIND_PCP || s->records[at].kind == KIND_LLIST_FREE)
			continue;
		f = scan_finding(s, RULE_PCP_PAGE_STATE, at);
		finding_text(&s->w->findings, f, "state", kinds[s->records[at].kind].title, "free");
		snprintf(list, sizeof(list), "a free list of CPU %u", b->cpu);
		finding_text(&s->w->findings, f, "list", b->llist ? "the zone's trylock list" : list, NULL);
	}
}

/*
 * Most pages of a machine that is not busy: reserved, or the kernel's own without a type.  Nothing in such a page can
 * contradict anything, so it needs no closer look.
 */
static bool scan_plain(struct scan *s, uint32_t i, const struct page_view *v)
{
	const struct layout *l = s->l;
	uint64_t reserved = flag_mask(l->flag.reserved);
	uint64_t other = (l->flag.all | flag_field_mask(l->flag.lru_gen) | flag_field_mask(l->flag.lru_refs)) & ~reserved;
	const struct special *special = &s->check->special;
	enum page_kind kind;

	if (((v->flags ^ s->run_bits) & s->run_mask) | (v->flags & other) | v->mapping | v->memcg | (v->word8 & 1) |
	    (v->mapcount ^ UINT32_MAX) | l->flag.section.width || v->refcount < 1 || v->refcount >= 0x10000 || i + 1 >= s->nr)
		return false;
	if (special_is_zero(special, scan_pfn(s, i)) || (l->pp_mask && (v->word8 & l->pp_mask) == l->pp_signature) ||
	    (get_u64(l->mmu.endian, scan_page(s, i + 1) + l->page.word8) & 1) ||
	    (s->run_zone && (int)s->run_zone->index == s->check->classify.zone_device))
		return false;
	kind = bitmap_test(&special->vmemmap, scan_pfn(s, i)) ? KIND_VMEMMAP
	       : v->flags & reserved			      ? KIND_RESERVED
							      : KIND_KERNEL;
	if (v->refcount != 1)
		return false;
	scan_record(s, i, kind, 0, 0, 0);
	return true;
}

/*
 * Memory that was added and not put online, or taken offline (offline_mem_sections()): its struct pages say nothing.
 * Sections of device memory are never online.
 */
static bool section_offline(const struct scan *s, uint32_t i)
{
	struct page_view v;

	if (s->section->online || s->check->classify.zone_device < 0)
		return false;
	if (s->l->section.device_bit >= 0)
		return !(s->section->raw & bit_u64((unsigned)s->l->section.device_bit));
	if (scan_unreadable(s, i))
		return true;
	v = scan_view(s, i);
	return flag_field_get(s->l->flag.zone, v.flags) != (uint64_t)s->check->classify.zone_device;
}

static struct error *scan_one(struct scan *s, uint32_t i, uint32_t *ret_done)
{
	const struct pcp *p = &s->check->pcp;
	struct page_view v;

	*ret_done = 1;
	if (i >= s->run_end)
		zone_run(s, i);
	if (s->section->has_subsections && !memmap_valid(&s->check->memmap, s->section, scan_pfn(s, i))) {
		scan_record(s, i, KIND_HOLE, 0, 0, 0);
		return NULL;
	}
	if (section_offline(s, i)) {
		scan_record(s, i, KIND_UNINITIALISED, 0, 0, 0);
		return NULL;
	}
	if (scan_unreadable(s, i)) {
		scan_record(s, i, KIND_UNREADABLE, 0, 0, 0);
		s->w->nr_unreadable++;
		return NULL;
	}
	if (s->pcp_next < p->blocks.nr && p->blocks.v[s->pcp_next].pfn <= scan_pfn(s, i)) {
		skipped_pcp(s, i);
		if (s->pcp_next < p->blocks.nr && p->blocks.v[s->pcp_next].pfn == scan_pfn(s, i)) {
			*ret_done = scan_pcp(s, i);
			return NULL;
		}
	}
	v = scan_view(s, i);
	if (scan_plain(s, i, &v))
		return NULL;
	if (page_all_ones(&v)) {
		scan_poisoned(s, i, &v);
		return NULL;
	}
	if (page_is_tail(&v))
		return scan_stray_tails(s, i, ret_done);
	if (layout_page_type(s->l, v.mapcount) == TYPE_BUDDY) {
		*ret_done = scan_buddy(s, i, &v);
		return NULL;
	}
	if (scan_is_head(s, i, &v))
		return scan_folio(s, i, &v, ret_done);
	return scan_small(s, i, &v);
}

static void tally_section(struct scan *s)
{
	const struct check_options *o = &s->check->options;
	struct zone_tally *tally = NULL;

	s->run_end = 0;
	for (uint32_t i = 0; i < s->nr; i++) {
		const struct census_record *r = &s->records[i];

		if (i >= s->run_end) {
			zone_run(s, i);
			tally = &s->w->zones[s->run_zone ? (size_t)(s->run_zone - s->check->zones.list.v)
							 : s->check->zones.list.nr];
		}
		if (scan_pfn(s, i) < o->first_pfn || scan_pfn(s, i) >= o->end_pfn || r->kind == KIND_HOLE)
			continue;
		tally->pages++;
		tally->kinds[r->kind]++;
		if (r->bits & (CENSUS_TAIL | CENSUS_INTERIOR))
			s->w->counts.tails[r->kind]++;
		else
			s->w->counts.pages[r->kind]++;
		if (r->bits & CENSUS_HEAD)
			s->w->counts.larges[r->kind]++;
	}
}

struct error *pass_memmap_begin(struct check *c, uint64_t *ret_units)
{
	*ret_units = c->memmap.sections.nr;
	c->totals.sums = calloc(c->zones.list.nr + 1, sizeof(*c->totals.sums));
	return c->totals.sums ? lru_memcgs_init(c) : &error_nomem;
}

struct error *pass_memmap(struct check *c, struct worker *w, uint64_t unit)
{
	const struct section *section = &c->memmap.sections.v[unit];
	struct scan s = {
		.check = c,
		.w = w,
		.l = &c->layout,
		.section = section,
		.pages = w->pages,
		.records = c->census.runs.v[unit].records,
		.nr = section->nr_pages,
		.first_pfn = section->first_pfn,
		.pcp_next = pcp_lower_bound(&c->pcp, section->first_pfn),
		.lost_head_pfn = UINT64_MAX,
		.tally_rare = tally_rare_flags(&c->layout),
	};
	struct kv_gap gap;
	struct error *err;

	if (section->first_pfn >= c->options.end_pfn || section->first_pfn + section->nr_pages <= c->options.first_pfn)
		return NULL;
	memset(w->section_findings, 0, sizeof(w->section_findings));
	if (check_out_of_time(c)) {
		__atomic_fetch_add(&c->nr_not_reached, section->nr_pages, __ATOMIC_RELAXED);
		return NULL;
	}
	c->census.runs.v[unit].done = true;
	c->rmap.runs.v[unit].ids.nr = 0;
	err = memmap_read(&c->memmap, section, w->kv, w->pages, w->unreadable, &gap);
	if (!err && gap.kind != KV_OK && (w->first_gap.kind == KV_OK || gap.va < w->first_gap.va))
		w->first_gap = gap;
	for (uint32_t i = 0, done = 0; !err && i < s.nr; i += done)
		err = scan_one(&s, i, &done);
	if (err)
		return err;
	skipped_pcp(&s, s.nr);
	scan_frozen(&s);
	scan_merge(&s);
	scan_filtered(&s);
	scan_load(&s);
	count_poisoned(w, s.l, s.pages, &c->census.runs.v[unit]);
	tally_section(&s);
	return NULL;
}

/* ---- after all sections ------------------------------------------------------------------------------------------ */

static const char *gap_why(const struct kv_gap *gap)
{
	return gap->kind == KV_PHYS ? gap_reason_text(gap->phys) : "not mapped in the kernel's page table";
}

/* A few uncharged folios among many charged ones; with memory cgroups off nothing is charged. */
static struct error *uncharged(struct check *c)
{
	uint64_t charged = 0, not_charged = 0;

	for (unsigned i = 0; i < c->nr_workers; i++) {
		charged += c->workers[i].lru_charged;
		not_charged += c->workers[i].lru_uncharged;
	}
	if (not_charged * 50 > charged || !check_active(c, RULE_MEMCG_UNCHARGED_LRU))
		return NULL;
	for (unsigned i = 0; i < c->nr_workers; i++) {
		for (size_t j = 0; j < c->workers[i].lru_suspects.nr; j++) {
			uint64_t pfn = c->workers[i].lru_suspects.v[j];
			struct subject subject = check_page_subject(c, SUBJ_FOLIO, pfn);
			struct finding *f = check_finding(c, RULE_MEMCG_UNCHARGED_LRU, &subject);

			finding_value(&c->findings, f, "memcg_data", FMT_PTR, 0);
			finding_evidence(&c->findings, f, "neighbour", "%llu other LRU folio(s) (is|are) charged",
					 (unsigned long long)charged);
		}
	}
	return c->findings.failed ? &error_nomem : NULL;
}

struct motion {
	uint64_t first_pfn;
	uint64_t pages, runs;               /* just taken off a list, as it looks */
	uint64_t listed_pages, listed_runs; /* on a list that a CPU keeps for itself */
};

static struct motion sum_motion(const struct check *c)
{
	struct motion m = { .first_pfn = UINT64_MAX };

	for (unsigned i = 0; i < c->nr_workers; i++) {
		for (size_t j = 0; j < c->workers[i].in_motion.nr; j++) {
			const struct page_run *r = &c->workers[i].in_motion.v[j];

			*(r->listed ? &m.listed_pages : &m.pages) += r->nr;
			*(r->listed ? &m.listed_runs : &m.runs) += 1;
			m.first_pfn = r->pfn < m.first_pfn ? r->pfn : m.first_pfn;
		}
	}
	return m;
}

/* Pages that CPUs move between lists: one note, unless there are too many for the CPUs. */
static struct error *moving_pages(struct check *c)
{
	struct motion m = sum_motion(c);
	struct subject subject = subject_page(SUBJ_PAGE, m.first_pfn);
	struct findings *fs = &c->findings;
	struct finding *f;

	if (!(m.runs + m.listed_runs) || !check_active(c, RULE_FROZEN_RUN))
		return NULL;
	subject.page_kind = kinds[KIND_FROZEN].name;
	f = check_finding(c, RULE_FROZEN_RUN, &subject);
	finding_value(fs, f, "first_pfn", FMT_HEX, m.first_pfn);
	finding_value(fs, f, "nr_pages", FMT_DEC, m.pages + m.listed_pages);
	if (m.runs)
		finding_evidence(fs, f, "neighbour", "%llu page(s) in %llu run(s), clean and just taken off a list",
				 (unsigned long long)m.pages, (unsigned long long)m.runs);
	if (m.listed_runs)
		finding_evidence(fs, f, "list", "%llu page(s) in %llu block(s) (is|are) on lists that no zone owns: compaction and "
				 "batched frees keep such lists on their stack",
				 (unsigned long long)m.listed_pages, (unsigned long long)m.listed_runs);
	if (m.pages <= (BATCHED_PAGES_PER_CPU + (UINT64_C(2) << c->layout.max_buddy_order)) * c->percpu.cpus.nr)
		finding_lower(fs, f, "CPUs that free a batch, compact memory or prepare an allocation have such pages");
	return fs->failed ? &error_nomem : NULL;
}

/* RAM of the dump that no memory section covers: device memory that QEMU dumps, or a section that was not readable. */
static bool count_no_memmap(void *arg, uint64_t first, uint64_t end)
{
	struct check *c = arg;

	c->census.no_memmap += end - first;
	for (size_t i = 0; i < c->memmap.sections.nr; i++) {
		const struct section *s = &c->memmap.sections.v[i];
		uint64_t from = s->first_pfn > first ? s->first_pfn : first;
		uint64_t to = s->first_pfn + s->nr_pages < end ? s->first_pfn + s->nr_pages : end;

		if (from < to)
			c->census.no_memmap -= to - from;
	}
	return true;
}

struct error *pass_memmap_finish(struct check *c)
{
	uint64_t unreadable = 0;
	struct kv_gap gap = { .kind = KV_OK };
	struct error *err;

	for (unsigned i = 0; i < c->nr_workers; i++) {
		const struct worker *w = &c->workers[i];

		unreadable += w->nr_unreadable;
		if (w->first_gap.kind != KV_OK && (gap.kind == KV_OK || w->first_gap.va < gap.va))
			gap = w->first_gap;
	}
	if (unreadable)
		check_gap_add(c, "struct pages", gap_why(&gap), unreadable, gap.va);
	if (c->nr_not_reached)
		check_gap_add(c, "struct pages", "not reached within the time limit", c->nr_not_reached, UINT64_MAX);
	dump_for_each_ram(c->dump, count_no_memmap, c);
	scope_count(c, unreadable + c->nr_not_reached);
	err = moving_pages(c);
	if (!err)
		err = filtered_finish(c);
	if (!err)
		err = stale_finish(c);
	return err ? err : uncharged(c);
}
