/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was looked at, as JSON: dump, kernel, census, gaps, what became of each rule. */
#include "report/json.h"

struct json_object *json_dump(struct out *out, const struct report_dump *d)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "path", json_text(out, d->path));
	json_add(o, "format", json_text(out, d->format));
	json_add_text(out, o, "compression", d->compression);
	if (d->flattened)
		json_add(o, "flattened", json_object_new_boolean(true));
	if (d->live)
		json_add(o, "live", json_object_new_boolean(true));
	if (d->vmcoreinfo_pa)
		json_add(o, "vmcoreinfo_address", json_hex(d->vmcoreinfo_pa));
	if (d->vmcoreinfo_others)
		json_add(o, "vmcoreinfo_choice", json_text(out, d->vmcoreinfo_reason));
	if (d->nr_files > 1)
		json_add_number(o, "files", d->nr_files);
	json_add_number(o, "size", d->size);
	json_add_number(o, "pages_present", d->pages_present);
	json_add_number(o, "pages_excluded", d->pages_excluded);
	json_add_number(o, "pages_truncated", d->pages_truncated);
	json_add(o, "truncated", json_object_new_boolean(d->truncated));
	json_add_text(out, o, "incomplete", d->incomplete);
	if (d->dump_level >= 0)
		json_add_number(o, "dump_level", (uint64_t)d->dump_level);
	return o;
}

struct json_object *json_kernel(struct out *out, const struct report_kernel *k)
{
	struct json_object *o = json_object_new_object(), *debuginfo = json_object_new_object();
	struct json_object *models = json_object_new_object();

	json_add(o, "release", json_text(out, k->release));
	json_add(o, "arch", json_text(out, k->arch));
	json_add_number(o, "page_size", k->page_size);
	json_add(o, "build_id", json_text(out, k->build_id));
	json_add(debuginfo, "source", json_text(out, k->debuginfo_source));
	json_add(debuginfo, "path", json_text(out, k->debuginfo_path));
	json_add_text(out, debuginfo, "hint", k->debuginfo_hint);
	json_add(o, "debuginfo", debuginfo);
	for (size_t i = 0; i < k->nr_models; i++)
		json_add(models, k->models[i].name, json_text(out, k->models[i].value));
	json_add(o, "models", models);
	json_panic(out, k, o);
	return o;
}

/* Page counts by kind, without those that are zero. */
static struct json_object *json_kinds(const uint64_t *counts)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < NR_KINDS; i++)
		if (counts[i])
			json_add_number(o, kinds[i].name, counts[i]);
	return o;
}

struct json_object *json_census(struct out *out, const struct census *c)
{
	struct json_object *o = json_object_new_object(), *zones = json_object_new_array();

	json_add_number(o, "pages", c->pages);
	json_add_number(o, "no_memmap", c->no_memmap);
	json_add(o, "kinds", json_kinds(c->kinds));
	for (size_t i = 0; i < c->zones.nr; i++) {
		const struct zone_tally *z = &c->zones.v[i];
		struct json_object *zone = json_object_new_object();

		json_add_number(zone, "node", z->node);
		json_add(zone, "zone", json_text(out, z->name ? z->name : ""));
		json_add_number(zone, "zone_index", z->zone);
		json_add_number(zone, "pages", z->pages);
		json_add(zone, "kinds", json_kinds(z->kinds));
		json_object_array_add(zones, zone);
	}
	json_add(o, "zones", zones);
	return o;
}

struct json_object *json_gap(struct out *out, const void *from, size_t i)
{
	const struct report *r = from;
	const struct report_gap *g = &r->gaps[i];
	struct json_object *o = json_object_new_object();

	json_add(o, "what", json_text(out, g->what));
	json_add(o, "why", json_text(out, g->why));
	json_add_number(o, "count", g->count);
	if (g->example != UINT64_MAX)
		json_add(o, "example", json_hex(g->example));
	return o;
}

struct json_object *json_counter(struct out *out, const void *from, size_t i)
{
	const struct report *r = from;
	const struct report_counter *c = &r->counters[i];
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "counter", c->name);
	if (c->node >= 0)
		json_add_number(o, "node", (uint64_t)c->node);
	if (c->zone)
		json_add(o, "zone", json_text(out, c->zone));
	json_add(o, "kernel", json_object_new_int64(c->says));
	json_add(o, "found", json_object_new_int64(c->low));
	if (c->high != c->low)
		json_add(o, "found_at_most", json_object_new_int64(c->high));
	if (c->hand)
		json_add(o, "in_hand", json_object_new_int64(c->hand));
	json_add_text(out, o, "unit", c->unit);
	json_add_text(out, o, "sum", c->sum);
	json_add_text(out, o, "rule", c->rule);
	return o;
}

struct json_object *json_reference(struct out *out, const void *from, size_t i)
{
	const struct report *r = from;
	const struct report_reference *f = &r->references[i];
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "how", f->source);
	json_add(o, "holder", json_text(out, f->holder));
	json_add_number(o, "references", f->refs);
	if (f->pages)
		json_add_number(o, "pages", f->pages);
	return o;
}

struct json_object *json_owner(struct out *out, const void *from, size_t i)
{
	const struct report *r = from;
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "owner", r->owners[i].name);
	json_add_text(out, o, "title", r->owners[i].title);
	json_add_number(o, "pages", r->owners[i].pages);
	return o;
}

struct json_object *json_rule_result(struct out *out, const void *from, size_t i)
{
	const struct report *r = from;
	const struct ledger_entry *e = &r->ledger->rule[i];
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "id", rules[i].id);
	json_add_text(out, o, "severity", severity_name(rules[i].severity));
	json_add_number(o, "checked", e->checked);
	json_add_number(o, "findings", e->findings);
	json_add_number(o, "dropped", e->dropped);
	json_add_number(o, "gaps", e->gaps);
	json_add(o, "skipped", json_text(out, e->skipped));
	return o;
}
