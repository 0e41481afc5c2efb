/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pagefsck counted of slabs, for tests/dumps/slabs.py.
 *
 *   slabs DUMP VMLINUX
 *
 * Lines of columns separated by tabs, as /proc/slabinfo has them: NAME ACTIVE-OBJECTS OBJECTS OBJECT-SIZE OBJECTS-PER-SLAB
 * PAGES-PER-SLAB SLABS.  Active are all objects but the free ones of partial slabs (get_slabinfo()).
 */
#include <inttypes.h>

#include "passes/pass.h"
#include "passes/slab.h"
#include "tool.h"

static void print_cache(const struct slab_state *s, const struct slab_cache *cache)
{
	uint64_t slabs = 0, objects = 0, nr_free = 0;

	for (unsigned i = 0; i < cache->nr_nodes; i++) {
		const struct slab_count *n = &s->counts[cache->first_node + i];

		slabs += n->slabs;
		objects += n->objects;
		nr_free += n->free;
	}
	printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%u\t%u\t%u\t%" PRIu64 "\n", cache->name, objects - nr_free, objects, cache->size,
	       cache->oo & 0xffff, 1U << (cache->oo >> 16), slabs);
}

static struct error *print(struct check *c)
{
	if (!layout_has(&c->layout, NEED_SLUB)) {
		puts("not SLUB");
		return NULL;
	}
	for (size_t i = 0; i < c->slab->slabs.caches.nr; i++)
		print_cache(c->slab, &c->slab->slabs.caches.v[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, (struct check_options){ .workers = 1, .only = "slab-*" }, print);
}
