/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file layout_kernel.h  A kernel of facts that a test changes, and the layout that is made of it. */
#ifndef LAYOUT_KERNEL_H
#define LAYOUT_KERNEL_H

#include "world.h"

struct kernel {
	struct world w;
	struct lab lab;
};

static inline void start(struct kernel *k, const char *name)
{
	world_init(&k->w, name);
	world_boot(&k->w);
}

static inline const struct layout *decide(struct kernel *k)
{
	lab_open(&k->lab, &k->w);
	return &k->lab.layout;
}

static inline void end(struct kernel *k)
{
	lab_close(&k->lab);
	world_deinit(&k->w);
}

static inline void fails(struct kernel *k, const char *text)
{
	struct layout l;

	assert_null(world_types(&k->w, &k->lab.types));
	assert_null(world_dump(&k->w, &k->lab.dump));
	expect_error(layout_init(&l, k->lab.dump, k->lab.types), text);
	layout_deinit(&l);
	dump_free(k->lab.dump);
	types_free(k->lab.types);
	world_deinit(&k->w);
}

static inline void enumerator(struct kernel *k, const char *type, const char *name, int64_t value)
{
	*world_fact(&k->w, Q_ENUM, type, name) = (struct answer){ .found = true, .value = value };
}

static inline void no_enumerator(struct kernel *k, const char *type, const char *name)
{
	*world_fact(&k->w, Q_ENUM, type, name) = (struct answer){ 0 };
}

#endif
