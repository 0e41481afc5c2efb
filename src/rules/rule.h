/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file rule.h  The rule catalogue: one table, from which come the enum, the texts, the man page and the gates.
 *
 * rules.def includes one .def file per area; each rule is one RULE(...) row.  Ids are stable and never reused.
 */
#ifndef RULES_RULE_H
#define RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>

/** How bad: see doc/VERDICT.md.  Order matters: higher is worse. */
enum severity { SEV_NOTE, SEV_WARNING, SEV_ERROR, NR_SEVERITIES };

/** How sure: SURE = no healthy path leads there; LIKELY = rare healthy paths, not ruled out; TRANSIENT = legal for an
 * instant. */
enum confidence { CONF_TRANSIENT, CONF_LIKELY, CONF_SURE };

enum subject_kind { SUBJ_PAGE, SUBJ_FOLIO, SUBJ_MM, SUBJ_ZONE, SUBJ_INODE, SUBJ_ADDRESS };

/** What a kernel must have for a rule to make sense; layout answers, rules only name. */
enum need {
#define NEED(symbol, reason) NEED_##symbol,
#include "rules/needs.def"
#undef NEED
	NR_NEEDS,
	NEED_END = NR_NEEDS,
};

enum rule_id {
#define RULE(symbol, ...) RULE_##symbol,
#include "rules/rules.def"
#undef RULE
	NR_RULES,
};

struct rule {
	const char *id; /**< kebab-case, stable */
	enum severity severity;
	enum confidence confidence;
	const char *pass; /**< id of the pass that checks it */
	enum subject_kind subject;
	const char *const *values; /**< names of the fields a finding carries, NULL-terminated */
	const enum need *needs;    /**< NEED_END-terminated */
	const char *kernels;       /**< which kernels have the invariant, for people */
	const char *maintained_by; /**< the kernel function or commit that keeps it */
	/**
	 * One line with {named} values: {name} of a field, {name.expected}, or of the subject {pfn} {kind} {order} {head}
	 * {address} {pid} {comm}, and {who}: the process or address space.  A field whose expected value is words needs
	 * finding_words() or finding_text() to fill {name.expected}.
	 */
	const char *summary;
	const char *promise;       /**< what the kernel promises */
	const char *causes;        /**< usual causes of a violation */
	const char *exceptions;    /**< legal exceptions, and what recognises them */
	const char *look;          /**< how to look further, with crash or drgn commands */
};

/** The whole table, indexed by enum rule_id. */
extern const struct rule rules[NR_RULES];

/** Rule by id; NR_RULES when there is none. */
enum rule_id rule_find(const char *id);

/** Whether \p id matches a comma-separated list of globs ("free-*,tail-flags-legal"). */
bool rule_matches(const char *id, const char *globs);

/** The first glob in \p globs that matches no rule (borrowed length in *len), NULL when all match something. */
const char *rule_glob_unknown(const char *globs, size_t *len);

/** The rule whose id is most like the \p len characters at \p text, NULL: none is much like them. */
const char *rule_similar(const char *text, size_t len);

const char *severity_name(enum severity s);     /**< "error", "warning", "note" */
const char *confidence_name(enum confidence c); /**< "sure", "likely", "transient" */
const char *subject_kind_name(enum subject_kind k);

/** "needs ..." in words: why a rule that needs \p need is skipped. */
const char *need_reason(enum need need);

#endif
