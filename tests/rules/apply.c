/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statements of a record that change the dump. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

void mutation_deinit(struct mutation *m)
{
	array_free(&m->patches);
	array_free(&m->expected);
}

_printf_(3, 0)
static void give_up(struct mutation *m, enum outcome outcome, const char *fmt, va_list args)
{
	if (m->outcome != OUTCOME_OK)
		return;
	m->outcome = outcome;
	vsnprintf(m->reason, sizeof(m->reason), fmt, args);
}

void mutation_skip(struct mutation *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	give_up(m, OUTCOME_SKIP, fmt, args);
	va_end(args);
}

void mutation_bad(struct mutation *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	give_up(m, OUTCOME_BAD, fmt, args);
	va_end(args);
}

/* ---- memory with the patches so far ------------------------------------------------------------------------------ */

/* Where byte number i of a word of that size stands in its value. */
static unsigned byte_shift(const struct mutation *m, unsigned i, unsigned size)
{
	return 8 * (mutation_endian(m) == ENDIAN_BIG ? size - 1 - i : i);
}

bool mutation_read_phys(struct mutation *m, uint64_t pa, void *buf, size_t size)
{
	unsigned char *bytes = buf;
	size_t got = 0;
	struct error *err = dump_read_phys(kvmem_reader(m->w->base->kv), pa, buf, size, &got, NULL);

	error_free(err);
	for (size_t i = 0; i < m->patches.nr; i++) {
		const struct dump_patch *p = &m->patches.v[i];

		for (uint32_t j = 0; j < p->size; j++)
			if (p->pa + j >= pa && p->pa + j < pa + size)
				bytes[p->pa + j - pa] = (unsigned char)(p->value >> byte_shift(m, j, p->size));
	}
	return got == size;
}

static bool physical(struct mutation *m, uint64_t va, uint64_t *ret)
{
	struct kv_gap gap = { .kind = KV_UNMAPPED };
	struct error *err = kvmem_translate(m->w->base->kv, va, ret, NULL, &gap);

	error_free(err);
	return gap.kind == KV_OK;
}

bool mutation_read(struct mutation *m, uint64_t va, void *buf, size_t size)
{
	uint64_t pa;

	return physical(m, va, &pa) && mutation_read_phys(m, pa, buf, size);
}

void mutation_write_phys(struct mutation *m, uint64_t pa, const void *buf, size_t size)
{
	const unsigned char *bytes = buf;

	while (size) {
		size_t part = 8 - pa % 8 < size ? 8 - pa % 8 : size;
		struct dump_patch p = { .pa = pa, .size = (uint32_t)part };

		for (size_t i = 0; i < part; i++)
			p.value |= (uint64_t)bytes[i] << byte_shift(m, (unsigned)i, (unsigned)part);
		if (!array_push(&m->patches, p))
			mutation_bad(m, "no memory");
		pa += part;
		bytes += part;
		size -= part;
	}
}

void mutation_write(struct mutation *m, uint64_t va, const void *buf, size_t size)
{
	uint64_t pa;

	if (physical(m, va, &pa))
		mutation_write_phys(m, pa, buf, size);
	else
		mutation_bad(m, "%#" PRIx64 " is not mapped", va);
}

/* ---- set --------------------------------------------------------------------------------------------------------- */

void set_statement(struct mutation *m, const char *s)
{
	struct lvalue l = expr_place(m, &s);
	uint64_t old, value;
	char op;

	blanks_skip(&s);
	op = *s;
	if (m->outcome != OUTCOME_OK)
		return;
	if (!op || !strchr("=+-|&^", op) || (op != '=' && s[1] != '=')) {
		mutation_bad(m, "set PLACE = VALUE, or +=, -=, |=, &=, ^= ('%s')", s);
		return;
	}
	s += op == '=' ? 1 : 2;
	value = expr_value(m, &s);
	old = op == '=' || m->outcome != OUTCOME_OK ? 0 : lvalue_read(m, &l);
	value = op == '+' ? old + value : op == '-' ? old - value : op == '|' ? old | value : op == '&' ? old & value :
		op == '^' ? old ^ value : value;
	if (m->outcome == OUTCOME_OK && *s)
		mutation_bad(m, "'%s' behind the value", s);
	if (m->outcome == OUTCOME_OK)
		lvalue_write(m, &l, value);
}

/* ---- whole struct pages ------------------------------------------------------------------------------------------ */

/* "page[E]" as the address of the struct page. */
static uint64_t page_argument(struct mutation *m, const char **s)
{
	uint64_t pfn, va = 0;

	blanks_skip(s);
	if (strncmp(*s, "page[", 5)) {
		mutation_bad(m, "expected page[...] at '%s'", *s);
		return 0;
	}
	*s += 5;
	pfn = expr_value(m, s);
	if (m->outcome == OUTCOME_OK && (**s != ']' || !world_page_va(m->w, pfn, &va)))
		mutation_bad(m, "pfn %#" PRIx64 " has no struct page", pfn);
	++*s;
	return va;
}

static uint64_t option(const char *s, const char *name, uint64_t otherwise)
{
	const char *at = strstr(s, name);

	return at ? strtoull(at + strlen(name), NULL, 0) : otherwise;
}

/* xorshift64*: the same bytes everywhere */
static unsigned char random_byte(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (unsigned char)(*state * UINT64_C(2685821657736338717) >> 56);
}

static void fill_statement(struct mutation *m, const char *what, const char *s)
{
	uint64_t va = page_argument(m, &s), count = option(s, "count=", 1);
	uint64_t seed = option(s, "seed=", 1) * UINT64_C(0x9e3779b97f4a7c15);
	unsigned size = m->w->base->layout.page_struct_size;
	unsigned char byte = what[0] == 'f' ? (unsigned char)expr_value(m, &s) : 0;

	for (uint64_t i = 0; m->outcome == OUTCOME_OK && i < count * size; i += 8) {
		unsigned char word[8];

		for (int j = 0; j < 8; j++)
			word[j] = what[0] == 'r' ? random_byte(&seed) : byte;
		mutation_write(m, va + i, word, 8);
	}
}

static void copy_statement(struct mutation *m, const char *s, bool swap)
{
	unsigned char a[MAX_PAGE_STRUCT], b[MAX_PAGE_STRUCT];
	unsigned size = m->w->base->layout.page_struct_size;
	uint64_t from = page_argument(m, &s), to;

	s += strspn(s, " \t->");
	to = page_argument(m, &s);
	if (m->outcome != OUTCOME_OK)
		return;
	if (size > sizeof(a) || !mutation_read(m, from, a, size) || !mutation_read(m, to, b, size)) {
		mutation_bad(m, "struct page cannot be read");
		return;
	}
	mutation_write(m, to, a, size);
	if (swap)
		mutation_write(m, from, b, size);
}

/* ---- limits ------------------------------------------------------------------------------------------------------ */

static void kernels_statement(struct mutation *m, const char *s)
{
	char glob[NAME_SIZE];

	while (word_next(&s, glob, sizeof(glob)))
		if (!fnmatch(glob, m->w->kernel, 0))
			return;
	mutation_skip(m, "not for dump %s", m->w->kernel);
}

/* "machines NAME..." */
static void machines_statement(struct mutation *m, const char *s)
{
	const char *here = m->w->base->layout.mmu.arch->name;
	char name[NAME_SIZE];

	while (word_next(&s, name, sizeof(name)))
		if (!strcmp(name, here))
			return;
	mutation_skip(m, "not for machines like %s", here);
}

static const char *const need_names[NR_NEEDS] = {
#define NEED(symbol, reason) #symbol,
#include "rules/needs.def"
#undef NEED
};

static void needs_statement(struct mutation *m, const char *s)
{
	char word[NAME_SIZE];
	bool not = false;

	while (word_next(&s, word, sizeof(word))) {
		enum need need = 0;
		bool has;

		if (!strcmp(word, "not")) {
			not = true;
			continue;
		}
		while (need < NR_NEEDS && strcmp(need_names[need], word))
			need++;
		if (need == NR_NEEDS) {
			mutation_bad(m, "no need '%s'", word);
			return;
		}
		has = need == NEED_EXCLUDED_PAGES ? dump_info(m->w->base->dump)->pages_excluded != 0 :
		      need == NEED_PERCPU_LISTS	  ? m->w->base->percpu.cpus.nr != 0 :
						    layout_has(&m->w->base->layout, need);
		if (has == not)
			mutation_skip(m, not ? "kernel has what %s means" : "%s", not ? word : need_reason(need));
		not = false;
	}
}

/* "if VALUE": skip unless it is not 0. */
static void if_statement(struct mutation *m, const char *s)
{
	const char *text = s;

	if (!expr_value(m, &s))
		mutation_skip(m, "not true here: %s", text);
}

/* "todo [KERNEL-GLOB:] REASON" */
static void todo_statement(struct mutation *m, const char *s)
{
	char glob[NAME_SIZE];
	const char *rest = s;

	if (word_next(&rest, glob, sizeof(glob)) && glob[strlen(glob) - 1] == ':') {
		glob[strlen(glob) - 1] = '\0';
		if (fnmatch(glob, m->w->kernel, 0))
			return;
		s = rest;
	}
	snprintf(m->todo, sizeof(m->todo), "%s", s + strspn(s, " "));
}

static void statement(struct mutation *m, const char *s)
{
	char word[NAME_SIZE] = "";

	word_next(&s, word, sizeof(word));
	if (!strcmp(word, "kernels"))
		kernels_statement(m, s);
	else if (!strcmp(word, "machines"))
		machines_statement(m, s);
	else if (!strcmp(word, "needs"))
		needs_statement(m, s);
	else if (!strcmp(word, "if"))
		if_statement(m, s);
	else if (!strcmp(word, "pick"))
		pick_statement(m, s);
	else if (!strcmp(word, "set"))
		set_statement(m, s);
	else if (!strcmp(word, "every"))
		every_statement(m, s);
	else if (!strcmp(word, "hold"))
		hold_statement(m, s);
	else if (!strcmp(word, "zero") || !strcmp(word, "fill") || !strcmp(word, "random"))
		fill_statement(m, word, s);
	else if (!strcmp(word, "copy") || !strcmp(word, "swap"))
		copy_statement(m, s, word[0] == 's');
	else if (!strcmp(word, "forget"))
		forget_statement(m, s);
	else if (!strcmp(word, "todo"))
		todo_statement(m, s);
	else if (!strcmp(word, "expect") || !strcmp(word, "also"))
		expect_statement(m, s, word[0] == 'a');
	else
		mutation_bad(m, "no statement '%s'", word);
}

void mutation_apply(struct mutation *m, const struct record *r)
{
	for (size_t i = 0; i < r->lines.nr && m->outcome == OUTCOME_OK; i++) {
		char reason[REASON_SIZE];

		statement(m, r->lines.v[i].text);
		if (m->outcome != OUTCOME_BAD)
			continue;
		snprintf(reason, sizeof(reason), "%s", m->reason);
		snprintf(m->reason, sizeof(m->reason), "%.60s:%u: %.180s", r->file, r->lines.v[i].nr, reason);
	}
	if (m->outcome == OUTCOME_OK && !m->nothing && !m->expected.nr)
		mutation_bad(m, "%.60s: nothing is expected, not even 'nothing'", r->file);
}
