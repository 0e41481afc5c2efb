/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file mutate.h  Mutation tests: a real dump with a few bytes changed, and the findings that must follow.
 *
 * README.md describes the records.  A record that needs what the kernel or the dump does not have is skipped.
 */
#ifndef RULES_MUTATE_H
#define RULES_MUTATE_H

#include "passes/check.h"

enum { NAME_SIZE = 64, REASON_SIZE = 256, MAX_PICKS = 16, MAX_LVALUE = 8 };

/* ---- record.c: the files ----------------------------------------------------------------------------------------- */

struct line {
	unsigned nr;
	char *text; /**< without comment and surrounding blanks */
};

struct record {
	const char *file;
	char name[NAME_SIZE];
	bool flips;         /**< "flips NAME" instead of "test NAME" */
	ARRAY(struct line) lines; /**< all but the first */
};

struct records {
	ARRAY(struct record) list;
};

/** Add the records of \p path. */
struct error *records_read(struct records *r, const char *path) _must_check_;
void records_deinit(struct records *r);

/* ---- world.c: the healthy dump ----------------------------------------------------------------------------------- */

struct member {
	char name[NAME_SIZE * 2]; /**< "type.path" */
	struct answer answer;
};

/** One entry of a process's page table. */
struct map_entry {
	uint64_t pfn; /**< a page that it leads to: a large entry is there once for each */
	uint64_t pa;  /**< of the entry */
	uint64_t va;  /**< user address that it maps */
	unsigned level;
	uint32_t space;
	struct user_entry e;
};

struct world {
	const char *kernel;    /**< name of the dump, for "kernels" */
	const char *debuginfo;
	char cache_dir[64];    /**< answers from the debug info, so that it is read once */
	enum holder_search holders; /**< of the checks of damaged dumps */
	struct check *base;    /**< the dump as it is; its check has run */
	struct types *types;
	unsigned char **pages; /**< struct pages of each section */
	ARRAY(struct member) members;
	ARRAY(struct map_entry) entries; /**< by page, address space, address */
	ARRAY(struct map_entry) swap_entries; /**< those that are not present */
	struct bitmap vmapped; /**< pfns that vmalloc() and the like map */
};

struct error *world_open(struct world *w, const char *dump, const char *debuginfo, const char *kernel) _must_check_;
void world_close(struct world *w);

/** The struct page of \p pfn in the healthy dump, NULL when there is none. */
const unsigned char *world_page(const struct world *w, uint64_t pfn);

/** Address of the struct page of \p pfn; false: no section holds it. */
bool world_page_va(const struct world *w, uint64_t pfn, uint64_t *ret);

/** Ask the debug info; false: the kernel has no such thing. */
bool world_member(struct world *w, const char *type, const char *path, struct answer *ret);
bool world_enum(struct world *w, const char *type, const char *name, int64_t *ret);
bool world_symbol(struct world *w, const char *name, uint64_t *ret);

/** Run a check on the dump with \p patches.  The caller frees *ret; the overlay belongs to it. */
struct error *world_check(struct world *w, const struct dump_patch *patches, size_t nr, struct check **ret) _must_check_;

/* ---- one record at work ------------------------------------------------------------------------------------------ */

enum outcome { OUTCOME_OK, OUTCOME_SKIP, OUTCOME_BAD };

struct expectation {
	enum rule_id rule;
	uint64_t pfn; /**< UINT64_MAX: not compared */
	bool any_rule, any_severity, follows, optional, met;
	enum severity severity;
};

struct mutation {
	struct world *w;
	struct {
		char name[16];
		uint64_t pfn;
	} picks[MAX_PICKS];
	unsigned nr_picks, nr_holds;
	ARRAY(struct dump_patch) patches;
	ARRAY(struct expectation) expected;
	bool nothing; /**< "expect nothing" */
	char todo[REASON_SIZE]; /**< what pagefsck cannot do yet: the record may fail */
	enum outcome outcome;
	char reason[REASON_SIZE]; /**< why it is skipped or wrong */
};

void mutation_deinit(struct mutation *m);

/** Note why the record cannot be run; the first reason counts. */
void mutation_skip(struct mutation *m, const char *fmt, ...) _printf_(2, 3);
void mutation_bad(struct mutation *m, const char *fmt, ...) _printf_(2, 3);

/** Of the words in memory. */
static inline enum endian mutation_endian(const struct mutation *m)
{
	return dump_info(m->w->base->dump)->endian;
}

/** Bytes as they are with the patches so far. */
bool mutation_read(struct mutation *m, uint64_t va, void *buf, size_t size);
bool mutation_read_phys(struct mutation *m, uint64_t pa, void *buf, size_t size);
void mutation_write(struct mutation *m, uint64_t va, const void *buf, size_t size);
void mutation_write_phys(struct mutation *m, uint64_t pa, const void *buf, size_t size);

/* ---- expr.c ------------------------------------------------------------------------------------------------------ */

/** A place in memory. */
struct lvalue {
	uint64_t address;
	bool physical;
	unsigned size;
};

/** Parse and evaluate what stands at *s; *s is left behind it.  After an error m->outcome is not OUTCOME_OK. */
uint64_t expr_value(struct mutation *m, const char **s);
struct lvalue expr_place(struct mutation *m, const char **s);

/** The next word (up to a blank) into \p buf; false at the end of the line. */
bool word_next(const char **s, char *buf, size_t size);
void blanks_skip(const char **s);
/** A word in the byte order of the dump. */
uint64_t lvalue_read(struct mutation *m, const struct lvalue *l);
void lvalue_write(struct mutation *m, const struct lvalue *l, uint64_t value);

/** The address of the entry that maps \p va: a physical address; 0: none. */
uint64_t leaf_entry(struct mutation *m, uint64_t va);

/* ---- process.c --------------------------------------------------------------------------------------------------- */

/** Find all entries of the healthy dump. */
struct error *process_open(struct world *w) _must_check_;

/** Entries that lead to page \p pfn, by address space and address; NULL: none. */
const struct map_entry *process_entries(const struct world *w, uint64_t pfn, size_t *ret_nr);

/** The address of the entry so many levels above the one at \p pa; 0: there is none. */
uint64_t entry_above(const struct world *w, uint64_t pa, unsigned level, unsigned space, unsigned steps);

/** The \p nth entry that leads to page \p pfn; NULL: the record is skipped. */
const struct map_entry *entry_of(struct mutation *m, uint64_t pfn, uint64_t nth);

/** pte[p], pmd[p], pud[p], pgd[p]; false: \p what is none of these. */
bool process_place(struct mutation *m, const char *what, uint64_t pfn, uint64_t nth, struct lvalue *ret);

/** Address of the mm_struct ("mm"), area ("vma"), task ("task") that maps the page. */
uint64_t process_object(struct mutation *m, const char *what, uint64_t pfn, uint64_t nth);

/** mm(p), va(p), table(p) ...; false: no such function. */
bool process_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret);

/* ---- entry.c ----------------------------------------------------------------------------------------------------- */

/** NO_ENTRY: an entry that maps nothing, 0 but for s390x. */
uint64_t entry_none(struct mutation *m);

/** userbit(NAME): that bit of enum user_bits. */
uint64_t entry_bit(struct mutation *m, const char *name);

/** flagbit(FIELD), flagtop(FIELD): the lowest, the highest bit of a field in page flags. */
uint64_t entry_field(struct mutation *m, const char *name, bool top);

/** swp(type, offset), entry_to(p, q), entry_with(p, BIT), upper_to(p, q), leaf_to(ADDRESS, q), pa(p), in_page(E), bytes(E); false: none of them. */
bool pte_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret);

/** swptype(NAME): the first type of that class. */
uint64_t process_swap_type(struct mutation *m, const char *name);

/** Filters: *ret is the number called \p name, or whether \p f matches; false: no such filter. */
bool process_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret);
bool process_matches(const struct mutation *m, uint64_t pfn, const char *f, bool *ret);

/* ---- hugetlb.c --------------------------------------------------------------------------------------------------- */

/** hstate(p), vmva(p), kpfn(ADDRESS), vmarea(ADDRESS), ...; false: no such function. */
bool owner_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret);

/** The filter `vmalloc`; false: no such filter. */
bool owner_matches(const struct mutation *m, uint64_t pfn, const char *f, bool *ret);

/* ---- cache.c ----------------------------------------------------------------------------------------------------- */

/** mapping(p), inode(p), slot(p) ...; false: no such function. */
bool cache_function(struct mutation *m, const char *function, uint64_t pfn, uint64_t nth, uint64_t *ret);

/** Filters nrpages, innode, writeback; false: \p name is none of these. */
bool cache_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret);
/* ---- freelist.c -------------------------------------------------------------------------------------------------- */

/** free_list(p), nr_free(p), zone_stat(p, item), zone_of(p), pcp(p), pageblock(p), pageblock_shift(p); false: none of them. */
bool freelist_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret);

/** Find all pages that vmalloc() maps. */
struct error *freelist_open(struct world *w) _must_check_;

/** The number called \p name ("migratetype", "vmapped"); false: no such filter. */
bool freelist_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret);

/* ---- swap.c ------------------------------------------------------------------------------------------------------ */

/** swapslot(E), cluster(E), swapinfo(E), cacheslot(E), entry(PA), lone(N), shared(N), parked(N), freeslot(N); false: none of these.
 */
bool swap_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret);

/* ---- slab.c ------------------------------------------------------------------------------------------------------ */

/** cache(p), cachenode(p), freeobject(p,N) ...; false: no such function. */
bool slab_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret);

/** Filters about the slab at \p pfn, as process_number() and process_matches(). */
bool slab_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret);
bool slab_matches(const struct world *w, uint64_t pfn, const char *f, bool *ret);

/* ---- lru.c ------------------------------------------------------------------------------------------------------- */

/** lruvec(p), lrusize(p), memcg(N), splitq(N), batch(N) ...; false: no such function. */
bool lru_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret);

/** Filters listed, queued, batched: whether the walks of the healthy dump met the page there; false: \p f is none of these. */
bool lru_matches(const struct world *w, uint64_t pfn, const char *f, bool *ret);

/* ---- lost.c ------------------------------------------------------------------------------------------------------ */

/** linear(p): address in the direct map; false: no such function. */
bool lost_function(struct mutation *m, const char *function, uint64_t a, uint64_t *ret);

/** The filter `owner=NAME`; false: \p f is none. */
bool lost_matches(const struct world *w, uint64_t pfn, const char *f, bool *ret);

/** "forget PFN" */
void forget_statement(struct mutation *m, const char *s);

/* ---- holder.c ---------------------------------------------------------------------------------------------------- */

/** refslot(p,N), refholder(p,N); false: no such function. */
bool holder_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret);

/** Filters about holders of references that walks have met, as process_number() and process_matches(). */
bool holder_number(const struct world *w, uint64_t pfn, const char *name, int64_t *ret);
bool holder_matches(const struct world *w, uint64_t pfn, const char *f, bool *ret);

/* ---- pick.c ------------------------------------------------------------------------------------------------------ */

/** "pick NAME FILTER...": \p s stands behind "pick". */
void pick_statement(struct mutation *m, const char *s);

/** Every first pfn that matches the filters of \p s, in rising order. */
struct pfns {
	ARRAY(uint64_t) list;
};
void pick_all(struct mutation *m, const char *s, struct pfns *ret);

/* ---- apply.c ----------------------------------------------------------------------------------------------------- */

/** Do what the lines of the record say, up to the expectations. */
void mutation_apply(struct mutation *m, const struct record *r);

/** "set PLACE = VALUE": \p s stands behind "set". */
void set_statement(struct mutation *m, const char *s);

/* ---- refs.c ------------------------------------------------------------------------------------------------------ */

/** "hold PAGE [stack]", "every NAME COUNT FILTER...: PLACE = VALUE". */
void hold_statement(struct mutation *m, const char *s);
void every_statement(struct mutation *m, const char *s);

/* ---- expect.c ---------------------------------------------------------------------------------------------------- */

void expect_statement(struct mutation *m, const char *s, bool optional);

/** Hold the findings of \p c against what is expected; prints what differs as comment lines. */
bool expect_compare(struct mutation *m, const struct check *c);

/** One finding as a comment line. */
void finding_print(const struct check *c, const struct finding *f, const char *what);

/* ---- flips.c ----------------------------------------------------------------------------------------------------- */

/** Flip every bit of every word asked for by "flips" records, and print what noticed it. */
struct error *flips_run(struct world *w, const struct records *r, const char *only) _must_check_;

#endif
