/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file packet.h  Rings of packet sockets, which processes map: blocks of pages (net/packet/af_packet.c). */
#ifndef WALK_PACKET_H
#define WALK_PACKET_H

#include "layout/layout.h"
#include "walk/kvmem.h"

/** AF_PACKET (include/linux/socket.h): struct sock is the first member of a struct packet_sock. */
enum { PACKET_FAMILY = 17 };

/**
 * Call \p fn with the address of each block of both rings of the packet_sock at \p va, and of the word that names it.  Blocks are
 * compound pages, or where there were none, of vmalloc().  *ret_gaps: rings and blocks that could not be read, or are too many.
 */
struct error *packet_blocks_walk(const struct layout *l, struct kvmem *k, uint64_t va,
				 struct error *(*fn)(void *arg, uint64_t block, uint64_t slot, unsigned index), void *arg,
				 uint64_t *ret_gaps) _must_check_;

#endif
