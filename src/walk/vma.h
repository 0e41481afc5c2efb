/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file vma.h  The memory areas of an address space, from the maple tree (v6.1 and later) or list and red-black tree.
 */
#ifndef WALK_VMA_H
#define WALK_VMA_H

#include "base/array.h"
#include "layout/layout.h"
#include "walk/kvmem.h"
#include "walk/list.h"

/** vm_flags that have had these values in every kernel from v5.4 on (include/linux/mm.h). */
enum vma_flags {
	VM_READ = 0x1,
	VM_WRITE = 0x2,
	VM_EXEC = 0x4,
	VM_SHARED = 0x8,
	VM_MAYSHARE = 0x80,
	VM_GROWSDOWN = 0x100,
	VM_PFNMAP = 0x400,
	VM_LOCKED = 0x2000,
	VM_IO = 0x4000,
	VM_SEQ_READ = 0x8000,
	VM_RAND_READ = 0x10000,
	VM_HUGETLB = 0x400000,
	VM_MIXEDMAP = 0x10000000,
};

/** Beyond the range of an enumerator. */
static const uint64_t VM_MERGEABLE = UINT64_C(0x80000000);

enum vma_trouble {
	VMA_FOREIGN = 1 << 0,    /**< vm_mm is another address space */
	VMA_MISPLACED = 1 << 1,  /**< the tree has it at another range than vm_start and vm_end say */
	VMA_OVERLAP = 1 << 2,    /**< not behind the one before, or empty */
	VMA_ONE_SIDED = 1 << 3,  /**< in the list or in the tree, not in both (up to v6.0) */
	VMA_CHAIN_BROKEN = 1 << 4, /**< its anon_vma_chain breaks: avcs may be missing */
	VMA_CHAIN_FOREIGN = 1 << 5, /**< an avc on the chain names another VMA */
	VMA_FILE_UNREADABLE = 1 << 6, /**< vm_file leads to no struct file */
	VMA_CHAIN_GAP = 1 << 7, /**< the dump lacks part of its anon_vma_chain: avcs may be missing */
	VMA_FILE_GAP = 1 << 8,  /**< the dump lacks its struct file */
};

struct vma {
	uint64_t va;
	uint64_t start, end; /**< half open, as the VMA itself says */
	uint64_t flags;      /**< VM_* */
	uint64_t mm;         /**< vm_mm */
	uint64_t pgoff;
	uint64_t anon_pgoff; /**< index of anonymous pages at start; the same as pgoff but on the newest kernels */
	uint64_t file;       /**< struct file, 0: none */
	uint64_t mapping;    /**< file->f_mapping, 0: no file or not readable */
	int64_t file_count;  /**< references of the file, as stored (biased by kernels with file_ref_t) */
	uint64_t ops;
	uint64_t anon_vma;
	uint32_t first_avc, nr_avcs; /**< in vmas.anon_vmas: the anon_vmas on its chain */
	unsigned trouble;    /**< enum vma_trouble */
};

/** The areas of one address space, rising start (those that overlap too), and what happened on the way. */
struct vmas {
	ARRAY(struct vma) list;
	ARRAY(uint64_t) anon_vmas;
	enum walk_end end;
	const char *problem; /**< when end is not WALK_END: in words, static */
	uint64_t at;         /**< the object at which it happened */
	bool gap;            /**< the dump lacks part of the tree, or an area: areas may be missing */
	uint64_t nr_placeholders; /**< XA_ZERO slots: dup_mmap() did not come so far, or failed */
};

/**
 * Read the areas of the mm_struct at \p mm.  Damage is noted in *ret; whatever is reachable is there.
 * The caller decides whether the mm's areas may be followed at all (mm_users > 0, see kernel exit_mmap()).
 */
struct error *vmas_read(const struct layout *l, struct kvmem *k, uint64_t mm, struct vmas *ret) _must_check_;
void vmas_deinit(struct vmas *v);

/** The area that holds \p address, NULL: none. */
const struct vma *vmas_find(const struct vmas *v, uint64_t address);

/** Whether the anon_vma at \p anon_vma is on the chain of \p v. */
bool vma_on_chain(const struct vmas *vs, const struct vma *v, uint64_t anon_vma);

/**
 * What kind of area it is: "anonymous", "stack", "file, private", "file, shared", "shared memory", "hugetlb",
 * "vdso or other special mapping", "device memory", "driver pages".  Static.
 */
const char *vma_kind(const struct layout *l, const struct vma *v);

/** The index that an anonymous page at \p address has (linear_anon_page_index()). */
static inline uint64_t vma_anon_index(const struct layout *l, const struct vma *v, uint64_t address)
{
	return v->anon_pgoff + ((address - v->start) >> l->page_shift);
}

/** The index that a page-cache page at \p address has (linear_page_index()). */
static inline uint64_t vma_file_index(const struct layout *l, const struct vma *v, uint64_t address)
{
	return v->pgoff + ((address - v->start) >> l->page_shift);
}

#endif
