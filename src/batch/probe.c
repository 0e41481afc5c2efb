/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/probe.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "dump/diskdump.h"
#include "dump/format.h"

enum { HEAD_SIZE = 65536, TAIL_SIZE = 4096 };

/* ---- ELF -------------------------------------------------------------------------------------------------------- */

/*
 * Processes dump core as ELF files, too.  The kernel's fs/binfmt_elf.c gives each of these the process's auxiliary vector in
 * a note "CORE"; no dump of a kernel has one.
 */
static bool notes_of_process(const uint8_t *notes, uint64_t size, enum endian e)
{
	while (size >= 12) {
		uint64_t name_size = get_u32(e, notes), desc_size = get_u32(e, notes + 4);
		uint64_t step = 12 + ((name_size + 3) & ~UINT64_C(3)) + ((desc_size + 3) & ~UINT64_C(3));

		if (get_u32(e, notes + 8) == NT_AUXV && name_size == 5 && size >= 17 && !memcmp(notes + 12, "CORE", 5))
			return true;
		if (step > size)
			break;
		notes += step;
		size -= step;
	}
	return false;
}

/* A program header, of which the head of the file holds at least this. */
static bool segment_is_process(const uint8_t *head, size_t got, const uint8_t *phdr, enum endian e, struct probe *ret)
{
	uint64_t offset = get_u64(e, phdr + offsetof(Elf64_Phdr, p_offset));
	uint64_t size = get_u64(e, phdr + offsetof(Elf64_Phdr, p_filesz));
	uint32_t type = get_u32(e, phdr + offsetof(Elf64_Phdr, p_type));

	if (type == PT_LOAD)
		ret->pages += get_u64(e, phdr + offsetof(Elf64_Phdr, p_memsz)) >> 12;
	if (type != PT_NOTE || offset >= got)
		return false;
	return notes_of_process(head + offset, size < got - offset ? size : got - offset, e);
}

/* The notes of a process come before its memory; what lies beyond the head does not count. */
static bool elf_is_dump(const uint8_t *head, size_t got, struct probe *ret)
{
	enum endian e = head[EI_DATA] == ELFDATA2MSB ? ENDIAN_BIG : ENDIAN_LITTLE;
	uint64_t at = get_u64(e, head + offsetof(Elf64_Ehdr, e_phoff));
	unsigned nr = get_u16(e, head + offsetof(Elf64_Ehdr, e_phnum));
	bool is_process = false;

	if (get_u16(e, head + offsetof(Elf64_Ehdr, e_type)) != ET_CORE)
		return false;
	if (head[EI_CLASS] != ELFCLASS64)
		return true;
	for (unsigned i = 0; i < nr && at <= got - sizeof(Elf64_Phdr); i++, at += sizeof(Elf64_Phdr))
		is_process |= segment_is_process(head, got, head + at, e, ret);
	return !is_process;
}

/* ---- kdump ------------------------------------------------------------------------------------------------------ */

static void probe_kdump(int fd, uint64_t size, struct probe *ret)
{
	struct dump_file file = { .fd = fd, .size = size, .size_on_disk = size };
	struct diskdump_header h;
	struct error *err = diskdump_read_header(&file, &h);
	uint64_t shape[4];

	if (err) {
		error_free(err); /* whoever checks it says so */
		return;
	}
	ret->pages = h.max_mapnr;
	ret->is_part = h.split;
	ret->first_pfn = h.split_first;
	shape[0] = h.block_size;
	shape[1] = h.max_mapnr;
	shape[2] = h.bitmap_size;
	shape[3] = (uint64_t)h.dump_level;
	ret->set = hash_add(hash_add(HASH_START, h.identity, sizeof(h.identity)), shape, sizeof(shape));
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static bool read_at(int fd, uint64_t offset, uint8_t *buf, size_t size, size_t *ret_got)
{
	*ret_got = 0;
	while (*ret_got < size) {
		ssize_t n = pread(fd, buf + *ret_got, size - *ret_got, (off_t)(offset + *ret_got));

		if (n < 0)
			return false;
		if (!n)
			break;
		*ret_got += (size_t)n;
	}
	return true;
}

bool probe_file(int fd, uint64_t size, struct probe *ret)
{
	uint8_t head[HEAD_SIZE] = { 0 }, tail[TAIL_SIZE];
	enum dump_format format;
	size_t got, got_tail = 0;

	*ret = (struct probe){ .is_dump = false };
	if (!read_at(fd, 0, head, FORMAT_HEAD_SIZE, &got))
		return false;
	format = format_of(head, got);
	if (format == DUMP_FORMAT_OTHER)
		return true;
	if (!read_at(fd, 0, head, sizeof(head), &got) ||
	    !read_at(fd, size < TAIL_SIZE ? 0 : size - TAIL_SIZE, tail, TAIL_SIZE, &got_tail))
		return false;
	ret->head_hash = hash_add(hash_add(HASH_START, head, got), tail, got_tail);
	ret->is_dump = format != DUMP_FORMAT_ELF || (got >= sizeof(Elf64_Ehdr) && elf_is_dump(head, got, ret));
	if (format == DUMP_FORMAT_KDUMP)
		probe_kdump(fd, size, ret);
	else if (format != DUMP_FORMAT_ELF)
		ret->pages = size >> 12;
	return true;
}
