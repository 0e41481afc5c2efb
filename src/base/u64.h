/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file u64.h  Sorted 64-bit words: pfns, addresses, and lists that are sorted by one. */
#ifndef BASE_U64_H
#define BASE_U64_H

#include <stddef.h>
#include <stdint.h>

/** For qsort() and bsearch(): rising. */
int u64_compare(const void *a, const void *b);

/** Sort, and keep one of each; returns how many. */
size_t u64_sort_unique(uint64_t *v, size_t nr);

/** How many of \p nr rising words, \p stride bytes from one to the next, are below \p key. */
static inline size_t u64_lower_bound(const uint64_t *first, size_t nr, size_t stride, uint64_t key)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (*(const uint64_t *)((const char *)first + mid * stride) < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/** The same of an ARRAY that is sorted by \p member. */
#define array_lower_bound(a, member, key)                                                      \
	((a)->nr ? u64_lower_bound(&(a)->v->member, (a)->nr, sizeof(*(a)->v), key) : 0)

#endif
