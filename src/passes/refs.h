/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file refs.h  References: what pages have beyond what their own words explain, and holders that walks have met.
 */
#ifndef PASSES_REFS_H
#define PASSES_REFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

struct census_record;
struct check;
struct worker;

/** Structures of the kernel that hold references on pages, and that are walked. */
enum ref_source {
	REF_BATCH,      /**< folios that a CPU collects for the LRU lists */
	REF_PIPE,       /**< pipe_buffer.page */
	REF_SKB,        /**< skb_frag_t, and the memory of a socket buffer's head */
	REF_PAGE_FRAG,  /**< page_frag and page_frag_cache of tasks, sockets and CPUs */
	REF_PAGE_POOL,  /**< pages that a page_pool keeps */
	REF_IO_URING,   /**< registered buffers, rings */
	REF_AIO,        /**< kioctx.ring_pages */
	REF_PERF,       /**< perf_buffer */
	REF_PACKET,     /**< rings of packet sockets */
	REF_BIO,        /**< bio_vec of direct I/O in flight */
	REF_CORE_DUMP,  /**< a page that is being written to a core dump */
	REF_GATHER,     /**< pages that were unmapped and wait for the TLBs (struct mmu_gather) */
	NR_REF_SOURCES,
};

/** A reference, or several of one holder, that a walk has met. */
struct known_ref {
	uint64_t pfn;    /**< the page that the holder names, any of its folio */
	uint64_t holder; /**< address of what names it: a pipe_buffer, a sk_buff, ... */
	uint64_t word;   /**< address of the word that names it; 0: any of the object at holder */
	uint32_t count;  /**< references; GUP_PIN_COUNTING_BIAS for a pin of a small page */
	uint32_t index;  /**< of the entry in the holder, where it has several */
	uint8_t source;  /**< enum ref_source */
	uint8_t part;    /**< which of the holder's words (enum page_part) */
	bool pin;        /**< FOLL_PIN: counted as such in the page */
	bool owns;       /**< the page was allocated for the holder: no owner's reference beside this one */
	bool uncached;   /**< the page may have a mapping as if it were in a page cache, but is in none */
	bool may_lag;    /**< the holder may name the page a moment longer or earlier than it has the reference */
};

/** Operations that hold references for which there is no pointer. */
enum flight_kind {
	FLIGHT_NONE,
	FLIGHT_SPLIT,     /**< a page of a large folio that is being split */
	FLIGHT_COLLAPSE,  /**< in a page table that was taken out to make a large folio of its pages */
	FLIGHT_READAHEAD, /**< in the page cache, and waits for the file system to read it */
	FLIGHT_JOURNAL,   /**< ext4 keeps it until a transaction is committed */
	NR_FLIGHTS,
};

/** A page or folio whose references are not those that its own words explain. */
struct extra_refs {
	uint64_t pfn;     /**< of the head */
	int32_t refcount;
	int32_t extra;    /**< references beyond mappings, caches, private data and allocation, as its own words tell */
	int32_t pins;     /**< _pincount of a large folio */
	uint64_t flags, mapping, index, memcg;
};

enum { REF_CLASS_NAME = 96 };

/** References that no walk explains, by what those have in common that kernel memory leads from. */
struct ref_class {
	char name[REF_CLASS_NAME]; /**< "slab kmalloc-1k": from the dump, not escaped */
	uint64_t pages, refs;
	bool in_flight; /**< a stack, a register, a page that is locked: somebody is in the middle of something */
};

/** A page that a finding about several is about, too. */
struct group_member {
	uint64_t pfn;   /**< of the page, head or first page of the block */
	uint64_t first; /**< the one that the finding names */
	unsigned rule;
};

struct refs_found {
	ARRAY(struct group_member) members;
	ARRAY(struct known_ref) known; /**< by pfn, source, holder; after the pass "sources" */
	ARRAY(uint64_t) given_back;    /**< addresses of words that name pages still, which were let go of: rising */
	uint64_t nr[NR_REF_SOURCES];   /**< references met */
	uint64_t cut[NR_REF_SOURCES];  /**< holders that could not be read: references may be missing */
	uint64_t stack_gaps;           /**< stacks that could not be read: operations in flight may not be known */
	bool unknown[NR_REF_SOURCES];  /**< the kernel has such holders, but its debug info does not tell how to walk them */
	/* after the pass "refs" */
	uint64_t not_searched;           /**< pages and folios whose holders were not searched for */
	uint64_t lost, lost_refs;        /**< some that nothing leads to, and their references */
	ARRAY(struct ref_class) classes; /**< holders of the others; operations in flight */
};

/** Stable name: "pipe", "socket-buffer". */
const char *ref_source_name(enum ref_source source);

/** Note a reference that a walk has met; out of memory is noted in the worker's findings. */
void refs_note(struct worker *w, const struct known_ref *ref);

/** Whether the word at \p va names a page that it held once, and holds no longer. */
bool refs_is_given_back(const struct check *c, uint64_t va);

/** Report that a holder holds \p value as a page, which is none (holder-no-page).  \p ref: all but the page; word must be known. */
void refs_no_page(struct worker *w, const struct known_ref *ref, uint64_t value);

/** References that a pin of a page with record \p r counts as: 1 where a large folio has a count of pins. */
uint32_t refs_pin_count(const struct check *c, const struct census_record *r);

/** \p source could not be followed somewhere. */
void refs_cut(struct worker *w, enum ref_source source);

/** Holders of the pages [\p pfn, \p pfn + \p nr): first and number.  NULL and 0 before the pass "sources". */
const struct known_ref *refs_known(const struct check *c, uint64_t pfn, uint64_t nr, size_t *ret_nr);

/** "entry 3 of the pipe_inode_info at 0x..." into \p buf; returns buf. */
const char *known_ref_text(const struct known_ref *ref, char *buf, size_t size);

/** The function at the end of the bio at \p va (known_ref.holder of REF_BIO).  False: it cannot be read. */
bool refs_bio_end(struct check *c, uint64_t va, uint64_t *ret);

/** The page at \p pfn belongs to the finding of \p rule that names \p first. */
void refs_member(struct check *c, unsigned rule, uint64_t first, uint64_t pfn);

/** Whether it does. */
bool refs_is_member(const struct check *c, unsigned rule, uint64_t first, uint64_t pfn);

/* ---- walks of holders: a unit of work each ----------------------------------------------------------------------- */

struct error;
struct error *refs_batches(struct check *c, struct worker *w);
struct error *refs_gathers(struct check *c, struct worker *w);
/** Pipes, perf events and io_uring contexts of open files. */
struct error *refs_files(struct check *c, struct worker *w);
/** The pipes that tasks keep for sendfile(). */
struct error *refs_task_pipes(struct check *c, struct worker *w);
struct error *refs_aio(struct check *c, struct worker *w);
struct error *refs_skbs(struct check *c, struct worker *w);
struct error *refs_frag_caches(struct check *c, struct worker *w);
struct error *refs_task_frags(struct check *c, struct worker *w);
struct error *refs_sockets(struct check *c, struct worker *w);
struct error *refs_page_pools(struct check *c, struct worker *w);
struct error *refs_bios(struct check *c, struct worker *w);
struct error *refs_dumpers(struct check *c, struct worker *w);

#endif
