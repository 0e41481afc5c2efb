/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decoding: formats as scripts/kallsyms.c of Linux writes them and kernel/kallsyms.c reads them. */
#include "types/kallsyms.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "types/kallsyms_tables.h"
#include "types/nameset.h"

enum {
	MAX_SYMBOLS = 1 << 22,
	MAX_NAMES = 64 << 20,  /* bytes, compressed */
	MAX_TEXT = 128 << 20,  /* bytes, expanded */
	MAX_NAME = 1024,       /* KSYM_NAME_LEN is 128 before v6.1, then 512 */
	TOO_FAR = 1 << 30,     /* between two symbols: of different parts of memory */
	FEW_VARIABLES = 64,
};

struct decoder {
	const struct kernel_reader *reader;
	const struct kallsyms_place *place;
	struct kallsyms_tokens tokens;
	uint8_t *names;   /* as they are in the dump */
	size_t names_size;
	uint8_t *offsets;
	uint64_t base;    /* what place->relative_base holds */
	uint32_t nr;
	size_t room;      /* of k->names */
	uint32_t stext;   /* number of that symbol, UINT32_MAX: not seen */
	struct kallsyms *k;
};

/* ---- reading the parts ------------------------------------------------------------------------------------------ */

/* Names reach to the next part at most. */
static struct error *names_extent(struct decoder *d)
{
	const struct kallsyms_place *p = d->place;
	const uint64_t others[] = { p->num_syms, p->token_table, p->token_index, p->offsets, p->relative_base };
	uint64_t end = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (others[i] > p->names && others[i] < end)
			end = others[i];
	if (end == UINT64_MAX || end - p->names > MAX_NAMES)
		return error_new("kallsyms of the kernel is damaged: no other part of it follows kallsyms_names at %#" PRIx64,
				 p->names);
	d->names_size = (size_t)(end - p->names);
	return NULL;
}

static struct error *parts_read(struct decoder *d)
{
	const struct kallsyms_place *p = d->place;
	uint8_t word[8] = { 0 };
	struct error *err = kernel_read(d->reader, p->num_syms, word, 4, "kallsyms_num_syms");

	if (err)
		return err;
	d->nr = get_u32(d->reader->endian, word);
	if (!d->nr || d->nr > MAX_SYMBOLS)
		return error_new("kallsyms of the kernel is damaged: %" PRIu32 " symbols, says kallsyms_num_syms at %#" PRIx64,
				 d->nr, p->num_syms);
	err = names_extent(d);
	if (!err)
		err = kallsyms_tokens_read(d->reader, p->token_table, p->token_index, &d->tokens);
	if (!err)
		err = kernel_read_new(d->reader, p->names, d->names_size, "kallsyms_names", &d->names);
	if (!err)
		err = kernel_read_new(d->reader, p->offsets, (size_t)d->nr * 4, "kallsyms_offsets", &d->offsets);
	if (!err && p->relative_base)
		err = kernel_read(d->reader, p->relative_base, word, 8, "kallsyms_relative_base");
	d->base = get_u64(d->reader->endian, word);
	return err;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool names_reserve(struct decoder *d)
{
	return array_reserve_raw((void **)&d->k->names, &d->room, d->k->names_size + MAX_NAME, 1);
}

/* Expand one name, with the letter of its type in front, behind those that are there.  False: too long. */
static bool name_expand(struct decoder *d, const uint8_t *tokens, size_t nr, size_t *ret_length)
{
	char *to = d->k->names + d->k->names_size;
	size_t length = 0;

	for (size_t i = 0; i < nr; i++) {
		size_t more = d->tokens.length[tokens[i]];

		if (length + more >= MAX_NAME)
			return false;
		memcpy(to + length, d->tokens.text[tokens[i]], more);
		length += more;
	}
	to[length] = '\0';
	*ret_length = length;
	return length >= 2;
}

static struct error *name_bad(const struct decoder *d, uint32_t i, uint64_t at)
{
	return error_new("kallsyms of the kernel is damaged: the name of symbol %" PRIu32 " of %" PRIu32 ", at %#" PRIx64
			 ", makes no sense", i, d->nr, d->place->names + at);
}

static struct error *name_add(struct decoder *d, uint32_t i, const uint8_t *tokens, size_t nr)
{
	struct kallsyms *k = d->k;
	struct kallsym s = { .name = (uint32_t)k->names_size + 1 };
	size_t length;

	if (!names_reserve(d))
		return &error_nomem;
	if (k->names_size > MAX_TEXT || !name_expand(d, tokens, nr, &length))
		return name_bad(d, i, (uint64_t)(tokens - d->names));
	s.type = k->names[k->names_size];
	if (d->stext == UINT32_MAX && strcmp(k->names + s.name, "_stext") == 0)
		d->stext = i;
	k->names_size += length + 1;
	return array_push(&k->list, s) ? NULL : &error_nomem;
}

static struct error *names_decode(struct decoder *d)
{
	struct error *err = NULL;
	size_t at = 0;

	if (!array_reserve(&d->k->list, d->nr))
		return &error_nomem;
	for (uint32_t i = 0; !err && i < d->nr; i++) {
		size_t nr, start = at;

		nr = kallsyms_name_length(d->names, d->names_size, &at);
		if (!nr || nr > d->names_size - at)
			return name_bad(d, i, start);
		err = name_add(d, i, d->names + at, nr);
		at += nr;
	}
	return err;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

enum scheme {
	ABSOLUTE_PERCPU, /* CONFIG_KALLSYMS_ABSOLUTE_PERCPU, x86 up to v6.14: >= 0 is a value, < 0 below the base - 1 */
	RELATIVE,        /* unsigned, above the base */
	OWN_PLACE,       /* signed, from the place of the offset itself */
	NR_SCHEMES,
};

/* The run-time address of symbol i; *ret_absolute: KASLR does not move it. */
static uint64_t address(const struct decoder *d, enum scheme scheme, uint32_t i, bool *ret_absolute)
{
	int64_t offset = (int32_t)get_u32(d->reader->endian, d->offsets + (size_t)i * 4);

	*ret_absolute = scheme == ABSOLUTE_PERCPU && offset >= 0;
	switch (scheme) {
	case ABSOLUTE_PERCPU:
		return offset >= 0 ? (uint64_t)offset : d->base - 1 - (uint64_t)offset;
	case RELATIVE:
		return d->base + (uint32_t)offset;
	case OWN_PLACE:
	case NR_SCHEMES:
		break;
	}
	return d->place->offsets + (uint64_t)i * 4 + (uint64_t)offset;
}

static bool scheme_find(const struct decoder *d, enum scheme *ret)
{
	enum scheme first = d->place->relative_base ? ABSOLUTE_PERCPU : OWN_PLACE;
	enum scheme end = d->place->relative_base ? OWN_PLACE : NR_SCHEMES;
	bool absolute;

	for (enum scheme s = first; s < end; s++) {
		*ret = s;
		if (address(d, s, d->stext, &absolute) == d->place->stext)
			return true;
	}
	return false;
}

static int by_value(const void *va, const void *vb)
{
	const struct kallsym *a = va, *b = vb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

static struct error *addresses_decode(struct decoder *d)
{
	struct kallsyms *k = d->k;
	enum scheme scheme;
	bool sorted = true;

	if (d->stext == UINT32_MAX)
		return error_new("kallsyms of the kernel is damaged: none of its %" PRIu32 " symbols is _stext", d->nr);
	if (!scheme_find(d, &scheme))
		return error_new("kallsyms of the kernel is damaged: the address of _stext, symbol %" PRIu32 " at %#" PRIx64
				 ", is not the %#" PRIx64 " that VMCOREINFO says, in any known encoding",
				 d->stext, d->place->offsets + (uint64_t)d->stext * 4, d->place->stext);
	for (uint32_t i = 0; i < d->nr; i++) {
		bool absolute;

		k->list.v[i].value = address(d, scheme, i, &absolute);
		k->list.v[i].value -= absolute ? 0 : d->place->slide;
		sorted &= !i || k->list.v[i].value >= k->list.v[i - 1].value;
	}
	if (!sorted)
		qsort(k->list.v, k->list.nr, sizeof(*k->list.v), by_value);
	return NULL;
}

struct error *kallsyms_read(const struct kernel_reader *r, const struct kallsyms_place *place, struct kallsyms **ret)
{
	struct decoder d = { .reader = r, .place = place, .stext = UINT32_MAX, .k = calloc(1, sizeof(*d.k)) };
	struct error *err = d.k ? parts_read(&d) : &error_nomem;

	if (!err)
		err = names_decode(&d);
	if (!err)
		err = addresses_decode(&d);
	kallsyms_tokens_deinit(&d.tokens);
	free(d.names);
	free(d.offsets);
	if (err)
		kallsyms_free(d.k);
	else
		*ret = d.k;
	return err;
}

void kallsyms_free(struct kallsyms *k)
{
	if (!k)
		return;
	array_free(&k->list);
	free(k->names);
	free(k);
}

/* ---- using them -------------------------------------------------------------------------------------------------- */

bool kallsyms_lookup(const struct kallsyms *k, const char *name, uint64_t *ret)
{
	for (size_t i = 0; i < k->list.nr; i++)
		if (strcmp(k->names + k->list.v[i].name, name) == 0) {
			*ret = k->list.v[i].value;
			return true;
		}
	return false;
}

uint64_t kallsyms_size(const struct kallsyms *k, size_t i)
{
	uint64_t value = k->list.v[i].value, next = value;

	for (size_t j = i + 1; j < k->list.nr && next == value; j++)
		next = k->list.v[j].value;
	return next - value < TOO_FAR ? next - value : 0;
}

static bool is_data(char type)
{
	return strchr("BDGRSV", toupper((unsigned char)type)) != NULL;
}

bool kallsyms_has_data(const struct kallsyms *k)
{
	size_t nr = 0;

	for (size_t i = 0; i < k->list.nr && nr < FEW_VARIABLES; i++)
		nr += is_data(k->list.v[i].type);
	return nr >= FEW_VARIABLES;
}

/* Of several symbols of one name a global variable wins, else the lowest, as with symbol tables of files. */
static void symbols_collect(const struct kallsyms *k, const struct offset_map *map, uint32_t *found, uint8_t *ranks)
{
	for (uint32_t i = 0; i < k->list.nr; i++) {
		uint32_t id = offset_map_find(map, k->list.v[i].name);
		char type = k->list.v[i].type;
		uint8_t rank = is_data(type) && isupper((unsigned char)type) ? 2 : 1;

		if (id == NAME_NONE || ranks[id] >= rank)
			continue;
		ranks[id] = rank;
		found[id] = i;
	}
}

static struct error *names_ask(const struct kallsyms *k, struct nameset *names, const struct question *questions,
			       struct answer *answers, size_t nr)
{
	_cleanup_free_ uint32_t *found = calloc(nr + 1, sizeof(*found));
	_cleanup_free_ uint8_t *ranks = calloc(nr + 1, 1);
	struct offset_map map = { 0 };
	struct error *err;

	if (!found || !ranks)
		return &error_nomem;
	for (size_t i = 0; i < nr; i++)
		if (questions[i].kind == Q_SYMBOL)
			nameset_add(names, questions[i].type);
	err = nameset_locate(names, (struct span){ (const uint8_t *)k->names, k->names_size }, &map);
	if (err)
		return err;
	symbols_collect(k, &map, found, ranks);
	for (size_t i = 0; i < nr; i++) {
		uint32_t id = questions[i].kind == Q_SYMBOL ? nameset_find(names, questions[i].type) : NAME_NONE;

		if (questions[i].kind == Q_SYMBOL)
			answers[i] = (struct answer){ 0 };
		if (id != NAME_NONE && ranks[id])
			answers[i] = (struct answer){ .found = true, .size = kallsyms_size(k, found[id]),
						      .value = (int64_t)k->list.v[found[id]].value };
	}
	offset_map_deinit(&map);
	return NULL;
}

struct error *kallsyms_ask(const struct kallsyms *k, const struct question *questions, struct answer *answers, size_t nr)
{
	struct nameset names;
	struct error *err = nameset_init(&names, nr);

	if (err)
		return err;
	err = names_ask(k, &names, questions, answers, nr);
	nameset_deinit(&names);
	return err;
}
