/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file perf.h  Pages of the ring buffer of a perf event (kernel/events/ring_buffer.c). */
#ifndef WALK_PERF_H
#define WALK_PERF_H

#include "walk/page_ref.h"

/** The perf_buffer of the perf_event at \p event; 0: none, or not readable (a gap). */
struct error *perf_buffer_of(struct page_refs *r, uint64_t event, uint64_t *ret) _must_check_;

/**
 * Tell of the pages of the perf_buffer at \p va, which were all allocated for it.  PART_MAIN: the control page, then data pages;
 * PART_OTHER: those of the AUX area.
 */
struct error *perf_refs(struct page_refs *r, uint64_t va) _must_check_;

#endif
