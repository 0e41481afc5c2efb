/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A handle is the index of a pool and the offset of the record in it, in units of 16 bytes (DEPOT_STACK_ALIGN): union
 * handle_parts, whose bit fields tell where.  Each record repeats its handle, so a wrong one is noticed.
 */
#include "walk/stackdepot.h"

enum { RECORD_ALIGN = 4, MAX_POOLS = 1 << 20, MAX_RECORD = 64 };

static bool is_described(const struct layout *l)
{
	static const enum fact ids[] = { FACT_HANDLE_INDEX, FACT_HANDLE_OFFSET, FACT_STACK_RECORD_SIZE, FACT_STACK_RECORD_HANDLE,
					 FACT_STACK_RECORD_ENTRIES };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (!fact_found(&l->facts, ids[i]))
			return false;
	return fact(&l->facts, FACT_HANDLE_INDEX)->bit_size && fact(&l->facts, FACT_HANDLE_OFFSET)->bit_size &&
	       layout_offset(l, FACT_STACK_RECORD_ENTRIES) <= MAX_RECORD;
}

static struct error *count_pools(struct stackdepot *d, struct kvmem *k)
{
	bool last = !fact_found(&d->layout->facts, FACT_DEPOT_NR_POOLS), ok = false;
	uint64_t va, nr = 0;
	struct error *err = NULL;

	if (layout_symbol(d->layout, last ? FACT_DEPOT_LAST_SLAB : FACT_DEPOT_NR_POOLS, &va))
		err = kvmem_read_word(k, va, 4, &nr, &ok);
	if (ok && nr < MAX_POOLS)
		d->nr_pools = nr + last;
	return err;
}

struct error *stackdepot_init(struct stackdepot *d, const struct layout *l, struct kvmem *k)
{
	uint64_t pools = 0;
	bool ok = true;
	struct error *err = NULL;

	*d = (struct stackdepot){ .layout = l };
	if (!is_described(l) || !layout_symbol(l, FACT_DEPOT_POOLS, &pools))
		return NULL;
	if (fact(&l->facts, FACT_DEPOT_POOLS_LEN)->length < 2) /* a pointer */
		err = kvmem_read_word(k, pools, 8, &pools, &ok);
	if (!err && ok) {
		d->pools = pools;
		err = count_pools(d, k);
	}
	return err;
}

static uint32_t bits(const struct layout *l, enum fact id, uint32_t handle)
{
	const struct answer *a = fact(&l->facts, id);
	int shift;

	if (a->offset >= 4 || a->size > 8)
		return 0;
	/* its word may reach beyond the handle, as sizes of words are powers of two */
	shift = (l->mmu.endian == ENDIAN_BIG ? 32 - 8 * (int)(a->offset + a->size) : 8 * (int)a->offset) +
		(int)(a->bit_offset & 63);
	return shift >= 0 && shift < 32 ? (uint32_t)(handle >> shift & low_mask(a->bit_size)) : 0;
}

/* Address of the record; 0: there is none, or it cannot be read. */
static struct error *find_record(const struct stackdepot *d, struct kvmem *k, uint32_t handle, struct depot_stack *ret,
				 uint64_t *ret_va)
{
	const struct layout *l = d->layout;
	uint64_t index = bits(l, FACT_HANDLE_INDEX, handle), pool = 0;
	bool ok;
	struct error *err;

	*ret_va = 0;
	if (fact_found(&l->facts, FACT_HANDLE_INDEX_1))
		index--; /* 0 wraps: no pool */
	if (index >= d->nr_pools)
		return NULL;
	err = kvmem_read_word(k, d->pools + index * 8, 8, &pool, &ok);
	if (!err && !ok)
		ret->state = DEPOT_GAP;
	if (!err && ok && pool)
		*ret_va = pool + ((uint64_t)bits(l, FACT_HANDLE_OFFSET, handle) << RECORD_ALIGN);
	return err;
}

static struct error *read_frames(struct kvmem *k, uint64_t va, unsigned nr, struct depot_stack *ret)
{
	unsigned char bytes[DEPOT_MAX_FRAMES * 8];
	bool ok;
	struct error *err = kvmem_read_all(k, va, bytes, nr * 8, &ok);

	ret->state = !err && ok ? DEPOT_FOUND : DEPOT_GAP;
	for (unsigned i = 0; !err && ok && i < nr; i++)
		ret->frames[i] = get_u64(kvmem_endian(k), bytes + i * 8);
	ret->nr = ok ? nr : 0;
	return err;
}

struct error *stackdepot_fetch(const struct stackdepot *d, struct kvmem *k, uint32_t handle, struct depot_stack *ret)
{
	const struct layout *l = d->layout;
	uint64_t va = 0, at = layout_offset(l, FACT_STACK_RECORD_ENTRIES), nr, own;
	unsigned char bytes[MAX_RECORD];
	bool ok = false, gap = false;
	struct error *err;

	*ret = (struct depot_stack){ .handle = handle, .state = handle ? DEPOT_WRONG : DEPOT_NONE };
	if (!handle || !d->pools)
		return NULL;
	err = find_record(d, k, handle, ret, &va);
	if (err || !va)
		return err;
	err = kvmem_read_all(k, va, bytes, at, &ok);
	if (!err && !ok)
		err = kvmem_is_gap(k, va, &gap);
	if (err || !ok) {
		ret->state = gap ? DEPOT_GAP : DEPOT_WRONG;
		return err;
	}
	nr = layout_word(l, FACT_STACK_RECORD_SIZE, bytes, at);
	own = layout_word(l, FACT_STACK_RECORD_HANDLE, bytes, at);
	if (bits(l, FACT_HANDLE_INDEX, (uint32_t)own ^ handle) || bits(l, FACT_HANDLE_OFFSET, (uint32_t)own ^ handle) ||
	    nr > DEPOT_MAX_FRAMES)
		return NULL;
	return read_frames(k, va + at, (unsigned)nr, ret);
}
