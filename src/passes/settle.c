/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of one folio that contradict each other for as long as a CPU maps or unmaps it: the memmap pass can only suspect
 * that.  Once the page tables are known, the lock of the very table that maps the folio settles it.
 */
#include "passes/recount.h"

static const enum rule_id changing[] = {
	RULE_NR_PAGES_MAPPED_RECOUNT, RULE_LARGE_GE_ENTIRE, RULE_HUGETLB_LARGE_EQ_ENTIRE, RULE_ANON_EXCLUSIVE_SHARED,
	RULE_REFCOUNT_LT_MAPCOUNT, RULE_DOUBLE_MAP_ENTIRE, RULE_MMID_SLOT_CONSISTENT,
};

static bool is_changing(const struct finding *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(changing); i++)
		if (f->rule == changing[i])
			return f->severity != SEV_NOTE && f->subject.head_pfn != UINT64_MAX;
	return false;
}

/* A table in whose range some page of the folio belongs, and that is locked, or of which the dump lacks that. */
static struct error *find_lock(struct check *c, uint64_t head, const struct excuse **ret)
{
	const struct census_record *r = census_find(&c->census, head);
	struct page_view v;
	struct error *err;
	bool ok = false;

	*ret = NULL;
	if (!r)
		return NULL;
	err = memmap_read_page(&c->memmap, c->kv, head, &v, &ok);
	if (err || !ok)
		return err;
	for (uint64_t i = 0; !*ret && i < UINT64_C(1) << r->order; i++) {
		struct excused e = excuse_find(c, v.mapping, v.index + i);

		*ret = e.first && e.first->kind != EXCUSE_DETACHED ? e.first : NULL;
	}
	return NULL;
}

struct error *settle_counters(struct check *c)
{
	bool partial = c->tables.incomplete || c->tables.missing;
	struct error *err = NULL;

	for (size_t i = 0; !err && i < c->findings.list.nr && (partial || c->tables.excuses.nr); i++) {
		struct finding *f = &c->findings.list.v[i];
		const struct excuse *e;

		if (!is_changing(f))
			continue;
		err = find_lock(c, f->subject.head_pfn, &e);
		if (!err && e && e->kind == EXCUSE_LOCKED)
			finding_lower(&c->findings, f,
				      "the lock of a page table that maps the folio is held: a CPU is changing it");
		else if (!err && (e || partial))
			finding_lower(&c->findings, f, "a page table that may map the folio is not known: a CPU may be changing it");
	}
	return err;
}
