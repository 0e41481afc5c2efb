/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/vmcoreinfo.h"

void store_deinit(struct dump_store *s)
{
	file_close(&s->file);
	map_deinit(&s->map);
	notes_deinit(&s->notes);
	for (size_t i = 0; i < s->copies.nr; i++)
		free((char *)s->copies.v[i].text);
	array_free(&s->copies);
}

struct error *store_read_notes(struct dump_store *s, uint64_t offset, uint64_t size)
{
	_cleanup_free_ void *data = NULL;
	struct error *err;

	if (!size)
		return NULL;
	if (!file_holds(&s->file, offset, size))
		return file_cut_error(&s->file, "notes");
	if (size > NOTES_MAX_SIZE)
		return error_new("notes of %llu bytes: the header is damaged", (unsigned long long)size);
	data = malloc(size);
	if (!data)
		return &error_nomem;
	err = file_read_header(&s->file, offset, data, size, "notes");
	return err ? err : notes_add(&s->notes, data, size);
}

struct error *store_check_notes(const struct dump_store *s)
{
	if (s->notes.xen)
		return error_new("dump of a Xen system; only dumps of a kernel that owns its memory can be read");
	return NULL;
}

bool page_size_is_sane(uint64_t size)
{
	return is_power_of_2(size) && size >= 4096 && size <= 262144;
}

struct error *store_page_shift(const struct dump_store *s, unsigned otherwise, unsigned *ret)
{
	struct vmcoreinfo v;
	const char *text;
	int64_t size = (int64_t)bit_u64(otherwise);
	struct error *err;

	err = vmcoreinfo_init(&v, s->notes.vmcoreinfo, s->notes.vmcoreinfo_size);
	if (err)
		return err;
	text = vmcoreinfo_get(&v, "PAGESIZE");
	if (text && (!vmcoreinfo_parse_number(text, &size) || size < 0 || !page_size_is_sane((uint64_t)size)))
		err = error_new("VMCOREINFO is damaged (PAGESIZE makes no sense); copy the dump again");
	else
		*ret = log2_u64((uint64_t)size);
	vmcoreinfo_deinit(&v);
	return err;
}

struct error *store_match_page_size(const struct dump_store *s)
{
	struct error *err;
	unsigned shift;

	err = store_page_shift(s, s->info.page_shift, &shift);
	if (err)
		return err;
	if (shift != s->info.page_shift)
		return error_new("header and VMCOREINFO disagree about the page size; the header is damaged");
	return NULL;
}

const char *store_machine_arch(const char *machine)
{
	static const char *const names[][2] = {
		{ "x86_64", "x86_64" },	  { "aarch64", "aarch64" },	    { "ppc64le", "ppc64" },
		{ "riscv64", "riscv64" }, { "loongarch64", "loongarch64" }, { "S390X" /* QEMU */, "s390x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(machine, names[i][0]))
			return names[i][1];
	return machine;
}

enum gap_reason store_page_gap(const void *backend, uint64_t pfn)
{
	const struct dump_store *s = backend;

	return map_gap(&s->map, pfn);
}

void store_for_each_ram(const void *backend, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg)
{
	const struct dump_store *s = backend;

	map_for_each_ram(&s->map, fn, arg);
}

bool store_control_register(const void *backend, unsigned cpu, unsigned cr, uint64_t *ret)
{
	const struct dump_store *s = backend;

	return notes_control_register(&s->notes, cpu, cr, ret);
}

unsigned store_registers(const void *backend, unsigned i, uint64_t *ret, unsigned size)
{
	const struct dump_store *s = backend;
	const struct cpu_registers *r = notes_registers(&s->notes, i);
	unsigned nr = !r ? 0 : r->nr < size ? r->nr : size;

	if (nr)
		memcpy(ret, r->reg, nr * sizeof(*ret));
	return nr;
}
