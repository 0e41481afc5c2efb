/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/readahead.h"

/* Pages of one readahead: a few times the device's window (ra_pages) at most. */
enum { MAX_READAHEAD_PAGES = 1 << 20, MAX_STRUCT = 256 };

bool readahead_is_known(const struct layout *l)
{
	const struct answer *size = fact(&l->facts, FACT_READAHEAD_STRUCT);

	return size->found && size->size <= MAX_STRUCT && fact_found(&l->facts, FACT_READAHEAD_MAPPING) &&
	       fact_found(&l->facts, FACT_READAHEAD_FILE) && fact_found(&l->facts, FACT_READAHEAD_INDEX) &&
	       fact_found(&l->facts, FACT_READAHEAD_NR_PAGES);
}

struct error *readahead_at(const struct layout *l, struct kvmem *k, uint64_t word, struct readahead *ret, bool *ret_ok)
{
	const struct mmu *mmu = kvmem_mmu(k);
	unsigned char bytes[MAX_STRUCT];
	uint64_t size, file;
	struct error *err;

	*ret_ok = false;
	if (!readahead_is_known(l))
		return NULL;
	size = fact(&l->facts, FACT_READAHEAD_STRUCT)->size;
	ret->va = word - layout_offset(l, FACT_READAHEAD_MAPPING);
	err = kvmem_read_all(k, ret->va, bytes, (size_t)size, ret_ok);
	if (err || !*ret_ok)
		return err;
	file = layout_word(l, FACT_READAHEAD_FILE, bytes, (size_t)size);
	ret->mapping = layout_word(l, FACT_READAHEAD_MAPPING, bytes, (size_t)size);
	ret->index = layout_word(l, FACT_READAHEAD_INDEX, bytes, (size_t)size);
	ret->nr_pages = layout_word(l, FACT_READAHEAD_NR_PAGES, bytes, (size_t)size);
	*ret_ok = ret->nr_pages <= MAX_READAHEAD_PAGES && (!file || mmu->arch->kernel_va(mmu, file));
	return NULL;
}
