/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page->flags: the bits, and the fields above them.
 *
 * From the top: section, node, zone, last cpupid, KASAN tag, LRU generation, LRU references
 * (include/linux/page-flags-layout.h, mmzone.h).  The widths are not in debug info as such; they follow from array
 * lengths that are.  calibrate() holds the result against the zones of the dump.
 */
#include "layout/layout.h"

#include <stdio.h>
#include <string.h>

enum { KASAN_TAG_WIDTH = 8 }; /* with CONFIG_KASAN_SW_TAGS or CONFIG_KASAN_HW_TAGS: the tag of the page's address, inverted */

static const struct {
	enum fact fact;
	size_t offset; /* in struct flag_bits */
	const char *name;
} flag_table[] = {
#define ROW(NAME) { FACT_PG_##NAME, offsetof(struct flag_bits, NAME), #NAME }
	/* the first name of a bit that several flags share is the one that prints */
	ROW(locked),	     ROW(writeback),	 ROW(referenced),      ROW(uptodate),	   ROW(dirty),
	ROW(lru),	     ROW(head),		 ROW(waiters),	       ROW(active),	   ROW(workingset),
	ROW(error),	     ROW(slab),		 ROW(owner_priv_1),    ROW(owner_2),	   ROW(arch_1),
	ROW(reserved),	     ROW(private),	 ROW(private_2),       ROW(mappedtodisk),  ROW(reclaim),
	ROW(swapbacked),     ROW(unevictable),	 ROW(mlocked),	       ROW(hwpoison),	   ROW(young),
	ROW(idle),	     ROW(arch_2),	 ROW(arch_3),	       ROW(swapcache),	   ROW(anon_exclusive),
	ROW(reported),	     ROW(movable_ops),	 ROW(double_map),      ROW(has_hwpoisoned), ROW(large_rmappable),
	ROW(partially_mapped), ROW(hugetlb),	 ROW(dropbehind),      ROW(uncached),	   ROW(isolated),
#undef ROW
};

static void init_bits(struct layout *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_table); i++) {
		int *bit = (int *)((char *)&l->flag + flag_table[i].offset);

		*bit = (int)fact_value(&l->facts, flag_table[i].fact, NO_BIT);
		if (*bit > 63)
			*bit = NO_BIT;
	}
	l->flag.nr = (unsigned)fact_value(&l->facts, FACT_NR_PAGEFLAGS, 0);
	l->flag.all = low_mask(l->flag.nr);
}

/* Bits needed to number n things. */
static unsigned order_base_2(uint64_t n)
{
	return n <= 1 ? 0 : log2_u64(n - 1) + 1;
}

static uint64_t nr_nodes(const struct layout *l, const struct dump *d)
{
	int64_t length;

	if (!fact_found(&l->facts, FACT_NODE_DATA) && !l->no_symbols) /* one node: contig_page_data */
		return 1;
	if (fact_found(&l->facts, FACT_HSTATE_NODES))
		return fact(&l->facts, FACT_HSTATE_NODES)->length;
	if (fact_found(&l->facts, FACT_NODE_DATA_LEN))
		return fact(&l->facts, FACT_NODE_DATA_LEN)->length;
	if (dump_vmcoreinfo_number(d, "LENGTH", "node_data", &length) && length > 0)
		return (uint64_t)length;
	return fact(&l->facts, FACT_NODE_DATA)->size / 8;
}

/* Linux ZONES_SHIFT in page-flags-layout.h */
static unsigned zones_width(const struct layout *l)
{
	return order_base_2((uint64_t)fact_value(&l->facts, FACT_MAX_NR_ZONES, 1));
}

static unsigned sections_width(const struct layout *l)
{
	/* with SPARSEMEM_VMEMMAP the section number is not needed and not stored */
	if (!l->section.sparse || fact_found(&l->facts, FACT_VMEMMAP_BASE) || l->section.subsection_bits)
		return 0;
	return l->section.max_physmem_bits - l->section.section_shift;
}

/* LAST_CPUPID: 8 bits of pid and the CPU number, if NUMA balancing is built in and they fit */
static unsigned last_cpupid_width(const struct layout *l)
{
	uint64_t nr_cpus = fact(&l->facts, FACT_CPUMASK_BITS)->size * 8;

	if (fact_found(&l->facts, FACT_PAGE_LAST_CPUPID) || !fact_found(&l->facts, FACT_NUMAB_STATE) ||
	    (!fact_found(&l->facts, FACT_NODE_DATA) && !l->no_symbols))
		return 0;
	return 8 + order_base_2(nr_cpus);
}

static struct flag_field take_field(unsigned *top, unsigned width)
{
	struct flag_field f = { .shift = *top - width, .width = width };

	*top -= width;
	return f;
}

struct error *layout_init_flags(struct layout *l, const struct dump *d)
{
	unsigned gens = fact_found(&l->facts, FACT_LRUVEC_LRUGEN) ? 3 : 0; /* order_base_2(MAX_NR_GENS + 1) */
	unsigned section = sections_width(l), node = order_base_2(nr_nodes(l, d)), zone = zones_width(l);
	unsigned cpupid = last_cpupid_width(l), tag = fact_found(&l->facts, FACT_KASAN_TAGS) ? KASAN_TAG_WIDTH : 0, top = 64;

	init_bits(l);
	if (l->flag.nr == 0 || l->flag.nr > 64 || section + node + zone + tag + l->flag.nr > 64)
		return error_new("page flags do not fit: %u flags, section %u, node %u, zone %u bits", l->flag.nr,
				 section, node, zone);
	l->flag.section = take_field(&top, section);
	l->flag.node = take_field(&top, node);
	l->flag.zone = take_field(&top, zone);
	if (top - l->flag.nr < cpupid + tag + gens) /* does not fit: then it is a member of its own */
		cpupid = 0;
	l->flag.last_cpupid = take_field(&top, cpupid);
	l->flag.kasan_tag = take_field(&top, tag);
	l->flag.lru_gen = take_field(&top, gens);
	l->flag.lru_refs = take_field(&top, !gens ? 0 : top - l->flag.nr < 2 ? top - l->flag.nr : 2);
	l->flag.undefined = low_mask(top) & ~l->flag.all;
	return NULL;
}

static void add_name(char *buf, size_t size, const char *name)
{
	size_t used = strlen(buf);

	snprintf(buf + used, size - used, "%s%s", used ? "|" : "", name);
}

const char *layout_flag_names_as(const struct layout *l, uint64_t flags, bool swappable, char *buf, size_t size)
{
	uint64_t left = flags & l->flag.all, cache = flag_mask(l->flag.swapcache), alone = flag_mask(l->flag.anon_exclusive);
	uint64_t aliases = swappable ? cache | alone : 0;
	char number[24];

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(flag_table) && left & ~aliases; i++) {
		int bit = *(const int *)((const char *)&l->flag + flag_table[i].offset);

		if (!(left & ~aliases & flag_mask(bit)))
			continue;
		left &= ~flag_mask(bit);
		add_name(buf, size, flag_table[i].name);
	}
	if (left & aliases & cache)
		add_name(buf, size, "swapcache");
	if (left & aliases & alone)
		add_name(buf, size, "anon_exclusive");
	left &= ~aliases;
	if (left) {
		snprintf(number, sizeof(number), "%#llx", (unsigned long long)left);
		add_name(buf, size, number);
	}
	return buf;
}

const char *layout_flag_names(const struct layout *l, uint64_t flags, char *buf, size_t size)
{
	return layout_flag_names_as(l, flags, false, buf, size);
}

const char *layout_second_flag_names(const struct layout *l, uint64_t flags, char *buf, size_t size)
{
	const struct {
		int bit;
		const char *name;
	} second[] = {
		{ l->flag.double_map, "double_map" },		{ l->flag.has_hwpoisoned, "has_hwpoisoned" },
		{ l->flag.large_rmappable, "large_rmappable" }, { l->flag.partially_mapped, "partially_mapped" },
		{ l->flag.hugetlb, "hugetlb" },
	};
	uint64_t left = flags & l->flag.all & ~(l->order == ORDER_FLAGS_1 ? UINT64_C(0xff) : 0), known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(second); i++)
		known |= flag_mask(second[i].bit);
	layout_flag_names(l, left & ~known, buf, size);
	for (size_t i = 0; i < ARRAY_SIZE(second); i++)
		if (left & flag_mask(second[i].bit))
			add_name(buf, size, second[i].name);
	return buf;
}
