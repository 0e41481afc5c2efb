/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file swapent.h  What entries mean that are not present: swap, migration, hardware poison, device memory, markers
 * (include/linux/swap.h, swapops.h).
 */
#ifndef WALK_SWAPENT_H
#define WALK_SWAPENT_H

#include "layout/layout.h"
#include "walk/kvmem.h"

enum swapent_class {
	SWAPENT_SWAP,      /**< a slot of a swap device */
	SWAPENT_HWPOISON,  /**< counts nowhere */
	SWAPENT_MIGRATION, /**< stands for a mapping in rss, not in mapcounts */
	SWAPENT_DEVICE,    /**< device-private memory: counts like a mapping */
	SWAPENT_DEVICE_EXCLUSIVE, /**< RAM that a device has for itself */
	SWAPENT_MARKER,    /**< uffd-wp, poisoned, guard */
	SWAPENT_ERROR,     /**< a failed swap-in (v5.19 to v6.1) */
	SWAPENT_BAD,       /**< of no type or offset that exists */
	NR_SWAPENT_CLASSES,
};

enum { SWAPENT_TYPES = 32 };

struct swapent {
	uint8_t type_class[SWAPENT_TYPES]; /**< enum swapent_class by swp_type() */
	uint64_t max[SWAPENT_TYPES];       /**< of swap devices: offsets end here; 0: no such device */
	bool max_known[SWAPENT_TYPES];
	bool known;       /**< false: the kernel's types are not known, nothing is called bad */
	uint64_t pfn_mask; /**< of an offset that holds a pfn */
	bool exclusive_counts; /**< device-exclusive entries count in mapcounts (since v6.15) */
};

struct error *swapent_init(struct swapent *s, const struct layout *l, struct kvmem *k) _must_check_;

/** Class of an entry. */
enum swapent_class swapent_classify(const struct swapent *s, unsigned type, uint64_t offset);

/** Whether its offset is a pfn. */
static inline bool swapent_has_pfn(enum swapent_class c)
{
	return c == SWAPENT_HWPOISON || c == SWAPENT_MIGRATION || c == SWAPENT_DEVICE || c == SWAPENT_DEVICE_EXCLUSIVE;
}

const char *swapent_name(enum swapent_class c);

#endif
