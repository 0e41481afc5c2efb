/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols are not filtered by the kind of their section: in kernel 7.3 plain data lies in a section with the
 * execute flag.  Static symbols count, too; most of mm's state is static.
 */
#include "types/symtab.h"

#include "types/elf_symbol.h"
#include "types/nameset.h"

struct symbol {
	uint64_t value;
	uint64_t size;
	int rank; /* 0: none yet */
};

static int symbol_rank(const struct elf_symbol *sym)
{
	unsigned type = ELF64_ST_TYPE(sym->info);

	if (sym->section == SHN_UNDEF || type == STT_FILE || type == STT_SECTION)
		return 0;
	return type == STT_OBJECT && ELF64_ST_BIND(sym->info) == STB_GLOBAL ? 2 : 1;
}

/* Several symbols of one name: a global object wins, else the first. */
static void symbols_collect(enum endian endian, struct span table, const struct offset_map *map, struct symbol *symbols)
{
	for (uint64_t pos = 0; pos + sizeof(Elf64_Sym) <= table.size; pos += sizeof(Elf64_Sym)) {
		uint32_t id = offset_map_find(map, get_u32(endian, table.data + pos));
		struct elf_symbol sym;
		int rank;

		if (id == NAME_NONE)
			continue;
		sym = elf_symbol_at(endian, table.data + pos);
		rank = symbol_rank(&sym);
		if (rank > symbols[id].rank)
			symbols[id] = (struct symbol){ sym.value, sym.size, rank };
	}
}

static struct error *symbols_locate(struct elf_image *img, const struct nameset *names, struct symbol *symbols)
{
	struct offset_map map = { 0 };
	struct span table, strings;
	struct error *err;

	err = elf_image_section(img, ".symtab", &table);
	if (!err)
		err = elf_image_section(img, ".strtab", &strings);
	if (err)
		return err;
	if (!table.data || !strings.data)
		return error_new("has no symbol table (it was stripped); install the kernel's debug package "
				 "(Debian: linux-image-<release>-dbg) or pass its vmlinux with -d");
	err = nameset_locate(names, strings, &map);
	if (err)
		return err;
	symbols_collect(elf_image_endian(img), table, &map, symbols);
	offset_map_deinit(&map);
	return NULL;
}

static void answer_symbol(struct answer *answer, const struct symbol *symbol)
{
	*answer = (struct answer){ 0 };
	if (symbol->rank)
		*answer = (struct answer){ .found = true, .value = (int64_t)symbol->value, .size = symbol->size };
}

static struct error *names_ask(struct elf_image *img, struct nameset *names, const struct question *questions,
			       struct answer *answers, size_t nr)
{
	_cleanup_free_ struct symbol *symbols = calloc(nr + 1, sizeof(*symbols));
	struct error *err;

	if (!symbols)
		return &error_nomem;
	for (size_t i = 0; i < nr; i++)
		if (questions[i].kind == Q_SYMBOL)
			nameset_add(names, questions[i].type);
	if (names->nr == 0)
		return NULL;
	err = symbols_locate(img, names, symbols);
	for (size_t i = 0; !err && i < nr; i++)
		if (questions[i].kind == Q_SYMBOL)
			answer_symbol(&answers[i], &symbols[nameset_find(names, questions[i].type)]);
	return err;
}

struct error *symtab_ask(struct elf_image *img, const struct question *questions, struct answer *answers, size_t nr)
{
	struct nameset names;
	struct error *err = nameset_init(&names, nr);

	if (err)
		return err;
	err = names_ask(img, &names, questions, answers, nr);
	nameset_deinit(&names);
	return err;
}
