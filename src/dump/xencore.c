/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps of Xen domains (xl dump-core, virsh dump of a Xen domain): ELF cores of sections without a program header.  Of
 * those domains whose hardware, or Xen, translates their addresses (HVM, PVH, and all of arm64) .xen_pfn tells which page
 * is where in .xen_pages; they are read as if the machine had been theirs.  The format: docs/misc/dump-core-format.txt of
 * Xen, tools/libs/ctrl/xc_core.c.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/plain.h"

enum { MAX_STRINGS = 1 << 16, MAX_SECTIONS = 256, PFNS_AT_ONCE = 8192, MAX_VCPUS = 8192, MAX_PFN_BITS = 44 };

static const uint64_t magic_pv = 0xf00febed, magic_hvm = 0xf00febee, invalid_pfn = UINT64_MAX;

struct xencore {
	uint16_t machine;
	unsigned nr;
	Elf64_Shdr headers[MAX_SECTIONS]; /* little-endian */
	char names[MAX_STRINGS + 1];
	size_t names_size;
};

/* ---- sections --------------------------------------------------------------------------------------------------- */

static struct error *read_sections(const struct dump_file *f, struct xencore *x)
{
	const Elf64_Shdr *strings;
	struct error *err;
	uint64_t size;
	Elf64_Ehdr e;

	err = file_read_header(f, 0, &e, sizeof(e), "ELF header");
	if (err)
		return err;
	x->machine = le16toh(e.e_machine);
	x->nr = le16toh(e.e_shnum);
	if (x->nr > MAX_SECTIONS || le16toh(e.e_shentsize) != sizeof(Elf64_Shdr) || le16toh(e.e_shstrndx) >= x->nr)
		return error_new("an ELF core without segments, whose %u section headers make no sense: it is damaged", x->nr);
	err = file_read_header(f, le64toh(e.e_shoff), x->headers, x->nr * sizeof(*x->headers), "ELF section headers");
	if (err)
		return err;
	strings = &x->headers[le16toh(e.e_shstrndx)];
	size = le64toh(strings->sh_size);
	x->names_size = size < MAX_STRINGS ? (size_t)size : MAX_STRINGS;
	return file_read_header(f, le64toh(strings->sh_offset), x->names, x->names_size, "names of sections");
}

/* NULL: there is no such section. */
static const Elf64_Shdr *find_section(const struct xencore *x, const char *name)
{
	for (unsigned i = 0; i < x->nr; i++) {
		uint32_t at = le32toh(x->headers[i].sh_name);

		if (at < x->names_size && !strcmp(x->names + at, name))
			return &x->headers[i];
	}
	return NULL;
}

/* ---- which page is where ----------------------------------------------------------------------------------------- */

struct pfn_list {
	struct dump_map *map;
	uint64_t pages; /* offset of the first page */
	uint64_t nr; /* entries looked at */
};

static struct error *add_pfns(struct pfn_list *l, const uint8_t *entries, size_t nr)
{
	struct error *err = NULL;

	for (size_t i = 0; i < nr && !err; i++, l->nr++) {
		uint64_t pfn = get_le64(entries + 8 * i);

		if (pfn == invalid_pfn) /* the page went away while it was dumped */
			continue;
		if (pfn >> MAX_PFN_BITS)
			return error_new(".xen_pfn has page %#" PRIx64 ": it is damaged; copy the dump again", pfn);
		err = map_add(l->map,
			      (struct dump_run){ .first = pfn, .end = pfn + 1, .pos = l->pages + l->nr * l->map->pos_step });
	}
	return err;
}

static struct error *read_pfns(const struct dump_file *f, const Elf64_Shdr *pfns, struct pfn_list *l)
{
	uint64_t offset = le64toh(pfns->sh_offset), left = le64toh(pfns->sh_size) / 8;
	_cleanup_free_ uint8_t *entries = malloc(PFNS_AT_ONCE * 8);
	struct error *err = entries ? NULL : &error_nomem;

	while (left && !err) {
		size_t nr = left < PFNS_AT_ONCE ? (size_t)left : PFNS_AT_ONCE;

		err = file_read_header(f, offset, entries, nr * 8,
				       ".xen_pfn (which tells where each page is, and stands near the end)");
		if (!err)
			err = add_pfns(l, entries, nr);
		offset += nr * 8;
		left -= nr;
	}
	return err;
}

static struct error *make_map(struct dump_store *s, const struct xencore *x)
{
	const Elf64_Shdr *pages = find_section(x, ".xen_pages"), *pfns = find_section(x, ".xen_pfn");
	uint64_t page_size = bit_u64(s->info.page_shift);
	struct dump_map stored = { .pos_step = page_size };
	struct pfn_list l = { .map = &stored };
	struct error *err;

	if (!pages || !pfns)
		return error_new("holds no memory (neither segments nor the sections .xen_pages and .xen_pfn)");
	l.pages = le64toh(pages->sh_offset);
	if (l.pages > low_mask(62) || le64toh(pfns->sh_size) / 8 > le64toh(pages->sh_size) / page_size)
		return error_new(".xen_pfn tells of more pages than .xen_pages has: the dump is damaged; copy it again");
	s->map.pos_step = page_size;
	err = read_pfns(&s->file, pfns, &l);
	if (!err)
		err = map_lay_under(&s->map, &stored);
	map_deinit(&stored);
	if (!err && !s->map.runs.nr)
		err = error_new("holds no memory (.xen_pfn is empty)");
	return err;
}

/* ---- processors -------------------------------------------------------------------------------------------------- */

/* Offsets in struct vcpu_guest_context of x86_64 (Xen's public/arch-x86/xen.h). */
enum { VCPU_REGISTERS = 520, VCPU_CONTROL = 4984, VCPU_SIZE = 5168, NR_REGISTERS = 21, REGISTER_ERROR_CODE = 15 };

/* Xen's cpu_user_regs has the order of the kernel's pt_regs, and smaller words beside cs and ss. */
static struct error *take_vcpu(struct dump_notes *n, const uint8_t *context)
{
	static const bool is_selector[NR_REGISTERS] = { [17] = true, [20] = true };
	struct cpu_registers r = { .nr = NR_REGISTERS };
	struct cpu_control c;

	for (unsigned i = 0; i < NR_REGISTERS; i++)
		r.reg[i] = is_selector[i] ? get_le16(context + VCPU_REGISTERS + 8 * i) : get_le64(context + VCPU_REGISTERS + 8 * i);
	r.reg[REGISTER_ERROR_CODE] = 0; /* and the number of a trap: none of the processor's */
	for (unsigned i = 0; i < NOTE_NR_CR; i++)
		c.cr[i] = get_le64(context + VCPU_CONTROL + 8 * i);
	return array_push(&n->registers, r) && array_push(&n->cpus, c) ? NULL : &error_nomem;
}

static struct error *take_vcpus(struct dump_store *s, const struct xencore *x)
{
	const Elf64_Shdr *section = find_section(x, ".xen_prstatus");
	uint64_t nr = section ? le64toh(section->sh_size) / VCPU_SIZE : 0;
	uint8_t context[VCPU_SIZE];
	struct error *err = NULL;

	if (x->machine != EM_X86_64 || !section || le64toh(section->sh_entsize) != VCPU_SIZE || nr > MAX_VCPUS)
		return NULL;
	for (uint64_t i = 0; i < nr && !err; i++) {
		err = file_read_header(&s->file, le64toh(section->sh_offset) + i * VCPU_SIZE, context, sizeof(context),
				       ".xen_prstatus");
		if (!err)
			err = take_vcpu(&s->notes, context);
	}
	return err;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* What the toolstack says of the domain. */
static struct error *check_domain(struct dump_store *s, const struct xencore *x)
{
	const Elf64_Shdr *notes = find_section(x, ".note.Xen");
	const struct xen_domain *d = &s->notes.xen_domain;
	struct error *err;

	err = notes ? store_read_notes(s, le64toh(notes->sh_offset), le64toh(notes->sh_size)) : NULL;
	if (err)
		return err;
	if (d->magic == magic_pv && find_section(x, ".xen_p2m"))
		return error_new(
			"dump of a paravirtual Xen domain, whose page tables hold the machine's page numbers; only those of "
			"HVM and PVH domains can be read");
	if (d->magic != magic_hvm && d->magic != magic_pv)
		return error_new(
			"no note of Xen tells what domain this is: the dump is damaged; take it again with: xl dump-core GUEST FILE");
	if (!page_size_is_sane(d->page_size))
		return error_new("pages of %" PRIu64 " bytes: the dump is damaged; copy it again", d->page_size);
	s->info.page_shift = log2_u64(d->page_size);
	return NULL;
}

static const char *xencore_arch(uint16_t machine)
{
	return machine == EM_X86_64 ? "x86_64" : machine == EM_AARCH64 ? "aarch64" : "unknown";
}

static struct error *xencore_load(struct dump_store *s)
{
	struct xencore *x = calloc(1, sizeof(*x));
	struct error *err;

	if (!x)
		return &error_nomem;
	err = read_sections(&s->file, x);
	if (!err)
		err = check_domain(s, x);
	if (!err)
		err = make_map(s, x);
	if (!err)
		err = take_vcpus(s, x);
	s->info.arch = xencore_arch(x->machine);
	free(x);
	return err ? err : plain_loaded(s);
}

struct error *xencore_open(struct dump_file *file, const char *path, struct dump **ret)
{
	/* pages that the dump lacks were never the domain's, or given back by its balloon */
	return plain_open(file, &(struct dump_info){ .path = path, .format = "xen" }, xencore_load, ret);
}
