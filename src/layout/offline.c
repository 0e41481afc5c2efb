/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel without a dump: a dump without memory stands in for it, so that all decisions and sanity checks are those of
 * layout_init().
 */
#include "layout/offline.h"

/* What VMCOREINFO of these processors has and layout_init() wants.  Addresses only have to be plausible. */
static const char vmcoreinfo[] = "PAGESIZE=4096\n"
				 "SYMBOL(init_top_pgt)=ffffffff82000000\n"
				 "NUMBER(phys_base)=0\n"
				 "NUMBER(pgtable_l5_enabled)=0\n"
				 "NUMBER(SECTION_SIZE_BITS)=27\n"
				 "NUMBER(MAX_PHYSMEM_BITS)=46\n";

const char *const layout_offline_unknown[] = {
	"whether memory agrees: node and zone bits, the way from tail to head",
	"what VMCOREINFO says: release, page types of kernels before v6.11 (mainline's are shown)",
	"whether large folios keep mapcounts in each page (v6.15 and later)",
	"whether slab pages hold a reference",
	"addresses: KASLR, page tables, where the memmap is",
	NULL,
};

static enum gap_reason no_page(const void *backend, uint64_t pfn)
{
	(void)backend;
	(void)pfn;
	return GAP_NOT_RAM;
}

static bool no_register(const void *backend, unsigned cpu, unsigned cr, uint64_t *ret)
{
	(void)backend;
	(void)cpu;
	(void)cr;
	(void)ret;
	return false;
}

/* Nobody makes a reader of it, and nobody asks for its RAM. */
static const struct dump_ops no_memory = { .page_gap = no_page, .control_register = no_register };

struct error *layout_init_offline(struct layout *l, const char *arch, struct types *t)
{
	const struct dump_info info = {
		.path = types_path(t), .format = "none", .compression = "none", .arch = arch, .page_shift = 12,
		.dump_level = -1,
	};
	struct dump *d;
	struct error *err = dump_new(&no_memory, NULL, &info, vmcoreinfo, &d);

	if (err)
		return err;
	err = layout_init(l, d, t);
	dump_free(d);
	return err;
}
