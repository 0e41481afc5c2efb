/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/addrset.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

/* Where the address is or would be: a slot that holds it or is empty.  There always is one. */
static size_t slot_of(const struct addrset *s, uint64_t address)
{
	/* 2^64 divided by the golden ratio: its high bits spread addresses that differ in few bits */
	size_t i = (size_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (s->room - 1);

	while (s->slots[i] && s->slots[i] != address)
		i = (i + 1) & (s->room - 1);
	return i;
}

static bool grow(struct addrset *s)
{
	struct addrset bigger = { .nr = s->nr, .room = s->room ? 2 * s->room : FIRST_ROOM };

	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < s->room; i++)
		if (s->slots[i])
			bigger.slots[slot_of(&bigger, s->slots[i])] = s->slots[i];
	free(s->slots);
	*s = bigger;
	return true;
}

enum addrset_result addrset_add(struct addrset *s, uint64_t address)
{
	size_t i;

	if (s->nr >= s->room / 2 && !grow(s))
		return ADDRSET_NOMEM;
	i = slot_of(s, address);
	if (s->slots[i])
		return ADDRSET_OLD;
	s->slots[i] = address;
	s->nr++;
	return ADDRSET_NEW;
}

bool addrset_has(const struct addrset *s, uint64_t address)
{
	return s->room && s->slots[slot_of(s, address)] != 0;
}

void addrset_deinit(struct addrset *s)
{
	free(s->slots);
	*s = (struct addrset){ 0 };
}
