/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Batches of folios that each CPU has on their way to LRU lists.
 *
 * A CPU that empties a batch first moves all its folios, then drops all its references, and only then says that it is
 * empty: folios that it is done with may be anything by then, in the order of the batch.
 */
#include "walk/batch.h"

#include <stdio.h>

#include "passes/lists.h"
#include "passes/lru.h"
#include "passes/pass.h"

struct batch_entry {
	uint64_t pfn;
	bool readable, lru;
	struct page_view view;
};

struct batch_visit {
	struct check *check;
	struct worker *w;
	const struct batch *b;
	struct batch_entry entries[BATCH_MAX];
};

static struct finding *batch_finding(struct batch_visit *t, uint64_t pfn, unsigned i, const char *problem)
{
	const struct batch *b = t->b;
	struct subject subject = check_page_subject(t->check, rules[RULE_LRU_IN_BATCH_REF].subject, pfn);
	struct finding *f;
	char text[96];

	if (pfn == UINT64_MAX)
		subject.address = b->va;
	f = worker_finding(t->w, RULE_LRU_IN_BATCH_REF, &subject);
	snprintf(text, sizeof(text), "%s of CPU %u", b->name, b->cpu);
	finding_text(&t->w->findings, f, "batch", text, NULL);
	finding_value(&t->w->findings, f, "entry", FMT_DEC, i);
	finding_text(&t->w->findings, f, "problem", problem, NULL);
	return f;
}

static struct error *entry_read(struct batch_visit *t, unsigned i)
{
	struct batch_entry *e = &t->entries[i];
	struct finding *f;
	struct error *err;

	e->readable = false;
	if (!memmap_pfn_of(&t->check->memmap, t->b->entries[i], &e->pfn)) {
		f = batch_finding(t, UINT64_MAX, i, "the entry is no struct page");
		finding_value(&t->w->findings, f, "found", FMT_PTR, t->b->entries[i]);
		return NULL;
	}
	err = memmap_read_page(&t->check->memmap, t->w->kv, e->pfn, &e->view, &e->readable);
	if (err || !e->readable)
		return err;
	e->lru = page_has(&e->view, t->check->layout.flag.lru);
	if (e->view.refcount > 0)
		marks_set(&t->check->marks, e->pfn, MARK_BATCHED);
	return NULL;
}

/* Whether a batch that adds still has a folio that was not added: then none was put yet. */
static bool not_started(const struct batch_visit *t)
{
	for (unsigned i = 0; t->b->adds && i < t->b->nr; i++)
		if (t->entries[i].readable && !t->entries[i].lru && t->entries[i].view.refcount > 0)
			return true;
	return false;
}

static void check_entry(struct batch_visit *t, unsigned i)
{
	const struct batch_entry *e = &t->entries[i];
	struct finding *f;

	if (!e->readable || e->view.refcount > 0)
		return;
	f = batch_finding(t, e->pfn, i, "the page has no reference");
	finding_value(&t->w->findings, f, "_refcount", FMT_INT, (uint64_t)(int64_t)e->view.refcount);
	finding_lower(&t->w->findings, f, "a CPU that empties its batch drops the references first");
	if (!not_started(t))
		finding_lower(&t->w->findings, f, "no folio of the batch shows that this has not begun");
}

/* batches_walk() callback. */
static struct error *visit_batch(void *arg, const struct batch *b)
{
	struct batch_visit *t = arg;
	struct error *err = NULL;
	struct finding *f;

	t->b = b;
	t->w->ledger.rule[RULE_LRU_IN_BATCH_REF].checked++;
	if (b->nr > b->capacity) {
		f = batch_finding(t, UINT64_MAX, b->nr, "it says that it has more entries than it can hold");
		finding_value(&t->w->findings, f, "found", FMT_DEC, b->nr);
		return NULL;
	}
	for (unsigned i = 0; !err && i < b->nr; i++)
		err = entry_read(t, i);
	for (unsigned i = 0; !err && i < b->nr; i++)
		check_entry(t, i);
	t->check->lru.batched += b->nr;
	return err;
}

struct error *lru_batches(struct check *c, struct worker *w)
{
	struct batch_visit t = { .check = c, .w = w };
	uint64_t gaps;
	struct error *err = batches_walk(&c->layout, &c->percpu, w->kv, visit_batch, &t, &gaps);

	w->ledger.rule[RULE_LRU_IN_BATCH_REF].gaps += err ? 0 : gaps;
	return err;
}
