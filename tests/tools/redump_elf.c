/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF as /proc/vmcore gives it: program headers at 64, first the notes, then the kernel image at its own virtual
 * address (its pages come again in the direct map: the segments overlap), then RAM.  Memory left out follows its
 * segment as p_memsz beyond p_filesz.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "redump.h"

struct elf_plan {
	struct redump *r;
	ARRAY(Elf64_Phdr) phdrs;
};

static const char *arch_of(const struct redump *r)
{
	return dump_info(r->dump)->arch;
}

static uint16_t elf_machine(const char *arch)
{
	static const struct {
		const char *arch;
		uint16_t machine;
	} machines[] = {
		{ "x86_64", EM_X86_64 }, { "aarch64", EM_AARCH64 }, { "riscv64", EM_RISCV }, { "ppc64", EM_PPC64 },
		{ "s390x", EM_S390 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(arch, machines[i].arch))
			return machines[i].machine;
	return EM_NONE;
}

/* Where the direct map may start; KASLR moves it, nobody reads it. */
static uint64_t direct_map(const char *arch)
{
	if (!strcmp(arch, "s390x"))
		return 0;
	return !strcmp(arch, "aarch64") ? UINT64_C(0xffff000000000000) : UINT64_C(0xffff888000000000);
}

/* The segment of a run; memory left out right after a stored run belongs to that one. */
static bool plan_add(struct elf_plan *p, const struct segment *s)
{
	Elf64_Phdr *last = p->phdrs.nr ? &p->phdrs.v[p->phdrs.nr - 1] : NULL;
	uint64_t pa = s->first << p->r->page_shift, size = (s->end - s->first) << p->r->page_shift;

	if (!s->stored && last && last->p_type == PT_LOAD && last->p_paddr + last->p_memsz == pa) {
		last->p_memsz += size;
		return true;
	}
	return array_push(&p->phdrs, ((Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_W | PF_X, .p_vaddr = direct_map(arch_of(p->r)) + pa,
		.p_paddr = pa, .p_filesz = s->stored ? size : 0, .p_memsz = size,
	}));
}

/* What makes a physical address of one in the kernel image.  s390x: text_init() of arch/s390/kernel/crash_dump.c (v6.10). */
static uint64_t image_offset(const struct dump *d)
{
	const char *phys = dump_vmcoreinfo(d, "KERNELOFFPHYS");
	int64_t phys_base = 0;

	if (phys)
		return strtoull(phys, NULL, 16) - dump_kaslr_offset(d);
	dump_vmcoreinfo_number(d, "NUMBER", "phys_base", &phys_base);
	return (uint64_t)phys_base - UINT64_C(0xffffffff80000000);
}

/* Make phdrs[1] the kernel image: the part from _stext on of the segment that holds it. */
static void plan_image(struct elf_plan *p)
{
	Elf64_Phdr *image = &p->phdrs.v[1];
	uint64_t va = 0, pa;

	dump_vmcoreinfo_symbol(p->r->dump, "_stext", &va);
	pa = va + image_offset(p->r->dump);
	for (size_t i = 2; i < p->phdrs.nr; i++) {
		const Elf64_Phdr *h = &p->phdrs.v[i];

		if (pa < h->p_paddr || pa - h->p_paddr >= h->p_filesz)
			continue;
		*image = *h;
		image->p_vaddr = va;
		image->p_paddr = pa;
		image->p_offset += pa - h->p_paddr;
		image->p_filesz -= pa - h->p_paddr;
		image->p_memsz = image->p_filesz;
		return;
	}
	image->p_type = PT_NULL;
}

static struct error *plan_make(struct elf_plan *p)
{
	bool ok = array_push(&p->phdrs, ((Elf64_Phdr){ .p_type = PT_NOTE, .p_filesz = p->r->notes.len })) &&
		  array_push(&p->phdrs, ((Elf64_Phdr){ .p_type = PT_NULL }));

	for (size_t i = 0; i < p->r->segments.nr && ok; i++)
		ok = plan_add(p, &p->r->segments.v[i]);
	return ok ? NULL : &error_nomem;
}

/* Decide where all is; the first page of memory is page-aligned. */
static void plan_place(struct elf_plan *p, uint64_t headers_size)
{
	uint64_t mask = p->r->page_size - 1;
	uint64_t offset = (headers_size + p->r->notes.len + mask) & ~mask;

	p->phdrs.v[0].p_offset = headers_size;
	for (size_t i = 2; i < p->phdrs.nr; i++) {
		p->phdrs.v[i].p_offset = offset;
		offset += p->phdrs.v[i].p_filesz;
	}
}

/* ---- headers in the byte order of the dump ---------------------------------------------------------------------- */

static struct error *put_ehdr(const struct elf_plan *p, bool many)
{
	struct redump *r = p->r;
	Elf64_Ehdr e = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = redump_u16(r, ET_CORE),
		.e_machine = redump_u16(r, elf_machine(arch_of(r))),
		.e_version = redump_u32(r, EV_CURRENT),
		.e_phoff = redump_u64(r, sizeof(e)),
		.e_shoff = redump_u64(r, many ? sizeof(e) + p->phdrs.nr * sizeof(Elf64_Phdr) : 0),
		.e_ehsize = redump_u16(r, sizeof(e)),
		.e_phentsize = redump_u16(r, sizeof(Elf64_Phdr)),
		.e_phnum = redump_u16(r, many ? PN_XNUM : (uint16_t)p->phdrs.nr),
		.e_shentsize = redump_u16(r, many ? sizeof(Elf64_Shdr) : 0),
		.e_shnum = redump_u16(r, many),
	};

	if (r->endian == ENDIAN_BIG)
		e.e_ident[EI_DATA] = ELFDATA2MSB;
	return redump_put(r, &e, sizeof(e));
}

static struct error *put_phdr(struct redump *r, const Elf64_Phdr *h)
{
	Elf64_Phdr out = {
		.p_type = redump_u32(r, h->p_type),
		.p_flags = redump_u32(r, h->p_flags),
		.p_offset = redump_u64(r, h->p_offset),
		.p_vaddr = redump_u64(r, h->p_vaddr),
		.p_paddr = redump_u64(r, h->p_paddr),
		.p_filesz = redump_u64(r, h->p_filesz),
		.p_memsz = redump_u64(r, h->p_memsz),
	};

	return redump_put(r, &out, sizeof(out));
}

/* The number of program headers that the ELF header has no room for. */
static struct error *put_shdr(const struct elf_plan *p)
{
	Elf64_Shdr shdr = { .sh_size = redump_u64(p->r, 1), .sh_info = redump_u32(p->r, (uint32_t)p->phdrs.nr) };

	return redump_put(p->r, &shdr, sizeof(shdr));
}

static struct error *elf_put_headers(struct elf_plan *p)
{
	bool many = p->phdrs.nr >= PN_XNUM;
	struct error *err;

	plan_place(p, sizeof(Elf64_Ehdr) + p->phdrs.nr * sizeof(Elf64_Phdr) + (many ? sizeof(Elf64_Shdr) : 0));
	plan_image(p);
	err = put_ehdr(p, many);
	for (size_t i = 0; i < p->phdrs.nr && !err; i++)
		err = put_phdr(p->r, &p->phdrs.v[i]);
	if (!err && many)
		err = put_shdr(p);
	return err ? err : redump_put(p->r, p->r->notes.s, p->r->notes.len);
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static struct error *elf_put_pages(struct redump *r, const struct segment *s)
{
	_cleanup_free_ void *page = malloc(r->page_size);
	struct error *err = page ? NULL : &error_nomem;

	for (uint64_t pfn = s->first; pfn < s->end && !err; pfn++) {
		err = redump_page(r, pfn, page);
		if (!err)
			err = redump_put(r, page, r->page_size);
	}
	return err;
}

static struct error *elf_put_memory(struct elf_plan *p)
{
	struct redump *r = p->r;
	struct error *err = NULL;
	int64_t place = ftello(r->out);
	static const char zeros[1 << 16];

	err = redump_put(r, zeros, -(size_t)place & (r->page_size - 1));
	for (size_t i = 0; i < r->segments.nr && !err; i++)
		if (r->segments.v[i].stored)
			err = elf_put_pages(r, &r->segments.v[i]);
	return err;
}

struct error *redump_write_elf(struct redump *r)
{
	struct elf_plan p = { .r = r };
	struct error *err;

	err = plan_make(&p);
	if (!err)
		err = elf_put_headers(&p);
	if (!err)
		err = elf_put_memory(&p);
	array_free(&p.phdrs);
	return err;
}
