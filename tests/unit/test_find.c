/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of kernels: what files and packages are called after them, and what must not become a part of a file name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "types/elf_image.h"
#include "types/find_package.h"
#include "types/find_places.h"

/* Releases as `uname -r` prints them there, and what the distribution calls the package. */
static const struct {
	const char *release, *who, *package;
} packages[] = {
	{ "6.1.0-50-amd64", "Debian", "linux-image-6.1.0-50-amd64-dbg" },
	{ "6.12.95+deb12-rt-amd64", "Debian", "linux-image-6.12.95+deb12-rt-amd64-dbg" },
	{ "5.10.0-32-cloud-amd64", "Debian", "linux-image-5.10.0-32-cloud-amd64-dbg" },
	{ "6.1.0-18-arm64-16k", "Debian", "linux-image-6.1.0-18-arm64-16k-dbg" },
	{ "6.1.0-9-686-pae", "Debian", "linux-image-6.1.0-9-686-pae-dbg" },
	{ "5.15.0-91-generic", "Ubuntu", "linux-image-5.15.0-91-generic-dbgsym" },
	{ "6.8.0-1010-azure", "Ubuntu", "linux-image-6.8.0-1010-azure-dbgsym" },
	{ "6.5.0-1014-aws", "Ubuntu", "linux-image-6.5.0-1014-aws-dbgsym" },
	{ "5.4.0-170-lowlatency", "Ubuntu", "linux-image-5.4.0-170-lowlatency-dbgsym" },
	{ "6.6.8-200.fc39.x86_64", "Fedora", "kernel-debuginfo-6.6.8-200.fc39.x86_64 " },
	{ "6.6.8-200.fc39.x86_64+debug", "Fedora", "kernel-debug-debuginfo-6.6.8-200.fc39.x86_64 " },
	{ "5.14.0-362.8.1.el9_3.x86_64", "RHEL", "kernel-debuginfo-5.14.0-362.8.1.el9_3.x86_64 " },
	{ "3.10.0-1160.el7.x86_64", "RHEL", "kernel-debuginfo-3.10.0-1160.el7.x86_64 " },
	{ "4.18.0-513.9.1.rt7.311.el8_9.x86_64", "RHEL", "kernel-rt-debuginfo-4.18.0-513.9.1.rt7.311.el8_9.x86_64 " },
	{ "5.14.0-362.8.1.el9_3.x86_64+rt", "RHEL", "kernel-rt-debuginfo-5.14.0-362.8.1.el9_3.x86_64 " },
	{ "5.14.0-362.8.1.el9_3.aarch64+64k", "RHEL", "kernel-64k-debuginfo-5.14.0-362.8.1.el9_3.aarch64 " },
	{ "5.15.0-200.131.27.el8uek.x86_64", "Oracle", "kernel-uek-debuginfo-5.15.0-200.131.27.el8uek.x86_64 " },
	{ "6.1.61-85.141.amzn2023.x86_64", "Amazon", "kernel-debuginfo-6.1.61-85.141.amzn2023.x86_64 " },
	{ "5.14.21-150500.55.39-default", "SUSE", "kernel-default-debuginfo " },
	{ "6.6.3-1-default", "SUSE", "debuginfo(build-id)=0123ab" },
	{ "5.14.21-150500.33.26-azure", "SUSE", "kernel-azure-debuginfo" },
	{ "6.6.8-arch1-1", "Arch", "debuginfod.archlinux.org" },
	{ "6.6.8-zen1-1-zen", "Arch", "debuginfod.archlinux.org" },
};

static void test_packages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		_cleanup_free_ char *hint = find_package_hint(packages[i].release, "0123ab");

		assert_non_null(hint);
		if (!strstr(hint, packages[i].who) || !strstr(hint, packages[i].package))
			fail_msg("%s: %s", packages[i].release, hint);
	}
}

/* Nothing of what is no release is repeated: people paste commands. */
static void test_no_package(void **state)
{
	static const char *const releases[] = {
		"6.6.8", "6.7.0-rc3-mine", "", "; rm -rf /-amd64", "6.1.0-$(reboot)-amd64", "6.1.0-`x`-generic", "../6-amd64",
		"6.1.0 -amd64", "-6.1.0-amd64", NULL,
		"6.1.0-1234567890123456789012345678901234567890123456789012345678901234567890-amd64",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		_cleanup_free_ char *hint = find_package_hint(releases[i], NULL);

		assert_string_equal(hint, "take the vmlinux with debug info from whoever built that kernel");
	}
}

static void test_hostile_build_id(void **state)
{
	static const char *const ids[] = { "", "0", "abc", "../..", "0123456g", "12 4", NULL };

	(void)state;
	assert_true(build_id_is_sane("06f8bde30046985060c60820f7a11515a33afb06"));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		_cleanup_free_ char *hint = find_package_hint("6.6.3-1-default", ids[i]);

		assert_false(build_id_is_sane(ids[i]));
		assert_non_null(strstr(hint, "=BUILD-ID'"));
	}
}

/* A name that the kernel does not have leaves no hole in a file name. */
static void test_places(void **state)
{
	static const struct kernel_names none = { NULL, NULL }, all = { "6.1.0", "abcdef" };
	size_t nr_none = 0, nr_all = 0;
	bool by_id = false;
	char *path;

	(void)state;
	for (size_t i = 0; find_place(PLACE_FOLDER, "/dir/", &none, i, &path); i++) {
		assert_true(!path || (!strchr(path, '$') && path[strlen(path) - 1] != '-'));
		nr_none += path != NULL;
		free(path);
	}
	for (size_t i = 0; find_place(PLACE_FOLDER, "/dir/", &all, i, &path); i++) {
		assert_non_null(path);
		assert_memory_equal(path, "/dir/", 5);
		assert_null(strstr(path, "//"));
		by_id |= !strcmp(path, "/dir/.build-id/ab/cdef.debug");
		nr_all++;
		free(path);
	}
	assert_true(by_id);
	assert_int_equal(nr_none, 2); /* vmlinux, vmlinux.debug */
	assert_true(nr_all > nr_none);
}

static void test_notes(void **state)
{
	static const uint8_t notes[] = {
		4, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 'X', 'e', 'n', 0, 1, 2, 3, 0,          /* another's, filled up */
		4, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 'X', 'e', 'n', 0, 9, 0, 0, 0,
		4, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xab, 0x0c, 0, 0,
	};
	uint8_t bad[sizeof(notes)];
	char id[BUILD_ID_TEXT] = "";

	(void)state;
	assert_true(note_build_id(ENDIAN_LITTLE, notes, sizeof(notes), id));
	assert_string_equal(id, "ab0c");
	for (size_t size = 0; size < 58; size++) /* in memory of that size, for the sanitizer */ {
		_cleanup_free_ uint8_t *cut = malloc(size + 1);

		memcpy(cut, notes, size);
		assert_false(note_build_id(ENDIAN_LITTLE, cut, size, id));
	}
	for (size_t i = 0; i < 12; i++)
		for (unsigned value = 0; value < 256; value++) {
			memcpy(bad, notes, sizeof(bad));
			bad[i] = (uint8_t)value;
			note_build_id(ENDIAN_LITTLE, bad, sizeof(bad), id);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packages), cmocka_unit_test(test_no_package), cmocka_unit_test(test_hostile_build_id),
		cmocka_unit_test(test_places), cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
