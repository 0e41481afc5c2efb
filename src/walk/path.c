/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths from the end to the start: dentry names up to the root of the mount, then on at the mount point
 * (prepend_path()).  Files of file systems without names get what their d_dname() says.
 *
 * Bounded by MAX_STEPS, so dentries or mounts in a circle do no harm.
 */
#include "walk/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_STEPS = 256, MAX_NAME = 255 };

/* s_magic of file systems whose files have a name of their own kind (include/uapi/linux/magic.h). */
enum pseudo_magic { ANON_INODE_FS = 0x09041934, SOCKFS = 0x534f434b, PIPEFS = 0x50495045, DMA_BUF = 0x444d4142 };

struct path_buffer {
	char *buf;
	size_t size, start; /* the text is [start, size - 1) */
	bool cut;
};

struct dentry {
	uint64_t va, parent;
	char name[MAX_NAME + 1];
};

struct place {
	uint64_t dentry;
	uint64_t vfsmount, mount, root; /* root: the dentry that is the root of the mount, 0: not known */
};

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void prepend(struct path_buffer *p, const char *s)
{
	size_t len = strlen(s), room = p->start < len ? p->start : len;

	p->start -= room;
	memcpy(p->buf + p->start, s + (len - room), room);
	p->cut = p->cut || room < len;
}

/* Move the text to the front; what lacks its start begins with dots. */
static void finish(struct path_buffer *p)
{
	size_t len = p->size - 1 - p->start;

	if (p->cut && p->start >= 3)
		prepend(p, "...");
	else if (p->cut && len >= 3)
		memcpy(p->buf + p->start, "...", 3);
	len = p->size - 1 - p->start;
	memmove(p->buf, p->buf + p->start, len);
	p->buf[len] = '\0';
}

/* ---- objects ----------------------------------------------------------------------------------------------------- */

static struct error *read_name(const struct layout *l, struct kvmem *k, struct dentry *d, bool *ret_ok)
{
	uint64_t name, len;
	bool ok;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_DENTRY_NAME), d->va, &name, ret_ok);

	if (!err)
		err = kvmem_read_member(k, fact(&l->facts, FACT_DENTRY_NAME_LEN), d->va, &len, &ok);
	*ret_ok = !err && *ret_ok && ok && len <= MAX_NAME;
	if (!err && *ret_ok)
		err = kvmem_read_all(k, name, d->name, (size_t)len, ret_ok);
	if (err || !*ret_ok)
		return err;
	for (uint64_t i = 0; i < len; i++)
		if ((unsigned char)d->name[i] < ' ' || d->name[i] == 0x7f)
			d->name[i] = '?';
	d->name[len] = '\0';
	return NULL;
}

static struct error *dentry_read(const struct layout *l, struct kvmem *k, uint64_t va, struct dentry *ret, bool *ret_ok)
{
	struct error *err;

	ret->va = va;
	err = kvmem_read_member(k, fact(&l->facts, FACT_DENTRY_PARENT), va, &ret->parent, ret_ok);
	return err || !*ret_ok ? err : read_name(l, k, ret, ret_ok);
}

/* Go to the dentry of a mount; its root stays 0 when it cannot be had. */
static struct error *place_set(const struct layout *l, struct kvmem *k, struct place *p, uint64_t dentry,
			       uint64_t vfsmount)
{
	bool ok;

	*p = (struct place){ .dentry = dentry, .vfsmount = vfsmount };
	if (vfsmount && fact_found(&l->facts, FACT_MOUNT_MNT))
		p->mount = vfsmount - fact(&l->facts, FACT_MOUNT_MNT)->offset;
	return kvmem_read_member(k, fact(&l->facts, FACT_VFSMOUNT_ROOT), vfsmount, &p->root, &ok);
}

/* From the root of a mount to where it is mounted; *ret_more: false at the root of all. */
static struct error *leave_mount(const struct layout *l, struct kvmem *k, struct place *p, bool *ret_more, bool *ret_ok)
{
	uint64_t parent, mountpoint;
	bool ok;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_MOUNT_PARENT), p->mount, &parent, ret_ok);

	*ret_more = parent != p->mount;
	if (err || !*ret_ok || !*ret_more)
		return err;
	err = kvmem_read_member(k, fact(&l->facts, FACT_MOUNT_MOUNTPOINT), p->mount, &mountpoint, &ok);
	*ret_ok = ok;
	return err || !ok ? err : place_set(l, k, p, mountpoint, parent + fact(&l->facts, FACT_MOUNT_MNT)->offset);
}

/* ---- names without a path ---------------------------------------------------------------------------------------- */

static struct error *inode_number(const struct layout *l, struct kvmem *k, uint64_t dentry, uint64_t *ret)
{
	uint64_t inode;
	bool ok;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_DENTRY_INODE), dentry, &inode, &ok);

	return err ? err : kvmem_read_member(k, fact(&l->facts, FACT_INODE_INO), inode, ret, &ok);
}

/* As sockfs_dname(), pipefs_dname(), anon_inodefs_dname(), dmabuffs_dname(), and simple_dname() for all others do. */
static struct error *pseudo_name(const struct layout *l, struct kvmem *k, const struct dentry *d,
				 struct path_buffer *p)
{
	uint64_t sb, magic = 0, ino = 0;
	char text[MAX_NAME + 32];
	bool ok;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_DENTRY_SB), d->va, &sb, &ok);

	if (!err)
		err = kvmem_read_member(k, fact(&l->facts, FACT_SB_MAGIC), sb, &magic, &ok);
	if (!err && (magic == SOCKFS || magic == PIPEFS))
		err = inode_number(l, k, d->va, &ino);
	if (magic == SOCKFS || magic == PIPEFS)
		snprintf(text, sizeof(text), "%s:[%" PRIu64 "]", magic == SOCKFS ? "socket" : "pipe", ino);
	else if (magic == ANON_INODE_FS)
		snprintf(text, sizeof(text), "anon_inode:%s", d->name);
	else if (magic == DMA_BUF)
		snprintf(text, sizeof(text), "/dmabuf:%s", d->name);
	else
		snprintf(text, sizeof(text), "/%s (deleted)", d->name);
	prepend(p, text);
	return err;
}

/* A dentry that is its own parent without being the root of its mount has no path. */
static bool is_pseudo(const struct place *at, const struct dentry *d)
{
	return d->parent == d->va && (at->root ? d->va != at->root : strcmp(d->name, "/") != 0);
}

/* ---- paths ------------------------------------------------------------------------------------------------------- */

/* One name, or one mount, further up; *ret_more: there is more, *ret_ok: what is there could be read. */
static struct error *step(const struct layout *l, struct kvmem *k, struct place *at, struct path_buffer *p,
			  bool *ret_more, bool *ret_ok)
{
	struct dentry d;
	struct error *err;

	if (at->root && at->dentry == at->root)
		return leave_mount(l, k, at, ret_more, ret_ok);
	err = dentry_read(l, k, at->dentry, &d, ret_ok);
	/* the root of a file system, but not of the mount: the mount is damaged, or not known */
	*ret_ok = !err && *ret_ok && d.parent != d.va;
	if (err || !*ret_ok)
		return err;
	prepend(p, d.name);
	prepend(p, "/");
	at->dentry = d.parent;
	return NULL;
}

static struct error *path_up(const struct layout *l, struct kvmem *k, struct place *at, struct path_buffer *p)
{
	bool more = true, ok = true;

	for (unsigned i = 0; more && ok && !p->cut && i < MAX_STEPS; i++) {
		struct error *err = step(l, k, at, p, &more, &ok);

		if (err)
			return err;
	}
	p->cut = p->cut || more || !ok;
	return NULL;
}

/* d_unlinked() */
static struct error *note_deleted(const struct layout *l, struct kvmem *k, const struct dentry *d,
				  struct path_buffer *p)
{
	uint64_t pprev;
	bool ok;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_DENTRY_HASH_PPREV), d->va, &pprev, &ok);

	if (!err && ok && !pprev && d->parent != d->va)
		prepend(p, " (deleted)");
	return err;
}

struct error *file_path(const struct layout *l, struct kvmem *k, uint64_t file, char *buf, size_t size)
{
	struct path_buffer p = { .buf = buf, .size = size, .start = size ? size - 1 : 0 };
	uint64_t dentry, vfsmount;
	struct place at;
	struct dentry d;
	bool ok, mnt_ok;
	struct error *err;

	if (!size)
		return NULL;
	buf[0] = '\0';
	err = kvmem_read_member(k, fact(&l->facts, FACT_FILE_DENTRY), file, &dentry, &ok);
	if (!err)
		err = kvmem_read_member(k, fact(&l->facts, FACT_FILE_MNT), file, &vfsmount, &mnt_ok);
	if (!err && ok)
		err = dentry_read(l, k, dentry, &d, &ok);
	if (!err && ok)
		err = place_set(l, k, &at, dentry, vfsmount);
	if (err || !ok)
		return err;
	if (is_pseudo(&at, &d)) {
		err = pseudo_name(l, k, &d, &p);
	} else {
		err = note_deleted(l, k, &d, &p);
		if (!err)
			err = path_up(l, k, &at, &p);
		if (!err && !p.cut && (p.start == size - 1 || buf[p.start] != '/'))
			prepend(&p, "/");
	}
	if (!err)
		finish(&p);
	return err;
}

struct error *inode_path(const struct layout *l, struct kvmem *k, uint64_t inode, char *buf, size_t size)
{
	struct path_buffer p = { .buf = buf, .size = size, .start = size ? size - 1 : 0 };
	uint64_t node = 0;
	struct dentry d = { 0 };
	bool ok = false;
	struct error *err = NULL;

	if (!size)
		return NULL;
	buf[0] = '\0';
	if (fact_found(&l->facts, FACT_DENTRY_ALIAS))
		err = kvmem_read_member(k, fact(&l->facts, FACT_INODE_DENTRY), inode, &node, &ok);
	if (err || !ok || !node)
		return err;
	err = dentry_read(l, k, node - fact(&l->facts, FACT_DENTRY_ALIAS)->offset, &d, &ok);
	for (unsigned i = 0; !err && ok && !p.cut && d.parent != d.va && i < MAX_STEPS; i++) {
		prepend(&p, d.name);
		prepend(&p, "/");
		err = dentry_read(l, k, d.parent, &d, &ok);
	}
	p.cut = p.cut || !ok || d.parent != d.va;
	if (!err && p.start == size - 1)
		prepend(&p, d.name);
	if (!err)
		finish(&p);
	return err;
}
