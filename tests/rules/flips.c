/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every bit of every word of struct page, flipped one at a time: which rule notices, at which page.
 *
 * To be quick, one check has the same bit flipped in all words of all records, each in a page of its own.  When flips
 * disturb each other, they are done again one by one; records that often do are marked "alone".
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

enum { MAX_WORDS = 16 };

struct flip {
	const struct record *record;
	char word[NAME_SIZE];
	uint64_t pfn;
	struct lvalue place;
	bool alone;
	char outcome[64][NAME_SIZE]; /**< of each bit: "rule severity", or "-" */
};

struct flips {
	struct world *w;
	ARRAY(struct flip) list;
	unsigned nr_checks;
	const char *only; /**< glob of records; NULL: all */
};

/* Pages are chosen for all records, so that each has the same ones whatever is run. */
static bool chosen(const struct flips *f, const struct flip *flip)
{
	return !f->only || !fnmatch(f->only, flip->record->name, 0);
}

/* ---- what to flip ------------------------------------------------------------------------------------------------ */

static uint64_t head_of(const struct world *w, uint64_t pfn)
{
	const struct census_record *r = census_find(&w->base->census, pfn);

	return r ? census_head(r, pfn) : pfn;
}

static bool page_used(const struct flips *f, uint64_t pfn)
{
	for (size_t i = 0; i < f->list.nr; i++)
		if (head_of(f->w, f->list.v[i].pfn) == head_of(f->w, pfn))
			return true;
	return false;
}

/* A page for the word, in a folio that no other word has if there is one, and far from the others. */
static uint64_t page_choose(const struct flips *f, const struct pfns *pages, size_t word)
{
	size_t nr = pages->list.nr, first = nr * (2 * word + 1) / (2 * MAX_WORDS);

	for (size_t i = 0; i < nr; i++) {
		uint64_t pfn = pages->list.v[(first + i) % nr];

		if (!page_used(f, pfn))
			return pfn;
	}
	return pages->list.v[first];
}

static void word_add(struct flips *f, struct mutation *m, const struct record *r, const struct pfns *pages, size_t nr,
		     bool alone)
{
	struct flip flip = { .record = r, .pfn = page_choose(f, pages, nr), .alone = alone };
	char place[NAME_SIZE * 2];
	const char *s = place;

	snprintf(flip.word, sizeof(flip.word), "%.63s", m->reason);
	snprintf(place, sizeof(place), "page[p].%s", flip.word);
	m->reason[0] = '\0';
	snprintf(m->picks[0].name, sizeof(m->picks[0].name), "p");
	m->picks[0].pfn = flip.pfn;
	m->nr_picks = 1;
	flip.place = expr_place(m, &s);
	if (m->outcome == OUTCOME_OK)
		(void)array_push(&f->list, flip);
	else if (m->outcome == OUTCOME_SKIP) /* the kernel has no such word */
		m->outcome = OUTCOME_OK;
}

static void words_add(struct flips *f, struct mutation *m, const struct record *r, const char *s,
		      const struct pfns *pages, bool alone)
{
	for (size_t nr = 0; m->outcome == OUTCOME_OK && nr < MAX_WORDS; nr++) {
		if (!word_next(&s, m->reason, NAME_SIZE))
			break;
		word_add(f, m, r, pages, nr, alone);
	}
}

/* The lines of a record: "pages FILTER...", "alone", "words NAME...". */
static struct error *record_add(struct flips *f, const struct record *r)
{
	struct mutation m = { .w = f->w };
	struct pfns pages = { { 0 } };
	bool alone = false;
	struct error *err = NULL;

	for (size_t i = 0; i < r->lines.nr && m.outcome == OUTCOME_OK; i++) {
		const char *s = r->lines.v[i].text;
		char word[NAME_SIZE];

		word_next(&s, word, sizeof(word));
		if (!strcmp(word, "alone"))
			alone = true;
		else if (!strcmp(word, "pages"))
			pick_all(&m, s, &pages);
		else if (strcmp(word, "words"))
			mutation_bad(&m, "no statement '%s' in flips", word);
		else if (pages.list.nr)
			words_add(f, &m, r, s, &pages, alone);
	}
	if (m.outcome == OUTCOME_BAD)
		err = error_new("%s: %s: %s", r->file, r->name, m.reason);
	array_free(&pages.list);
	mutation_deinit(&m);
	return err;
}

/* ---- who noticed ------------------------------------------------------------------------------------------------- */

static bool covers(const struct world *w, const struct flip *f, uint64_t pfn)
{
	uint64_t head = head_of(w, f->pfn);
	const struct census_record *r = census_find(&w->base->census, f->pfn);

	return pfn >= head && pfn < head + (UINT64_C(1) << r->order);
}

/* The flip a finding is about: by its page, else by the head that page names. */
static struct flip *owner_find(const struct world *w, struct flip *round[], size_t nr, const struct finding *found)
{
	for (size_t i = 0; i < nr; i++)
		if (covers(w, round[i], found->subject.pfn))
			return round[i];
	for (size_t i = 0; i < nr && found->subject.head_pfn != UINT64_MAX; i++)
		if (covers(w, round[i], found->subject.head_pfn))
			return round[i];
	return NULL;
}

static void outcome_note(struct flip *f, unsigned bit, const struct finding *found)
{
	char *text = f->outcome[bit];
	int64_t distance = (int64_t)(found->subject.pfn - f->pfn);

	if (text[0] != '-') { /* a second root */
		if (!strchr(text, '+'))
			snprintf(text + strlen(text), NAME_SIZE - strlen(text), " +");
		return;
	}
	snprintf(text, NAME_SIZE, "%s %s", rules[found->rule].id, severity_name(found->severity));
	if (distance)
		snprintf(text + strlen(text), NAME_SIZE - strlen(text), " at %+" PRId64, distance);
}

static bool base_has(const struct world *w, const struct finding *found)
{
	for (size_t i = 0; i < w->base->findings.list.nr; i++)
		if (w->base->findings.list.v[i].rule == found->rule &&
		    w->base->findings.list.v[i].subject.pfn == found->subject.pfn)
			return true;
	return false;
}

/* The first finding about a flip, or one that follows from a finding about another flip. */
static bool is_root(const struct flips *f, struct flip *round[], size_t nr, const struct findings *fs,
		    const struct finding *found)
{
	if (found->cause == SIZE_MAX || nr == 1)
		return found->cause == SIZE_MAX;
	return owner_find(f->w, round, nr, found) != owner_find(f->w, round, nr, &fs->list.v[found->cause]);
}

/* Give each root to the flip it is about; false: some belong to none. */
static bool findings_sort(const struct flips *f, struct flip *round[], size_t nr, const struct check *c,
			  unsigned bit)
{
	for (size_t i = 0; i < c->findings.list.nr; i++) {
		const struct finding *found = &c->findings.list.v[i];
		struct flip *owner = nr == 1 ? round[0] : owner_find(f->w, round, nr, found);

		if (base_has(f->w, found) || !is_root(f, round, nr, &c->findings, found))
			continue;
		if (!owner)
			return false;
		outcome_note(owner, bit, found);
	}
	return true;
}

/* Whether a flip has swallowed the page of another. */
static bool swallowed(struct world *w, struct flip *round[], size_t nr, const struct check *c)
{
	for (size_t i = 0; i < nr; i++) {
		const struct census_record *r = census_find(&c->census, round[i]->pfn);

		for (size_t j = 0; j < nr; j++)
			if (i != j && covers(w, round[j], census_head(r, round[i]->pfn)))
				return true;
	}
	return false;
}

/* ---- rounds ------------------------------------------------------------------------------------------------------ */

/* Flip the bit in all words of the round; when they disturb each other, in one after the other. */
static struct error *bit_flip(struct flips *f, struct flip *round[], size_t nr, unsigned bit)
{
	struct mutation m = { .w = f->w };
	struct check *c = NULL;
	bool clear = true;
	struct error *err;

	for (size_t i = 0; i < nr; i++) {
		if (bit >= round[i]->place.size * 8)
			continue;
		lvalue_write(&m, &round[i]->place, lvalue_read(&m, &round[i]->place) ^ bit_u64(bit));
		snprintf(round[i]->outcome[bit], NAME_SIZE, "-");
	}
	err = world_check(f->w, m.patches.v, m.patches.nr, &c);
	f->nr_checks++;
	if (!err)
		clear = findings_sort(f, round, nr, c, bit) && !swallowed(f->w, round, nr, c);
	check_free(c);
	mutation_deinit(&m);
	for (size_t i = 0; !err && !clear && i < nr; i++)
		if (bit < round[i]->place.size * 8)
			err = bit_flip(f, &round[i], 1, bit);
	return err;
}

static struct error *round_run(struct flips *f, struct flip *round[], size_t nr)
{
	struct error *err = NULL;
	unsigned bits = 0;

	for (size_t i = 0; i < nr; i++)
		if (round[i]->place.size * 8 > bits)
			bits = round[i]->place.size * 8;
	for (unsigned bit = 0; !err && bit < bits; bit++)
		err = bit_flip(f, round, nr, bit);
	return err;
}

/* As many flips as go together: no two in one folio. */
static size_t round_fill(const struct flips *f, struct flip *round[], bool *done)
{
	size_t nr = 0;

	for (size_t i = 0; i < f->list.nr; i++) {
		struct flip *flip = &f->list.v[i];
		bool clash = done[i] || (nr && (flip->alone || round[0]->alone));

		for (size_t j = 0; j < nr && !clash; j++)
			clash = head_of(f->w, round[j]->pfn) == head_of(f->w, flip->pfn);
		if (clash)
			continue;
		done[i] = true;
		round[nr++] = flip;
	}
	return nr;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void bits_print(const struct world *w, const struct flip *f, const char *outcome)
{
	const struct layout *l = &w->base->layout;
	bool flags = !strcmp(f->word, "flags");
	unsigned bits = f->place.size * 8;
	char name[NAME_SIZE];

	for (unsigned b = 0, end; b < bits; b = end) {
		end = b + 1;
		if (strcmp(f->outcome[b], outcome))
			continue;
		if (flags && b < l->flag.nr) {
			printf(" %s", layout_flag_names(l, bit_u64(b), name, sizeof(name)));
			continue;
		}
		while (end < bits && !strcmp(f->outcome[end], outcome))
			end++;
		printf(end == b + 1 ? " %u" : " %u-%u", b, end - 1);
	}
}

static void flip_print(const struct world *w, const struct flip *f)
{
	unsigned bits = f->place.size * 8;

	for (unsigned b = 0; b < bits; b++) {
		bool seen = false;

		for (unsigned before = 0; before < b && !seen; before++)
			seen = !strcmp(f->outcome[before], f->outcome[b]);
		if (seen)
			continue;
		printf("%s.%s  %s:", f->record->name, f->word, f->outcome[b][0] == '-' ? "undetected" : f->outcome[b]);
		bits_print(w, f, f->outcome[b]);
		printf("\n");
	}
}

static void table_print(const struct flips *f)
{
	unsigned total = 0, silent = 0;

	for (size_t i = 0; i < f->list.nr; i++) {
		unsigned bits = f->list.v[i].place.size * 8;

		if (!chosen(f, &f->list.v[i]))
			continue;
		flip_print(f->w, &f->list.v[i]);
		for (unsigned b = 0; b < bits; b++)
			silent += f->list.v[i].outcome[b][0] == '-';
		total += bits;
	}
	if (!f->only)
		printf("%u of %u flips undetected\n", silent, total);
	fprintf(stderr, "%u checks\n", f->nr_checks);
}

struct error *flips_run(struct world *w, const struct records *r, const char *only)
{
	struct flips f = { .w = w, .only = only };
	struct error *err = NULL;
	struct flip **round;
	bool *done;

	for (size_t i = 0; !err && i < r->list.nr; i++)
		if (r->list.v[i].flips)
			err = record_add(&f, &r->list.v[i]);
	w->holders = SEARCH_NEVER; /* thousands of checks: what a search of memory would find, refs.t shows */
	round = calloc(f.list.nr + 1, sizeof(struct flip *));
	done = calloc(f.list.nr + 1, 1);
	for (size_t i = 0; done && i < f.list.nr; i++)
		done[i] = !chosen(&f, &f.list.v[i]);
	for (size_t nr; !err && round && done && (nr = round_fill(&f, round, done));)
		err = round_run(&f, round, nr);
	if (!err)
		table_print(&f);
	free(round);
	free(done);
	array_free(&f.list);
	return err;
}
