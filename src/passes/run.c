/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the passes of a check: units on workers, then joining what the workers found and counted. */
#include <string.h>

#include "passes/pass.h"
#include "passes/said.h"

void check_pass_done(struct check *c, const char *name, double since)
{
	if (c->nr_passes < CHECK_MAX_PASSES)
		c->passes[c->nr_passes++] = (struct pass_timing){ name, check_clock() - since };
}

struct run {
	struct check *check;
	const struct pass *pass;
	uint64_t nr_units;
};

static struct error *run_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct run *r = arg;
	const struct check_options *o = &r->check->options;

	if (worker == 0 && o->progress)
		o->progress(o->progress_arg, r->pass->title, unit, r->nr_units);
	return r->pass->run(r->check, &r->check->workers[worker], unit);
}

static void join_counts(struct check *c, struct worker *w)
{
	for (size_t z = 0; z <= c->zones.list.nr; z++) {
		const struct zone *zone = z < c->zones.list.nr ? &c->zones.list.v[z] : NULL;
		struct zone_tally *t;

		if (!w->zones[z].pages)
			continue;
		t = census_zone(&c->census, zone ? zone->node : 0, zone ? zone->index : CENSUS_MAX_ZONES,
				zone ? zone->name : "none");
		if (!t) {
			c->findings.failed = true;
			continue;
		}
		t->pages += w->zones[z].pages;
		c->census.pages += w->zones[z].pages;
		for (unsigned k = 0; k < NR_KINDS; k++) {
			t->kinds[k] += w->zones[z].kinds[k];
			c->census.kinds[k] += w->zones[z].kinds[k];
		}
		memset(&w->zones[z], 0, sizeof(w->zones[z]));
	}
}

static void join_sums(struct check *c, struct worker *w)
{
	for (size_t z = 0; c->totals.sums && z <= c->zones.list.nr; z++)
		for (unsigned i = 0; i < NR_SUMS; i++)
			c->totals.sums[z].v[i] += w->sums[z].v[i];
	memset(w->sums, 0, (c->zones.list.nr + 1) * sizeof(*w->sums));
}

static void join_worker(struct check *c, struct worker *w)
{
	findings_join(&c->findings, &w->findings);
	ledger_join(&c->ledger, &w->ledger);
	memset(&w->ledger, 0, sizeof(w->ledger));
	join_counts(c, w);
	join_sums(c, w);
}

static void join_workers(struct check *c)
{
	for (unsigned i = 0; i < c->nr_workers; i++)
		join_worker(c, &c->workers[i]);
}

static struct error *run_pass(struct check *c, const struct pass *p)
{
	struct run r = { c, p, 1 };
	double since = check_clock();
	struct error *err = p->begin ? p->begin(c, &r.nr_units) : NULL;

	if (!err && p->run)
		err = job_run(c->nr_workers, r.nr_units, run_unit, &r);
	if (err)
		return err;
	join_workers(c);
	if (p->finish)
		err = p->finish(c);
	join_workers(c);
	check_pass_done(c, p->id, since);
	return err;
}

/* Passes of which a rule is to be evaluated, and all that they need; walks of page tables that are wanted anyway. */
static unsigned wanted_passes(const struct check *c)
{
	unsigned wanted = 0;

	for (unsigned i = 0; i < NR_PASSES; i++) {
		bool rule = passes[i].always || (c->options.walk_always && i <= PASS_RSS);

		for (enum rule_id id = 0; passes[i].id && !c->options.census_only && id < NR_RULES; id++)
			rule |= check_active(c, id) && !strcmp(rules[id].pass, passes[i].id);
		wanted |= (unsigned)(passes[i].id && rule && (passes[i].always || !c->options.census_only)) << i;
	}
	/* what a pass needs stands before it */
	for (unsigned i = NR_PASSES; i-- > 0;)
		wanted |= wanted >> i & 1 ? passes[i].needs : 0;
	return wanted;
}

/* Findings about pages say where their struct page is, for those who go on with a debugger. */
static void name_struct_pages(struct check *c)
{
	for (size_t i = 0; i < c->findings.list.nr; i++) {
		struct subject *s = &c->findings.list.v[i].subject;
		const struct section *section;

		if ((s->kind != SUBJ_PAGE && s->kind != SUBJ_FOLIO) || s->address != UINT64_MAX)
			continue;
		section = memmap_section(&c->memmap, s->pfn);
		if (section)
			s->address = memmap_page_va(&c->memmap, section, s->pfn);
	}
}

struct error *check_run(struct check *c)
{
	unsigned wanted = wanted_passes(c);
	struct error *err = NULL;
	double since;

	for (unsigned i = 0; !err && i < NR_PASSES; i++)
		if (wanted >> i & 1 && passes[i].id)
			err = run_pass(c, &passes[i]);
	if (err)
		return error_prefix(err, "%s", dump_info(c->dump)->path);
	since = check_clock();
	err = findings_finish(&c->findings);
	name_struct_pages(c);
	if (!err)
		err = alloc_explain(c);
	if (!err)
		err = said_explain(c);
	check_pass_done(c, "sort", since);
	return err;
}
