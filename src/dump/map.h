/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file map.h  Which pages are RAM, where each is stored, and why one is not: runs of pfns in rising order. */
#ifndef DUMP_MAP_H
#define DUMP_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "dump/dump.h"

struct dump_run {
	uint64_t first; /**< pfn */
	uint64_t end;   /**< pfn after the last one; > first */
	uint64_t pos;   /**< of the page \a first; what it counts is the back end's business */
	enum gap_reason why; /**< never GAP_NOT_RAM */
};

/** Runs, disjoint and rising (once map_lay_under() made them so). */
struct dump_map {
	ARRAY(struct dump_run) runs;
	uint64_t pos_step; /**< by how much pos grows a page; 0: pos means nothing */
};

void map_deinit(struct dump_map *m);

/** Append a run; one that goes on where the last one stopped, for the same reason, extends it. */
struct error *map_add(struct dump_map *m, struct dump_run run) _must_check_;

/** Put \p lower, in any order and overlapping, where \p m has no run yet.  \p lower is emptied. */
struct error *map_lay_under(struct dump_map *m, struct dump_map *lower) _must_check_;

/** The run of \p pfn, NULL when it is not RAM. */
const struct dump_run *map_find(const struct dump_map *m, uint64_t pfn);

/** Where \p pfn, a page of \p run, is. */
static inline uint64_t map_pos(const struct dump_map *m, const struct dump_run *run, uint64_t pfn)
{
	return run->pos + (pfn - run->first) * m->pos_step;
}

enum gap_reason map_gap(const struct dump_map *m, uint64_t pfn);
void map_for_each_ram(const struct dump_map *m, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg);

/** Fill in the page counts, max_pfn and truncated. */
void map_describe(const struct dump_map *m, struct dump_info *info);

#endif
