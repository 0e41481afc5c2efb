/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file check.h  One check of one dump: everything the passes share, and the workers.
 *
 * Constant once the passes run: dump, layout, memmap, zones, lists.  A worker owns its reader, buffers, findings and
 * counts; it writes census records only for the pfns of the section it works on.
 */
#ifndef PASSES_CHECK_H
#define PASSES_CHECK_H

#include "base/job.h"
#include "census/classify.h"
#include "census/marks.h"
#include "census/rmap.h"
#include "rules/ledger.h"
#include "passes/alloc.h"
#include "passes/hugetlb.h"
#include "passes/cache_state.h"
#include "passes/lru.h"
#include "passes/freelists.h"
#include "passes/owners.h"
#include "passes/refs.h"
#include "passes/spaces.h"
#include "passes/swap_found.h"
#include "passes/tally.h"
#include "passes/totals.h"
#include "passes/unowned.h"
#include "passes/tables_found.h"
#include "types/types.h"
#include "walk/crash.h"
#include "walk/pcp.h"
#include "walk/path.h"
#include "walk/percpu.h"
#include "walk/stack.h"
#include "walk/swapent.h"

enum { CHECK_MAX_PASSES = 24, CHECK_MAX_GAPS = 48, LRU_SUSPECTS_PER_SECTION = 64 };

struct slab_state;

/** When kernel memory is searched for who holds references that nothing explains. */
enum holder_search {
	SEARCH_AUTO,   /**< when there is not too much of it */
	SEARCH_ALWAYS,
	SEARCH_NEVER,
};

struct check_options {
	const char *const *parts; /**< further files of a split dump */
	unsigned nr_parts;
	const char *debuginfo;      /**< a file, or a folder to search first; NULL: search */
	const char *debuginfo_path; /**< more folders to search, separated by colons; may be NULL */
	bool no_debuginfod;         /**< do not ask servers */
	/** Called for each place that was searched; \p found for the last one, or never.  May be NULL. */
	void (*searched)(void *arg, const char *place, const char *outcome, bool found);
	void *searched_arg;
	const char *cache_dir; /**< NULL: no cache */
	unsigned workers;
	const char *only, *skip;
	uint64_t first_pfn, end_pfn; /**< half open */
	double time_limit;           /**< seconds, 0: none */
	enum holder_search holders;
	void (*progress)(void *arg, const char *pass, uint64_t done, uint64_t total);
	void *progress_arg;
	bool census_only; /**< stop when every page is classified */
	bool walk_always; /**< walk page tables whatever rules are chosen */
};

/** How often pages of a kind were looked at; what "checked" in the ledger is made of. */
struct scope_counts {
	uint64_t pages[NR_KINDS];  /**< order-0 pages, heads and first pages */
	uint64_t larges[NR_KINDS]; /**< heads of compound pages */
	uint64_t tails[NR_KINDS];  /**< tails, and interiors of free blocks */
};

struct page_run {
	uint64_t pfn;
	uint64_t nr;
	bool listed;   /**< on a list that a CPU keeps for itself */
	uint64_t word; /**< the word that is odd, where one is */
};

struct page_runs {
	ARRAY(struct page_run) list;
};

/** A part of the dump that could not be read. */
struct check_gap {
	const char *what;
	const char *why;
	uint64_t count;
	uint64_t example;
};

struct worker {
	struct check *check;
	struct kvmem *kv;
	struct mapping_cache *mappings;
	struct findings findings;
	struct ledger ledger;
	struct scope_counts counts;
	unsigned char *pages;  /**< struct pages of one section */
	uint64_t *unreadable;  /**< a bit for each of them */
	uint32_t section_findings[NR_RULES]; /**< details kept for the section in work */
	struct zone_tally *zones; /**< one for each of check->zones.list, and one for "no zone" */
	struct zone_sums *sums;   /**< the same */
	struct slab_seen slabs[SLABS_SEEN];
	uint64_t nr_unreadable;
	struct kv_gap first_gap;
	struct page_runs filtered;        /**< kernel pages the dump filter left out */
	struct page_runs garbage;         /**< struct pages that hold what nothing writes there */
	struct page_runs stale_private;   /**< free pages with an old owner's private word, where kernels leave it */
	ARRAY(struct page_run) in_motion; /**< pages without reference that look as if moved between lists */
	ARRAY(struct extra_refs) extras;  /**< to be explained by holders */
	ARRAY(struct known_ref) known;    /**< holders met; until the pass "sources" is over */
	ARRAY(uint64_t) given_back;       /**< the same for addresses of words that name a page, but hold it no longer */
	uint64_t refs_cut[NR_REF_SOURCES];
	ARRAY(uint64_t) suspects; /**< pfns whose counters do not fit what page tables hold */
	uint64_t lru_charged, lru_uncharged;
	struct cache_worker cache;
	uint64_t good_memcgs[64]; /**< values of memcg_data that were found to be fine */
	ARRAY(uint64_t) lru_suspects; /**< pfns of uncharged LRU folios */
	ARRAY(struct balloon_user) balloons;
	struct poison_tally poison;
	ARRAY(struct frame_user) frames;
	ARRAY(struct subpool_user) subpools; /**< the first page of each run that names one, at least */
};

struct pass_timing {
	const char *name;
	double seconds;
};

struct check {
	struct check_options options;
	struct dump *dump;
	struct types *types;
	struct layout layout;
	struct kvmem *kv; /**< for start-up and for what runs outside workers */
	struct memmap memmap;
	struct zones zones;
	struct percpu percpu;
	struct crash crash;
	struct pcp pcp;
	struct special special;
	struct alloc_traces alloc;
	struct classify classify;
	struct census census;
	struct rmap rmap;
	struct marks marks;
	struct refs_found refs;
	struct kernel_memory kernel_memory; /**< after the pass "refs" */
	struct cpu_states cpus;
	struct tasks tasks;   /**< check_read_tasks() */
	struct stacks stacks; /**< of these */
	bool has_read_tasks;
	struct mms mms;
	struct swapent swapent;
	struct lru lru;
	struct space *spaces; /**< one for each of mms.list */
	struct tables tables;
	struct hugetlb_state hugetlb;
	struct swap_found swap;
	struct cache cache;
	struct free_lists free_lists;
	struct totals totals;
	struct owners_state owners;
	struct slab_state *slab; /**< of the slab pass, NULL before */
	struct findings findings; /**< all, finished after check_run() */
	struct ledger ledger;
	struct worker *workers;
	unsigned nr_workers;
	const char *release; /**< of the kernel */
	int slab_refcount;   /**< what slab pages of this kernel have: 1, or 0 when they are frozen */
	bool no_page_mapcount; /**< large folios keep no per-page mapcounts (CONFIG_NO_PAGE_MAPCOUNT) */
	unsigned detail_limit; /**< findings kept for a rule and section */
	uint64_t nr_not_reached;
	struct check_gap gaps[CHECK_MAX_GAPS];
	size_t nr_gaps;
	char silent_cpus[64];  /**< what check_gap names: CPUs that did not stop for the dump */
	struct pass_timing passes[CHECK_MAX_PASSES];
	size_t nr_passes;
	double started;
};

/**
 * Open \p dump with its debug info and learn the layout; the passes have not run.  The strings in \p o must outlive the
 * check.
 */
struct error *check_open(const char *dump, const struct check_options *o, struct check **ret) _must_check_;

/** The same on a dump that is already open; takes it over even on failure. */
struct error *check_open_dump(struct dump *dump, struct types *types, const struct check_options *o,
			      struct check **ret) _must_check_;

/** Run all passes. */
struct error *check_run(struct check *c) _must_check_;
void check_free(struct check *c);

/** Note something unreadable; \p what and \p why live as long as the check.  \p example: UINT64_MAX for none. */
/** Read the tasks and their stacks, if that was not done yet.  Not while workers run. */
struct error *check_read_tasks(struct check *c) _must_check_;

void check_gap_add(struct check *c, const char *what, const char *why, uint64_t count, uint64_t example);

/** Note how long the pass \p name (static) took. */
void check_pass_done(struct check *c, const char *name, double since);

/**
 * One list of all workers, by pfn.  \p list picks it out of a worker.  Free *ret; out of memory is noted in
 * c->findings.failed.
 */
size_t check_gather_runs(struct check *c, const struct page_runs *(*list)(const struct worker *w), struct page_run **ret);

/** The subject of a finding about \p pfn, for steps after the sections: kind, order and head from the census. */
struct subject check_page_subject(const struct check *c, enum subject_kind kind, uint64_t pfn);

/** Monotonic clock in seconds. */
double check_clock(void);

/** Whether the time limit is over. */
bool check_out_of_time(const struct check *c);

/** Whether every page was looked at: no --pfn-range, and the time was enough. */
static inline bool check_is_complete(const struct check *c)
{
	return !c->options.first_pfn && c->options.end_pfn == UINT64_MAX && !c->nr_not_reached;
}

/* ---- for passes ------------------------------------------------------------------------------------------------- */

/** Whether \p rule is to be evaluated. */
static inline bool check_active(const struct check *c, enum rule_id rule)
{
	return ledger_active(&c->ledger, rule);
}

/** Whether findings about \p pfn are asked for (--pfn-range). */
static inline bool check_in_range(const struct check *c, uint64_t pfn)
{
	return pfn >= c->options.first_pfn && pfn < c->options.end_pfn;
}

/**
 * Start a finding of \p w.  Counts it; NULL when the rule is off, or its details are beyond the limit of the section:
 * every finding_*() function accepts that.
 */
struct finding *worker_finding(struct worker *w, enum rule_id rule, const struct subject *subject);

/** The same for steps after the workers, with no limit; NULL when the rule is off. */
struct finding *check_finding(struct check *c, enum rule_id rule, const struct subject *subject);

#endif
