/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the fake machine, and what tests expect of them. */
#include <inttypes.h>
#include <stdio.h>

#include "world.h"

void expect_error(struct error *err, const char *text)
{
	if (!err)
		fail_msg("no error; expected: %s", text);
	else if (!strstr(error_text(err), text))
		fail_msg("\"%s\" does not hold \"%s\"", error_text(err), text);
	error_free(err);
}

void lab_open(struct lab *lab, struct world *w)
{
	struct error *err = world_types(w, &lab->types);

	if (!err)
		err = world_dump(w, &lab->dump);
	if (!err)
		err = layout_init(&lab->layout, lab->dump, lab->types);
	if (!err)
		err = kvmem_new(&lab->layout.mmu, lab->dump, &lab->kv);
	if (err)
		fail_msg("%s", error_text(err));
}

void lab_close(struct lab *lab)
{
	kvmem_free(lab->kv);
	layout_deinit(&lab->layout);
	dump_free(lab->dump);
	types_free(lab->types);
}

/* Passes that walk what the fake machine has only when a test builds it. */
static bool is_left_out(const struct world *w, const char *pass)
{
	static const char *const processes[] = { "mms", "tables", "mapcount", "rss" };
	static const char *const lists[] = { "freelists", "cache", "swap", "lru", "slab", "hugetlb", "owners", "lists", "totals",
					     "sources", "refs" };

	for (size_t i = 0; i < ARRAY_SIZE(processes) && !w->processes; i++)
		if (!strcmp(pass, processes[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(lists) && !w->lists; i++)
		if (!strcmp(pass, lists[i]))
			return true;
	return false;
}

static const char *rules_left_out(const struct world *w)
{
	static char list[8192];
	size_t at = 0;

	list[0] = '\0';
	for (enum rule_id id = 0; id < NR_RULES; id++)
		if (is_left_out(w, rules[id].pass))
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", at ? "," : "", rules[id].id);
	assert_true(at < sizeof(list));
	return list;
}

struct error *world_try_check(struct world *w, const struct check_options *o, struct check **ret)
{
	struct check_options options = o ? *o : (struct check_options){ .workers = 1 };
	struct types *types;
	struct dump *dump;
	struct error *err = world_types(w, &types);

	if (err)
		return err;
	err = world_dump(w, &dump);
	if (err) {
		types_free(types);
		return err;
	}
	if (!options.skip && !options.only && (!w->processes || !w->lists))
		options.skip = rules_left_out(w);
	return check_open_dump(dump, types, &options, ret);
}

struct check *world_check(struct world *w, const struct check_options *o)
{
	struct check *c = NULL;
	struct error *err = world_try_check(w, o, &c);

	if (!err)
		err = check_run(c);
	if (err)
		fail_msg("%s", error_text(err));
	return c;
}

static void print_findings(const struct check *c)
{
	for (size_t i = 0; i < c->findings.list.nr && i < 20; i++) {
		const struct finding *f = &c->findings.list.v[i];

		print_message("%s pfn %#" PRIx64 " %s%s: %s\n", rules[f->rule].id, f->subject.pfn,
			      f->subject.page_kind ? f->subject.page_kind : "", f->cause == SIZE_MAX ? "" : " (follows)",
			      f->message ? f->message : "");
	}
}

void expect_clean(const struct check *c)
{
	print_findings(c);
	assert_int_equal(c->findings.list.nr, 0);
}

bool has_finding(const struct check *c, enum rule_id rule, uint64_t pfn)
{
	for (size_t i = 0; i < c->findings.list.nr; i++) {
		const struct finding *f = &c->findings.list.v[i];

		if (f->rule == rule && (pfn == UINT64_MAX || f->subject.pfn == pfn))
			return true;
	}
	return false;
}

void expect_root(const struct check *c, enum rule_id rule, uint64_t pfn)
{
	unsigned roots = 0;

	for (size_t i = 0; i < c->findings.list.nr; i++)
		roots += c->findings.list.v[i].cause == SIZE_MAX;
	if (roots == 1 && has_finding(c, rule, pfn))
		return;
	print_findings(c);
	fail_msg("expected %s at %#" PRIx64 " as the only root, found %u roots", rules[rule].id, pfn, roots);
}

uint64_t gap_count(const struct check *c, const char *what)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < c->nr_gaps; i++)
		if (!strcmp(c->gaps[i].what, what))
			nr += c->gaps[i].count;
	return nr;
}
