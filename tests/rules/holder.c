/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holders of references that the check of the healthy dump has met. */
#include <string.h>

#include "mutate.h"
#include "passes/refs.h"

static const struct known_ref *ref_of(const struct world *w, uint64_t pfn, uint64_t nth)
{
	size_t nr;
	const struct known_ref *k = refs_known(w->base, pfn, 1, &nr);

	return nth < nr ? &k[nth] : NULL;
}

bool holder_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret)
{
	const struct known_ref *k;
	bool slot = !strcmp(function, "refslot");

	if (!slot && strcmp(function, "refholder"))
		return false;
	k = ref_of(m->w, a, b);
	*ret = k ? (slot ? k->word : k->holder) : 0;
	if (!*ret)
		mutation_bad(m, "pfn %#llx has no holder %llu", (unsigned long long)a, (unsigned long long)b);
	return true;
}

/* held=pipe, held=io-uring: by which structure; part=1: by which of its words. */
bool holder_matches(const struct world *w, uint64_t pfn, const char *f, bool *ret)
{
	const struct known_ref *k = ref_of(w, pfn, 0);

	if (strncmp(f, "held=", 5) && strncmp(f, "part=", 5))
		return false;
	if (*f == 'h')
		*ret = k && !strcmp(ref_source_name((enum ref_source)k->source), f + 5);
	else
		*ret = k && k->part == (uint8_t)(f[5] - '0');
	return true;
}

bool holder_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret)
{
	size_t nr;

	if (strcmp(name, "holders"))
		return false;
	refs_known(w->base, pfn, 1, &nr);
	*ret = (int64_t)nr;
	return true;
}
