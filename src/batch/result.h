/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file result.h  What became of one dump, without its findings: enough for a line of a table. */
#ifndef BATCH_RESULT_H
#define BATCH_RESULT_H

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "rules/signature.h"

/** Better ones first. */
enum outcome {
	OUTCOME_CLEAN,    /**< checked: no finding worse than a note */
	OUTCOME_WARNINGS, /**< checked: warnings, no error */
	OUTCOME_ERRORS,   /**< checked: errors */
	OUTCOME_TIMEOUT,  /**< not checked: it took too long */
	OUTCOME_MEMORY,   /**< not checked: it needs more memory than it may have */
	OUTCOME_FAILED,   /**< not checked: pagefsck says why */
	OUTCOME_CRASHED,  /**< not checked: pagefsck itself crashed, or was killed */
	NR_OUTCOMES,
};

/** Findings of one sort in one dump. */
struct signature_count {
	char id[SIGNATURE_SIZE];
	const char *rule;
	const char *severity; /**< of the worst of them */
	const char *kind;
	const char *holder;   /**< "": nobody is named */
	uint64_t findings;
};

/** That severity; SEV_NOTE for a name that is not known. */
enum severity signature_severity(const struct signature_count *s);

struct result {
	enum outcome outcome;
	const char *message; /**< the verdict; of a dump that was not checked: why */
	const char *release; /**< of the kernel; NULL: not known, as all below */
	const char *arch;
	uint64_t findings, errors, warnings, notes, gaps;
	uint64_t dropped; /**< findings beyond those that are kept */
	double seconds;
	uint64_t max_rss; /**< bytes */
	ARRAY(struct signature_count) signatures; /**< by id */
	struct arena arena; /**< owns the strings */
};

/** "clean", "warnings", ...: what stores and streams call it. */
const char *outcome_name(enum outcome o);

/** OUTCOME_CRASHED for a name that is not known. */
enum outcome outcome_find(const char *name);

/** It was checked: there is a report. */
static inline bool outcome_checked(enum outcome o)
{
	return o <= OUTCOME_ERRORS;
}

/** Fill in what the JSON report says; memory is the error, or that the report is damaged. */
struct error *result_read(struct result *r, FILE *report) _must_check_;

/** Add findings of one sort; the strings are copied. */
struct error *result_count(struct result *r, const struct signature_count *s) _must_check_;
void result_deinit(struct result *r);

#endif
