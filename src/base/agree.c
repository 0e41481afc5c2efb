/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/agree.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

static size_t letters(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz");
}

size_t agree_mark(const char *s)
{
	size_t first, second;

	if (*s != '(')
		return 0;
	if (s[1] == 's' && s[2] == ')')
		return 3;
	first = letters(s + 1);
	if (s[1 + first] != '|')
		return 0;
	second = letters(s + 2 + first);
	return s[2 + first + second] == ')' ? first + second + 3 : 0;
}

/* The form that a mark takes, copied to where the text ends so far; returns the new end. */
static char *form(char *to, const char *mark, bool one)
{
	const char *bar = mark + 1 + letters(mark + 1), *from = mark + 1;
	size_t len = (size_t)(bar - from);

	if (*bar != '|') /* "(s)" */
		len = one ? 0 : len;
	else if (!one) {
		from = bar + 1;
		len = letters(from);
	}
	memmove(to, from, len);
	return to + len;
}

/* Length of the whole word at s. */
static size_t word(const char *s)
{
	size_t len = 0;

	while (isalnum((unsigned char)s[len]) || s[len] == '_')
		len++;
	return len;
}

void agree(char *text)
{
	bool one = false, minus = false;
	char *to = text;

	for (const char *s = text; *s;) {
		size_t len = word(s);

		if (*s == AGREE_MARK && (s[1] == '|' || isalpha((unsigned char)s[1]))) {
			to = form(to, s, one);
			s += strcspn(s, ")");
			s += *s == ')';
			continue;
		}
		if (len && len == strspn(s, "0123456789"))
			one = len == 1 && *s == '1' && !minus;
		minus = *s == '-' || *s == '.';
		len += !len;
		memmove(to, s, len);
		to += len;
		s += len;
	}
	*to = '\0';
}

/* A copy of the format with its marks marked; NULL with *marked false: there is none. */
static char *marked_format(const char *fmt, bool *marked)
{
	char *copy = NULL;

	for (const char *s = strchr(fmt, '('); s; s = strchr(s + 1, '(')) {
		if (!agree_mark(s))
			continue;
		*marked = true;
		if (!copy)
			copy = strdup(fmt);
		if (!copy)
			return NULL;
		copy[s - fmt] = AGREE_MARK;
	}
	return copy;
}

char *agree_vprintf(const char *fmt, va_list ap)
{
	bool marked = false;
	_cleanup_free_ char *format = marked_format(fmt, &marked);
	char *text;

	if (marked && !format)
		return NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (vasprintf(&text, format ? format : fmt, ap) < 0)
		return NULL;
#pragma GCC diagnostic pop
	if (format)
		agree(text);
	return text;
}

void agree_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = agree_vprintf(fmt, ap);
	va_end(ap);
	snprintf(buf, size, "%s", text ? text : "");
}
