/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file search.h  VMCOREINFO of a dump that has no such note: the kernel keeps it in memory.
 *
 * The text stands at the start of pages of its own (crash_save_vmcoreinfo_init()), and again behind the header of the
 * note in vmcoreinfo_note, 24 bytes into a page.
 */
#ifndef DUMP_SEARCH_H
#define DUMP_SEARCH_H

#include "dump/store.h"

/**
 * Whether VMCOREINFO has to be searched: there is no note, or makedumpfile wrote it from a vmlinux (as it does when it
 * converts sadump, or a Xen core), with what it needs itself.
 */
bool search_is_needed(const struct dump_store *s);

/**
 * Look at all pages of the back end \p s, read by \p ops, and put the text into its notes and its place into
 * info.vmcoreinfo_pa.  Of texts that contradict each other (of a kernel that ran before) the first is taken, and all are
 * in info.copies.  A note stays when nothing is found.  Errors: there is none; there are too many; they have pages of different
 * sizes.
 */
struct error *search_vmcoreinfo(struct dump_store *s, const struct dump_ops *ops) _must_check_;

#endif
