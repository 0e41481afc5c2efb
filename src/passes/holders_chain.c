/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of pages: whoever takes pages off the LRU (reclaim, compaction, migration) or gathers pages of its own links them by
 * page.lru behind a head of its own, often on its stack.  Only the first and the last page are named in memory that is
 * searched; from the others the links lead to the head.
 *
 * leaves out: pages on the LRU, free pages and slabs: these lists are no holders
 * bounded:    each page is passed once for all pages asked for; lists without a head end it
 */
#include "passes/holders.h"

#include <string.h>

#define K(kind) (UINT64_C(1) << KIND_##kind)
static const uint64_t listed_elsewhere = K(BUDDY) | K(PCP) | K(LLIST_FREE) | K(UNACCEPTED) | K(SLAB) | K(VMEMMAP) | K(RESERVED) |
					 K(HUGETLB_FREE) | K(HOLE) | K(UNINITIALISED) | K(UNREADABLE) | K(DEVICE);
#undef K

/** What is known of the list of a page asked for; else the address of the head. */
enum { HEAD_UNKNOWN = 0, HEAD_NONE = 1, HEAD_PENDING = 2 };

struct chains {
	struct check *check;
	const uint64_t *pfns;
	size_t nr;
	uint64_t *heads; /* of pfns, by the same index */
	ARRAY(size_t) path;
	uint64_t budget;
};

static size_t index_of(const struct chains *s, uint64_t pfn)
{
	size_t low = 0, high = s->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->pfns[mid] < pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->nr && s->pfns[low] == pfn ? low : SIZE_MAX;
}

/* The page whose list node is at \p va. */
static bool page_of_node(const struct check *c, uint64_t va, uint64_t *ret_pfn)
{
	return memmap_pfn_of(&c->memmap, va - c->layout.page.lru, ret_pfn);
}

/* Both words of the list node of \p pfn, when the page may be on a list of somebody. */
static struct error *read_node(struct chains *s, uint64_t pfn, uint64_t *ret_next, uint64_t *ret_prev, bool *ret_ok)
{
	enum { MAX_PAGE_STRUCT = 256 };
	const struct layout *l = &s->check->layout;
	const struct census_record *r = census_find(&s->check->census, pfn);
	unsigned char bytes[MAX_PAGE_STRUCT];
	struct error *err;

	*ret_ok = false;
	if (!r || listed_elsewhere >> r->kind & 1 || r->bits & (CENSUS_TAIL | CENSUS_INTERIOR | CENSUS_LRU) || l->page_struct_size > sizeof(bytes))
		return NULL;
	err = memmap_read_pages(&s->check->memmap, s->check->kv, pfn, 1, bytes, ret_ok);
	*ret_next = get_le64(bytes + l->page.lru);
	*ret_prev = get_le64(bytes + l->page.lru + 8);
	return err;
}

/* Whether the list of \p pfn can be followed, and neither neighbour is the head: those that are were found by the search. */
static struct error *is_in_middle(struct chains *s, uint64_t pfn, bool *ret)
{
	uint64_t next, prev, other;
	struct error *err = read_node(s, pfn, &next, &prev, ret);

	if (!err && *ret)
		*ret = page_of_node(s->check, next, &other) && other != pfn && page_of_node(s->check, prev, &other);
	return err;
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
		if (err || !ok || !page_of_node(s->check, next, &pfn))
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
	struct error *err = is_in_middle(s, s->pfns[i], &ok);

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
	struct holder x = { .pfn = s->pfns[i], .word = s->heads[i], .form = HOLDER_LIST_HEAD, .thing = UINT32_MAX, .index = UINT32_MAX };
	struct kv_gap gap;
	bool middle;
	struct error *err = is_in_middle((struct chains *)s, s->pfns[i], &middle);

	if (!err && middle)
		err = kvmem_translate(s->check->kv, s->heads[i], &x.pa, NULL, &gap);
	if (err || !middle || gap.kind != KV_OK || !census_find(&s->check->census, x.pa >> s->check->layout.page_shift))
		return err;
	if (h->list.nr >= MAX_HOLDERS) {
		h->not_kept++;
		return NULL;
	}
	return array_push(&h->list, x) ? NULL : &error_nomem;
}

struct error *holders_chains(struct check *c, const uint64_t *pfns, size_t nr, struct holders *h)
{
	struct chains s = { .check = c, .pfns = pfns, .nr = nr, .budget = 2 * c->memmap.pages };
	struct error *err = NULL;

	s.heads = calloc(nr, sizeof(*s.heads));
	if (!s.heads)
		return &error_nomem;
	for (size_t i = 0; !err && i < nr; i++) {
		if (s.heads[i] == HEAD_UNKNOWN)
			err = find_head(&s, i);
		if (!err && s.heads[i] > HEAD_PENDING)
			err = add_head(&s, i, h);
	}
	array_free(&s.path);
	free(s.heads);
	return err;
}
