/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lengths of arrays that BTF does not have: it knows no variables but those of CPUs.  What follows from sizes of symbols is an
 * upper bound (with kallsyms a symbol reaches to the next one, behind padding), so it has to agree with what else is known.
 */
#include "layout/layout.h"

enum {
	ALL_TYPES = 32,          /* 1 << MAX_SWAPFILES_SHIFT */
	PADDING_MAX = 8,         /* words before the next symbol: a cache line */
	DEPOT_ARRAY = 16 << 10,  /* bytes: 8192 pointers, or a single one */
	POINTER = 8,
};

static void bound_by(const struct layout *l, enum fact symbol, unsigned each, uint64_t *bound)
{
	const struct answer *a = fact(&l->facts, symbol);

	if (a->found && a->size / each && a->size / each < *bound)
		*bound = a->size / each;
}

/*
 * SWP_*_NUM of include/linux/swap.h: hardware poison; migration, of which a third came with PG_anon_exclusive (v5.19), as did
 * markers; device memory, 2 up to v5.13, 4 up to v6.14, 3 since, with CONFIG_DEVICE_PRIVATE, without which these functions
 * are not compiled.
 */
static unsigned special_types(const struct layout *l)
{
	const struct facts *f = &l->facts;
	bool exclusive = fact_found(f, FACT_PG_anon_exclusive);
	unsigned nr = fact_found(f, FACT_PG_hwpoison);

	nr += exclusive ? 3 + 1 : 2;
	if (fact_found(f, FACT_DEVICE_EXCLUSIVE_RANGE))
		return nr + 4;
	if (fact_found(f, FACT_DEVICE_EXCLUSIVE))
		return nr + 3;
	return nr + (!exclusive && fact_found(f, FACT_MIGRATE_VMA_SETUP) ? 2 : 0);
}

/* MAX_SWAPFILES, 0: not certain. */
static unsigned swap_types(const struct layout *l)
{
	unsigned nr = ALL_TYPES - special_types(l);
	uint64_t bound = ALL_TYPES;

	bound_by(l, FACT_SWAP_INFO, POINTER, &bound);
	bound_by(l, FACT_SWAPPER_SPACES, POINTER, &bound);
	bound_by(l, FACT_NR_SWAPPER_SPACES, 4, &bound);
	/* up to v6.1 failed swap-ins had a type of their own for a while */
	if (nr == bound + 1 && fact_found(&l->facts, FACT_PG_anon_exclusive) && fact_found(&l->facts, FACT_MM_RSS_COUNT))
		nr--;
	return nr <= bound && bound - nr < PADDING_MAX ? nr : 0;
}

void layout_init_arrays(struct layout *l)
{
	const struct answer *info = fact(&l->facts, FACT_SWAP_INFO), *pools = fact(&l->facts, FACT_DEPOT_POOLS);
	struct answer *types = &l->facts.v[FACT_NR_SWAP_TYPES], *depot = &l->facts.v[FACT_DEPOT_POOLS_LEN];
	unsigned nr = info->found && info->size && !types->found ? swap_types(l) : 0;

	if (nr)
		*types = (struct answer){ .found = true, .size = (uint64_t)nr * POINTER, .length = nr, .stride = POINTER };
	if (pools->found && pools->size >= DEPOT_ARRAY && !depot->found)
		*depot = (struct answer){ .found = true, .size = pools->size, .length = pools->size / POINTER, .stride = POINTER };
}

const char *layout_need_reason(const struct layout *l, enum need need)
{
	bool swap = need == NEED_SWAP_AREAS || need == NEED_SWAP_MAP || need == NEED_SWAP_TABLE;

	if (swap && fact_found(&l->facts, FACT_SWAP_INFO) && !fact_found(&l->facts, FACT_NR_SWAP_TYPES))
		return "needs the length of swap_info, which BTF does not have: give a vmlinux with -d";
	return need_reason(need);
}
