/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_ext of a page -> struct page_owner at page_owner_ops.offset -> handles of the stack depot.
 *
 * The names of gfp flags are not in the debug info (macros, with other numbers in each kernel): they come from the table
 * that the kernel itself prints them with, gfpflag_names.
 */
#include "walk/page_owner.h"

#include <stdio.h>

enum { MAX_OWNER = 256 };

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Text at \p va; "" when it cannot be read or is no text. */
static struct error *read_name(struct kvmem *k, uint64_t va, char *ret)
{
	struct kv_gap gap;
	size_t got;
	struct error *err = kvmem_read(k, va, ret, OWNER_NAME - 1, &got, &gap);

	ret[err ? 0 : got] = '\0';
	for (const char *c = ret; *c; c++)
		if (*c <= ' ' || *c > '~')
			ret[0] = '\0';
	return err;
}

/* struct trace_print_flags[], to the entry without a name. */
static struct error *read_gfp_names(struct page_owners *o, struct kvmem *k)
{
	const struct layout *l = o->layout;
	size_t size = (size_t)fact(&l->facts, FACT_PRINT_FLAGS_STRUCT)->size;
	unsigned char bytes[64];
	uint64_t va;
	bool ok = true;

	if (!layout_symbol(l, FACT_GFP_FLAG_NAMES, &va) || !size || size > sizeof(bytes))
		return NULL;
	for (unsigned i = 0; ok && i < OWNER_NAMES; i++) {
		struct flag_name f;
		struct error *err = kvmem_read_all(k, va + i * size, bytes, size, &ok);

		if (err || !ok || !layout_word(l, FACT_PRINT_FLAGS_NAME, bytes, size))
			return err;
		f.mask = layout_word(l, FACT_PRINT_FLAGS_MASK, bytes, size);
		err = read_name(k, layout_word(l, FACT_PRINT_FLAGS_NAME, bytes, size), f.name);
		if (err)
			return err;
		if (f.name[0] && f.mask && !array_push(&o->gfp, f))
			return &error_nomem;
	}
	return NULL;
}

static struct error *read_reasons(struct page_owners *o, struct kvmem *k)
{
	int64_t nr = fact_value(&o->layout->facts, FACT_NR_MIGRATE_REASONS, 0);
	uint64_t va, at;
	bool ok = true;
	struct error *err = NULL;

	if (!layout_symbol(o->layout, FACT_MIGRATE_REASON_NAMES, &va))
		return NULL;
	for (int64_t i = 0; !err && ok && i < nr && i < OWNER_NAMES; i++) {
		struct flag_name f = { .mask = (uint64_t)i };

		err = kvmem_read_word(k, va + (uint64_t)i * 8, 8, &at, &ok);
		if (!err && ok)
			err = read_name(k, at, f.name);
		if (!err && ok && !array_push(&o->reasons, f))
			err = &error_nomem;
	}
	return err;
}

const char *gfp_text(const struct page_owners *o, uint32_t gfp, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < o->gfp.nr && used < size; i++) {
		if ((gfp & o->gfp.v[i].mask) != o->gfp.v[i].mask)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "|" : "", o->gfp.v[i].name);
		gfp &= ~(uint32_t)o->gfp.v[i].mask;
	}
	if (gfp && used < size)
		snprintf(buf + used, size - used, "%s%#x", used ? "|" : "", gfp);
	return buf;
}

const char *migrate_reason_name(const struct page_owners *o, int reason)
{
	return reason >= 0 && (size_t)reason < o->reasons.nr && o->reasons.v[reason].name[0] ? o->reasons.v[reason].name : NULL;
}

int gfp_migrate_type(uint32_t gfp)
{
	// ___GFP_MOVABLE and ___GFP_RECLAIMABLE have been 0x08 and 0x10 since v4.4; each type is the number that they make
	return (int)(gfp >> 3 & 3);
}

/* ---- a page ------------------------------------------------------------------------------------------------------ */

static bool is_described(const struct layout *l)
{
	const struct facts *f = &l->facts;
	uint64_t size = fact(f, FACT_PAGE_OWNER_STRUCT)->size;

	return size && size <= MAX_OWNER && fact_found(f, FACT_PAGE_EXT_FLAGS) && fact_found(f, FACT_PAGE_EXT_OWNER) &&
	       fact_found(f, FACT_PAGE_EXT_ALLOCATED) && fact_found(f, FACT_PAGE_EXT_OPS_OFFSET) &&
	       fact_found(f, FACT_OWNER_HANDLE);
}

struct error *page_owners_init(struct page_owners *o, const struct memmap *m, const struct zones *z, struct kvmem *k)
{
	const struct layout *l = m->layout;
	uint64_t va;
	bool ok = false;
	struct error *err;

	*o = (struct page_owners){ .layout = l };
	if (!is_described(l) || !layout_symbol(l, FACT_PAGE_OWNER_OPS, &va))
		return NULL;
	err = page_ext_init(&o->ext, m, z, k);
	if (!err && o->ext.size)
		err = kvmem_read_word(k, va + layout_offset(l, FACT_PAGE_EXT_OPS_OFFSET), 8, &o->offset, &ok);
	/* the offset is set when the feature is on, and is then behind the common flags */
	o->known = ok && o->offset && o->offset <= o->ext.size &&
		   o->ext.size - o->offset >= fact(&l->facts, FACT_PAGE_OWNER_STRUCT)->size;
	if (err || !o->known)
		return err;
	err = stackdepot_init(&o->depot, l, k);
	if (!err)
		err = read_gfp_names(o, k);
	return err ? err : read_reasons(o, k);
}

void page_owners_deinit(struct page_owners *o)
{
	array_free(&o->gfp);
	array_free(&o->reasons);
}

static int64_t signed_word(const struct layout *l, enum fact id, const unsigned char *bytes, size_t size)
{
	return fact_found(&l->facts, id) ? (int32_t)layout_word(l, id, bytes, size) : -1;
}

static void decode_comm(const struct layout *l, const unsigned char *bytes, size_t size, char *ret)
{
	const struct answer *a = fact(&l->facts, FACT_OWNER_COMM);
	size_t nr = a->size < OWNER_COMM ? (size_t)a->size : OWNER_COMM - 1;

	if (a->found && a->offset + nr <= size)
		memcpy(ret, bytes + a->offset, nr);
}

static void decode(const struct layout *l, const unsigned char *bytes, size_t size, struct page_owner *ret)
{
	ret->order = (unsigned)layout_word(l, FACT_OWNER_ORDER, bytes, size);
	ret->gfp = (uint32_t)layout_word(l, FACT_OWNER_GFP, bytes, size);
	ret->migrate_reason = (int16_t)layout_word(l, FACT_OWNER_REASON, bytes, size);
	if (ret->migrate_reason == fact_value(&l->facts, FACT_MIGRATE_NEVER, -1))
		ret->migrate_reason = -1;
	ret->handle = (uint32_t)layout_word(l, FACT_OWNER_HANDLE, bytes, size);
	ret->free_handle = (uint32_t)layout_word(l, FACT_OWNER_FREE_HANDLE, bytes, size);
	ret->pid = signed_word(l, FACT_OWNER_PID, bytes, size);
	ret->tgid = signed_word(l, FACT_OWNER_TGID, bytes, size);
	ret->free_pid = signed_word(l, FACT_OWNER_FREE_PID, bytes, size);
	ret->free_tgid = signed_word(l, FACT_OWNER_FREE_TGID, bytes, size);
	ret->timed = fact_found(&l->facts, FACT_OWNER_TIME);
	ret->time = layout_word(l, FACT_OWNER_TIME, bytes, size);
	ret->free_time = layout_word(l, FACT_OWNER_FREE_TIME, bytes, size);
	decode_comm(l, bytes, size, ret->comm);
}

struct error *page_owner_read(const struct page_owners *o, struct kvmem *k, uint64_t pfn, struct page_owner *ret)
{
	const struct facts *f = &o->layout->facts;
	size_t size = (size_t)fact(f, FACT_PAGE_OWNER_STRUCT)->size;
	unsigned char bytes[MAX_OWNER];
	enum page_ext_state state = PAGE_EXT_NONE;
	uint64_t va = 0, flags = 0;
	bool ok = false;
	struct error *err = o->known ? page_ext_find(&o->ext, k, pfn, &va, &state) : NULL;

	*ret = (struct page_owner){ .state = state == PAGE_EXT_NONE ? OWNER_NONE : OWNER_GAP };
	if (err || state != PAGE_EXT_FOUND)
		return err;
	err = kvmem_read_word(k, va + layout_offset(o->layout, FACT_PAGE_EXT_FLAGS), 8, &flags, &ok);
	if (err || !ok)
		return err;
	ret->state = OWNER_NONE;
	if (!(flags >> (fact(f, FACT_PAGE_EXT_OWNER)->value & 63) & 1))
		return NULL;
	ret->allocated = flags >> (fact(f, FACT_PAGE_EXT_ALLOCATED)->value & 63) & 1;
	err = kvmem_read_all(k, va + o->offset, bytes, size, &ok);
	ret->state = ok ? OWNER_FOUND : OWNER_GAP;
	if (!err && ok)
		decode(o->layout, bytes, size, ret);
	return err;
}
