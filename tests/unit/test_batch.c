/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of scan that see what strangers wrote: what a file is, names of files, reports that are cut, counts of signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "batch/batch.h"
#include "batch/probe.h"
#include "batch/record.h"

/* ---- what a file is ---------------------------------------------------------------------------------------------- */

static struct probe probe_bytes(const void *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("probe", MFD_CLOEXEC);
	struct probe p;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	assert_true(probe_file(fd, size, &p));
	return p;
}

struct core {
	Elf64_Ehdr e;
	Elf64_Phdr p[2];
	uint32_t note[3];
	char name[8];
	char desc[16];
};

static struct core core_with_note(uint32_t type, const char *name)
{
	struct core c = {
		.e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB },
		       .e_type = ET_CORE,
		       .e_phoff = offsetof(struct core, p),
		       .e_phnum = 2 },
		.p = { { .p_type = PT_NOTE, .p_offset = offsetof(struct core, note), .p_filesz = 36 },
		       { .p_type = PT_LOAD, .p_memsz = 0x100000 } },
		.note = { (uint32_t)strlen(name) + 1, 16, type },
	};

	memcpy(c.name, name, strlen(name));
	return c;
}

static void test_elf(void **state)
{
	struct core kernel = core_with_note(NT_PRSTATUS, "CORE"), process = core_with_note(NT_AUXV, "CORE"),
		    other = core_with_note(NT_AUXV, "LINUX");
	struct probe p = probe_bytes(&kernel, sizeof(kernel));

	(void)state;
	assert_true(p.is_dump);
	assert_int_equal(p.pages, 0x100);
	assert_false(probe_bytes(&process, sizeof(process)).is_dump);
	assert_true(probe_bytes(&other, sizeof(other)).is_dump);
	kernel.e.e_type = ET_EXEC;
	assert_false(probe_bytes(&kernel, sizeof(kernel)).is_dump);
}

/* Whatever the header says, nothing outside of the file is looked at: sanitizers would tell. */
static void test_elf_hostile(void **state)
{
	static const uint64_t values[] = { 0, 1, 63, 64, 200, 65535, 65536, UINT32_MAX, INT64_MAX, UINT64_MAX - 11, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
			struct core c = core_with_note(NT_AUXV, "CORE");

			c.e.e_phoff = values[i];
			c.e.e_phnum = (uint16_t)values[k];
			probe_bytes(&c, sizeof(c));
			c.e.e_phoff = offsetof(struct core, p);
			c.p[0].p_offset = values[i];
			c.p[0].p_filesz = values[k];
			probe_bytes(&c, sizeof(c));
			c.p[0].p_offset = offsetof(struct core, note);
			c.note[0] = (uint32_t)values[i];
			c.note[1] = (uint32_t)values[k];
			probe_bytes(&c, sizeof(c));
		}
}

static void test_short(void **state)
{
	struct core c = core_with_note(NT_PRSTATUS, "CORE");

	(void)state;
	for (size_t size = 0; size < sizeof(c); size++)
		probe_bytes(&c, size);
	assert_false(probe_bytes("", 0).is_dump);
	assert_true(probe_bytes("KDUMP   ", 8).is_dump); /* damaged: whoever checks it tells */
	assert_false(probe_bytes("#!/bin/sh\n", 10).is_dump);
}

static void test_memory(void **state)
{
	struct batch_dump d = { .pages = 0 };

	(void)state;
	assert_int_equal(batch_memory_estimate(&d), 256 << 20);
	d.pages = UINT64_MAX;
	assert_int_equal(batch_memory_estimate(&d), UINT64_MAX);
	d.pages = UINT64_C(1) << 28; /* 1 TiB */
	assert_int_equal(batch_memory_estimate(&d), (UINT64_C(40) << 28) + (256 << 20));
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static void assert_name(const char *path, const char *name)
{
	struct arena a = { 0 };

	assert_string_equal(batch_name(&a, path), name);
	arena_deinit(&a);
}

static void test_names(void **state)
{
	(void)state;
	assert_name("/var/crash/vmcore", "/var/crash/vmcore");
	assert_name("/a\nb\xff", "/a\\x0ab\\xff");
	assert_name("/a\\x0ab", "/a\\x5cx0ab");
	assert_name("\\\\", "\\x5c\\x5c");
	assert_name("/\x1b[31m", "/\\x1b[31m");
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

static struct error *count_record(void *arg, const char *section, const struct json_object *record)
{
	(void)section;
	(void)record;
	++*(unsigned *)arg;
	return NULL;
}

/* How many records it has, -1: it is damaged. */
static int count_records(const char *text)
{
	_cleanup_fclose_ FILE *file = tmpfile();
	unsigned nr = 0;
	struct error *err;

	assert_non_null(file);
	fputs(text, file);
	err = records_read(file, count_record, &nr);
	error_free(err);
	return err ? -1 : (int)nr;
}

static const char report[] =
	"{\n\"schema\": \"x\",\n\"findings\": [\n{ \"a\": 1 },\n{ \"a\": 2 }\n],\n\"gaps\": [],\n\"totals\": { }\n}\n";

static void test_records(void **state)
{
	(void)state;
	assert_int_equal(count_records(report), 4);
	assert_int_equal(count_records(""), -1);
	assert_int_equal(count_records("{\n}\n"), 0);
	assert_int_equal(count_records("{\n\"a\": {]\n}\n"), -1);
	assert_int_equal(count_records("{\n\"a\n}\n"), -1);
	assert_int_equal(count_records("{\n}\n\"more\": 1\n"), -1);
}

/* One that is cut anywhere is not taken for whole. */
static void test_records_cut(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(report) - 2; len++) {
		char text[sizeof(report)] = "";

		memcpy(text, report, len);
		assert_int_equal(count_records(text), -1);
	}
}

static void add(struct result *r, const char *id, const char *severity, uint64_t findings)
{
	struct signature_count s = { .rule = "rule", .severity = severity, .kind = "anon", .holder = "", .findings = findings };

	snprintf(s.id, sizeof(s.id), "%s", id);
	assert_null(result_count(r, &s));
}

static void test_counts(void **state)
{
	struct result r = { .outcome = OUTCOME_CLEAN };

	(void)state;
	add(&r, "22", "note", 1);
	add(&r, "11", "warning", 2);
	add(&r, "33", "error", 3);
	add(&r, "22", "error", 10);
	add(&r, "22", "warning", 100);
	assert_int_equal(r.signatures.nr, 3);
	assert_string_equal(r.signatures.v[0].id, "11");
	assert_string_equal(r.signatures.v[1].id, "22");
	assert_string_equal(r.signatures.v[1].severity, "error");
	assert_int_equal(r.signatures.v[1].findings, 111);
	assert_string_equal(r.signatures.v[2].id, "33");
	result_deinit(&r);
}

static void test_outcomes(void **state)
{
	(void)state;
	for (enum outcome o = 0; o < NR_OUTCOMES; o++)
		assert_int_equal(outcome_find(outcome_name(o)), o);
	assert_int_equal(outcome_find("what"), OUTCOME_CRASHED);
	assert_int_equal(outcome_find(NULL), OUTCOME_CRASHED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_elf_hostile),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_records_cut),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_outcomes),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
