/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/vmcoreinfo.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX_LEN = 200 };

/* Lines of one key keep their order: keys point into one text. */
static int line_compare(const void *a, const void *b)
{
	const struct vmcoreinfo_line *la = a, *lb = b;
	int order = strcmp(la->key, lb->key);

	return order ? order : (la->key > lb->key) - (la->key < lb->key);
}

/* Cut one line, already NUL-terminated, in two.  False: no memory. */
static bool line_add(struct vmcoreinfo *v, char *line)
{
	char *equals = strchr(line, '=');

	if (!equals)
		return true;
	*equals = '\0';
	return array_push(&v->lines, ((struct vmcoreinfo_line){ line, equals + 1 }));
}

struct error *vmcoreinfo_init(struct vmcoreinfo *v, const char *text, size_t size)
{
	char *rest, *line;

	*v = (struct vmcoreinfo){ .text = strndup(text, size) };
	rest = v->text;
	if (!rest)
		return &error_nomem;
	while ((line = strsep(&rest, "\n")))
		if (!line_add(v, line)) {
			vmcoreinfo_deinit(v);
			return &error_nomem;
		}
	if (v->lines.nr)
		qsort(v->lines.v, v->lines.nr, sizeof(*v->lines.v), line_compare);
	return NULL;
}

void vmcoreinfo_deinit(struct vmcoreinfo *v)
{
	free(v->text);
	v->text = NULL;
	array_free(&v->lines);
}

const char *vmcoreinfo_get(const struct vmcoreinfo *v, const char *key)
{
	size_t low = 0, high = v->lines.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(v->lines.v[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < v->lines.nr && !strcmp(v->lines.v[low].key, key) ? v->lines.v[low].value : NULL;
}

static bool parse_unsigned(const char *text, int base, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)*text)) /* strtoull would take blanks and signs */
		return false;
	errno = 0;
	value = strtoull(text, &end, base);
	if (errno || *end)
		return false;
	*ret = value;
	return true;
}

bool vmcoreinfo_parse_hex(const char *text, uint64_t *ret)
{
	return parse_unsigned(text, 16, ret);
}

bool vmcoreinfo_parse_number(const char *text, int64_t *ret)
{
	bool negative = *text == '-';
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	uint64_t value;

	if (!parse_unsigned(text + negative, base, &value))
		return false;
	if (negative && value > (uint64_t)INT64_MAX + 1)
		return false;
	*ret = (int64_t)(negative ? 0 - value : value);
	return true;
}

/* ---- what libkdumpfile can digest ------------------------------------------------------------------------------ */

/* "NAME" or "NAME(part.part)", every part non-empty. */
static bool key_is_plain(const char *key)
{
	const char *open = strchr(key, '(');
	size_t len = strlen(key);
	char before = '.';

	if (!len || len > KEY_MAX_LEN || open == key)
		return false;
	for (const char *s = key; *s; s++)
		if (*s <= ' ' || *s >= 0x7f || (*s == '.' && (!open || s < open)))
			return false;
	if (!open)
		return !strchr(key, ')');
	for (const char *s = open + 1; *s; before = *s++)
		if (*s == '(' || ((*s == '.' || *s == ')') && before == '.'))
			return false;
	return strchr(open, ')') == key + len - 1;
}

/* "SIZE(a.b)" needs an attribute directory a, so "SIZE(a)" must not be there as a value. */
static bool key_collides(const struct vmcoreinfo *v, const char *key)
{
	char prefix[KEY_MAX_LEN + 2];

	for (const char *dot = strchr(key, '.'); dot; dot = strchr(dot + 1, '.')) {
		memcpy(prefix, key, (size_t)(dot - key));
		strcpy(prefix + (dot - key), ")");
		if (vmcoreinfo_get(v, prefix))
			return true;
	}
	return false;
}

static const char *table_complaint(const struct vmcoreinfo *v)
{
	for (size_t i = 0; i < v->lines.nr; i++)
		if (!key_is_plain(v->lines.v[i].key))
			return "a key is not of the form NAME or NAME(name)";
	for (size_t i = 1; i < v->lines.nr; i++)
		if (!strcmp(v->lines.v[i].key, "PAGESIZE") && !strcmp(v->lines.v[i - 1].key, "PAGESIZE"))
			return "it has two page sizes";
	for (size_t i = 0; i < v->lines.nr; i++)
		if (key_collides(v, v->lines.v[i].key))
			return "a key is both a value and a structure";
	return NULL;
}

static bool lines_have_equals(const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((eol ? eol : end) - text);

		if (!memchr(text, '=', len))
			return false;
		text += len + 1;
	}
	return true;
}

const char *vmcoreinfo_complaint(const char *text, size_t size)
{
	struct vmcoreinfo v;
	const char *complaint;
	struct error *err;

	if (!size)
		return "it is empty";
	if (memchr(text, '\0', size))
		return "it holds a NUL byte";
	if (!lines_have_equals(text, size))
		return "a line is not of the form KEY=value";
	err = vmcoreinfo_init(&v, text, size);
	if (err) {
		error_free(err);
		return "it is too big";
	}
	complaint = table_complaint(&v);
	vmcoreinfo_deinit(&v);
	return complaint;
}
