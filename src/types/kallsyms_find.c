/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of a kernel that does not say where they are.  Up to v5.19 they follow each other, aligned to 8 bytes:
 *
 *   offsets, relative_base, num_syms, names, markers, token_table, token_index
 *
 * The tokens "0" to "9" stand for themselves, which makes 20 bytes to search for; token_index, the offsets of all 256
 * strings, proves them.  markers, the offset of every 256th name, lies before them, begins with 0 and rises.  Where names
 * begin is tried: the number of symbols must stand before them, and the names behind the last marker must be as many as are
 * missing and end where markers begin.
 */
#include <inttypes.h>
#include <string.h>

#include "types/kallsyms.h"
#include "types/kallsyms_tables.h"

enum {
	CHUNK = 1 << 20,
	TABLE_MAX = 32 << 10,  /* of token_table; u16 reach no further than 64 KB, real ones are of 1 KB */
	DIGIT_0 = '0',
	BEFORE_MAX = 48 * 64,  /* of the 48 tokens before "0" */
	MARK = 256,            /* names between two markers */
	BACK_MIN = 64 << 10,
	BACK_MAX = 32 << 20,   /* names are 3 MB at most, so far */
	NAME_MAX_BYTES = 256,  /* compressed, with its length */
};

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

/* Split the table into its strings.  The bytes that they take; 0: there are not 256. */
static size_t tokens_split(const uint8_t *table, size_t size, struct kallsyms_tokens *t)
{
	size_t at = 0;

	for (unsigned i = 0; i < KALLSYMS_TOKENS; i++) {
		const uint8_t *nul = at < size ? memchr(table + at, 0, size - at) : NULL;

		if (!nul)
			return 0;
		t->text[i] = (const char *)table + at;
		t->length[i] = (uint16_t)(nul - table - (ptrdiff_t)at);
		at = (size_t)(nul - table) + 1;
	}
	return at;
}

static bool index_agrees(enum endian e, const struct kallsyms_tokens *t, const uint8_t *table, const uint8_t *index)
{
	for (unsigned i = 0; i < KALLSYMS_TOKENS; i++)
		if (t->text[i] != (const char *)table + get_u16(e, index + 2 * (size_t)i))
			return false;
	return true;
}

static struct error *tokens_bad(uint64_t table, uint64_t index)
{
	return error_new("kallsyms of the kernel is damaged: kallsyms_token_table at %#" PRIx64
			 " and kallsyms_token_index at %#" PRIx64 " do not fit each other",
			 table, index);
}

struct error *kallsyms_tokens_read(const struct kernel_reader *r, uint64_t table, uint64_t index, struct kallsyms_tokens *ret)
{
	uint8_t bytes[2 * KALLSYMS_TOKENS];
	struct kallsyms_tokens t = { 0 };
	size_t size = index > table && index - table < TABLE_MAX ? (size_t)(index - table) : 0;
	struct error *err;

	if (!size)
		return tokens_bad(table, index);
	err = kernel_read_new(r, table, size, "kallsyms_token_table", &t.table);
	if (!err)
		err = kernel_read(r, index, bytes, sizeof(bytes), "kallsyms_token_index");
	if (!err && (!tokens_split(t.table, size, &t) || !index_agrees(r->endian, &t, t.table, bytes)))
		err = tokens_bad(table, index);
	if (err)
		kallsyms_tokens_deinit(&t);
	else
		*ret = t;
	return err;
}

void kallsyms_tokens_deinit(struct kallsyms_tokens *t)
{
	free(t->table);
	t->table = NULL;
}

/* ---- searching --------------------------------------------------------------------------------------------------- */

struct search {
	const struct kernel_reader *reader;
	uint64_t start;
	struct kallsyms_place *ret;
};

/* Read what can be read. */
static struct error *read_some(const struct search *s, uint64_t va, void *buf, size_t size, size_t *ret_got)
{
	return s->reader->read(s->reader->arg, va, buf, size, ret_got, NULL, 0);
}

/* Whether all before token "0", 48 strings, lies in the bytes before it; then where the table begins. */
static const uint8_t *table_start(const uint8_t *bytes, const uint8_t *zero)
{
	const uint8_t *p = zero;

	for (unsigned i = 0; i < DIGIT_0; i++) {
		if (p == bytes)
			return NULL;
		p--; /* the NUL of the string before */
		while (p > bytes && p[-1])
			p--;
	}
	return p > bytes ? p : NULL;
}

/* Is a token table around the digits at \p zero_va? */
static struct error *try_tokens(struct search *s, uint64_t zero_va, bool *ret_found)
{
	uint8_t bytes[BEFORE_MAX + TABLE_MAX];
	uint64_t from = zero_va - s->start < BEFORE_MAX ? s->start : zero_va - BEFORE_MAX;
	const uint8_t *table;
	struct kallsyms_tokens t = { 0 };
	size_t got, size;
	struct error *err = read_some(s, from, bytes, sizeof(bytes), &got);

	if (err || got <= zero_va - from)
		return err;
	table = table_start(bytes, bytes + (zero_va - from));
	size = table ? tokens_split(table, (size_t)(bytes + got - table), &t) : 0;
	for (unsigned align = 8; size && align >= 4 && !*ret_found; align /= 2) {
		uint64_t at = (size + align - 1) & ~(uint64_t)(align - 1);

		if (at + 2 * KALLSYMS_TOKENS > (size_t)(bytes + got - table))
			continue;
		*ret_found = index_agrees(s->reader->endian, &t, table, table + at);
		s->ret->token_table = from + (uint64_t)(table - bytes);
		s->ret->token_index = s->ret->token_table + at;
	}
	return NULL;
}

/* Names from the last marker on: as many as \p nr, and then nothing but padding. */
static bool names_end_well(const uint8_t *names, size_t size, size_t at, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		size_t length = kallsyms_name_length(names, size, &at);

		if (!length || length > size - at)
			return false;
		at += length;
	}
	return size - at < 8;
}

/*
 * markers end before token_table, where the bytes end: walk back over rising words to the 0 that is the first.  How many; 0:
 * none.
 */
static size_t markers_find(enum endian e, const uint8_t *bytes, size_t size, size_t *ret_at)
{
	size_t end = size, at;

	for (unsigned pad = 0; pad < 2 && end >= 4 && !get_u32(e, bytes + end - 4); pad++)
		end -= 4;
	for (at = end; at >= 4; at -= 4) {
		uint32_t here = get_u32(e, bytes + at - 4);

		if (at < end && here >= get_u32(e, bytes + at))
			return 0;
		if (here)
			continue;
		*ret_at = at - 4;
		return (end - *ret_at) / 4;
	}
	return 0;
}

/* Try where names, of which the last marker is at \p last, begin: \p bytes end with the names. */
static bool try_names(struct search *s, const uint8_t *bytes, size_t end, uint64_t end_va, size_t nr_markers, uint32_t last)
{
	size_t tail_max = (size_t)MARK * NAME_MAX_BYTES;

	for (size_t size = (size_t)last + 2; size <= last + tail_max && size + 8 <= end; size++) {
		uint32_t nr = get_u32(s->reader->endian, bytes + end - size - 8);
		uint64_t names = end_va - size;

		if (names % 8 || nr <= (nr_markers - 1) * MARK || nr > nr_markers * MARK)
			continue;
		if (!names_end_well(bytes + end - size, size, last, nr - (uint32_t)(nr_markers - 1) * MARK))
			continue;
		s->ret->names = names;
		s->ret->num_syms = names - 8;
		s->ret->relative_base = names - 16;
		s->ret->offsets = names - 16 - ((uint64_t)nr * 4 + 7) / 8 * 8;
		return true;
	}
	return false;
}

/* As much as can be read before token_table, in one piece: there is a hole where text ends. */
static struct error *read_before(struct search *s, uint8_t **ret, size_t *ret_size)
{
	uint64_t table = s->ret->token_table;
	struct error *err;

	*ret_size = table - s->start < BACK_MAX ? (size_t)(table - s->start) : BACK_MAX;
	for (;; *ret_size /= 2) {
		err = kernel_read_new(s->reader, table - *ret_size, *ret_size, "what lies before kallsyms_token_table", ret);
		if (!err || *ret_size < BACK_MIN)
			return err;
		error_free(err);
	}
}

/* From token_table back to the names. */
static struct error *find_names(struct search *s)
{
	uint64_t table = s->ret->token_table;
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size, markers = 0, nr;
	struct error *err = read_before(s, &bytes, &size);
	uint32_t last;

	if (err)
		return err;
	nr = markers_find(s->reader->endian, bytes, size, &markers);
	last = nr ? get_u32(s->reader->endian, bytes + markers + (nr - 1) * 4) : 0;
	if (nr && try_names(s, bytes, markers, table - size + markers, nr, last))
		return NULL;
	return error_new("kallsyms of the kernel is damaged: no names before kallsyms_token_table at %#" PRIx64, table);
}

static struct error *search_chunk(struct search *s, const uint8_t *bytes, size_t size, uint64_t va, bool *ret_found)
{
	static const char digits[] = "0\0" "1\0" "2\0" "3\0" "4\0" "5\0" "6\0" "7\0" "8\0" "9";
	const uint8_t *hit = bytes;
	struct error *err = NULL;

	while (!err && !*ret_found && (hit = memmem(hit, (size_t)(bytes + size - hit), digits, sizeof(digits)))) {
		err = try_tokens(s, va + (uint64_t)(hit - bytes), ret_found);
		hit++;
	}
	return err;
}

struct error *kallsyms_find(const struct kernel_reader *r, uint64_t start, uint64_t end, struct kallsyms_place *ret)
{
	struct search s = { r, start, ret };
	_cleanup_free_ uint8_t *bytes = malloc(CHUNK);
	struct error *err = bytes ? NULL : &error_nomem;
	bool found = false;

	for (uint64_t va = start; !err && !found && va < end;) {
		size_t want = end - va < CHUNK ? (size_t)(end - va) : CHUNK, got = 0;

		err = read_some(&s, va, bytes, want, &got);
		if (!err)
			err = search_chunk(&s, bytes, got, va, &found);
		/* the digits may lie across the end of a chunk; behind a hole there is another page */
		va = got == CHUNK ? va + CHUNK - 32 : (va + got + 4096) & ~(uint64_t)4095;
	}
	if (!err && !found)
		return error_new("kallsyms of the kernel was not found between %#" PRIx64 " and %#" PRIx64, start, end);
	return err ? err : find_names(&s);
}
