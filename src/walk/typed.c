/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of caches with a name are of the type that goes with it; objects of kmalloc() and pages without a type are told by what
 * stands around the word.
 */
#include "walk/typed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/** Words looked at on each side of the one in question. */
enum { REACH = 64, MIN_POINTERS = 3 };

/* ---- types by cache ---------------------------------------------------------------------------------------------- */

enum { MAX_MEMBERS = 5 };

static const struct {
	const char *cache; /* a name, or its start when it ends with a dash */
	const char *type;
	struct {
		enum fact fact;
		const char *name;
	} members[MAX_MEMBERS];
	unsigned nr;
} types[] = {
	{ "task_struct",
	  "task_struct",
	  { { FACT_NAME_TASK_FRAG, "task_frag.page" },
	    { FACT_NAME_TASK_STACK, "stack" },
	    { FACT_NAME_TASK_SPLICE, "splice_pipe" } },
	  3 },
	{ "mm_struct", "mm_struct", { { FACT_NAME_MM_PGD, "pgd" } }, 1 },
	{ "buffer_head", "buffer_head", { { FACT_BH_FOLIO, "b_folio" }, { FACT_NAME_BH_DATA, "b_data" } }, 2 },
	{ "skbuff_head_cache", "sk_buff", { { FACT_NAME_SKB_HEAD, "head" }, { FACT_NAME_SKB_DATA, "data" } }, 2 },
	{ "skbuff_fclone_cache",
	  "sk_buff_fclones",
	  { { FACT_NAME_SKB_HEAD, "skb1.head" }, { FACT_NAME_SKB_DATA, "skb1.data" } },
	  2 },
	{ "kioctx", "kioctx", { { FACT_NAME_KIOCTX_PAGES, "ring_pages" }, { FACT_NAME_KIOCTX_INTERNAL, "internal_pages[]" } }, 2 },
	{ "radix_tree_node", "xa_node", { { FACT_XA_NODE_SLOTS, "slots[]" } }, 1 },
	{ "files_cache", "files_struct", { { FACT_NAME_FILES_ARRAY, "fd_array[]" } }, 1 },
	{ "inode_cache", "inode", { { FACT_NAME_INODE_PIPE, "i_pipe" } }, 1 },
	{ "filp", "file", { { FACT_NAME_FILE_PRIVATE, "private_data" } }, 1 },
	{ "bio-", "bio", { { FACT_NAME_BIO_VEC, "bi_io_vec" }, { FACT_NAME_BIO_PRIVATE, "bi_private" } }, 2 },
	{ "biovec-", "bio_vec", { { NR_FACTS, NULL } }, 0 },
	{ "mem_cgroup_per_node", "mem_cgroup_per_node", { { NR_FACTS, NULL } }, 0 },
	{ "anon_vma", "anon_vma", { { NR_FACTS, NULL } }, 0 },
	{ "vm_area_struct", "vm_area_struct", { { NR_FACTS, NULL } }, 0 },
	{ "dio", "dio", { { FACT_NAME_DIO_PAGES, "pages[]" } }, 1 },
	{ "fuse_request", "fuse_req", { { NR_FACTS, NULL } }, 0 },
	{ "request_queue", "request_queue", { { NR_FACTS, NULL } }, 0 },
};

static bool is_cache(const char *name, const char *wanted)
{
	size_t length = strlen(wanted);

	return wanted[length - 1] == '-' ? !strncmp(name, wanted, length) : !strcmp(name, wanted);
}

/* A member of the type that is a word, or an array of words. */
static bool member_text(const struct typed_word *t, unsigned type, char *buf)
{
	uint64_t at = t->va - t->start;

	for (unsigned i = 0; i < types[type].nr; i++) {
		const struct answer *a = fact(&t->layout->facts, types[type].members[i].fact);
		const char *name = types[type].members[i].name;
		int shown = (int)strcspn(name, "[");

		if (!a->found || at < a->offset || at - a->offset >= (a->length ? a->size : 8))
			continue;
		if (a->length)
			snprintf(buf, TYPED_TEXT, "%s.%.*s[%" PRIu64 "]", types[type].type, shown, name, (at - a->offset) / 8);
		else
			snprintf(buf, TYPED_TEXT, "%s.%.*s", types[type].type, shown, name);
		return true;
	}
	return false;
}

static bool by_cache(const struct typed_word *t, char *buf)
{
	for (unsigned i = 0; t->cache && i < ARRAY_SIZE(types); i++)
		if (is_cache(t->cache, types[i].cache)) {
			if (!member_text(t, i, buf))
				snprintf(buf, TYPED_TEXT, "struct %s", types[i].type);
			return true;
		}
	return false;
}

/* ---- what stands around the word --------------------------------------------------------------------------------- */

/** Words from \a first on; the one in question is words[at]. */
struct around {
	unsigned char bytes[2 * REACH * 8 + 8];
	uint64_t first;
	unsigned nr, at;
	enum endian endian;
};

static struct error *read_around(const struct typed_word *t, struct kvmem *k, struct around *a)
{
	uint64_t end = t->size ? t->start + t->size : t->va + 8, page = t->layout->page_shift;
	struct kv_gap gap;
	size_t got;
	struct error *err;

	a->first = t->va - t->start < REACH * 8 ? t->start : t->va - REACH * 8;
	if (!t->size) { /* what is known to be mapped is the word's page */
		a->first = t->va & ~low_mask((unsigned)page);
		end = a->first + bit_u64((unsigned)page);
		a->first = t->va - a->first < REACH * 8 ? a->first : t->va - REACH * 8;
	}
	end = end - t->va > REACH * 8 ? t->va + REACH * 8 : end;
	err = kvmem_read(k, a->first, a->bytes, (size_t)(end - a->first), &got, &gap);
	if (err)
		return err;
	a->endian = kvmem_endian(k);
	a->nr = (unsigned)(got / 8);
	a->at = (unsigned)((t->va - a->first) / 8);
	return NULL;
}

static uint64_t word_of(const struct around *a, unsigned i)
{
	return i < a->nr ? get_u64(a->endian, a->bytes + 8 * (size_t)i) : 0;
}

/* pipe_buffer: the third word is the address of its operations, whose names end alike. */
static bool pipe_buffer(const struct typed_word *t, const struct around *a, char *buf)
{
	static const char suffix[] = "pipe_buf_ops";
	const struct answer *ops = fact(&t->layout->facts, FACT_PIPE_BUFFER_OPS), *size = fact(&t->layout->facts, FACT_PIPE_BUFFER);
	struct symbol_at at;
	size_t length;

	if (!ops->found || !size->found || !size->size || t->va < t->start ||
	    !symbols_find(t->symbols, word_of(a, a->at + (unsigned)(ops->offset / 8)) - t->layout->kaslr, &at) || at.offset)
		return false;
	length = strlen(at.name);
	if (length < sizeof(suffix) - 1 || strcmp(at.name + length - (sizeof(suffix) - 1), suffix))
		return false;
	snprintf(buf, TYPED_TEXT, "pipe_buffer[%" PRIu64 "].page, ops %s", (t->va - t->start) / size->size, at.name);
	return true;
}

/* pipe_inode_info: the word is bufs, and leads to a pipe_buffer with operations or without. */
static struct error *pipe_info(const struct typed_word *t, struct kvmem *k, const struct around *a, char *buf)
{
	const struct answer *bufs = fact(&t->layout->facts, FACT_PIPE_BUFS), *size = fact(&t->layout->facts, FACT_PIPE_STRUCT);
	struct around first = { .at = 0 };
	struct typed_word buffer = *t;
	char text[TYPED_TEXT];
	struct error *err;

	if (!bufs->found || !size->found || t->va - t->start != bufs->offset || t->size < size->size)
		return NULL;
	buffer.start = buffer.va = word_of(a, a->at);
	buffer.size = fact(&t->layout->facts, FACT_PIPE_BUFFER)->size;
	if (buffer.start % 8 || buffer.size > sizeof(first.bytes))
		return NULL;
	err = read_around(&buffer, k, &first);
	if (!err && pipe_buffer(&buffer, &first, text))
		snprintf(buf, TYPED_TEXT, "pipe_inode_info.bufs");
	return err;
}

static bool is_page(const struct typed_word *t, const struct around *a, unsigned i)
{
	uint64_t pfn, word = word_of(a, i) & ~UINT64_C(3);

	return word && memmap_pfn_of(t->memmap, word, &pfn);
}

/* Addresses of struct pages that follow each other: arrays of get_user_pages(), of vmap(), of a gather batch. */
static bool pointers(const struct typed_word *t, const struct around *a, char *buf)
{
	unsigned first = a->at, end = a->at + 1;
	bool more;

	if (!is_page(t, a, a->at))
		return false;
	while (first && is_page(t, a, first - 1))
		first--;
	while (end < a->nr && is_page(t, a, end))
		end++;
	if (end - first < MIN_POINTERS)
		return false;
	more = !first || end == a->nr;
	snprintf(buf, TYPED_TEXT, "one of %s%u pointers to pages, the first at %#" PRIx64, more ? "more than " : "", end - first,
		 a->first + 8 * (uint64_t)first);
	return true;
}

/* What a vector starts at words[i]: bio_vec and skb_frag_t are page, length, offset; scatterlist is page, offset, length. */
enum vector { VECTOR_NONE, VECTOR_BIO, VECTOR_SCATTER };

static enum vector vector_at(const struct typed_word *t, const struct around *a, unsigned i)
{
	enum { MAX_LENGTH = 4 << 20 };
	uint64_t next = word_of(a, i + 1), low = next & UINT32_MAX, high = next >> 32, page = bit_u64(t->layout->page_shift);

	if (i >= a->nr || !is_page(t, a, i) || low > MAX_LENGTH || high > MAX_LENGTH)
		return VECTOR_NONE;
	return low && high < page ? VECTOR_BIO : high && low < page ? VECTOR_SCATTER : VECTOR_NONE;
}

/* Small numbers behind a pointer are common: one vector alone tells nothing, two side by side do. */
static bool vector(const struct typed_word *t, const struct around *a, char *buf)
{
	enum { BIO_WORDS = 2, SCATTER_WORDS = 4 };
	enum vector is = vector_at(t, a, a->at);
	unsigned step = is == VECTOR_BIO ? BIO_WORDS : SCATTER_WORDS;
	uint64_t next = word_of(a, a->at + 1), low = next & UINT32_MAX, high = next >> 32;

	if (!is || (vector_at(t, a, a->at + step) != is && (a->at < step || vector_at(t, a, a->at - step) != is)))
		return false;
	if (is == VECTOR_BIO)
		snprintf(buf, TYPED_TEXT,
			 "one of several that look like bio_vec or skb_frag_t: %" PRIu64 " bytes at offset %" PRIu64, low, high);
	else
		snprintf(buf, TYPED_TEXT, "one of several that look like scatterlist: %" PRIu64 " bytes at offset %" PRIu64, high,
			 low);
	return true;
}

struct error *typed_text(const struct typed_word *t, struct kvmem *k, char *buf)
{
	struct around a;
	struct error *err;

	buf[0] = '\0';
	if (by_cache(t, buf) || !t->va || (t->va & 7))
		return NULL;
	err = read_around(t, k, &a);
	if (!err)
		err = pipe_info(t, k, &a, buf);
	if (!err && !buf[0] && !pipe_buffer(t, &a, buf) && !pointers(t, &a, buf))
		(void)vector(t, &a, buf);
	return err;
}

/* ---- objects of a moment ----------------------------------------------------------------------------------------- */

static struct error *add_cache(struct kvmem *k, uint64_t variable, uint64_t *ret, unsigned *ret_nr)
{
	bool ok;
	struct error *err = NULL;

	if (*ret_nr < MOMENTARY_MAX) {
		err = kvmem_read_word(k, variable, 8, &ret[*ret_nr], &ok);
		*ret_nr += !err && ok && ret[*ret_nr];
	}
	return err;
}

struct error *typed_momentary(const struct layout *l, struct kvmem *k, uint64_t *ret, unsigned *ret_nr)
{
	const struct answer *all = fact(&l->facts, FACT_NAME_BVEC_SLABS), *one = fact(&l->facts, FACT_NAME_BVEC_SLAB);
	const struct answer *cache = fact(&l->facts, FACT_NAME_BVEC_SLAB_CACHE);
	struct error *err = NULL;
	uint64_t va;

	*ret_nr = 0;
	if (layout_symbol(l, FACT_NAME_KIOCTX_CACHE, &va))
		err = add_cache(k, va, ret, ret_nr);
	if (!layout_symbol(l, FACT_NAME_BVEC_SLABS, &va) || !cache->found || !one->found || !one->size)
		return err;
	for (uint64_t at = 0; !err && at + one->size <= all->size && *ret_nr < MOMENTARY_MAX; at += one->size)
		err = add_cache(k, va + at + cache->offset, ret, ret_nr);
	return err;
}

bool typed_is_momentary(const char *cache)
{
	return is_cache(cache, "bio-") || is_cache(cache, "biovec-") || !strcmp(cache, "radix_tree_node");
}
