/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file report_world.h  A small invented machine and invented findings, for the tests of reporters. */
#ifndef TESTS_REPORT_WORLD_H
#define TESTS_REPORT_WORLD_H

#include "report/report.h"

struct world {
	struct findings fs;
	struct ledger ledger;
	struct census census;
	struct report report;
	struct report_options options;
};

/** 24576 pages in two zones, 480 of them unreadable; all rules checked but one. */
void world_init(struct world *w);
void world_deinit(struct world *w);

/** To be called when all findings are there. */
void world_finish(struct world *w);

struct subject page(uint64_t pfn, const char *kind);

/** A free page with a reference count of \p found instead of 0. */
void free_page_with_refcount(struct world *w, uint64_t pfn, uint64_t found);

/** A free page with a mapping. */
void free_page_with_mapping(struct world *w, uint64_t pfn, uint64_t found);

/** Folio 0x1200 of order 9. */
void folio_with_reference_too_many(struct world *w);

void process_with_wrong_rss(struct world *w, const char *comm);

#endif
