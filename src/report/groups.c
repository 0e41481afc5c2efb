/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/groups.h"

#include <stdlib.h>

size_t finding_root(const struct findings *fs, size_t i)
{
	size_t root = i;

	for (size_t steps = 0; steps < fs->list.nr; steps++) {
		size_t cause = fs->list.v[root].cause;

		if (cause >= fs->list.nr)
			return root;
		root = cause;
	}
	return i; /* causes in a circle: each stands for itself */
}

bool groups_init(struct groups *g, const struct findings *fs)
{
	g->nr = fs->list.nr;
	g->first = calloc(g->nr + 1, sizeof(*g->first));
	g->next = calloc(g->nr + 1, sizeof(*g->next));
	if (!g->first || !g->next) {
		groups_deinit(g);
		return false;
	}
	for (size_t i = 0; i < g->nr; i++)
		g->first[i] = g->next[i] = SIZE_MAX;
	for (size_t i = g->nr; i-- > 0;) { /* backwards, so that the lists are in rising order */
		size_t root = finding_root(fs, i);

		if (root == i)
			continue;
		g->next[i] = g->first[root];
		g->first[root] = i;
	}
	return true;
}

void groups_deinit(struct groups *g)
{
	free(g->first);
	free(g->next);
	*g = (struct groups){ 0 };
}
