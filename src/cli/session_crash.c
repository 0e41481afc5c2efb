/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel came to its end, for the report. */
#include "cli/session.h"

static struct report_log_line log_line(const struct crash_line *l)
{
	return (struct report_log_line){ l->text[0] ? l->text : NULL, l->ts_nsec, l->pfn };
}

/* Without memory the header has none of them; findings do not depend on it. */
static void describe_complaints(struct session *s, const struct crash *c)
{
	free(s->complaints);
	s->complaints = calloc(c->complaints.nr + 1, sizeof(*s->complaints));
	for (size_t i = 0; s->complaints && i < c->complaints.nr; i++)
		s->complaints[i] = log_line(&c->complaints.v[i]);
	s->panic.complaints = s->complaints;
	s->panic.nr_complaints = s->complaints ? c->complaints.nr : 0;
	s->panic.all_complaints = c->nr_complaints;
}

static void describe_taint(struct session *s, const struct crash *c)
{
	struct report_kernel *k = &s->report.kernel;

	k->has_taint = c->has_taint;
	k->taint_mask = c->taint;
	k->taints = s->taints;
	k->nr_taints = 0;
	for (unsigned bit = 0; bit < REPORT_MAX_TAINTS; bit++) {
		const char *meaning = NULL;
		char letter = c->taint >> bit & 1 ? taint_letter(bit, &meaning) : 0;

		if (letter)
			s->taints[k->nr_taints++] = (struct report_taint){ letter, meaning };
	}
}

void session_describe_crash(struct session *s)
{
	static const enum report_end ends[] = {
		[CRASH_UNKNOWN] = END_UNKNOWN, [CRASH_NONE] = END_RUNNING, [CRASH_PANIC] = END_PANIC
	};
	const struct crash *c = &s->check->crash;

	s->panic = (struct report_panic){
		.end = ends[c->state],
		.message = log_line(&c->message),
		.cause = log_line(&c->cause),
		.oops = log_line(&c->oops),
		.uptime = c->log.records ? (double)c->last.ts_nsec * 1e-9 : -1,
		.cpu = c->cpu,
		.task = c->task,
		.pid = c->pid,
		.comm = c->comm,
		.log_problem = c->log.why,
		.log_records = c->log.records,
		.log_missing = c->log.missing,
	};
	describe_complaints(s, c);
	describe_taint(s, c);
	s->report.kernel.panic = &s->panic;
}
