/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file store.h  What the back ends that read a file have in common. */
#ifndef DUMP_STORE_H
#define DUMP_STORE_H

#include "dump/dump.h"
#include "dump/file.h"
#include "dump/map.h"
#include "dump/notes.h"

/** First member of such a back end. */
struct dump_store {
	struct dump_file file;
	struct dump_map map;
	struct dump_notes notes;
	struct dump_info info;
	ARRAY(struct vmcoreinfo_copy) copies; /* their texts are malloc()ed; info has them */
	char machine[65];
		/**< what info.arch says when it is none we have a name for */ /* info.page_shift is set before the map is made */
};

void store_deinit(struct dump_store *s);

/** Read a block of notes at \p offset. */
struct error *store_read_notes(struct dump_store *s, uint64_t offset, uint64_t size) _must_check_;

/** Refuse what nobody could check: Xen. */
struct error *store_check_notes(const struct dump_store *s) _must_check_;

/** What PAGESIZE of VMCOREINFO says; \p otherwise when it is absent. */
struct error *store_page_shift(const struct dump_store *s, unsigned otherwise, unsigned *ret) _must_check_;

/** An error if VMCOREINFO has other pages than info.page_shift, which is from the header. */
struct error *store_match_page_size(const struct dump_store *s) _must_check_;

/** Our name of the architecture that the kernel's utsname calls \p machine; \p machine itself if we have none. */
const char *store_machine_arch(const char *machine);

/** Pages of 4 KiB to 256 KiB: libkdumpfile's limits. */
bool page_size_is_sane(uint64_t size);

/* members of struct dump_ops */
enum gap_reason store_page_gap(const void *backend, uint64_t pfn);
void store_for_each_ram(const void *backend, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg);
bool store_control_register(const void *backend, unsigned cpu, unsigned cr, uint64_t *ret);
unsigned store_registers(const void *backend, unsigned i, uint64_t *ret, unsigned size);

/* The formats.  They take \p file over, also when they fail; messages do not name the file. */
struct error *elf_open(struct dump_file *file, const char *path, struct dump **ret) _must_check_;
struct error *xencore_open(struct dump_file *file, const char *path, struct dump **ret) _must_check_;
struct error *lkcd_open(struct dump_file *file, const char *path, struct dump **ret) _must_check_;
struct error *sadump_open(struct dump_file *file, const char *path, struct dump **ret) _must_check_;
struct error *s390dump_open(struct dump_file *file, const char *path, struct dump **ret) _must_check_;
/* \p more: further parts of a split dump; none: they are looked for beside it. */
struct error *diskdump_open(struct dump_file *file, const char *path, const char *const *more, unsigned nr_more,
			    struct dump **ret) _must_check_;

#endif
