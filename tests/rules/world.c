/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The healthy dump: its check, its struct pages, and what its debug info knows. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

static struct check_options options(const struct world *w)
{
	return (struct check_options){ .debuginfo = w->debuginfo, .cache_dir = w->cache_dir, .workers = 1, .holders = w->holders };
}

static struct error *read_pages(struct world *w)
{
	struct check *c = w->base;
	struct worker *worker = &c->workers[0];

	w->pages = calloc(c->memmap.sections.nr, sizeof(*w->pages));
	if (!w->pages)
		return &error_nomem;
	for (size_t i = 0; i < c->memmap.sections.nr; i++) {
		const struct section *s = &c->memmap.sections.v[i];
		struct kv_gap gap;
		struct error *err;

		w->pages[i] = calloc(s->nr_pages, c->layout.page_struct_size);
		if (!w->pages[i])
			return &error_nomem;
		err = memmap_read(&c->memmap, s, c->kv, w->pages[i], worker->unreadable, &gap);
		if (err)
			return err;
	}
	return NULL;
}

struct error *world_open(struct world *w, const char *dump, const char *debuginfo, const char *kernel)
{
	struct check_options o;
	struct error *err;

	memset(w, 0, sizeof(*w));
	w->kernel = kernel;
	w->debuginfo = debuginfo;
	snprintf(w->cache_dir, sizeof(w->cache_dir), "/tmp/mutate.XXXXXX");
	if (!mkdtemp(w->cache_dir))
		return error_new("%s: cannot make a directory", w->cache_dir);
	o = options(w);
	err = check_open(dump, &o, &w->base);
	if (!err)
		err = check_run(w->base);
	if (!err)
		err = types_open(debuginfo, w->cache_dir, &w->types);
	if (!err)
		err = process_open(w);
	if (!err)
		err = freelist_open(w);
	return err ? err : read_pages(w);
}

static void remove_cache(const char *dir)
{
	DIR *d = opendir(dir);
	char path[512];

	for (struct dirent *e; d && (e = readdir(d));) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

void world_close(struct world *w)
{
	for (size_t i = 0; w->pages && i < w->base->memmap.sections.nr; i++)
		free(w->pages[i]);
	free(w->pages);
	array_free(&w->members);
	array_free(&w->entries);
	array_free(&w->swap_entries);
	bitmap_deinit(&w->vmapped);
	types_free(w->types);
	check_free(w->base);
	remove_cache(w->cache_dir);
}

const unsigned char *world_page(const struct world *w, uint64_t pfn)
{
	const struct memmap *m = &w->base->memmap;
	const struct section *s = memmap_section(m, pfn);

	return s ? w->pages[s - m->sections.v] + (pfn - s->first_pfn) * w->base->layout.page_struct_size : NULL;
}

bool world_page_va(const struct world *w, uint64_t pfn, uint64_t *ret)
{
	const struct section *s = memmap_section(&w->base->memmap, pfn);

	if (s)
		*ret = memmap_page_va(&w->base->memmap, s, pfn);
	return s;
}

/* ---- debug info -------------------------------------------------------------------------------------------------- */

static bool ask(struct world *w, const struct question *q, struct answer *ret)
{
	struct member m;
	struct error *err;

	snprintf(m.name, sizeof(m.name), "%d %s.%s", (int)q->kind, q->type ? q->type : "*", q->name ? q->name : "");
	for (size_t i = 0; i < w->members.nr; i++) {
		if (!strcmp(w->members.v[i].name, m.name)) {
			*ret = w->members.v[i].answer;
			return ret->found;
		}
	}
	err = types_ask(w->types, q, &m.answer, 1);
	if (err) {
		fprintf(stderr, "mutate: %s\n", error_text(err));
		error_free(err);
		return false;
	}
	*ret = m.answer;
	(void)array_push(&w->members, m);
	return ret->found;
}

bool world_member(struct world *w, const char *type, const char *path, struct answer *ret)
{
	char plain[NAME_SIZE];
	size_t len = strcspn(path, "[");
	unsigned index = path[len] == '[' ? (unsigned)strtoul(path + len + 1, NULL, 0) : 0;
	struct question q = { Q_MEMBER, type, plain };

	if (len >= sizeof(plain))
		return false;
	memcpy(plain, path, len);
	plain[len] = '\0';
	if (!ask(w, &q, ret))
		return false;
	if (ret->length && ret->stride) {
		ret->offset += index * ret->stride;
		ret->size = ret->stride;
	}
	return !ret->bit_size;
}

bool world_enum(struct world *w, const char *type, const char *name, int64_t *ret)
{
	struct question q = { Q_ENUM, type, name };
	struct answer a;

	if (!ask(w, &q, &a))
		return false;
	*ret = a.value;
	return true;
}

bool world_symbol(struct world *w, const char *name, uint64_t *ret)
{
	struct question q = { Q_SYMBOL, name, NULL };
	struct answer a;

	if (!ask(w, &q, &a))
		return false;
	*ret = (uint64_t)a.value + w->base->layout.kaslr;
	return true;
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

struct error *world_check(struct world *w, const struct dump_patch *patches, size_t nr, struct check **ret)
{
	struct check_options o = options(w);
	struct types *types = NULL;
	struct dump *d = NULL;
	struct check *c = NULL;
	struct error *err;

	err = dump_overlay(w->base->dump, patches, nr, &d);
	if (!err)
		err = types_open(w->debuginfo, w->cache_dir, &types);
	if (err) {
		dump_free(d);
		return err;
	}
	err = check_open_dump(d, types, &o, &c);
	if (!err)
		err = check_run(c);
	if (err) {
		check_free(c);
		return err;
	}
	*ret = c;
	return NULL;
}
