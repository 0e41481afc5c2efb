/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the kernel, who has it, and making everybody forget it. */
#include <string.h>

#include "mutate.h"
#include "passes/holders.h"

/* "owner=by-slab": blocks by what the search of the healthy dump says. */
bool lost_matches(const struct world *w, uint64_t pfn, const char *f, bool *ret)
{
	const struct kernel_memory *m = &w->base->kernel_memory;
	enum kernel_owner owner = kernel_block_owner(m, pfn);

	if (strncmp(f, "owner=", 6))
		return false;
	*ret = owner != KOWNER_NONE && !strcmp(kernel_owner_name(owner), f + 6);
	return true;
}

bool lost_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret)
{
	const struct check *c = m->w->base;
	struct linear linear;
	struct error *err;

	if (strcmp(function, "linear"))
		return false;
	err = linear_init(&linear, &c->layout, &c->memmap, c->kv);
	if (err || !linear.known)
		mutation_skip(m, "the direct map is not known");
	error_free(err);
	*ret = linear.base + (a << c->layout.page_shift);
	return true;
}

static struct error *find_words(const struct check *c, uint64_t pfn, uint64_t nr, struct holders *h)
{
	uint64_t *pfns = malloc(nr * sizeof(*pfns));
	struct error *err;

	if (!pfns)
		return &error_nomem;
	for (uint64_t i = 0; i < nr; i++)
		pfns[i] = pfn + i;
	err = holders_find((struct check *)c, pfns, nr, h);
	free(pfns);
	return err;
}

/* "forget PFN": no word leads to any page of the block any more. */
void forget_statement(struct mutation *m, const char *s)
{
	static const unsigned char zero[8];
	uint64_t pfn = expr_value(m, &s);
	const struct check *c = m->w->base;
	const struct census_record *r = census_find(&c->census, pfn);
	struct holders h = { 0 };
	struct error *err;

	if (!r || m->outcome != OUTCOME_OK) {
		mutation_bad(m, "forget: no page");
		return;
	}
	err = find_words(c, pfn, UINT64_C(1) << r->order, &h);
	for (size_t i = 0; !err && i < h.list.nr; i++)
		if (holder_counts(&h.list.v[i]) && h.list.v[i].where != HOLDER_REGISTER)
			mutation_write_phys(m, h.list.v[i].pa, zero, sizeof(zero));
	if (err)
		mutation_bad(m, "forget: %s", error_text(err));
	error_free(err);
	holders_deinit(&h);
}
