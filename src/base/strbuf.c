/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/strbuf.h"

#include <stdarg.h>
#include <string.h>

#include "base/agree.h"

static bool strbuf_room(struct strbuf *b, size_t more)
{
	size_t room = b->room ? b->room : 64;
	char *s;

	if (b->failed)
		return false;
	while (room - b->len <= more)
		room *= 2;
	if (room == b->room)
		return true;
	s = realloc(b->s, room);
	if (!s) {
		b->failed = true;
		return false;
	}
	b->s = s;
	b->room = room;
	return true;
}

void strbuf_add(struct strbuf *b, const char *s, size_t len)
{
	if (!strbuf_room(b, len))
		return;
	memcpy(b->s + b->len, s, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void strbuf_puts(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = agree_vprintf(fmt, ap);
	va_end(ap);
	if (text)
		strbuf_puts(b, text);
	else
		b->failed = true;
}

void strbuf_cut(struct strbuf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->s[len] = '\0';
}

char *strbuf_take(struct strbuf *b)
{
	char *s = b->failed ? NULL : b->s;

	if (!s && !b->failed)
		s = calloc(1, 1);
	if (b->failed)
		free(b->s);
	*b = (struct strbuf){ 0 };
	return s;
}

void strbuf_deinit(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf){ 0 };
}

/* Length of the well-formed, printable UTF-8 sequence at s; 0 when there is none. */
static size_t utf8_len(const unsigned char *s)
{
	size_t len = s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (len == 2 && s[0] == 0xc2 && s[1] < 0xa0) /* C1 control characters */
		return 0;
	if (len == 3 && s[0] == 0xe0 && s[1] < 0xa0) /* overlong */
		return 0;
	if (len == 3 && s[0] == 0xe2 && (s[1] == 0x80 || s[1] == 0x81)) /* direction and format controls live here */
		return 0;
	if (len == 3 && s[0] == 0xed && s[1] >= 0xa0) /* surrogates */
		return 0;
	if (len == 4 && s[0] == 0xf0 && s[1] < 0x90)
		return 0;
	if (len == 4 && s[0] == 0xf4 && s[1] >= 0x90) /* beyond U+10FFFF */
		return 0;
	return len;
}

void strbuf_add_untrusted(struct strbuf *b, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t len = *s >= 0x20 && *s < 0x7f ? 1 : utf8_len(s);

		if (len)
			strbuf_add(b, (const char *)s, len);
		else
			strbuf_printf(b, "\\x%02x", *s);
		s += len ? len : 1;
	}
}

char *text_printf(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = agree_vprintf(fmt, ap);
	va_end(ap);
	return text;
}
