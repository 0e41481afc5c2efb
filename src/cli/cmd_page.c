/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pagefsck page: everything known about one page. */
#include "cli/cmd.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/u64.h"
#include "cli/page_holders.h"
#include "cli/page_sheet.h"
#include "cli/session.h"
#include "report/json.h"
#include "report/text.h"

enum { KEY_HOLDERS = 0x300 };

/* A memmap of this size is looked at as a whole within seconds. */
enum { ALL_PAGES = 1 << 22 };

struct page_extra {
	bool holders;
};

static const struct argp_option extra_options[] = {
	{ "holders", KEY_HOLDERS, NULL, 0, "Search all kernel memory for words that lead to the pages, and name what contains them",
	  0 },
	{ 0 },
};

static error_t parse_extra(int key, char *arg, struct argp_state *state, void *extra)
{
	struct page_extra *e = extra;

	(void)arg;
	(void)state;
	if (key != KEY_HOLDERS)
		return ARGP_ERR_UNKNOWN;
	e->holders = true;
	return 0;
}

const struct command_spec page_spec = {
	.args = "DUMP [PART...] PFN|ADDRESS...",
	.doc = "Show everything known about single pages of the crash dump DUMP.  A page is named by its pfn (decimal or 0x...), "
	       "the address of its struct page, a physical address p:0x..., or a kernel address that maps it.  Arguments behind DUMP "
	       "that name no page are further files of a split dump.",
	.groups = OPTIONS_DUMP | OPTIONS_RULES,
	.min_args = 2,
	.max_args = UINT_MAX,
	.extra_options = extra_options,
	.parse_extra = parse_extra,
};

/* What was searched for all pages at once. */
struct searches {
	struct mappers mappers;
	struct holders holders;
	bool has_holders;
};

/* Findings about the page, about the folio or block it belongs to, or about several of which it is one. */
static bool concerns(const struct check *c, const struct finding *f, const struct census_record *r, uint64_t pfn)
{
	if (f->subject.pfn == pfn || refs_is_member(c, f->rule, f->subject.pfn, census_head(r, pfn)))
		return true;
	return f->subject.pfn != UINT64_MAX && r && f->subject.head_pfn == census_head(r, pfn) &&
	       (r->bits & (CENSUS_HEAD | CENSUS_TAIL));
}

static void findings_text(struct out *out, struct check *c, uint64_t pfn)
{
	const struct census_record *r = census_find(&c->census, pfn);
	bool any = false;

	out_printf(out, "\n");
	out_toned(out, TONE_STRONG, "findings");
	out_printf(out, "\n");
	for (size_t i = 0; i < c->findings.list.nr; i++) {
		if (!concerns(c, &c->findings.list.v[i], r, pfn))
			continue;
		text_finding(out, &c->findings.list.v[i], NULL, 2, false);
		any = true;
	}
	if (!any)
		out_printf(out, "  none\n");
}

static struct json_object *findings_json(struct out *out, const struct report *report, struct check *c, uint64_t pfn)
{
	const struct census_record *r = census_find(&c->census, pfn);
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < c->findings.list.nr; i++)
		if (concerns(c, &c->findings.list.v[i], r, pfn))
			json_object_array_add(array, json_finding(out, report, i));
	return array;
}

/* What scripts want first: the same members that findings have. */
static void add_identity(struct json_object *o, struct check *c, uint64_t pfn)
{
	const struct census_record *r = census_find(&c->census, pfn);

	json_add_number(o, "pfn", pfn);
	json_add_number(o, "head_pfn", census_head(r, pfn));
	json_add_number(o, "order", r->order);
	json_add(o, "page_kind", json_object_new_string(kinds[r->kind].name));
}

static struct error *write_json(struct out *out, struct session *s, const struct sheet *sheet, const struct searches *found,
				uint64_t pfn, bool last)
{
	struct json_object *json = sheet_json(out, sheet);
	struct error *err = NULL;

	add_identity(json, s->check, pfn);
	if (found->has_holders)
		err = page_holders_json(out, s->check, pfn, &found->holders, json);
	json_add(json, "findings", findings_json(out, &s->report, s->check, pfn));
	if (!err)
		out_printf(out, "%s%s\n",
			   json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
			   last ? "" : ",");
	json_object_put(json);
	return err;
}

static struct error *write_page(struct out *out, struct session *s, const struct options *o, const struct searches *found,
				uint64_t pfn, bool last)
{
	struct sheet sheet = { 0 };
	struct error *err = page_sheet(s->check, pfn, &sheet);

	if (!err)
		err = page_swap_sheet(s->check, pfn, &sheet);
	if (!err)
		err = page_slab_sheet(s->check, pfn, &sheet);
	if (!err)
		err = page_maps_sheet(s->check, pfn, &found->mappers, &sheet);
	if (!err)
		err = page_alloc_sheet(s->check, pfn, o->verbose, &sheet);
	page_log_sheet(s->check, pfn, &sheet);
	if (!err && found->has_holders && o->format != FORMAT_JSON)
		err = page_holders_sheet(s->check, pfn, &found->holders, &sheet);

	if (!err && o->format == FORMAT_JSON) {
		err = write_json(out, s, &sheet, found, pfn, last);
	} else if (!err) {
		sheet_text(out, &sheet);
		findings_text(out, s->check, pfn);
		out_printf(out, "%s", last ? "" : "\n");
	}
	sheet_deinit(&sheet);
	return err;
}

/* Who maps the pages: one search for all of them. */
static struct error *find_mappers(struct check *c, const uint64_t *pfns, unsigned nr, struct mappers *ret)
{
	_cleanup_free_ uint64_t *sorted = calloc(nr, sizeof(*sorted));

	if (!sorted)
		return &error_nomem;
	memcpy(sorted, pfns, nr * sizeof(*sorted));
	return mappers_find(c, sorted, u64_sort_unique(sorted, nr), ret);
}

static struct error *write_pages(struct session *s, const struct options *o, const uint64_t *pfns, unsigned nr)
{
	struct report_options ro = options_report(o);
	struct out out = out_make(o->out.file, &ro);
	const struct page_extra *extra = o->extra;
	struct searches found = { .has_holders = extra->holders };
	struct error *err = find_mappers(s->check, pfns, nr, &found.mappers), *end;

	if (!err && found.has_holders)
		err = page_holders_find(s->check, pfns, nr, &found.holders);

	if (o->format == FORMAT_JSON)
		out_printf(&out, "{\"schema\": \"pagefsck-page-1\", \"pages\": [\n");
	for (unsigned i = 0; !err && i < nr; i++)
		err = write_page(&out, s, o, &found, pfns[i], i + 1 == nr);
	if (o->format == FORMAT_JSON)
		out_printf(&out, "]}\n");
	mappers_deinit(&found.mappers);
	holders_deinit(&found.holders);
	end = out_finish(&out);
	if (err) {
		error_free(end);
		return err;
	}
	return output_blame(&o->out, end);
}

/* Only the sections of the pages asked for need to be looked at, at the price of not knowing who holds references. */
static void narrow(struct check *c, const uint64_t *pfns, unsigned nr)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (unsigned i = 0; i < nr; i++) {
		const struct section *sec = memmap_section(&c->memmap, pfns[i]);

		low = sec->first_pfn < low ? sec->first_pfn : low;
		high = sec->first_pfn + sec->nr_pages > high ? sec->first_pfn + sec->nr_pages : high;
	}
	c->options.first_pfn = low;
	c->options.end_pfn = high;
}

static struct error *run(struct session *s, struct options *o, uint64_t *pfns)
{
	const struct page_extra *extra = o->extra;
	unsigned nr = o->nr_args - o->nr_dumps;
	struct error *err = session_open(s, o);

	for (unsigned i = 0; !err && i < nr; i++)
		err = page_parse(s->check, o->args[o->nr_dumps + i], &pfns[i]);
	if (err)
		return err;
	if (!extra->holders && s->check->memmap.pages > ALL_PAGES) /* the search has to know what every page is */
		narrow(s->check, pfns, nr);
	s->check->options.walk_always = true;
	err = session_run(s, o);
	if (!err)
		err = options_open_output(o);
	return err ? err : write_pages(s, o, pfns, nr);
}

/* A number is a page even if a file has that name (./NUMBER is the file); what is neither is a page that is misspelt. */
static bool is_file(const char *arg)
{
	uint64_t number;

	return strncmp(arg, "p:", 2) && !parse_number(arg, &number) && !access(arg, F_OK);
}

int cmd_page(int argc, char **argv)
{
	_cleanup_free_ uint64_t *pfns = NULL;
	struct page_extra extra = { .holders = false };
	struct options o = { .extra = &extra };
	struct session s = { 0 };
	struct error *err;
	int status;

	options_parse(argc, argv, &page_spec, &o);
	for (o.nr_dumps = 1; o.nr_dumps < o.nr_args && is_file(o.args[o.nr_dumps]);)
		o.nr_dumps++;
	if (o.nr_dumps == o.nr_args) {
		cli_fail(error_new("no page given behind the files of the dump"));
		return EXIT_USAGE;
	}
	pfns = calloc(o.nr_args, sizeof(*pfns));
	err = pfns ? run(&s, &o, pfns) : &error_nomem;
	status = cli_finish(&o, err, EXIT_CLEAN);
	session_close(&s);
	return status;
}
