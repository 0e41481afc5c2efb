/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/session.h"

#include <string.h>

#include "base/strbuf.h"
#include "config.h"
#include "types/find_package.h"

static void on_searched(void *arg, const char *place, const char *outcome, bool found)
{
	struct session *s = arg;

	(void)found;
	strbuf_puts(&s->searched, "  ");
	strbuf_add_untrusted(&s->searched, place);
	strbuf_puts(&s->searched, ": ");
	strbuf_add_untrusted(&s->searched, outcome);
	strbuf_puts(&s->searched, "\n");
}

/* In a failure the places come before what to do about it. */
static void show_searched(struct session *s, bool failed, const struct options *o)
{
	if (s->searched.s && (o->verbose || (failed && !o->quiet))) {
		progress_end(&s->progress);
		fprintf(stderr, "pagefsck: looked for debug info (also packed: .xz, .zst, .gz):\n%s", s->searched.s);
	}
}

struct error *session_open(struct session *s, const struct options *o)
{
	struct check_options co = {
		.parts = (const char *const *)o->args + 1,
		.nr_parts = o->nr_dumps - 1,
		.debuginfo = o->debuginfo,
		.debuginfo_path = getenv("PAGEFSCK_DEBUGINFO_PATH"),
		.no_debuginfod = o->no_debuginfod,
		.searched = on_searched,
		.searched_arg = s,
		.workers = o->threads,
		.only = o->only,
		.skip = o->skip,
		.first_pfn = o->first_pfn,
		.end_pfn = o->end_pfn,
		.time_limit = o->time_limit,
		.holders = o->holders,
		.progress = progress_update,
		.progress_arg = &s->progress,
	};
	struct error *err;

	memset(s, 0, sizeof(*s));
	progress_init(&s->progress, o);
	co.cache_dir = s->cache_dir = types_cache_dir();
	err = check_open(o->args[0], &co, &s->check);
	show_searched(s, err, o);
	return err;
}

static void describe_dump(struct session *s)
{
	const struct dump_info *d = dump_info(s->check->dump);

	s->report.dump = (struct report_dump){
		.path = d->path,
		.format = d->format,
		.compression = d->compression,
		.size = d->file_size,
		.pages_present = d->pages_present,
		.pages_excluded = d->pages_excluded,
		.pages_truncated = d->pages_truncated,
		.truncated = d->truncated,
		.incomplete = d->incomplete,
		.nr_files = d->nr_files,
		.flattened = d->flattened,
		.live = d->live,
		.vmcoreinfo_pa = d->vmcoreinfo_pa,
		.vmcoreinfo_other_note = d->other_note,
		.vmcoreinfo_others = d->nr_copies ? d->nr_copies - 1 : 0,
		.vmcoreinfo_reason = d->copy_reason,
		.dump_level = d->dump_level,
	};
}

static void describe_kernel(struct session *s)
{
	const struct check *c = s->check;
	const char *id = dump_vmcoreinfo(c->dump, "BUILD-ID");
	size_t nr = layout_models(&c->layout, s->layout_models);

	if (types_origin(c->types) == TYPES_BTF && !s->hint)
		s->hint = find_package_hint(c->release, id);
	for (size_t i = 0; i < nr; i++)
		s->models[i] = (struct report_model){ s->layout_models[i].name, s->layout_models[i].value };
	s->report.kernel = (struct report_kernel){
		.release = c->release ? c->release : "unknown",
		.arch = dump_info(c->dump)->arch,
		.page_size = UINT64_C(1) << c->layout.page_shift,
		.build_id = id ? id : types_build_id(c->types),
		.debuginfo_source = types_origin_name(c->types),
		.debuginfo_path = types_from_file(c->types) ? types_path(c->types) : NULL,
		.debuginfo_hint = s->hint,
		.models = s->models,
		.nr_models = nr,
	};
}

/* Without memory the table stays empty; the findings say what matters. */
static void describe_counters(struct session *s)
{
	const struct totals *t = &s->check->totals;

	s->counters = calloc(t->list.nr + 1, sizeof(*s->counters));
	for (size_t i = 0; s->counters && i < t->list.nr; i++) {
		const struct total *c = &t->list.v[i];

		s->counters[i] = (struct report_counter){ c->name, c->unit, c->zone, c->node, c->says,
							  c->low, c->high, c->hand, c->sum, rules[c->rule].id };
	}
	s->report.counters = s->counters;
	s->report.nr_counters = s->counters ? t->list.nr : 0;
}

static void add_reference(struct session *s, const char *source, const char *holder, uint64_t refs, uint64_t pages)
{
	if (refs)
		s->references[s->report.nr_references++] = (struct report_reference){ source, holder, refs, pages };
}

/* The same. */
static void describe_references(struct session *s)
{
	const struct refs_found *r = &s->check->refs;

	s->references = calloc(2 * NR_REF_SOURCES + r->classes.nr + 2, sizeof(*s->references));
	s->report.references = s->references;
	s->report.nr_references = 0;
	if (!s->references)
		return;
	for (unsigned i = 0; i < NR_REF_SOURCES; i++)
		add_reference(s, "walked", ref_source_name((enum ref_source)i), r->nr[i], 0);
	for (int in_flight = 0; in_flight < 2; in_flight++)
		for (size_t i = 0; i < r->classes.nr; i++)
			if (r->classes.v[i].in_flight == in_flight)
				add_reference(s, in_flight ? "in flight" : "held", r->classes.v[i].name, r->classes.v[i].refs,
					      r->classes.v[i].pages);
	add_reference(s, "lost", NULL, r->lost_refs, r->lost);
	add_reference(s, "not searched", NULL, r->not_searched, r->not_searched);
	for (unsigned i = 0; i < NR_REF_SOURCES; i++)
		if (r->unknown[i])
			s->references[s->report.nr_references++] =
				(struct report_reference){ "not walked", ref_source_name((enum ref_source)i), 0, 0 };
}

static void describe_owners(struct session *s)
{
	const struct kernel_memory *m = &s->check->kernel_memory;

	s->report.nr_owners = 0;
	s->report.owners = s->owners;
	for (enum kernel_owner o = KOWNER_NONE; m->counted && o < NR_KERNEL_OWNERS; o++)
		if (m->pages[o])
			s->owners[s->report.nr_owners++] =
				(struct report_owner){ kernel_owner_name(o), kernel_owner_title(o), m->pages[o] };
}

/* The same. */
static void describe_zones(struct session *s)
{
	const struct zones *z = &s->check->zones;

	s->zones = calloc(z->list.nr + 1, sizeof(*s->zones));
	s->report.zones = s->zones;
	s->report.nr_zones = s->zones ? z->list.nr : 0;
	for (size_t i = 0; i < s->report.nr_zones; i++) {
		const struct zone *of = &z->list.v[i];

		s->zones[i] = (struct report_zone){ of->node, of->name, of->start_pfn, of->start_pfn + of->spanned, of->managed };
	}
}

/* A word of a command line as a shell takes it. */
static void add_word(struct strbuf *b, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./@%";

	strbuf_puts(b, b->len ? " " : "");
	if (*word && strspn(word, plain) == strlen(word)) {
		strbuf_puts(b, word);
		return;
	}
	strbuf_puts(b, "'");
	for (; *word; word++)
		strbuf_printf(b, *word == '\'' ? "'\\''" : "%c", *word);
	strbuf_puts(b, "'");
}

static char *command_line(const struct options *o)
{
	struct strbuf b = { 0 };

	for (int i = 0; i < o->argc; i++)
		if (i)
			add_word(&b, o->argv[i]);
		else
			strbuf_puts(&b, o->argv[i]); /* "pagefsck check" */
	return strbuf_take(&b);
}

void session_describe(struct session *s, const struct options *o)
{
	const struct check *c = s->check;

	s->report.tool_version = PACKAGE_VERSION;
	s->report.program = "pagefsck " PACKAGE_VERSION ", " LIBKDUMPFILE_TEXT ", " LIBDWARF_TEXT;
	s->report.case_id = o->case_id;
	free(s->command);
	s->report.command = s->command = command_line(o);
	describe_dump(s);
	describe_kernel(s);
	session_describe_crash(s);
	s->report.census = &c->census;
	s->report.findings = &c->findings;
	s->report.ledger = &c->ledger;
	for (size_t i = 0; i < c->nr_gaps; i++)
		s->gaps[i] = (struct report_gap){ c->gaps[i].what, c->gaps[i].why, c->gaps[i].count, c->gaps[i].example };
	s->report.gaps = s->gaps;
	s->report.nr_gaps = c->nr_gaps;
	for (size_t i = 0; i < c->nr_passes; i++) {
		s->passes[i] = (struct report_pass){ c->passes[i].name, c->passes[i].seconds };
		s->report.seconds += c->passes[i].seconds;
	}
	s->report.passes = s->passes;
	s->report.nr_passes = c->nr_passes;
	free(s->counters);
	describe_counters(s);
	free(s->references);
	describe_references(s);
	free(s->zones);
	describe_zones(s);
	describe_owners(s);
}

struct error *session_run(struct session *s, const struct options *o)
{
	struct error *err = check_run(s->check);

	progress_end(&s->progress);
	if (!err)
		session_describe(s, o);
	return err;
}

void session_close(struct session *s)
{
	progress_end(&s->progress);
	check_free(s->check);
	free(s->cache_dir);
	free(s->hint);
	strbuf_deinit(&s->searched);
	free(s->counters);
	free(s->references);
	free(s->complaints);
	free(s->zones);
	free(s->command);
	memset(s, 0, sizeof(*s));
}
