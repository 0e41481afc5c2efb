/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/swapent.h"

#include <string.h>

#include "base/bytes.h"

enum { SWP_USED = 1, PTE_MARKER_BITS = 7 };

/* Types from \p first on. */
static unsigned name_types(struct swapent *s, unsigned first, unsigned nr, enum swapent_class c)
{
	for (unsigned i = first; i < first + nr && i < SWAPENT_TYPES; i++)
		s->type_class[i] = (uint8_t)c;
	return first + nr;
}

/*
 * Types above those of swap devices follow each other: hardware poison, migration (a third kind came with
 * PG_anon_exclusive, v5.19), device memory (2 up to v5.11, 4 up to v6.14, 3 since), markers (v5.19), failed swap-ins (v5.19 to
 * v6.1, the last kernels that keep rss in struct mm_rss_stat).  None has a symbol; the number of swap devices that are possible
 * tells how many there are (MAX_SWAPFILES).
 */
static void name_special(struct swapent *s, const struct layout *l, unsigned max)
{
	bool exclusive = l->flag.anon_exclusive != NO_BIT, old = fact_found(&l->facts, FACT_MM_RSS_COUNT);
	unsigned at = max, left;

	if (l->flag.hwpoison != NO_BIT)
		at = name_types(s, at, 1, SWAPENT_HWPOISON);
	at = name_types(s, at, exclusive ? 3 : 2, SWAPENT_MIGRATION);
	left = at > SWAPENT_TYPES ? 0 : SWAPENT_TYPES - at;
	if (left >= (exclusive ? 4 : 2)) {
		unsigned device = !exclusive ? left : old ? 4 : left - 1;

		at = name_types(s, at, 2, SWAPENT_DEVICE);
		at = name_types(s, at, device - 2, SWAPENT_DEVICE_EXCLUSIVE);
		s->exclusive_counts = device == 3;
	}
	/* with both a marker and an error type the marker comes first; the old arm64 has no marker */
	if (exclusive && old && at < SWAPENT_TYPES)
		s->type_class[SWAPENT_TYPES - 1] = SWAPENT_ERROR;
	if (exclusive && at < (old ? SWAPENT_TYPES - 1 : SWAPENT_TYPES))
		(void)name_types(s, at, 1, SWAPENT_MARKER);
}

static struct error *read_device(struct swapent *s, const struct layout *l, struct kvmem *k, uint64_t table, unsigned type)
{
	uint64_t info, flags, max;
	bool ok;
	struct error *err = kvmem_read_word(k, table + type * 8, 8, &info, &ok);

	if (err || !ok)
		return err;
	if (!info) {
		s->max_known[type] = true;
		return NULL;
	}
	err = kvmem_read_word(k, info + fact(&l->facts, FACT_SWAP_INFO_FLAGS)->offset, 8, &flags, &ok);
	if (!err && ok)
		err = kvmem_read_word(k, info + fact(&l->facts, FACT_SWAP_INFO_MAX)->offset, 4, &max, &ok);
	if (!err && ok) {
		s->max_known[type] = true;
		s->max[type] = flags & SWP_USED ? max : 0;
	}
	return err;
}

struct error *swapent_init(struct swapent *s, const struct layout *l, struct kvmem *k)
{
	const struct answer *nr = fact(&l->facts, FACT_NR_SWAP_TYPES);
	unsigned max = nr->found && nr->length && nr->length < SWAPENT_TYPES ? (unsigned)nr->length : 0;
	struct error *err = NULL;
	uint64_t table;

	memset(s, 0, sizeof(*s));
	memset(s->type_class, SWAPENT_BAD, sizeof(s->type_class));
	s->pfn_mask = l->flag.anon_exclusive != NO_BIT && l->section.max_physmem_bits > l->page_shift
			      ? low_mask(l->section.max_physmem_bits - l->page_shift)
			      : UINT64_MAX;
	if (!max)
		return NULL;
	s->known = true;
	(void)name_types(s, 0, max, SWAPENT_SWAP);
	name_special(s, l, max);
	if (!layout_symbol(l, FACT_SWAP_INFO, &table) || !fact_found(&l->facts, FACT_SWAP_INFO_MAX) ||
	    !fact_found(&l->facts, FACT_SWAP_INFO_FLAGS))
		return NULL;
	for (unsigned type = 0; !err && type < max; type++)
		err = read_device(s, l, k, table, type);
	return err;
}

enum swapent_class swapent_classify(const struct swapent *s, unsigned type, uint64_t offset)
{
	enum swapent_class c = (enum swapent_class)s->type_class[type % SWAPENT_TYPES];

	if (!s->known)
		return SWAPENT_SWAP;
	if (c == SWAPENT_SWAP && s->max_known[type] && (!offset || offset >= s->max[type]))
		return SWAPENT_BAD;
	if (c == SWAPENT_MARKER && (!offset || offset > PTE_MARKER_BITS))
		return SWAPENT_BAD;
	return c;
}

const char *swapent_name(enum swapent_class c)
{
	static const char *const names[NR_SWAPENT_CLASSES] = {
		[SWAPENT_SWAP] = "swap slot",
		[SWAPENT_HWPOISON] = "hardware-poison entry",
		[SWAPENT_MIGRATION] = "migration entry",
		[SWAPENT_DEVICE] = "device-private entry",
		[SWAPENT_DEVICE_EXCLUSIVE] = "device-exclusive entry",
		[SWAPENT_MARKER] = "marker",
		[SWAPENT_ERROR] = "swap-in error entry",
		[SWAPENT_BAD] = "entry of no known type",
	};

	return names[c < NR_SWAPENT_CLASSES ? c : SWAPENT_BAD];
}
