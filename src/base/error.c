/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>

#include "base/agree.h"

struct error error_nomem = { NULL };

static struct error *error_wrap(char *message)
{
	struct error *err = malloc(sizeof(*err));

	if (!err || !message) {
		free(err);
		free(message);
		return &error_nomem;
	}
	err->message = message;
	return err;
}

struct error *error_new(const char *fmt, ...)
{
	va_list ap;
	char *message;

	va_start(ap, fmt);
	message = agree_vprintf(fmt, ap);
	va_end(ap);
	return error_wrap(message);
}

struct error *error_errno(int errnum, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	what = agree_vprintf(fmt, ap);
	va_end(ap);
	return error_new("%s: %s", what ? what : "?", strerror_r(errnum, text, sizeof(text)));
}

struct error *error_prefix(struct error *err, const char *fmt, ...)
{
	_cleanup_free_ char *context = NULL;
	char *message = NULL;
	va_list ap;

	if (!err || err == &error_nomem)
		return err;
	va_start(ap, fmt);
	context = agree_vprintf(fmt, ap);
	va_end(ap);
	if (!context || asprintf(&message, "%s: %s", context, err->message) < 0)
		return err;
	free(err->message);
	err->message = message;
	return err;
}

const char *error_text(const struct error *err)
{
	return err->message ? err->message : "out of memory";
}

void error_free(struct error *err)
{
	if (!err || err == &error_nomem)
		return;
	free(err->message);
	free(err);
}
