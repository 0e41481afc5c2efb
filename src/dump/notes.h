/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file notes.h  What we need of a dump's ELF notes: VMCOREINFO, and the control registers QEMU saves. */
#ifndef DUMP_NOTES_H
#define DUMP_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/error.h"

enum { NOTE_NR_CR = 5, NOTE_MAX_REGISTERS = 34 };

/** Limit for one block of notes: 8192 CPUs need 4 MB. */
enum { NOTES_MAX_SIZE = 16 << 20 };

struct cpu_control {
	uint64_t cr[NOTE_NR_CR];
};

/** A note NT_PRSTATUS: general registers as the kernel's user_regs_struct orders them. */
struct cpu_registers {
	unsigned nr;
	uint64_t reg[NOTE_MAX_REGISTERS];
};

/** The header of a dump of a Xen domain (xl dump-core); what the toolstack writes, not the guest. */
struct xen_domain {
	uint64_t magic; /**< 0: no such note */
	uint64_t nr_pages;
	uint64_t page_size;
};

struct dump_notes {
	char *vmcoreinfo; /**< malloc()ed, NUL-terminated; NULL: no such note */
	size_t vmcoreinfo_size;
	ARRAY(struct cpu_control) cpus; /**< from QEMU's notes, in their order */
	ARRAY(struct cpu_registers) registers; /**< from notes NT_PRSTATUS, in their order */
	enum endian endian; /**< of the notes' words: to be set before notes_add() */
	bool live; /**< of /proc/kcore: it tells which task reads it */
	struct xen_domain xen_domain;
	bool xen; /**< of a Xen hypervisor or guest: pfns are not where they seem */
};

/** Take in a block of notes.  A broken note ends the block; that is no error. */
struct error *notes_add(struct dump_notes *n, const void *data, size_t size) _must_check_;
void notes_deinit(struct dump_notes *n);

/** Register \p cr of \p cpu; false when no note has it. */
bool notes_control_register(const struct dump_notes *n, unsigned cpu, unsigned cr, uint64_t *ret);

/** General registers of the \p i-th CPU that has a note, NULL: no such note. */
const struct cpu_registers *notes_registers(const struct dump_notes *n, unsigned i);

#endif
