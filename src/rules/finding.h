/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file finding.h  One contradiction in the dump, as typed data; reporters turn it into text.
 *
 * Passes fill findings into a list of their own worker; lists are joined, sorted and grouped at the end.
 */
#ifndef RULES_FINDING_H
#define RULES_FINDING_H

#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "rules/rule.h"

/** How a number is written, so that it prints as the kernel prints it. */
enum field_format {
	FMT_DEC,  /**< unsigned decimal */
	FMT_INT,  /**< signed decimal (value is sign-extended) */
	FMT_HEX,  /**< 0x... */
	FMT_PTR,  /**< 16 hexadecimal digits with 0x */
	FMT_TEXT, /**< only the text counts */
};

struct field {
	const char *name; /**< static: one of the rule's values, or an extra one */
	enum field_format format;
	uint64_t found;
	uint64_t expected;
	bool has_expected;
	uint8_t bits;              /**< width of the stored value, for the one-bit test; 0: not a stored value */
	const char *found_text;    /**< "lru|active"; shown with or instead of the number; may be NULL */
	const char *expected_text; /**< "one of 0xf0, 0xf1"; may be NULL */
};

struct evidence {
	const char *kind; /**< static: "arithmetic", "bit-flip", "neighbour", "transient", "raw", "cause", ... */
	const char *text;
};

/** What a finding is about; members that do not apply are UINT64_MAX or NULL. */
struct subject {
	enum subject_kind kind;
	uint64_t pfn;
	uint64_t nr_pages; /**< it is about so many pages from pfn on; 0: about one */
	uint64_t other_pfn; /**< a second page that it is about */
	uint64_t head_pfn; /**< of the folio or free block the page belongs to */
	unsigned order;    /**< of that folio or block; UINT_MAX: none */
	const char *page_kind; /**< static name from the census */
	uint64_t address;  /**< of the struct page, or of the object */
	uint64_t mm;       /**< of the mm_struct through which it was seen; that of a SUBJ_MM is its address */
	uint64_t user_va;  /**< of the entry of that mm's page tables it is about, or that it lacks */
	uint64_t area;     /**< memory area of that address */
	uint64_t mapping;  /**< address_space it is about, or through which the page was met */
	uint64_t index;    /**< slot of that address_space */
	uint64_t zone;     /**< address of the struct zone whose lists or counters it is about */
	int64_t pid;       /**< of a task that has that mm; -1: none */
	const char *comm;  /**< bytes as they are in the dump: reporters escape */
};

struct finding {
	enum rule_id rule;
	enum severity severity; /**< the rule's, or lowered because of an operation in flight */
	enum confidence confidence;
	struct subject subject;
	struct field *fields;
	size_t nr_fields;
	struct evidence *evidence;
	size_t nr_evidence;
	const char *message; /**< the rule's summary with values filled in; set by findings_finish() */
	int flipped_bit;     /**< the single bit by which a field differs from a legal value, else -1 */
	size_t cause;        /**< index of the finding this one follows from, SIZE_MAX: a root; see findings_finish() */
};

/** Findings of one worker, or after joining of all. */
struct findings {
	ARRAY(struct finding) list;
	struct arena arena; /**< owns every string and array of the findings */
	bool failed;        /**< an allocation failed: the list is not complete */
};

/** A subject of kind SUBJ_PAGE or SUBJ_FOLIO with everything else "does not apply". */
struct subject subject_page(enum subject_kind kind, uint64_t pfn);

/** The mm_struct that \p s is about or was seen through, UINT64_MAX: none. */
uint64_t subject_mm(const struct subject *s);

/**
 * Start a finding.  NULL without memory (noted in fs->failed): the functions below accept NULL.
 * The pointer is valid until the next finding is added.
 */
struct finding *finding_add(struct findings *fs, enum rule_id rule, const struct subject *subject);

/** A value the rule looked at. */
void finding_value(struct findings *fs, struct finding *f, const char *name, enum field_format format, uint64_t found);

/** A stored value of \p bits bits and the one legal value it should have; one differing bit is noticed. */
void finding_expect(struct findings *fs, struct finding *f, const char *name, enum field_format format, unsigned bits,
		    uint64_t found, uint64_t expected);

/** Words beside the numbers of the field added last (copied; either may be NULL). */
void finding_words(struct findings *fs, struct finding *f, const char *found_text, const char *expected_text);

/** A field that has no number, only words (copied). */
void finding_text(struct findings *fs, struct finding *f, const char *name, const char *found_text,
		  const char *expected_text);

/** A legal value is one bit away: bit \p bit of field \p name (when finding_expect() cannot see it itself). */
void finding_bitflip(struct findings *fs, struct finding *f, const char *name, unsigned bit);

void finding_evidence(struct findings *fs, struct finding *f, const char *kind, const char *fmt, ...)
	_printf_(4, 5);

/** Lower the severity by one step for the reason \p what (words); adds the evidence. */
void finding_lower(struct findings *fs, struct finding *f, const char *what);

/** Move everything of \p from to \p to. */
void findings_join(struct findings *to, struct findings *from);

/**
 * Sort by rule order, pfn (what has none: by address and pid) and message, fill in messages, and mark consequences:
 * within one page, folio or address space the finding of the rule that stands first in root.c is the cause of the others.
 */
struct error *findings_finish(struct findings *fs) _must_check_;

void findings_deinit(struct findings *fs);

/** Number of findings of severity \p s. */
uint64_t findings_count(const struct findings *fs, enum severity s);

/** Write \p value as \p format asks into \p buf (at least 32 bytes); returns buf. */
const char *field_print(char *buf, enum field_format format, uint64_t value);

#endif
