/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/swap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/agree.h"
#include "base/bytes.h"
#include "base/u64.h"
#include "walk/mm.h"
#include "walk/path.h"

/* swap_map bytes (include/linux/swap.h). */
enum { MAP_HAS_CACHE = 0x40, MAP_BAD = 0x3f, MAP_MAX = 0x3e, MAP_CONTINUED = 0x80, MAP_SHMEM = 0xbf, CONT_MAX = 0x7f };
/* page->private of a page of swap_map that has pages of overflowing counts: SWP_CONTINUED. */
enum { PRIVATE_CONTINUED = 0x20, MAX_CONTINUATIONS = 4 };
/* Table words (mm/swap_table.h): 4 bits of count and the zero flag at the top wherever pfns leave 5 bits, as on all 64-bit. */
enum { TABLE_COUNT_SHIFT = 60, TABLE_COUNT_MAX = 15, TABLE_FLAG_BITS = 5, TABLE_PFN_SHIFT = 2 };
static const uint64_t TABLE_BAD = ~UINT64_C(7);
/* inuse_pages is atomic, and this bit says that the area is on no list of those with room (v6.13). */
static const uint64_t USAGE_OFFLIST = UINT64_C(1) << 62;
/* SWAP_SLOTS_CACHE_SIZE */
enum { PARKED_SLOTS = 64 };
enum { OLD_CLUSTER = 256, LEARN_CLUSTERS = 64, MAX_CLUSTER_INFO = 128 };

static const struct answer *known(const struct swap *s, enum fact id)
{
	return fact(&s->l->facts, id);
}

static bool has(const struct swap *s, enum fact id)
{
	return fact_found(&s->l->facts, id);
}

/* ---- clusters ---------------------------------------------------------------------------------------------------- */

struct error *swap_read_cluster(const struct swap *s, const struct swap_area *a, struct kvmem *k, uint64_t nr,
				struct swap_cluster *ret)
{
	size_t size = (size_t)known(s, FACT_SWAP_CLUSTER)->size;
	unsigned char bytes[MAX_CLUSTER_INFO];
	bool ok = false;
	struct error *err = NULL;

	*ret = (struct swap_cluster){ .va = a->clusters + nr * size, .gap = true };
	if (a->clusters && size && size <= sizeof(bytes))
		err = kvmem_read_all(k, ret->va, bytes, size, &ok);
	if (err || !ok)
		return err;
	ret->gap = false;
	ret->count = layout_word(s->l, FACT_SWAP_CLUSTER_COUNT, bytes, size);
	/* the same bits link free clusters where they are a bit field; flags are bits there, CLUSTER_FLAG_FREE the first */
	ret->free = known(s, FACT_SWAP_CLUSTER_COUNT)->bit_size &&
		    layout_word(s->l, FACT_SWAP_CLUSTER_FLAGS, bytes, size) & 1;
	ret->locked = layout_lock_word(s->l, layout_offset(s->l, FACT_SWAP_CLUSTER_LOCK), bytes, size);
	ret->table = layout_word(s->l, FACT_SWAP_CLUSTER_TABLE, bytes, size);
	ret->extend = layout_word(s->l, FACT_SWAP_CLUSTER_EXTEND, bytes, size);
	ret->has_table = ret->table != 0;
	return NULL;
}

/* ---- slots of swap_map ------------------------------------------------------------------------------------------- */

struct continuation {
	struct kvmem *k;
	const struct layout *l;
	uint64_t head;   /* list_head in the struct page of the map's page */
	uint64_t at;     /* list_head to follow next */
	uint64_t offset; /* of the byte in each page */
};

/* The struct page of the map's page that holds the byte at \p va, and whether it has continuation pages. */
static struct error *continuation_open(const struct memmap *m, struct kvmem *k, uint64_t va, struct continuation *ret,
				       bool *has_pages, bool *ok)
{
	const struct layout *l = m->layout;
	const struct section *section;
	struct kv_gap gap;
	uint64_t pa, pfn, private;
	struct error *err = kvmem_translate(k, va, &pa, NULL, &gap);

	*ok = false;
	if (err || gap.kind != KV_OK)
		return err;
	pfn = pa >> l->page_shift;
	section = memmap_section(m, pfn);
	if (!section)
		return NULL;
	*ret = (struct continuation){ .k = k, .l = l, .offset = pa & low_mask(l->page_shift) };
	ret->head = memmap_page_va(m, section, pfn) + l->page.lru;
	err = kvmem_read_word(k, ret->head - l->page.lru + l->page.private, 8, &private, ok);
	*has_pages = private == PRIVATE_CONTINUED;
	ret->at = ret->head;
	return err;
}

static struct error *continuation_next(const struct memmap *m, struct continuation *c, uint64_t *ret, bool *ok)
{
	uint64_t next, pfn;
	size_t got = 0;
	enum gap_reason why;
	unsigned char byte;
	struct error *err = kvmem_read_word(c->k, c->at, 8, &next, ok);

	if (err || !*ok)
		return err;
	*ok = next != c->head && memmap_pfn_of(m, next - c->l->page.lru, &pfn);
	if (!*ok)
		return NULL;
	c->at = next;
	err = dump_read_phys(kvmem_reader(c->k), (pfn << c->l->page_shift) + c->offset, &byte, 1, &got, &why);
	*ok = !err && got == 1;
	*ret = byte;
	return err;
}

/* swp_swapcount(): digits of base 63, then 128. */
static struct error *count_continued(const struct memmap *m, struct kvmem *k, struct swap_slot *slot)
{
	uint64_t count = slot->raw & ~(uint64_t)(MAP_HAS_CACHE | MAP_CONTINUED), unit = MAP_MAX + 1, digit = MAP_CONTINUED;
	struct continuation c;
	bool ok = false, has_pages = false;
	struct error *err = continuation_open(m, k, slot->va, &c, &has_pages, &ok);

	if (!err && ok && !has_pages) {
		slot->odd = true;
		return NULL;
	}
	for (unsigned i = 0; !err && ok && digit & MAP_CONTINUED && i < MAX_CONTINUATIONS; i++) {
		err = continuation_next(m, &c, &digit, &ok);
		if (!err && ok)
			count += (digit & CONT_MAX) * unit;
		unit *= CONT_MAX + 1;
	}
	slot->count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
	slot->gap = !err && (!ok || digit & MAP_CONTINUED);
	return err;
}

static struct error *map_slot(const struct memmap *m, struct kvmem *k, struct swap_slot *slot)
{
	uint64_t count = slot->raw & ~(uint64_t)MAP_HAS_CACHE;

	slot->cached = slot->raw & MAP_HAS_CACHE;
	slot->used = slot->raw != 0;
	if (slot->raw == MAP_BAD) {
		slot->bad = true;
		slot->used = false;
	} else if (count == MAP_SHMEM) {
		slot->shmem = true;
		slot->count = 1;
	} else if (count & MAP_CONTINUED) {
		return count_continued(m, k, slot);
	} else {
		slot->odd = count > MAP_MAX;
		slot->count = (uint32_t)count;
	}
	return NULL;
}

static struct error *map_slots(const struct swap_area *a, const struct memmap *m, struct kvmem *k, uint64_t first, unsigned nr,
			       struct swap_slot *ret)
{
	unsigned char bytes[SWAP_MAX_CLUSTER];
	struct kv_gap gap;
	size_t got = 0;
	struct error *err = kvmem_read(k, a->map + first, bytes, nr, &got, &gap);

	for (unsigned i = 0; !err && i < nr; i++) {
		ret[i] = (struct swap_slot){ .va = a->map + first + i, .pfn = UINT64_MAX, .gap = i >= got };
		ret[i].raw = i < got ? bytes[i] : 0;
		if (i < got)
			err = map_slot(m, k, &ret[i]);
	}
	return err;
}

/* ---- slots of tables --------------------------------------------------------------------------------------------- */

static struct error *table_slot(struct kvmem *k, const struct swap_cluster *ci, unsigned at, struct swap_slot *slot)
{
	uint64_t word = slot->raw, more;
	bool ok;
	struct error *err;

	slot->pfn = UINT64_MAX;
	slot->used = word && word != TABLE_BAD;
	slot->bad = word == TABLE_BAD;
	if (!slot->used)
		return NULL;
	if ((word & 3) == 2) {
		slot->cached = true;
		slot->pfn = (word & low_mask(64 - TABLE_FLAG_BITS)) >> TABLE_PFN_SHIFT;
	} else if (!(word & 1)) {
		slot->odd = true;
		return NULL;
	}
	slot->count = (uint32_t)(word >> TABLE_COUNT_SHIFT);
	slot->odd = slot->count == TABLE_COUNT_MAX && !ci->extend;
	if (slot->count < TABLE_COUNT_MAX || slot->odd)
		return NULL;
	err = kvmem_read_word(k, ci->extend + (uint64_t)at * 4, 4, &more, &ok);
	slot->gap = !ok;
	slot->count = ok ? (uint32_t)more : slot->count;
	return err;
}

static struct error *table_slots(const struct swap_area *a, struct kvmem *k, const struct swap_cluster *ci, uint64_t first,
				 unsigned nr, struct swap_slot *ret)
{
	_cleanup_free_ unsigned char *bytes = calloc(nr, 8);
	unsigned at = (unsigned)(first % a->cluster_slots);
	struct kv_gap gap;
	size_t got = 0;
	struct error *err = bytes ? NULL : &error_nomem;

	if (!err && ci && ci->has_table)
		err = kvmem_read(k, ci->table + (uint64_t)at * 8, bytes, (size_t)nr * 8, &got, &gap);
	else if (ci && !ci->gap)
		got = (size_t)nr * 8; /* no table: all are free */
	for (unsigned i = 0; !err && i < nr; i++) {
		ret[i] = (struct swap_slot){ .va = ci ? ci->table + (uint64_t)(at + i) * 8 : 0, .gap = (i + 1) * 8 > got };
		ret[i].pfn = UINT64_MAX;
		ret[i].raw = ret[i].gap ? 0 : get_u64(kvmem_endian(k), bytes + (size_t)i * 8);
		if (!ret[i].gap)
			err = table_slot(k, ci, at + i, &ret[i]);
	}
	return err;
}

struct error *swap_read_slots(const struct swap *s, const struct swap_area *a, const struct memmap *m, struct kvmem *k,
			      const struct swap_cluster *ci, uint64_t first, unsigned nr, struct swap_slot *ret)
{
	if (s->model == SWAP_MODEL_TABLE)
		return table_slots(a, k, ci, first, nr, ret);
	return map_slots(a, m, k, first, nr, ret);
}

/* ---- areas ------------------------------------------------------------------------------------------------------- */

/* How many clusters would count what their slots show, were they of \p slots slots; those behind the end count as used. */
static struct error *fitting(const struct swap *s, const struct swap_area *a, struct kvmem *k, unsigned slots, unsigned *ret)
{
	unsigned char bytes[SWAP_MAX_CLUSTER];

	*ret = 0;
	for (uint64_t i = 0; i < LEARN_CLUSTERS && i * slots < a->max; i++) {
		unsigned nr = a->max - i * slots < slots ? (unsigned)(a->max - i * slots) : slots;
		uint64_t used = slots - nr;
		struct swap_cluster ci;
		bool ok = false;
		struct error *err = swap_read_cluster(s, a, k, i, &ci);

		if (!err && !ci.gap)
			err = kvmem_read_all(k, a->map + i * slots, bytes, nr, &ok);
		if (err)
			return err;
		for (unsigned j = 0; ok && j < nr; j++)
			used += bytes[j] != 0;
		*ret += ok && (ci.free ? !used : used && ci.count == used);
	}
	return NULL;
}

/* SWAPFILE_CLUSTER: a huge page with CONFIG_THP_SWAP, else 256.  Nothing names it before the tables: it is learned. */
static struct error *learn_cluster(const struct swap *s, struct swap_area *a, struct kvmem *k)
{
	unsigned huge = 1u << s->l->pmd_order, fit_huge, fit_old;
	struct error *err;

	a->cluster_slots = huge <= SWAP_MAX_CLUSTER ? huge : OLD_CLUSTER;
	if (s->model == SWAP_MODEL_TABLE) {
		a->cluster_slots = (unsigned)known(s, FACT_SWAP_TABLE_ENTRIES)->length;
		return NULL;
	}
	if (!a->clusters || a->cluster_slots == OLD_CLUSTER)
		return NULL;
	err = fitting(s, a, k, a->cluster_slots, &fit_huge);
	if (!err)
		err = fitting(s, a, k, OLD_CLUSTER, &fit_old);
	if (!err && fit_old > 2 * fit_huge)
		a->cluster_slots = OLD_CLUSTER;
	return err;
}

static struct error *read_words(const struct swap *s, struct swap_area *a, struct kvmem *k, bool *ret_ok)
{
	const struct {
		enum fact id;
		uint64_t *to;
	} words[] = {
		{ FACT_SWAP_INFO_FLAGS, &a->flags },  { FACT_SWAP_INFO_MAX, &a->max }, { FACT_SWAP_INFO_PAGES, &a->pages },
		{ FACT_SWAP_INFO_INUSE, &a->inuse }, { FACT_SWAP_INFO_MAP, &a->map }, { FACT_SWAP_INFO_CLUSTERS, &a->clusters },
	};
	uint64_t lock;
	struct error *err = NULL;

	*ret_ok = true;
	for (size_t i = 0; !err && *ret_ok && i < ARRAY_SIZE(words); i++)
		if (has(s, words[i].id) && known(s, words[i].id)->size <= 8)
			err = kvmem_read_word(k, a->va + known(s, words[i].id)->offset, (unsigned)known(s, words[i].id)->size,
					      words[i].to, ret_ok);
	if (err || !*ret_ok)
		return err;
	if (known(s, FACT_SWAP_INFO_INUSE)->size == 8)
		a->inuse &= ~USAGE_OFFLIST;
	if (has(s, FACT_SWAP_INFO_LOCK)) {
		err = spinlock_value(s->l, k, a->va + known(s, FACT_SWAP_INFO_LOCK)->offset, &lock, ret_ok);
		a->locked = !err && *ret_ok && lock;
	}
	return err;
}

static struct error *read_area(struct swap *s, struct kvmem *k, uint64_t table, unsigned type)
{
	struct swap_area *a = &s->areas[s->nr];
	uint64_t file = 0;
	bool ok;
	struct error *err;

	*a = (struct swap_area){ .type = type };
	err = kvmem_read_word(k, table + type * UINT64_C(8), 8, &a->va, &ok);
	if (!err && ok && !a->va)
		return NULL;
	if (!err && ok)
		err = read_words(s, a, k, &ok);
	if (err || !ok) {
		s->nr_gaps++;
		return err;
	}
	if (!(a->flags & SWAP_AREA_USED) || !a->max)
		return NULL;
	/* swapon has not finished: it makes an area writable when all is there */
	if (!(a->flags & SWAP_AREA_WRITEOK) && !(s->model == SWAP_MODEL_MAP ? a->map : a->clusters))
		return NULL;
	if (has(s, FACT_SWAP_INFO_FILE))
		err = kvmem_read_word(k, a->va + known(s, FACT_SWAP_INFO_FILE)->offset, 8, &file, &ok);
	if (!err && ok && file)
		err = file_path(s->l, k, file, a->name, sizeof(a->name));
	if (!err)
		err = learn_cluster(s, a, k);
	s->nr++;
	return err;
}

/* ---- per-CPU caches of free slots -------------------------------------------------------------------------------- */

static struct error *park(struct swap *s, struct kvmem *k, uint64_t at, uint64_t nr)
{
	for (uint64_t i = 0; at && i < nr && i < PARKED_SLOTS; i++) {
		uint64_t entry;
		bool ok;
		struct error *err = kvmem_read_word(k, at + i * 8, 8, &entry, &ok);

		if (err)
			return err;
		s->parked_gap |= !ok;
		/* a slot that was handed out is 0 from then on */
		if (ok && entry && !array_push(&s->parked, entry))
			return &error_nomem;
	}
	return NULL;
}

static struct error *park_cpu(struct swap *s, struct kvmem *k, uint64_t cache)
{
	uint64_t slots = 0, freed = 0, nr = 0;
	bool ok;
	struct error *err = kvmem_read_word(k, cache + known(s, FACT_SWAP_SLOTS_ALLOC)->offset, 8, &slots, &ok);

	s->parked_gap |= !ok;
	if (!err && ok)
		err = park(s, k, slots, PARKED_SLOTS);
	if (!err)
		err = kvmem_read_word(k, cache + known(s, FACT_SWAP_SLOTS_FREED)->offset, 8, &freed, &ok);
	if (!err && ok)
		err = kvmem_read_word(k, cache + known(s, FACT_SWAP_SLOTS_NR_FREED)->offset, 4, &nr, &ok);
	s->parked_gap |= !ok;
	/* one more: who adds a slot writes it first */
	if (!err && ok)
		err = park(s, k, freed, nr + 1);
	return err;
}

static struct error *read_parked(struct swap *s, const struct percpu *cpus, struct kvmem *k)
{
	uint64_t base;
	struct error *err = NULL;

	if (!percpu_symbol(s->l, FACT_SWP_SLOTS, &base) || !has(s, FACT_SWAP_SLOTS_ALLOC) || !has(s, FACT_SWAP_SLOTS_FREED) ||
	    !has(s, FACT_SWAP_SLOTS_NR_FREED))
		return NULL;
	s->parked_gap = !cpus->cpus.nr || cpus->nr_gaps;
	for (size_t i = 0; !err && i < cpus->cpus.nr; i++)
		err = park_cpu(s, k, base + cpus->cpus.v[i].offset);
	if (s->parked.nr)
		qsort(s->parked.v, s->parked.nr, sizeof(*s->parked.v), u64_compare);
	return err;
}

bool swap_is_parked(const struct swap *s, uint64_t entry)
{
	return s->parked.nr && bsearch(&entry, s->parked.v, s->parked.nr, sizeof(entry), u64_compare);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static enum swap_model model_of(const struct swap *s)
{
	uint64_t slots = known(s, FACT_SWAP_TABLE_ENTRIES)->length;

	if (!has(s, FACT_SWAP_INFO_FLAGS) || !has(s, FACT_SWAP_INFO_MAX))
		return SWAP_MODEL_NONE;
	if (has(s, FACT_SWAP_INFO_MAP))
		return SWAP_MODEL_MAP;
	if (has(s, FACT_SWAP_CLUSTER) && has(s, FACT_SWAP_CLUSTER_TABLE) && slots && slots <= SWAP_MAX_CLUSTER)
		return SWAP_MODEL_TABLE;
	return SWAP_MODEL_NONE;
}

struct error *swap_init(struct swap *s, const struct layout *l, const struct percpu *cpus, struct kvmem *k)
{
	const struct answer *nr = fact(&l->facts, FACT_NR_SWAP_TYPES);
	struct error *err = NULL;
	uint64_t table;

	memset(s, 0, sizeof(*s));
	s->l = l;
	s->model = model_of(s);
	if (s->model == SWAP_MODEL_NONE || !layout_symbol(l, FACT_SWAP_INFO, &table))
		return NULL;
	for (unsigned type = 0; !err && type < nr->length && type < SWAP_MAX_AREAS; type++)
		err = read_area(s, k, table, type);
	if (!err)
		err = read_parked(s, cpus, k);
	return err;
}

void swap_deinit(struct swap *s)
{
	array_free(&s->parked);
}

const struct swap_area *swap_area(const struct swap *s, unsigned type)
{
	for (unsigned i = 0; i < s->nr; i++)
		if (s->areas[i].type == type)
			return &s->areas[i];
	return NULL;
}

const char *swap_slot_text(const struct swap_slot *s, char *buf, size_t size)
{
	if (s->gap)
		snprintf(buf, size, "not readable");
	else if (s->odd)
		snprintf(buf, size, "of no form that exists");
	else if (s->bad)
		snprintf(buf, size, "bad slot");
	else if (!s->used)
		snprintf(buf, size, "free");
	else
		agree_snprintf(buf, size, "%" PRIu32 " reference(s)%s%s", s->count, s->shmem ? " of shmem" : "",
			       s->cached ? ", in swap cache" : "");
	return buf;
}
