/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpagefsck: the public interface over struct check. */
#include "pagefsck/pagefsck.h"

#include <string.h>

#include "config.h"
#include "passes/check.h"

struct pagefsck_error {
	struct error *err;
};

struct pagefsck {
	struct check *check;
	char *cache_dir;
	bool done;
};

/* Out of memory has no error to carry its text: one static object stands for it. */
static struct pagefsck_error out_of_memory = { &error_nomem };

static struct pagefsck_error *wrap(struct error *err)
{
	struct pagefsck_error *e;

	if (!err)
		return NULL;
	e = malloc(sizeof(*e));
	if (!e) {
		error_free(err);
		return &out_of_memory;
	}
	e->err = err;
	return e;
}

const char *pagefsck_error_text(const struct pagefsck_error *err)
{
	return error_text(err->err);
}

void pagefsck_error_free(struct pagefsck_error *err)
{
	if (!err || err == &out_of_memory)
		return;
	error_free(err->err);
	free(err);
}

const char *pagefsck_version(void)
{
	return PACKAGE_VERSION;
}

/* Members the caller's struct does not have keep their defaults. */
static struct pagefsck_options options_copy(const struct pagefsck_options *opt)
{
	struct pagefsck_options copy = PAGEFSCK_OPTIONS_INIT;

	if (opt)
		memcpy(&copy, opt, opt->size < sizeof(copy) ? opt->size : sizeof(copy));
	return copy;
}

struct pagefsck_error *pagefsck_open(const char *dump, const struct pagefsck_options *opt, struct pagefsck **ret)
{
	struct pagefsck_options o = options_copy(opt);
	struct pagefsck *pf = calloc(1, sizeof(*pf));
	struct check_options co;
	struct error *err;

	if (!pf)
		return &out_of_memory;
	pf->cache_dir = o.no_cache ? NULL : types_cache_dir();
	co = (struct check_options){
		.debuginfo = o.debuginfo,
		.debuginfo_path = getenv("PAGEFSCK_DEBUGINFO_PATH"),
		.no_debuginfod = o.no_debuginfod,
		.cache_dir = pf->cache_dir,
		.workers = o.threads,
		.only = o.only,
		.skip = o.skip,
		.first_pfn = o.first_pfn,
		.end_pfn = o.end_pfn,
		.time_limit = o.time_limit,
		.progress = o.progress,
		.progress_arg = o.progress_arg,
	};
	err = check_open(dump, &co, &pf->check);
	if (err) {
		pagefsck_close(pf);
		return wrap(err);
	}
	*ret = pf;
	return NULL;
}

void pagefsck_close(struct pagefsck *pf)
{
	if (!pf)
		return;
	check_free(pf->check);
	free(pf->cache_dir);
	free(pf);
}

struct pagefsck_error *pagefsck_check(struct pagefsck *pf)
{
	if (pf->done)
		return wrap(error_new("the check has run already"));
	pf->done = true;
	return wrap(check_run(pf->check));
}

size_t pagefsck_nr_findings(const struct pagefsck *pf)
{
	return pf->check->findings.list.nr;
}

void pagefsck_finding(const struct pagefsck *pf, size_t i, struct pagefsck_finding *ret)
{
	const struct finding *f = &pf->check->findings.list.v[i];

	*ret = (struct pagefsck_finding){
		.rule = rules[f->rule].id,
		.severity = (enum pagefsck_severity)f->severity,
		.pfn = f->subject.pfn,
		.head_pfn = f->subject.head_pfn,
		.order = f->subject.order,
		.page_kind = f->subject.page_kind,
		.address = f->subject.address,
		.message = f->message,
		.root = f->cause == SIZE_MAX,
	};
}

const char *pagefsck_page_kind(const struct pagefsck *pf, uint64_t pfn)
{
	const struct census_record *r = census_find(&pf->check->census, pfn);

	return r && r->kind != KIND_HOLE ? kinds[r->kind].name : NULL;
}

unsigned pagefsck_rules_checked(const struct pagefsck *pf)
{
	return ledger_nr_checked(&pf->check->ledger);
}

unsigned pagefsck_rules_skipped(const struct pagefsck *pf)
{
	return ledger_nr_skipped(&pf->check->ledger);
}
