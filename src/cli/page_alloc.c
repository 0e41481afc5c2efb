/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who allocated a page and who freed it, with stacks, as page_owner noted it. */
#include <inttypes.h>

#include "cli/page_sheet.h"
#include "passes/check.h"
#include "walk/pageblock.h"

static const char group[] = "allocation";

/* When and by whom; what is not known is left out. */
static void add_moment(struct sheet *ret, const char *name, bool timed, uint64_t time, int64_t pid, int64_t tgid)
{
	char who[64] = "";

	if (tgid >= 0)
		snprintf(who, sizeof(who), "pid %" PRId64 ", tgid %" PRId64, pid, tgid);
	else if (pid >= 0)
		snprintf(who, sizeof(who), "pid %" PRId64, pid);
	if (timed)
		sheet_add(ret, group, name, FMT_DEC, time, "ns after boot%s%s", who[0] ? ", by " : "", who);
	else if (who[0])
		sheet_add(ret, group, name, FMT_TEXT, 0, "by %s", who);
}

static struct error *add_stack(struct check *c, struct sheet *ret, const char *name, uint32_t handle)
{
	struct depot_stack stack;
	struct error *err = stackdepot_fetch(&c->alloc.owners.depot, c->kv, handle, &stack);
	char frame[160];

	if (err || stack.state == DEPOT_NONE)
		return err;
	sheet_add(ret, group, arena_printf(&ret->arena, "%s stack", name), FMT_HEX, handle, "%s",
		  stack.state == DEPOT_FOUND ? "handle in the stack depot"
		  : stack.state == DEPOT_GAP ? "handle; the record is not in the dump"
					     : "handle that leads to no record of the stack depot");
	for (unsigned i = 0; i < stack.nr; i++)
		sheet_add(ret, group, arena_printf(&ret->arena, "%s[%u]", name, i), FMT_PTR, stack.frames[i], "%s",
			  alloc_frame_text(c, stack.frames[i], frame, sizeof(frame)));
	return NULL;
}

static void add_request(struct check *c, const struct page_owner *o, struct sheet *ret)
{
	const struct page_owners *owners = &c->alloc.owners;
	const char *reason = migrate_reason_name(owners, o->migrate_reason);
	char text[256];

	sheet_add(ret, group, "state", FMT_TEXT, 0, "%s",
		  o->allocated ? "in use" : "freed: the allocation is the last one before that");
	sheet_add(ret, group, "order", FMT_DEC, o->order, NULL);
	sheet_add(ret, group, "gfp", FMT_HEX, o->gfp, "%s", owners->gfp.nr ? gfp_text(owners, o->gfp, text, sizeof(text)) : "");
	sheet_add(ret, group, "migrate type", FMT_DEC, (uint64_t)gfp_migrate_type(o->gfp), "%s",
		  migrate_type_name(&c->layout, gfp_migrate_type(o->gfp)));
	if (o->migrate_reason >= 0)
		sheet_add(ret, group, "last migration", FMT_DEC, (uint64_t)o->migrate_reason, "%s", reason ? reason : "");
	if (o->comm[0])
		sheet_add(ret, group, "comm", FMT_TEXT, 0, "%s", o->comm);
}

struct error *page_alloc_sheet(struct check *c, uint64_t pfn, bool verbose, struct sheet *ret)
{
	struct page_owner o;
	struct error *err = alloc_read(c, pfn, &o);

	if (err)
		return err;
	if (!c->alloc.owners.known) {
		if (verbose)
			sheet_add(ret, group, "state", FMT_TEXT, 0,
				  "the kernel notes no owners of pages (CONFIG_PAGE_OWNER, page_owner=on)");
		return NULL;
	}
	if (o.state != OWNER_FOUND) {
		sheet_add(ret, group, "state", FMT_TEXT, 0, "%s",
			  o.state == OWNER_GAP ? "not in the dump" : "never noted for this page");
		return NULL;
	}
	add_request(c, &o, ret);
	add_moment(ret, "allocated", o.timed, o.time, o.pid, o.tgid);
	err = add_stack(c, ret, "alloc", o.handle);
	if (o.free_handle)
		add_moment(ret, "freed", o.free_time != 0, o.free_time, o.free_pid, o.free_tgid);
	return err ? err : add_stack(c, ret, "free", o.free_handle);
}
