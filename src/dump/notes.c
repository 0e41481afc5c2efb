/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/notes.h"

#include <elf.h>
#include <string.h>

#include "base/bytes.h"

struct note {
	const char *name; /* not NUL-terminated */
	size_t name_size; /* without a NUL at the end */
	uint32_t type;
	const uint8_t *desc;
	size_t desc_size;
};

/* Cut the first note off the block.  False: there is no whole one. */
static bool note_next(enum endian e, const uint8_t **data, size_t *size, struct note *ret)
{
	enum { HEADER_SIZE = 12 };
	uint64_t name_size, desc_offset, end;

	if (*size < HEADER_SIZE)
		return false;
	name_size = get_u32(e, *data);
	ret->desc_size = get_u32(e, *data + 4);
	ret->type = get_u32(e, *data + 8);
	desc_offset = HEADER_SIZE + ((name_size + 3) & ~UINT64_C(3));
	end = desc_offset + ret->desc_size;
	if (end > *size)
		return false;
	ret->name = (const char *)*data + HEADER_SIZE;
	ret->name_size = strnlen(ret->name, (size_t)name_size);
	ret->desc = *data + desc_offset;
	end = (end + 3) & ~UINT64_C(3);
	if (end > *size)
		end = *size;
	*data += end;
	*size -= (size_t)end;
	return true;
}

static bool note_is(const struct note *note, const char *name)
{
	return note->name_size == strlen(name) && !memcmp(note->name, name, note->name_size);
}

static struct error *vmcoreinfo_take(struct dump_notes *n, const struct note *note)
{
	char *text;

	if (n->vmcoreinfo || !note->desc_size)
		return NULL;
	text = malloc(note->desc_size + 1);
	if (!text)
		return &error_nomem;
	memcpy(text, note->desc, note->desc_size);
	text[note->desc_size] = '\0';
	n->vmcoreinfo = text;
	n->vmcoreinfo_size = note->desc_size;
	return NULL;
}

/*
 * QEMUCPUState of QEMU's target/i386/arch_dump.c: u32 version, u32 size, 18 registers of 8 bytes, 10 segments of
 * 24 bytes, cr[5].
 */
static struct error *qemu_take(struct dump_notes *n, const struct note *note)
{
	enum { CR_OFFSET = 8 + 18 * 8 + 10 * 24 };
	struct cpu_control cpu;

	if (note->desc_size < CR_OFFSET + sizeof(cpu.cr))
		return NULL;
	for (unsigned i = 0; i < NOTE_NR_CR; i++)
		cpu.cr[i] = get_u64(n->endian, note->desc + CR_OFFSET + 8 * i);
	return array_push(&n->cpus, cpu) ? NULL : &error_nomem;
}

/*
 * struct elf_prstatus of 64-bit machines: 112 bytes of signals, ids and times, the registers, and a word that tells of
 * floating point.  What a CPU had in user mode or in the guest of a hypervisor is in it, too.  s390x has two words of PSW, 16
 * registers, 16 access registers of 32 bits, two in a word here, and the second register as it was before a system call.
 */
static struct error *prstatus_take(struct dump_notes *n, const struct note *note)
{
	enum { REGISTERS_OFFSET = 112, TAIL_SIZE = 8, MAX_CPUS = 8192 };
	struct cpu_registers cpu = { .nr = 0 };

	if (note->desc_size < REGISTERS_OFFSET + TAIL_SIZE || n->registers.nr >= MAX_CPUS)
		return NULL;
	while (cpu.nr < NOTE_MAX_REGISTERS && REGISTERS_OFFSET + 8 * (size_t)(cpu.nr + 1) + TAIL_SIZE <= note->desc_size) {
		cpu.reg[cpu.nr] = get_u64(n->endian, note->desc + REGISTERS_OFFSET + 8 * (size_t)cpu.nr);
		cpu.nr++;
	}
	return array_push(&n->registers, cpu) ? NULL : &error_nomem;
}

/* XEN_ELFNOTE_DUMPCORE_HEADER of Xen's docs/misc/dump-core-format.txt: magic, vcpus, pages, size of a page. */
static void xen_take(struct dump_notes *n, const struct note *note)
{
	enum { TYPE_HEADER = 0x2000001 };

	n->xen = true;
	if (note->type != TYPE_HEADER || note->desc_size < 4 * 8)
		return;
	n->xen_domain.magic = get_le64(note->desc);
	n->xen_domain.nr_pages = get_le64(note->desc + 16);
	n->xen_domain.page_size = get_le64(note->desc + 24);
}

struct error *notes_add(struct dump_notes *n, const void *data, size_t size)
{
	const uint8_t *rest = data;
	struct error *err = NULL;
	struct note note;

	while (!err && note_next(n->endian, &rest, &size, &note)) {
		if (note_is(&note, "VMCOREINFO"))
			err = vmcoreinfo_take(n, &note);
		else if (note_is(&note, "QEMU"))
			err = qemu_take(n, &note);
		else if (note_is(&note, "CORE") && note.type == NT_PRSTATUS)
			err = prstatus_take(n, &note);
		else if (note_is(&note, "CORE") && note.type == NT_TASKSTRUCT)
			n->live = true;
		else if (note_is(&note, "Xen") || note_is(&note, ".note.Xen") || note_is(&note, "VMCOREINFO_XEN"))
			xen_take(n, &note);
	}
	return err;
}

void notes_deinit(struct dump_notes *n)
{
	free(n->vmcoreinfo);
	array_free(&n->cpus);
	array_free(&n->registers);
	*n = (struct dump_notes){ 0 };
}

bool notes_control_register(const struct dump_notes *n, unsigned cpu, unsigned cr, uint64_t *ret)
{
	if (cpu >= n->cpus.nr || cr >= NOTE_NR_CR)
		return false;
	*ret = n->cpus.v[cpu].cr[cr];
	return true;
}

const struct cpu_registers *notes_registers(const struct dump_notes *n, unsigned i)
{
	return i < n->registers.nr ? &n->registers.v[i] : NULL;
}
