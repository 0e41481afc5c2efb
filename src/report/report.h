/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file report.h  Reporters: the result of a check as text, JSON or HTML.
 *
 * A reporter sees this struct and nothing else: no dump, no types, no layout.  Strings that come from the dump
 * (release, comm, path) are untrusted: every reporter escapes them.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "census/census.h"
#include "rules/finding.h"
#include "rules/ledger.h"

struct report_dump {
	const char *path;
	const char *format;      /**< "elf", "kdump" */
	const char *compression; /**< "none", "zlib", ... */
	uint64_t size;
	uint64_t pages_present;
	uint64_t pages_excluded;
	uint64_t pages_truncated;
	bool truncated;
	int dump_level; /**< -1: unknown */
	const char *incomplete; /**< why something is missing; NULL: pages lie beyond the end of the file, or nothing is */
	unsigned nr_files;      /**< parts of a split dump; 0 and 1: one file */
	bool flattened;
	bool live;              /**< memory of a running kernel */
	bool vmcoreinfo_other_note; /**< there is a note, but it is not the kernel's */
	unsigned vmcoreinfo_others; /**< texts there that contradict it: of kernels that ran before */
	const char *vmcoreinfo_reason; /**< why it was chosen among these */
	uint64_t vmcoreinfo_pa; /**< where in memory VMCOREINFO was found; 0: it was not searched for */
};

/** One decided encoding: {"mapcount", "E: ..."}. */
struct report_model {
	const char *name;
	const char *value;
};

/** A line of the kernel log.  Untrusted, like all strings of the dump. */
struct report_log_line {
	const char *text; /**< NULL: there is none */
	uint64_t nsec;    /**< since boot */
	uint64_t pfn;     /**< the page that it names, UINT64_MAX: none */
};

enum report_end {
	END_UNKNOWN, /**< nothing in the dump tells */
	END_RUNNING, /**< the machine was running when the dump was taken */
	END_PANIC,
};

/** How the kernel came to its end, and what it said before. */
struct report_panic {
	enum report_end end;
	struct report_log_line message; /**< "Kernel panic - not syncing: ..." */
	struct report_log_line cause;   /**< "BUG: unable to handle ...", "kernel BUG at ..." */
	struct report_log_line oops;    /**< "Oops: 0002 [#1] PREEMPT SMP" */
	double uptime;      /**< of the last line of the log; negative: not known */
	int64_t cpu;        /**< -1: not known */
	uint64_t task;      /**< address of the task_struct that ran there, 0: not known */
	int64_t pid;
	const char *comm;
	const char *log_problem; /**< why there is no log; NULL: it was read */
	uint64_t log_records, log_missing;
	const struct report_log_line *complaints; /**< of the memory manager */
	size_t nr_complaints;
	uint64_t all_complaints; /**< more than that when not all were kept */
};

/** A reason not to trust the kernel, as it says itself. */
struct report_taint {
	char letter;
	const char *meaning;
};

enum { REPORT_MAX_TAINTS = 64 };

struct report_kernel {
	const char *release;
	const char *arch;
	uint64_t page_size;
	const char *build_id;    /**< NULL: unknown */
	const char *debuginfo_source; /**< "dwarf", "btf", "facts" */
	const char *debuginfo_path;   /**< NULL: in the dump */
	const struct report_model *models;
	size_t nr_models;
	const struct report_panic *panic; /**< NULL: nobody looked */
	bool has_taint;
	uint64_t taint_mask;
	const struct report_taint *taints; /**< of the bits of the mask that are known */
	size_t nr_taints;
	const char *debuginfo_hint; /**< where better debug info is to be had, half a sentence; NULL: it is good */
};

struct report_pass {
	const char *name;
	double seconds;
};

/** Part of the dump that could not be read while checking: kind of thing, how many, an example. */
struct report_gap {
	const char *what;    /**< "struct pages", "per-CPU lists", ... */
	const char *why;     /**< "excluded by the dump filter", "beyond the end of the file", ... */
	uint64_t count;
	uint64_t example;    /**< address or pfn */
};

/** A counter of the kernel and what it should be. */
struct report_counter {
	const char *name; /**< "NR_FILE_PAGES" */
	const char *unit; /**< "pages", "folios", "KiB" */
	const char *zone; /**< NULL: of the node */
	int node;         /**< -1: of the whole machine */
	int64_t says;
	int64_t low, high; /**< found; different where it is not sure */
	int64_t hand;     /**< it may differ by that much: somebody is at work */
	const char *sum;  /**< what that is made of */
	const char *rule; /**< that compares it */
};

/** References beyond what the words of the pages explain, that have the same sort of holder. */
struct report_reference {
	const char *source; /**< "walked": a structure that holds references; "held", "in flight", "lost",
				 "not searched", "not walked": not described by the debug info */
	const char *holder; /**< "pipe", "slab kmalloc-1k": may be from the dump; NULL: none */
	uint64_t refs;
	uint64_t pages;     /**< 0: not counted */
};

/** A zone's span: maps of memory are drawn by it. */
struct report_zone {
	unsigned node;
	const char *name;
	uint64_t first_pfn, end_pfn;
	uint64_t managed; /**< pages */
};

/** Who has how much of the kernel's untyped memory. */
struct report_owner {
	const char *name;  /**< stable */
	const char *title; /**< for people */
	uint64_t pages;
};

struct report {
	const char *tool_version;
	const char *case_id; /**< NULL: none */
	const char *command; /**< the command line; NULL: unknown */
	const char *program; /**< versions of the program and its libraries; NULL: unknown */
	struct report_dump dump;
	struct report_kernel kernel;
	const struct census *census;
	const struct findings *findings; /**< finished */
	const struct ledger *ledger;
	const struct report_gap *gaps;
	size_t nr_gaps;
	const struct report_zone *zones;
	size_t nr_zones;
	const struct report_counter *counters; /**< zones and nodes; none when they were not compared */
	size_t nr_counters;
	const struct report_reference *references;
	size_t nr_references;
	const struct report_owner *owners; /**< together: all pages of the kinds kernel, kernel-interior and large-kmalloc */
	size_t nr_owners; /**< 0: nobody looked */
	const struct report_pass *passes;
	size_t nr_passes;
	double seconds;
};

struct report_options {
	bool color;
	unsigned width;        /**< columns of the terminal, 80 when it is not one */
	unsigned max_findings; /**< per rule, not in JSON; 0: all */
	bool quiet;            /**< findings and verdict only */
	unsigned verbose;
};

/** Write the report; the error is about the output ("cannot write FILE: No space left on device"). */
struct error *report_text(const struct report *r, const struct report_options *o, FILE *out) _must_check_;
struct error *report_json(const struct report *r, const struct report_options *o, FILE *out) _must_check_;

/** One file that holds all of it, for a case: see html.h. */
struct error *report_html(const struct report *r, const struct report_options *o, FILE *out) _must_check_;

/** The census alone. */
struct error *report_census_text(const struct report *r, const struct report_options *o, FILE *out) _must_check_;
struct error *report_census_json(const struct report *r, const struct report_options *o, FILE *out) _must_check_;

/** The rule catalogue: all rules matching \p globs (NULL: a list of all ids with their summaries). */
struct error *report_explain_text(const char *globs, const struct report_options *o, FILE *out) _must_check_;
struct error *report_explain_json(const char *globs, const struct report_options *o, FILE *out) _must_check_;

/** The whole catalogue as Markdown, for doc/RULES.md. */
struct error *report_explain_markdown(FILE *out) _must_check_;

#endif
