/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/symbols.h"

#include <elf.h>
#include <string.h>

#include "types/elf_image.h"
#include "types/elf_symbol.h"
#include "types/kallsyms.h"

enum { REACH_WITHOUT_SIZE = 4096, LOOK_BACK = 32 };

/* Names that the build makes up for itself say nothing to a reader. */
static bool is_made_up(const char *name)
{
	static const char *const prefixes[] = { ".L", "__pfx_", "__ksymtab", "__kstrtab", "__UNIQUE_ID", "__crc_" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return !name[0];
}

static bool is_wanted(const struct elf_symbol *sym)
{
	unsigned type = ELF64_ST_TYPE(sym->info);

	return sym->section != SHN_UNDEF && sym->section != SHN_ABS &&
	       (type == STT_OBJECT || type == STT_FUNC || type == STT_NOTYPE);
}

static struct error *collect(struct symbols *s, enum endian endian, struct span table, struct span strings)
{
	if (!strings.size || strings.data[strings.size - 1])
		return NULL;
	for (uint64_t pos = 0; pos + sizeof(Elf64_Sym) <= table.size; pos += sizeof(Elf64_Sym)) {
		struct symbol_entry e;
		struct elf_symbol sym = elf_symbol_at(endian, table.data + pos);

		if (!is_wanted(&sym) || sym.name >= strings.size)
			continue;
		e = (struct symbol_entry){ sym.value, sym.size, (const char *)strings.data + sym.name,
					   ELF64_ST_TYPE(sym.info) == STT_FUNC };
		if (!is_made_up(e.name) && !array_push(&s->list, e))
			return &error_nomem;
	}
	return NULL;
}

static int compare(const void *va, const void *vb)
{
	const struct symbol_entry *a = va, *b = vb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Names are the table's, which lives as long as the types.  Sizes reach to the next symbol. */
static struct error *collect_kallsyms(struct symbols *s, const struct kallsyms *k)
{
	for (size_t i = 0; i < k->list.nr; i++) {
		const struct kallsym *from = &k->list.v[i];
		struct symbol_entry e = { from->value, kallsyms_size(k, i), k->names + from->name,
					  strchr("tTwW", from->type) != NULL };

		if (!is_made_up(e.name) && !array_push(&s->list, e))
			return &error_nomem;
	}
	return NULL;
}

static struct error *collect_image(struct symbols *s, const struct types *t)
{
	struct span table, strings;
	struct error *err = types_symbol_image(t, &s->image);

	if (!err)
		err = elf_image_section(s->image, ".symtab", &table);
	if (!err)
		err = elf_image_section(s->image, ".strtab", &strings);
	if (!err && table.data && strings.data)
		err = collect(s, elf_image_endian(s->image), table, strings);
	return err;
}

struct error *symbols_init(struct symbols *s, const struct types *t)
{
	struct error *err = NULL;

	memset(s, 0, sizeof(*s));
	if (types_kallsyms(t))
		err = collect_kallsyms(s, types_kallsyms(t));
	else if (types_origin(t) != TYPES_FACTS && !types_lacks_symbols(t))
		err = collect_image(s, t);
	if (!err && s->list.nr)
		qsort(s->list.v, s->list.nr, sizeof(*s->list.v), compare);
	return error_prefix(err, "%s", types_path(t));
}

void symbols_deinit(struct symbols *s)
{
	array_free(&s->list);
	elf_image_free(s->image);
	s->image = NULL;
}

/* How many symbols start at or below \p value. */
static size_t upper_bound(const struct symbols *s, uint64_t value)
{
	size_t low = 0, high = s->list.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->list.v[mid].value <= value)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool symbols_find(const struct symbols *s, uint64_t value, struct symbol_at *ret)
{
	size_t end = upper_bound(s, value);
	const struct symbol_entry *best = NULL;

	/* several may start at one address, and a label may stand inside an object: the nearest that reaches so far */
	for (size_t i = end; i-- > 0 && end - i <= LOOK_BACK;) {
		const struct symbol_entry *e = &s->list.v[i];

		if (value - e->value < e->size)
			best = e;
		if (best && (best->value != e->value || !i || s->list.v[i - 1].value != e->value))
			break;
	}
	if (!best && end && !s->list.v[end - 1].size && value - s->list.v[end - 1].value < REACH_WITHOUT_SIZE)
		best = &s->list.v[end - 1];
	if (!best)
		return false;
	*ret = (struct symbol_at){ best->name, value - best->value, best->function };
	return true;
}
