/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/rule.h"

#include <fnmatch.h>
#include <string.h>

#include "base/similar.h"

#define VALUES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_VALUES ((const char *const[]){ NULL })
#define NEEDS(...) ((const enum need[]){ __VA_ARGS__, NEED_END })
#define NEEDS_NOTHING ((const enum need[]){ NEED_END })
#define KERNEL(which, keeper) which, keeper
/* clang-format off */
#define RULE(symbol, id_, sev, conf, pass_, subj, vals, needs_, kernel, line, promised, usual, legal, further) \
	[RULE_##symbol] = { \
		id_, sev, conf, pass_, subj, vals, needs_, kernel, line, promised, usual, legal, further, \
	},
/* clang-format on */

const struct rule rules[NR_RULES] = {
#include "rules/rules.def"
};

static const char *const need_reasons[NR_NEEDS] = {
#define NEED(symbol, reason) [NEED_##symbol] = reason,
#include "rules/needs.def"
#undef NEED
};

enum rule_id rule_find(const char *id)
{
	for (unsigned r = 0; r < NR_RULES; r++)
		if (!strcmp(rules[r].id, id))
			return (enum rule_id)r;
	return NR_RULES;
}

/* The next element of the comma-separated list at *list: its start, its length in *len; NULL at the end. */
static const char *next_glob(const char **list, size_t *len)
{
	const char *s = *list;

	if (!s)
		return NULL;
	s += strspn(s, ", ");
	*len = strcspn(s, ",");
	*list = s + *len;
	while (*len && s[*len - 1] == ' ')
		--*len;
	return *len ? s : NULL;
}

static bool glob_matches(const char *id, const char *glob, size_t len)
{
	char pattern[128];

	if (len >= sizeof(pattern))
		return false; /* longer than any id */
	memcpy(pattern, glob, len);
	pattern[len] = '\0';
	return !fnmatch(pattern, id, 0);
}

bool rule_matches(const char *id, const char *globs)
{
	size_t len = 0;
	const char *glob;

	while ((glob = next_glob(&globs, &len)))
		if (glob_matches(id, glob, len))
			return true;
	return false;
}

static bool glob_matches_any(const char *glob, size_t len)
{
	for (unsigned r = 0; r < NR_RULES; r++)
		if (glob_matches(rules[r].id, glob, len))
			return true;
	return false;
}

const char *rule_glob_unknown(const char *globs, size_t *len)
{
	const char *glob;

	while ((glob = next_glob(&globs, len)))
		if (!glob_matches_any(glob, *len))
			return glob;
	return NULL;
}

const char *rule_similar(const char *text, size_t len)
{
	struct similar s = { .word = text, .len = len };

	for (unsigned r = 0; r < NR_RULES; r++)
		similar_try(&s, rules[r].id);
	return s.best;
}

const char *severity_name(enum severity s)
{
	static const char *const names[NR_SEVERITIES] = {
		[SEV_NOTE] = "note",
		[SEV_WARNING] = "warning",
		[SEV_ERROR] = "error",
	};

	return names[s];
}

const char *confidence_name(enum confidence c)
{
	static const char *const names[] = {
		[CONF_TRANSIENT] = "transient",
		[CONF_LIKELY] = "likely",
		[CONF_SURE] = "sure",
	};

	return names[c];
}

const char *subject_kind_name(enum subject_kind k)
{
	static const char *const names[] = {
		[SUBJ_PAGE] = "page", [SUBJ_FOLIO] = "folio", [SUBJ_MM] = "mm",
		[SUBJ_ZONE] = "zone", [SUBJ_INODE] = "inode", [SUBJ_ADDRESS] = "address",
	};

	return names[k];
}

const char *need_reason(enum need need)
{
	return need < NR_NEEDS ? need_reasons[need] : "";
}
