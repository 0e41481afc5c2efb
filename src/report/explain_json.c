/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule catalogue as JSON, schema "pagefsck-rules-1". */
#include "report/explain.h"

#include <string.h>

#include "report/json_record.h"
#include "rules/recipe.h"

static struct json_object *json_names(struct out *out, const char *const *names)
{
	struct json_object *o = json_object_new_array();

	for (size_t i = 0; names && names[i]; i++)
		json_object_array_add(o, json_text(out, names[i]));
	return o;
}

static struct json_object *json_needs(struct out *out, const enum need *needs)
{
	struct json_object *o = json_object_new_array();

	for (; needs && *needs != NEED_END; needs++)
		json_object_array_add(o, json_text(out, need_reason(*needs)));
	return o;
}

/* Lines of a text as an array. */
static struct json_object *json_lines(const char *text)
{
	struct json_object *o = json_object_new_array();

	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		json_object_array_add(o, json_object_new_string_len(text, (int)len));
	}
	return o;
}

static struct json_object *json_commands(struct out *out, enum rule_id id)
{
	struct json_object *array = json_object_new_array(), *o;

	for (const struct recipe *r = recipes; r->id; r++) {
		if (!recipe_fits(r, id))
			continue;
		o = json_object_new_object();
		json_add_text(out, o, "id", r->id);
		json_add_text(out, o, "shows", r->shows);
		json_add(o, "crash", json_lines(r->crash));
		json_add(o, "drgn", json_lines(r->drgn));
		json_object_array_add(array, o);
	}
	return array;
}

static struct json_object *json_rule(struct out *out, enum rule_id id)
{
	const struct rule *r = &rules[id];
	struct json_object *o = json_object_new_object();

	json_add_text(out, o, "id", r->id);
	json_add_text(out, o, "area", rule_area(id));
	json_add_text(out, o, "severity", severity_name(r->severity));
	json_add_text(out, o, "confidence", confidence_name(r->confidence));
	json_add_text(out, o, "pass", r->pass);
	json_add_text(out, o, "subject", subject_kind_name(r->subject));
	json_add(o, "fields", json_names(out, r->values));
	json_add(o, "skipped_when", json_needs(out, r->needs));
	json_add_text(out, o, "kernels", r->kernels);
	json_add_text(out, o, "maintained_by", r->maintained_by);
	json_add_text(out, o, "summary", r->summary);
	json_add_text(out, o, "promise", r->promise);
	json_add_text(out, o, "causes", r->causes);
	json_add_text(out, o, "exceptions", r->exceptions);
	json_add_text(out, o, "look", r->look);
	json_add(o, "commands", json_commands(out, id));
	return o;
}

struct error *report_explain_json(const char *globs, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);
	const char *separator = "";

	out_printf(&out, "{\n\"schema\": \"pagefsck-rules-1\",\n\"rules\": [");
	for (size_t i = 0; i < NR_RULES; i++) {
		if (globs && !rule_matches(rules[i].id, globs))
			continue;
		out_printf(&out, "%s\n", separator);
		json_write(&out, json_rule(&out, (enum rule_id)i));
		separator = ",";
	}
	out_printf(&out, "\n]\n}\n");
	return out_finish(&out);
}
