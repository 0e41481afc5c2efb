/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The extensions of a slab's objects: which memory cgroup each is charged to, or where it was allocated
 * (obj_cgroups in v5.10, memcg_data, obj_exts).
 *
 * checks:    the low bits; that the vector is an allocated object large enough, or lies in the slab itself (v7.x)
 * exceptions: bits without a vector say that its allocation failed; a vector is freed only after the page is no slab any more
 */
#include "passes/slab.h"

enum { EXTS_VECTOR = 1, EXTS_LOW_BITS = 7 };

static struct finding *exts_finding(const struct slab_page *p, const char *problem)
{
	struct findings *fs = &p->w->findings;
	struct finding *f = slab_finding(p->w, RULE_SLAB_OBJ_EXTS, p->pfn, p->cache);

	finding_value(fs, f, "obj_exts", FMT_PTR, p->words.exts);
	finding_text(fs, f, "problem", problem, NULL);
	return f;
}

bool slab_is_unknown(const struct check *c, uint64_t va)
{
	const struct census_record *r = census_find(&c->census, (va - c->slab->slabs.linear) >> c->layout.page_shift);

	return r && (r->kind == KIND_UNREADABLE || r->kind == KIND_TAIL_ORPHAN);
}

/* Vectors too large for any cache of kmalloc() are pages. */
static bool is_large_kmalloc(const struct check *c, uint64_t va)
{
	const struct census_record *r = census_find(&c->census, (va - c->slab->slabs.linear) >> c->layout.page_shift);

	return r && (r->kind == KIND_LARGE_KMALLOC || r->kind == KIND_KERNEL) && !(r->bits & (CENSUS_TAIL | CENSUS_INTERIOR));
}

static const char *vector_problem(const struct slab_page *p, const struct slab_at *at, uint64_t vector)
{
	switch (at->state) {
	case SLAB_OBJECT_NONE:
		return is_large_kmalloc(p->w->check, vector) ? NULL : "leads to no allocated object";
	case SLAB_OBJECT_FREE:
		return "leads to an object that is free";
	case SLAB_OBJECT_OUTSIDE:
		return "leads into a slab, but to none of its objects";
	case SLAB_OBJECT_ALLOCATED:
		if (at->object != vector)
			return "leads into the middle of an object";
		return at->cache->object_size < (uint64_t)p->words.objects * 8 ? "leads to an object that is too small" : NULL;
	case SLAB_OBJECT_UNKNOWN:
	default:
		return NULL;
	}
}

struct error *slab_check_exts(struct slab_page *p)
{
	const struct check *c = p->w->check;
	uint64_t exts = p->words.exts, vector = exts & ~(uint64_t)EXTS_LOW_BITS;
	const struct answer *failed = fact(&c->layout.facts, FACT_OBJEXTS_ALLOC_FAIL);
	const char *problem;
	struct slab_at at;
	struct error *err;

	if (!exts || !layout_has(&c->layout, NEED_SLAB_EXTS))
		return NULL;
	p->w->ledger.rule[RULE_SLAB_OBJ_EXTS].checked++;
	if (!vector && failed->found && exts == (uint64_t)failed->value)
		return NULL;
	if (!vector || (c->layout.page.memcg != NO_OFFSET && (exts & EXTS_LOW_BITS) != EXTS_VECTOR)) {
		exts_finding(p, "has low bits that cannot be");
		return NULL;
	}
	if ((fact_found(&c->layout.facts, FACT_SLAB_STRIDE) || fact_found(&c->layout.facts, FACT_SLAB_EXTS_IN_OBJECT)) &&
	    (vector - c->slab->slabs.linear) >> c->layout.page_shift >> p->order == p->pfn >> p->order)
		return NULL;
	if (!c->slab->slabs.linear_known)
		return NULL;
	err = slab_object_at(&c->slab->slabs, &slab_worker_of(p->w)->other, vector, &at);
	if (!err && at.state == SLAB_OBJECT_NONE && slab_is_unknown(c, vector)) {
		p->w->ledger.rule[RULE_SLAB_OBJ_EXTS].gaps++;
		return NULL;
	}
	problem = err ? NULL : vector_problem(p, &at, vector);
	if (problem)
		exts_finding(p, problem);
	return err;
}
