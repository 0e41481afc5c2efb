/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One loop, no thread: it starts what there is room for, sleeps until a child ends or a time is up, and stores what came out.
 * Signals are blocked and taken by sigtimedwait(), so nothing happens behind its back.
 */
#include "batch/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"

enum { EXIT_OF_CHECK_CLEAN = 0, EXIT_OF_CHECK_FINDINGS = 4, EXIT_OF_CHECK_FAILED = 8 };

/* Seconds between two looks at what other workers do, and between two signs of life. */
static const double LOOK_AGAIN = 1, SIGN_OF_LIFE = 0.2;

/* The design promises 16 bytes a page beside a fixed part, and the room of a few hundred thousand findings. */
uint64_t batch_memory_estimate(const struct batch_dump *d)
{
	const uint64_t fixed = UINT64_C(256) << 20, page = 40;

	return d->pages < (UINT64_MAX - fixed) / page ? fixed + d->pages * page : UINT64_MAX;
}

/* ---- the outcome ------------------------------------------------------------------------------------------------- */

static const char *memory_text(uint64_t bytes, char buf[32])
{
	if (bytes >= UINT64_C(10) << 30)
		snprintf(buf, 32, "%" PRIu64 " GiB", bytes >> 30);
	else
		snprintf(buf, 32, "%" PRIu64 " MiB", bytes >> 20);
	return buf;
}

static void set_message(struct result *r, enum outcome outcome, const char *text)
{
	r->outcome = outcome;
	r->message = text ? arena_strdup(&r->arena, text) : NULL;
}

static bool ran_out_of_memory(const char *words)
{
	return strstr(words, "out of memory") || strstr(words, "Cannot allocate memory");
}

/* It did not come to a report. */
static struct error *outcome_without_report(struct batch_item *it, const struct child_end *end, const char *words)
{
	_cleanup_free_ char *text = NULL;
	char size[32];

	if (end->status == EXIT_OF_CHECK_FAILED && ran_out_of_memory(words)) {
		text = text_printf("it needs more memory than the %s that it may have (--memory)", memory_text(it->memory, size));
		set_message(&it->result, OUTCOME_MEMORY, text);
	} else if (end->status == EXIT_OF_CHECK_FAILED) {
		text = strdup(words);
		set_message(&it->result, OUTCOME_FAILED, text);
	} else {
		if (end->signal)
			text = text_printf("the check was ended by signal %d (%s)%s%s%s", end->signal, strsignal(end->signal),
					   end->signal == SIGKILL ? ", as the kernel does when memory runs out (see dmesg)" : "",
					   *words ? ": " : "", words);
		else
			text = text_printf("the check ended with status %d: %s", end->status, *words ? words : "no word why");
		set_message(&it->result, OUTCOME_CRASHED, text);
	}
	return it->result.message ? NULL : &error_nomem;
}

/* The words as text for a terminal, without the path: whoever reads them knows what they are about. */
static char *safe_words(const struct batch_item *it, const char *words)
{
	_cleanup_free_ char *path = NULL;
	struct strbuf b = { 0 }, safe = { 0 };

	strbuf_add_untrusted(&b, it->dump->path);
	strbuf_puts(&b, ": ");
	path = strbuf_take(&b);
	if (!path)
		return NULL;
	strbuf_add_untrusted(&safe, !strncmp(words, path, strlen(path)) ? words + strlen(path) : words);
	return strbuf_take(&safe);
}

static struct error *outcome_of(struct batch_item *it, const struct child_end *end)
{
	_cleanup_free_ char *words = NULL, *safe = NULL;
	struct error *err;

	if (end->status == EXIT_OF_CHECK_CLEAN || end->status == EXIT_OF_CHECK_FINDINGS) {
		err = result_read(&it->result, it->child.report);
		if (!err)
			return NULL;
		set_message(&it->result, OUTCOME_CRASHED, error_text(err));
		error_free(err);
		return it->result.message ? NULL : &error_nomem;
	}
	words = child_words(&it->child);
	safe = words ? safe_words(it, words) : NULL;
	return safe ? outcome_without_report(it, end, safe) : &error_nomem;
}

/* ---- one child --------------------------------------------------------------------------------------------------- */

static struct error *keep_result(struct batch *b, struct batch_item *it, const struct child_end *end)
{
	const struct batch_options *o = &b->options;
	struct error *err = NULL;

	if (o->jsonl)
		err = jsonl_write(o->jsonl, it->dump, &it->result, end, it->reason);
	if (!err && o->store)
		err = store_save(o->store, it->dump, &it->result, end, it->reason,
				 outcome_checked(it->result.outcome) ? it->child.report : NULL);
	b->unstored = err && o->store;
	it->state = BATCH_CHECKED;
	child_deinit(&it->child);
	if (!err && o->finished)
		o->finished(o->arg, it);
	return err;
}

/* Whoever was killed is the victim of memory that all share, or of somebody's mistake. */
static bool may_go_better(const struct batch *b, const struct batch_item *it, const struct child_end *end)
{
	if (it->again)
		return false;
	return end->signal == SIGKILL || (it->result.outcome == OUTCOME_MEMORY && it->memory < b->options.memory);
}

static struct error *child_done(struct batch *b, struct batch_item *it, const struct child_end *end)
{
	struct error *err = outcome_of(it, end);

	if (!err && may_go_better(b, it, end)) {
		it->again = true; /* alone, with all the memory */
		it->memory = b->options.memory;
		it->state = BATCH_WAITING;
		child_deinit(&it->child);
		result_deinit(&it->result);
		return NULL;
	}
	return err ? err : keep_result(b, it, end);
}

static struct error *child_late(struct batch *b, struct batch_item *it)
{
	_cleanup_free_ char *text = text_printf("not done after %g seconds (--timeout)", b->options.timeout);
	struct child_end end;

	child_kill(&it->child, &end);
	set_message(&it->result, OUTCOME_TIMEOUT, text);
	return it->result.message ? keep_result(b, it, &end) : &error_nomem;
}

static struct error *look_after_children(struct batch *b)
{
	struct error *err = NULL;
	struct child_end end;

	for (size_t i = 0; i < b->found->dumps.nr && !err; i++) {
		struct batch_item *it = &b->items[i];

		if (it->state != BATCH_RUNNING)
			continue;
		if (child_ended(&it->child, &end))
			err = child_done(b, it, &end);
		else if (b->options.timeout > 0 && child_clock() - it->child.started >= b->options.timeout)
			err = child_late(b, it);
	}
	return err;
}

static struct error *start_child(struct batch *b, struct batch_item *it)
{
	const struct batch_options *o = &b->options;
	_cleanup_free_ const char **argv = calloc(o->nr_check + 3, sizeof(*argv));
	struct error *err;

	if (!argv)
		return &error_nomem;
	memcpy(argv, o->check, o->nr_check * sizeof(*argv));
	argv[o->nr_check] = "--";
	argv[o->nr_check + 1] = it->dump->path;
	err = child_start(argv, it->memory, o->scratch, &it->child);
	if (!err)
		it->state = BATCH_RUNNING;
	return err;
}

/* ---- whose turn it is -------------------------------------------------------------------------------------------- */

static struct error *take_known(struct batch *b, struct batch_item *it)
{
	struct error *err = store_load(b->options.store, it->dump, &it->result);

	it->state = BATCH_KNOWN;
	if (!err && b->options.finished)
		b->options.finished(b->options.arg, it);
	return err;
}

/* Claim it, and start it if it is ours. */
static struct error *try_item(struct batch *b, struct batch_item *it)
{
	enum store_state state = STORE_WANTED;
	struct error *err = NULL;

	it->reason = "new";
	if (b->options.store)
		err = store_claim(b->options.store, it->dump, &state, &it->reason);
	if (err)
		return err;
	it->meanwhile = state == STORE_KNOWN;
	if (it->meanwhile)
		return take_known(b, it);
	it->state = state == STORE_TAKEN ? BATCH_ELSEWHERE : BATCH_WAITING;
	return state == STORE_TAKEN ? NULL : start_child(b, it);
}

struct load {
	unsigned running, waiting, elsewhere;
	uint64_t memory;
};

static struct load load_of(const struct batch *b)
{
	struct load l = { .running = 0 };

	for (size_t i = 0; i < b->found->dumps.nr; i++) {
		const struct batch_item *it = &b->items[i];

		l.running += it->state == BATCH_RUNNING;
		l.waiting += it->state == BATCH_WAITING;
		l.elsewhere += it->state == BATCH_ELSEWHERE;
		l.memory += it->state == BATCH_RUNNING ? it->memory : 0;
	}
	return l;
}

/* Start what there is room for; what is larger than all the room runs alone. */
static struct error *start_some(struct batch *b)
{
	const struct batch_options *o = &b->options;
	struct load l = load_of(b);
	struct error *err = NULL;

	for (size_t i = 0; i < b->found->dumps.nr && l.running < o->jobs && l.waiting && !err; i++) {
		struct batch_item *it = &b->items[i];

		if (it->state != BATCH_WAITING || (l.running && it->memory > o->memory - l.memory))
			continue;
		err = try_item(b, it);
		l = load_of(b);
	}
	return err;
}

/* Dumps that another worker had: he may have stored them, or died. */
static struct error *look_elsewhere(struct batch *b)
{
	struct error *err = NULL;

	for (size_t i = 0; i < b->found->dumps.nr && !err; i++)
		if (b->items[i].state == BATCH_ELSEWHERE && load_of(b).running < b->options.jobs)
			err = try_item(b, &b->items[i]);
	return err;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static void tell_progress(const struct batch *b)
{
	struct batch_progress p = { .seconds = child_clock() - b->started };

	if (!b->options.progress)
		return;
	for (size_t i = 0; i < b->found->dumps.nr; i++) {
		const struct batch_item *it = &b->items[i];

		p.all += it->state != BATCH_NOT_OURS;
		p.done += it->state == BATCH_CHECKED || it->state == BATCH_KNOWN;
		p.running += it->state == BATCH_RUNNING;
		p.bytes_done += it->state == BATCH_CHECKED ? it->dump->identity.size : 0;
		p.bytes_all += it->state != BATCH_NOT_OURS && it->state != BATCH_KNOWN ? it->dump->identity.size : 0;
	}
	b->options.progress(b->options.arg, &p);
}

/* Seconds until a child is late, SIGN_OF_LIFE at most. */
static double time_to_deadline(const struct batch *b)
{
	double now = child_clock(), least = SIGN_OF_LIFE;

	for (size_t i = 0; b->options.timeout > 0 && i < b->found->dumps.nr; i++) {
		const struct batch_item *it = &b->items[i];
		double left = it->child.started + b->options.timeout - now;

		if (it->state == BATCH_RUNNING && left < least)
			least = left;
	}
	return least > 0 ? least : 0;
}

/* Sleep until something happens; true: somebody wants us to end. */
static bool wait_for_news(const struct batch *b, const struct load *l)
{
	double seconds = l->running ? time_to_deadline(b) : LOOK_AGAIN;
	struct timespec t = { .tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
	int signal = sigtimedwait(&b->signals, NULL, &t);

	return signal > 0 && signal != SIGCHLD;
}

static struct error *keep_claims(struct batch *b)
{
	if (!b->options.store || child_clock() - b->renewed < STORE_RENEW)
		return NULL;
	b->renewed = child_clock();
	return store_renew(b->options.store);
}

static struct error *loop(struct batch *b)
{
	struct error *err = NULL;

	while (!err && !b->interrupted) {
		struct load l;

		err = start_some(b);
		l = load_of(b);
		if (!err && !l.waiting && l.elsewhere)
			err = look_elsewhere(b);
		l = load_of(b);
		if (err || (!l.running && !l.waiting && !l.elsewhere))
			break;
		tell_progress(b);
		b->interrupted = wait_for_news(b, &l);
		if (!b->interrupted)
			err = look_after_children(b);
		if (!err)
			err = keep_claims(b);
	}
	return err;
}

static struct error *prepare_item(struct batch *b, struct batch_item *it, const struct batch_dump *d)
{
	const struct batch_options *o = &b->options;
	enum store_state state = STORE_WANTED;
	struct error *err = NULL;

	it->dump = d;
	it->memory = batch_memory_estimate(d);
	if (it->memory > o->memory)
		it->memory = o->memory;
	if (o->nr_shards && d->shard % o->nr_shards != o->shard - 1) {
		it->state = BATCH_NOT_OURS;
		return NULL;
	}
	if (o->store)
		err = store_look(o->store, d, &state, &it->reason);
	return err || state != STORE_KNOWN ? err : take_known(b, it);
}

/* Children are not left behind; what they did not finish is done by the next run. */
static struct error *stop(struct batch *b, struct error *err)
{
	for (size_t i = 0; b->items && i < b->found->dumps.nr; i++)
		child_deinit(&b->items[i].child);
	if (!b->options.store)
		return err;
	if (err)
		error_free(store_release(b->options.store));
	else if (b->interrupted)
		err = store_release(b->options.store);
	else
		err = store_finish(b->options.store);
	return err;
}

struct error *batch_run(struct batch *b)
{
	struct error *err = NULL;

	b->started = b->renewed = child_clock();
	b->items = calloc(b->found->dumps.nr + 1, sizeof(*b->items));
	if (!b->items)
		err = &error_nomem;
	sigemptyset(&b->signals);
	for (size_t i = 0; i < 4; i++)
		sigaddset(&b->signals, (const int[]){ SIGCHLD, SIGINT, SIGTERM, SIGHUP }[i]);
	sigprocmask(SIG_BLOCK, &b->signals, &b->old_signals);
	for (size_t i = 0; i < b->found->dumps.nr && !err; i++)
		err = prepare_item(b, &b->items[i], &b->found->dumps.v[i]);
	if (!err)
		err = loop(b);
	err = stop(b, err);
	while (sigtimedwait(&b->signals, NULL, &(struct timespec){ 0 }) > 0)
		; /* one that ended a wait for the store */
	sigprocmask(SIG_SETMASK, &b->old_signals, NULL);
	return err;
}

void batch_deinit(struct batch *b)
{
	for (size_t i = 0; b->items && i < b->found->dumps.nr; i++) {
		child_deinit(&b->items[i].child);
		result_deinit(&b->items[i].result);
	}
	free(b->items);
	b->items = NULL;
}
