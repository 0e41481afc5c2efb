/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file fact_list.h  facts.def as a table, for people: the id of every fact and all its spellings. */
#ifndef LAYOUT_FACT_LIST_H
#define LAYOUT_FACT_LIST_H

#include "layout/facts.h"

enum { FACT_MAX_SPELLINGS = 4 };

struct fact_name {
	const char *id; /**< "PAGE_FLAGS" */
	enum question_kind kind;
	bool required;
	const char *spellings[FACT_MAX_SPELLINGS]; /**< newest first; NULL ends */
};

extern const struct fact_name fact_names[NR_FACTS];

/** The question that a spelling stands for; "*.X" asks any enum.  Its strings live in \p strings.  False: no memory. */
bool fact_question(struct arena *strings, enum question_kind kind, const char *spelling, struct question *ret)
	_must_check_;

#endif
