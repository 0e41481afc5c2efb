/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file array.h  A growable array of any element type.
 *
 *   ARRAY(struct thing) things = {0};
 *   if (!array_push(&things, thing)) return &error_nomem;
 *   for (size_t i = 0; i < things.nr; i++) use(&things.v[i]);
 *   array_free(&things);
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY(type)                                                                            \
	struct {                                                                               \
		type *v;                                                                       \
		size_t nr;                                                                     \
		size_t room;                                                                   \
	}

/** Make room for \p want elements of \p size bytes in *v.  False: no memory, nothing changed. */
bool array_reserve_raw(void **v, size_t *room, size_t want, size_t size);

/** Make room for \p more further elements. */
#define array_reserve(a, more)                                                                 \
	array_reserve_raw((void **)&(a)->v, &(a)->room, (a)->nr + (more), sizeof(*(a)->v))

/** Append a copy of \p value.  False: no memory, nothing changed. */
#define array_push(a, value)                                                                   \
	(array_reserve(a, 1) ? ((a)->v[(a)->nr++] = (value), true) : false)

#define array_free(a)                                                                          \
	do {                                                                                   \
		free((a)->v);                                                                  \
		(a)->v = NULL;                                                                 \
		(a)->nr = (a)->room = 0;                                                       \
	} while (0)

#endif
