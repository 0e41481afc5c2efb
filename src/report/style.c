/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/style.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/agree.h"
#include "base/strbuf.h"

static const char *const tones[] = {
	[TONE_PLAIN] = "",
	[TONE_STRONG] = "\033[1m",
	[TONE_ERROR] = "\033[1;31m",
	[TONE_WARNING] = "\033[1;33m",
	[TONE_NOTE] = "\033[36m",
	[TONE_GOOD] = "\033[1;32m",
	[TONE_DIM] = "\033[2m",
};

struct out out_make(FILE *file, const struct report_options *o)
{
	return (struct out){
		.file = file,
		.color = o && o->color,
		.width = o && o->width >= 40 ? o->width : 80,
	};
}

struct error *out_finish(struct out *out)
{
	if (!out->errnum && fflush(out->file))
		out->errnum = errno;
	if (out->errnum)
		return error_errno(out->errnum, "cannot write the report");
	return out->failed ? &error_nomem : NULL;
}

static void out_bytes(struct out *out, const char *s, size_t len)
{
	if (!out->errnum && fwrite(s, 1, len, out->file) != len)
		out->errnum = errno ? errno : EIO;
}

void out_printf(struct out *out, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = agree_vprintf(fmt, ap);
	va_end(ap);
	if (text)
		out_bytes(out, text, strlen(text));
	else
		out->failed = true;
}

char *text_escaped(struct out *out, const char *text)
{
	struct strbuf b = { 0 };
	char *escaped;

	strbuf_add_untrusted(&b, text);
	escaped = strbuf_take(&b);
	if (!escaped)
		out->failed = true;
	return escaped;
}

void out_untrusted(struct out *out, const char *text)
{
	_cleanup_free_ char *escaped = text ? text_escaped(out, text) : NULL;

	if (escaped)
		out_bytes(out, escaped, strlen(escaped));
}

void out_tone(struct out *out, enum tone tone)
{
	if (out->color)
		out_printf(out, "%s", tones[tone]);
}

void out_plain(struct out *out)
{
	if (out->color)
		out_printf(out, "\033[0m");
}

void out_toned(struct out *out, enum tone tone, const char *text)
{
	out_tone(out, tone);
	out_untrusted(out, text);
	out_plain(out);
}

enum tone severity_tone(enum severity s)
{
	return s == SEV_ERROR ? TONE_ERROR : s == SEV_WARNING ? TONE_WARNING : TONE_NOTE;
}

/* Code points in the first len bytes of well-formed UTF-8. */
static unsigned utf8_columns(const char *s, size_t len)
{
	unsigned columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)s[i] & 0xc0) != 0x80;
	return columns;
}

unsigned text_columns(const char *text)
{
	struct strbuf b = { 0 };
	unsigned columns;

	strbuf_add_untrusted(&b, text);
	columns = b.s ? utf8_columns(b.s, b.len) : 0;
	strbuf_deinit(&b);
	return columns;
}

/* Wrap one paragraph: text[0..len) holds no newline. */
static void wrap_paragraph(struct out *out, unsigned column, unsigned indent, const char *text, size_t len)
{
	unsigned start = column;

	for (size_t i = 0; i < len;) {
		size_t word = strcspn(text + i, " \n");
		unsigned columns = utf8_columns(text + i, word);
		unsigned space = column > start;

		if (space && column + 1 + columns > out->width) {
			out_printf(out, "\n%*s", (int)indent, "");
			column = start = indent;
			space = 0;
		}
		if (space)
			out_bytes(out, " ", 1);
		out_bytes(out, text + i, word);
		column += space + columns;
		i += word;
		i += strspn(text + i, " ");
	}
}

/* Escape everything but newlines. */
static char *escape_lines(struct out *out, const char *text)
{
	struct strbuf b = { 0 };
	char *escaped;

	while (*text) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, len);

		if (!line)
			b.failed = true;
		else
			strbuf_add_untrusted(&b, line);
		text += len;
		if (*text == '\n') {
			strbuf_puts(&b, "\n");
			text++;
		}
	}
	escaped = strbuf_take(&b);
	if (!escaped)
		out->failed = true;
	return escaped;
}

void out_wrapped(struct out *out, unsigned column, unsigned indent, const char *text)
{
	_cleanup_free_ char *escaped = escape_lines(out, text);
	const char *s = escaped;

	while (s && *s) {
		size_t len = strcspn(s, "\n");

		wrap_paragraph(out, column, indent, s, len);
		s += len;
		if (*s == '\n' && *++s) {
			out_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
	}
	out_printf(out, "\n");
}

void out_labelled(struct out *out, unsigned indent, unsigned label_width, const char *label, const char *text)
{
	unsigned columns = text_columns(label);
	unsigned column = indent + (columns >= label_width ? columns + 1 : label_width);

	out_printf(out, "%*s", (int)indent, "");
	if (columns)
		out_toned(out, TONE_DIM, label);
	out_printf(out, "%*s", (int)(column - indent - columns), "");
	out_wrapped(out, column, indent + label_width, text);
}

const char *count_text(char *buf, uint64_t n)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[at++] = ' ';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

const char *size_text(char *buf, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0;
	double value = (double)bytes;

	for (; value >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1024;
	snprintf(buf, COUNT_TEXT_SIZE, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buf;
}
