/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutation tests.
 *
 *   mutate --dump DUMP --debuginfo VMLINUX --kernel NAME [--only GLOB] FILE.t...
 *   mutate --dump DUMP --debuginfo VMLINUX --kernel NAME --query 'FILTER...'
 *
 * Opens the dump once, then for every record changes some bytes of it, runs the whole check and compares.
 */
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

struct tally {
	unsigned nr, passed, failed, skipped, todo;
};

static void picks_print(const struct mutation *m)
{
	for (unsigned i = 0; i < m->nr_picks; i++)
		printf("#   %s is pfn %#llx\n", m->picks[i].name, (unsigned long long)m->picks[i].pfn);
}

/* Change the dump, check it, compare. */
static struct error *mutation_run(struct mutation *m, bool *ret_ok)
{
	struct check *c = NULL;
	struct error *err = world_check(m->w, m->patches.v, m->patches.nr, &c);

	if (err)
		return err;
	*ret_ok = expect_compare(m, c);
	check_free(c);
	return NULL;
}

static void failure_print(const struct mutation *m, const struct record *r, const struct error *err,
			  struct tally *t)
{
	bool todo = m->todo[0] && m->outcome == OUTCOME_OK;

	if (err || m->outcome == OUTCOME_BAD)
		printf("#   %s\n", err ? error_text(err) : m->reason);
	picks_print(m);
	printf("not ok %u - %s%s%s\n", t->nr, r->name, todo ? " # TODO " : "", todo ? m->todo : "");
	++*(todo ? &t->todo : &t->failed);
}

static void record_run(struct world *w, const struct record *r, struct tally *t)
{
	struct mutation m = { .w = w };
	struct error *err = NULL;
	bool ok = false;

	mutation_apply(&m, r);
	t->nr++;
	if (m.outcome == OUTCOME_OK)
		err = mutation_run(&m, &ok);
	if (m.outcome == OUTCOME_SKIP) {
		printf("ok %u - %s # skip %s\n", t->nr, r->name, m.reason);
		t->skipped++;
	} else if (ok) {
		printf("ok %u - %s%s\n", t->nr, r->name, m.todo[0] ? " # TODO passes: take the todo line away" : "");
		t->passed++;
	} else {
		failure_print(&m, r, err, t);
	}
	fflush(stdout);
	error_free(err);
	mutation_deinit(&m);
}

static void base_print(const struct world *w)
{
	for (size_t i = 0; i < w->base->findings.list.nr; i++)
		finding_print(w->base, &w->base->findings.list.v[i], "in the healthy dump:");
}

static struct error *run(struct world *w, const struct records *r, const char *only, struct tally *t)
{
	bool any = false;

	base_print(w);
	for (size_t i = 0; i < r->list.nr; i++) {
		const struct record *rec = &r->list.v[i];

		any |= rec->flips;
		if (!rec->flips && (!only || !fnmatch(only, rec->name, 0)))
			record_run(w, rec, t);
	}
	if (!any)
		printf("%u passed, %u failed, %u skipped, %u to do\n", t->passed, t->failed, t->skipped, t->todo);
	return any ? flips_run(w, r, only) : NULL;
}

/* Which pages match: for writing records. */
static void query(struct world *w, const char *filters)
{
	struct mutation m = { .w = w };
	struct pfns pages = { { 0 } };

	pick_all(&m, filters, &pages);
	printf("%s: %zu pages", filters, pages.list.nr);
	for (size_t i = 0; i < pages.list.nr && i < 8; i++)
		printf("%s %#llx", i ? "," : ":", (unsigned long long)pages.list.v[i]);
	printf("%s%s\n", m.outcome == OUTCOME_OK ? "" : " ", m.reason);
	array_free(&pages.list);
	mutation_deinit(&m);
}

static int usage(void)
{
	fputs("usage: mutate --dump DUMP --debuginfo VMLINUX --kernel NAME [--only GLOB] FILE.t...\n"
	      "       mutate --dump DUMP --debuginfo VMLINUX --kernel NAME --query 'FILTER...'\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dump", required_argument, NULL, 'd' },   { "debuginfo", required_argument, NULL, 'i' },
		{ "kernel", required_argument, NULL, 'k' }, { "only", required_argument, NULL, 'o' },
		{ "query", required_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	const char *dump = NULL, *debuginfo = NULL, *kernel = NULL, *only = NULL, *filters = NULL;
	struct records records = { { 0 } };
	struct tally t = { 0 };
	struct world w = { 0 };
	struct error *err = NULL;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		if (c == '?')
			return usage();
		*(c == 'd' ? &dump : c == 'i' ? &debuginfo : c == 'k' ? &kernel : c == 'o' ? &only : &filters) = optarg;
	}
	if (!dump || !debuginfo || !kernel || (optind == argc) != !!filters)
		return usage();
	for (int i = optind; !err && i < argc; i++)
		err = records_read(&records, argv[i]);
	if (!err)
		err = world_open(&w, dump, debuginfo, kernel);
	if (!err && filters)
		query(&w, filters);
	else if (!err)
		err = run(&w, &records, only, &t);
	if (err)
		fprintf(stderr, "mutate: %s\n", error_text(err));
	world_close(&w);
	records_deinit(&records);
	if (err) {
		error_free(err);
		return 2;
	}
	return t.failed ? 1 : 0;
}
