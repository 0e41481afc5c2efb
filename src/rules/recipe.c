/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/recipe.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define ABOUT_PAGES NULL

const struct recipe recipes[] = {
#define RECIPE(id, rules, shows, crash, drgn) { id, rules, shows, crash, drgn },
#include "rules/recipes.def"
#undef RECIPE
	{ NULL, NULL, NULL, NULL, NULL },
};

bool recipe_fits(const struct recipe *r, enum rule_id rule)
{
	if (!r->rules)
		return rules[rule].subject == SUBJ_PAGE || rules[rule].subject == SUBJ_FOLIO;
	return rule_matches(rules[rule].id, r->rules);
}

/* ---- filling in -------------------------------------------------------------------------------------------------- */

/* Where the value of a word is: in a member of the subject, in a field of the finding, or worked out. */
struct word {
	const char *name;
	bool decimal;
	size_t member; /* offset of a uint64_t in the subject */
	const char *field;
	uint64_t (*value)(const struct finding *f, uint64_t page_size); /* UINT64_MAX: there is none, as in the others */
};

static uint64_t field_number(const struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->nr_fields; i++)
		if (!strcmp(f->fields[i].name, name) && f->fields[i].format != FMT_TEXT)
			return f->fields[i].found;
	return UINT64_MAX;
}

static uint64_t page_address(const struct finding *f, uint64_t page_size)
{
	(void)page_size;
	return f->subject.kind == SUBJ_PAGE || f->subject.kind == SUBJ_FOLIO ? f->subject.address : UINT64_MAX;
}

/* Only of a page that is its own head: how far apart struct pages are is not known here. */
static uint64_t head_address(const struct finding *f, uint64_t page_size)
{
	const struct subject *s = &f->subject;

	return s->head_pfn == UINT64_MAX || s->head_pfn == s->pfn ? page_address(f, page_size) : UINT64_MAX;
}

static uint64_t physical_address(const struct finding *f, uint64_t page_size)
{
	uint64_t pa;

	return f->subject.pfn == UINT64_MAX || __builtin_mul_overflow(f->subject.pfn, page_size, &pa) ? UINT64_MAX : pa;
}

static uint64_t kernel_address(const struct finding *f, uint64_t page_size)
{
	(void)page_size;
	return f->subject.user_va == UINT64_MAX ? field_number(f, "address") : UINT64_MAX;
}

/* pid -1 is UINT64_MAX. */
static uint64_t process_id(const struct finding *f, uint64_t page_size)
{
	(void)page_size;
	return (uint64_t)f->subject.pid;
}

/* With a low bit set it is no mem_cgroup, but what leads to one. */
static uint64_t memcg_address(const struct finding *f, uint64_t page_size)
{
	uint64_t data = field_number(f, "memcg_data");

	(void)page_size;
	return !data || data & 7 ? UINT64_MAX : data;
}

/* mapping-canonical says that what the word holds leads nowhere. */
static uint64_t mapping_address(const struct finding *f, uint64_t page_size)
{
	(void)page_size;
	return rule_matches(rules[f->rule].id, "mapping-canonical") ? UINT64_MAX : f->subject.mapping;
}

#define MEMBER(name) .member = offsetof(struct subject, name)

static const struct word words[] = {
	{ "PFN", MEMBER(pfn) },
	{ "ADDRESS", MEMBER(user_va) },
	{ "MAPPING", .value = mapping_address },
	{ "INDEX", MEMBER(index), .decimal = true },
	{ "ZONE", MEMBER(zone) },
	{ "ENTRY", .field = "pte" },
	{ "TYPE", .field = "type", .decimal = true },
	{ "OBJECT", .field = "object" },
	{ "INODE", .field = "inode" },
	{ "PAGE", .value = page_address },
	{ "HEAD", .value = head_address },
	{ "PHYS", .value = physical_address },
	{ "KVA", .value = kernel_address },
	{ "PID", .value = process_id, .decimal = true },
	{ "MEMCG", .value = memcg_address },
	{ "CACHE", .field = "" }, /* a name: what the dump says is not for a command line */
};

static uint64_t word_value(const struct word *w, const struct finding *f, uint64_t page_size)
{
	uint64_t value;

	if (w->value)
		return w->value(f, page_size);
	if (w->field)
		return field_number(f, w->field);
	memcpy(&value, (const char *)&f->subject + w->member, sizeof(value));
	return value;
}

enum fill { FILL_PLAIN, FILL_DONE, FILL_MISSING };

/* Add the value of the word of len capitals. */
static enum fill fill_word(struct strbuf *b, const char *s, size_t len, const struct finding *f, uint64_t page_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		uint64_t value;

		if (strlen(words[i].name) != len || memcmp(words[i].name, s, len) != 0)
			continue;
		value = word_value(&words[i], f, page_size);
		if (value == UINT64_MAX)
			return FILL_MISSING;
		strbuf_printf(b, words[i].decimal ? "%" PRIu64 : "%#" PRIx64, value);
		return FILL_DONE;
	}
	return FILL_PLAIN;
}

static size_t word_length(const char *s)
{
	size_t len = 0;

	while (isalnum((unsigned char)s[len]) || s[len] == '_')
		len++;
	return len;
}

/* Add one line of len bytes.  FILL_DONE: with values. */
static enum fill fill_line(struct strbuf *b, const char *line, size_t len, const struct finding *f, uint64_t page_size)
{
	enum fill line_fill = FILL_PLAIN;
	bool quoted = false;

	for (size_t at = 0; at < len;) {
		size_t n = word_length(line + at);
		enum fill fill = n && !quoted ? fill_word(b, line + at, n, f, page_size) : FILL_PLAIN;

		if (fill == FILL_MISSING)
			return FILL_MISSING;
		if (fill == FILL_DONE)
			line_fill = FILL_DONE;
		quoted ^= line[at] == '"';
		n += !n;
		if (fill == FILL_PLAIN)
			strbuf_add(b, line + at, n);
		at += n;
	}
	strbuf_puts(b, "\n");
	return line_fill;
}

bool recipe_fill(struct strbuf *b, const char *commands, const struct finding *f, uint64_t page_size, enum recipe_form form)
{
	size_t start = b->len, kept = start;

	for (const char *line = commands; *line;) {
		size_t len = strcspn(line, "\n");
		enum fill fill = fill_line(b, line, len, f, page_size);

		if (fill == FILL_MISSING && form == RECIPE_WHOLE) {
			strbuf_cut(b, start);
			return false;
		}
		if (fill == FILL_DONE || (fill == FILL_PLAIN && form != RECIPE_FILLED))
			kept = b->len;
		strbuf_cut(b, kept);
		line += len + (line[len] == '\n');
	}
	return kept > start;
}
