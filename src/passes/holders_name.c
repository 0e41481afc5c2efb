/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of what contains a word: symbols of the kernel and of modules, members of types, and the class that holders share. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "passes/holders.h"
#include "walk/typed.h"

struct error *holder_address(struct check *c, const struct holders *h, uint64_t va, struct address_name *ret)
{
	const struct module_part *part = modules_find(&h->places.modules, va);
	struct module_symbol m;
	struct symbol_at at;
	struct error *err = NULL;

	*ret = (struct address_name){ .module = part ? part->name : NULL };
	if (part) {
		err = module_symbol_at(&c->layout, c->kv, part, va, &m, &ret->found);
		if (err || !ret->found)
			return err;
		snprintf(ret->name, sizeof(ret->name), "%s", m.name);
		ret->offset = m.offset;
		ret->function = m.function;
	} else if (va - h->places.image_va < h->places.image_size && symbols_find(&h->symbols, va - c->layout.kaslr, &at)) {
		snprintf(ret->name, sizeof(ret->name), "%s", at.name);
		ret->offset = at.offset;
		ret->function = at.function;
		ret->found = true;
	}
	return NULL;
}

const char *address_name_text(const struct address_name *a, char *buf, size_t size)
{
	buf[0] = '\0';
	if (a->found)
		snprintf(buf, size, "%s + %#" PRIx64 "%s%s", a->name, a->offset, a->module ? " in module " : "",
			 a->module ? a->module : "");
	else if (a->module)
		snprintf(buf, size, "module %s", a->module);
	return buf;
}

/* ---- what the word is in its object ------------------------------------------------------------------------------ */

/* Bytes of the object that the word is in, 0: not known. */
static uint64_t object_size(const struct check *c, const struct holders *h, const struct holder *x)
{
	const struct census_record *r = census_find(&c->census, x->pa >> c->layout.page_shift);

	if (x->where == HOLDER_SLAB)
		return x->start && x->thing < h->slabs.caches.nr ? h->slabs.caches.v[x->thing].object_size : 0;
	if (x->where == HOLDER_VMALLOC && x->start)
		return h->places.vmalloc.list.v[x->thing].end - h->places.vmalloc.list.v[x->thing].start;
	if ((x->where == HOLDER_PAGE || x->where == HOLDER_LARGE_KMALLOC) && x->start && r)
		return bit_u64(r->order + c->layout.page_shift);
	return 0;
}

struct error *holder_member(struct check *c, const struct holders *h, const struct holder *x, char *buf)
{
	struct typed_word t = { &c->layout, &c->memmap, &h->symbols, x->start, object_size(c, h, x), x->va, NULL };

	buf[0] = '\0';
	if (!t.size || (x->form != HOLDER_STRUCT_PAGE && x->form != HOLDER_DIRECT_MAP) || x->state == HOLDER_STALE)
		return NULL;
	if (x->where == HOLDER_SLAB)
		t.cache = h->slabs.caches.v[x->thing].name;
	return typed_text(&t, c->kv, buf);
}

/* ---- processes --------------------------------------------------------------------------------------------------- */

static struct error *owns_object(struct check *c, const struct task *t, const char *cache, uint64_t object, bool *ret)
{
	const struct answer *files = fact(&c->layout.facts, FACT_NAME_TASK_FILES);
	uint64_t word = 0;
	bool ok = false;
	struct error *err = NULL;

	*ret = t->va == object;
	if (!strcmp(cache, "mm_struct"))
		*ret = t->mm == object;
	if (strcmp(cache, "files_cache") || !files->found)
		return NULL;
	err = kvmem_read_word(c->kv, t->va + files->offset, 8, &word, &ok);
	*ret = !err && ok && word == object;
	return err;
}

struct error *holder_process(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	static const char *const caches[] = { "task_struct", "mm_struct", "files_cache" };
	const struct tasks *tasks = &c->tasks;
	const char *cache = x->where == HOLDER_SLAB && x->thing < h->slabs.caches.nr ? h->slabs.caches.v[x->thing].name : "";
	struct error *err = NULL;
	bool is_one = false;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++)
		is_one |= !strcmp(cache, caches[i]);
	for (size_t i = 0; !err && is_one && !buf[0] && i < tasks->list.nr; i++) {
		const struct task *t = &tasks->list.v[i];
		bool owns;

		err = owns_object(c, t, cache, x->start, &owns);
		if (!err && owns)
			snprintf(buf, size, " of process %d (%s)", t->tgid, t->comm);
	}
	return err;
}

/* ---- classes ----------------------------------------------------------------------------------------------------- */

static struct error *variable_class(struct check *c, const struct holders *h, uint64_t va, const char *otherwise, char *buf,
				    size_t size)
{
	struct address_name a;
	struct error *err = holder_address(c, h, va, &a);

	if (err)
		return err;
	if (a.found)
		snprintf(buf, size, "%s%s%s", a.name, a.module ? " in module " : "", a.module ? a.module : "");
	else
		snprintf(buf, size, "%s%s", a.module ? "module " : otherwise, a.module ? a.module : "");
	return NULL;
}

static struct error *vmalloc_class(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	const struct vmalloc_area *a = &h->places.vmalloc.list.v[x->thing];
	char by[ADDRESS_NAME] = "";
	struct error *err = NULL;

	if (modules_find(&h->places.modules, x->va))
		return variable_class(c, h, x->va, "", buf, size);
	if (a->valid && a->caller)
		err = variable_class(c, h, a->caller, "", by, sizeof(by));
	snprintf(buf, size, "vmalloc area%s%s", by[0] ? " of " : "", by);
	return err;
}

static void percpu_class(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	struct place at = { .kind = PLACE_PERCPU, .va = x->va, .start = x->start };
	struct symbol_at symbol;
	uint64_t value;

	(void)c;
	if (place_percpu_symbol(&h->places, &at, &value) && symbols_find(&h->symbols, value, &symbol))
		snprintf(buf, size, "per-CPU %s", symbol.name);
	else
		snprintf(buf, size, "per-CPU memory");
}

struct error *holder_class(struct check *c, const struct holders *h, const struct holder *x, char *buf, size_t size)
{
	const struct census_record *r = census_find(&c->census, x->pa >> c->layout.page_shift);

	switch (x->where) {
	case HOLDER_SLAB:
		snprintf(buf, size, "slab %s", x->thing < h->slabs.caches.nr ? h->slabs.caches.v[x->thing].name : "objects");
		return NULL;
	case HOLDER_PERCPU:
		percpu_class(c, h, x, buf, size);
		return NULL;
	case HOLDER_IMAGE:
		return variable_class(c, h, x->va, "kernel image", buf, size);
	case HOLDER_VMALLOC:
		return vmalloc_class(c, h, x, buf, size);
	case HOLDER_STACK:
		snprintf(buf, size, "stacks");
		return NULL;
	case HOLDER_REGISTER:
		snprintf(buf, size, "registers");
		return NULL;
	case HOLDER_REQUEST:
		snprintf(buf, size, "requests of block devices");
		return NULL;
	case HOLDER_LARGE_KMALLOC:
	case HOLDER_PAGE:
	case NR_HOLDER_WHERES:
	default:
		snprintf(buf, size, "pages: %s", r ? kinds[r->kind].title : "?");
		return NULL;
	}
}
