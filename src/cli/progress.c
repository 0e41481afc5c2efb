/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/agree.h"

/* Often enough to look alive, seldom enough to cost nothing. */
static const uint64_t INTERVAL_MS = 100;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void progress_init(struct progress *p, const struct options *o)
{
	const char *term = getenv("TERM");

	*p = (struct progress){
		.active = !o->quiet && !o->no_progress && isatty(STDERR_FILENO) && term && strcmp(term, "dumb"),
	};
}

void progress_update(void *arg, const char *pass, uint64_t done, uint64_t total)
{
	struct progress *p = arg;
	uint64_t now;

	if (!p->active)
		return;
	now = now_ms();
	if (p->shown && p->pass == pass && now - p->last_ms < INTERVAL_MS)
		return;
	p->shown = true;
	p->pass = pass;
	p->last_ms = now;
	if (total)
		fprintf(stderr, "\r%s: %.0f %%\033[K", pass, 100.0 * (double)done / (double)total);
	else
		fprintf(stderr, "\r%s: %" PRIu64 "\033[K", pass, done);
	fflush(stderr);
}

void progress_line(struct progress *p, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	uint64_t now = now_ms();
	va_list ap;

	if (!p->active || (p->shown && now - p->last_ms < INTERVAL_MS))
		return;
	p->shown = true;
	p->last_ms = now;
	va_start(ap, fmt);
	text = agree_vprintf(fmt, ap);
	va_end(ap);
	fprintf(stderr, "\r%s\033[K", text ? text : "");
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}
