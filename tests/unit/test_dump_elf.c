/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF dumps made here: what is where, cut at every place, and with lies in the header. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "dump/notes.h"
#include "dump_image.h"

enum { PHDRS = 64, NOTES = 0x800, MEMORY = 0x1000 };

struct load {
	uint64_t pa, file_size, size;
	unsigned page; /* place in the file, in pages after MEMORY */
};

/* Pages 1-3 stored; 0x10, 0x11 stored, 0x12, 0x13 not; 2 again; a piece of 0x9f and of 0xa0; all of 0xa1; 0x80 not. */
static const struct load loads[] = {
	{ 0x10000, 0x2000, 0x4000, 3 },
	{ 0x1000, 0x3000, 0x3000, 0 },
	{ 0x2000, 0x1000, 0x1000, 1 },
	{ 0x9f800, 0x2800, 0x2900, 5 },
	{ 0x80000, 0, 0x1000, 0 },
};

/* What is found without a note. */
static const char image_searchable[] = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=81000000\nSIZE(list_head)=16\n"
				       "OFFSET(pglist_data.node_id)=1\n";

static size_t phdr_offset(size_t i)
{
	return PHDRS + i * sizeof(Elf64_Phdr);
}

static void put_phdr(struct image *m, size_t i, const struct load *l)
{
	Elf64_Phdr h = {
		.p_type = PT_LOAD, .p_offset = MEMORY + (uint64_t)l->page * IMAGE_PAGE, .p_paddr = l->pa,
		.p_filesz = l->file_size, .p_memsz = l->size,
	};

	image_put(m, phdr_offset(i), &h, sizeof(h));
}

static void put_header(struct image *m, size_t nr_phdrs)
{
	Elf64_Ehdr e = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = PHDRS,
		.e_ehsize = sizeof(e), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = (uint16_t)nr_phdrs,
	};

	image_put(m, 0, &e, sizeof(e));
}

static void make_image(struct image *m, const char *vmcoreinfo)
{
	static const uint64_t pfns[] = { 1, 2, 3, 0x10, 0x11 };
	Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = NOTES };

	note.p_filesz = image_put_notes(m, NOTES, vmcoreinfo);
	put_header(m, 1 + ARRAY_SIZE(loads));
	image_put(m, phdr_offset(0), &note, sizeof(note));
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		put_phdr(m, i + 1, &loads[i]);
	for (size_t i = 0; i < ARRAY_SIZE(pfns); i++)
		image_put_page(m, MEMORY + i * IMAGE_PAGE, pfns[i]);
	image_put_page(m, MEMORY + 5 * IMAGE_PAGE + 0x800, 0xa0);
	image_put_page(m, MEMORY + 6 * IMAGE_PAGE + 0x800, 0xa1);
}

static void test_what_is_where(void **state)
{
	struct image m = { 0 };
	const struct dump_info *info;
	struct dump *d;
	uint64_t cr;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	d = image_open(&m, m.size, NULL);
	info = dump_info(d);
	assert_string_equal(info->format, "elf");
	assert_string_equal(info->compression, "none");
	assert_string_equal(info->arch, "x86_64");
	assert_int_equal(info->file_size, m.size);
	assert_int_equal(info->page_shift, 12);
	assert_int_equal(info->max_pfn, 0xa2);
	assert_int_equal(info->pages_ram, 3 + 4 + 1 + 2);
	assert_int_equal(info->pages_present, 3 + 2 + 2);
	assert_int_equal(info->pages_excluded, 3);
	assert_false(info->truncated);
	assert_int_equal(info->dump_level, -1);
	assert_int_equal(dump_page_gap(d, 0), GAP_NOT_RAM);
	assert_int_equal(dump_page_gap(d, 2), GAP_NONE);
	assert_int_equal(dump_page_gap(d, 0x12), GAP_EXCLUDED);
	assert_int_equal(dump_page_gap(d, 0x14), GAP_NOT_RAM);
	assert_int_equal(dump_page_gap(d, 0x80), GAP_EXCLUDED);
	assert_int_equal(dump_page_gap(d, 0x9f), GAP_NOT_RAM);
	assert_int_equal(dump_page_gap(d, 0xa1), GAP_NONE);
	assert_int_equal(dump_page_gap(d, 0xa2), GAP_NOT_RAM);
	assert_true(dump_control_register(d, 0, 3, &cr) && cr == 0x1003);
	assert_false(dump_control_register(d, 1, 3, &cr));
	assert_false(dump_control_register(d, 0, 5, &cr));
	image_check_all(d);
	dump_free(d);
	image_free(&m);
}

static void turn(struct image *m, size_t offset, const uint8_t *sizes, size_t nr)
{
	for (size_t i = 0; i < nr; offset += sizes[i++])
		image_put_word(m, offset, get_word(ENDIAN_LITTLE, m->bytes + offset, sizes[i]), sizes[i]);
}

/* The headers of make_image() as words of a big-endian machine; its notes are that already. */
static void turn_headers(struct image *m, uint16_t machine)
{
	static const uint8_t ehdr[] = { 2, 2, 4, 8, 8, 8, 4, 2, 2, 2, 2, 2, 2 }, phdr[] = { 4, 4, 8, 8, 8, 8, 8, 8 };

	m->bytes[EI_DATA] = ELFDATA2MSB;
	image_put_le(m, offsetof(Elf64_Ehdr, e_machine), machine, 2);
	turn(m, EI_NIDENT, ehdr, ARRAY_SIZE(ehdr));
	for (size_t i = 0; i <= ARRAY_SIZE(loads); i++)
		turn(m, phdr_offset(i), phdr, ARRAY_SIZE(phdr));
}

static void test_big_endian(void **state)
{
	struct image m = { .endian = ENDIAN_BIG };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	turn_headers(&m, EM_S390);
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	assert_string_equal(dump_info(d)->arch, "s390x");
	assert_int_equal(dump_info(d)->endian, ENDIAN_BIG);
	assert_int_equal(dump_info(d)->pages_present, 7);
	assert_int_equal(dump_page_gap(d, 0x12), GAP_EXCLUDED);
	image_check_all(d);
	dump_free(d);
	for (size_t size = 0; size < m.size; size += 211) {
		d = image_open(&m, size, NULL);
		if (d)
			image_check_all(d);
		dump_free(d);
	}
	image_put_word(&m, offsetof(Elf64_Ehdr, e_machine), EM_AARCH64, 2);
	assert_null(image_open(&m, m.size, "big-endian machine (aarch64), which is not supported"));
	image_put_word(&m, offsetof(Elf64_Ehdr, e_machine), EM_S390, 2);
	m.bytes[EI_CLASS] = ELFCLASS32;
	assert_null(image_open(&m, m.size, "31-bit s390"));
	image_free(&m);
}

/* A kernel of ppc64 that wrote its own dump is what its dump is; of QEMU's headers nothing is to be learnt. */
static void test_big_endian_headers(void **state)
{
	for (int own = 0; own < 2; own++) {
		struct image m = { .endian = ENDIAN_BIG };
		struct dump *d;

		(void)state;
		make_image(&m, own ? image_vmcoreinfo : NULL);
		if (!own)
			memcpy(m.bytes + MEMORY, image_searchable, sizeof(image_searchable));
		turn_headers(&m, EM_PPC64);
		d = image_open(&m, m.size, NULL);
		assert_non_null(d);
		assert_int_equal(dump_info(d)->endian, own ? ENDIAN_BIG : ENDIAN_LITTLE);
		dump_free(d);
		image_free(&m);
	}
}

/* Notes NT_PRSTATUS of two CPUs, x86_64 and arm64, and pieces of them. */
static void test_registers(void **state)
{
	static const struct {
		uint32_t desc_size;
		unsigned nr;
	} cases[] = { { 336, 27 }, { 392, 34 }, { 120, 0 }, { 119, 0 }, { 0, 0 }, { 128, 1 }, { 500, 34 } };

	(void)state;
	for (size_t n = 0; n < 2 * ARRAY_SIZE(cases); n++) {
		size_t i = n / 2;
		enum endian e = n % 2 ? ENDIAN_BIG : ENDIAN_LITTLE;
		struct { uint32_t name_size, desc_size, type; char name[8]; uint8_t desc[504]; } note = {
			5, cases[i].desc_size, NT_PRSTATUS, "CORE", { 0 },
		};
		struct dump_notes notes = { .endian = e };
		const struct cpu_registers *r;

		for (unsigned j = 0; j < 40; j++)
			memcpy(note.desc + 112 + 8 * j, &(uint64_t){ get_u64(e, &(uint64_t){ 0x1000 + j }) }, 8);
		for (uint32_t *w = &note.name_size; w <= &note.type; w++)
			*w = get_u32(e, w);
		assert_null(notes_add(&notes, &note, 20 + cases[i].desc_size));
		assert_null(notes_add(&notes, &note, 20 + cases[i].desc_size));
		note.type = get_u32(e, &(uint32_t){ NT_PRPSINFO });
		assert_null(notes_add(&notes, &note, 20 + cases[i].desc_size));
		r = notes_registers(&notes, 1);
		assert_int_equal(r ? r->nr : 0, cases[i].nr);
		for (unsigned j = 0; r && j < r->nr; j++)
			assert_int_equal(r->reg[j], 0x1000 + j);
		assert_null(notes_registers(&notes, 2));
		notes_deinit(&notes);
	}
}

static void test_cut_at_every_place(void **state)
{
	struct image m = { 0 };

	(void)state;
	make_image(&m, image_vmcoreinfo);
	for (size_t size = 0; size < m.size; size += size < MEMORY ? 13 : 509) {
		struct dump *d = image_open(&m, size, NULL);

		if (d) {
			assert_true(dump_info(d)->truncated);
			assert_int_equal(dump_info(d)->pages_present + dump_info(d)->pages_truncated, 7);
			image_check_all(d);
		}
		assert_true(d || size < MEMORY);
		dump_free(d);
	}
	image_free(&m);
}

/* The copy of page 2 that is not cut must be the one that counts. */
static void test_a_whole_copy_beats_a_cut_one(void **state)
{
	struct load cut = { 0x2000, 0x1000, 0x1000, 1000 };
	struct image m = { 0 };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	put_phdr(&m, 3, &cut);
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	assert_int_equal(dump_page_gap(d, 2), GAP_NONE);
	assert_false(dump_info(d)->truncated);
	image_check_all(d);
	dump_free(d);
	image_free(&m);
}

static void test_many_segments(void **state)
{
	Elf64_Shdr shdr = { .sh_info = 1 + ARRAY_SIZE(loads) };
	struct image m = { 0 };
	struct dump *d;

	(void)state;
	make_image(&m, image_vmcoreinfo);
	image_put_le(&m, offsetof(Elf64_Ehdr, e_phnum), PN_XNUM, 2);
	image_put_le(&m, offsetof(Elf64_Ehdr, e_shoff), m.size, 8);
	image_put(&m, m.size, &shdr, sizeof(shdr));
	d = image_open(&m, m.size, NULL);
	assert_non_null(d);
	image_check_all(d);
	dump_free(d);
	image_put_le(&m, m.size - sizeof(shdr) + offsetof(Elf64_Shdr, sh_info), UINT32_MAX, 4);
	assert_null(image_open(&m, m.size, "ELF program headers"));
	image_put_le(&m, offsetof(Elf64_Ehdr, e_shoff), UINT64_MAX, 8);
	assert_null(image_open(&m, m.size, "ELF section headers"));
	image_free(&m);
}

struct lie {
	size_t offset;
	unsigned size;
	uint64_t value;
	const char *message; /* NULL: it opens, and can be read */
};

#define EHDR(member) offsetof(Elf64_Ehdr, member), sizeof(((Elf64_Ehdr *)0)->member)
#define PHDR(i, member) PHDRS + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, member), sizeof(((Elf64_Phdr *)0)->member)

static const struct lie lies[] = {
	{ EI_DATA, 1, ELFDATA2MSB, "big-endian" },
	{ EI_CLASS, 1, ELFCLASS32, "32-bit" },
	{ EHDR(e_type), ET_EXEC, "vmlinux" },
	{ EHDR(e_phnum), 0xfffe, "program headers" },
	{ EHDR(e_phnum), 0, "no memory" },
	{ EHDR(e_phnum), 1, "no memory" },
	{ EHDR(e_phentsize), 0, "damaged" },
	{ EHDR(e_phoff), UINT64_MAX, "program headers" },
	{ EHDR(e_machine), 0xffff, NULL },
	{ PHDR(0, p_offset), UINT64_MAX, "notes" },
	{ PHDR(0, p_filesz), UINT64_MAX, "notes" },
	{ PHDR(0, p_filesz), 20, "VMCOREINFO" },
	{ PHDR(1, p_offset), UINT64_MAX, NULL },
	{ PHDR(1, p_offset), UINT64_MAX - 0x1800, NULL },
	{ PHDR(4, p_offset), UINT64_MAX, NULL },
	{ PHDR(1, p_paddr), UINT64_MAX, NULL },
	{ PHDR(1, p_paddr), UINT64_MAX - 1, "damaged" },
	{ PHDR(1, p_memsz), UINT64_MAX, "damaged" },
	{ PHDR(1, p_filesz), UINT64_MAX, "damaged" },
	{ PHDR(1, p_filesz), UINT64_C(1) << 55, NULL },
	{ PHDR(1, p_memsz), 0, NULL },
};

static void test_lies_in_the_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct image m = { 0 };
		struct dump *d;

		make_image(&m, image_vmcoreinfo);
		image_put_le(&m, lies[i].offset, lies[i].value, lies[i].size);
		d = image_open(&m, m.size, lies[i].message);
		if (!d != !!lies[i].message)
			fail_msg("lie %zu", i);
		if (d)
			image_read_all(d);
		dump_free(d);
		image_free(&m);
	}
}

static void test_any_byte_wrong(void **state)
{
	static const uint8_t values[] = { 0, 0xff, 0x80, 1 };
	struct image m = { 0 };

	(void)state;
	make_image(&m, image_vmcoreinfo);
	for (size_t i = 0; i < MEMORY; i += i < NOTES - 8 && i > phdr_offset(6) ? 8 : 1) {
		uint8_t byte = m.bytes[i];
		struct dump *d;

		m.bytes[i] = values[i % ARRAY_SIZE(values)];
		d = image_open(&m, m.size, NULL);
		if (d)
			image_read_all(d);
		dump_free(d);
		m.bytes[i] = byte;
	}
	image_free(&m);
}

static void test_page_size_of_vmcoreinfo(void **state)
{
	const struct load load = { 0x10000, 0, 0x20000, 0 };
	struct image big = { 0 }, bad = { 0 };
	struct dump *d;

	(void)state;
	make_image(&big, "PAGESIZE=65536\n");
	put_phdr(&big, 1, &load);
	d = image_open(&big, big.size, NULL);
	assert_non_null(d);
	assert_int_equal(dump_info(d)->page_shift, 16);
	assert_int_equal(dump_info(d)->max_pfn, 3);
	dump_free(d);
	make_image(&bad, "PAGESIZE=12345\n");
	assert_null(image_open(&bad, bad.size, "PAGESIZE"));
	image_free(&big);
	image_free(&bad);
}

static void test_without_vmcoreinfo(void **state)
{
	struct image m = { 0 };

	(void)state;
	make_image(&m, NULL);
	assert_null(image_open(&m, m.size, "no VMCOREINFO"));
	image_free(&m);
}

/* ---- what is no dump -------------------------------------------------------------------------------------------- */

static void expect_refused(const char *path, const char *message)
{
	struct dump *d = NULL;
	struct error *err = dump_open(path, &d);

	assert_non_null(err);
	if (!strstr(error_text(err), path) || !strstr(error_text(err), message))
		fail_msg("message: %s", error_text(err));
	error_free(err);
}

static void test_what_is_no_dump(void **state)
{
	struct image m = { 0 };
	char fifo[64];

	(void)state;
	expect_refused("/nowhere/vmcore", "check the path");
	expect_refused("/tmp", "directory");
	expect_refused("/dev/null", "neither a file nor a pipe");
	expect_refused("/proc/self/status", "empty");
	snprintf(fifo, sizeof(fifo), "/tmp/pagefsck-fifo-%d", (int)getpid());
	assert_int_equal(mkfifo(fifo, 0600), 0);
	expect_refused(fifo, "nothing came through the pipe");
	unlink(fifo);
	assert_null(image_open(&m, 0, "empty file"));
	image_put(&m, 0, "\177E", 2);
	assert_null(image_open(&m, m.size, "not a dump"));
	image_put(&m, 0, "\177ELF", 4);
	assert_null(image_open(&m, m.size, "cut after 4 bytes"));
	image_put(&m, 0, "makedumpfile\0\0\0\0\0\0\0\1", 21);
	assert_null(image_open(&m, m.size, "cut after 21 bytes"));
	image_free(&m);
}

static void test_unreadable(void **state)
{
	struct image m = { 0 };
	const char *path;

	(void)state;
	if (geteuid() == 0)
		skip();
	image_put(&m, 0, "x", 1);
	path = image_write(&m, 1);
	assert_int_equal(chmod(path, 0), 0);
	expect_refused(path, "Permission denied");
	image_free(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_where),
		cmocka_unit_test(test_big_endian), cmocka_unit_test(test_big_endian_headers), cmocka_unit_test(test_registers),
		cmocka_unit_test(test_cut_at_every_place),
		cmocka_unit_test(test_a_whole_copy_beats_a_cut_one),
		cmocka_unit_test(test_many_segments),
		cmocka_unit_test(test_lies_in_the_header),
		cmocka_unit_test(test_any_byte_wrong),
		cmocka_unit_test(test_page_size_of_vmcoreinfo),
		cmocka_unit_test(test_without_vmcoreinfo),
		cmocka_unit_test(test_what_is_no_dump),
		cmocka_unit_test(test_unreadable),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	image_unlink();
	return failed;
}
