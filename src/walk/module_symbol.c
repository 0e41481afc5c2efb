/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols of modules (kernel/module/kallsyms.c): struct mod_kallsyms has an ELF symbol table with the addresses as they are after
 * loading, and the names.  Variables are in it with CONFIG_KALLSYMS_ALL.
 */
#include <string.h>

#include "types/elf_symbol.h"
#include "walk/module.h"

enum { MAX_SYMBOLS = 1 << 17, CHUNK = 128 };

struct finder {
	struct kvmem *k;
	const struct module_part *part;
	uint64_t va, symtab, strtab, nr;
	struct elf_symbol best; /* name 0: none yet */
};

/* The nearest symbol below the address is its symbol, unless it says that it is shorter. */
static void consider(struct finder *f, const unsigned char *bytes)
{
	struct elf_symbol s = elf_symbol_at(kvmem_endian(f->k), bytes);

	if (!s.name || s.value > f->va || s.value < f->part->start || (s.size && f->va - s.value >= s.size))
		return;
	if (!f->best.name || s.value > f->best.value || (s.value == f->best.value && s.size > f->best.size))
		f->best = s;
}

static struct error *search(struct finder *f)
{
	unsigned char bytes[CHUNK * sizeof(Elf64_Sym)];
	struct error *err = NULL;
	bool ok = true;

	for (uint64_t i = 0; !err && ok && i < f->nr; i += CHUNK) {
		uint64_t nr = f->nr - i < CHUNK ? f->nr - i : CHUNK;

		err = kvmem_read_all(f->k, f->symtab + i * sizeof(Elf64_Sym), bytes, (size_t)nr * sizeof(Elf64_Sym), &ok);
		for (uint64_t j = 0; !err && ok && j < nr; j++)
			consider(f, bytes + j * sizeof(Elf64_Sym));
	}
	return err;
}

static struct error *read_table(const struct layout *l, struct finder *f, bool *ret_ok)
{
	static const enum fact ids[] = { FACT_MOD_KALLSYMS_SYMTAB, FACT_MOD_KALLSYMS_STRTAB, FACT_MOD_KALLSYMS_NUM };
	const struct answer *where = fact(&l->facts, FACT_MODULE_KALLSYMS);
	uint64_t table, words[3];
	struct error *err = NULL;

	*ret_ok = where->found;
	if (where->found)
		err = kvmem_read_word(f->k, f->part->module + where->offset, 8, &table, ret_ok);
	for (unsigned i = 0; i < 3 && !err && *ret_ok; i++) {
		const struct answer *a = fact(&l->facts, ids[i]);

		*ret_ok = a->found;
		if (a->found)
			err = kvmem_read_word(f->k, table + a->offset, i == 2 ? 4 : 8, &words[i], ret_ok);
	}
	if (err || !*ret_ok)
		return err;
	f->symtab = words[0];
	f->strtab = words[1];
	f->nr = words[2] < MAX_SYMBOLS ? words[2] : MAX_SYMBOLS;
	return NULL;
}

/* Names end with a zero byte; the last may stand at the end of what is mapped. */
static struct error *read_name(const struct finder *f, char *buf, size_t size, bool *ret_ok)
{
	struct kv_gap gap;
	size_t got;
	struct error *err = kvmem_read(f->k, f->strtab + f->best.name, buf, size - 1, &got, &gap);

	if (err)
		return err;
	buf[got] = '\0';
	*ret_ok = buf[0] != '\0';
	return NULL;
}

struct error *module_symbol_at(const struct layout *l, struct kvmem *k, const struct module_part *part, uint64_t va,
			       struct module_symbol *ret, bool *ret_found)
{
	struct finder f = { .k = k, .part = part, .va = va };
	struct error *err = read_table(l, &f, ret_found);

	if (!err && *ret_found)
		err = search(&f);
	if (err || !*ret_found)
		return err;
	*ret_found = f.best.name;
	if (f.best.name)
		err = read_name(&f, ret->name, sizeof(ret->name), ret_found);
	ret->offset = va - f.best.value;
	ret->function = ELF64_ST_TYPE(f.best.info) == STT_FUNC;
	return err;
}
