/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware or software?
 *
 * A value that is one bit away from a legal one, in one page of the whole memory, is what a memory error leaves behind.
 * The same rule broken in several pages of the same kind is what a bug leaves behind.  Everything else is left open:
 *
 *   - a counter that is off by a small power of two differs in one bit, too, but a missed get or put does the same;
 *   - a finding that an operation in flight could explain (a warning) is no proof of damage;
 *   - when findings were counted without details, we have not seen them all.
 */
#include "report/judgement.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/strbuf.h"
#include "report/groups.h"
#include "report/style.h"

/* A counter off by less than this may be a leak as well as a flipped bit. */
static const uint64_t SMALL_LEAK = 16;

/* Fewer equal findings are a coincidence. */
static const uint64_t FEW = 3;

/* How far a counter of f is off, when that difference is one bit and small; else 0. */
static uint64_t counter_off_by(const struct finding *f)
{
	for (size_t i = 0; i < f->nr_fields; i++) {
		const struct field *v = &f->fields[i];
		uint64_t off = v->found > v->expected ? v->found - v->expected : v->expected - v->found;

		if (!v->has_expected || (v->format != FMT_DEC && v->format != FMT_INT))
			continue;
		if (is_power_of_2(off) && off < SMALL_LEAK)
			return off;
	}
	return 0;
}

static bool is_root_damage(const struct findings *fs, size_t i)
{
	return fs->list.v[i].severity > SEV_NOTE && finding_root(fs, i) == i;
}

/* The only root that is more than a note; NULL when there are none or several. */
static const struct finding *only_root(const struct findings *fs)
{
	const struct finding *only = NULL;

	for (size_t i = 0; i < fs->list.nr; i++) {
		if (!is_root_damage(fs, i))
			continue;
		if (only)
			return NULL;
		only = &fs->list.v[i];
	}
	return only;
}

static struct judgement judge_one(const struct finding *f)
{
	struct judgement j = { .cause = JUDGE_NOTHING };

	if (f->severity != SEV_ERROR || f->flipped_bit < 0 || f->subject.pfn == UINT64_MAX)
		return j;
	j.off_by = counter_off_by(f);
	j.cause = j.off_by ? JUDGE_EITHER : JUDGE_HARDWARE;
	return j;
}

static uint64_t subject_block(const struct subject *s)
{
	return s->head_pfn != UINT64_MAX ? s->head_pfn : s->pfn;
}

static int compare_pattern(const struct finding *x, const struct finding *y)
{
	int kind = strcmp(x->subject.page_kind ? x->subject.page_kind : "",
			  y->subject.page_kind ? y->subject.page_kind : "");

	return x->rule != y->rule ? (x->rule > y->rule) - (x->rule < y->rule) : kind;
}

static int compare_damage(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a, *y = *(const struct finding *const *)b;
	uint64_t p = subject_block(&x->subject), q = subject_block(&y->subject);
	int pattern = compare_pattern(x, y);

	return pattern ? pattern : (p > q) - (p < q);
}

/* Of root errors sorted by pattern and place: the pattern seen in most places. */
static struct judgement commonest(const struct finding *const *sorted, size_t nr)
{
	struct judgement best = { .cause = JUDGE_NOTHING };
	uint64_t places = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct finding *f = sorted[i];
		bool same = i && !compare_pattern(sorted[i - 1], f);

		if (same && subject_block(&sorted[i - 1]->subject) == subject_block(&f->subject))
			continue;
		places = same ? places + 1 : 1;
		if (places > best.pages)
			best = (struct judgement){ .rule = f->rule, .page_kind = f->subject.page_kind, .pages = places };
	}
	return best;
}

bool judge(const struct findings *fs, uint64_t dropped, struct judgement *ret)
{
	_cleanup_free_ const struct finding **errors = calloc(fs->list.nr + 1, sizeof(*errors));
	const struct finding *only = dropped ? NULL : only_root(fs);
	size_t nr = 0;

	if (!errors)
		return false;
	*ret = (struct judgement){ .cause = JUDGE_NOTHING };
	if (only) {
		*ret = judge_one(only);
		return true;
	}
	for (size_t i = 0; i < fs->list.nr; i++) {
		const struct finding *f = &fs->list.v[i];

		if (is_root_damage(fs, i) && f->severity == SEV_ERROR && f->subject.pfn != UINT64_MAX)
			errors[nr++] = f;
	}
	if (nr < FEW)
		return true;
	qsort(errors, nr, sizeof(*errors), compare_damage);
	*ret = commonest(errors, nr);
	if (ret->pages >= FEW && ret->page_kind && ret->pages * 2 >= nr)
		ret->cause = JUDGE_SOFTWARE;
	return true;
}

const char *judgement_name(enum judgement_cause cause)
{
	static const char *const names[] = {
		[JUDGE_NOTHING] = NULL,
		[JUDGE_HARDWARE] = "hardware",
		[JUDGE_EITHER] = "either",
		[JUDGE_SOFTWARE] = "software",
	};

	return names[cause];
}

char *judgement_text(const struct judgement *j)
{
	struct strbuf b = { 0 };
	char n[COUNT_TEXT_SIZE];

	switch (j->cause) {
	case JUDGE_HARDWARE:
		strbuf_puts(&b, "the only damage found is one bit in one page: hardware (memory error) is likely");
		break;
	case JUDGE_EITHER:
		strbuf_printf(&b, "the only damage found is one counter of one page, off by %" PRIu64
			      ", which is one bit: a missed get or put (software) or a memory error (hardware)",
			      j->off_by);
		break;
	case JUDGE_SOFTWARE:
		strbuf_printf(&b, "%s is broken in %s places of the same kind (%s): software is likely",
			      rules[j->rule].id, count_text(n, j->pages), j->page_kind);
		break;
	case JUDGE_NOTHING:
		return NULL;
	}
	return strbuf_take(&b);
}
