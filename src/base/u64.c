/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/u64.h"

#include <stdlib.h>

int u64_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

size_t u64_sort_unique(uint64_t *v, size_t nr)
{
	size_t kept = 0;

	if (nr)
		qsort(v, nr, sizeof(*v), u64_compare);
	for (size_t i = 0; i < nr; i++)
		if (!i || v[i] != v[i - 1])
			v[kept++] = v[i];
	return kept;
}
