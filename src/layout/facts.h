/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file facts.h  The answers to every question of facts.def for one kernel. */
#ifndef LAYOUT_FACTS_H
#define LAYOUT_FACTS_H

#include "base/arena.h"
#include "base/error.h"
#include "types/types.h"

enum fact {
#define SIZE(id, need, ...) FACT_##id,
#define MEMBER(id, need, ...) FACT_##id,
#define ENUM(id, need, ...) FACT_##id,
#define ARRAYLEN(id, need, ...) FACT_##id,
#define SYMBOL(id, need, ...) FACT_##id,
#include "layout/facts.def"
#undef SIZE
#undef MEMBER
#undef ENUM
#undef ARRAYLEN
#undef SYMBOL
	NR_FACTS,
};

struct facts {
	struct answer v[NR_FACTS];
	struct arena arena; /**< the split spellings */
};

/** Ask everything.  A required fact that is absent is an error that names it and all its spellings. */
struct error *facts_ask(struct facts *f, struct types *t) _must_check_;

/** The error that names an absent fact and all its spellings. */
struct error *fact_missing(const struct types *t, enum fact id);

/** Take for absent what is of no use without something else that is absent.  Errors: half of an encoding is missing. */
struct error *facts_settle(struct facts *f, const struct types *t) _must_check_;
void facts_deinit(struct facts *f);

static inline const struct answer *fact(const struct facts *f, enum fact id)
{
	return &f->v[id];
}

static inline bool fact_found(const struct facts *f, enum fact id)
{
	return f->v[id].found;
}

/** The enumerator's value, or \p otherwise. */
static inline int64_t fact_value(const struct facts *f, enum fact id, int64_t otherwise)
{
	return f->v[id].found ? f->v[id].value : otherwise;
}

#endif
