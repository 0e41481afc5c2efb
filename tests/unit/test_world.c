/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A healthy fake machine of each kernel has no finding, and damage to it has the finding that belongs to it. */
#include <inttypes.h>

#include "world.h"

static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };

/* Some pages of every kind that the kernel has. */
static void populate(struct world *w)
{
	uint64_t pfn = 0x5000;

	for (unsigned order = 0; order < 4; order++) {
		make_slab(w, pfn, order);
		make_anon(w, pfn + 0x10, order, false);
		make_file(w, pfn + 0x20, order);
		make_shmem(w, pfn + 0x30, order);
		pfn += 0x40;
	}
	for (unsigned i = 0; i < 64; i++)
		make_kernel(w, pfn + i);
	make_page_table(w, pfn + 64);
	for (unsigned i = 0; i < 4; i++)
		make_pcp(w, 1, i % 2, 0, pfn + 66 + i, 0);
	make_anon(w, 0x5200, 9, true);
	make_anon(w, 0x5400, 9, false);
	make_hugetlb(w, 0x5600, 9);
	make_compound(w, 0x5800, 4);
	make_rest_free(w);
}

static void test_healthy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct world w;
		struct check *c;

		print_message("%s\n", kernels[i]);
		world_init(&w, kernels[i]);
		world_machine(&w, 2);
		populate(&w);
		c = world_check(&w, NULL);
		expect_clean(c);
		for (unsigned k = 0; k < NR_KINDS; k++)
			if (c->census.kinds[k])
				print_message("  %s %" PRIu64 "\n", kinds[k].name, c->census.kinds[k]);
		check_free(c);
		world_deinit(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
