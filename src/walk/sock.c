/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/sock.h"

#include "walk/list.h"
#include "walk/mm.h"

/* AF_MAX (include/linux/socket.h), with room */
enum { MAX_PROTOS = 1024, MAX_FAMILY = 64, MAX_REFS = 1 << 30 };

/* ---- protocols --------------------------------------------------------------------------------------------------- */

struct proto_walk {
	const struct layout *l;
	struct kvmem *k;
	struct sock_protos *ret;
};

/* list_walk() callback. */
static struct error *on_proto(void *arg, uint64_t node)
{
	struct proto_walk *w = arg;
	struct sock_proto p = { .va = node - layout_offset(w->l, FACT_PROTO_NODE) };
	bool ok;
	struct error *err = kvmem_read_member(w->k, fact(&w->l->facts, FACT_PROTO_SLAB), p.va, &p.cache, &ok);

	if (err)
		return err;
	w->ret->cut |= !ok;
	return !ok || !p.cache || array_push(&w->ret->list, p) ? NULL : &error_nomem;
}

struct error *sock_protos_read(const struct layout *l, struct kvmem *k, struct sock_protos *ret)
{
	const struct facts *f = &l->facts;
	struct proto_walk w = { l, k, ret };
	struct list_result result = { 0 };
	struct error *err;

	*ret = (struct sock_protos){ 0 };
	if (!fact_found(f, FACT_PROTO_LIST) || !fact_found(f, FACT_PROTO_NODE) || !fact_found(f, FACT_PROTO_SLAB))
		return NULL;
	err = list_walk(k, (uint64_t)fact(f, FACT_PROTO_LIST)->value + l->kaslr, MAX_PROTOS, on_proto, &w, &result);
	ret->cut |= result.end != WALK_END;
	return err;
}

bool sock_proto_fits(const struct sock_protos *p, uint64_t proto, uint64_t cache)
{
	for (size_t i = 0; i < p->list.nr; i++)
		if (p->list.v[i].va == proto && p->list.v[i].cache == cache)
			return true;
	return false;
}

struct error *sock_inode_cache(const struct layout *l, struct kvmem *k, uint64_t *ret)
{
	const struct answer *a = fact(&l->facts, FACT_SOCK_INODE_CACHE);
	bool ok;

	*ret = 0;
	return a->found ? kvmem_read_word(k, (uint64_t)a->value + l->kaslr, 8, ret, &ok) : NULL;
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

static struct error *steady(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t refs, bool *ret)
{
	const struct answer *lock = fact(&l->facts, FACT_SOCK_LOCK);
	uint64_t owned, held = 1;
	bool ok;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_SOCK_OWNED), va, &owned, &ok);

	*ret = false;
	if (err || !ok || owned || !refs || !lock->found)
		return err;
	err = spinlock_value(l, k, va + lock->offset, &held, &ok);
	*ret = !err && ok && !held;
	return err;
}

struct error *sock_read(const struct layout *l, struct kvmem *k, uint64_t va, struct sock *ret, bool *ret_ok)
{
	const struct facts *f = &l->facts;
	uint64_t family, refs;
	struct error *err = kvmem_read_member(k, fact(f, FACT_SOCK_FAMILY), va, &family, ret_ok);

	*ret = (struct sock){ .va = va };
	if (!err && *ret_ok)
		err = kvmem_read_member(k, fact(f, FACT_SOCK_REFCNT), va, &refs, ret_ok);
	if (!err && *ret_ok)
		err = kvmem_read_member(k, fact(f, FACT_SOCK_PROT_CREATOR), va, &ret->proto, ret_ok);
	if (err || !*ret_ok)
		return err;
	ret->family = (unsigned)family;
	ret->frag = fact_found(f, FACT_SOCK_FRAG) ? va + fact(f, FACT_SOCK_FRAG)->offset : 0;
	*ret_ok = family && family < MAX_FAMILY && refs < MAX_REFS && l->mmu.arch->kernel_va(&l->mmu, ret->proto);
	return *ret_ok ? steady(l, k, va, refs, &ret->steady) : NULL;
}

static struct error *sock_of_socket(const struct layout *l, struct kvmem *k, uint64_t socket, uint64_t *ret, bool *ret_ok)
{
	uint64_t back;
	struct error *err = kvmem_read_member(k, fact(&l->facts, FACT_SOCKET_SK), socket, ret, ret_ok);

	*ret_ok = !err && *ret_ok && l->mmu.arch->kernel_va(&l->mmu, *ret);
	if (*ret_ok)
		err = kvmem_read_member(k, fact(&l->facts, FACT_SOCK_SOCKET), *ret, &back, ret_ok);
	*ret_ok = !err && *ret_ok && back == socket;
	return err;
}

/* struct socket_alloc begins with it; v7.x put it into a struct sockfs_inode, behind the extended attributes. */
struct error *sock_of_inode(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *at, uint64_t *ret, bool *ret_ok)
{
	enum { MAX_BEFORE = 256, STEP = 8 };
	struct error *err = sock_of_socket(l, k, va + *at, ret, ret_ok);

	for (uint64_t i = 0; !err && !*ret_ok && !*at && i < MAX_BEFORE; i += STEP) {
		err = sock_of_socket(l, k, va + i, ret, ret_ok);
		if (!err && *ret_ok)
			*at = i;
	}
	return err;
}
