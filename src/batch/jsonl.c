/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/jsonl.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>

struct jsonl {
	int fd;
	const char *path;
};

struct error *jsonl_open(const char *path, struct jsonl **ret)
{
	bool standard_output = !strcmp(path, "-");
	struct jsonl *j = calloc(1, sizeof(*j));

	if (!j)
		return &error_nomem;
	j->path = standard_output ? "standard output" : path;
	j->fd = standard_output ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
				: open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (j->fd < 0) {
		free(j);
		return error_errno(errno, "cannot open %s for writing", path);
	}
	*ret = j;
	return NULL;
}

void jsonl_close(struct jsonl *j)
{
	if (!j)
		return;
	close(j->fd);
	free(j);
}

static void add_text(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *o, const char *name, uint64_t value)
{
	json_object_object_add(o, name, json_object_new_uint64(value));
}

static void add_counts(struct json_object *o, const struct result *r)
{
	struct json_object *list = json_object_new_array();

	add_number(o, "findings", r->findings);
	add_number(o, "errors", r->errors);
	add_number(o, "warnings", r->warnings);
	add_number(o, "notes", r->notes);
	add_number(o, "gaps", r->gaps);
	for (size_t i = 0; i < r->signatures.nr; i++) {
		const struct signature_count *s = &r->signatures.v[i];
		struct json_object *of = json_object_new_object();

		add_text(of, "signature", s->id);
		add_text(of, "rule", s->rule);
		add_text(of, "severity", s->severity);
		add_text(of, "kind", s->kind);
		add_text(of, "holder", *s->holder ? s->holder : NULL);
		add_number(of, "findings", s->findings);
		json_object_array_add(list, of);
	}
	json_object_object_add(o, "signatures", list);
}

struct json_object *jsonl_object(const struct batch_dump *d, const struct result *r)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return NULL;
	add_text(o, "path", d->name);
	add_number(o, "files", d->nr_files);
	add_number(o, "size", d->identity.size);
	add_text(o, "outcome", outcome_name(r->outcome));
	add_text(o, "message", r->message);
	add_text(o, "release", r->release);
	add_text(o, "arch", r->arch);
	if (outcome_checked(r->outcome))
		add_counts(o, r);
	return o;
}

static struct json_object *json_line(const struct batch_dump *d, const struct result *r, const struct child_end *end,
				     const char *reason)
{
	struct json_object *o = jsonl_object(d, r);
	char seconds[32];

	if (!o)
		return NULL;
	add_text(o, "schema", "pagefsck-scan-1");
	add_text(o, "reason", reason);
	json_object_object_add(o, "exit_status", end->status < 0 ? NULL : json_object_new_int(end->status));
	json_object_object_add(o, "signal", end->signal ? json_object_new_int(end->signal) : NULL);
	snprintf(seconds, sizeof(seconds), "%.3f", end->seconds);
	json_object_object_add(o, "seconds", json_object_new_double_s(end->seconds, seconds));
	add_number(o, "max_rss", end->max_rss);
	return o;
}

static struct error *write_all(struct jsonl *j, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(j->fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(errno, "cannot write %s", j->path);
		text += n;
		size -= (size_t)n;
	}
	return NULL;
}

struct error *jsonl_write(struct jsonl *j, const struct batch_dump *d, const struct result *r, const struct child_end *end,
			  const char *reason)
{
	struct json_object *o = json_line(d, r, end, reason);
	const char *text = o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	_cleanup_free_ char *line = NULL;
	int len = text ? asprintf(&line, "%s\n", text) : -1;

	if (len < 0)
		line = NULL;
	json_object_put(o);
	return line ? write_all(j, line, (size_t)len) : &error_nomem;
}
