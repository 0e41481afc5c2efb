/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The swap slot that a page in the swap cache names, and who refers to it: rows of the sheet. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/page_sheet.h"
#include "passes/swap.h"

static void add_area(const struct swap_area *a, uint64_t entry, struct sheet *sheet)
{
	sheet_add(sheet, "swap", "entry", FMT_HEX, entry, "type %u, slot %" PRIu64, swap_entry_type(entry),
		  swap_entry_offset(entry));
	if (a)
		sheet_add(sheet, "swap", "area", FMT_PTR, a->va, "%s, %" PRIu64 " of %" PRIu64 " slots used%s", a->name, a->inuse,
			  a->pages, a->flags & SWAP_AREA_WRITEOK ? "" : ", swapoff at work");
	else
		sheet_add(sheet, "swap", "area", FMT_TEXT, 0, "there is none of that type");
}

static void add_slot(struct check *c, const struct swap_area *a, const struct swap_slot *slot, uint64_t offset, struct sheet *sheet)
{
	const uint16_t *tallies = c->swap.tally[a - c->swap.swap.areas];
	unsigned tally = tallies ? tallies[offset] : 0;
	char text[96];

	sheet_add(sheet, "swap", "counted", FMT_HEX, slot->raw, "%s", swap_slot_text(slot, text, sizeof(text)));
	if (tallies)
		sheet_add(sheet, "swap", "found", FMT_DEC, tally & TALLY_COUNT, "%s%s%s",
			  tally & TALLY_SHMEM ? "in page tables and files of shmem" : "in page tables",
			  tally & TALLY_EXCLUSIVE ? "; an entry says that it is the only one" : "",
			  tally & TALLY_CACHED ? "; the swap cache leads to the folio" : "");
}

struct error *page_swap_sheet(struct check *c, uint64_t pfn, struct sheet *ret)
{
	const struct census_record *r = census_find(&c->census, pfn);
	uint64_t head = r ? census_head(r, pfn) : 0, entry, offset;
	const struct swap_area *a;
	struct swap_cluster ci = { .gap = true };
	struct swap_slot slot;
	struct page_view v;
	struct error *err;
	bool ok;

	if (!r || (r->kind != KIND_ANON_SWAPCACHE && r->kind != KIND_SHMEM_SWAPCACHE) || c->swap.swap.model == SWAP_MODEL_NONE)
		return NULL;
	err = memmap_read_page(&c->memmap, c->kv, head, &v, &ok);
	if (err || !ok)
		return err;
	entry = v.private + (pfn - head);
	offset = swap_entry_offset(entry);
	a = swap_area(&c->swap.swap, swap_entry_type(entry));
	add_area(a, entry, ret);
	if (!a || offset >= a->max)
		return NULL;
	if (a->clusters)
		err = swap_read_cluster(&c->swap.swap, a, c->kv, offset / a->cluster_slots, &ci);
	if (!err)
		err = swap_read_slots(&c->swap.swap, a, &c->memmap, c->kv, &ci, offset, 1, &slot);
	if (!err)
		add_slot(c, a, &slot, offset, ret);
	return err;
}
