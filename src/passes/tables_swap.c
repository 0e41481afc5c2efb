/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries that are not present: swap slots, migration, device memory, markers.
 *
 * checks:    that their type and offset exist, that the page of a migration entry is locked, of a device entry device memory
 * collects:  swap entries and migrated pages for rss
 * exceptions: hardware-poison entries and markers count nowhere
 */
#include "passes/leaf.h"
#include "passes/swap.h"

static struct error *read_head(struct table_cursor *t, const struct leaf *leaf, struct page_view *ret, bool *ok)
{
	return memmap_read_page(&t->walk->check->memmap, t->w->kv, census_head(leaf->record, leaf->pfn), ret, ok);
}

static void bad_swapent(struct table_cursor *t, const struct leaf *leaf)
{
	struct finding *f;
	struct leaf at = *leaf;

	at.record = NULL;
	f = leaf_finding(t, RULE_SWAP_ENTRY_TYPE, &at);
	finding_value(&t->w->findings, f, "type", FMT_DEC, leaf->e.type);
	finding_value(&t->w->findings, f, "offset", FMT_HEX, leaf->e.offset);
}

/* unmap puts migration entries in for locked folios alone, and they stay locked until the entries are gone. */
static struct error *migration(struct table_cursor *t, const struct leaf *leaf)
{
	struct page_view v;
	bool ok;
	struct error *err = read_head(t, leaf, &v, &ok);

	t->tw->nr_migrations++;
	if (!err && ok && !page_has(&v, t->l->flag.locked))
		leaf_finding(t, RULE_MIGRATION_ENTRY_LOCKED, leaf);
	return err;
}

static void device(struct table_cursor *t, const struct leaf *leaf, enum swapent_class class)
{
	bool counts = class == SWAPENT_DEVICE || t->walk->check->swapent.exclusive_counts;
	struct finding *f;

	if (class == SWAPENT_DEVICE && leaf->record->kind != KIND_DEVICE) {
		f = leaf_finding(t, RULE_DEVICE_PRIVATE_ENTRY, leaf);
		finding_text(&t->w->findings, f, "state", kinds[leaf->record->kind].title, NULL);
	}
	if (counts && t->count && t->level == 1)
		rmap_add(&t->walk->check->rmap.runs.v[leaf->run]
				  .pages[leaf->pfn - t->walk->check->rmap.runs.v[leaf->run].first_pfn],
			 1);
}

static struct error *with_page(struct table_cursor *t, struct leaf *leaf, enum swapent_class class)
{
	uint64_t pfn = leaf->e.offset & t->walk->check->swapent.pfn_mask;
	uint64_t nr = UINT64_C(1) << mmu_level_order(&t->l->mmu, t->level);

	if (!leaf_find_page(t, leaf, pfn)) {
		bad_swapent(t, leaf);
		return NULL;
	}
	if (!leaf->record || leaf->record->kind == KIND_UNREADABLE) {
		t->odd += (int64_t)nr;
		return NULL;
	}
	if (class == SWAPENT_HWPOISON)
		return NULL;
	if (!kind_is_hugetlb((enum page_kind)leaf->record->kind))
		t->rss[leaf_rss_counter(t->walk->check, leaf)] += (int64_t)nr;
	if (class == SWAPENT_MIGRATION)
		return migration(t, leaf);
	device(t, leaf, class);
	return NULL;
}

struct error *table_swapent(struct table_cursor *t, struct leaf *leaf)
{
	enum swapent_class class = swapent_classify(&t->walk->check->swapent, leaf->e.type, leaf->e.offset);

	t->tw->nr_swapents++;
	leaf_find_area(t, leaf);
	if (class == SWAPENT_BAD) {
		bad_swapent(t, leaf);
		return NULL;
	}
	if (swapent_has_pfn(class))
		return with_page(t, leaf, class);
	if (class != SWAPENT_SWAP || t->level != 1)
		return NULL;
	t->rss[fact_value(&t->l->facts, FACT_MM_SWAPENTS, 2) % MAX_RSS_COUNTERS]++;
	if (t->count)
		swap_note_entry(t->walk->check, leaf->e.type, leaf->e.offset, leaf->e.bits & USER_EXCLUSIVE);
	return NULL;
}
