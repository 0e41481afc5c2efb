/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slabs of the healthy dump: where they are, their free objects, and what CPUs keep. */
#include <fnmatch.h>
#include <string.h>

#include "mutate.h"
#include "passes/slab.h"

/* A slab, and where its cache keeps it. */
struct slab_info {
	struct slab_words words;
	const struct slab_cache *cache;
	const struct slab_node *node;
	const struct slab_owner *owner;
	unsigned order;
	bool listed;
};

static bool info_of(const struct world *w, uint64_t pfn, struct slab_info *ret)
{
	const struct check *c = w->base;
	const struct census_record *r = census_find(&c->census, pfn);
	const unsigned char *bytes = world_page(w, pfn);

	if (!c->slab || !r || r->kind != KIND_SLAB || (r->bits & CENSUS_TAIL) || !bytes)
		return false;
	ret->words = slab_decode(&c->slab->slabs, bytes);
	ret->cache = slabs_find(&c->slab->slabs, ret->words.cache);
	ret->owner = slab_owner_of(c->slab, pfn);
	ret->order = r->order;
	ret->listed = marks_of(&c->marks, pfn) & MARK_SLAB;
	ret->node = ret->cache ? slabs_node(&c->slab->slabs, ret->cache,
					    flag_field_get(c->layout.flag.node, page_decode(&c->layout, bytes).flags))
			       : NULL;
	return ret->cache && ret->node;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* The kmem_cache_cpu of the CPU that keeps the slab; without one, of the first CPU. */
static uint64_t cpu_va(const struct world *w, const struct slab_info *s)
{
	const struct percpu *p = &w->base->percpu;
	uint64_t offset = p->cpus.nr ? p->cpus.v[0].offset : 0;

	for (size_t i = 0; s->owner && i < p->cpus.nr; i++)
		if (p->cpus.v[i].cpu == s->owner->cpu)
			offset = p->cpus.v[i].offset;
	return (s->cache->cpu_slab ? s->cache->cpu_slab : s->cache->cpu_sheaves) + offset;
}

static uint64_t word_at(const struct world *w, uint64_t va, unsigned size)
{
	uint64_t value = 0;
	bool ok;

	error_free(kvmem_read_word(w->base->kv, va, size, &value, &ok));
	return value;
}

/* The nth object of a chain of free ones; 0: it is shorter. */
static uint64_t nth_free(const struct world *w, const struct slab_info *s, uint64_t first, uint64_t nth)
{
	uint64_t object = first;

	for (uint64_t i = 0; object && i < nth; i++) {
		uint64_t at = object + s->cache->offset, word = word_at(w, at, 8);

		object = s->cache->hardened ? word ^ s->cache->random ^ __builtin_bswap64(at) : word;
	}
	return object;
}

/* The main sheaf of the nth CPU. */
static uint64_t sheaf_of(const struct world *w, const struct slab_info *s, uint64_t cpu)
{
	const struct check *c = w->base;

	if (!fact_found(&c->layout.facts, FACT_SHEAVES_MAIN) || cpu >= c->percpu.cpus.nr || !s->cache->sheaf_capacity)
		return 0;
	return word_at(w, s->cache->cpu_sheaves + c->percpu.cpus.v[cpu].offset + fact(&c->layout.facts, FACT_SHEAVES_MAIN)->offset,
		       8);
}

static uint64_t cpu_freelist(const struct world *w, const struct slab_info *s)
{
	return s->owner && !s->owner->partial
		       ? word_at(w, cpu_va(w, s) + fact(&w->base->layout.facts, FACT_CACHE_CPU_FREELIST)->offset, 8)
		       : 0;
}

/*
 * inuse(N), objects(N), frozen(N) in the word of counters; slabobjects(p).  Those are bit fields of 32 bits at the word's start:
 * unsigned inuse:16, objects:15, frozen:1.
 */
static bool counters_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret)
{
	static const struct {
		const char *name;
		unsigned before, width;
	} fields[] = { { "inuse", 0, 16 }, { "objects", 16, 15 }, { "frozen", 31, 1 } };
	struct slab_info s;

	if (!strcmp(function, "slabobjects")) {
		*ret = info_of(m->w, a, &s) ? s.words.objects : 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(function, fields[i].name))
			continue;
		*ret = a << (mutation_endian(m) == ENDIAN_BIG ? 64 - fields[i].before - fields[i].width : fields[i].before);
		return true;
	}
	return false;
}

bool slab_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret)
{
	static const char *const names[] = { "cache", "cachenode", "cachecpu", "freeobject", "freeptr",
					     "cpuobject", "cpuptr", "slabva", "sheaf", "sheafslot", "barn" };
	const struct facts *f = &m->w->base->layout.facts;
	struct slab_info s;
	size_t i = 0;

	while (i < ARRAY_SIZE(names) && strcmp(names[i], function))
		i++;
	if (i == ARRAY_SIZE(names))
		return counters_function(m, function, a, ret);
	*ret = 0;
	if (!info_of(m->w, a, &s))
		mutation_bad(m, "pfn %#llx is no slab", (unsigned long long)a);
	else if (!strcmp(function, "cache"))
		*ret = s.cache->va;
	else if (!strcmp(function, "cachenode"))
		*ret = s.node->va;
	else if (!strcmp(function, "barn"))
		*ret = s.node->barn;
	else if (!strcmp(function, "cachecpu"))
		*ret = cpu_va(m->w, &s);
	else if (!strcmp(function, "slabva"))
		*ret = (a << m->w->base->layout.page_shift) + m->w->base->slab->slabs.linear;
	else if (!strncmp(function, "free", 4))
		*ret = nth_free(m->w, &s, s.words.freelist, b);
	else if (!strncmp(function, "cpu", 3))
		*ret = nth_free(m->w, &s, cpu_freelist(m->w, &s), b);
	else if (!strcmp(function, "sheaf"))
		*ret = sheaf_of(m->w, &s, b);
	else if (sheaf_of(m->w, &s, 0))
		*ret = sheaf_of(m->w, &s, 0) + fact(f, FACT_SHEAF_OBJECTS)->offset + b * 8;
	if (*ret && strlen(function) > 3 && !strcmp(function + strlen(function) - 3, "ptr"))
		*ret += s.cache->offset;
	if (!*ret)
		mutation_skip(m, "the kernel, or this slab, has no %s()", function);
	return true;
}

/* ---- filters ----------------------------------------------------------------------------------------------------- */

bool slab_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret)
{
	struct slab_info s;
	uint64_t sheaf;
	bool free_objects = !strcmp(name, "free"), inuse = !strcmp(name, "inuse"), cpu = !strcmp(name, "cpufree");
	bool in_sheaf = !strcmp(name, "sheaf"), list = !strcmp(name, "partials");

	if (!free_objects && !inuse && !cpu && !in_sheaf && !list)
		return false;
	*ret = -1;
	if (!info_of(w, pfn, &s))
		return true;
	if (cpu) {
		for (*ret = 0; nth_free(w, &s, cpu_freelist(w, &s), (uint64_t)*ret) && *ret < 4; ++*ret)
			;
	} else if (in_sheaf) {
		sheaf = sheaf_of(w, &s, 0);
		*ret = sheaf ? (int64_t)word_at(w, sheaf + fact(&w->base->layout.facts, FACT_SHEAF_SIZE)->offset, 4) : -1;
	} else {
		*ret = list ? (int64_t)s.node->nr_partial : inuse ? s.words.inuse : s.words.objects - s.words.inuse;
	}
	return true;
}

bool slab_matches(const struct world *w, uint64_t pfn, const char *f, bool *ret)
{
	struct slab_info s;
	bool known = info_of(w, pfn, &s);

	*ret = false;
	if (!strncmp(f, "cache=", 6)) {
		*ret = known && !fnmatch(f + 6, s.cache->name, 0);
		return true;
	}
	if (strncmp(f, "slab=", 5))
		return false;
	if (!known)
		return true;
	if (!strcmp(f + 5, "partial"))
		*ret = s.listed && s.words.inuse < s.words.objects;
	else if (!strcmp(f + 5, "cpu"))
		*ret = s.owner && !s.owner->partial;
	else if (!strcmp(f + 5, "chain"))
		*ret = s.owner && s.owner->partial;
	else if (!strcmp(f + 5, "full"))
		*ret = !s.owner && !s.listed && s.words.inuse == s.words.objects;
	return true;
}
