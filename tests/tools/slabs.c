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
#include <stdio.h>
#include <stdlib.h>

#include "passes/pass.h"
#include "passes/slab.h"

static void fail(struct error *err)
{
	if (!err)
		return;
	fprintf(stderr, "slabs: %s\n", error_text(err));
	exit(1);
}

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

int main(int argc, char **argv)
{
	struct check_options o = { .workers = 1, .only = "slab-*" };
	struct check *c = NULL;

	if (argc != 3) {
		fprintf(stderr, "usage: slabs DUMP VMLINUX\n");
		return 2;
	}
	o.debuginfo = argv[2];
	fail(check_open(argv[1], &o, &c));
	fail(check_run(c));
	for (size_t i = 0; i < c->slab->slabs.caches.nr; i++)
		print_cache(c->slab, &c->slab->slabs.caches.v[i]);
	check_free(c);
	return 0;
}
