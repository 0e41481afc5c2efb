/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON report, schema "pagefsck-report-1".  It is written record by record, a finding a line, so that memory does
 * not grow with the number of findings.  Nothing in it but "timing" depends on the clock or on threads.
 */
#include "report/json.h"

#include "report/judgement.h"

static struct json_object *json_tool(struct out *out, const struct report *r)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "name", json_object_new_string("pagefsck"));
	json_add_text(out, o, "version", r->tool_version);
	return o;
}

static struct json_object *json_totals(const struct report_totals *t)
{
	struct json_object *o = json_object_new_object();

	json_add_number(o, "findings", t->findings);
	json_add_number(o, "error", t->severity[SEV_ERROR]);
	json_add_number(o, "warning", t->severity[SEV_WARNING]);
	json_add_number(o, "note", t->severity[SEV_NOTE]);
	json_add_number(o, "dropped", t->dropped);
	json_add_number(o, "pages", t->pages);
	json_add_number(o, "objects", t->objects);
	json_add_number(o, "rules_checked", t->rules_checked);
	json_add_number(o, "rules_idle", t->rules_idle);
	json_add_number(o, "rules_skipped", t->rules_skipped);
	json_add_number(o, "checks", t->checks);
	json_add_number(o, "checks_lacking_data", t->unchecked);
	json_add_number(o, "gaps", t->gaps);
	return o;
}

static struct json_object *json_timing(struct out *out, const struct report *r)
{
	struct json_object *o = json_object_new_object(), *passes = json_object_new_array();

	json_add_seconds(o, "seconds", r->seconds);
	for (size_t i = 0; i < r->nr_passes; i++) {
		struct json_object *pass = json_object_new_object();

		json_add_text(out, pass, "name", r->passes[i].name);
		json_add_seconds(pass, "seconds", r->passes[i].seconds);
		json_object_array_add(passes, pass);
	}
	json_add(o, "passes", passes);
	return o;
}

static struct json_object *json_verdict(struct out *out, const struct report *r, const struct report_totals *t)
{
	_cleanup_free_ char *verdict = verdict_text(r, t), *sound = soundness_text(r, t), *cause = NULL;
	const char *name;
	struct json_object *o;
	struct judgement j;

	if (!verdict || !sound || !judge(r->findings, t->dropped, &j))
		return NULL;
	cause = judgement_text(&j);
	name = judgement_name(j.cause);
	o = json_object_new_object();
	json_add_text(out, o, "verdict", verdict);
	json_add(o, "cause", json_text(out, name));
	json_add_text(out, o, "cause_text", cause);
	json_add_text(out, o, "rest_of_memory", sound);
	return o;
}

static void json_head(struct out *out, const struct report *r)
{
	out_printf(out, "{\n");
	json_member(out, "schema", json_object_new_string("pagefsck-report-1"), ",");
	json_member(out, "tool", json_tool(out, r), ",");
	if (r->case_id)
		json_member(out, "case_id", json_text(out, r->case_id), ",");
	json_member(out, "dump", json_dump(out, &r->dump), ",");
	json_member(out, "kernel", json_kernel(out, &r->kernel), ",");
}

struct error *report_json(const struct report *r, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);
	struct report_totals t;

	if (!report_totals(r, &t))
		return &error_nomem;
	json_head(&out, r);
	json_member(&out, "judgement", json_verdict(&out, r, &t), ",");
	json_member(&out, "census", json_census(&out, r->census), ",");
	json_array(&out, "findings", r->findings->list.nr, json_finding, r, ",");
	json_array(&out, "gaps", r->nr_gaps, json_gap, r, ",");
	if (r->nr_owners)
		json_array(&out, "kernel_memory", r->nr_owners, json_owner, r, ",");
	json_array(&out, "totals_recount", r->nr_counters, json_counter, r, ",");
	json_array(&out, "references", r->nr_references, json_reference, r, ",");
	json_array(&out, "rules", NR_RULES, json_rule_result, r, ",");
	json_member(&out, "totals", json_totals(&t), ",");
	json_member(&out, "timing", json_timing(&out, r), "");
	out_printf(&out, "}\n");
	return out_finish(&out);
}

struct error *report_census_json(const struct report *r, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);

	json_head(&out, r);
	json_member(&out, "census", json_census(&out, r->census), ",");
	if (r->nr_owners)
		json_array(&out, "kernel_memory", r->nr_owners, json_owner, r, ",");
	json_array(&out, "gaps", r->nr_gaps, json_gap, r, "");
	out_printf(&out, "}\n");
	return out_finish(&out);
}
