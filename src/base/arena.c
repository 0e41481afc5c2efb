/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/agree.h"

enum { ARENA_BLOCK_SIZE = 16384 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(16) unsigned char bytes[];
};

static struct arena_block *block_new(size_t size)
{
	struct arena_block *b = calloc(1, sizeof(*b) + size);

	if (b)
		b->size = size;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	if (!b || b->size - a->used < size) {
		b = block_new(size > ARENA_BLOCK_SIZE ? size : ARENA_BLOCK_SIZE);
		if (!b)
			return NULL;
		b->next = a->blocks;
		a->blocks = b;
		a->used = 0;
	}
	a->used += size;
	return b->bytes + a->used - size;
}

char *arena_strdup(struct arena *a, const char *s)
{
	size_t size = s ? strlen(s) + 1 : 0;
	char *copy = s ? arena_alloc(a, size) : NULL;

	return copy ? memcpy(copy, s, size) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = agree_vprintf(fmt, ap);
	va_end(ap);
	return text ? arena_strdup(a, text) : NULL;
}

void arena_join(struct arena *to, struct arena *from)
{
	struct arena_block **tail = &from->blocks;

	while (*tail)
		tail = &(*tail)->next;
	if (to->blocks) {
		/* keep the newest block of `to` first: its free rest stays usable */
		*tail = to->blocks->next;
		to->blocks->next = from->blocks;
	} else {
		*to = *from;
	}
	from->blocks = NULL;
	from->used = 0;
}

void arena_deinit(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	a->blocks = NULL;
	a->used = 0;
}
