/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/types.h"

#include <string.h>

#include "types/apart.h"
#include "types/btf_source.h"
#include "types/cache.h"
#include "types/dwarf_source.h"
#include "types/elf_image.h"
#include "types/facts_file.h"
#include "types/kallsyms.h"
#include "types/symtab.h"

struct types {
	char *path;
	char *cache_dir; /* NULL: no cache */
	char *build_id;  /* NULL: the file has none */
	char *banner;    /* NULL: not asked for, or the file has none */
	char *stripped;  /* path of the file that the one at `path` holds the debug info of; NULL: whole */
	struct unpacked unpacked;
	enum types_origin origin;
	bool cached;
	size_t nr_skipped;
	struct cache_key key; /* of the debug info file */
	struct elf_image *image;  /* open between types_open() and the first types_ask() */
	struct facts_file *facts; /* TYPES_FACTS only */
	/* TYPES_BTF only */
	bool from_memory;
	bool own_symbols;          /* the image has a symbol table */
	uint8_t *bytes;            /* of the blob; NULL: they are the image's, which stays open */
	struct btf btf;
	struct kallsyms *symbols;  /* NULL: none */
};

static struct error *types_init(struct types *t, const char *path, const char *cache_dir)
{
	t->path = strdup(path);
	t->cache_dir = cache_dir ? strdup(cache_dir) : NULL;
	return !t->path || (cache_dir && !t->cache_dir) ? &error_nomem : NULL;
}

static struct error *build_id_set(struct types *t, const char *build_id)
{
	t->build_id = build_id ? strdup(build_id) : NULL;
	return build_id && !t->build_id ? &error_nomem : NULL;
}

/* The debug info of a stripped file may be in another one, which then takes its place. */
static void apart_load(struct types *t)
{
	struct elf_image *debug;
	char *path;

	if (elf_image_has(t->image, ".debug_info") || !apart_find(t->image, t->path, &path, &debug))
		return;
	t->banner = elf_image_banner(t->image);
	if (!elf_image_has(debug, ".symtab") && elf_image_has(t->image, ".symtab"))
		t->stripped = take_ptr(t->path);
	free(t->path);
	t->path = path;
	unpacked_close(&t->unpacked);
	elf_image_free(t->image);
	t->image = debug;
}

static struct error *blob_load(struct types *t)
{
	size_t size = 0;
	struct error *err = btf_file_read(t->path, &t->bytes, &size);

	return err ? err : btf_open((struct span){ t->bytes, size }, &t->btf);
}

/* An ELF file without DWARF may have BTF, and then may have symbols. */
static struct error *section_load(struct types *t)
{
	struct span dwarf, btf = { 0 }, symbols = { 0 };
	struct error *err = elf_image_section(t->image, ".debug_info", &dwarf);

	if (err || dwarf.data)
		return err;
	err = elf_image_section(t->image, ".BTF", &btf);
	if (!err && btf.data)
		err = elf_image_section(t->image, ".symtab", &symbols);
	if (err || !btf.data)
		return err;
	t->origin = TYPES_BTF;
	t->own_symbols = symbols.data != NULL;
	return error_prefix(btf_open(btf, &t->btf), "section .BTF");
}

static struct error *types_load(struct types *t)
{
	struct error *err;

	if (facts_file_probe(t->path)) {
		t->origin = TYPES_FACTS;
		err = facts_file_read(t->path, &t->facts);
		return err ? err : build_id_set(t, facts_file_build_id(t->facts));
	}
	if (btf_file_probe(t->path)) {
		t->origin = TYPES_BTF;
		return blob_load(t);
	}
	t->origin = TYPES_DWARF;
	err = elf_image_open_again(t->path, &t->unpacked, &t->image);
	if (err)
		return err;
	apart_load(t);
	err = build_id_set(t, elf_image_build_id(t->image));
	t->key = (struct cache_key){ t->build_id, elf_image_size(t->image), elf_image_mtime(t->image) };
	return err ? err : section_load(t);
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

struct error *types_new(const char *name, uint8_t *btf, size_t size, struct kallsyms *symbols, struct types **ret)
{
	struct types *t = calloc(1, sizeof(*t));
	struct error *err;

	if (!t) {
		free(btf);
		kallsyms_free(symbols);
		return &error_nomem;
	}
	t->origin = TYPES_BTF;
	t->from_memory = true;
	t->bytes = btf;
	t->symbols = symbols;
	err = types_init(t, name, NULL);
	if (!err)
		err = btf_open((struct span){ btf, size }, &t->btf);
	if (err) {
		types_free(t);
		return error_prefix(err, "%s", name);
	}
	*ret = t;
	return NULL;
}

void types_free(struct types *t)
{
	if (!t)
		return;
	btf_close(&t->btf);
	kallsyms_free(t->symbols);
	free(t->bytes);
	elf_image_free(t->image);
	facts_file_free(t->facts);
	free(t->path);
	free(t->cache_dir);
	free(t->build_id);
	free(t->banner);
	free(t->stripped);
	unpacked_close(&t->unpacked);
	free(t);
}

const char *types_build_id(const struct types *t)
{
	return t->build_id;
}

const char *types_banner(struct types *t)
{
	if (!t->banner && t->image)
		t->banner = elf_image_banner(t->image);
	return t->banner;
}

char *types_release(struct types *t)
{
	const char *banner = types_banner(t), *release = banner ? banner + strlen("Linux version ") : NULL;

	return release ? strndup(release, strcspn(release, " ")) : NULL;
}

struct error *types_symbol_image(const struct types *t, struct elf_image **ret)
{
	struct unpacked unpacked = t->unpacked;

	/* a packed file that was stripped is unpacked again: rare */
	return t->stripped ? elf_image_open(t->stripped, ret) : elf_image_open_again(t->path, &unpacked, ret);
}

bool types_usable(const struct types *t)
{
	return t->facts || (t->image && elf_image_has(t->image, ".debug_info"));
}

enum types_origin types_origin(const struct types *t)
{
	return t->origin;
}

const char *types_origin_name(const struct types *t)
{
	static const char *const names[] = { [TYPES_DWARF] = "dwarf", [TYPES_BTF] = "btf", [TYPES_FACTS] = "facts" };

	return names[t->origin];
}

const char *types_path(const struct types *t)
{
	return t->path;
}

bool types_lacks_symbols(const struct types *t)
{
	return t->origin == TYPES_BTF && !t->own_symbols && !t->symbols;
}

void types_give_symbols(struct types *t, struct kallsyms *symbols)
{
	kallsyms_free(t->symbols);
	t->symbols = symbols;
}

const struct kallsyms *types_kallsyms(const struct types *t)
{
	return t->symbols;
}

bool types_from_file(const struct types *t)
{
	return !t->from_memory;
}

bool types_cached(const struct types *t)
{
	return t->cached;
}

size_t types_skipped_units(const struct types *t)
{
	return t->nr_skipped;
}

/* ---- asking ---- */

static struct error *facts_answer(const struct types *t, const struct question *questions, struct answer *answers,
				  size_t nr)
{
	size_t i = facts_file_ask(t->facts, questions, answers, nr);

	if (i == nr)
		return NULL;
	return error_new("does not say anything about %s%s%s: it was written by another version of this program; "
			 "write it again from the vmlinux, or give the vmlinux itself",
			 questions[i].type ? questions[i].type : "", questions[i].name ? " " : "",
			 questions[i].name ? questions[i].name : "");
}

static struct error *image_answer(struct types *t, const struct question *questions, struct answer *answers,
				  size_t nr)
{
	struct error *err = dwarf_source_check();
	struct elf_image *symbols = NULL;

	if (!err && !t->image)
		err = elf_image_open_again(t->path, &t->unpacked, &t->image);
	if (!err)
		err = dwarf_source_ask(t->image, questions, answers, nr, &t->nr_skipped);
	if (err || !t->stripped)
		return err ? err : symtab_ask(t->image, questions, answers, nr);
	err = types_symbol_image(t, &symbols);
	if (!err)
		err = symtab_ask(symbols, questions, answers, nr);
	elf_image_free(symbols);
	return err;
}

/* Keep the answers, and what is kept already about other questions. */
static void answers_keep(const struct types *t, const struct question *questions, const struct answer *answers,
			 size_t nr, const struct facts_file *kept)
{
	_cleanup_free_ char *text = NULL;
	struct error *err = facts_file_text(t->build_id, questions, answers, nr, kept, &text);

	if (err)
		error_free(err);
	else
		cache_store(t->cache_dir, &t->key, text);
}

static struct error *debug_info_answer(struct types *t, const struct question *questions, struct answer *answers,
				       size_t nr)
{
	bool cacheable = t->cache_dir && t->build_id;
	struct facts_file *kept = cacheable ? cache_load(t->cache_dir, &t->key) : NULL;
	struct error *err = NULL;

	t->nr_skipped = 0;
	t->cached = kept && facts_file_ask(kept, questions, answers, nr) == nr;
	if (!t->cached)
		err = image_answer(t, questions, answers, nr);
	/* after damage "absent" may mean "unreadable": not to be remembered */
	if (cacheable && !t->cached && !err && t->nr_skipped == 0)
		answers_keep(t, questions, answers, nr, kept);
	facts_file_free(kept);
	elf_image_free(t->image);
	t->image = NULL;
	return err;
}

/* Without symbols all of them are absent. */
static struct error *btf_answer(const struct types *t, const struct question *questions, struct answer *answers, size_t nr)
{
	struct error *err = btf_source_ask(&t->btf, questions, answers, nr);

	if (!err && t->own_symbols)
		return symtab_ask(t->image, questions, answers, nr);
	if (!err && t->symbols)
		return kallsyms_ask(t->symbols, questions, answers, nr);
	for (size_t i = 0; !err && i < nr; i++)
		if (questions[i].kind == Q_SYMBOL)
			answers[i] = (struct answer){ 0 };
	return err;
}

struct error *types_ask(struct types *t, const struct question *questions, struct answer *answers, size_t nr)
{
	struct error *err;

	if (t->origin == TYPES_FACTS)
		err = facts_answer(t, questions, answers, nr);
	else if (t->origin == TYPES_BTF)
		err = btf_answer(t, questions, answers, nr);
	else
		err = debug_info_answer(t, questions, answers, nr);
	return error_prefix(err, "%s", t->path);
}
