/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings: built by the passes, joined, then finished once: messages, order, grouping (see root.c for the last).
 * Every string and array lives in the arena of its list; a failed allocation marks the list as not complete.
 */
#include "rules/finding.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/agree.h"
#include "base/bytes.h"
#include "base/strbuf.h"
#include "rules/root.h"

struct subject subject_page(enum subject_kind kind, uint64_t pfn)
{
	return (struct subject){
		.kind = kind,
		.pfn = pfn,
		.other_pfn = UINT64_MAX,
		.head_pfn = UINT64_MAX,
		.order = UINT_MAX,
		.address = UINT64_MAX,
		.mm = UINT64_MAX,
		.user_va = UINT64_MAX,
		.area = UINT64_MAX,
		.mapping = UINT64_MAX,
		.index = UINT64_MAX,
		.zone = UINT64_MAX,
		.pid = -1,
	};
}

uint64_t subject_mm(const struct subject *s)
{
	return s->mm == UINT64_MAX && s->kind == SUBJ_MM ? s->address : s->mm;
}

/* Remember that memory ran out when p is NULL. */
static void *checked(struct findings *fs, void *p)
{
	if (!p)
		fs->failed = true;
	return p;
}

static const char *copy_text(struct findings *fs, const char *s)
{
	return s ? checked(fs, arena_strdup(&fs->arena, s)) : NULL;
}

struct finding *finding_add(struct findings *fs, enum rule_id rule, const struct subject *subject)
{
	struct finding f = {
		.rule = rule,
		.severity = rules[rule].severity,
		.confidence = rules[rule].confidence,
		.subject = *subject,
		.flipped_bit = -1,
		.cause = SIZE_MAX,
	};

	f.subject.comm = copy_text(fs, subject->comm);
	if (!array_push(&fs->list, f)) {
		fs->failed = true;
		return NULL;
	}
	return &fs->list.v[fs->list.nr - 1];
}

/* Room for one more element after nr: arrays start at 2 and double, old copies stay in the arena. */
static void *grow(struct findings *fs, void *v, size_t nr, size_t size)
{
	void *bigger;

	if (nr && (nr == 1 || (nr & (nr - 1))))
		return v;
	bigger = checked(fs, arena_alloc(&fs->arena, (nr ? 2 * nr : 2) * size));
	if (bigger && nr)
		memcpy(bigger, v, nr * size);
	return bigger;
}

static struct field *field_add(struct findings *fs, struct finding *f, const char *name, enum field_format format)
{
	struct field *v;

	if (!f)
		return NULL;
	v = grow(fs, f->fields, f->nr_fields, sizeof(*v));
	if (!v)
		return NULL;
	f->fields = v;
	v += f->nr_fields++;
	*v = (struct field){ .name = name, .format = format };
	return v;
}

static void evidence_add(struct findings *fs, struct finding *f, const char *kind, const char *text)
{
	struct evidence *v;

	v = text ? grow(fs, f->evidence, f->nr_evidence, sizeof(*v)) : NULL;
	if (!v)
		return;
	f->evidence = v;
	v[f->nr_evidence++] = (struct evidence){ .kind = kind, .text = text };
}

void finding_evidence(struct findings *fs, struct finding *f, const char *kind, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	if (!f)
		return;
	va_start(ap, fmt);
	text = checked(fs, agree_vprintf(fmt, ap));
	va_end(ap);
	evidence_add(fs, f, kind, copy_text(fs, text));
}

void finding_value(struct findings *fs, struct finding *f, const char *name, enum field_format format, uint64_t found)
{
	struct field *v = field_add(fs, f, name, format);

	if (v)
		v->found = found;
}

/*
 * Off by one in a counter is also one bit when the lowest bit is clear (2 -> 3), and then it is far more often a get or
 * put too many than a memory error: say so, so that nobody swaps memory modules for a software bug.
 */
static void note_flip(struct findings *fs, struct finding *f, const struct field *v, unsigned bit)
{
	bool counter = v->format == FMT_DEC || v->format == FMT_INT;
	char legal[32];

	if (f->flipped_bit < 0)
		f->flipped_bit = (int)bit;
	finding_evidence(fs, f, "bit-flip", "bit %u of %s is all that differs from the legal value %s: %s", bit, v->name,
			 field_print(legal, v->format, v->expected),
			 counter && bit == 0 ? "a flipped bit in memory is possible, a count off by one is likelier" :
					       "a flipped bit in memory is possible");
}

void finding_expect(struct findings *fs, struct finding *f, const char *name, enum field_format format, unsigned bits,
		    uint64_t found, uint64_t expected)
{
	struct field *v = field_add(fs, f, name, format);
	uint64_t diff = (found ^ expected) & low_mask(bits);

	if (!v)
		return;
	v->found = found;
	v->expected = expected;
	v->has_expected = true;
	v->bits = (uint8_t)bits;
	if (is_power_of_2(diff))
		note_flip(fs, f, v, log2_u64(diff));
}

void finding_words(struct findings *fs, struct finding *f, const char *found_text, const char *expected_text)
{
	struct field *v;

	if (!f || !f->nr_fields)
		return;
	v = &f->fields[f->nr_fields - 1];
	v->found_text = copy_text(fs, found_text);
	v->expected_text = copy_text(fs, expected_text);
}

void finding_text(struct findings *fs, struct finding *f, const char *name, const char *found_text,
		  const char *expected_text)
{
	if (field_add(fs, f, name, FMT_TEXT))
		finding_words(fs, f, found_text, expected_text);
}

void finding_bitflip(struct findings *fs, struct finding *f, const char *name, unsigned bit)
{
	if (!f)
		return;
	if (f->flipped_bit < 0)
		f->flipped_bit = (int)bit;
	finding_evidence(fs, f, "bit-flip",
			 "bit %u of %s is all that differs from a legal value: a flipped bit in memory is possible", bit,
			 name);
}

void finding_lower(struct findings *fs, struct finding *f, const char *what)
{
	enum severity was;

	if (!f)
		return;
	was = f->severity;
	if (was > SEV_NOTE)
		f->severity = was - 1;
	f->confidence = CONF_TRANSIENT;
	finding_evidence(fs, f, "transient", "%s instead of %s: %s", severity_name(f->severity),
			 severity_name(rules[f->rule].severity), what);
}

void findings_join(struct findings *to, struct findings *from)
{
	if (from->list.nr && !array_reserve(&to->list, from->list.nr)) {
		to->failed = true;
		findings_deinit(from);
		return;
	}
	if (from->list.nr)
		memcpy(to->list.v + to->list.nr, from->list.v, from->list.nr * sizeof(*from->list.v));
	to->list.nr += from->list.nr;
	to->failed |= from->failed;
	arena_join(&to->arena, &from->arena);
	findings_deinit(from);
}

void findings_deinit(struct findings *fs)
{
	array_free(&fs->list);
	arena_deinit(&fs->arena);
	fs->failed = false;
}

uint64_t findings_count(const struct findings *fs, enum severity s)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < fs->list.nr; i++)
		nr += fs->list.v[i].severity == s;
	return nr;
}

const char *field_print(char *buf, enum field_format format, uint64_t value)
{
	switch (format) {
	case FMT_DEC:
		snprintf(buf, 32, "%" PRIu64, value);
		break;
	case FMT_INT:
		snprintf(buf, 32, "%" PRId64, (int64_t)value);
		break;
	case FMT_HEX:
		snprintf(buf, 32, "0x%" PRIx64, value);
		break;
	case FMT_PTR:
		snprintf(buf, 32, "0x%016" PRIx64, value);
		break;
	case FMT_TEXT:
		buf[0] = '\0';
		break;
	}
	return buf;
}

/* A value as it stands in a sentence: "3", "0x24 (lru|dirty)", "DMA32". */
static void put_value(struct strbuf *b, enum field_format format, uint64_t value, const char *text)
{
	char number[32];

	if (format == FMT_TEXT)
		strbuf_puts(b, text ? text : "unknown");
	else if (text)
		strbuf_printf(b, "%s (%s)", field_print(number, format, value), text);
	else
		strbuf_puts(b, field_print(number, format, value));
}

static bool name_is(const char *s, size_t len, const char *name)
{
	return strlen(name) == len && !memcmp(s, name, len);
}

static const struct field *field_find(const struct finding *f, const char *name, size_t len)
{
	for (size_t i = 0; i < f->nr_fields; i++)
		if (name_is(name, len, f->fields[i].name))
			return &f->fields[i];
	return NULL;
}

/* "process 123 (bash)", or what is known of an address space that no task has. */
static void put_who(struct strbuf *b, const struct subject *s)
{
	uint64_t mm = subject_mm(s);

	if (s->pid >= 0)
		strbuf_printf(b, s->comm ? "process %" PRId64 " (%s)" : "process %" PRId64, s->pid, s->comm);
	else if (mm != UINT64_MAX)
		strbuf_printf(b, "address space 0x%016" PRIx64 " without a task", mm);
	else
		strbuf_puts(b, "an address space without a task");
}

/* {who}, {pid} and {comm} of the subject. */
static bool put_owner(struct strbuf *b, const struct subject *s, const char *name, size_t len)
{
	if (name_is(name, len, "who"))
		put_who(b, s);
	else if (name_is(name, len, "pid"))
		put_value(b, s->pid < 0 ? FMT_TEXT : FMT_INT, (uint64_t)s->pid, NULL);
	else if (name_is(name, len, "comm"))
		put_value(b, FMT_TEXT, 0, s->comm);
	else
		return false;
	return true;
}

/* {pfn}, {head}, {order}, {kind} and {address} of the subject, or whose it is. */
static bool put_subject(struct strbuf *b, const struct subject *s, const char *name, size_t len)
{
	if (name_is(name, len, "pfn"))
		put_value(b, s->pfn == UINT64_MAX ? FMT_TEXT : FMT_HEX, s->pfn, NULL);
	else if (name_is(name, len, "head"))
		put_value(b, FMT_HEX, s->head_pfn == UINT64_MAX ? s->pfn : s->head_pfn, NULL);
	else if (name_is(name, len, "order"))
		put_value(b, s->order == UINT_MAX ? FMT_TEXT : FMT_DEC, s->order, NULL);
	else if (name_is(name, len, "address"))
		put_value(b, s->address == UINT64_MAX ? FMT_TEXT : FMT_PTR, s->address, NULL);
	else if (name_is(name, len, "kind"))
		strbuf_puts(b, s->page_kind ? s->page_kind : subject_kind_name(s->kind));
	else
		return put_owner(b, s, name, len);
	return true;
}

/* What {name} of len bytes stands for; false when the finding has no such value. */
static bool put_name(struct strbuf *b, const struct finding *f, const char *name, size_t len)
{
	static const char suffix[] = ".expected";
	size_t cut = sizeof(suffix) - 1;
	const struct field *v = field_find(f, name, len);

	if (v) { // before the subject: the order a rule complains about is more exact than the census's
		put_value(b, v->format, v->found, v->found_text);
		return true;
	}
	if (len > cut && !memcmp(name + len - cut, suffix, cut))
		v = field_find(f, name, len - cut);
	if (!v)
		return put_subject(b, &f->subject, name, len);
	if (v->has_expected)
		put_value(b, v->format, v->expected, v->expected_text);
	else
		strbuf_puts(b, v->expected_text ? v->expected_text : "unknown");
	return true;
}

/* Words of the summary, whose marks are for agree(). */
static void put_words(struct strbuf *b, const char *s, size_t len)
{
	for (const char *end = s + len; s < end; s++)
		strbuf_add(b, agree_mark(s) ? (const char[]){ AGREE_MARK } : s, 1);
}

/* The rule's summary with its {names} filled in; an unknown name stays as it is (test_rules looks for that). */
static void message_set(struct findings *fs, struct finding *f)
{
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;

	for (const char *s = rules[f->rule].summary; *s;) {
		size_t plain = strcspn(s, "{");
		const char *end = strchr(s + plain, '}');

		put_words(&b, s, plain);
		s += plain;
		if (!*s)
			break;
		if (!end || !put_name(&b, f, s + 1, (size_t)(end - s) - 1))
			strbuf_add(&b, s, end ? (size_t)(end - s) + 1 : strlen(s));
		s = end ? end + 1 : "";
	}
	text = strbuf_take(&b);
	if (text)
		agree(text);
	f->message = text ? copy_text(fs, text) : checked(fs, NULL);
	if (!f->message)
		f->message = rules[f->rule].summary;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_owners(const struct subject *a, const struct subject *b)
{
	int c = compare_u64(a->address, b->address);

	if (!c)
		c = compare_u64((uint64_t)a->pid, (uint64_t)b->pid);
	return c ? c : compare_u64(a->mm, b->mm);
}

/* Whatever rule, subject and message leave open is decided by the rest, so that -j1 and -jN print the same. */
static int compare_rest(const struct finding *a, const struct finding *b)
{
	int c = compare_owners(&a->subject, &b->subject);

	if (!c)
		c = compare_u64(a->nr_fields, b->nr_fields);
	for (size_t i = 0; !c && i < a->nr_fields; i++)
		c = compare_u64(a->fields[i].found, b->fields[i].found);
	if (!c)
		c = compare_u64(a->nr_evidence, b->nr_evidence);
	for (size_t i = 0; !c && i < a->nr_evidence; i++)
		c = strcmp(a->evidence[i].text, b->evidence[i].text);
	return c;
}

static int compare_findings(const void *va, const void *vb)
{
	const struct finding *a = va, *b = vb;
	int c = compare_u64(a->rule, b->rule);

	if (!c)
		c = compare_u64(a->subject.pfn, b->subject.pfn);
	if (!c && a->subject.pfn == UINT64_MAX)
		c = compare_owners(&a->subject, &b->subject);
	if (!c)
		c = strcmp(a->message, b->message);
	return c ? c : compare_rest(a, b);
}

struct error *findings_finish(struct findings *fs)
{
	for (size_t i = 0; i < fs->list.nr; i++)
		message_set(fs, &fs->list.v[i]);
	if (fs->list.nr)
		qsort(fs->list.v, fs->list.nr, sizeof(*fs->list.v), compare_findings);
	return findings_group(fs);
}
