/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPARSEMEM: how mem_section says which parts of memory have struct pages (include/linux/mmzone.h, mm/sparse.c).
 */
#include "layout/layout.h"

enum { SUBSECTION_SHIFT = 21 };

/* Since v5.18 the section bits are enumerators; before, they were macros with these values. */
static void init_section_bits(struct layout *l)
{
	const struct facts *f = &l->facts;
	unsigned last;

	l->section.present_bit = (unsigned)fact_value(f, FACT_SECTION_PRESENT_BIT, 0);
	l->section.has_map_bit = (unsigned)fact_value(f, FACT_SECTION_HAS_MEM_MAP_BIT, 1);
	l->section.online_bit = (unsigned)fact_value(f, FACT_SECTION_ONLINE_BIT, 2);
	l->section.early_bit = (unsigned)fact_value(f, FACT_SECTION_EARLY_BIT, 3);
	l->section.device_bit = (int)fact_value(f, FACT_SECTION_DEVICE_BIT, NO_BIT);
	if (l->section.device_bit > 63)
		l->section.device_bit = NO_BIT;
	last = (unsigned)fact_value(f, FACT_SECTION_MAP_LAST_BIT, 4);
	l->section.first_free_bit = last;
	l->section.map_mask = ~low_mask(last);
}

/* The members and bits that section_add() reads and shifts by. */
static bool section_sane(const struct section_words *s)
{
	unsigned last = s->struct_size - 8;

	return s->map_offset <= last && (s->usage_offset == NO_OFFSET || (unsigned)s->usage_offset <= last) &&
	       s->present_bit < 64 && s->has_map_bit < 64 && s->online_bit < 64 && s->early_bit < 64;
}

struct error *layout_init_sections(struct layout *l, const struct dump *d)
{
	const struct facts *f = &l->facts;
	struct section_words *s = &l->section;
	int64_t shift, physmem;

	s->sparse = (fact_found(f, FACT_MEM_SECTION) || l->no_symbols) && fact_found(f, FACT_MEM_SECTION_MAP);
	if (!s->sparse) {
		if (fact_found(f, FACT_MEM_MAP) || l->no_symbols)
			return NULL;
		return error_new("debug info has neither symbol mem_section nor mem_map: is its symbol table complete?");
	}
	if (!dump_vmcoreinfo_number(d, "NUMBER", "SECTION_SIZE_BITS", &shift) ||
	    !dump_vmcoreinfo_number(d, "NUMBER", "MAX_PHYSMEM_BITS", &physmem))
		return error_new("VMCOREINFO has no NUMBER(SECTION_SIZE_BITS) or NUMBER(MAX_PHYSMEM_BITS)");
	if (shift <= (int64_t)l->page_shift || shift > 40 || physmem < shift || physmem > 57 || physmem - shift > 34)
		return error_new("VMCOREINFO: SECTION_SIZE_BITS %lld and MAX_PHYSMEM_BITS %lld make no sense",
				 (long long)shift, (long long)physmem);
	s->section_shift = (unsigned)shift;
	s->max_physmem_bits = (unsigned)physmem;
	s->struct_size = (unsigned)fact(f, FACT_MEM_SECTION_STRUCT)->size;
	if (s->struct_size < 8 || s->struct_size > 4096)
		return error_new("size of struct mem_section is %u bytes", s->struct_size);
	s->per_root = (1u << l->page_shift) / s->struct_size; /* SECTIONS_PER_ROOT with SPARSEMEM_EXTREME */
	s->map_offset = (unsigned)fact(f, FACT_MEM_SECTION_MAP)->offset;
	s->usage_offset = fact_found(f, FACT_MEM_SECTION_USAGE) ? (int)fact(f, FACT_MEM_SECTION_USAGE)->offset : NO_OFFSET;
	if (fact_found(f, FACT_SECTION_SUBSECTION_MAP)) {
		s->subsection_offset = (unsigned)fact(f, FACT_SECTION_SUBSECTION_MAP)->offset;
		s->subsection_bits = s->section_shift > SUBSECTION_SHIFT ? 1u << (s->section_shift - SUBSECTION_SHIFT) : 0;
	}
	init_section_bits(l);
	return section_sane(s) ? NULL : error_new("struct mem_section makes no sense: corrupt debug info?");
}
