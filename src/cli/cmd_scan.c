/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck scan: find dumps, check each in a process of its own, keep what came out. */
#include "cli/cmd.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#include "base/job.h"
#include "base/strbuf.h"
#include "batch/batch.h"
#include "batch/summary.h"
#include "cli/progress.h"
#include "cli/scan_table.h"
#include "config.h"

enum { KEY_DB = 0x400, KEY_JSONL, KEY_TIMEOUT, KEY_MEMORY, KEY_SHARD, KEY_RUN, KEY_RECHECK, KEY_RETRY, KEY_WAIT, KEY_PRUNE };

struct scan_options {
	const char *db, *jsonl, *shard_text, *run;
	double timeout;
	double store_wait; /* seconds */
	uint64_t memory; /* bytes, 0: the default */
	unsigned shard, nr_shards;
	bool recheck, retry, prune;
};

static const struct argp_option extra_options[] = {
	{ NULL, 0, NULL, 0, "The batch:", 4 },
	{ "db", KEY_DB, "STORE", 0,
	  "keep the results in STORE: a file of SQLite, or postgresql://...; what is there and has not changed is not checked again",
	  0 },
	{ "store-wait", KEY_WAIT, "SECONDS", 0,
	  "wait so long for a server that went away, or for a file that another program holds (default: 300)", 0 },
	{ "jsonl", KEY_JSONL, "FILE", 0, "append a line of JSON for each dump that is checked; - is standard output", 0 },
	{ "timeout", KEY_TIMEOUT, "SECONDS", 0, "end the check of a dump that takes longer", 0 },
	{ "memory", KEY_MEMORY, "SIZE", 0,
	  "memory for all checks together, as in 512M or 16G (default: three quarters of the machine's)", 0 },
	{ "shard", KEY_SHARD, "K/N", 0, "only the K-th of N parts of the dumps, for N workers that share a store", 0 },
	{ "run", KEY_RUN, "NAME", 0, "call the run so; workers that give the same NAME are one run", 0 },
	{ "recheck", KEY_RECHECK, NULL, 0, "check again what is in the store", 0 },
	{ "retry", KEY_RETRY, NULL, 0, "check again what could not be checked, as when debug info was missing", 0 },
	{ "prune", KEY_PRUNE, NULL, 0, "remove dumps from the store that are gone from the folders", 0 },
	{ 0 },
};

/* ---- options ----------------------------------------------------------------------------------------------------- */

static double parse_seconds(const char *arg, const char *option, struct argp_state *state)
{
	char *end;
	double seconds = strtod(arg, &end);

	if (end == arg || *end || !isfinite(seconds) || seconds <= 0)
		argp_error(state, "%s takes seconds, not '%s'", option, arg);
	return seconds;
}

static uint64_t parse_memory(const char *arg, struct argp_state *state)
{
	static const char units[] = "KMGT";
	size_t len = strlen(arg);
	const char *unit = len ? strchr(units, arg[len - 1]) : NULL;
	_cleanup_free_ char *digits = strndup(arg, unit ? len - 1 : len);
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	uint64_t value = 0;

	if (!digits || !parse_number(digits, &value) || !value || value > (uint64_t)INT64_MAX >> shift)
		argp_error(state, "--memory takes a size as in 512M or 16G, not '%s'", arg);
	return value << shift;
}

static void parse_shard(struct scan_options *so, const char *arg, struct argp_state *state)
{
	_cleanup_free_ char *copy = strdup(arg);
	char *slash = copy ? strchr(copy, '/') : NULL;
	uint64_t k = 0, n = 0;

	if (slash)
		*slash = '\0';
	if (!slash || !parse_number(copy, &k) || !parse_number(slash + 1, &n) || !k || k > n || n > UINT_MAX)
		argp_error(state, "--shard takes K/N with K from 1 to N, not '%s'", arg);
	so->shard_text = arg;
	so->shard = (unsigned)k;
	so->nr_shards = (unsigned)n;
}

static error_t parse_extra(int key, char *arg, struct argp_state *state, void *extra)
{
	struct scan_options *so = extra;

	switch (key) {
	case KEY_DB:
		so->db = arg;
		return *arg ? 0 : (argp_error(state, "--db takes a file, or postgresql://..."), 0);
	case KEY_JSONL:
		so->jsonl = arg;
		return 0;
	case KEY_TIMEOUT:
		so->timeout = parse_seconds(arg, "--timeout", state);
		return 0;
	case KEY_WAIT:
		so->store_wait = parse_seconds(arg, "--store-wait", state);
		return 0;
	case KEY_MEMORY:
		so->memory = parse_memory(arg, state);
		return 0;
	case KEY_SHARD:
		parse_shard(so, arg, state);
		return 0;
	case KEY_RUN:
		so->run = arg;
		return 0;
	case KEY_RECHECK:
		so->recheck = true;
		return 0;
	case KEY_RETRY:
		so->retry = true;
		return 0;
	case KEY_PRUNE:
		so->prune = true;
		return 0;
	case ARGP_KEY_END:
		if ((so->recheck || so->retry || so->prune || so->run) && !so->db)
			argp_error(state, "--recheck, --retry, --prune and --run are about a store; give --db");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct command_spec scan_spec = {
	.args = "DIR|DUMP...",
	.doc = "Check every crash dump below the folders DIR, several at a time, each in a process of its own.  Dumps are known by what "
	       "is in them, not by their names.",
	.groups = OPTIONS_DUMP | OPTIONS_RULES,
	.min_args = 1,
	.max_args = UINT_MAX,
	.extra_options = extra_options,
	.parse_extra = parse_extra,
};

/* ---- the command ------------------------------------------------------------------------------------------------- */

enum { MAX_CHECK_ARGS = 24, DEFAULT_STORE_WAIT = 300 };

struct scan {
	const struct options *o;
	const struct scan_options *so;
	struct batch_found found;
	struct batch batch;
	struct store *store;
	struct jsonl *jsonl;
	struct store_run run;
	struct progress progress;
	struct arena arena;
	const char *check[MAX_CHECK_ARGS];
	unsigned nr_check;
	struct strbuf options; /* what of them changes the result */
	bool failed;
	unsigned nr_told;
};

static void add_arg(struct scan *s, const char *arg)
{
	if (!arg)
		s->failed = true;
	else if (s->nr_check < MAX_CHECK_ARGS)
		s->check[s->nr_check++] = arg;
}

/* An option that changes what a check says. */
static void add_option(struct scan *s, const char *option, const char *value)
{
	if (!value)
		return;
	add_arg(s, option);
	add_arg(s, value);
	strbuf_printf(&s->options, "%s%s ", s->options.len ? " " : "", option);
	strbuf_add_untrusted(&s->options, value);
}

static const char *real_name(struct scan *s, const char *path)
{
	_cleanup_free_ char *real = path ? realpath(path, NULL) : NULL;

	return real ? arena_strdup(&s->arena, real) : path;
}

static struct error *make_check_args(struct scan *s)
{
	const struct options *o = s->o;
	unsigned threads = o->threads ? o->threads : job_default_workers();

	s->batch.options.jobs = threads;
	if (threads > s->found.dumps.nr && s->found.dumps.nr)
		s->batch.options.jobs = (unsigned)s->found.dumps.nr;
	add_arg(s, "pagefsck");
	for (size_t i = 0; i < 6; i++)
		add_arg(s, ((const char *const[]){ "check", "--format", "json", "--no-progress", "-q", "-j" })[i]);
	add_arg(s, arena_printf(&s->arena, "%u", threads / s->batch.options.jobs));
	add_option(s, "-d", real_name(s, o->debuginfo));
	add_option(s, "--only", o->only);
	add_option(s, "--skip", o->skip);
	if (o->first_pfn || o->end_pfn)
		add_option(s, "--pfn-range", arena_printf(&s->arena, "%" PRIu64 "-%" PRIu64, o->first_pfn, o->end_pfn - 1));
	if (o->time_limit > 0)
		add_option(s, "--time-limit", arena_printf(&s->arena, "%.17g", o->time_limit));
	if (o->no_debuginfod)
		add_arg(s, "--no-debuginfod");
	s->batch.options.check = s->check;
	s->batch.options.nr_check = s->nr_check;
	return s->failed || s->options.failed ? &error_nomem : NULL;
}

/* Three quarters of what the machine has. */
static uint64_t default_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 4 * 3 : UINT64_C(4) << 30;
}

static const char *root_names(struct scan *s)
{
	const char *text = "";

	for (unsigned i = 0; i < s->o->nr_args && text; i++) {
		const char *name = batch_name(&s->arena, real_name(s, s->o->args[i]));

		text = name ? arena_printf(&s->arena, "%s%s%s", text, i ? "\n" : "", name) : NULL;
	}
	return text;
}

static void tell_wait(void *arg, const char *text)
{
	struct scan *s = arg;

	progress_end(&s->progress);
	if (!s->o->quiet)
		fprintf(stderr, "pagefsck: %s\n", text);
}

static struct error *open_store(struct scan *s)
{
	const struct scan_options *so = s->so;
	struct error *err;

	s->run = (struct store_run){
		.name = so->run,
		.version = PACKAGE_VERSION,
		.options = s->options.s ? s->options.s : "",
		.roots = root_names(s),
		.shard = so->shard_text,
		.case_id = s->o->case_id,
		.time_limit = so->timeout,
		.memory_limit = s->batch.options.memory,
		.recheck = so->recheck,
		.retry = so->retry,
	};
	if (!s->run.roots)
		return &error_nomem;
	err = store_open(so->db, &(struct patience){ so->store_wait, tell_wait, s }, &s->store);
	if (!err)
		err = store_begin(s->store, &s->run, &s->found);
	if (!err)
		err = store_gone(s->store, &s->found, so->prune, &s->batch.gone);
	s->batch.options.store = s->store;
	return err;
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static void tell_progress(void *arg, const struct batch_progress *p)
{
	struct scan *s = arg;
	double share = p->bytes_all ? (double)p->bytes_done / (double)p->bytes_all : 0;
	double rest = share > 0.01 ? p->seconds * (1 - share) / share : 0;
	char left[64] = "";

	if (rest > 0)
		snprintf(left, sizeof(left), ", about %.0f %s left", rest < 100 ? rest : rest / 60, rest < 100 ? "s" : "min");
	progress_line(&s->progress, "%u of %u dump(s), %u at work, %.0f %%%s", p->done, p->all, p->running, 100 * share, left);
}

/* With -v a line for each, for logs. */
static void tell_finished(void *arg, const struct batch_item *item)
{
	struct scan *s = arg;
	_cleanup_free_ char *text = s->o->verbose ? scan_outcome_text(&item->result) : NULL;

	if (!text)
		return;
	progress_end(&s->progress);
	fprintf(stderr, "pagefsck: %s: %s", item->dump->name, text);
	if (item->state == BATCH_KNOWN)
		fprintf(stderr, " (known)\n");
	else
		fprintf(stderr, " (checked: %s)\n", item->reason);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static struct error *scan_run(struct scan *s)
{
	const struct options *o = s->o;
	const char *tmp = getenv("TMPDIR");
	struct error *err = batch_find((const char *const *)o->args, o->nr_args, &s->found);

	if (err)
		return err;
	s->batch.found = &s->found;
	s->batch.options = (struct batch_options){
		.memory = s->so->memory ? s->so->memory : default_memory(),
		.timeout = s->so->timeout,
		.shard = s->so->shard,
		.nr_shards = s->so->nr_shards,
		.scratch = tmp && *tmp ? tmp : "/var/tmp",
		.progress = tell_progress,
		.finished = tell_finished,
		.arg = s,
	};
	progress_init(&s->progress, o);
	err = make_check_args(s);
	if (!err && s->so->db)
		err = open_store(s);
	if (!err && s->so->jsonl)
		err = jsonl_open(s->so->jsonl, &s->jsonl);
	s->batch.options.jsonl = s->jsonl;
	if (!err)
		err = batch_run(&s->batch);
	progress_end(&s->progress);
	return err;
}

static void scan_deinit(struct scan *s)
{
	progress_end(&s->progress);
	batch_deinit(&s->batch);
	store_close(s->store);
	jsonl_close(s->jsonl);
	batch_found_deinit(&s->found);
	strbuf_deinit(&s->options);
	arena_deinit(&s->arena);
}

/* Lines of JSON and a table for people do not go into one stream. */
static bool wants_table(const struct options *o, const struct scan_options *so)
{
	return o->output || !so->jsonl || strcmp(so->jsonl, "-");
}

/* Also of what was done before an error, which is returned. */
static struct error *write_table(struct options *o, const struct scan *s, struct error *before)
{
	struct error *err = options_open_output(o);
	struct report_options ro;

	if (!err) {
		ro = options_report(o);
		if (o->format == FORMAT_JSON)
			err = batch_summary(&s->batch, o->out.file);
		else
			err = scan_table(&s->batch, s->store ? store_name(s->store) : NULL, &ro, o->out.file);
		err = output_blame(&o->out, err);
	}
	if (!before)
		return err;
	error_free(err ? err : output_commit(&o->out));
	return before;
}

int cmd_scan(int argc, char **argv)
{
	struct scan_options so = { .store_wait = DEFAULT_STORE_WAIT };
	struct options o = { .extra = &so };
	struct scan s = { .o = &o, .so = &so };
	int status = EXIT_OPERATIONAL;
	struct error *err;

	options_parse(argc, argv, &scan_spec, &o);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error with words */
	err = scan_run(&s);
	if (s.batch.items && wants_table(&o, &so))
		err = write_table(&o, &s, err);
	if (!err)
		status = scan_status(&s.batch, o.fail_on == SEV_WARNING);
	if (!err && s.batch.interrupted)
		fprintf(stderr, "pagefsck: interrupted%s\n",
			s.store ? "; what is done is stored: run the same command again to go on" : "");
	status = cli_finish(&o, err, status);
	scan_deinit(&s);
	return status;
}
