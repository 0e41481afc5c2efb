/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "passes/calibrate.h"
#include "passes/debuginfo.h"
#include "passes/pass.h"
#include "walk/cpus.h"
#include "walk/running_kernel.h"

double check_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

bool check_out_of_time(const struct check *c)
{
	return c->options.time_limit > 0 && check_clock() - c->started > c->options.time_limit;
}

static struct error *open_structures(struct check *c)
{
	struct error *err;

	err = error_prefix(zones_init(&c->zones, &c->layout, c->kv), "%s", dump_info(c->dump)->path);
	if (!err)
		err = memmap_init(&c->memmap, &c->layout, c->dump, c->kv);
	if (!err)
		err = percpu_init(&c->percpu, &c->layout, c->kv);
	if (!err)
		err = crash_init(&c->crash, &c->layout, &c->percpu, c->dump, c->kv);
	if (!err)
		err = pcp_init(&c->pcp, &c->layout, &c->memmap, &c->zones, &c->percpu, c->kv);
	if (!err)
		err = special_init(&c->special, &c->layout, &c->memmap, c->kv);
	if (!err)
		err = alloc_init(c);
	return err;
}

/* A crash stops all CPUs; one that does not answer may be anywhere. */
static struct error *note_silent_cpus(struct check *c)
{
	struct error *err = cpu_states_init(&c->cpus, &c->layout, &c->percpu, c->dump, c->kv);

	if (!err && c->cpus.nr_silent) {
		bool one = c->cpus.nr_silent == 1;

		snprintf(c->silent_cpus, sizeof(c->silent_cpus), "CPU%s without registers, %s CPU %u", one ? "" : "s",
			 one ? "namely" : "the first is", c->cpus.first_silent);
		check_gap_add(c, c->silent_cpus, one ? "it did not stop for the dump, so what it had in hand is not known"
						     : "they did not stop for the dump, so what they had in hand is not known",
			      c->cpus.nr_silent, UINT64_MAX);
	}
	return err;
}

struct error *check_read_tasks(struct check *c)
{
	struct error *err;

	if (c->has_read_tasks)
		return NULL;
	c->has_read_tasks = true;
	err = tasks_init(&c->tasks, &c->layout, c->kv);
	return err ? err : stacks_init(&c->stacks, &c->layout, &c->tasks, &c->percpu, &c->cpus, c->kv);
}

static void note_gaps(struct check *c)
{
	if (c->zones.nr_gaps)
		check_gap_add(c, "nodes and zones", "not readable in the dump", c->zones.nr_gaps, c->zones.gap_va);
	if (c->memmap.nr_gaps)
		check_gap_add(c, "memory sections", "not readable in the dump", c->memmap.nr_gaps, c->memmap.gap_va);
	if (!c->percpu.cpus.nr || c->percpu.nr_gaps)
		check_gap_add(c, "per-CPU areas", "not readable in the dump", c->percpu.nr_gaps ? c->percpu.nr_gaps : 1,
			      c->percpu.gap_va);
	if (c->percpu.cpus.nr && c->pcp.nr_gaps)
		check_gap_add(c, "per-CPU free lists", "not readable in the dump", c->pcp.nr_gaps, c->pcp.gap_va);
}

/* What a rule needs that only the dump can tell. */
static bool dump_has(const struct check *c, enum need need)
{
	if (need == NEED_EXCLUDED_PAGES)
		return dump_info(c->dump)->pages_excluded != 0;
	if (need == NEED_FULL_CENSUS)
		return check_is_complete(c);
	if (need == NEED_PERCPU_LISTS)
		return c->percpu.cpus.nr != 0;
	return layout_has(&c->layout, need);
}

/* Rules about zones and their lists have nothing to go by when no zone could be read. */
static void skip_zone_rules(struct check *c)
{
	static const char globs[] = "page-zone-matches,page-node-matches,buddy-zone,pcp-*,zone-*";

	for (enum rule_id id = 0; !c->zones.list.nr && id < NR_RULES; id++)
		if (!c->ledger.rule[id].skipped && rule_matches(rules[id].id, globs))
			c->ledger.rule[id].skipped = "no zone could be read";
}

/* Of memory that changes while it is read, one word of a struct page is what it was at some instant; no two are. */
static void skip_live_rules(struct check *c)
{
	static const char globs[] = "page-section-matches,page-zone-matches,page-node-matches,flags-undefined-bits,"
				    "page-poisoned,type-valid,type-low-bits,refcount-negative,refcount-overflow,"
				    "mapcount-underflow,mapcount-overflow";

	for (enum rule_id id = 0; dump_info(c->dump)->live && id < NR_RULES; id++)
		if (!c->ledger.rule[id].skipped && !rule_matches(rules[id].id, globs))
			c->ledger.rule[id].skipped = "live memory: needs values of one instant";
}

/* makedumpfile -E -d 1 leaves out page tables that are all zeros, and nothing tells that they were. */
static void skip_filter_rules(struct check *c)
{
	struct ledger_entry *e = &c->ledger.rule[RULE_FILTERED_KERNEL_PAGE];

	if (!e->skipped && dump_info(c->dump)->zeros_excluded)
		e->skipped = "an ELF dump does not tell pages of zeros from pages that were left out";
}

static void choose_rules(struct check *c)
{
	for (enum rule_id id = 0; id < NR_RULES; id++) {
		const struct rule *r = &rules[id];
		struct ledger_entry *e = &c->ledger.rule[id];

		if (c->options.only && !rule_matches(r->id, c->options.only))
			e->skipped = "not selected by --only";
		else if (c->options.skip && rule_matches(r->id, c->options.skip))
			e->skipped = "left out by --skip";
		for (const enum need *n = r->needs; !e->skipped && *n != NEED_END; n++)
			if (!dump_has(c, *n))
				e->skipped = layout_need_reason(&c->layout, *n);
	}
}

static struct error *worker_init(struct check *c, struct worker *w)
{
	size_t bytes = (size_t)c->memmap.pages_per_section * c->layout.page_struct_size;
	struct error *err;

	w->check = c;
	w->pages = malloc(bytes);
	w->unreadable = calloc(c->memmap.pages_per_section / 64 + 1, 8);
	w->mappings = malloc(sizeof(*w->mappings));
	w->zones = calloc(c->zones.list.nr + 1, sizeof(*w->zones));
	w->sums = calloc(c->zones.list.nr + 1, sizeof(*w->sums));
	if (!w->pages || !w->unreadable || !w->mappings || !w->zones || !w->sums)
		return &error_nomem;
	err = kvmem_new(&c->layout.mmu, c->dump, &w->kv);
	if (!err)
		mapping_cache_init(w->mappings, &c->layout, w->kv);
	return err;
}

static void worker_deinit(struct worker *w)
{
	kvmem_free(w->kv);
	findings_deinit(&w->findings);
	cache_worker_deinit(&w->cache);
	array_free(&w->lru_suspects);
	array_free(&w->subpools);
	array_free(&w->frames);
	array_free(&w->balloons);
	array_free(&w->suspects);
	array_free(&w->in_motion);
	array_free(&w->filtered.list);
	array_free(&w->garbage.list);
	array_free(&w->extras);
	array_free(&w->known);
	array_free(&w->given_back);
	array_free(&w->stale_private.list);
	free(w->mappings);
	free(w->pages);
	free(w->unreadable);
	free(w->zones);
	free(w->sums);
}

static struct error *open_workers(struct check *c)
{
	uint64_t limit = 200000 / (c->memmap.sections.nr + 1);
	struct error *err = NULL;

	c->detail_limit = limit < 16 ? 16 : limit > 4096 ? 4096 : (unsigned)limit;
	c->workers = calloc(c->nr_workers, sizeof(*c->workers));
	if (!c->workers)
		return &error_nomem;
	for (unsigned i = 0; !err && i < c->nr_workers; i++)
		err = worker_init(c, &c->workers[i]);
	return err;
}

static struct error *open_census(struct check *c)
{
	for (size_t i = 0; i < c->memmap.sections.nr; i++)
		if (!census_add_run(&c->census, c->memmap.sections.v[i].first_pfn, c->memmap.sections.v[i].nr_pages))
			return &error_nomem;
	return rmap_init(&c->rmap, &c->census) && marks_init(&c->marks, &c->census) ? NULL : &error_nomem;
}

/* What an error means when part of the file is missing. */
static struct error *blame_truncation(const struct dump *d, struct error *err)
{
	const struct dump_info *info = dump_info(d);
	char *text;
	int failed;

	if (!err || !info->truncated)
		return err;
	if (info->incomplete)
		failed = asprintf(&text, "%s (%" PRIu64 " of %" PRIu64 " pages are missing: %s)", error_text(err),
				  info->pages_truncated, info->pages_ram, info->incomplete);
	else
		failed = asprintf(&text, "%s (the dump is truncated: %" PRIu64 " of %" PRIu64 " pages are beyond the end of "
				  "the file; copy it again or take a new one)",
				  error_text(err), info->pages_truncated, info->pages_ram);
	if (failed < 0)
		return err;
	error_free(err);
	err = error_new("%s", text);
	free(text);
	return err;
}

static struct error *check_prepare(struct check *c)
{
	struct error *err;

	err = layout_init(&c->layout, c->dump, c->types);
	if (!err)
		err = kvmem_new(&c->layout.mmu, c->dump, &c->kv);
	if (!err)
		err = debuginfo_verify(c);
	if (!err)
		err = blame_truncation(c->dump, open_structures(c));
	if (err)
		return err;
	c->release = dump_vmcoreinfo(c->dump, "OSRELEASE");
	c->classify = (struct classify){ &c->layout, &c->special,
					 (int)fact_value(&c->layout.facts, FACT_ZONE_DEVICE, -1) };
	note_gaps(c);
	err = note_silent_cpus(c);
	if (err)
		return err;
	choose_rules(c);
	skip_filter_rules(c);
	skip_live_rules(c);
	skip_zone_rules(c);
	err = open_workers(c);
	if (!err)
		err = open_census(c);
	if (!err)
		err = calibrate(c);
	return err;
}

struct error *check_open_dump(struct dump *dump, struct types *types, const struct check_options *o, struct check **ret)
{
	struct check *c = calloc(1, sizeof(*c));
	double started = check_clock();
	struct error *err;

	if (!c) {
		dump_free(dump);
		types_free(types);
		return &error_nomem;
	}
	c->options = *o;
	c->started = started;
	c->dump = dump;
	c->types = types;
	c->nr_workers = o->workers ? o->workers : job_default_workers();
	if (!c->options.end_pfn)
		c->options.end_pfn = UINT64_MAX;
	err = check_prepare(c);
	if (err) {
		check_free(c);
		return err;
	}
	check_pass_done(c, "open", started);
	*ret = c;
	return NULL;
}

static struct error *open_files(const char *path, const struct check_options *o, struct dump **ret)
{
	_cleanup_free_ const char **paths = calloc(1 + (size_t)o->nr_parts, sizeof(*paths));

	if (!paths)
		return &error_nomem;
	paths[0] = path;
	for (unsigned i = 0; i < o->nr_parts; i++)
		paths[1 + i] = o->parts[i];
	return dump_open_files(paths, 1 + o->nr_parts, ret);
}

struct error *check_open(const char *path, const struct check_options *o, struct check **ret)
{
	double started = check_clock();
	struct types *types = NULL;
	struct dump *dump = NULL;
	struct error *err;

	err = open_files(path, o, &dump);
	if (!err)
		err = running_kernel_choose(dump);
	if (!err)
		err = debuginfo_open(dump, o, &types);
	if (err) {
		types_free(types);
		dump_free(dump);
		return err;
	}
	err = check_open_dump(dump, types, o, ret);
	if (!err) {
		(*ret)->started = started;
		(*ret)->passes[0].seconds = check_clock() - started;
	}
	return err;
}

void check_free(struct check *c)
{
	if (!c)
		return;
	for (unsigned i = 0; c->workers && i < c->nr_workers; i++)
		worker_deinit(&c->workers[i]);
	free(c->workers);
	for (size_t i = 0; c->spaces && i < c->mms.list.nr; i++)
		vmas_deinit(&c->spaces[i].vmas);
	free(c->spaces);
	lru_deinit(&c->lru);
	totals_deinit(&c->totals);
	tables_deinit(&c->tables);
	array_free(&c->refs.known);
	array_free(&c->refs.given_back);
	array_free(&c->refs.members);
	array_free(&c->refs.classes);
	array_free(&c->kernel_memory.blocks);
	hugetlb_pass_deinit(c);
	swap_found_deinit(&c->swap);
	free_lists_deinit(&c->free_lists);
	owners_pass_deinit(c);
	mms_deinit(&c->mms);
	stacks_deinit(&c->stacks);
	tasks_deinit(&c->tasks);
	cpu_states_deinit(&c->cpus);
	rmap_deinit(&c->rmap);
	cache_deinit(&c->cache);
	marks_deinit(&c->marks);
	pass_slab_free(c);
	census_deinit(&c->census);
	findings_deinit(&c->findings);
	special_deinit(&c->special);
	alloc_deinit(c);
	pcp_deinit(&c->pcp);
	crash_deinit(&c->crash);
	percpu_deinit(&c->percpu);
	memmap_deinit(&c->memmap);
	zones_deinit(&c->zones);
	kvmem_free(c->kv);
	layout_deinit(&c->layout);
	types_free(c->types);
	dump_free(c->dump);
	free(c);
}

void check_gap_add(struct check *c, const char *what, const char *why, uint64_t count, uint64_t example)
{
	if (c->nr_gaps < CHECK_MAX_GAPS)
		c->gaps[c->nr_gaps++] = (struct check_gap){ what, why, count, example };
}

struct finding *worker_finding(struct worker *w, enum rule_id rule, const struct subject *subject)
{
	struct check *c = w->check;

	if (!check_active(c, rule))
		return NULL;
	if (subject->pfn != UINT64_MAX && !check_in_range(c, subject->pfn))
		return NULL;
	w->ledger.rule[rule].findings++;
	if (w->section_findings[rule] >= c->detail_limit) {
		w->ledger.rule[rule].dropped++;
		return NULL;
	}
	w->section_findings[rule]++;
	return finding_add(&w->findings, rule, subject);
}

struct finding *check_finding(struct check *c, enum rule_id rule, const struct subject *subject)
{
	if (!check_active(c, rule))
		return NULL;
	c->ledger.rule[rule].findings++;
	return finding_add(&c->findings, rule, subject);
}
