/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/vma.h"

static bool has_ops(const struct layout *l, const struct vma *v, const enum fact *ids, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		uint64_t ops;

		if (layout_symbol(l, ids[i], &ops) && ops == v->ops)
			return true;
	}
	return false;
}

static bool is_special(const struct layout *l, const struct vma *v)
{
	static const enum fact ops[] = { FACT_SPECIAL_MAPPING_VMOPS, FACT_LEGACY_MAPPING_VMOPS };

	return has_ops(l, v, ops, ARRAY_SIZE(ops));
}

/* A private mapping of a file on tmpfs is more a file than shared memory. */
static bool is_shared_memory(const struct layout *l, const struct vma *v)
{
	static const enum fact ops[] = { FACT_SHMEM_VM_OPS, FACT_SHMEM_ANON_VM_OPS, FACT_SHM_VM_OPS };

	return v->flags & (VM_SHARED | VM_MAYSHARE) && has_ops(l, v, ops, ARRAY_SIZE(ops));
}

/*
 * From the particular to the general.  An area without operations is anonymous (vma_is_anonymous()), also when it has a
 * file: /dev/zero mapped privately.  A shared mapping of a file opened for reading has VM_MAYSHARE only.
 */
const char *vma_kind(const struct layout *l, const struct vma *v)
{
	if (v->flags & VM_HUGETLB)
		return "hugetlb";
	if (is_special(l, v))
		return "vdso or other special mapping";
	if (v->flags & VM_PFNMAP)
		return "device memory";
	if (v->flags & VM_MIXEDMAP)
		return "driver pages";
	if (is_shared_memory(l, v))
		return "shared memory";
	if (v->ops && v->file)
		return v->flags & (VM_SHARED | VM_MAYSHARE) ? "file, shared" : "file, private";
	return v->flags & VM_GROWSDOWN ? "stack" : "anonymous";
}
