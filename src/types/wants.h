/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file wants.h  A batch of questions, sorted by the thing in the debug info that answers them. */
#ifndef TYPES_WANTS_H
#define TYPES_WANTS_H

#include "types/dwarf_units.h"
#include "types/nameset.h"
#include "types/types.h"

enum {
	/* Definitions of one name, none of which has a single member that is asked for, that are looked at. */
	STRANGERS_MAX = 3,
};

/** One thing that is asked for by name: a type, an enum, an enumerator, a variable. */
struct want {
	enum entry_kind kind;
	const char *name;
	uint32_t name_id;
	uint32_t first;     /* first of its questions; chained by wants.next */
	uint32_t nr_members; /* of them ask for a member or an enumerator */
	bool open;          /* still looked for */
	bool seen;          /* some definition was seen, though a stranger's */
	uint8_t strangers;
	/* variables: the unit's declaration without a size, to which a nameless definition may refer */
	uint64_t declared_unit; /* offset of the unit + 1, 0 for none */
	uint64_t declared_at;
};

struct wants {
	const struct question *questions;
	struct answer *answers;
	struct nameset names;
	struct want *list;
	uint32_t nr;
	uint32_t *next;                    /* question -> next question of the same want, NAME_NONE at the end */
	uint32_t (*by_name)[ENTRY_NR_KINDS]; /* name id -> index in list, NAME_NONE */
	uint32_t nr_open[ENTRY_NR_KINDS];
};

struct error *wants_init(struct wants *w, const struct question *questions, struct answer *answers, size_t nr)
	_must_check_;
void wants_deinit(struct wants *w);

/** The open want of that kind and name, or NULL. */
struct want *wants_find(const struct wants *w, enum entry_kind kind, const char *name);

/** Same, by the id of the name. */
static inline struct want *wants_of_name(const struct wants *w, enum entry_kind kind, uint32_t name_id)
{
	uint32_t i = w->by_name[name_id][kind];

	return i != NAME_NONE && w->list[i].open ? &w->list[i] : NULL;
}

/** Look for it no longer: its answers stand as they are. */
void want_close(struct wants *w, struct want *want);

/** Number of things still looked for. */
uint32_t wants_nr_open(const struct wants *w);

#endif
