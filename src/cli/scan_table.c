/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/scan_table.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/exit.h"
#include "report/style.h"

enum { MAX_DUMPS = 40, MAX_TOGETHER = 5, NAME_COLUMN = 12, MAX_PLACES = 5, SEEN_TEXT = 36 };

/* A signature in all dumps together. */
struct seen {
	const struct signature_count *of;
	enum severity severity; /* of the worst */
	uint64_t dumps, findings;
};

static bool item_counts(const struct batch_item *it)
{
	return it->state == BATCH_CHECKED || it->state == BATCH_KNOWN;
}

static bool item_is_open(const struct batch_item *it)
{
	return !item_counts(it) && it->state != BATCH_NOT_OURS;
}

/* ---- one dump ---------------------------------------------------------------------------------------------------- */

static void add_count(struct strbuf *b, uint64_t n, const char *what)
{
	char buf[COUNT_TEXT_SIZE];

	if (n)
		strbuf_printf(b, "%s%s %s(s)", b->len ? ", " : "", count_text(buf, n), what);
}

char *scan_outcome_text(const struct result *r)
{
	struct strbuf b = { 0 };

	if (!outcome_checked(r->outcome)) {
		strbuf_puts(&b, r->message ? r->message : outcome_name(r->outcome));
		return strbuf_take(&b);
	}
	add_count(&b, r->errors, "error");
	add_count(&b, r->warnings, "warning");
	add_count(&b, r->notes, "note");
	if (!b.len)
		strbuf_puts(&b, "no finding");
	add_count(&b, r->gaps, "gap");
	if (r->release)
		strbuf_printf(&b, "; %s %s", r->release, r->arch ? r->arch : "");
	return strbuf_take(&b);
}

static enum tone outcome_tone(enum outcome o)
{
	return o == OUTCOME_CLEAN ? TONE_GOOD : o == OUTCOME_WARNINGS ? TONE_WARNING : TONE_ERROR;
}

/* Length of the folder that all dumps are below. */
static size_t common_folder(const struct batch *b)
{
	const struct batch_dump *d = b->found->dumps.v;
	size_t len = b->found->dumps.nr ? strlen(d[0].name) : 0;

	for (size_t i = 0; i < b->found->dumps.nr; i++) {
		size_t same = 0;

		while (same < len && d[i].name[same] == d[0].name[same])
			same++;
		len = same;
	}
	while (len && d[0].name[len - 1] != '/')
		len--;
	return len;
}

/* The digits of a number behind "0x": addresses differ from boot to boot. */
static size_t address_length(const char *text, const char *s)
{
	return s - text >= 2 && s[-1] == 'x' && s[-2] == '0' ? strspn(s, "0123456789abcdef") : 0;
}

/* Order of why two dumps were not checked, addresses apart. */
static int compare_stories(const char *a, const char *b)
{
	const char *p = a, *q = b;

	for (;;) {
		p += address_length(a, p);
		q += address_length(b, q);
		if (*p != *q || !*p)
			return (unsigned char)*p - (unsigned char)*q;
		p++;
		q++;
	}
}

static void print_name(struct out *out, const struct batch_item *it, size_t folder)
{
	out_printf(out, "  ");
	out_toned(out, outcome_tone(it->result.outcome), outcome_name(it->result.outcome));
	out_printf(out, "%*s", (int)(10 - strlen(outcome_name(it->result.outcome))), "");
	out_printf(out, "%s%s\n", it->dump->name + folder, it->dump->nr_files > 1 ? " (split)" : "");
}

/* Whether one text serves for both. */
static bool same_story(const struct batch_item *a, const struct batch_item *b)
{
	_cleanup_free_ char *ta = scan_outcome_text(&a->result), *tb = scan_outcome_text(&b->result);

	return a->result.outcome == b->result.outcome && ta && tb && !compare_stories(ta, tb);
}

static void print_story(struct out *out, const struct batch_item *it)
{
	_cleanup_free_ char *text = scan_outcome_text(&it->result);

	out_printf(out, "%*s", NAME_COLUMN, "");
	out_wrapped(out, NAME_COLUMN, NAME_COLUMN, text ? text : "");
	out->failed |= !text;
}

static int compare_worst(const void *a, const void *b)
{
	const struct batch_item *const *ia = a, *const *ib = b;
	const struct result *ra = &(*ia)->result, *rb = &(*ib)->result;

	if (ra->outcome != rb->outcome)
		return ra->outcome > rb->outcome ? -1 : 1;
	if (ra->errors != rb->errors)
		return ra->errors > rb->errors ? -1 : 1;
	if (ra->warnings != rb->warnings)
		return ra->warnings > rb->warnings ? -1 : 1;
	if (!outcome_checked(ra->outcome) && ra->message && rb->message && compare_stories(ra->message, rb->message))
		return compare_stories(ra->message, rb->message);
	return strcmp((*ia)->dump->path, (*ib)->dump->path);
}

/* The caller's (free()), NULL: no memory. */
static const struct batch_item *const *worst_first(const struct batch *b, size_t *ret_nr)
{
	const struct batch_item **list = calloc(b->found->dumps.nr + 1, sizeof(*list));

	*ret_nr = 0;
	for (size_t i = 0; list && i < b->found->dumps.nr; i++)
		if (item_counts(&b->items[i]))
			list[(*ret_nr)++] = &b->items[i];
	if (list)
		qsort(list, *ret_nr, sizeof(*list), compare_worst);
	return list;
}

/* Dumps with one story, nr of them, as many as \p most by name; how many that were. */
static size_t print_together(struct out *out, const struct batch_item *const *list, size_t nr, size_t folder, size_t most)
{
	size_t shown = nr < most ? nr : most;
	char n[COUNT_TEXT_SIZE];

	for (size_t i = 0; i < shown; i++)
		print_name(out, list[i], folder);
	if (shown < nr)
		out_printf(out, "%*s(and %s more)\n", NAME_COLUMN, "", count_text(n, nr - shown));
	print_story(out, list[0]);
	return shown;
}

static void print_dumps(struct out *out, const struct batch *b, const struct report_options *o)
{
	size_t nr, shown = 0, worth = 0, end, folder = common_folder(b);
	const struct batch_item *const *list = worst_first(b, &nr);
	bool all = o->verbose || !o->max_findings;

	if (!list) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < nr; i++)
		worth += o->verbose || list[i]->result.outcome != OUTCOME_CLEAN;
	if (worth)
		out_printf(out, "\nDUMPS, WORST FIRST%s%.*s\n", folder ? ", below\n  " : "", (int)folder,
			   folder ? b->found->dumps.v[0].name : "");
	for (size_t i = 0; i < worth; i = end) {
		for (end = i + 1; end < worth && same_story(list[i], list[end]);)
			end++;
		if (!all && shown >= MAX_DUMPS) {
			out_printf(out, "  and %zu more; -v lists all\n", worth - i);
			break;
		}
		shown += print_together(out, &list[i], end - i, folder, all ? SIZE_MAX : MAX_TOGETHER);
	}
	free((void *)(uintptr_t)list);
}

/* ---- signatures -------------------------------------------------------------------------------------------------- */

static int compare_id(const void *a, const void *b)
{
	const struct seen *sa = a, *sb = b;

	return strcmp(sa->of->id, sb->of->id);
}

static int compare_seen(const void *a, const void *b)
{
	const struct seen *sa = a, *sb = b;

	if (sa->severity != sb->severity)
		return sa->severity > sb->severity ? -1 : 1;
	if (sa->dumps != sb->dumps)
		return sa->dumps > sb->dumps ? -1 : 1;
	if (sa->findings != sb->findings)
		return sa->findings > sb->findings ? -1 : 1;
	return compare_id(a, b);
}

/* Each signature once. */
static size_t join_seen(struct seen *v, size_t nr)
{
	size_t kept = 0;

	for (size_t i = 0; i < nr; i++) {
		if (kept && !strcmp(v[kept - 1].of->id, v[i].of->id)) {
			v[kept - 1].dumps += v[i].dumps;
			v[kept - 1].findings += v[i].findings;
			if (v[i].severity > v[kept - 1].severity)
				v[kept - 1].severity = v[i].severity;
		} else {
			v[kept++] = v[i];
		}
	}
	return kept;
}

static struct seen *all_seen(const struct batch *b, size_t *ret_nr)
{
	struct seen *v;
	size_t nr = 0;

	for (size_t i = 0; i < b->found->dumps.nr; i++)
		nr += b->items[i].result.signatures.nr;
	v = calloc(nr + 1, sizeof(*v));
	nr = 0;
	for (size_t i = 0; v && i < b->found->dumps.nr; i++)
		for (size_t k = 0; k < b->items[i].result.signatures.nr; k++) {
			const struct signature_count *c = &b->items[i].result.signatures.v[k];

			v[nr++] = (struct seen){ c, signature_severity(c), 1, c->findings };
		}
	if (!v)
		return NULL;
	qsort(v, nr, sizeof(*v), compare_id);
	*ret_nr = join_seen(v, nr);
	qsort(v, *ret_nr, sizeof(*v), compare_seen);
	return v;
}

static bool item_shows(const struct batch_item *it, const char *id)
{
	for (size_t i = 0; i < it->result.signatures.nr; i++)
		if (!strcmp(it->result.signatures.v[i].id, id))
			return true;
	return false;
}

/* In which dumps, some of them. */
static void print_places(struct out *out, const struct batch *b, const struct seen *s)
{
	size_t folder = common_folder(b);
	uint64_t nr = 0;

	for (size_t i = 0; i < b->found->dumps.nr && nr < MAX_PLACES; i++) {
		if (!item_shows(&b->items[i], s->of->id))
			continue;
		out_printf(out, "%*s%s\n", SEEN_TEXT, "", b->items[i].dump->name + folder);
		nr++;
	}
	if (s->dumps > nr)
		out_printf(out, "%*sand %" PRIu64 " more\n", SEEN_TEXT, "", s->dumps - nr);
}

static void print_seen(struct out *out, const struct seen *s)
{
	char dumps[COUNT_TEXT_SIZE], findings[COUNT_TEXT_SIZE];
	_cleanup_free_ char *text =
		text_printf("%s %s (%s)%s%s", severity_name(s->severity), s->of->rule, s->of->kind,
			    *s->of->holder ? ", held by " : "", s->of->holder);

	if (!text) {
		out->failed = true;
		return;
	}
	out_printf(out, "  %5s %8s  %-16s  ", count_text(dumps, s->dumps), count_text(findings, s->findings), s->of->id);
	out_wrapped(out, SEEN_TEXT, SEEN_TEXT, text);
}

static void print_signatures(struct out *out, const struct batch *b, const struct report_options *o)
{
	bool all = o->verbose || !o->max_findings;
	size_t nr = 0, most = 0;
	_cleanup_free_ struct seen *v = all_seen(b, &nr);

	if (!v)
		out->failed = true;
	while (v && most < nr && (all || (most < o->max_findings && v[most].severity > SEV_NOTE)))
		most++;
	if (!most)
		return;
	out_printf(out, "\nSEEN MOST, WORST FIRST\n  dumps findings  signature         rule (kind), holder\n");
	for (size_t i = 0; i < most; i++) {
		print_seen(out, &v[i]);
		if (o->verbose)
			print_places(out, b, &v[i]);
	}
	if (nr > most)
		out_printf(out, "  and %zu more; -v lists all\n", nr - most);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static void print_unread(struct out *out, const struct batch_found *f)
{
	if (f->unread.nr)
		out_printf(out, "\nNOT READABLE\n");
	for (size_t i = 0; i < f->unread.nr; i++) {
		char text[128];

		out_printf(out, "  %s: %s\n", f->unread.v[i].name, strerror_r(f->unread.v[i].errnum, text, sizeof(text)));
	}
}

struct sums {
	uint64_t outcome[NR_OUTCOMES];
	uint64_t counted, known, meanwhile, open, others, gaps;
};

static struct sums sums_of(const struct batch *b)
{
	struct sums s = { .counted = 0 };

	for (size_t i = 0; i < b->found->dumps.nr; i++) {
		const struct batch_item *it = &b->items[i];

		s.known += it->state == BATCH_KNOWN && !it->meanwhile;
		s.meanwhile += it->meanwhile;
		s.open += item_is_open(it);
		s.others += it->state == BATCH_NOT_OURS;
		if (!item_counts(it))
			continue;
		s.counted++;
		s.outcome[it->result.outcome]++;
		s.gaps += outcome_checked(it->result.outcome) && it->result.gaps;
	}
	return s;
}

static void print_verdict(struct out *out, const struct sums *s)
{
	uint64_t checked = s->outcome[OUTCOME_CLEAN] + s->outcome[OUTCOME_WARNINGS] + s->outcome[OUTCOME_ERRORS];
	uint64_t met = s->counted + s->open;
	_cleanup_free_ char *text = NULL;
	struct strbuf b = { 0 };

	add_count(&b, met, "dump");
	strbuf_printf(&b, ": %" PRIu64 " with errors, %" PRIu64 " with warnings, %" PRIu64 " clean, %" PRIu64 " not checked",
		      s->outcome[OUTCOME_ERRORS], s->outcome[OUTCOME_WARNINGS], s->outcome[OUTCOME_CLEAN],
		      s->counted - checked);
	if (s->open)
		strbuf_printf(&b, ", %" PRIu64 " not reached", s->open);
	text = met ? strbuf_take(&b) : strdup(s->others ? "no dump of this shard" : "no dump found");
	strbuf_deinit(&b);
	if (!text) {
		out->failed = true;
		return;
	}
	out_toned(out,
		  met > checked || s->outcome[OUTCOME_ERRORS] ? TONE_ERROR
		  : s->outcome[OUTCOME_WARNINGS]		     ? TONE_WARNING
								     : TONE_GOOD,
		  text);
	out_printf(out, "\n");
}

/* Dumps that are in the store alone. */
static void print_gone(struct out *out, const struct gone *g)
{
	char buf[COUNT_TEXT_SIZE];

	if (g->removed)
		out_printf(out, "  pruned        %s: gone from the disk, and now from the store\n", count_text(buf, g->removed));
	else if (g->files)
		out_printf(out, "  gone          %s: in the store, not on the disk; --prune removes %s\n", count_text(buf, g->files),
			   g->files == 1 ? "it" : "them");
	if (g->unsure)
		out_printf(out, "  not mounted?  %s: in the store, but %s folder is empty or not there\n", count_text(buf, g->unsure),
			   g->unsure == 1 ? "its" : "their");
}

static void print_sums(struct out *out, const struct batch *b, const struct sums *s, const char *store)
{
	const struct batch_found *f = b->found;
	char buf[COUNT_TEXT_SIZE], others[COUNT_TEXT_SIZE];

	out_printf(out, "  looked at     %s file(s)", count_text(buf, f->files));
	if (f->others)
		out_printf(out, "; %s no dump(s)", count_text(others, f->others));
	out_printf(out, "\n");
	if (s->others)
		out_printf(out, "  other shards  %s dump(s)\n", count_text(buf, s->others));
	if (s->known)
		out_printf(out, "  known before  %s, unchanged since\n", count_text(buf, s->known));
	if (s->meanwhile)
		out_printf(out, "  by others     %s: another worker checked them meanwhile\n", count_text(buf, s->meanwhile));
	if (s->gaps)
		out_printf(out, "  with gaps     %s: parts of the dump could not be read\n", count_text(buf, s->gaps));
	if (s->open)
		out_printf(out, "  not reached   %s: run the same command again to go on\n", count_text(buf, s->open));
	print_gone(out, &b->gone);
	if (store)
		out_printf(out, "  stored in     %s\n", store);
	if (b->unstored)
		out_printf(out, "  not stored    1: the store failed; run the same command again to check it again\n");
}

struct error *scan_table(const struct batch *b, const char *store, const struct report_options *o, FILE *file)
{
	struct out out = out_make(file, o);
	struct sums s = sums_of(b);

	print_verdict(&out, &s);
	print_sums(&out, b, &s, store);
	print_dumps(&out, b, o);
	print_unread(&out, b->found);
	if (!o->quiet)
		print_signatures(&out, b, o);
	return out_finish(&out);
}

int scan_status(const struct batch *b, bool warnings_count)
{
	int status = b->found->unread.nr || b->interrupted ? EXIT_OPERATIONAL : EXIT_CLEAN;

	for (size_t i = 0; i < b->found->dumps.nr; i++) {
		const struct batch_item *it = &b->items[i];

		if (item_is_open(it) || (item_counts(it) && !outcome_checked(it->result.outcome)))
			status |= EXIT_OPERATIONAL;
		else if (item_counts(it) && (it->result.errors || (warnings_count && it->result.warnings)))
			status |= EXIT_FINDINGS;
	}
	return status;
}
