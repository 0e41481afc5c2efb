/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/skb.h"

/* Bytes of a sk_buff, and of a skb_shared_info with 45 fragments (CONFIG_MAX_SKB_FRAGS), that are looked at. */
enum { MAX_SKB = 512, MAX_INFO = 1024, MAX_USERS = 1 << 30, MAX_HEAD = 1 << 28, DATAREF_MASK = 0xffff };

/* Low bit of netmem_ref: memory without struct pages (v6.9 and later); of a pointer to struct page it is 0. */
enum { NET_IOV = 1 };

bool skb_known(const struct layout *l)
{
	static const enum fact ids[] = { FACT_SKB, FACT_SKB_SK, FACT_SKB_HEAD, FACT_SKB_DATA, FACT_SKB_TAIL, FACT_SKB_END,
					 FACT_SKB_USERS, FACT_SKB_FCLONE, FACT_SKB_HEAD_FRAG, FACT_SKB_INFO, FACT_SKB_INFO_NR_FRAGS,
					 FACT_SKB_INFO_DATAREF, FACT_SKB_INFO_FRAGS, FACT_SKB_FRAG_PAGE };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (!fact_found(&l->facts, ids[i]))
			return false;
	/* a head that is counted as a distance (64 bits); before it was a pointer */
	return fact(&l->facts, FACT_SKB)->size <= MAX_SKB && fact(&l->facts, FACT_SKB_INFO)->size <= MAX_INFO &&
	       fact(&l->facts, FACT_SKB_END)->size == 4 && fact(&l->facts, FACT_SKB_INFO_FRAGS)->length <= SKB_MAX_FRAGS &&
	       fact(&l->facts, FACT_SKB_INFO_FRAGS)->stride >= 8;
}

/* ---- caches ------------------------------------------------------------------------------------------------------ */

static struct error *cache_at(const struct layout *l, struct kvmem *k, enum fact variable, enum fact member, uint64_t *ret)
{
	const struct facts *f = &l->facts;
	uint64_t va = 0;
	bool ok;

	*ret = 0;
	if (fact_found(f, FACT_NET_HOTDATA) && fact_found(f, member))
		va = (uint64_t)fact(f, FACT_NET_HOTDATA)->value + fact(f, member)->offset + l->kaslr;
	else if (fact_found(f, variable))
		va = (uint64_t)fact(f, variable)->value + l->kaslr;
	return va ? kvmem_read_word(k, va, 8, ret, &ok) : NULL;
}

struct error *skb_caches(const struct layout *l, struct kvmem *k, uint64_t *ret_single, uint64_t *ret_pairs)
{
	struct error *err = cache_at(l, k, FACT_SKB_CACHE, FACT_HOTDATA_SKB_CACHE, ret_single);

	return err ? err : cache_at(l, k, FACT_SKB_FCLONE_CACHE, FACT_HOTDATA_FCLONE_CACHE, ret_pairs);
}

/* One CPU's spare sk_buffs. */
static struct error *add_spares(const struct layout *l, struct kvmem *k, uint64_t cache, struct addrset *ret)
{
	const struct answer *nr = fact(&l->facts, FACT_NAPI_CACHE_NR_SKBS), *skbs = fact(&l->facts, FACT_NAPI_CACHE_SKBS);
	uint64_t used, skb;
	bool ok;
	struct error *err = kvmem_read_member(k, nr, cache, &used, &ok);

	for (uint64_t i = 0; !err && ok && i < used && i < skbs->length; i++) {
		err = kvmem_read_word(k, cache + skbs->offset + i * 8, 8, &skb, &ok);
		if (!err && ok && skb && addrset_add(ret, skb) == ADDRSET_NOMEM)
			err = &error_nomem;
	}
	return err;
}

struct error *skb_spares(const struct layout *l, const struct percpu *cpus, struct kvmem *k, struct addrset *ret)
{
	struct error *err = NULL;
	uint64_t va;

	if (!fact_found(&l->facts, FACT_NAPI_CACHE_NR_SKBS) || !fact_found(&l->facts, FACT_NAPI_CACHE_SKBS) ||
	    !percpu_symbol(l, FACT_NAPI_ALLOC_CACHE, &va))
		return NULL;
	for (size_t i = 0; !err && i < cpus->cpus.nr; i++)
		err = add_spares(l, k, va + cpus->cpus.v[i].offset, ret);
	return err;
}

/* ---- sk_buffs ---------------------------------------------------------------------------------------------------- */

struct error *skb_read(const struct layout *l, struct kvmem *k, uint64_t va, struct skb *ret, bool *ret_ok)
{
	unsigned char bytes[MAX_SKB];
	size_t size = fact(&l->facts, FACT_SKB)->size;
	uint64_t users, data, tail, end;
	struct error *err = kvmem_read_all(k, va, bytes, size, ret_ok);

	if (err || !*ret_ok)
		return err;
	users = layout_word(l, FACT_SKB_USERS, bytes, size);
	data = layout_word(l, FACT_SKB_DATA, bytes, size);
	tail = layout_word(l, FACT_SKB_TAIL, bytes, size);
	end = layout_word(l, FACT_SKB_END, bytes, size);
	*ret = (struct skb){ .va = va,
			     .head = layout_word(l, FACT_SKB_HEAD, bytes, size),
			     .sk = layout_word(l, FACT_SKB_SK, bytes, size),
			     .half = (enum skb_half)layout_word(l, FACT_SKB_FCLONE, bytes, size),
			     .head_frag = layout_word(l, FACT_SKB_HEAD_FRAG, bytes, size),
			     .head_slot = va + layout_offset(l, FACT_SKB_HEAD),
			     .recycles = layout_word(l, FACT_SKB_PP_RECYCLE, bytes, size) };
	ret->info = ret->head + end;
	*ret_ok = users && users < MAX_USERS && end < MAX_HEAD && tail <= end && data - ret->head <= end && !(ret->info & 7) &&
		  l->mmu.arch->kernel_va(&l->mmu, ret->head);
	return NULL;
}

struct error *skb_pair(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *ret_companion, unsigned *ret_users,
		       bool *ret_ok)
{
	uint64_t size = fact(&l->facts, FACT_SKB)->size, users;
	/* struct sk_buff_fclones: skb1, skb2, fclone_ref */
	struct error *err = kvmem_read_word(k, va + 2 * size, 4, &users, ret_ok);

	*ret_companion = va + size;
	*ret_users = (unsigned)users;
	*ret_ok = !err && *ret_ok && (users == 1 || users == 2);
	return err;
}

struct error *skb_info_read(const struct layout *l, struct kvmem *k, uint64_t va, struct skb_info *ret, bool *ret_ok)
{
	const struct answer *frags = fact(&l->facts, FACT_SKB_INFO_FRAGS), *managed = fact(&l->facts, FACT_SKBFL_MANAGED_FRAG_REFS);
	unsigned char bytes[MAX_INFO];
	size_t size = fact(&l->facts, FACT_SKB_INFO)->size;
	struct error *err = kvmem_read_all(k, va, bytes, size, ret_ok);

	if (err || !*ret_ok)
		return err;
	ret->nr = (unsigned)layout_word(l, FACT_SKB_INFO_NR_FRAGS, bytes, size);
	ret->dataref = (unsigned)layout_word(l, FACT_SKB_INFO_DATAREF, bytes, size) & DATAREF_MASK;
	ret->managed = managed->found && layout_word(l, FACT_SKB_INFO_FLAGS, bytes, size) & (uint64_t)managed->value;
	*ret_ok = ret->nr <= frags->length && ret->dataref;
	for (unsigned i = 0; *ret_ok && i < ret->nr; i++) {
		ret->pages[i] = layout_word_at(l, FACT_SKB_FRAG_PAGE, frags->offset + i * frags->stride, bytes, size);
		if (ret->pages[i] & NET_IOV)
			ret->pages[i] = 0;
		ret->slots[i] = va + frags->offset + i * frags->stride + layout_offset(l, FACT_SKB_FRAG_PAGE);
	}
	return NULL;
}

/* ---- queues ------------------------------------------------------------------------------------------------------ */

static struct error *leads_to(struct kvmem *k, uint64_t at, uint64_t va, uint64_t mask, bool *ret)
{
	uint64_t word;
	bool ok;
	struct error *err = kvmem_read_word(k, at, 8, &word, &ok);

	*ret = !err && ok && (word & mask) == va;
	return err;
}

/* struct sk_buff begins with next and prev, or with a rb_node: parent and colour, right, left. */
struct error *skb_is_queued(struct kvmem *k, uint64_t va, bool *ret)
{
	enum { RB_COLOURS = 3 };
	unsigned char bytes[24];
	uint64_t first, second, parent;
	bool ok, back = false, here = false;
	struct error *err = kvmem_read_all(k, va, bytes, sizeof(bytes), &ok);

	*ret = false;
	if (err || !ok)
		return err;
	first = get_u64(kvmem_endian(k), bytes);
	second = get_u64(kvmem_endian(k), bytes + 8);
	parent = first & ~(uint64_t)RB_COLOURS;
	if (first && second && !(first & RB_COLOURS)) {
		err = leads_to(k, first + 8, va, UINT64_MAX, &back);
		if (!err && back)
			err = leads_to(k, second, va, UINT64_MAX, &here);
	}
	*ret = back && here;
	for (unsigned i = 0; !err && !*ret && parent && i < 2; i++)
		err = leads_to(k, parent + 8 + i * 8, va, UINT64_MAX, ret);
	/* the root of a tree: a child knows its parent */
	for (unsigned i = 0; !err && !*ret && !parent && i < 2; i++)
		if (get_u64(kvmem_endian(k), bytes + 8 + i * 8))
			err = leads_to(k, get_u64(kvmem_endian(k), bytes + 8 + i * 8), va, ~(uint64_t)RB_COLOURS, ret);
	return err;
}
