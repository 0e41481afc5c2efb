/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel without a dump: a dump without memory stands in for it, so that all decisions and sanity checks are those of
 * layout_init().
 */
#include "layout/offline.h"

#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/strbuf.h"

/*
 * What VMCOREINFO of each machine has and layout_init() wants.  Addresses only have to be plausible.  Sizes of sections are those
 * of arch/.../include/asm/sparsemem.h.  orders: buddy orders (MAX_PAGE_ORDER + 1) that kernels with the larger of their page sizes
 * have by default (ARCH_FORCE_MAX_ORDER): debug info says nothing else of it.
 */
static const struct machine {
	const char *arch, *note;
	enum endian endian;
	unsigned section_bits, physmem_bits;
	struct {
		unsigned orders, page_shift, section_bits;
	} larger[2];
} machines[] = {
	{
		.arch = "x86_64",
		.note = "SYMBOL(init_top_pgt)=ffffffff82000000\nNUMBER(phys_base)=0\nNUMBER(pgtable_l5_enabled)=0\n",
		.section_bits = 27,
		.physmem_bits = 46,
	},
	{
		.arch = "aarch64",
		.note = "SYMBOL(swapper_pg_dir)=ffff800082000000\nNUMBER(kimage_voffset)=0xffff800040000000\nNUMBER(VA_BITS)=48\n",
		.section_bits = 27,
		.physmem_bits = 48,
		.larger = { { 12, 14, 27 }, { 14, 16, 29 } },
	},
	{
		.arch = "riscv64",
		.note = "SYMBOL(swapper_pg_dir)=ffffffff82000000\nNUMBER(va_kernel_pa_offset)=0xffffffff00000000\nNUMBER(VA_BITS)=57\n",
		.section_bits = 27,
		.physmem_bits = 56,
	},
	{
		.arch = "ppc64",
		.note = "SYMBOL(swapper_pg_dir)=c000000002000000\nNUMBER(RADIX_MMU)=1\n",
		.section_bits = 24,
		.physmem_bits = 51,
		.larger = { { 9, 16, 24 } },
	},
	{
		.arch = "s390x",
		.note = "SYMBOL(swapper_pg_dir)=0\n",
		.endian = ENDIAN_BIG,
		.section_bits = 28,
		.physmem_bits = 46,
	},
};

/* The first is of machines with several sizes of pages. */
static const char *const unknown[] = {
	"the size of pages (that of the default number of buddy orders is taken)",
	"whether memory agrees: node and zone bits, the way from tail to head",
	"what VMCOREINFO says: release, page types of kernels before v6.11 (mainline's are shown)",
	"whether large folios keep mapcounts in each page (v6.15 and later)",
	"whether slab pages hold a reference",
	"addresses: KASLR, page tables, where the memmap is",
	NULL,
};

/* ---- the memory: one page with an empty page table, from which s390x tells how many levels there are --------------- */

static struct error *reader_open(void *backend, void **ret_state)
{
	*ret_state = backend;
	return NULL;
}

static void reader_close(void *state)
{
	(void)state;
}

/* Invalid entries of a region-third table. */
static struct error *read_table(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	unsigned char *bytes = buf;

	(void)state;
	*ret_why = GAP_NONE;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (pa + i) % 8 == 7 ? 0x24 : 0;
	return NULL;
}

static enum gap_reason page_gap(const void *backend, uint64_t pfn)
{
	(void)backend;
	return pfn ? GAP_NOT_RAM : GAP_NONE;
}

static bool no_register(const void *backend, unsigned cpu, unsigned cr, uint64_t *ret)
{
	(void)backend;
	(void)cpu;
	(void)cr;
	(void)ret;
	return false;
}

/* Nobody asks for its RAM. */
static const struct dump_ops one_page = {
	.reader_open = reader_open, .reader_close = reader_close, .read = read_table, .page_gap = page_gap,
	.control_register = no_register,
};

/* ---- the note ----------------------------------------------------------------------------------------------------- */

static const struct machine *machine_of(const char *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(machines[i].arch, arch))
			return &machines[i];
	return NULL;
}

const char *const *layout_offline_unknown(const char *arch)
{
	const struct machine *m = machine_of(arch);

	return m && m->larger[0].orders ? unknown : unknown + 1;
}

static struct error *page_shift_of(const struct machine *m, struct types *t, unsigned *ret_shift, unsigned *ret_section_bits)
{
	const struct question q = { Q_MEMBER, "zone", "free_area" };
	struct answer a = { 0 };
	struct error *err = m->larger[0].orders ? types_ask(t, &q, &a, 1) : NULL;

	*ret_shift = 12;
	*ret_section_bits = m->section_bits;
	for (size_t i = 0; !err && i < ARRAY_SIZE(m->larger); i++)
		if (a.found && m->larger[i].orders && m->larger[i].orders == a.length) {
			*ret_shift = m->larger[i].page_shift;
			*ret_section_bits = m->larger[i].section_bits;
		}
	return err;
}

struct error *layout_init_offline(struct layout *l, const char *arch, struct types *t)
{
	const struct machine *m = machine_of(arch);
	struct dump_info info = { .path = types_path(t), .format = "none", .compression = "none", .arch = arch, .dump_level = -1 };
	struct strbuf note = { 0 };
	unsigned section_bits;
	struct error *err;
	struct dump *d;

	if (!m)
		return error_new("%s: kernel of an architecture that is not supported (supported: x86_64, aarch64, riscv64, ppc64, "
				 "s390x)",
				 types_path(t));
	err = page_shift_of(m, t, &info.page_shift, &section_bits);
	if (err)
		return err;
	info.endian = m->endian;
	strbuf_printf(&note, "PAGESIZE=%u\n%sNUMBER(SECTION_SIZE_BITS)=%u\nNUMBER(MAX_PHYSMEM_BITS)=%u\n", 1u << info.page_shift,
		      m->note, section_bits, m->physmem_bits);
	err = note.failed ? &error_nomem : dump_new(&one_page, NULL, &info, note.s, &d);
	strbuf_deinit(&note);
	if (err)
		return err;
	err = layout_init(l, d, t);
	dump_free(d);
	return err;
}
