/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file layout_report.h  What `pagefsck layout` found out, and its reporters.
 *
 * Plain data: which members share the words of struct page, what flag bits and page types mean, the models in force and
 * the facts they follow from.
 */
#ifndef REPORT_LAYOUT_REPORT_H
#define REPORT_LAYOUT_REPORT_H

#include "report/report.h"

/** A member, or the part of it in one word. */
struct layout_piece {
	const char *name;
	unsigned offset; /**< bytes from the start of the column's struct page */
	unsigned size;   /**< bytes in this word; 0 for a bit field */
	unsigned bits;   /**< width of a bit field, else 0 */
	bool usual;      /**< what an ordinary page has there */
};

struct layout_column {
	const char *title; /**< "struct page", "head", "tail 1", "struct slab" */
	unsigned size;     /**< bytes of the descriptor */
	struct layout_piece *pieces;
	size_t nr_pieces;
};

struct layout_field {
	const char *name;
	char letter;    /**< in the ruler */
	unsigned shift;
	unsigned width; /**< 0: not in flags */
};

struct layout_flag {
	const char *name;    /**< NULL: no flag of this number */
	const char *aliases; /**< separated by spaces; NULL: none */
	const char *second;  /**< names in the first tail; NULL: none */
};

struct layout_page_type {
	const char *name;
	uint32_t first, last; /**< values of the word with this type */
	unsigned bit;         /**< number of the cleared bit; with a top byte not used */
};

/** Low bits of the mapping word. */
struct layout_low_bits {
	unsigned bits;
	const char *meaning;
};

struct layout_fact {
	const char *id, *kind;
	const char *spelling; /**< under which it was found; NULL: absent */
	bool required;
	bool has_offset, has_size, has_length, has_value, is_address; /**< which of these the kind has */
	uint64_t offset, size, length;
	int64_t value;
};

enum { LAYOUT_NR_FIELDS = 7, LAYOUT_NR_FLAGS = 64, LAYOUT_MAX_TYPES = 16, LAYOUT_MAX_OTHER = 8, LAYOUT_MAX_FOLIO = 4 };

struct layout_report {
	struct report about; /**< tool, case, dump (path NULL: none), kernel with its models */
	unsigned nr_words;
	unsigned folio_size; /**< 0: no struct folio */
	struct layout_column page;
	struct layout_column folio[LAYOUT_MAX_FOLIO]; /**< head, then tails */
	size_t nr_folio;
	struct layout_column other[LAYOUT_MAX_OTHER];
	size_t nr_other;
	unsigned poison_from;   /**< first tail whose mapping is poison */
	uint64_t tail_mapping;  /**< that poison */
	const char *tail_link;  /**< name of the word that leads from tail to head */
	struct layout_field fields[LAYOUT_NR_FIELDS];
	struct layout_flag flags[LAYOUT_NR_FLAGS];
	unsigned nr_flags;
	bool order_in_flags;    /**< low byte of the first tail's flags */
	bool types_in_top_byte;
	bool types_combine; /**< kmemcg may stand beside another */
	struct layout_page_type types[LAYOUT_MAX_TYPES];
	size_t nr_types;
	struct layout_low_bits mapping[4];
	const struct layout_fact *facts;
	size_t nr_facts;
	const char *const *unknown; /**< what only a dump tells, NULL at the end; NULL: there is a dump */
	size_t nr_unanswered;   /**< questions that the facts file has no answer for */
	size_t nr_skipped_units; /**< of debug info, unreadable */
};

struct error *report_layout_text(const struct layout_report *r, const struct report_options *o, FILE *out) _must_check_;
struct error *report_layout_json(const struct layout_report *r, const struct report_options *o, FILE *out) _must_check_;

/* ---- parts of the text ------------------------------------------------------------------------------------------- */

struct out;

/** The tables of words: struct page, folio, other descriptors. */
void layout_tables(struct out *out, const struct layout_report *r);

/** The flags word, page types and mapping. */
void layout_encodings(struct out *out, const struct layout_report *r);

#endif
