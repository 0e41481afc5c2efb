/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/record.h"

#include <stdbool.h>
#include <string.h>

struct reader {
	char section[64];
	bool in_array;
	bool started, ended;
	record_fn *fn;
	void *arg;
};

static struct error *take_value(struct reader *r, const char *text)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *o;
	struct error *err;

	if (!t)
		return &error_nomem;
	o = json_tokener_parse_ex(t, text, (int)strlen(text));
	err = o || json_tokener_get_error(t) == json_tokener_success ? r->fn(r->arg, r->section, o) :
		error_new("the report of the check is damaged in \"%s\"", r->section);
	json_object_put(o);
	json_tokener_free(t);
	return err;
}

/* "name": value */
static struct error *take_member(struct reader *r, char *line)
{
	char *end = strstr(line + 1, "\": ");

	if (!end || (size_t)(end - line) > sizeof(r->section))
		return error_new("the report of the check is damaged behind \"%s\"", r->section);
	*end = '\0';
	snprintf(r->section, sizeof(r->section), "%s", line + 1);
	line = end + 3;
	if (!strcmp(line, "[")) {
		r->in_array = true;
		return NULL;
	}
	return !strcmp(line, "[]") ? NULL : take_value(r, line);
}

static struct error *take_line(struct reader *r, char *line)
{
	size_t len = strlen(line);

	while (len && (line[len - 1] == '\n' || line[len - 1] == ','))
		line[--len] = '\0';
	if (r->in_array && !strcmp(line, "]"))
		r->in_array = false;
	else if (r->in_array)
		return take_value(r, line);
	else if (!r->started && !strcmp(line, "{"))
		r->started = true;
	else if (r->started && !strcmp(line, "}"))
		r->ended = true;
	else if (r->started && !r->ended && line[0] == '"')
		return take_member(r, line);
	else
		return error_new("the report of the check is damaged behind \"%s\"", r->section);
	return NULL;
}

struct error *records_read(FILE *file, record_fn *fn, void *arg)
{
	struct reader r = { .fn = fn, .arg = arg };
	_cleanup_free_ char *line = NULL;
	struct error *err = NULL;
	size_t room = 0;

	rewind(file);
	while (!err && getline(&line, &room, file) > 0)
		err = take_line(&r, line);
	return !err && !r.ended ? error_new("the report of the check is not complete") : err;
}

const struct json_object *record_member(const struct json_object *o, const char *name)
{
	struct json_object *value;

	return o && json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, name, &value) ? value : NULL;
}

const char *record_text(const struct json_object *o, const char *name)
{
	const struct json_object *value = record_member(o, name);

	/* json-c keeps the text inside: it only looks as if it might change */
	return json_object_is_type(value, json_type_string) ? json_object_get_string((struct json_object *)(uintptr_t)value) : NULL;
}

int64_t record_number_or(const struct json_object *o, const char *name, int64_t none)
{
	const struct json_object *value = record_member(o, name);
	uint64_t n = json_object_is_type(value, json_type_int) ? json_object_get_uint64(value) : 0;

	if (!json_object_is_type(value, json_type_int) || n > INT64_MAX)
		return none;
	return json_object_get_int64(value);
}

int64_t record_number(const struct json_object *o, const char *name)
{
	return record_number_or(o, name, 0);
}
