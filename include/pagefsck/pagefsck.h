/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file pagefsck.h  libpagefsck: check the memmap in a Linux crash dump.
 *
 *   struct pagefsck_options opt = PAGEFSCK_OPTIONS_INIT;
 *   struct pagefsck_error *err;
 *   struct pagefsck *pf;
 *
 *   opt.debuginfo = "/usr/lib/debug/boot/vmlinux-6.1.0-50-amd64";
 *   err = pagefsck_open("vmcore", &opt, &pf);
 *   if (!err)
 *           err = pagefsck_check(pf);
 *   for (size_t i = 0; !err && i < pagefsck_nr_findings(pf); i++) {
 *           struct pagefsck_finding f;
 *           pagefsck_finding(pf, i, &f);
 *           printf("%s pfn %#llx: %s\n", f.rule, (unsigned long long)f.pfn, f.message);
 *   }
 *
 * Errors: functions return NULL when all is well, else an error that the caller frees.  A finding is not an error.
 * Threads: different struct pagefsck objects are independent; one object belongs to one thread at a time (the check
 * itself uses opt.threads threads inside).  Lifetime: every pointer handed out dies with pagefsck_close().
 */
#ifndef PAGEFSCK_PAGEFSCK_H
#define PAGEFSCK_PAGEFSCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PAGEFSCK_API __attribute__((visibility("default")))

struct pagefsck;
struct pagefsck_error;

struct pagefsck_options {
	size_t size;           /**< sizeof(struct pagefsck_options): lets the library grow the struct */
	const char *debuginfo; /**< vmlinux with DWARF, BTF, a facts file, or a folder to search first; NULL: searched for by
				    build-id and release, where distributions keep it, beside the dump, and in the folders
				    of $PAGEFSCK_DEBUGINFO_PATH; then BTF in the dump */
	unsigned threads;      /**< 0: as many as there are CPUs */
	const char *only;      /**< comma-separated globs of rule ids; NULL: all */
	const char *skip;      /**< likewise, left out */
	uint64_t first_pfn;    /**< check pfns [first_pfn, end_pfn) only */
	uint64_t end_pfn;      /**< 0: to the end */
	double time_limit;     /**< seconds; 0: none.  What was not reached is reported as a gap */
	bool no_cache;         /**< do not read or write the facts cache */
	/** Called now and then from pagefsck_check() with a pass and how much of it is done; may be NULL. */
	void (*progress)(void *arg, const char *pass, uint64_t done, uint64_t total);
	void *progress_arg;
	bool no_debuginfod; /**< do not ask the servers of $DEBUGINFOD_URLS */
};

#define PAGEFSCK_OPTIONS_INIT { sizeof(struct pagefsck_options), NULL, 0, NULL, NULL, 0, 0, 0, false, NULL, NULL, false }

enum pagefsck_severity { PAGEFSCK_NOTE, PAGEFSCK_WARNING, PAGEFSCK_ERROR };

/** One contradiction in the dump. */
struct pagefsck_finding {
	const char *rule; /**< stable id */
	enum pagefsck_severity severity;
	uint64_t pfn;      /**< UINT64_MAX when it is not about a page */
	uint64_t head_pfn; /**< first page of its folio, likewise */
	unsigned order;
	const char *page_kind; /**< NULL when it is not about a page */
	uint64_t address;      /**< of the struct page or object, UINT64_MAX when none */
	const char *message;   /**< one line; text from the dump in it is escaped */
	bool root;             /**< false: follows from another finding of the same page */
};

/** Text of \p err; lives as long as it. */
PAGEFSCK_API const char *pagefsck_error_text(const struct pagefsck_error *err);
PAGEFSCK_API void pagefsck_error_free(struct pagefsck_error *err);

/** Version of the library, "0.1.0". */
PAGEFSCK_API const char *pagefsck_version(void);

/** Open \p dump and learn the kernel's layout.  \p opt is copied; its strings must live until pagefsck_close(). */
PAGEFSCK_API struct pagefsck_error *pagefsck_open(const char *dump, const struct pagefsck_options *opt,
						  struct pagefsck **ret);
PAGEFSCK_API void pagefsck_close(struct pagefsck *pf);

/** Run all passes.  Once per object. */
PAGEFSCK_API struct pagefsck_error *pagefsck_check(struct pagefsck *pf);

/** Findings of the check, sorted by rule, then pfn. */
PAGEFSCK_API size_t pagefsck_nr_findings(const struct pagefsck *pf);
PAGEFSCK_API void pagefsck_finding(const struct pagefsck *pf, size_t i, struct pagefsck_finding *ret);

/** Kind of page \p pfn ("anon", "slab", ...) after the check; NULL when it has no struct page or
 *  was not looked at. */
PAGEFSCK_API const char *pagefsck_page_kind(const struct pagefsck *pf, uint64_t pfn);

/** Number of rules evaluated and skipped. */
PAGEFSCK_API unsigned pagefsck_rules_checked(const struct pagefsck *pf);
PAGEFSCK_API unsigned pagefsck_rules_skipped(const struct pagefsck *pf);

#ifdef __cplusplus
}
#endif

#endif
