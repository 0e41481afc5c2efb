/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_fbatches (v5.18; before: lru_pvecs), lru_rotate (up to v6.10), mlock_fbatch: struct folio_batch or pagevec. */
#include "walk/batch.h"

/* The batch of mlock tags its pointers: LRU_FOLIO, NEW_FOLIO. */
enum { ENTRY_TAGS = 3, MAX_BATCH_BYTES = 16 + 8 * BATCH_MAX };

static const struct {
	const char *name;
	enum fact variable, member;
	bool adds;
} places[] = {
	{ "lru_add", FACT_CPU_BATCHES, FACT_BATCH_ADD, true },
	{ "lru_deactivate_file", FACT_CPU_BATCHES, FACT_BATCH_DEACTIVATE_FILE, false },
	{ "lru_deactivate", FACT_CPU_BATCHES, FACT_BATCH_DEACTIVATE, false },
	{ "lru_lazyfree", FACT_CPU_BATCHES, FACT_BATCH_LAZYFREE, false },
	{ "lru_activate", FACT_CPU_BATCHES, FACT_BATCH_ACTIVATE, false },
	{ "lru_move_tail", FACT_CPU_BATCHES, FACT_BATCH_MOVE_TAIL, false },
	{ "lru_rotate", FACT_LRU_ROTATE, FACT_BATCH_ROTATE, false },
	{ "mlock", FACT_MLOCK_BATCHES, FACT_BATCH_MLOCK, false },
};

static struct error *batch_read(const struct layout *l, struct kvmem *k, struct batch *b, bool *ret_ok)
{
	const struct answer *nr = fact(&l->facts, FACT_BATCH_NR), *entries = fact(&l->facts, FACT_BATCH_FOLIOS);
	unsigned char bytes[MAX_BATCH_BYTES];
	struct error *err;

	b->capacity = (unsigned)entries->length;
	b->first = b->va + entries->offset;
	*ret_ok = false;
	if (b->capacity > BATCH_MAX || entries->offset + 8 * b->capacity > sizeof(bytes) || nr->offset >= entries->offset)
		return NULL;
	err = kvmem_read_all(k, b->va, bytes, entries->offset + 8 * b->capacity, ret_ok);
	if (err || !*ret_ok)
		return err;
	b->nr = bytes[nr->offset];
	for (unsigned i = 0; i < b->nr && b->nr <= b->capacity; i++)
		b->entries[i] = get_u64(l->mmu.endian, bytes + entries->offset + 8 * i) & ~(uint64_t)ENTRY_TAGS;
	return NULL;
}

struct error *batches_walk(const struct layout *l, const struct percpu *cpus, struct kvmem *k,
			   struct error *(*fn)(void *arg, const struct batch *b), void *arg, uint64_t *ret_gaps)
{
	struct error *err = NULL;

	*ret_gaps = 0;
	if (!fact_found(&l->facts, FACT_BATCH_NR) || !fact_found(&l->facts, FACT_BATCH_FOLIOS))
		return NULL;
	for (size_t c = 0; !err && c < cpus->cpus.nr; c++) {
		for (size_t i = 0; !err && i < ARRAY_SIZE(places); i++) {
			struct batch b = { .name = places[i].name, .adds = places[i].adds, .cpu = cpus->cpus.v[c].cpu };
			bool ok;

			if (!fact_found(&l->facts, places[i].member) || !percpu_symbol(l, places[i].variable, &b.va))
				continue;
			b.va += cpus->cpus.v[c].offset + fact(&l->facts, places[i].member)->offset;
			err = batch_read(l, k, &b, &ok);
			*ret_gaps += !err && !ok;
			if (!err && ok && b.nr)
				err = fn(arg, &b);
		}
	}
	return err;
}

struct error *batch_slot_at(const struct layout *l, uint64_t offset, struct kvmem *k, uint64_t va, enum batch_slot *ret)
{
	const struct answer *nr = fact(&l->facts, FACT_BATCH_NR), *entries = fact(&l->facts, FACT_BATCH_FOLIOS);
	struct error *err = NULL;

	*ret = BATCH_SLOT_NONE;
	if (!nr->found || !entries->found)
		return NULL;
	for (size_t i = 0; !err && i < ARRAY_SIZE(places); i++) {
		uint64_t batch, used;
		bool ok;

		if (!fact_found(&l->facts, places[i].member) || !percpu_symbol(l, places[i].variable, &batch))
			continue;
		batch += offset + fact(&l->facts, places[i].member)->offset;
		if (va - batch - entries->offset >= entries->size)
			continue;
		err = kvmem_read_word(k, batch + nr->offset, 1, &used, &ok);
		if (!err && ok)
			*ret = (va - batch - entries->offset) / 8 < used ? BATCH_SLOT_HELD : BATCH_SLOT_OLD;
		break;
	}
	return err;
}
