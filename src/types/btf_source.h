/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file btf_source.h  Answers from BTF. */
#ifndef TYPES_BTF_SOURCE_H
#define TYPES_BTF_SOURCE_H

#include "types/btf.h"
#include "types/wants.h"

/**
 * Answer the \p nr questions but those that are Q_SYMBOL.  Q_ARRAY: BTF has the types of per-CPU variables only, all others are
 * absent.  Where a name stands for several types, the one that has most of the members asked for is meant.
 */
struct error *btf_source_ask(const struct btf *b, const struct question *questions, struct answer *answers, size_t nr)
	_must_check_;

/* ---- steps of it ---- */

/** Steps that questions may still take, in all. */
struct btf_steps {
	uint32_t left;
};

/** Answer the questions about \p want from the structure, union, enum or typedef \p id.  *ret_found: how many ask for a
    member or an enumerator that is there. */
struct error *btf_type_answer(const struct btf *b, struct btf_steps *steps, const struct wants *w, const struct want *want,
			      uint32_t id, uint32_t *ret_found) _must_check_;

#endif
