/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of pages: whoever takes pages off the LRU (reclaim, compaction, migration) or gathers pages of its own links them by
 * page.lru behind a head of its own, often on its stack.  Only the first and the last page are named in memory that is
 * searched; from the others the links lead to the head.
 *
 * The shrinker of large folios does the same with folio._deferred_list, which is in a tail.
 *
 * leaves out: pages on the LRU, free pages and slabs: these lists are no holders
 * bounded:    each page is passed once for all pages asked for; lists without a head end it
 */
#include "passes/holders.h"

#include <string.h>

#include "base/u64.h"

#define K(kind) (UINT64_C(1) << KIND_##kind)
static const uint64_t listed_elsewhere = K(BUDDY) | K(PCP) | K(LLIST_FREE) | K(UNACCEPTED) | K(SLAB) | K(VMEMMAP) | K(RESERVED) |
					 K(HUGETLB_FREE) | K(HOLE) | K(UNINITIALISED) | K(UNREADABLE) | K(DEVICE);
#undef K

/** What is known of the list of a page asked for; else the address of the head. */
enum { HEAD_UNKNOWN = 0, HEAD_NONE = 1, HEAD_PENDING = 2 };

/** The smallest folios that have a _deferred_list. */
enum { DEFERRED_ORDER = 2 };

struct chains {
	struct check *check;
	const uint64_t *pfns;
	size_t nr;
	uint64_t *heads; /* of pfns, by the same index */
	ARRAY(size_t) path;
	uint64_t budget;
	uint64_t node;  /* offset of the list node from the struct page of the page, or of the folio's head */
	bool deferred;  /* folio._deferred_list, else page.lru */
};

static size_t index_of(const struct chains *s, uint64_t pfn)
{
	size_t i = u64_lower_bound(s->pfns, s->nr, sizeof(*s->pfns), pfn);

	return i < s->nr && s->pfns[i] == pfn ? i : SIZE_MAX;
}

/* The page whose list node is at \p va. */
static bool page_of_node(const struct chains *s, uint64_t va, uint64_t *ret_pfn)
{
	return memmap_pfn_of(&s->check->memmap, va - s->node, ret_pfn);
}

/* Whether \p pfn may be on a list of somebody. */
static bool has_node(const struct chains *s, uint64_t pfn)
{
	const struct census_record *r = census_find(&s->check->census, pfn);

	if (!r || r->bits & (CENSUS_TAIL | CENSUS_INTERIOR))
		return false;
	if (s->deferred)
		return r->bits & CENSUS_HEAD && r->order >= DEFERRED_ORDER && kind_is_swappable((enum page_kind)r->kind);
	return !(listed_elsewhere >> r->kind & 1) && !(r->bits & CENSUS_LRU);
}

/* Both words of the list node of \p pfn. */
static struct error *read_node(const struct chains *s, uint64_t pfn, uint64_t *ret_next, uint64_t *ret_prev, bool *ret_ok)
{
	const struct section *section = memmap_section(&s->check->memmap, pfn);
	unsigned char bytes[16];
	struct error *err;

	*ret_ok = false;
	if (!section || !has_node(s, pfn))
		return NULL;
	err = kvmem_read_all(s->check->kv, memmap_page_va(&s->check->memmap, section, pfn) + s->node, bytes, sizeof(bytes), ret_ok);
	*ret_next = get_u64(s->check->layout.mmu.endian, bytes);
	*ret_prev = get_u64(s->check->layout.mmu.endian, bytes + 8);
	return err;
}

/*
 * Whether the list of \p pfn is to be followed.  Of page.lru not when a neighbour is the head: that one was found by the
 * search.  A node that leads to itself is on no list.
 */
static struct error *is_listed(const struct chains *s, uint64_t pfn, bool *ret)
{
	uint64_t next, prev, other;
	bool is_page;
	struct error *err = read_node(s, pfn, &next, &prev, ret);

	if (err || !*ret)
		return err;
	is_page = page_of_node(s, next, &other);
	if (s->deferred)
		*ret = !is_page || other != pfn;
	else
		*ret = is_page && other != pfn && page_of_node(s, prev, &other);
	return NULL;
}

/* Follow the list from \p pfn to its head. */
static struct error *follow(struct chains *s, uint64_t pfn, uint64_t *ret_head)
{
	uint64_t next, prev;
	struct error *err = NULL;
	bool ok;

	for (; s->budget; s->budget--) {
		size_t i = index_of(s, pfn);

		*ret_head = i == SIZE_MAX ? HEAD_UNKNOWN : s->heads[i];
		if (*ret_head != HEAD_UNKNOWN)
			break;
		if (i != SIZE_MAX) {
			s->heads[i] = HEAD_PENDING;
			if (!array_push(&s->path, i))
				return &error_nomem;
		}
		err = read_node(s, pfn, &next, &prev, &ok);
		*ret_head = ok ? next : HEAD_NONE;
		if (err || !ok || !page_of_node(s, next, &pfn))
			break;
		*ret_head = HEAD_NONE;
	}
	if (*ret_head == HEAD_PENDING) /* round and round */
		*ret_head = HEAD_NONE;
	return err;
}

static struct error *find_head(struct chains *s, size_t i)
{
	uint64_t head = HEAD_NONE;
	bool ok;
	struct error *err = is_listed(s, s->pfns[i], &ok);

	if (err || !ok)
		return err;
	s->path.nr = 0;
	err = follow(s, s->pfns[i], &head);
	for (size_t j = 0; j < s->path.nr; j++)
		s->heads[s->path.v[j]] = head;
	return err;
}

static struct error *add_head(const struct chains *s, size_t i, struct holders *h)
{
	struct holder x = { .pfn = s->pfns[i],
			    .word = s->heads[i],
			    .form = HOLDER_LIST_HEAD,
			    .thing = UINT32_MAX,
			    .index = UINT32_MAX,
			    .is_queued = s->deferred };
	struct kv_gap gap;
	bool listed;
	struct error *err = is_listed(s, s->pfns[i], &listed);

	if (!err && listed)
		err = kvmem_translate(s->check->kv, s->heads[i], &x.pa, NULL, &gap);
	if (err || !listed || gap.kind != KV_OK || !census_find(&s->check->census, x.pa >> s->check->layout.page_shift))
		return err;
	if (h->list.nr >= MAX_HOLDERS) {
		h->not_kept++;
		return NULL;
	}
	return array_push(&h->list, x) ? NULL : &error_nomem;
}

static struct error *find_heads(struct chains *s, struct holders *h)
{
	struct error *err = NULL;

	memset(s->heads, 0, s->nr * sizeof(*s->heads));
	s->budget = 2 * s->check->memmap.pages;
	for (size_t i = 0; !err && i < s->nr; i++) {
		if (s->heads[i] == HEAD_UNKNOWN)
			err = find_head(s, i);
		if (!err && s->heads[i] > HEAD_PENDING)
			err = add_head(s, i, h);
	}
	return err;
}

struct error *holders_chains(struct check *c, const uint64_t *pfns, size_t nr, struct holders *h)
{
	struct chains s = { .check = c, .pfns = pfns, .nr = nr, .node = c->layout.page.lru };
	struct error *err;

	s.heads = calloc(nr, sizeof(*s.heads));
	if (!s.heads)
		return &error_nomem;
	err = find_heads(&s, h);
	if (!err && c->layout.folio.deferred != NO_OFFSET) {
		s.node = (uint64_t)c->layout.folio.deferred;
		s.deferred = true;
		err = find_heads(&s, h);
	}
	array_free(&s.path);
	free(s.heads);
	return err;
}
