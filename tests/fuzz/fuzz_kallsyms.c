/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer: any bytes are a kernel's memory.  The first say where its kallsyms is, 16 bits for each part; then the tables are
 * searched for, too.
 */
#include <string.h>

#include "base/bytes.h"
#include "types/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint64_t base = UINT64_C(0xffffffff81000000);

static struct error *read_bytes(void *arg, uint64_t va, void *buf, size_t size, size_t *ret_got, char *why, size_t why_size)
{
	const struct span *s = arg;
	uint64_t at = va - base;

	if (why_size)
		why[0] = '\0';
	*ret_got = at >= s->size ? 0 : s->size - at < size ? (size_t)(s->size - at) : size;
	if (*ret_got)
		memcpy(buf, s->data + at, *ret_got);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span memory = { data, size };
	const struct kernel_reader reader = { &memory, read_bytes, ENDIAN_LITTLE };
	struct kallsyms_place place = { 0 };
	uint64_t *parts[] = { &place.names, &place.num_syms, &place.token_table, &place.token_index, &place.offsets,
			      &place.relative_base, &place.stext };
	struct kallsyms *symbols = NULL;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		*parts[i] = base + get_within(ENDIAN_LITTLE, data, size, 2 * i, 2);
	if (!(place.relative_base & 1))
		place.relative_base = 0;
	error_free(kallsyms_read(&reader, &place, &symbols));
	kallsyms_free(symbols);
	symbols = NULL;
	if (size < 1 << 18)
		error_free(kallsyms_find(&reader, base, base + size, &place));
	return 0;
}
