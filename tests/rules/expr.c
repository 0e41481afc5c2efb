/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places and values: page[p].member, folio[p].entire, flag(lru), page_va(q) + 8, ... */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

void blanks_skip(const char **s)
{
	*s += strspn(*s, " \t");
}

bool word_next(const char **s, char *buf, size_t size)
{
	size_t len;

	blanks_skip(s);
	len = strcspn(*s, " \t");
	if (!len || len >= size)
		return false;
	memcpy(buf, *s, len);
	buf[len] = '\0';
	*s += len;
	return true;
}

static bool take(const char **s, char c)
{
	blanks_skip(s);
	if (**s != c)
		return false;
	++*s;
	return true;
}

static void need(struct mutation *m, const char **s, char c)
{
	if (!take(s, c))
		mutation_bad(m, "expected '%c' at '%s'", c, *s);
}

/* Letters, digits, and what \p more allows; brackets in pairs. */
static void name_take(const char **s, const char *more, char *buf, size_t size)
{
	size_t len = 0;
	int depth = 0;

	blanks_skip(s);
	for (char c = **s; c && (isalnum((unsigned char)c) || c == '_' || strchr(more, c)); c = (*s)[++len]) {
		depth += (c == '[') - (c == ']');
		if (depth < 0)
			break;
	}
	if (len >= size)
		len = size - 1;
	memcpy(buf, *s, len);
	buf[len] = '\0';
	*s += len;
}

/* ---- members whose spelling differs between kernels -------------------------------------------------------------- */

/* Newest first; `page` is the index of the struct page the member lies in when the type is "page". */
static const struct {
	const char *name, *type, *path;
	unsigned page;
} spellings[] = {
	{ "flags", "page", "flags.f", 0 },
	{ "flags", "page", "flags", 0 },
	{ "index", "page", "__folio_index", 0 },
	{ "index", "page", "index", 0 },
	{ "memcg", "page", "memcg_data", 0 },
	{ "memcg", "page", "mem_cgroup", 0 },
	{ "head", "page", "compound_info", 0 },
	{ "head", "page", "compound_head", 0 },
	{ "order", "folio", "_folio_order", 0 },
	{ "order", "page", "compound_order", 1 },
	{ "nr", "folio", "_nr_pages", 0 },
	{ "nr", "folio", "_folio_nr_pages", 0 },
	{ "nr", "page", "compound_nr", 1 },
	{ "dtor", "folio", "_folio_dtor", 0 },
	{ "dtor", "page", "compound_dtor", 1 },
	{ "entire", "folio", "_entire_mapcount", 0 },
	{ "entire", "folio", "_total_mapcount", 0 },
	{ "entire", "page", "compound_mapcount", 1 },
	{ "large", "folio", "_large_mapcount", 0 },
	{ "nr_mapped", "folio", "_nr_pages_mapped", 0 },
	{ "pincount", "folio", "_pincount", 0 },
	{ "pincount", "page", "compound_pincount", 1 },
	{ "pincount", "page", "hpage_pinned_refcount", 2 },
	{ "mm_id", "folio", "_mm_id", 0 },
	{ "mm_id_mapcount", "folio", "_mm_id_mapcount", 0 },
	{ "ptl", "ptdesc", "ptl", 0 },
	{ "ptl", "page", "ptl", 0 },
	{ "pt_mm", "ptdesc", "pt_mm", 0 },
	{ "pt_mm", "page", "pt_mm", 0 },
	{ "pt_share_count", "ptdesc", "pt_share_count", 0 },
	{ "pt_share_count", "page", "pt_share_count", 0 },
	{ "slab_cache", "slab", "slab_cache", 0 },
	{ "slab_cache", "page", "slab_cache", 0 },
	{ "slab_list.next", "slab", "slab_list.next", 0 },
	{ "slab_list.next", "page", "slab_list.next", 0 },
	{ "slab_list.prev", "slab", "slab_list.prev", 0 },
	{ "slab_list.prev", "page", "slab_list.prev", 0 },
	{ "freelist", "slab", "freelist", 0 },
	{ "freelist", "page", "freelist", 0 },
	{ "counters", "slab", "counters", 0 },
	{ "counters", "page", "counters", 0 },
	{ "slab_next", "slab", "next", 0 },
	{ "slab_next", "page", "next", 0 },
	{ "obj_exts", "slab", "obj_exts", 0 },
	{ "obj_exts", "slab", "memcg_data", 0 },
	{ "obj_exts", "page", "obj_cgroups", 0 },
};

static bool spelled(struct world *w, const char *path, struct answer *a, unsigned *ret_page)
{
	size_t len = strcspn(path, "[");
	char full[NAME_SIZE * 2];

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		if (strlen(spellings[i].name) != len || strncmp(spellings[i].name, path, len))
			continue;
		snprintf(full, sizeof(full), "%s%s", spellings[i].path, path + len);
		if (world_member(w, spellings[i].type, full, a)) {
			*ret_page = spellings[i].page;
			return true;
		}
	}
	return false;
}

/* Since v6.6 the order is the low byte of the first tail's flags. */
static bool order_in_flags(struct world *w, const char *path, struct answer *a, unsigned *ret_page)
{
	if (strcmp(path, "order") || !spelled(w, "flags", a, ret_page))
		return false;
	a->offset += w->base->layout.mmu.endian == ENDIAN_BIG ? (int64_t)a->size - 1 : 0;
	a->size = 1;
	*ret_page = 1;
	return true;
}

static struct lvalue page_place(struct mutation *m, const char *type, uint64_t pfn, const char *path)
{
	struct answer a;
	unsigned page = 0;
	struct lvalue l = { .size = 8 };

	if (!spelled(m->w, path, &a, &page) && !order_in_flags(m->w, path, &a, &page) &&
	    !world_member(m->w, type, path, &a)) {
		mutation_skip(m, "kernel has no %s.%s", type, path);
		return l;
	}
	if (!world_page_va(m->w, pfn, &l.address))
		mutation_bad(m, "pfn %#llx has no struct page", (unsigned long long)pfn);
	l.address += page * m->w->base->layout.page_struct_size + a.offset;
	l.size = (unsigned)a.size;
	return l;
}

/* vm_stat[NR_MLOCK]: an enumerator as index. */
static void index_by_name(struct mutation *m, const char *path, char *ret)
{
	const char *open = strchr(path, '['), *end = open ? strchr(open, ']') : NULL;
	char name[NAME_SIZE];
	int64_t value = 0;

	snprintf(ret, NAME_SIZE * 2, "%s", path);
	if (!end || !isupper((unsigned char)open[1]))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(end - open - 1), open + 1);
	if (!world_enum(m->w, NULL, name, &value))
		mutation_skip(m, "kernel has no enumerator %s", name);
	snprintf(ret, NAME_SIZE * 2, "%.*s[%lld%s", (int)(open - path), path, (long long)value, end);
}

static struct lvalue member_place(struct mutation *m, uint64_t va, const char *type, const char *spelled_path)
{
	struct answer a = { 0 };
	char path[NAME_SIZE * 2];

	index_by_name(m, spelled_path, path);
	if (!world_member(m->w, type, path, &a))
		mutation_skip(m, "kernel has no %s.%s", type, path);
	return (struct lvalue){ .address = va + a.offset, .size = (unsigned)a.size };
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

static uint64_t zone_va(struct mutation *m, const char **s)
{
	const struct zones *z = &m->w->base->zones;
	uint64_t index;

	blanks_skip(s);
	for (size_t i = 0; i < z->list.nr; i++) {
		size_t len = strlen(z->list.v[i].name);

		if (!strncmp(*s, z->list.v[i].name, len) && (*s)[len] == ']') {
			*s += len;
			return z->list.v[i].va;
		}
	}
	if (isupper((unsigned char)**s)) {
		mutation_skip(m, "no zone %.16s", *s);
		return 0;
	}
	index = expr_value(m, s);
	if (index >= z->list.nr)
		mutation_skip(m, "no zone number %llu", (unsigned long long)index);
	return index < z->list.nr ? z->list.v[index].va : 0;
}

static uint64_t indexed_va(struct mutation *m, const char **s, bool node)
{
	const struct check *c = m->w->base;
	uint64_t index = expr_value(m, s);

	if (index >= (node ? c->zones.nodes.nr : c->memmap.sections.nr)) {
		mutation_skip(m, "no %s number %llu", node ? "node" : "section", (unsigned long long)index);
		return 0;
	}
	return node ? c->zones.nodes.v[index].va : c->memmap.sections.v[index].ms_va;
}

/* The second argument of pte[p,1] and its like. */
static uint64_t second(struct mutation *m, const char **s)
{
	return take(s, ',') ? expr_value(m, s) : 0;
}

/* mm[p].rss[1]: the sum that is kept for all; the array has two forms. */
static bool rss_place(struct mutation *m, uint64_t mm, const char *path, struct lvalue *ret)
{
	struct answer stat, count;
	char part[NAME_SIZE];

	if (!strncmp(path, "rss_cpu[", 8)) {
		snprintf(part, sizeof(part), "rss_stat%.8s", path + 7);
		if (!world_member(m->w, "mm_struct", part, &stat) ||
		    !world_member(m->w, "percpu_counter", "counters", &count))
			mutation_skip(m, "kernel has no rss of CPUs");
		else
			*ret = (struct lvalue){ .address = mm + stat.offset + count.offset, .size = 8 };
		return true;
	}
	if (strncmp(path, "rss[", 4))
		return false;
	snprintf(part, sizeof(part), "count%.8s", path + 3);
	if (world_member(m->w, "mm_rss_stat", part, &count) && world_member(m->w, "mm_struct", "rss_stat", &stat)) {
		*ret = (struct lvalue){ .address = mm + stat.offset + count.offset, .size = 8 };
		return true;
	}
	snprintf(part, sizeof(part), "rss_stat%.8s", path + 3);
	if (!world_member(m->w, "mm_struct", part, &stat) || !world_member(m->w, "percpu_counter", "count", &count))
		mutation_skip(m, "kernel has no rss_stat");
	else
		*ret = (struct lvalue){ .address = mm + stat.offset + count.offset, .size = 8 };
	return true;
}

static struct lvalue process_member(struct mutation *m, const char *what, const char **s)
{
	uint64_t pfn = expr_value(m, s), nth = second(m, s), at;
	struct lvalue l = { .size = 8 };
	char path[NAME_SIZE];

	need(m, s, ']');
	if (m->outcome != OUTCOME_OK || process_place(m, what, pfn, nth, &l))
		return l;
	at = process_object(m, what, pfn, nth);
	need(m, s, '.');
	name_take(s, ".[]", path, sizeof(path));
	if (m->outcome != OUTCOME_OK || (what[0] == 'm' && rss_place(m, at, path, &l)))
		return l;
	return member_place(m, at, what[0] == 'm' ? "mm_struct" : what[0] == 'v' ? "vm_area_struct" : "task_struct",
			    path);
}

static bool is_process_place(const char *what)
{
	static const char *const names[] = { "pte", "pmd", "pud", "p4d", "pgd", "mm", "vma", "task" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], what))
			return true;
	return false;
}

struct lvalue expr_place(struct mutation *m, const char **s)
{
	struct lvalue l = { .size = 8 };
	char what[NAME_SIZE], type[NAME_SIZE], path[NAME_SIZE];
	uint64_t at;

	name_take(s, "", what, sizeof(what));
	need(m, s, '[');
	if (is_process_place(what))
		return process_member(m, what, s);
	if (!strcmp(what, "zone"))
		at = zone_va(m, s);
	else if (!strcmp(what, "node") || !strcmp(what, "section"))
		at = indexed_va(m, s, what[0] == 'n');
	else
		at = expr_value(m, s);
	need(m, s, ']');
	if (!strcmp(what, "mem") || !strcmp(what, "mem32") || !strcmp(what, "mem8") || !strcmp(what, "phys")) {
		l = (struct lvalue){ at, what[0] == 'p', what[3] == '3' ? 4 : what[3] == '8' ? 1 : 8 };
		return l;
	}
	need(m, s, '.');
	if (!strcmp(what, "object")) {
		name_take(s, "", type, sizeof(type));
		need(m, s, '.');
	}
	name_take(s, ".[]", path, sizeof(path));
	if (m->outcome != OUTCOME_OK)
		return l;
	if (!strcmp(what, "page") || !strcmp(what, "folio"))
		return page_place(m, what, at, path);
	if (!strcmp(what, "object"))
		return member_place(m, at, type, path);
	if (!strcmp(what, "zone") || !strcmp(what, "node") || !strcmp(what, "section"))
		return member_place(m, at, what[0] == 'z' ? "zone" : what[0] == 'n' ? "pglist_data" : "mem_section",
				    path);
	mutation_bad(m, "'%s' is no place", what);
	return l;
}

uint64_t lvalue_read(struct mutation *m, const struct lvalue *l)
{
	unsigned char bytes[8] = { 0 };
	bool ok = l->size <= 8 && m->outcome == OUTCOME_OK;

	if (ok && l->physical)
		ok = mutation_read_phys(m, l->address, bytes, l->size);
	else if (ok)
		ok = mutation_read(m, l->address, bytes, l->size);

	if (!ok)
		mutation_bad(m, "%u bytes at %#llx cannot be read", l->size, (unsigned long long)l->address);
	return get_word(mutation_endian(m), bytes, l->size);
}

void lvalue_write(struct mutation *m, const struct lvalue *l, uint64_t value)
{
	uint64_t word = get_u64(mutation_endian(m), &value);
	const char *bytes = (const char *)&word + (mutation_endian(m) == ENDIAN_BIG && l->size < 8 ? 8 - l->size : 0);

	if (l->size > 8)
		mutation_bad(m, "%u bytes are not one value", l->size);
	else if (l->physical)
		mutation_write_phys(m, l->address, bytes, l->size);
	else
		mutation_write(m, l->address, bytes, l->size);
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

uint64_t leaf_entry(struct mutation *m, uint64_t va)
{
	const struct mmu *mmu = &m->w->base->layout.mmu;
	uint64_t table = mmu->root_pa;

	for (unsigned level = mmu->root_level; level; level--) {
		unsigned index = (unsigned)(va >> mmu_level_shift(mmu, level) & low_mask(mmu->index_bits[level]));
		uint64_t at = table + (uint64_t)index * 8, entry;
		enum entry_kind kind;

		if (!mutation_read_phys(m, at, &entry, 8))
			return 0;
		kind = mmu_decode(mmu, level, index, mmu_entry(mmu, (const unsigned char *)&entry, 0), &table);
		if (kind == ENTRY_LEAF)
			return at;
		if (kind == ENTRY_NONE)
			return 0;
	}
	return 0;
}

static uint64_t flag_value(struct mutation *m, const char *name)
{
	char full[NAME_SIZE];
	int64_t bit = 0;

	snprintf(full, sizeof(full), "PG_%.40s", name);
	if (!world_enum(m->w, "pageflags", full, &bit))
		mutation_skip(m, "kernel has no %s", full);
	return UINT64_C(1) << (bit & 63);
}

static uint64_t type_value(struct mutation *m, const char *name)
{
	const struct layout *l = &m->w->base->layout;

	for (enum page_type t = TYPE_BUDDY; t < TYPE_INVALID; t++) {
		if (strcmp(page_type_name(t), name))
			continue;
		if (l->type == TYPE_TOP_BYTE && l->type_byte[t])
			return (uint64_t)l->type_byte[t] << 24;
		if (l->type == TYPE_CLEARED_BITS && l->type_bit[t])
			return (uint32_t)~l->type_bit[t];
	}
	mutation_skip(m, "kernel has no page type %s", name);
	return 0;
}

static uint64_t enum_value(struct mutation *m, const char *name)
{
	char type[NAME_SIZE];
	const char *dot = strchr(name, '.');
	int64_t value = 0;

	snprintf(type, sizeof(type), "%.*s", dot ? (int)(dot - name) : 0, name);
	if (!dot || !world_enum(m->w, type[0] == '*' ? NULL : type, dot + 1, &value))
		mutation_skip(m, "kernel has no enumerator %s", name);
	return (uint64_t)value;
}

static uint64_t page_function(struct mutation *m, const char *function, uint64_t v)
{
	const struct check *c = m->w->base;
	const struct census_record *r = census_find(&c->census, v);
	uint64_t va = 0;

	if (!strcmp(function, "bit"))
		return UINT64_C(1) << (v & 63);
	if (!strcmp(function, "leaf"))
		return leaf_entry(m, v);
	if (!r || !world_page_va(m->w, v, &va))
		mutation_bad(m, "%s(): pfn %#llx has no struct page", function, (unsigned long long)v);
	else if (!strcmp(function, "page_va"))
		return va;
	else if (!strcmp(function, "head"))
		return census_head(r, v);
	else if (!strcmp(function, "nr"))
		return UINT64_C(1) << r->order;
	else if (!strcmp(function, "order"))
		return r->order;
	else
		mutation_bad(m, "no function %s()", function);
	return 0;
}

static uint64_t call(struct mutation *m, const char *function, const char **s)
{
	char name[NAME_SIZE];
	uint64_t v = 0;

	if (!strcmp(function, "swptype") || !strcmp(function, "userbit")) {
		name_take(s, "-", name, sizeof(name));
		v = function[0] == 's' ? process_swap_type(m, name) : entry_bit(m, name);
	} else if (!strcmp(function, "flagbit") || !strcmp(function, "flagtop")) {
		name_take(s, "", name, sizeof(name));
		v = entry_field(m, name, function[4] == 't');
	} else if (!strcmp(function, "flag") || !strcmp(function, "type") || !strcmp(function, "symbol") ||
		   !strcmp(function, "enum")) {
		name_take(s, ".*", name, sizeof(name));
		if (function[0] == 'f')
			v = flag_value(m, name);
		else if (function[0] == 't')
			v = type_value(m, name);
		else if (function[0] == 'e')
			v = enum_value(m, name);
		else if (!world_symbol(m->w, name, &v))
			mutation_skip(m, "kernel has no symbol %s", name);
	} else {
		uint64_t a = expr_value(m, s), b = second(m, s);

		if (m->outcome == OUTCOME_OK && !process_function(m, function, a, b, &v) &&
		    !pte_function(m, function, a, b, &v) &&
		    !cache_function(m, function, a, b, &v) &&
		    !slab_function(m, function, a, b, &v) &&
		    !holder_function(m, function, a, b, &v) &&
		    !owner_function(m, function, a, &v) &&
		    !lost_function(m, function, a, &v) &&
		    !lru_function(m, function, a, &v) &&
		    !freelist_function(m, function, a, b, &v) &&
		    !swap_function(m, function, a, &v))
			v = page_function(m, function, a);
	}
	need(m, s, ')');
	return v;
}

/* A pick, or a number the kernel calls by a name. */
static uint64_t constant(struct mutation *m, const char *name)
{
	const struct layout *l = &m->w->base->layout;

	for (unsigned i = 0; i < m->nr_picks; i++)
		if (!strcmp(m->picks[i].name, name))
			return m->picks[i].pfn;
	if (!strcmp(name, "LIST_POISON1"))
		return 0x100 + l->mmu.arch->poison_delta;
	if (!strcmp(name, "LIST_POISON2"))
		return 0x122 + l->mmu.arch->poison_delta;
	if (!strcmp(name, "TAIL_MAPPING"))
		return 0x400 + l->mmu.arch->poison_delta;
	if (!strcmp(name, "PP_SIGNATURE"))
		return 0x40 + l->mmu.arch->poison_delta;
	if (!strcmp(name, "UNUSED_FLAG"))
		return l->flag.undefined & -l->flag.undefined;
	if (!strcmp(name, "NO_ENTRY"))
		return entry_none(m);
	if (!strcmp(name, "zero_pfn"))
		return m->w->base->special.zero_pfn;
	mutation_bad(m, "'%s' is neither a pick nor a constant", name);
	return 0;
}

static uint64_t primary(struct mutation *m, const char **s)
{
	const char *start;
	char name[NAME_SIZE], *end;
	struct lvalue l;
	uint64_t v;

	if (m->outcome != OUTCOME_OK)
		return 0;
	if (take(s, '-'))
		return -primary(m, s);
	if (take(s, '~'))
		return ~primary(m, s);
	if (take(s, '(')) {
		v = expr_value(m, s);
		need(m, s, ')');
		return v;
	}
	if (isdigit((unsigned char)**s)) {
		v = strtoull(*s, &end, 0);
		*s = end;
		return v;
	}
	start = *s;
	name_take(s, "", name, sizeof(name));
	if (**s == '(') {
		++*s;
		return call(m, name, s);
	}
	if (**s != '[')
		return constant(m, name);
	*s = start;
	l = expr_place(m, s);
	return m->outcome == OUTCOME_OK ? lvalue_read(m, &l) : 0;
}

static uint64_t combine(char op, uint64_t a, uint64_t b)
{
	switch (op) {
	case '+':
		return a + b;
	case '-':
		return a - b;
	case '|':
		return a | b;
	case '&':
		return a & b;
	case '^':
		return a ^ b;
	case '*':
		return a * b;
	case '<':
		return a << (b & 63);
	default:
		return a >> (b & 63);
	}
}

/* All operators bind alike, from left to right. */
uint64_t expr_value(struct mutation *m, const char **s)
{
	uint64_t v = primary(m, s);

	while (m->outcome == OUTCOME_OK) {
		char op;

		blanks_skip(s);
		op = **s;
		if (!op || !strchr("+-|&^*<>", op) || (op == '-' && (*s)[1] == '>'))
			break;
		*s += op == '<' || op == '>' ? 2 : 1;
		v = combine(op, v, primary(m, s));
	}
	return v;
}
