/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/open_file.h"

enum { MAX_FILE = 512 };

static uint64_t address_of(const struct layout *l, enum fact id)
{
	uint64_t va;

	return layout_symbol(l, id, &va) ? va : 0;
}

void file_ops_init(struct file_ops *o, const struct layout *l)
{
	*o = (struct file_ops){
		.pipe = { address_of(l, FACT_PIPEFIFO_FOPS), address_of(l, FACT_PIPEANON_FOPS) },
		.perf = address_of(l, FACT_PERF_FOPS),
		.uring = address_of(l, FACT_URING_FOPS),
	};
}

static enum file_kind kind_of(const struct file_ops *o, uint64_t ops)
{
	if (!ops)
		return FILE_OTHER;
	return ops == o->pipe[0] || ops == o->pipe[1] ? FILE_PIPE
	       : ops == o->perf			      ? FILE_PERF
	       : ops == o->uring		      ? FILE_URING
						      : FILE_OTHER;
}

/* v6.13 and later (file_ref_t): 0 is the last reference, less is none. */
static bool is_open(const struct layout *l, const unsigned char *bytes, size_t size)
{
	return (int64_t)layout_word(l, FACT_FILE_COUNT, bytes, size) >= (fact_found(&l->facts, FACT_FILE_REF) ? 0 : 1);
}

/* put_pipe_info() takes the pipe from the inode with the last file. */
static struct error *has_pipe(const struct layout *l, struct kvmem *k, uint64_t inode, uint64_t pipe, bool *ret)
{
	uint64_t word;
	bool ok;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_INODE_PIPE), inode, &word, &ok);

	*ret = !err && ok && pipe && word == pipe;
	return err;
}

struct error *open_file_read(const struct layout *l, const struct file_ops *o, struct kvmem *k, uint64_t va, struct file_at *ret,
			     bool *ret_ok)
{
	size_t size = (size_t)fact(&l->facts, FACT_FILE_STRUCT)->size;
	unsigned char bytes[MAX_FILE];
	struct error *err = NULL;
	bool ok;

	*ret = (struct file_at){ .kind = FILE_OTHER };
	*ret_ok = false;
	if (size > sizeof(bytes))
		return NULL;
	err = kvmem_read_all(k, va, bytes, size, ret_ok);
	if (err || !*ret_ok)
		return err;
	ret->kind = kind_of(o, layout_word(l, FACT_FILE_OPS, bytes, size));
	ret->object = layout_word(l, FACT_FILE_PRIVATE, bytes, size);
	ret->open = is_open(l, bytes, size);
	if (ret->kind == FILE_PIPE) {
		err = has_pipe(l, k, layout_word(l, FACT_FILE_INODE, bytes, size), ret->object, &ok);
		ret->kind = ok ? FILE_PIPE : FILE_OTHER;
	} else if (!ret->open || !ret->object) {
		ret->kind = FILE_OTHER;
	}
	return err;
}
