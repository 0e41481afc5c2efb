/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "dump/vmcoreinfo.h"

/* Bytes of pages that a reader keeps for reads of less than a page: lists and trees jump about. */
enum { READER_CACHE_SIZE = 2 << 20 };

struct dump {
	const struct dump_ops *ops;
	void *backend;
	struct dump_info info;
	struct arena strings; /* of info */
	const char *vmcoreinfo_text; /* in strings */
	struct vmcoreinfo vmcoreinfo;
};

struct dump_reader {
	struct dump *dump;
	void *state;
	unsigned nr_slots; /* a power of two; 0: no cache */
	uint64_t *slots; /* the pfn + 1 each holds; 0: none */
	uint8_t *pages;
};

/* ---- the dump --------------------------------------------------------------------------------------------------- */

static bool dump_copy_copies(struct dump *d, const struct dump_info *info)
{
	struct vmcoreinfo_copy *copies = arena_alloc(&d->strings, info->nr_copies * sizeof(*copies) + 1);

	for (unsigned i = 0; copies && i < info->nr_copies; i++) {
		copies[i].pa = info->copies[i].pa;
		copies[i].text = arena_strdup(&d->strings, info->copies[i].text);
		if (!copies[i].text)
			return false;
	}
	d->info.copies = copies;
	return copies;
}

static bool dump_copy_info(struct dump *d, const struct dump_info *info, const char *vmcoreinfo)
{
	d->info = *info;
	d->info.path = arena_strdup(&d->strings, info->path ? info->path : "");
	d->info.format = arena_strdup(&d->strings, info->format ? info->format : "");
	d->info.compression = arena_strdup(&d->strings, info->compression ? info->compression : "none");
	d->info.arch = arena_strdup(&d->strings, info->arch ? info->arch : "unknown");
	d->info.incomplete = info->incomplete ? arena_strdup(&d->strings, info->incomplete) : NULL;
	d->vmcoreinfo_text = arena_strdup(&d->strings, vmcoreinfo ? vmcoreinfo : "");
	if ((info->incomplete && !d->info.incomplete) || !dump_copy_copies(d, info))
		return false;
	return d->info.path && d->info.format && d->info.compression && d->info.arch && d->vmcoreinfo_text;
}

struct error *dump_new(const struct dump_ops *ops, void *backend, const struct dump_info *info,
		       const char *vmcoreinfo, struct dump **ret)
{
	struct dump *d = calloc(1, sizeof(*d));
	struct error *err;

	if (!d) {
		if (ops->free)
			ops->free(backend);
		return &error_nomem;
	}
	d->ops = ops;
	d->backend = backend;
	err = dump_copy_info(d, info, vmcoreinfo) ? NULL : &error_nomem;
	if (!err)
		err = vmcoreinfo_init(&d->vmcoreinfo, d->vmcoreinfo_text, strlen(d->vmcoreinfo_text));
	if (err)
		dump_free(d);
	else
		*ret = d;
	return err;
}

void dump_free(struct dump *d)
{
	if (!d)
		return;
	if (d->ops->free)
		d->ops->free(d->backend);
	vmcoreinfo_deinit(&d->vmcoreinfo);
	arena_deinit(&d->strings);
	free(d);
}

const struct dump_info *dump_info(const struct dump *d)
{
	return &d->info;
}

enum gap_reason dump_page_gap(const struct dump *d, uint64_t pfn)
{
	return d->ops->page_gap(d->backend, pfn);
}

void dump_for_each_ram(const struct dump *d, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg)
{
	d->ops->for_each_ram(d->backend, fn, arg);
}

bool dump_control_register(const struct dump *d, unsigned cpu, unsigned cr, uint64_t *ret)
{
	return d->ops->control_register && d->ops->control_register(d->backend, cpu, cr, ret);
}

unsigned dump_registers(const struct dump *d, unsigned i, uint64_t *ret, unsigned size)
{
	return d->ops->registers ? d->ops->registers(d->backend, i, ret, size) : 0;
}

/* ---- VMCOREINFO ------------------------------------------------------------------------------------------------- */

const char *dump_vmcoreinfo_text(const struct dump *d)
{
	return d->vmcoreinfo_text;
}

struct error *dump_use_copy(struct dump *d, unsigned i, const char *reason)
{
	const struct vmcoreinfo_copy *c = &d->info.copies[i];
	struct vmcoreinfo table;
	struct error *err;

	err = vmcoreinfo_init(&table, c->text, strlen(c->text));
	if (err)
		return err;
	vmcoreinfo_deinit(&d->vmcoreinfo);
	d->vmcoreinfo = table;
	d->vmcoreinfo_text = c->text;
	d->info.vmcoreinfo_pa = c->pa;
	d->info.copy_reason = reason ? arena_strdup(&d->strings, reason) : NULL;
	return NULL;
}

const char *dump_vmcoreinfo(const struct dump *d, const char *key)
{
	return vmcoreinfo_get(&d->vmcoreinfo, key);
}

/* The value of "WHAT(name)". */
static const char *dump_vmcoreinfo_of(const struct dump *d, const char *what, const char *name)
{
	char key[256];
	int len = snprintf(key, sizeof(key), "%s(%s)", what, name);

	return len > 0 && (size_t)len < sizeof(key) ? dump_vmcoreinfo(d, key) : NULL;
}

bool dump_vmcoreinfo_symbol(const struct dump *d, const char *name, uint64_t *ret)
{
	const char *text = dump_vmcoreinfo_of(d, "SYMBOL", name);

	return text && vmcoreinfo_parse_hex(text, ret);
}

bool dump_vmcoreinfo_number(const struct dump *d, const char *what, const char *name, int64_t *ret)
{
	const char *text = dump_vmcoreinfo_of(d, what, name);

	return text && vmcoreinfo_parse_number(text, ret);
}

uint64_t dump_kaslr_offset(const struct dump *d)
{
	const char *text = dump_vmcoreinfo(d, "KERNELOFFSET");
	uint64_t offset;

	return text && vmcoreinfo_parse_hex(text, &offset) ? offset : 0;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static bool reader_make_cache(struct dump_reader *r)
{
	unsigned shift = r->dump->info.page_shift;

	if (!r->dump->ops->constant || READER_CACHE_SIZE >> shift < 2)
		return true;
	r->nr_slots = READER_CACHE_SIZE >> shift;
	r->slots = calloc(r->nr_slots, sizeof(*r->slots));
	r->pages = malloc(READER_CACHE_SIZE);
	return r->slots && r->pages;
}

struct error *dump_reader_new(struct dump *d, struct dump_reader **ret)
{
	struct dump_reader *r = calloc(1, sizeof(*r));
	struct error *err = &error_nomem;

	if (!r)
		return err;
	r->dump = d;
	if (reader_make_cache(r))
		err = d->ops->reader_open(d->backend, &r->state);
	if (err) {
		r->dump = NULL;
		dump_reader_free(r);
		return err;
	}
	*ret = r;
	return NULL;
}

void dump_reader_free(struct dump_reader *r)
{
	if (!r)
		return;
	if (r->dump && r->dump->ops->reader_close)
		r->dump->ops->reader_close(r->state);
	free(r->slots);
	free(r->pages);
	free(r);
}

const struct dump *dump_reader_dump(const struct dump_reader *r)
{
	return r->dump;
}

/* The page in the cache, read if need be; NULL with a reason in *ret_why, or an error. */
static struct error *reader_get_page(struct dump_reader *r, uint64_t pfn, const uint8_t **ret, enum gap_reason *ret_why)
{
	unsigned shift = r->dump->info.page_shift;
	size_t slot = pfn & (r->nr_slots - 1);
	uint8_t *page = r->pages + (slot << shift);
	struct error *err = NULL;

	if (r->slots[slot] != pfn + 1) {
		r->slots[slot] = 0;
		err = r->dump->ops->read(r->state, pfn << shift, page, (size_t)1 << shift, ret_why);
		if (!err && *ret_why == GAP_NONE)
			r->slots[slot] = pfn + 1;
	}
	*ret = page;
	return err;
}

/* Read inside one page, less than all of it. */
static struct error *reader_read_part(struct dump_reader *r, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	unsigned shift = r->dump->info.page_shift;
	const uint8_t *page;
	struct error *err;

	if (!r->nr_slots)
		return r->dump->ops->read(r->state, pa, buf, size, ret_why);
	err = reader_get_page(r, pa >> shift, &page, ret_why);
	if (!err && *ret_why == GAP_NONE)
		memcpy(buf, page + (pa & low_mask(shift)), size);
	return err;
}

/* Read what one step of the back end can give: a part of a page, a page, or a run of pages. */
static struct error *reader_read_step(struct dump_reader *r, uint64_t pa, void *buf, size_t size, size_t *ret_got,
				      enum gap_reason *ret_why)
{
	size_t page_size = (size_t)1 << r->dump->info.page_shift;
	size_t left = page_size - (pa & (page_size - 1));
	struct error *err;

	if (size >= page_size && left == page_size && r->dump->ops->read_run)
		return r->dump->ops->read_run(r->state, pa, buf, size, ret_got, ret_why);
	if (size > left)
		size = left;
	if (size < page_size)
		err = reader_read_part(r, pa, buf, size, ret_why);
	else
		err = r->dump->ops->read(r->state, pa, buf, size, ret_why);
	*ret_got = !err && *ret_why == GAP_NONE ? size : 0;
	return err;
}

struct error *dump_read_phys(struct dump_reader *r, uint64_t pa, void *buf, size_t size, size_t *ret_got,
			     enum gap_reason *ret_why)
{
	enum gap_reason why = GAP_NONE;
	struct error *err = NULL;
	size_t done = 0;

	while (done < size && !err && why == GAP_NONE) {
		size_t got = 0;

		if (pa + done < pa) { /* the end of the address space */
			why = GAP_NOT_RAM;
			break;
		}
		err = reader_read_step(r, pa + done, (char *)buf + done, size - done, &got, &why);
		done += got;
	}
	*ret_got = done;
	if (ret_why)
		*ret_why = why;
	return error_prefix(err, "%s: page at %#" PRIx64, r->dump->info.path, pa + done);
}
