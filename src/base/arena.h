/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file arena.h  Memory that lives until its owner dies: many small allocations, one release. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes used in the newest block */
};

/** Zeroed memory of \p size bytes, aligned for any type; NULL without memory. */
void *arena_alloc(struct arena *a, size_t size);

/** A copy of \p s (NULL for NULL or without memory). */
char *arena_strdup(struct arena *a, const char *s);

/** Formatted text; NULL without memory. */
char *arena_printf(struct arena *a, const char *fmt, ...) _printf_(2, 3);

/** Move everything of \p from into \p to; \p from is empty afterwards. */
void arena_join(struct arena *to, struct arena *from);

/** Release everything; the arena is empty and usable again. */
void arena_deinit(struct arena *a);

#endif
