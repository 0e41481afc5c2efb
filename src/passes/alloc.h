/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file alloc.h  Who allocated and who freed a page, in words, where the kernel keeps that (page_owner). */
#ifndef PASSES_ALLOC_H
#define PASSES_ALLOC_H

#include "rules/finding.h"
#include "types/symbols.h"
#include "walk/module.h"
#include "walk/page_owner.h"

struct check;

struct alloc_traces {
	struct page_owners owners;
	/* what addresses of code are called; read when the first one is asked for */
	bool loaded;
	struct symbols symbols;
	struct modules modules;
};

/** Learn whether the kernel keeps it. */
struct error *alloc_init(struct check *c) _must_check_;
void alloc_deinit(struct check *c);

/** What the kernel noted about \p pfn; state OWNER_NONE without page_owner.  Not for workers. */
struct error *alloc_read(struct check *c, uint64_t pfn, struct page_owner *ret) _must_check_;

/** "alloc_pages+0x31", "leak_pages+0x1c [leak]", or the address of the return address \p va, into \p buf; returns buf. */
const char *alloc_frame_text(struct check *c, uint64_t va, char *buf, size_t size);

/** The same for the address of a function: "blkdev_bio_end_io", "leak_end [leak]". */
const char *alloc_function_text(struct check *c, uint64_t va, char *buf, size_t size);

/** Say in \p f, one of c->findings, who allocated \p pfn, and who freed it when it is free. */
struct error *alloc_evidence(struct check *c, struct finding *f, uint64_t pfn) _must_check_;

/** The same for the finished findings about pages that do not say it yet and that no other one explains. */
struct error *alloc_explain(struct check *c) _must_check_;

#endif
