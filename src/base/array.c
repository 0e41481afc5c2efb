/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

bool array_reserve_raw(void **v, size_t *room, size_t want, size_t size)
{
	size_t nr = *room ? *room : 8;
	void *bigger;

	if (want <= *room)
		return true;
	while (nr < want) {
		if (nr > SIZE_MAX / 2 / size)
			return false;
		nr *= 2;
	}
	bigger = realloc(*v, nr * size);
	if (!bigger)
		return false;
	*v = bigger;
	*room = nr;
	return true;
}
