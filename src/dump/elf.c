/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF dumps: /proc/vmcore, makedumpfile -E, QEMU's dump-guest-memory.  Pages lie in the file as they were in memory,
 * so they are read without libkdumpfile: in long runs, from the one file descriptor all readers share, and without
 * the ways in which the library trusts the header.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/plain.h"
#include "dump/search.h"
#include "dump/store.h"
#include "dump/truncation.h"

/* In e_flags, where riscv has flags of its own: makedumpfile ran out of room. */
enum { ELF_INCOMPLETE = 0x1 };

/* ---- opening ---------------------------------------------------------------------------------------------------- */

struct elf_header {
	uint16_t machine;
	bool incomplete;
	enum endian endian; /* of header and notes */
	uint64_t nr_phdrs;
	Elf64_Phdr *phdrs; /* those members that are used: in the byte order of this machine */
};

static const char *elf_arch(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *arch;
	} archs[] = {
		{ EM_X86_64, "x86_64" }, { EM_AARCH64, "aarch64" }, { EM_PPC64, "ppc64" },
		{ EM_RISCV, "riscv64" }, { 258 /* EM_LOONGARCH */, "loongarch64" },
		{ EM_S390, "s390x" },	 { EM_386, "i686" },	    { EM_ARM, "arm" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		if (archs[i].machine == machine)
			return archs[i].arch;
	return "unknown";
}

/* The members that are used, as words of this machine. */
static void elf_turn_header(enum endian x, Elf64_Ehdr *e)
{
	e->e_type = get_u16(x, &e->e_type);
	e->e_machine = get_u16(x, &e->e_machine);
	e->e_flags = get_u32(x, &e->e_flags);
	e->e_phoff = get_u64(x, &e->e_phoff);
	e->e_shoff = get_u64(x, &e->e_shoff);
	e->e_phentsize = get_u16(x, &e->e_phentsize);
	e->e_phnum = get_u16(x, &e->e_phnum);
}

static void elf_turn_phdrs(const struct elf_header *h)
{
	enum endian x = h->endian;

	for (uint64_t i = 0; i < h->nr_phdrs; i++) {
		Elf64_Phdr *p = &h->phdrs[i];

		p->p_type = get_u32(x, &p->p_type);
		p->p_offset = get_u64(x, &p->p_offset);
		p->p_vaddr = get_u64(x, &p->p_vaddr);
		p->p_paddr = get_u64(x, &p->p_paddr);
		p->p_filesz = get_u64(x, &p->p_filesz);
		p->p_memsz = get_u64(x, &p->p_memsz);
	}
}

static struct error *elf_check_ident(const Elf64_Ehdr *e)
{
	bool big = e->e_ident[EI_DATA] == ELFDATA2MSB;

	if (e->e_ident[EI_CLASS] == ELFCLASS32 && big && e->e_machine == EM_S390)
		return error_new("dump of a 31-bit s390 kernel, which is not supported; those of s390x, 64-bit, are");
	if (e->e_ident[EI_CLASS] != ELFCLASS64 || (!big && e->e_ident[EI_DATA] != ELFDATA2LSB))
		return error_new("not a 64-bit ELF dump; dumps of 32-bit kernels are not supported");
	if (big && e->e_machine != EM_S390 && e->e_machine != EM_PPC64)
		return error_new(
			"dump of a big-endian machine (%s), which is not supported: of big-endian ones pagefsck knows s390x",
			elf_arch(e->e_machine));
	if (e->e_type != ET_CORE)
		return error_new("an ELF file, but not a core dump (is it the vmlinux? give that with -d)");
	if (e->e_phentsize != sizeof(Elf64_Phdr))
		return error_new("ELF program headers of %u bytes: the header is damaged", e->e_phentsize);
	return NULL;
}

/* More than 65534 segments: the number is in section header 0. */
static struct error *elf_nr_phdrs(const struct dump_file *f, const Elf64_Ehdr *e, struct elf_header *h)
{
	struct error *err;
	Elf64_Shdr shdr;

	h->nr_phdrs = e->e_phnum;
	if (h->nr_phdrs != PN_XNUM)
		return NULL;
	err = file_read_header(f, e->e_shoff, &shdr, sizeof(shdr), "ELF section headers");
	if (!err)
		h->nr_phdrs = get_u32(h->endian, &shdr.sh_info);
	return err;
}

static struct error *elf_read_header(const struct dump_file *f, struct elf_header *h)
{
	struct error *err;
	Elf64_Ehdr e;
	uint64_t size;

	err = file_read_header(f, 0, &e, sizeof(e), "ELF header");
	if (err)
		return err;
	h->endian = e.e_ident[EI_DATA] == ELFDATA2MSB ? ENDIAN_BIG : ENDIAN_LITTLE;
	elf_turn_header(h->endian, &e);
	err = elf_check_ident(&e);
	if (!err)
		err = elf_nr_phdrs(f, &e, h);
	if (err)
		return err;
	h->machine = e.e_machine;
	h->incomplete = h->machine != EM_RISCV && e.e_flags & ELF_INCOMPLETE;
	size = h->nr_phdrs * sizeof(*h->phdrs);
	if (!file_holds(f, e.e_phoff, size))
		return file_cut_error(f, "ELF program headers");
	h->phdrs = malloc(size + 1);
	if (!h->phdrs)
		return &error_nomem;
	err = file_read_header(f, e.e_phoff, h->phdrs, size, "ELF program headers");
	if (!err)
		elf_turn_phdrs(h);
	return err;
}

static struct error *elf_read_notes(struct dump_store *s, const struct elf_header *h)
{
	struct error *err = NULL;

	s->notes.endian = h->endian;
	for (uint64_t i = 0; i < h->nr_phdrs && !err; i++)
		if (h->phdrs[i].p_type == PT_NOTE)
			err = store_read_notes(s, h->phdrs[i].p_offset, h->phdrs[i].p_filesz);
	return err;
}

/*
 * Whole pages of [pa, pa + size).  The kernel does not manage a page that is RAM only in part
 * (e820_end_pfn() rounds inwards).
 */
static struct dump_run page_run(uint64_t pa, uint64_t size, unsigned shift)
{
	uint64_t page_size = bit_u64(shift);

	return (struct dump_run){ .first = (pa + page_size - 1) >> shift, .end = (pa + size) >> shift };
}

/* One segment: what it holds to `stored`, what it stands for to `memory`. */
static struct error *elf_add_segment(struct dump_map *stored, struct dump_map *memory, const Elf64_Phdr *phdr,
				     unsigned shift)
{
	uint64_t pa = phdr->p_paddr, offset = phdr->p_offset;
	uint64_t file_size = phdr->p_filesz, size = phdr->p_memsz;
	struct dump_run run;
	struct error *err;

	if (pa == UINT64_MAX) /* not in physical memory */
		return NULL;
	if (size < file_size)
		size = file_size;
	if (pa > low_mask(56) || size > low_mask(56))
		return error_new("a segment at physical address %#" PRIx64 ", %#" PRIx64 " bytes long: the header is damaged",
				 pa, size);
	run = page_run(pa, file_size, shift);
	run.pos = offset + ((run.first << shift) - pa);
	if (run.pos < offset) /* such an offset is beyond any file */
		run.pos = UINT64_MAX >> 1;
	err = map_add(stored, run);
	if (err)
		return err;
	run = page_run(pa, size, shift);
	run.why = GAP_EXCLUDED;
	return map_add(memory, run);
}

/* Runs that the file holds win over runs that are cut off, and these over memory that was left out. */
static struct error *elf_join_maps(struct dump_store *s, struct dump_map *stored, struct dump_map *memory)
{
	struct dump_map cut = { .pos_step = stored->pos_step };
	struct error *err;
	size_t kept = 0;

	err = truncation_split_runs(&s->file, stored);
	for (size_t i = 0; i < stored->runs.nr && !err; i++) {
		if (stored->runs.v[i].why == GAP_NONE)
			stored->runs.v[kept++] = stored->runs.v[i];
		else
			err = map_add(&cut, stored->runs.v[i]);
	}
	stored->runs.nr = kept;
	if (!err)
		err = map_lay_under(&s->map, stored);
	if (!err)
		err = map_lay_under(&s->map, &cut);
	if (!err)
		err = map_lay_under(&s->map, memory);
	map_deinit(&cut);
	return err;
}

/*
 * /proc/kcore also has segments for vmalloc and the like, which are no place in physical memory.  Before Linux 4.12
 * (464920104bf7) their address was 0 and not -1, as was that of all others.
 */
static bool elf_is_virtual(const struct elf_header *h, const Elf64_Phdr *phdr)
{
	if (phdr->p_paddr || !phdr->p_vaddr)
		return false;
	for (uint64_t i = 0; i < h->nr_phdrs; i++)
		if (h->phdrs[i].p_type == PT_LOAD && h->phdrs[i].p_paddr == UINT64_MAX)
			return false;
	return true;
}

static struct error *elf_make_map(struct dump_store *s, const struct elf_header *h)
{
	uint64_t page_size = bit_u64(s->info.page_shift);
	struct dump_map stored = { .pos_step = page_size }, memory = { 0 };
	struct error *err = NULL;

	s->map.pos_step = page_size;
	for (uint64_t i = 0; i < h->nr_phdrs && !err; i++)
		if (h->phdrs[i].p_type == PT_LOAD && !(s->info.live && elf_is_virtual(h, &h->phdrs[i])))
			err = elf_add_segment(&stored, &memory, &h->phdrs[i], s->info.page_shift);
	if (!err)
		err = elf_join_maps(s, &stored, &memory);
	if (!err && !s->map.runs.nr)
		err = error_new("holds no memory (no PT_LOAD segment)");
	map_deinit(&stored);
	map_deinit(&memory);
	return err;
}

/*
 * QEMU (7.2, cpu_get_dump_info()) writes headers and notes of a POWER9 guest as big-endian, whatever the guest is, and no
 * VMCOREINFO: kernels of that machine that run under it are little-endian.  A kernel's own dump is like the kernel.
 */
static enum endian elf_memory_endian(const struct dump_store *s, const struct elf_header *h)
{
	return h->machine == EM_PPC64 && !s->notes.vmcoreinfo ? ENDIAN_LITTLE : h->endian;
}

/* How large pages are is in VMCOREINFO, too: until it is known they are small ones. */
static struct error *elf_search(struct dump_store *s, const struct elf_header *h)
{
	struct error *err;

	s->info.page_shift = 12;
	err = elf_make_map(s, h);
	if (!err)
		err = search_vmcoreinfo(s, &plain_ops);
	map_deinit(&s->map);
	return err;
}

static void elf_describe(struct dump_store *s, const struct elf_header *h)
{
	s->info.arch = elf_arch(h->machine);
	if (h->incomplete)
		s->info.incomplete = "the file is marked incomplete: makedumpfile ran out of room";
	plain_describe(s);
}

static struct error *elf_load(struct dump_store *s)
{
	struct elf_header h = { 0 };
	struct error *err;

	err = elf_read_header(&s->file, &h);
	if (!err)
		err = elf_read_notes(s, &h);
	if (!err)
		err = store_check_notes(s);
	s->info.endian = elf_memory_endian(s, &h);
	s->info.live = s->file.live || s->notes.live;
	if (!err && search_is_needed(s))
		err = elf_search(s, &h);
	if (!err)
		err = store_page_shift(s, 12, &s->info.page_shift);
	if (!err)
		err = elf_make_map(s, &h);
	if (!err)
		elf_describe(s, &h);
	free(h.phdrs);
	return err;
}

struct error *elf_open(struct dump_file *file, const char *path, struct dump **ret)
{
	const struct dump_info info = { .path = path, .format = "elf", .zeros_excluded = true };

	return plain_open(file, &info, elf_load, ret);
}
