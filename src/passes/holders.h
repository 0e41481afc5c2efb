/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file holders.h  Who holds a page: every word of kernel memory that leads to it, and what contains the word.
 *
 * One pass over the dump for all pages asked for.  A page that is kept by its pfn, by a physical address or in compressed
 * form is not found this way: page tables, zsmalloc, rings of devices.
 */
#ifndef PASSES_HOLDERS_H
#define PASSES_HOLDERS_H

#include "passes/check.h"
#include "types/symbols.h"
#include "walk/place.h"
#include "walk/request.h"
#include "walk/slab.h"

/** How the word leads to the page. */
enum holder_form {
	HOLDER_STRUCT_PAGE, /**< address of its struct page, two low bits free for flags */
	HOLDER_LIST_LINK,   /**< address of its list node, page.lru */
	HOLDER_DIRECT_MAP,  /**< address of a byte of it in the direct map */
	HOLDER_LIST_HEAD,   /**< the head of the list that the page is on, by page.lru: the word is the head's address */
	NR_HOLDER_FORMS,
};

/** What contains the word. */
enum holder_where {
	HOLDER_SLAB,
	HOLDER_LARGE_KMALLOC,
	HOLDER_STACK,    /**< kernel stack of a task */
	HOLDER_PERCPU,   /**< a CPU's area of the first chunk: static variables, and some dynamic ones */
	HOLDER_IMAGE,    /**< text and data of the kernel */
	HOLDER_VMALLOC,
	HOLDER_REQUEST,  /**< a request of a block device, with the driver's part of it */
	HOLDER_PAGE,     /**< another page of the kernel */
	HOLDER_REGISTER, /**< of a CPU, from the notes of the dump */
	NR_HOLDER_WHERES,
};

/** Whether what contains the word is in use. */
enum holder_state {
	HOLDER_LIVE,
	HOLDER_STALE,	  /**< a free object, stack of calls that have returned, an entry behind the end of an array, a buffer given
			     back */
	HOLDER_UNCERTAIN, /**< not known */
	NR_HOLDER_STATES,
};

struct holder {
	uint64_t pfn;   /**< the page asked for */
	uint64_t word;
	uint64_t pa;    /**< where the word is; HOLDER_REGISTER: 0 */
	uint64_t va;    /**< the same as a kernel address, 0: not known; HOLDER_REGISTER: 0 */
	uint64_t start; /**< first byte of the object, stack, area, or block of pages; 0: not known */
	uint32_t thing; /**< index of the cache, stack or area; the CPU; UINT32_MAX: not known */
	uint32_t index; /**< HOLDER_REGISTER: which; HOLDER_PERCPU: index of the CPU in check.percpu */
	enum holder_form form : 8;
	enum holder_where where : 8;
	enum holder_state state : 8;
	bool is_own_slot : 1; /**< the slot of the page cache or swap cache that the page is in, or its queue: no holder beyond that
			       */
	bool is_queued : 1;   /**< HOLDER_LIST_HEAD by folio._deferred_list; a holder only on the stack of who is splitting */
	bool is_owner : 1;    /**< of what the page belongs to: its buffers, the area it was allocated for; counted already, not a
				 holder more */
	bool is_inside : 1;   /**< in the page itself */
	bool is_past : 1;     /**< a buffer of a pipe that was given back: HOLDER_STALE */
	bool is_lru : 1;      /**< the head of the LRU list that the page is on: is_own_slot is set, too */
};

enum { HOLDER_GAPS = GAP_CORRUPT + 1 };

/** The array of pages of a vmalloc area. */
struct page_array {
	uint64_t va, nr;
};

struct holders {
	ARRAY(struct holder) list;  /**< by pfn, then where the word is; registers last */
	uint64_t not_kept;          /**< words beyond the limit */
	uint64_t searched;          /**< pages */
	uint64_t missing[HOLDER_GAPS]; /**< pages of kernel memory that are not in the dump, by reason */
	uint64_t unknown;           /**< pages of RAM of which it is not known what they are */
	/* what the words for people are made of */
	struct symbols symbols;
	struct places places;
	struct slabs slabs;
	ARRAY(struct page_array) arrays; /**< by va */
	struct holders *above; /**< words that lead to the objects in which these words are; NULL: not searched */
};

/** Limits: words in a MiB of memory, and altogether. */
enum { HOLDERS_PER_UNIT = 32768, MAX_HOLDERS = 1 << 21 };

/**
 * Find the holders of \p pfns (rising, no two alike).  The memmap pass has run over the whole dump.
 */
struct error *holders_find(struct check *c, const uint64_t *pfns, size_t nr, struct holders *ret) _must_check_;
void holders_deinit(struct holders *h);

/**
 * Search for what points to the objects that hold the pages (h->above), then for what points to those, at most \p steps times; a
 * pass over kernel memory each.
 */
struct error *holders_climb(struct check *c, struct holders *h, unsigned steps) _must_check_;

/** The next word of \p above that leads to the object in which \p x is, NULL: no more.  *at starts at 0. */
const struct holder *holders_leading_to(const struct check *c, const struct holders *above, const struct holder *x, size_t *at);

/** Pages of kernel memory that a search reads. */
uint64_t holders_pages(const struct check *c);

/** The holders of the pages [\p pfn, \p pfn + \p nr): first and number. */
const struct holder *holders_of(const struct holders *h, uint64_t pfn, uint64_t nr, size_t *ret_nr);

/** Whether it is one that somebody has to answer for: live or not known, not the page's own slot, and not in the page. */
static inline bool holder_counts(const struct holder *x)
{
	return x->state != HOLDER_STALE && !x->is_own_slot && !x->is_inside;
}

/** Stable names: "struct-page", "slab", "live". */
const char *holder_form_name(enum holder_form form);
const char *holder_where_name(enum holder_where where);
const char *holder_state_name(enum holder_state state);

/** What contains the word, for people: "object of kmalloc-1k at 0x... + 0x28, allocated", into \p buf. */
struct error *holder_text(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size) _must_check_;

/* ---- names ------------------------------------------------------------------------------------------------------- */

enum { ADDRESS_NAME = 128 };

/** The symbol that holds an address of the kernel's image or of a module. */
struct address_name {
	char name[MODULE_NAME_SIZE];
	uint64_t offset;
	const char *module; /**< NULL: the kernel */
	bool found, function;
};

struct error *holder_address(struct check *c, const struct holders *h, uint64_t va, struct address_name *ret) _must_check_;

/** "name + 0x10", "name + 0x10 in module m", "module m", "" into \p buf; returns buf. */
const char *address_name_text(const struct address_name *a, char *buf, size_t size);

/** What the word is in its object: "pipe_buffer[1].page", "" when that is not known, into \p buf (TYPED_TEXT bytes). */
struct error *holder_member(struct check *c, const struct holders *h, const struct holder *x, char *buf) _must_check_;

/** " of process 12 (cat)" for an object that belongs to a process, "" else, into \p buf; returns buf. */
struct error *holder_process(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size) _must_check_;

/** What holders of one kind have in common: "slab kmalloc-1k", "kept_pages in module x", "vmalloc area of f", into \p buf. */
struct error *holder_class(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size) _must_check_;

/** The same as holder_text() without how the word leads to the page. */
struct error *holder_place_text(struct check *c, const struct holders *h, const struct holder *x, char *buf,
				size_t size) _must_check_;

/* ---- steps, one file each ---------------------------------------------------------------------------------------- */

/** Add heads of the lists that \p pfns are on, where the search could not see them. */
struct error *holders_chains(struct check *c, const uint64_t *pfns, size_t nr, struct holders *h) _must_check_;

/** Load what tells what contains a word. */
struct error *holders_load(struct check *c, struct holders *h) _must_check_;

/** What contains each word of the list (which is by pa). */
struct error *holders_place(struct check *c, struct holders *h) _must_check_;

/** What a worker needs to look at slabs: the slab it looked at last, its free objects; the same for requests. */
struct holder_slab {
	struct slab_memory memory;
	struct slab_at at;
	struct slab_chain chain;
	uint64_t bitmap[SLAB_BITMAP_WORDS];
	uint64_t first_pfn, end_pfn; /**< of the slab in \a bitmap */
	struct request_block requests;
};

/** Place a word that is in a slab. */
struct error *holder_in_slab(struct check *c, const struct holders *h, struct holder_slab *s, struct holder *x)
	_must_check_;

/** Live objects of slabs that are in a sheaf, and so free for everybody but their slab, are stale (v6.18 and later). */
struct error *holders_sheaves(struct check *c, struct holders *h) _must_check_;

/** Learn what holder_belongs() needs. */
struct error *holders_arrays(struct holders *h) _must_check_;

/** Whether it is a pointer of a second reference: where neither a buffer head nor an nfs_page has its one to a page of a file. */
bool holder_is_second(const struct check *c, const struct census_record *r, const struct holder *x);

/** Words of what the page belongs to. */
struct error *holder_belongs(struct check *c, const struct holders *h, struct worker *w, struct holder *x) _must_check_;

/** Words that are the page's own slot in its cache. */
struct error *holder_own_slot(struct check *c, const struct holders *h, struct worker *w, struct holder *x) _must_check_;

#endif
