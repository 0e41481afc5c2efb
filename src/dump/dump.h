/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file dump.h  A crash dump as physical memory, its VMCOREINFO, and what is missing from it.
 *
 * struct dump is shared and constant after dump_open().  Reading needs a struct dump_reader; each thread makes its
 * own (libkdumpfile contexts, clones included, cannot be shared between threads).
 */
#ifndef DUMP_DUMP_H
#define DUMP_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct dump;
struct dump_reader;

/** Why a physical page cannot be read. */
enum gap_reason {
	GAP_NONE,      /**< it can */
	GAP_NOT_RAM,   /**< the dump's map of memory does not contain it */
	GAP_EXCLUDED,  /**< memory, but left out by the dump filter */
	GAP_TRUNCATED, /**< memory, but the file ends before it */
	GAP_CORRUPT,   /**< stored, but it does not decompress */
};

/** A text of VMCOREINFO, and where in memory it was. */
struct vmcoreinfo_copy {
	const char *text;
	uint64_t pa;
};

/** What is known about the file itself; strings live as long as the dump. */
struct dump_info {
	const char *path;
	const char *format;     /**< "elf" or "kdump" */
	const char *compression; /**< "none", "zlib", "lzo", "snappy", "zstd", "mixed"; of ELF: "none" */
	const char *arch;       /**< libkdumpfile's name: "x86_64", "aarch64", ... */
	uint64_t file_size;     /**< bytes, of all files */
	unsigned nr_files;      /**< 1, or the parts of a split dump that were found */
	bool flattened;         /**< in the format for pipes (makedumpfile -F) */
	enum endian endian;     /**< of the words in memory */
	unsigned page_shift;
	uint64_t max_pfn;        /**< one past the highest pfn of RAM */
	uint64_t pages_ram;      /**< pages the dump's map of memory contains */
	uint64_t pages_present;  /**< of these, stored and readable */
	uint64_t pages_excluded; /**< of these, left out by the filter */
	uint64_t pages_truncated; /**< of these, beyond the end of the file, or in a part that is missing */
	bool truncated;          /**< something is missing that the file should hold */
	const char *incomplete;  /**< why, if more is known than that pages lie beyond its end; NULL: no more */
	uint64_t vmcoreinfo_pa;  /**< VMCOREINFO was found in memory there; 0: it came in a note */
	bool other_note;         /**< there is a note VMCOREINFO, but the kernel did not write it, and memory has its own */
	const struct vmcoreinfo_copy *copies; /**< all texts that were found in memory; they contradict each other */
	unsigned nr_copies;      /**< 0: it came in a note; with more than 1 somebody must choose: dump_use_copy() */
	const char *copy_reason; /**< why that one was chosen; NULL: there was no choice */
	bool live;               /**< memory of a running kernel, which changes while it is read */
	bool zeros_excluded;     /**< what was left out may be pages of zeros as well: the file does not tell */
	int dump_level;          /**< makedumpfile's -d level when the header has it, else -1 */
};

/**
 * Open the file \p path ("-": standard input) and learn everything that needs no debug info.  A part of a split dump is
 * joined with the other parts that lie beside it.
 * Errors name the file and say what to do: not a dump, empty, directory, unreadable, no VMCOREINFO, packed, big-endian
 * machine other than s390x, unknown format.
 */
struct error *dump_open(const char *path, struct dump **ret) _must_check_;

/** The same of \p nr files, at least one: the parts of a split dump in any order.  One: as above. */
struct error *dump_open_files(const char *const *paths, unsigned nr, struct dump **ret) _must_check_;
void dump_free(struct dump *d);

const struct dump_info *dump_info(const struct dump *d);

/**
 * Make a reader; it borrows \p d.  One per thread.
 *
 * Free readers while no other thread works: kdump_free() of libkdumpfile 0.5.1 looks at memory that it has just freed
 * (its 97c716a, "Run attribute cleanup hooks before deallocating attributes").
 */
struct error *dump_reader_new(struct dump *d, struct dump_reader **ret) _must_check_;
void dump_reader_free(struct dump_reader *r);
const struct dump *dump_reader_dump(const struct dump_reader *r);

/**
 * Read \p size bytes of physical memory at \p pa, across page borders.
 *
 * \p *ret_got is the number of bytes read.  Less than \p size: the page at pa + *ret_got is a gap, for the reason
 * in \p *ret_why (may be NULL).  A gap is never filled with zeros.  Only the failure of the file itself (I/O) is an
 * error.
 */
struct error *dump_read_phys(struct dump_reader *r, uint64_t pa, void *buf, size_t size, size_t *ret_got,
			     enum gap_reason *ret_why) _must_check_;

/** Whether the page is RAM / stored, without reading it. */
enum gap_reason dump_page_gap(const struct dump *d, uint64_t pfn);

/** Call \p fn for every run [first, end) of pfns that are RAM, in rising order; stops when it returns false. */
void dump_for_each_ram(const struct dump *d, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg);

/* ---- VMCOREINFO: lines "KEY=value" that the kernel wrote about itself ---------------------------------------- */

/** The whole text, never NULL. */
const char *dump_vmcoreinfo_text(const struct dump *d);

/**
 * Take VMCOREINFO from info.copies[\p i] from now on; the first one is taken until then.  \p reason: why, NULL: it is a
 * try.  Only before readers are made.
 */
struct error *dump_use_copy(struct dump *d, unsigned i, const char *reason) _must_check_;

/** The value of line \p key ("OSRELEASE", "SYMBOL(mem_section)", "BUILD-ID"), NULL when absent. */
const char *dump_vmcoreinfo(const struct dump *d, const char *key);

/** SYMBOL(name): hexadecimal without 0x.  False: absent or not a number. */
bool dump_vmcoreinfo_symbol(const struct dump *d, const char *name, uint64_t *ret);

/** NUMBER/SIZE/LENGTH/OFFSET(name): decimal (signed) or 0x.  \p what is "NUMBER" and so on. */
bool dump_vmcoreinfo_number(const struct dump *d, const char *what, const char *name, int64_t *ret);

/** KERNELOFFSET=hex: how far KASLR moved the kernel image; 0 when absent. */
uint64_t dump_kaslr_offset(const struct dump *d);

/**
 * x86_64 with QEMU's own notes: CR3 or CR4 of a CPU.  False: the dump has no such note.
 * For dumps whose VMCOREINFO lacks the paging mode.
 */
bool dump_control_register(const struct dump *d, unsigned cpu, unsigned cr, uint64_t *ret);

/**
 * General registers of the \p i-th CPU that has an NT_PRSTATUS note, up to \p size of them, in the order of the
 * architecture's user_regs_struct.  The number of registers, 0: no such note.  Notes are in the order of CPUs, but CPUs that
 * wrote none are missing.
 */
unsigned dump_registers(const struct dump *d, unsigned i, uint64_t *ret, unsigned size);

/* ---- other back ends ------------------------------------------------------------------------------------------ */

/**
 * Where pages come from.  libkdumpfile is one such table; tests use others (memory made up in the test; an overlay
 * that changes a few bytes of a real dump).
 */
struct dump_ops {
	/** Make per-thread state in *ret_state. */
	struct error *(*reader_open)(void *backend, void **ret_state);
	void (*reader_close)(void *state);
	/** Read inside one page; *ret_why != GAP_NONE: nothing was read. */
	struct error *(*read)(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why);
	enum gap_reason (*page_gap)(const void *backend, uint64_t pfn);
	void (*for_each_ram)(const void *backend, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg);
	bool (*control_register)(const void *backend, unsigned cpu, unsigned cr, uint64_t *ret);
	/** Optional: dump_registers(). */
	unsigned (*registers)(const void *backend, unsigned i, uint64_t *ret, unsigned size);
	void (*free)(void *backend);
	/**
	 * Optional: read up to \p size bytes (a page or more) from a page's start on; *ret_got == 0 if and only if
	 * *ret_why != GAP_NONE.  Without it long reads go page by page.
	 */
	struct error *(*read_run)(void *state, uint64_t pa, void *buf, size_t size, size_t *ret_got,
				  enum gap_reason *ret_why);
	/** Memory never changes: readers may keep whole pages.  Not for tests that write to it. */
	bool constant;
};

/**
 * A dump on another back end.  \p info is copied, its strings too; \p vmcoreinfo is the text of the note.
 * Takes \p backend (ops->free) even when it fails.
 */
struct error *dump_new(const struct dump_ops *ops, void *backend, const struct dump_info *info,
		       const char *vmcoreinfo, struct dump **ret) _must_check_;

/** Bytes laid over the memory of a dump. */
struct dump_patch {
	uint64_t pa;
	uint32_t size; /**< at most 8; does not cross a page */
	uint64_t value; /**< of a word in the byte order of the dump */
};

/**
 * \p base seen with \p nr patches applied (later ones win).  The overlay borrows \p base, which must outlive it,
 * and copies the patches.  A patch inside a gap has no effect.
 */
struct error *dump_overlay(struct dump *base, const struct dump_patch *patches, size_t nr, struct dump **ret)
	_must_check_;

#endif
