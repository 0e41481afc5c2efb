/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "mutate.h"

/* Without comment, without blanks around it. */
static char *line_trim(char *s)
{
	char *end = strchr(s, '#');

	if (!end)
		end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static bool starts_record(const char *s)
{
	return !strncmp(s, "test ", 5) || !strncmp(s, "flips ", 6);
}

static struct error *record_start(struct records *r, const char *file, const char *s)
{
	struct record rec = { .file = file, .flips = s[0] == 'f' };
	const char *name = strchr(s, ' ') + 1;
	size_t len = strcspn(name, ": \t");

	if (!len || len >= sizeof(rec.name))
		return error_new("a record needs a name of at most %zu characters", sizeof(rec.name) - 1);
	memcpy(rec.name, name, len);
	for (size_t i = 0; i < r->list.nr; i++)
		if (!strcmp(r->list.v[i].name, rec.name))
			return error_new("%s: two records have this name", rec.name);
	return array_push(&r->list, rec) ? NULL : &error_nomem;
}

static struct error *line_take(struct records *r, const char *file, unsigned nr, char *s, bool *inside)
{
	struct line line = { .nr = nr };

	if (!*s) {
		*inside = false;
		return NULL;
	}
	if (starts_record(s)) {
		*inside = true;
		return record_start(r, file, s);
	}
	if (!strncmp(s, "untestable ", 11)) /* for the gate */
		return NULL;
	if (!*inside)
		return error_new("'%s' stands in no record", s);
	line.text = strdup(s);
	return line.text && array_push(&r->list.v[r->list.nr - 1].lines, line) ? NULL : &error_nomem;
}

struct error *records_read(struct records *r, const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	_cleanup_free_ char *text = NULL;
	struct error *err = NULL;
	bool inside = false;
	size_t room = 0;

	if (!f)
		return error_errno(errno, "%s", path);
	for (unsigned nr = 1; !err && getline(&text, &room, f) >= 0; nr++) {
		bool comment = text[strspn(text, " \t")] == '#';
		char *s = line_trim(text);

		if (!comment)
			err = line_take(r, path, nr, s, &inside);
		if (err)
			err = error_prefix(err, "%s:%u", path, nr);
	}
	return err;
}

void records_deinit(struct records *r)
{
	for (size_t i = 0; i < r->list.nr; i++) {
		for (size_t j = 0; j < r->list.v[i].lines.nr; j++)
			free(r->list.v[i].lines.v[j].text);
		array_free(&r->list.v[i].lines);
	}
	array_free(&r->list);
}
