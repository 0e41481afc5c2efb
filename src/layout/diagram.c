/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layout/diagram.h"

#include <string.h>

/* Pages of a folio in which a member of struct page is used. */
enum pages { OWN, ALL, HEAD, TAILS, TAIL1, TAIL2, OTHER };
enum parts { WHOLE, LIST, RCU, LLIST };
enum { ANY, SECOND };

static const char *const tags[NR_DESCRIPTORS] = {
#define DESCRIPTOR(id, tag) [DESCRIPTOR_##id] = tag,
#define MEMBER(id, name, pages, parts)
#include "layout/members.def"
#undef DESCRIPTOR
#undef MEMBER
};

static const struct member_row {
	enum descriptor of;
	const char *name;
	enum pages pages;
	enum parts parts;
} members[] = {
#define DESCRIPTOR(id, tag)
#define MEMBER(id, name, pages, parts) { DESCRIPTOR_##id, name, pages, parts },
#include "layout/members.def"
#undef DESCRIPTOR
#undef MEMBER
};

static const struct {
	const char *enumerator;
	int pages;
} flag_rows[] = {
#define FLAG(name, pages) { "PG_" #name, pages },
#include "layout/flagnames.def"
#undef FLAG
};

enum { NR_MEMBERS = ARRAY_SIZE(members), NR_FLAG_ROWS = ARRAY_SIZE(flag_rows), WORD = 8 };

/* One batch: sizes, members, flags, then every spelling of every fact. */
struct batch {
	ARRAY(struct question) questions;
	struct answer *answers;
};

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static bool batch_fill(struct batch *b, struct arena *strings)
{
	bool ok = true;

	for (unsigned i = 0; i < NR_DESCRIPTORS; i++)
		ok = ok && array_push(&b->questions, ((struct question){ Q_SIZE, tags[i], NULL }));
	for (unsigned i = 0; i < NR_MEMBERS; i++)
		ok = ok && array_push(&b->questions, ((struct question){ Q_MEMBER, tags[members[i].of], members[i].name }));
	for (unsigned i = 0; i < NR_FLAG_ROWS; i++)
		ok = ok && array_push(&b->questions, ((struct question){ Q_ENUM, "pageflags", flag_rows[i].enumerator }));
	for (enum fact id = 0; id < NR_FACTS; id++) {
		for (unsigned i = 0; ok && i < FACT_MAX_SPELLINGS && fact_names[id].spellings[i]; i++) {
			struct question q;

			ok = fact_question(strings, fact_names[id].kind, fact_names[id].spellings[i], &q) &&
			     array_push(&b->questions, q);
		}
	}
	return ok;
}

/* A facts file answers what its writer asked; take what there is. */
static void ask_singly(struct diagram *d, struct batch *b, struct types *t)
{
	for (size_t i = 0; i < b->questions.nr; i++) {
		struct error *err = types_ask(t, &b->questions.v[i], &b->answers[i], 1);

		d->nr_unknown += err != NULL;
		error_free(err);
	}
}

static struct error *batch_ask(struct diagram *d, struct batch *b, struct types *t)
{
	struct error *err;

	if (!batch_fill(b, &d->strings))
		return &error_nomem;
	b->answers = calloc(b->questions.nr + 1, sizeof(*b->answers));
	if (!b->answers)
		return &error_nomem;
	err = types_ask(t, b->questions.v, b->answers, b->questions.nr);
	if (!err || types_origin(t) != TYPES_FACTS)
		return err;
	error_free(err);
	memset(b->answers, 0, b->questions.nr * sizeof(*b->answers));
	ask_singly(d, b, t);
	return NULL;
}

/* ---- members to pieces ------------------------------------------------------------------------------------------- */

/* Name of the part of a member that lies in its word number nr. */
static const char *part_name(struct arena *strings, const struct member_row *m, const struct answer *a, unsigned nr)
{
	static const char *const suffixes[][2] = {
		[LIST] = { ".next", ".prev" }, [RCU] = { ".next", ".func" }, [LLIST] = { ".next", ".next" },
	};

	if (m->parts == LLIST || (m->parts != WHOLE && a->size == 2 * WORD && nr < 2))
		return arena_printf(strings, "%s%s", m->name, suffixes[m->parts][nr]);
	if (a->length && a->stride == WORD)
		return arena_printf(strings, "%s[%u]", m->name, nr);
	if (a->length)
		return arena_printf(strings, "%s[%u]", m->name, (unsigned)a->length);
	return nr ? arena_printf(strings, "%s+%u", m->name, nr * WORD) : m->name;
}

static bool column_has(const struct diagram_column *c, const struct diagram_piece *p)
{
	for (size_t i = 0; i < c->pieces.nr; i++)
		if (c->pieces.v[i].offset == p->offset && !strcmp(c->pieces.v[i].name, p->name))
			return true;
	return false;
}

/* Add to a column what of a member lies in [first, first + size) of its descriptor. */
static bool column_add(struct diagram *d, struct diagram_column *c, const struct member_row *m, const struct answer *a,
		       uint64_t first, uint64_t size)
{
	uint64_t end = a->offset + a->size;

	for (uint64_t at = a->offset, next; at < end; at = next) {
		struct diagram_piece p = { .usual = m->pages != OTHER };

		next = at / WORD * WORD + WORD;
		if (next > end)
			next = end;
		if (at < first || at >= first + size)
			continue;
		p.name = part_name(&d->strings, m, a, (unsigned)(at / WORD - a->offset / WORD));
		p.offset = (unsigned)(at - first);
		p.size = a->bit_size ? 0 : (unsigned)(next - at);
		p.bits = a->bit_size;
		if (!p.name || (!column_has(c, &p) && !array_push(&c->pieces, p)))
			return false;
		if (a->bit_size)
			break;
	}
	return true;
}

/* Whether one of the first nr pieces of a column lies in these bytes. */
static bool column_covers(const struct diagram_column *c, size_t nr, uint64_t offset, uint64_t size)
{
	for (size_t i = 0; i < nr; i++) {
		const struct diagram_piece *p = &c->pieces.v[i];

		if (p->offset < offset + size && offset < (uint64_t)p->offset + p->size)
			return true;
	}
	return false;
}

static bool sane(const struct answer *a, uint64_t limit)
{
	return a->found && a->size && a->size <= limit && a->offset <= limit - a->size;
}

static bool column_all(struct diagram *d, struct diagram_column *c, const struct answer *answers, enum descriptor of,
		       uint64_t first, uint64_t size)
{
	bool ok = true;

	for (unsigned i = 0; i < NR_MEMBERS; i++)
		if (members[i].of == of && sane(&answers[i], first + 16 * size))
			ok = ok && column_add(d, c, &members[i], &answers[i], first, size);
	return ok;
}

static bool in_page(enum pages pages, unsigned nr)
{
	switch (pages) {
	case ALL:
		return true;
	case HEAD:
		return nr == 0;
	case TAILS:
		return nr != 0;
	case TAIL1:
		return nr == 1;
	case TAIL2:
		return nr == 2;
	case OWN:
	case OTHER:
		break;
	}
	return false;
}

/* Complete page number nr of a folio by what struct page calls its words; what every page has only where nothing else is. */
static bool column_from_page(struct diagram *d, struct diagram_column *c, const struct answer *answers, unsigned nr)
{
	size_t named = c->pieces.nr; /* what struct folio says */
	unsigned size = d->page.size;
	bool ok = true;

	for (unsigned i = 0; i < NR_MEMBERS; i++) {
		const struct answer *a = &answers[i];
		bool everywhere = members[i].pages == ALL || members[i].pages == TAILS || members[i].pages == HEAD;

		if (members[i].of != DESCRIPTOR_PAGE || !in_page(members[i].pages, nr) || !sane(a, size))
			continue;
		if (!(everywhere && column_covers(c, named, a->offset, a->size)))
			ok = ok && column_add(d, c, &members[i], a, 0, size);
	}
	return ok;
}

static bool has_tail2_members(const struct answer *answers)
{
	for (unsigned i = 0; i < NR_MEMBERS; i++)
		if (members[i].of == DESCRIPTOR_PAGE && members[i].pages == TAIL2 && answers[i].found)
			return true;
	return false;
}

static bool fill_folio(struct diagram *d, const struct answer *answers)
{
	static const char *const titles[] = { "head", "tail 1", "tail 2", "tail 3" };
	unsigned size = d->page.size, spans = (d->folio_size + size - 1) / size;
	unsigned used = has_tail2_members(answers) ? 3 : 2; /* before struct folio had it all */
	bool ok = true;

	if (spans < used)
		spans = used;
	d->nr_tails = spans - 1 < DIAGRAM_MAX_TAILS ? spans - 1 : DIAGRAM_MAX_TAILS;
	for (unsigned nr = 0; nr <= d->nr_tails; nr++) {
		struct diagram_column *c = nr ? &d->tails[nr - 1] : &d->head;

		c->title = titles[nr];
		c->size = size;
		ok = ok && column_all(d, c, answers, DESCRIPTOR_FOLIO, (uint64_t)nr * size, size) &&
		     column_from_page(d, c, answers, nr);
	}
	return ok;
}

static bool fill_columns(struct diagram *d, const struct answer *sizes, const struct answer *answers)
{
	bool ok;

	d->page.title = "struct page";
	ok = column_all(d, &d->page, answers, DESCRIPTOR_PAGE, 0, d->page.size) && fill_folio(d, answers);
	for (unsigned i = DESCRIPTOR_SLAB; i < NR_DESCRIPTORS; i++) {
		struct diagram_column *c = &d->other[d->nr_other];

		if (!sizes[i].found)
			continue;
		c->title = arena_printf(&d->strings, "struct %s", tags[i]);
		c->size = (unsigned)sizes[i].size;
		ok = ok && c->title && column_all(d, c, answers, (enum descriptor)i, 0, d->page.size);
		d->nr_other++;
	}
	return ok;
}

/* ---- flags and facts --------------------------------------------------------------------------------------------- */

static bool join(struct arena *strings, const char **list, const char *name)
{
	*list = *list ? arena_printf(strings, "%s %s", *list, name) : name;
	return *list;
}

static bool fill_flags(struct diagram *d, const struct answer *answers)
{
	bool ok = true;

	for (unsigned i = 0; i < NR_FLAG_ROWS; i++) {
		const char *name = flag_rows[i].enumerator + strlen("PG_");
		struct diagram_flag *f;

		if (!answers[i].found || answers[i].value < 0 || answers[i].value >= DIAGRAM_NR_FLAGS)
			continue;
		f = &d->flags[answers[i].value];
		if (flag_rows[i].pages == SECOND)
			ok = ok && join(&d->strings, &f->second, name);
		else if (!f->name)
			f->name = name;
		else
			ok = ok && join(&d->strings, &f->aliases, name);
	}
	return ok;
}

static void fill_facts(struct diagram *d, const struct answer *answers)
{
	size_t at = 0;

	for (enum fact id = 0; id < NR_FACTS; id++) {
		for (unsigned i = 0; i < FACT_MAX_SPELLINGS && fact_names[id].spellings[i]; i++, at++) {
			if (d->facts[id].spelling || !answers[at].found)
				continue;
			d->facts[id].spelling = fact_names[id].spellings[i];
			d->facts[id].answer = answers[at];
		}
	}
}

struct error *diagram_init(struct diagram *d, const struct layout *l, struct types *t)
{
	const struct answer *members_at, *flags_at;
	struct batch b = { 0 };
	struct error *err;

	memset(d, 0, sizeof(*d));
	d->page.size = l->page_struct_size;
	d->nr_words = l->page_struct_size / WORD;
	d->folio_size = (unsigned)fact(&l->facts, FACT_FOLIO_STRUCT)->size;
	err = batch_ask(d, &b, t);
	if (!err) {
		members_at = b.answers + NR_DESCRIPTORS;
		flags_at = members_at + NR_MEMBERS;
		if (!fill_columns(d, b.answers, members_at) || !fill_flags(d, flags_at))
			err = &error_nomem;
		fill_facts(d, flags_at + NR_FLAG_ROWS);
	}
	array_free(&b.questions);
	free(b.answers);
	return err;
}

void diagram_deinit(struct diagram *d)
{
	array_free(&d->page.pieces);
	array_free(&d->head.pieces);
	for (unsigned i = 0; i < DIAGRAM_MAX_TAILS; i++)
		array_free(&d->tails[i].pieces);
	for (unsigned i = 0; i < NR_DESCRIPTORS; i++)
		array_free(&d->other[i].pieces);
	arena_deinit(&d->strings);
}
