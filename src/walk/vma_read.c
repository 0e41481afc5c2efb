/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/vma_read.h"

enum {
	MAX_STRUCT = 1024, /* bytes of an object that are read at most */
	MAX_AVCS = 4096,   /* on one chain: one for each fork on the way here */
	LIST_HEAD_SIZE = 16,
};

static const enum fact vma_words[] = { FACT_VMA_START, FACT_VMA_END,  FACT_VMA_MM,  FACT_VMA_FLAGS,    FACT_VMA_PGOFF,
				       FACT_VMA_FILE,  FACT_VMA_OPS,  FACT_VMA_ANON_VMA, FACT_VMA_ANON_VMA_CHAIN };
static const enum fact anon_pgoff_words[] = { FACT_VMA_ANON_PGOFF_LO, FACT_VMA_ANON_PGOFF_HI };
static const enum fact avc_words[] = { FACT_AVC_VMA, FACT_AVC_ANON_VMA, FACT_AVC_SAME_VMA };

/* Bytes from the start of a structure to the end of the last of these members; 0 when one is absent. */
static size_t members_span(const struct facts *f, const enum fact *ids, size_t nr)
{
	uint64_t span = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct answer *a = fact(f, ids[i]);

		if (!a->found || a->size > MAX_STRUCT || a->offset > MAX_STRUCT - a->size)
			return 0;
		if (a->offset + a->size > span)
			span = a->offset + a->size;
	}
	return (size_t)span;
}

bool vma_reader_init(struct vma_reader *r, const struct layout *l, struct kvmem *k)
{
	size_t more = members_span(&l->facts, anon_pgoff_words, ARRAY_SIZE(anon_pgoff_words));

	*r = (struct vma_reader){ .l = l, .k = k };
	if (fact(&l->facts, FACT_VMA_ANON_VMA_CHAIN)->size != LIST_HEAD_SIZE)
		return false;
	r->span = members_span(&l->facts, vma_words, ARRAY_SIZE(vma_words));
	r->avc_span = members_span(&l->facts, avc_words, ARRAY_SIZE(avc_words));
	if (r->span && r->span < more)
		r->span = more;
	return r->span != 0;
}

static uint64_t member(const struct vma_reader *r, const unsigned char *object, enum fact id)
{
	const struct answer *a = fact(&r->l->facts, id);

	return get_word(r->l->mmu.endian, object + a->offset, (unsigned)a->size);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static struct error *file_read(struct vma_reader *r, struct vma_file *f)
{
	const struct answer *mapping = fact(&r->l->facts, FACT_FILE_MAPPING);
	const struct answer *count = fact(&r->l->facts, FACT_FILE_COUNT);
	uint64_t value;
	struct error *err;

	f->ok = false;
	if (!mapping->found || !count->found || (count->size != 4 && count->size != 8))
		return NULL;
	err = kvmem_read_word(r->k, f->va + mapping->offset, 8, &f->mapping, &f->ok);
	if (!err && f->ok)
		err = kvmem_read_word(r->k, f->va + count->offset, (unsigned)count->size, &value, &f->ok);
	if (!err && f->ok)
		f->count = count->size == 4 ? (int32_t)value : (int64_t)value;
	f->gap = false;
	if (!err && !f->ok)
		err = kvmem_is_gap(r->k, f->va + mapping->offset, &f->gap);
	if (!err && !f->ok && !f->gap)
		err = kvmem_is_gap(r->k, f->va + count->offset, &f->gap);
	return err;
}

static struct error *file_get(struct vma_reader *r, struct vma *v)
{
	struct vma_file *f = &r->files[(v->file >> 6 ^ v->file >> 14) % VMA_FILES_CACHED];
	struct error *err = NULL;

	if (f->va != v->file) {
		f->va = v->file;
		err = file_read(r, f);
	}
	if (err) {
		f->va = 0;
		return err;
	}
	if (f->ok) {
		v->mapping = f->mapping;
		v->file_count = f->count;
	} else {
		v->trouble |= f->gap ? VMA_FILE_GAP : VMA_FILE_UNREADABLE;
	}
	return NULL;
}

/* ---- the area ---------------------------------------------------------------------------------------------------- */

/* v7.x keeps an index of its own for anonymous pages, in two halves. */
static uint64_t anon_pgoff(const struct vma_reader *r, const unsigned char *area)
{
	for (size_t i = 0; i < ARRAY_SIZE(anon_pgoff_words); i++)
		if (!fact_found(&r->l->facts, anon_pgoff_words[i]))
			return member(r, area, FACT_VMA_PGOFF);
	return member(r, area, FACT_VMA_ANON_PGOFF_LO) | member(r, area, FACT_VMA_ANON_PGOFF_HI) << 32;
}

/* Whether the chain is the empty list: both links name the head. */
static bool chain_is_empty(const struct vma_reader *r, const unsigned char *area, uint64_t va)
{
	uint64_t offset = fact(&r->l->facts, FACT_VMA_ANON_VMA_CHAIN)->offset;

	return get_u64(r->l->mmu.endian, area + offset) == va + offset &&
	       get_u64(r->l->mmu.endian, area + offset + 8) == va + offset;
}

struct error *vma_read(struct vma_reader *r, uint64_t va, struct vma *ret, bool *ret_ok)
{
	unsigned char area[MAX_STRUCT];
	struct error *err = kvmem_read_all(r->k, va, area, r->span, ret_ok);

	if (err || !*ret_ok)
		return err;
	*ret = (struct vma){
		.va = va,
		.start = member(r, area, FACT_VMA_START),
		.end = member(r, area, FACT_VMA_END),
		.flags = member(r, area, FACT_VMA_FLAGS),
		.mm = member(r, area, FACT_VMA_MM),
		.pgoff = member(r, area, FACT_VMA_PGOFF),
		.anon_pgoff = anon_pgoff(r, area),
		.file = member(r, area, FACT_VMA_FILE),
		.ops = member(r, area, FACT_VMA_OPS),
		.anon_vma = member(r, area, FACT_VMA_ANON_VMA),
		.nr_avcs = chain_is_empty(r, area, va) ? 0 : 1, /* to be counted by vma_read_chain() */
	};
	return ret->file ? file_get(r, ret) : NULL;
}

/* ---- its chain --------------------------------------------------------------------------------------------------- */

struct chain_walk {
	struct vma_reader *r;
	struct vmas *vs;
	struct vma *v;
};

/* The chain cannot be followed at \p at. */
static struct error *chain_ends(struct vma_reader *r, struct vma *v, uint64_t at)
{
	bool gap;
	struct error *err = kvmem_is_gap(r->k, at, &gap);

	v->trouble |= gap ? VMA_CHAIN_GAP : VMA_CHAIN_BROKEN;
	return err;
}

static struct error *avc_add(void *arg, uint64_t node)
{
	struct chain_walk *w = arg;
	uint64_t va = node - fact(&w->r->l->facts, FACT_AVC_SAME_VMA)->offset;
	unsigned char avc[MAX_STRUCT];
	bool ok;
	struct error *err = kvmem_read_all(w->r->k, va, avc, w->r->avc_span, &ok);

	if (err)
		return err;
	if (!ok)
		return chain_ends(w->r, w->v, va);
	if (member(w->r, avc, FACT_AVC_VMA) != w->v->va)
		w->v->trouble |= VMA_CHAIN_FOREIGN;
	w->v->nr_avcs++;
	return array_push(&w->vs->anon_vmas, member(w->r, avc, FACT_AVC_ANON_VMA)) ? NULL : &error_nomem;
}

struct error *vma_read_chain(struct vma_reader *r, struct vmas *vs, struct vma *v)
{
	uint64_t head = v->va + fact(&r->l->facts, FACT_VMA_ANON_VMA_CHAIN)->offset;
	struct chain_walk w = { r, vs, v };
	struct list_result result;
	struct error *err;
	bool empty = !v->nr_avcs;

	v->first_avc = (uint32_t)vs->anon_vmas.nr;
	v->nr_avcs = 0;
	if (empty)
		return NULL;
	if (!r->avc_span || vs->anon_vmas.nr > UINT32_MAX - MAX_AVCS) {
		v->trouble |= VMA_CHAIN_BROKEN;
		return NULL;
	}
	err = list_walk(r->k, head, MAX_AVCS, avc_add, &w, &result);
	return !err && result.end != WALK_END ? chain_ends(r, v, result.at) : err;
}
