/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

/* One record on a line, as the lines of JSON have it; takes the object. */
static struct error *write_object(struct json_object *o, FILE *file)
{
	const char *text = o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	struct error *err = text ? NULL : &error_nomem;

	if (!err && fprintf(file, "%s", text) < 0)
		err = error_errno(errno, "cannot write");
	json_object_put(o);
	return err;
}

static struct json_object *unread_object(const struct batch_unread *u)
{
	struct json_object *o = json_object_new_object();
	char text[128];

	json_object_object_add(o, "path", json_object_new_string(u->name));
	json_object_object_add(o, "error", json_object_new_string(strerror_r(u->errnum, text, sizeof(text))));
	return o;
}

/* Of a dump that nobody came to, only that. */
static struct json_object *dump_object(const struct batch_item *it)
{
	const char *state = it->state == BATCH_CHECKED ? "checked" : it->state == BATCH_KNOWN ? "known" : "open";
	bool is_open = it->state != BATCH_CHECKED && it->state != BATCH_KNOWN;
	struct json_object *o = is_open ? json_object_new_object() : jsonl_object(it->dump, &it->result);

	if (!o)
		return NULL;
	if (is_open)
		json_object_object_add(o, "path", json_object_new_string(it->dump->name));
	json_object_object_add(o, "state", json_object_new_string(state));
	return o;
}

struct error *batch_summary(const struct batch *b, FILE *file)
{
	const struct batch_found *f = b->found;
	struct error *err = NULL;
	const char *before = "";

	fprintf(file,
		"{\n\"schema\": \"pagefsck-scan-summary-1\",\n\"files\": %" PRIu64 ",\n\"others\": %" PRIu64 ",\n\"dumps\": [",
		f->files, f->others);
	for (size_t i = 0; i < f->dumps.nr && !err; i++) {
		const struct batch_item *it = &b->items[i];

		if (it->state == BATCH_NOT_OURS)
			continue;
		fprintf(file, "%s\n", before);
		err = write_object(dump_object(it), file);
		before = ",";
	}
	fprintf(file, "\n],\n\"unread\": [");
	for (size_t i = 0; i < f->unread.nr && !err; i++) {
		fprintf(file, "%s\n", i ? "," : "");
		err = write_object(unread_object(&f->unread.v[i]), file);
	}
	fprintf(file, "\n]");
	if (b->gone.looked)
		fprintf(file, ",\n\"gone\": %" PRIu64 ",\n\"pruned\": %" PRIu64 ",\n\"unsure\": %" PRIu64, b->gone.files,
			b->gone.removed, b->gone.unsure);
	fprintf(file, "\n}\n");
	return !err && ferror(file) ? error_errno(errno, "cannot write") : err;
}
