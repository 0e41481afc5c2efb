/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References of pages that are given out in pieces, of packet rings, and of page pools. */
#include <stdlib.h>

#include "passes/objects.h"
#include "passes/pass.h"
#include "walk/packet.h"
#include "walk/page_frag.h"
#include "walk/page_pool.h"
#include "walk/sock.h"

/* Which words name pages (known_ref.part); 0: task_struct.task_frag. */
enum { PART_SOCK_FRAG = 1, PART_FRAG_CACHE = 2 };

static void note_or_report(struct worker *w, const struct known_ref *ref, uint64_t value, bool is_page)
{
	w->ledger.rule[RULE_HOLDER_NO_PAGE].checked++;
	if (is_page)
		refs_note(w, ref);
	else
		refs_no_page(w, ref, value);
}

/* The same for memory that is named by its address.  A page table that the dump lacks is a gap. */
static struct error *note_memory(struct worker *w, struct known_ref *ref, uint64_t va)
{
	struct kv_gap gap;
	uint64_t pa;
	struct error *err = kvmem_translate(w->kv, va, &pa, NULL, &gap);

	if (err)
		return err;
	if (gap.kind == KV_PHYS)
		refs_cut(w, (enum ref_source)ref->source);
	else if (gap.kind == KV_OK)
		ref->pfn = pa >> w->check->layout.page_shift;
	if (gap.kind != KV_PHYS)
		note_or_report(w, ref, va, gap.kind == KV_OK);
	return NULL;
}

/* ---- caches of CPUs ---------------------------------------------------------------------------------------------- */

/* frag_caches_walk() callback.  The bias and the references change one after the other, without a lock. */
static struct error *note_cache(void *arg, const struct frag_cache *cache)
{
	struct worker *w = arg;
	struct known_ref ref = { .holder = cache->va, .word = cache->slot, .count = (uint32_t)cache->refs, .index = cache->cpu,
				 .source = REF_PAGE_FRAG, .part = PART_FRAG_CACHE, .owns = true, .may_lag = true };

	return note_memory(w, &ref, cache->memory);
}

struct error *refs_frag_caches(struct check *c, struct worker *w)
{
	uint64_t gaps;
	struct error *err = frag_caches_walk(&c->layout, &c->percpu, w->kv, note_cache, w, &gaps);

	if (!err && gaps)
		refs_cut(w, REF_PAGE_FRAG);
	return err;
}

/* ---- page_frag --------------------------------------------------------------------------------------------------- */

/* skb_page_frag_refill() drops the reference, sets offset to 0, then takes another page. */
static struct error *note_frag(struct worker *w, uint64_t va, struct known_ref ref, bool steady)
{
	struct page_frag frag;
	bool ok;
	struct error *err = page_frag_read(&w->check->layout, w->kv, va, &frag, &ok);

	if (!err && !ok)
		refs_cut(w, REF_PAGE_FRAG);
	ref.source = REF_PAGE_FRAG;
	ref.count = 1;
	ref.owns = true;
	ref.may_lag = !steady || !frag.offset;
	ref.word = frag.slot;
	if (!err && ok && frag.page)
		note_or_report(w, &ref, frag.page, memmap_pfn_of(&w->check->memmap, frag.page, &ref.pfn));
	return err;
}

struct error *refs_task_frags(struct check *c, struct worker *w)
{
	const struct answer *frag = fact(&c->layout.facts, FACT_TASK_FRAG), *on_cpu = fact(&c->layout.facts, FACT_TASK_ON_CPU);
	struct error *err = NULL;

	for (size_t i = 0; !err && frag->found && i < c->tasks.list.nr; i++) {
		const struct task *t = &c->tasks.list.v[i];
		uint64_t running;
		bool ok;

		err = kvmem_read_member(w->kv, on_cpu, t->va, &running, &ok);
		if (!err)
			err = note_frag(w, t->va + frag->offset, (struct known_ref){ .holder = t->va },
					ok && !running && !(t->flags >> PF_EXITING_BIT & 1));
	}
	return err;
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

struct sock_walk {
	struct check *c;
	struct worker *w;
	struct sock_protos protos;
	uint64_t sockets;    /* cache of inodes of sockets */
	uint64_t socket_at;  /* of struct socket in one */
	struct addrset met;
	struct sock sk;      /* at hand */
	uint64_t gaps;
};

/* packet_blocks_walk() callback. */
static struct error *note_block(void *arg, uint64_t block, uint64_t slot, unsigned index)
{
	struct sock_walk *s = arg;
	struct known_ref ref = { .holder = s->sk.va, .word = slot, .count = 1, .index = index, .source = REF_PACKET, .owns = true,
				 .may_lag = !s->sk.steady };

	/* memory of vmalloc() is its vm_struct's */
	return vmalloc_find(&s->c->owners.vmalloc, block) ? NULL : note_memory(s->w, &ref, block);
}

static struct error *on_sock(struct sock_walk *s, uint64_t va, uint64_t cache)
{
	struct sock *sk = &s->sk;
	bool ok;
	struct error *err;

	if (s->met.nr && addrset_has(&s->met, va))
		return NULL;
	err = sock_read(&s->c->layout, s->w->kv, va, sk, &ok);
	if (err || !ok || (cache && !sock_proto_fits(&s->protos, sk->proto, cache)))
		return err;
	if (addrset_add(&s->met, va) == ADDRSET_NOMEM)
		return &error_nomem;
	if (sk->frag)
		err = note_frag(s->w, sk->frag, (struct known_ref){ .holder = va, .part = PART_SOCK_FRAG }, sk->steady);
	if (!err && sk->family == PACKET_FAMILY && !cache)
		err = packet_blocks_walk(&s->c->layout, s->w->kv, va, note_block, s, &s->gaps);
	return err;
}

/* objects_walk() callback. */
static struct error *on_object(void *arg, struct worker *w, const struct slab_cache *cache, uint64_t va)
{
	struct sock_walk *s = arg;
	uint64_t sk;
	bool ok;
	struct error *err;

	if (cache->va != s->sockets)
		return on_sock(s, va, cache->va);
	err = sock_of_inode(&s->c->layout, w->kv, va, &s->socket_at, &sk, &ok);
	return err || !ok ? err : on_sock(s, sk, 0);
}

static struct error *walk_sockets(struct sock_walk *s)
{
	enum { MAX_CACHES = 256 };
	uint64_t caches[MAX_CACHES], gaps = 0;
	unsigned nr = 0;
	struct error *err;

	if (s->sockets)
		caches[nr++] = s->sockets;
	for (size_t i = 0; i < s->protos.list.nr && nr < MAX_CACHES; i++)
		caches[nr++] = s->protos.list.v[i].cache;
	err = objects_walk(s->c, s->w, caches, nr, on_object, s, &gaps);
	if (!err && (gaps || s->gaps || s->protos.cut)) {
		refs_cut(s->w, REF_PAGE_FRAG);
		refs_cut(s->w, REF_PACKET);
	}
	return err;
}

struct error *refs_sockets(struct check *c, struct worker *w)
{
	struct sock_walk s = { .c = c, .w = w };
	struct error *err = sock_protos_read(&c->layout, w->kv, &s.protos);

	if (!err)
		err = sock_inode_cache(&c->layout, w->kv, &s.sockets);
	if (!err)
		err = walk_sockets(&s);
	addrset_deinit(&s.met);
	array_free(&s.protos.list);
	return err;
}

/* ---- pools of pages ---------------------------------------------------------------------------------------------- */

struct pool_walk {
	struct check *c;
	struct worker *w;
	struct addrset pools, pages; /* pages: struct pages of pools */
	uint64_t pool;
};

/* All pages that name a pool, parked or on their way through the network. */
static struct error *note_pool_page(struct pool_walk *p, uint64_t pfn)
{
	const struct section *section = memmap_section(&p->c->memmap, pfn);
	struct known_ref ref = { .pfn = pfn, .count = 1, .source = REF_PAGE_POOL, .owns = true };
	struct error *err;

	if (!section)
		return NULL;
	err = page_pool_of(&p->c->layout, p->w->kv, memmap_page_va(&p->c->memmap, section, pfn), &ref.holder);
	if (err || !ref.holder)
		return err;
	if (addrset_add(&p->pools, ref.holder) == ADDRSET_NOMEM ||
	    addrset_add(&p->pages, memmap_page_va(&p->c->memmap, section, pfn)) == ADDRSET_NOMEM)
		return &error_nomem;
	refs_note(p->w, &ref);
	return NULL;
}

static struct error *note_pool_pages(struct pool_walk *p)
{
	const struct census *census = &p->c->census;
	struct error *err = NULL;

	if (!p->c->layout.pp_mask || !fact_found(&p->c->layout.facts, FACT_PAGE_PP))
		return NULL;
	for (size_t r = 0; !err && r < census->runs.nr; r++) {
		const struct census_run *run = &census->runs.v[r];

		for (uint64_t i = 0; !err && run->done && i < run->nr; i++)
			if (run->records[i].kind == KIND_KERNEL && !(run->records[i].bits & CENSUS_TAIL))
				err = note_pool_page(p, run->first_pfn + i);
	}
	return err;
}

/* page_pool_parked() callback: pages that the pool keeps, but that do not name it.  Entries change without a lock. */
static struct error *on_parked(void *arg, uint64_t page)
{
	struct pool_walk *p = arg;
	struct known_ref ref = { .holder = p->pool, .count = 1, .source = REF_PAGE_POOL, .owns = true, .may_lag = true };

	if ((!p->pages.nr || !addrset_has(&p->pages, page)) && memmap_pfn_of(&p->c->memmap, page, &ref.pfn))
		refs_note(p->w, &ref);
	return NULL;
}

static struct error *note_parked(struct pool_walk *p)
{
	struct error *err = NULL;
	uint64_t gaps = 0;

	for (size_t i = 0; !err && i < p->pools.room; i++) {
		p->pool = p->pools.slots[i];
		if (p->pool)
			err = page_pool_parked(&p->c->layout, p->w->kv, p->pool, on_parked, p, &gaps);
	}
	if (gaps)
		refs_cut(p->w, REF_PAGE_POOL);
	return err;
}

struct error *refs_page_pools(struct check *c, struct worker *w)
{
	struct pool_walk p = { .c = c, .w = w };
	bool cut;
	struct error *err = page_pools_walk(&c->layout, w->kv, &p.pools, &cut);

	if (!err && cut)
		refs_cut(w, REF_PAGE_POOL);
	if (!err)
		err = note_pool_pages(&p);
	if (!err)
		err = note_parked(&p);
	addrset_deinit(&p.pools);
	addrset_deinit(&p.pages);
	return err;
}
