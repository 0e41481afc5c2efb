/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/types.h"

#include <string.h>

#include "types/dwarf_source.h"
#include "types/elf_image.h"
#include "types/symtab.h"

struct types {
	char *path;
	char *cache_dir; /* NULL: no cache */
	char *build_id;  /* NULL: the file has none */
	enum types_origin origin;
	bool cached;
	size_t nr_skipped;
	struct elf_image *image; /* open between types_open() and the first types_ask() */
};

static struct error *types_init(struct types *t, const char *path, const char *cache_dir)
{
	t->path = strdup(path);
	t->cache_dir = cache_dir ? strdup(cache_dir) : NULL;
	return !t->path || (cache_dir && !t->cache_dir) ? &error_nomem : NULL;
}

static struct error *types_load(struct types *t)
{
	struct error *err = elf_image_open(t->path, &t->image);
	const char *build_id;

	if (err)
		return err;
	t->origin = TYPES_DWARF;
	build_id = elf_image_build_id(t->image);
	t->build_id = build_id ? strdup(build_id) : NULL;
	return build_id && !t->build_id ? &error_nomem : NULL;
}

struct error *types_open(const char *path, const char *cache_dir, struct types **ret)
{
	struct types *t = calloc(1, sizeof(*t));
	struct error *err;

	if (!t)
		return &error_nomem;
	err = types_init(t, path, cache_dir);
	if (!err)
		err = types_load(t);
	if (err) {
		types_free(t);
		return error_prefix(err, "%s", path);
	}
	*ret = t;
	return NULL;
}

void types_free(struct types *t)
{
	if (!t)
		return;
	elf_image_free(t->image);
	free(t->path);
	free(t->cache_dir);
	free(t->build_id);
	free(t);
}

const char *types_build_id(const struct types *t)
{
	return t->build_id;
}

enum types_origin types_origin(const struct types *t)
{
	return t->origin;
}

const char *types_path(const struct types *t)
{
	return t->path;
}

bool types_cached(const struct types *t)
{
	return t->cached;
}

size_t types_skipped_units(const struct types *t)
{
	return t->nr_skipped;
}

static struct error *debug_info_ask(struct types *t, const struct question *questions, struct answer *answers,
				    size_t nr)
{
	struct error *err = dwarf_source_check();

	if (!err)
		err = dwarf_source_ask(t->image, questions, answers, nr, &t->nr_skipped);
	if (!err)
		err = symtab_ask(t->image, questions, answers, nr);
	return err;
}

struct error *types_ask(struct types *t, const struct question *questions, struct answer *answers, size_t nr)
{
	struct error *err = NULL;

	if (!t->image)
		err = elf_image_open(t->path, &t->image);
	if (!err)
		err = debug_info_ask(t, questions, answers, nr);
	elf_image_free(t->image);
	t->image = NULL;
	return error_prefix(err, "%s", t->path);
}
