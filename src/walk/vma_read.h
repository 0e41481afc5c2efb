/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file vma_read.h  Reading one vm_area_struct, its file and its anon_vma_chain: the second half of vmas_read(). */
#ifndef WALK_VMA_READ_H
#define WALK_VMA_READ_H

#include "walk/vma_site.h"

enum { VMA_FILES_CACHED = 256 };

struct vma_file {
	uint64_t va; /**< 0: none yet */
	uint64_t mapping;
	int64_t count;
	bool ok, gap; /* gap: the dump lacks it */
};

struct vma_reader {
	const struct layout *l;
	struct kvmem *k;
	size_t span;     /**< bytes to read of a vm_area_struct */
	size_t avc_span; /**< the same of an anon_vma_chain; 0: its layout is not known */
	struct vma_file files[VMA_FILES_CACHED]; /**< few files are behind most areas */
};

/** False: the debug information lacks what is needed. */
bool vma_reader_init(struct vma_reader *r, const struct layout *l, struct kvmem *k);

/** Read the area at \p va, with its file; *ret_ok is false when it cannot be read. */
struct error *vma_read(struct vma_reader *r, uint64_t va, struct vma *ret, bool *ret_ok) _must_check_;

/** Collect the anon_vmas on the chain of \p v into \p vs. */
struct error *vma_read_chain(struct vma_reader *r, struct vmas *vs, struct vma *v) _must_check_;

#endif
