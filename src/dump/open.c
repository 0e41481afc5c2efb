/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "dump/format.h"
#include "dump/store.h"

/* Formats whose dumps are one file. */
static struct error *(*single_file_open(enum dump_format format))(struct dump_file *file, const char *path, struct dump **ret)
{
	if (format == DUMP_FORMAT_ELF)
		return elf_open;
	if (format == DUMP_FORMAT_XEN)
		return xencore_open;
	if (format == DUMP_FORMAT_LKCD)
		return lkcd_open;
	if (format == DUMP_FORMAT_SADUMP)
		return sadump_open;
	return format == DUMP_FORMAT_S390 ? s390dump_open : NULL;
}

/* Takes the file over. */
static struct error *format_open(struct dump_file *file, const char *const *paths, unsigned nr, struct dump **ret)
{
	char head[FORMAT_HEAD_SIZE] = "";
	enum dump_format format;
	struct error *err;
	size_t got = 0;

	err = file_read(file, 0, head, sizeof(head), &got);
	format = format_of(head, got);
	if (!err && nr > 1 && format != DUMP_FORMAT_KDUMP)
		err = error_new("not part of a split dump (makedumpfile --split); give one dump at a time");
	if (!err && single_file_open(format))
		return single_file_open(format)(file, paths[0], ret);
	if (!err && format == DUMP_FORMAT_KDUMP)
		return diskdump_open(file, paths[0], paths + 1, nr - 1, ret);
	if (!err)
		err = file_is_cut(file) ? file_cut_error(file, "header") : format_check(head, got);
	if (!err)
		err = error_new("in a format that pagefsck cannot read");
	file_close(file);
	return err;
}

struct error *dump_open_files(const char *const *paths, unsigned nr, struct dump **ret)
{
	struct dump_file file;
	struct error *err;

	err = file_open(paths[0], &file);
	if (!err)
		err = format_open(&file, paths, nr, ret);
	return error_prefix(err, "%s", strcmp(paths[0], "-") ? paths[0] : "standard input");
}

struct error *dump_open(const char *path, struct dump **ret)
{
	return dump_open_files(&path, 1, ret);
}
