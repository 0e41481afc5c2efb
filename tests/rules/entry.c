/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page-table entries of any machine.  What an entry says is told by the machine's own decoders; here are found the bits to turn so
 * that it says something else: each bit of an address, of a type, of an offset is a bit of the entry, as it is or turned round.
 */
#include <string.h>

#include "mutate.h"

/* How an entry is understood: as one of a process or of the kernel, of which level. */
struct form {
	const struct mmu *mmu;
	unsigned level;
	bool kernel;
};

static struct user_entry decode(const struct form *f, uint64_t word)
{
	struct user_entry e = { .kind = USER_NONE };

	if (!f->kernel) {
		f->mmu->arch->user_decode(f->mmu, f->level, word, &e);
		return e;
	}
	switch (f->mmu->arch->decode(f->mmu, f->level, word, &e.pa)) {
	case ENTRY_LEAF:
		e.kind = USER_LEAF;
		break;
	case ENTRY_TABLE:
		e.kind = USER_TABLE;
		break;
	case ENTRY_NONE:
	default:
		break;
	}
	return e;
}

/* A word of a table as the value of a place: tables of ppc64le are big-endian, all else is not. */
static uint64_t entry_value(struct mutation *m, uint64_t word)
{
	bool big = mutation_endian(m) == ENDIAN_BIG;

	return m->w->base->layout.mmu.big_endian == big ? word : __builtin_bswap64(word);
}

/* How many bits say something else than they should. */
static unsigned distance(const struct user_entry *a, const struct user_entry *b)
{
	uint64_t address = a->kind == USER_SWAP ? a->offset ^ b->offset : a->pa ^ b->pa;

	return (unsigned)(__builtin_popcountll(address) + __builtin_popcount(a->type ^ b->type) +
			  __builtin_popcount(a->bits ^ b->bits));
}

/* Turn `word` into what says `wanted`, by one bit or two at a time; 0: there is no such entry. */
static uint64_t turn(const struct form *f, uint64_t word, const struct user_entry *wanted)
{
	struct user_entry now = decode(f, word);
	unsigned left = distance(&now, wanted), before;

	do {
		before = left;
		for (unsigned i = 0; i < 64; i++)
			for (unsigned j = 0; j <= i; j++) {
				uint64_t other = word ^ (bit_u64(i) | bit_u64(j));
				struct user_entry e = decode(f, other);

				if (other && e.kind == wanted->kind && distance(&e, wanted) < left) {
					left = distance(&e, wanted);
					word = other;
				}
			}
	} while (left && left < before);
	return left ? 0 : word;
}

static uint64_t turn_or_skip(struct mutation *m, const struct form *f, uint64_t word, const struct user_entry *wanted,
			     const char *what)
{
	uint64_t ret = m->outcome == OUTCOME_OK ? turn(f, word, wanted) : 0;

	if (!ret)
		mutation_skip(m, "an entry of level %u cannot %s here", f->level, what);
	return ret;
}

/* ---- swap entries ------------------------------------------------------------------------------------------------ */

/* A word that is a swap entry, with as few bits as can be; 0: there is none. */
static uint64_t swap_seed(const struct form *f)
{
	for (unsigned i = 0; i < 64; i++)
		for (unsigned j = 0; j <= i; j++)
			if (decode(f, bit_u64(i) | bit_u64(j)).kind == USER_SWAP)
				return bit_u64(i) | bit_u64(j);
	return 0;
}

static uint64_t swap_value(struct mutation *m, uint64_t type, uint64_t offset)
{
	struct form f = { .mmu = &m->w->base->layout.mmu, .level = 1 };
	struct user_entry wanted = { .kind = USER_SWAP, .type = (unsigned)type, .offset = offset };

	return turn_or_skip(m, &f, swap_seed(&f), &wanted, "have that type and offset");
}

/* ---- entries that are there -------------------------------------------------------------------------------------- */

/* The entry e, or the one above it, with another address. */
static uint64_t user_to(struct mutation *m, const struct map_entry *e, unsigned steps, uint64_t pfn)
{
	struct form f = { .mmu = &m->w->base->layout.mmu, .level = e->level + steps };
	struct lvalue l = { entry_above(m->w, e->pa, e->level, e->space, steps), true, 8 };
	unsigned char bytes[8];
	struct user_entry wanted;
	uint64_t word;

	if (!mutation_read_phys(m, l.address, bytes, sizeof(bytes)))
		mutation_skip(m, "no entry above");
	word = mmu_entry(f.mmu, bytes, 0);
	wanted = decode(&f, word);
	wanted.pa = pfn << f.mmu->page_shift | (wanted.pa & low_mask(f.mmu->page_shift));
	return entry_value(m, turn_or_skip(m, &f, word, &wanted, "lead there"));
}

/* The kernel's entry that maps va, with another address. */
static uint64_t kernel_to(struct mutation *m, uint64_t va, uint64_t pfn)
{
	struct form f = { .mmu = &m->w->base->layout.mmu, .level = 1, .kernel = true };
	unsigned char bytes[8];
	struct user_entry wanted;
	uint64_t word;

	if (!mutation_read_phys(m, leaf_entry(m, va), bytes, sizeof(bytes)))
		mutation_skip(m, "%#llx is not mapped", (unsigned long long)va);
	word = mmu_entry(f.mmu, bytes, 0);
	wanted = decode(&f, word);
	wanted.pa = pfn << f.mmu->page_shift;
	return entry_value(m, turn_or_skip(m, &f, word, &wanted, "lead there"));
}

/* The entry e with one of its bits as it is not. */
static uint64_t user_with(struct mutation *m, const struct map_entry *e, uint64_t bit)
{
	struct form f = { .mmu = &m->w->base->layout.mmu, .level = e->level };
	unsigned char bytes[8];
	struct user_entry wanted;
	uint64_t word;

	if (!mutation_read_phys(m, e->pa, bytes, sizeof(bytes)))
		mutation_bad(m, "no entry at %#llx", (unsigned long long)e->pa);
	word = mmu_entry(f.mmu, bytes, 0);
	wanted = decode(&f, word);
	wanted.bits ^= (unsigned)bit;
	return entry_value(m, turn_or_skip(m, &f, word, &wanted, "say that"));
}

/* ---- words of records -------------------------------------------------------------------------------------------- */

uint64_t entry_none(struct mutation *m)
{
	const struct form user = { .mmu = &m->w->base->layout.mmu, .level = 1 };
	const struct form kernel = { .mmu = user.mmu, .level = 1, .kernel = true };

	if (decode(&kernel, 0).kind == USER_NONE && decode(&user, 0).kind == USER_NONE)
		return 0;
	for (unsigned i = 0; i < 64; i++)
		if (decode(&kernel, bit_u64(i)).kind == USER_NONE && decode(&user, bit_u64(i)).kind == USER_NONE)
			return entry_value(m, bit_u64(i));
	mutation_bad(m, "no entry is empty");
	return 0;
}

uint64_t entry_bit(struct mutation *m, const char *name)
{
	char text[NAME_SIZE];

	for (unsigned i = 0; i < NR_USER_BITS; i++)
		if (!strcmp(user_bits_text(1u << i, text, sizeof(text)), name))
			return 1u << i;
	mutation_bad(m, "page-table entries have no bit '%s'", name);
	return 0;
}

uint64_t entry_field(struct mutation *m, const char *name, bool top)
{
	const struct layout *l = &m->w->base->layout;
	const struct {
		const char *name;
		const struct flag_field *field;
	} fields[] = {
		{ "section", &l->flag.section }, { "node", &l->flag.node }, { "zone", &l->flag.zone },
		{ "last_cpupid", &l->flag.last_cpupid }, { "lru_gen", &l->flag.lru_gen }, { "lru_refs", &l->flag.lru_refs },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!strcmp(fields[i].name, name)) {
			if (!fields[i].field->width) {
				mutation_skip(m, "page flags have no field %s", name);
				return 0;
			}
			return bit_u64((fields[i].field->shift + (top ? fields[i].field->width - 1 : 0)) & 63);
		}
	mutation_bad(m, "page flags have no field '%s'", name);
	return 0;
}

bool pte_function(struct mutation *m, const char *function, uint64_t a, uint64_t b, uint64_t *ret)
{
	bool to = !strcmp(function, "entry_to"), with = !strcmp(function, "entry_with"), up = !strcmp(function, "upper_to");
	const struct map_entry *e;

	*ret = 0;
	if (!strcmp(function, "swp")) {
		*ret = entry_value(m, swap_value(m, a, b));
	} else if (!strcmp(function, "leaf_to")) {
		*ret = kernel_to(m, a, b);
	} else if (to || with || up) {
		e = entry_of(m, a, 0);
		if (e)
			*ret = with ? user_with(m, e, b) : user_to(m, e, up, b);
	} else if (!strcmp(function, "pa")) {
		*ret = a << m->w->base->layout.page_shift;
	} else if (!strcmp(function, "bytes")) {
		*ret = mutation_endian(m) == ENDIAN_BIG ? __builtin_bswap64(a) : a;
	} else if (!strcmp(function, "in_page")) {
		*ret = a & low_mask(m->w->base->layout.page_shift);
	} else {
		return false;
	}
	return true;
}
