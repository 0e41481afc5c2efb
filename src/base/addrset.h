/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file addrset.h  A set of addresses: what a walk has been to. */
#ifndef BASE_ADDRSET_H
#define BASE_ADDRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addrset {
	uint64_t *slots; /* hash with open addressing; 0: empty */
	size_t nr, room; /* room is 0 or a power of two */
};

enum addrset_result { ADDRSET_NEW, ADDRSET_OLD, ADDRSET_NOMEM };

/** Add \p address, which must not be 0; whether it was not there before. */
enum addrset_result addrset_add(struct addrset *s, uint64_t address);
bool addrset_has(const struct addrset *s, uint64_t address);
void addrset_deinit(struct addrset *s);

#endif
