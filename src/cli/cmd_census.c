/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck census: what every page is. */
#include "cli/cmd.h"

#include <inttypes.h>
#include <limits.h>

#include "cli/session.h"

enum { KEY_PAGES = 0x300, KEY_OWNERS };

struct census_extra {
	bool pages, owners;
};

static const struct argp_option extra_options[] = {
	{ "pages", KEY_PAGES, NULL, 0, "One line a page, tab-separated: pfn, kind, order, head_pfn, refcount, mapcount, flags", 0 },
	{ "owners", KEY_OWNERS, NULL, 0, "Also search for who has the kernel memory that has no type", 0 },
	{ 0 },
};

static error_t parse_extra(int key, char *arg, struct argp_state *state, void *extra)
{
	struct census_extra *e = extra;

	(void)arg;
	(void)state;
	if (key != KEY_PAGES && key != KEY_OWNERS)
		return ARGP_ERR_UNKNOWN;
	e->pages |= key == KEY_PAGES;
	e->owners |= key == KEY_OWNERS;
	return 0;
}

const struct command_spec census_spec = {
	.args = "DUMP [PART...]",
	.doc = "Show what every page of the crash dump DUMP is: a table of kinds, per node and zone.",
	.groups = OPTIONS_DUMP,
	.min_args = 1,
	.max_args = UINT_MAX,
	.extra_options = extra_options,
	.parse_extra = parse_extra,
};

/* ---- --pages ----------------------------------------------------------------------------------------------------- */

/* A count of mappings, or "-" where the word is none: typed pages, free memory, zsmalloc before it had a type. */
static void print_mapcount(FILE *out, const struct check *c, const struct census_record *r, const struct page_view *v)
{
	int32_t count = (int32_t)v->mapcount;

	if (layout_page_type(&c->layout, v->mapcount) != TYPE_NONE || r->kind == KIND_MOVABLE_OPS ||
	    r->kind == KIND_ZSMALLOC || r->kind == KIND_SLAB || count < -1)
		fputs("-", out);
	else
		fprintf(out, "%" PRId64, (int64_t)count + 1);
}

static void print_page(FILE *out, const struct check *c, uint64_t pfn, const struct census_record *r, const unsigned char *p)
{
	struct page_view v;
	char names[512];

	fprintf(out, "%" PRIu64 "\t%s\t%u\t%" PRIu64 "\t", pfn, kinds[r->kind].name, r->order, census_head(r, pfn));
	if (r->kind == KIND_UNREADABLE) {
		fputs("-\t-\t-\n", out);
		return;
	}
	v = page_decode(&c->layout, p);
	fprintf(out, "%" PRId32 "\t", v.refcount);
	print_mapcount(out, c, r, &v);
	layout_flag_names(&c->layout, v.flags, names, sizeof(names));
	fprintf(out, "\t%s\n", names[0] ? names : "-");
}

static struct error *print_section(FILE *out, struct check *c, size_t i)
{
	const struct section *s = &c->memmap.sections.v[i];
	const struct census_run *run = &c->census.runs.v[i];
	struct worker *w = &c->workers[0];
	struct kv_gap gap;
	struct error *err = memmap_read(&c->memmap, s, w->kv, w->pages, w->unreadable, &gap);

	for (uint32_t j = 0; !err && j < s->nr_pages; j++) {
		uint64_t pfn = s->first_pfn + j;

		if (run->records[j].kind == KIND_HOLE || pfn < c->options.first_pfn || pfn >= c->options.end_pfn)
			continue;
		print_page(out, c, pfn, &run->records[j], w->pages + (size_t)j * c->layout.page_struct_size);
	}
	return err;
}

static struct error *print_pages(FILE *out, struct check *c)
{
	struct error *err = NULL;

	fputs("pfn\tkind\torder\thead_pfn\trefcount\tmapcount\tflags\n", out);
	for (size_t i = 0; !err && i < c->memmap.sections.nr; i++)
		if (c->census.runs.v[i].done)
			err = print_section(out, c, i);
	if (!err && c->nr_not_reached)
		fprintf(stderr, "pagefsck: the list is not complete: pages not reached within the time limit: %" PRIu64 "\n",
			c->nr_not_reached);
	return err;
}

static struct error *write_census(const struct options *o, struct session *s, bool pages)
{
	struct report_options ro = options_report(o);

	if (pages)
		return print_pages(o->out.file, s->check);
	if (o->format == FORMAT_JSON)
		return output_blame(&o->out, report_census_json(&s->report, &ro, o->out.file));
	return output_blame(&o->out, report_census_text(&s->report, &ro, o->out.file));
}

int cmd_census(int argc, char **argv)
{
	struct census_extra extra = { false };
	struct options o = { .extra = &extra };
	struct session s = { 0 };
	struct error *err;
	int status;

	options_parse(argc, argv, &census_spec, &o);
	if (extra.owners) {
		o.only = rules[RULE_KERNEL_PAGE_LOST].id; /* what its evaluation finds on the way */
		o.holders = SEARCH_ALWAYS;
	}
	err = session_open(&s, &o);
	if (!err) {
		s.check->options.census_only = !extra.owners;
		err = session_run(&s, &o);
	}
	if (!err)
		err = options_open_output(&o);
	if (!err)
		err = write_census(&o, &s, extra.pages);
	status = cli_finish(&o, err, EXIT_CLEAN);
	session_close(&s);
	return status;
}
