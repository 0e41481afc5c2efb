/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/wait.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "batch/child.h"

/* Seconds between two looks at signals. */
static const double SLICE = 0.1;

bool told_to_end(void)
{
	sigset_t waiting;

	if (sigpending(&waiting))
		return false;
	return sigismember(&waiting, SIGINT) > 0 || sigismember(&waiting, SIGTERM) > 0 || sigismember(&waiting, SIGHUP) > 0;
}

static void sleep_for(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };

	nanosleep(&t, NULL);
}

bool wait_on(struct wait *w, const struct patience *p, double first, double most)
{
	double now = child_clock(), end;

	if (w->began <= 0)
		*w = (struct wait){ .began = now, .pause = first };
	if (now - w->began >= p->seconds || told_to_end())
		return false;
	end = now + w->pause < w->began + p->seconds ? now + w->pause : w->began + p->seconds;
	w->pause = 2 * w->pause < most ? 2 * w->pause : most;
	for (; now < end && !told_to_end(); now = child_clock())
		sleep_for(end - now < SLICE ? end - now : SLICE);
	return !told_to_end();
}

double wait_seconds(const struct wait *w)
{
	return w->began > 0 ? child_clock() - w->began : 0;
}

void patience_tell(const struct patience *p, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	if (!p->tell)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		p->tell(p->arg, text);
}
