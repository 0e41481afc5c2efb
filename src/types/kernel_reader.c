/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/kernel_reader.h"

#include <inttypes.h>
#include <stdlib.h>

struct error *kernel_read(const struct kernel_reader *r, uint64_t va, void *buf, size_t size, const char *what)
{
	char why[160] = "";
	size_t got = 0;
	struct error *err = r->read(r->arg, va, buf, size, &got, why, sizeof(why));

	if (err || got == size)
		return err;
	return error_new("%s of the kernel cannot be read from the dump: %zu of %zu bytes at %#" PRIx64 ", then %s", what, got,
			 size, va, why[0] ? why : "nothing");
}

struct error *kernel_read_new(const struct kernel_reader *r, uint64_t va, size_t size, const char *what, uint8_t **ret)
{
	_cleanup_free_ uint8_t *bytes = malloc(size + 1);
	struct error *err;

	if (!bytes)
		return &error_nomem;
	err = kernel_read(r, va, bytes, size, what);
	if (err)
		return err;
	bytes[size] = 0;
	*ret = bytes;
	bytes = NULL;
	return NULL;
}
