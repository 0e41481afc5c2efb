/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Path names on a fake machine: dentries, mounts, files without a path. */
#include "walk/path.h"

#include "world.h"

/* Two file systems: one mounted at /mnt of the other. */
struct machine {
	struct world w;
	struct lab lab;
	uint64_t root, sub;		/* struct mount */
	uint64_t root_dentry, sub_dentry; /* their roots */
	uint64_t mountpoint, file;
};

static uint64_t at(struct machine *m, const char *type, const char *name)
{
	char other[32] = "__";
	int offset = world_offset(&m->w, type, name, strncat(other, name, sizeof(other) - 3), NULL);

	assert_true(offset >= 0);
	return (uint64_t)offset;
}

static uint64_t make_dentry(struct machine *m, uint64_t parent, const char *name)
{
	uint64_t dentry = world_alloc(&m->w, FRAME), text = world_alloc(&m->w, FRAME);

	memcpy(world_virt(&m->w, text), name, strlen(name));
	world_put(&m->w, dentry + at(m, "dentry", "d_parent"), 8, parent ? parent : dentry);
	world_put(&m->w, dentry + at(m, "dentry", "d_name.name"), 8, text);
	world_put(&m->w, dentry + at(m, "dentry", "d_name.len"), 4, strlen(name));
	world_put(&m->w, dentry + at(m, "dentry", "d_hash.pprev"), 8, text);
	return dentry;
}

static uint64_t make_mount(struct machine *m, uint64_t root, uint64_t parent, uint64_t mountpoint)
{
	uint64_t mount = world_alloc(&m->w, FRAME);

	world_put(&m->w, mount + at(m, "mount", "mnt") + at(m, "vfsmount", "mnt_root"), 8, root);
	world_put(&m->w, mount + at(m, "mount", "mnt_parent"), 8, parent ? parent : mount);
	world_put(&m->w, mount + at(m, "mount", "mnt_mountpoint"), 8, mountpoint);
	return mount;
}

static void start(struct machine *m, const char *kernel)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, kernel);
	world_boot(&m->w);
	m->root_dentry = make_dentry(m, 0, "/");
	m->sub_dentry = make_dentry(m, 0, "/");
	m->mountpoint = make_dentry(m, m->root_dentry, "mnt");
	m->root = make_mount(m, m->root_dentry, 0, m->root_dentry);
	m->sub = make_mount(m, m->sub_dentry, m->root, m->mountpoint);
	m->file = world_alloc(&m->w, FRAME);
}

static void set_file(struct machine *m, uint64_t mount, uint64_t dentry)
{
	world_put(&m->w, m->file + at(m, "file", "f_path.mnt"), 8, mount + at(m, "mount", "mnt"));
	world_put(&m->w, m->file + at(m, "file", "f_path.dentry"), 8, dentry);
}

static void end_is(struct machine *m, size_t size, const char *expected)
{
	char buf[512];

	lab_open(&m->lab, &m->w);
	memset(buf, 'x', sizeof(buf));
	assert_null(file_path(&m->lab.layout, m->lab.kv, m->file, buf, size));
	assert_string_equal(buf, expected);
	for (size_t i = size; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 'x');
	lab_close(&m->lab);
	world_deinit(&m->w);
}

static void test_mounts(void **state)
{
	static const char *const kernels[] = { "5.10", "6.1", "6.12", "7.3" };
	struct machine m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		start(&m, kernels[i]);
		set_file(&m, m.sub, make_dentry(&m, make_dentry(&m, m.sub_dentry, "lib"), "libc.so"));
		end_is(&m, 512, "/mnt/lib/libc.so");
	}
	start(&m, "6.12");
	set_file(&m, m.root, make_dentry(&m, m.root_dentry, "init"));
	end_is(&m, 512, "/init");
	start(&m, "6.12");
	set_file(&m, m.sub, m.sub_dentry);
	end_is(&m, 512, "/mnt");
	start(&m, "6.12");
	set_file(&m, m.root, m.root_dentry);
	end_is(&m, 512, "/");
}

static void test_deleted(void **state)
{
	struct machine m;
	uint64_t dentry;

	(void)state;
	start(&m, "6.12");
	dentry = make_dentry(&m, m.sub_dentry, "gone");
	world_put(&m.w, dentry + at(&m, "dentry", "d_hash.pprev"), 8, 0);
	set_file(&m, m.sub, dentry);
	end_is(&m, 512, "/mnt/gone (deleted)");
}

static void pseudo(uint64_t magic, const char *name, const char *expected)
{
	struct machine m;
	uint64_t dentry, sb, inode;

	start(&m, "6.12");
	sb = world_alloc(&m.w, FRAME);
	inode = world_alloc(&m.w, FRAME);
	dentry = make_dentry(&m, 0, name);
	world_put(&m.w, sb + at(&m, "super_block", "s_magic"), 8, magic);
	world_put(&m.w, inode + at(&m, "inode", "i_ino"), 8, 1324);
	world_put(&m.w, dentry + at(&m, "dentry", "d_sb"), 8, sb);
	world_put(&m.w, dentry + at(&m, "dentry", "d_inode"), 8, inode);
	set_file(&m, m.sub, dentry);
	end_is(&m, 512, expected);
}

static void test_pseudo(void **state)
{
	(void)state;
	pseudo(0x01021994, "memfd:x", "/memfd:x (deleted)");
	pseudo(0x958458f6, "SYSV00000000", "/SYSV00000000 (deleted)");
	pseudo(0x09041934, "[io_uring]", "anon_inode:[io_uring]");
	pseudo(0x534f434b, "PACKET", "socket:[1324]");
	pseudo(0x50495045, "", "pipe:[1324]");
	pseudo(0x444d4142, "heap", "/dmabuf:heap");
}

/* Names are bytes; those that steer a terminal do not get through. */
static void test_bytes(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.12");
	set_file(&m, m.root, make_dentry(&m, m.root_dentry, "a\033[2J\n\177\303\244 b"));
	end_is(&m, 512, "/a?[2J??\303\244 b");
}

/* What does not fit loses its start. */
static void test_size(void **state)
{
	static const struct {
		size_t size;
		const char *expected;
	} cases[] = { { 17, "/mnt/lib/libc.so" }, { 16, ".../lib/libc.so" }, { 5, "...o" }, { 2, "o" }, { 1, "" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m;

		start(&m, "6.12");
		set_file(&m, m.sub, make_dentry(&m, make_dentry(&m, m.sub_dentry, "lib"), "libc.so"));
		end_is(&m, cases[i].size, cases[i].expected);
	}
}

/* Dentries and mounts in circles end. */
static void test_circles(void **state)
{
	struct machine m;
	uint64_t a, b;

	(void)state;
	start(&m, "6.12");
	a = make_dentry(&m, m.root_dentry, "a");
	b = make_dentry(&m, a, "b");
	world_put(&m.w, a + at(&m, "dentry", "d_parent"), 8, b);
	set_file(&m, m.root, b);
	end_is(&m, 12, ".../a/b/a/b");
}

static void test_mount_circle(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.12");
	world_put(&m.w, m.sub + at(&m, "mount", "mnt_parent"), 8, m.sub);
	set_file(&m, m.sub, make_dentry(&m, m.sub_dentry, "x"));
	end_is(&m, 512, "/x");
	start(&m, "6.12");
	world_put(&m.w, m.root + at(&m, "mount", "mnt_parent"), 8, m.sub);
	world_put(&m.w, m.sub + at(&m, "mount", "mnt_mountpoint"), 8, m.root_dentry);
	set_file(&m, m.sub, make_dentry(&m, m.sub_dentry, "x"));
	end_is(&m, 512, ".../x");
}

/* Something on the way is not there. */
static void test_gaps(void **state)
{
	struct machine m;
	uint64_t dir, dentry;

	(void)state;
	start(&m, "6.12");
	dir = make_dentry(&m, m.sub_dentry, "lib");
	set_file(&m, m.sub, make_dentry(&m, dir, "libc.so"));
	world_gap(&m.w, dir - DIRECT_MAP, GAP_EXCLUDED);
	end_is(&m, 512, ".../libc.so");
	start(&m, "6.12");
	set_file(&m, m.sub, make_dentry(&m, m.sub_dentry, "x"));
	world_gap(&m.w, m.sub - DIRECT_MAP, GAP_EXCLUDED);
	end_is(&m, 512, ".../x");
	start(&m, "6.12"); /* a name that cannot be one */
	dentry = make_dentry(&m, m.sub_dentry, "x");
	world_put(&m.w, dentry + at(&m, "dentry", "d_name.len"), 4, 4096);
	set_file(&m, m.sub, dentry);
	end_is(&m, 512, "");
	start(&m, "6.12");
	set_file(&m, m.sub, 0x1000);
	end_is(&m, 512, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts), cmocka_unit_test(test_deleted), cmocka_unit_test(test_pseudo),
		cmocka_unit_test(test_bytes),  cmocka_unit_test(test_size),    cmocka_unit_test(test_circles),
		cmocka_unit_test(test_mount_circle), cmocka_unit_test(test_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
