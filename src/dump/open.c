/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <string.h>

#include "dump/store.h"

static struct error *flattened_error(struct dump_file *file)
{
	file_close(file);
	return error_new("flattened dump (of makedumpfile -F, or of QEMU); put it together with: makedumpfile -R NEWFILE < FILE");
}

/* One format is one line here.  Takes the file over. */
static struct error *format_open(struct dump_file *file, const char *path, struct dump **ret)
{
	char magic[16] = "";
	struct error *err;
	size_t got;

	err = file_read(file, 0, magic, sizeof(magic), &got);
	if (!err && !memcmp(magic, ELFMAG, SELFMAG))
		return elf_open(file, path, ret);
	if (!err && (!memcmp(magic, "KDUMP   ", 8) || !memcmp(magic, "DISKDUMP", 8)))
		return diskdump_open(file, path, ret);
	if (!err && !memcmp(magic, "makedumpfile", 12))
		return flattened_error(file);
	file_close(file);
	return err ? err : error_new("not a dump that can be read; expected an ELF core or a compressed kdump "
				     "(unpack it first if it was packed with gzip, xz or the like)");
}

struct error *dump_open(const char *path, struct dump **ret)
{
	struct dump_file file;
	struct error *err;

	err = file_open(path, &file);
	if (!err)
		err = format_open(&file, path, ret);
	return error_prefix(err, "%s", path);
}
