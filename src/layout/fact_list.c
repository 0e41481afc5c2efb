/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layout/fact_list.h"

#include <string.h>

enum { OPTIONAL, REQUIRED };

const struct fact_name fact_names[NR_FACTS] = {
#define SIZE(id, need, ...) [FACT_##id] = { #id, Q_SIZE, need, { __VA_ARGS__ } },
#define MEMBER(id, need, ...) [FACT_##id] = { #id, Q_MEMBER, need, { __VA_ARGS__ } },
#define ENUM(id, need, ...) [FACT_##id] = { #id, Q_ENUM, need, { __VA_ARGS__ } },
#define ARRAYLEN(id, need, ...) [FACT_##id] = { #id, Q_ARRAY, need, { __VA_ARGS__ } },
#define SYMBOL(id, need, ...) [FACT_##id] = { #id, Q_SYMBOL, need, { __VA_ARGS__ } },
#include "layout/facts.def"
#undef SIZE
#undef MEMBER
#undef ENUM
#undef ARRAYLEN
#undef SYMBOL
};

bool fact_question(struct arena *strings, enum question_kind kind, const char *spelling, struct question *ret)
{
	char *type, *dot;

	*ret = (struct question){ .kind = kind, .type = spelling };
	if (kind != Q_MEMBER && kind != Q_ENUM)
		return true;
	type = arena_strdup(strings, spelling);
	dot = type ? strchr(type, '.') : NULL;
	if (!dot)
		return false;
	*dot = '\0';
	ret->type = strcmp(type, "*") ? type : NULL;
	ret->name = dot + 1;
	return true;
}
