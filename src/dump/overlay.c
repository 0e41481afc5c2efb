/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump with a few bytes of its memory changed: how tests (and what-if questions) damage a real dump. */
#include <stdlib.h>

#include "dump/dump.h"

struct patch_byte {
	uint64_t pa;
	size_t order; /* later patches have a higher one */
	uint8_t value;
};

struct overlay {
	struct dump *base;
	struct patch_byte *bytes; /* by rising pa, one for each */
	size_t nr_bytes;
};

struct overlay_reader {
	const struct overlay *overlay;
	struct dump_reader *base;
};

static struct error *overlay_reader_open(void *backend, void **ret_state)
{
	struct overlay_reader *r = calloc(1, sizeof(*r));
	struct overlay *o = backend;
	struct error *err;

	if (!r)
		return &error_nomem;
	r->overlay = o;
	err = dump_reader_new(o->base, &r->base);
	if (err)
		free(r);
	else
		*ret_state = r;
	return err;
}

static void overlay_reader_close(void *state)
{
	struct overlay_reader *r = state;

	dump_reader_free(r->base);
	free(r);
}

/* The first changed byte at or after pa. */
static size_t overlay_find(const struct overlay *o, uint64_t pa)
{
	size_t low = 0, high = o->nr_bytes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (o->bytes[mid].pa < pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct error *overlay_read_run(void *state, uint64_t pa, void *buf, size_t size, size_t *ret_got,
				      enum gap_reason *ret_why)
{
	struct overlay_reader *r = state;
	const struct overlay *o = r->overlay;
	struct error *err;

	err = dump_read_phys(r->base, pa, buf, size, ret_got, ret_why);
	if (err)
		return err;
	if (*ret_got)
		*ret_why = GAP_NONE;
	for (size_t i = overlay_find(o, pa); i < o->nr_bytes && o->bytes[i].pa - pa < *ret_got; i++)
		((uint8_t *)buf)[o->bytes[i].pa - pa] = o->bytes[i].value;
	return NULL;
}

static struct error *overlay_read(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	size_t got;

	return overlay_read_run(state, pa, buf, size, &got, ret_why);
}

static enum gap_reason overlay_page_gap(const void *backend, uint64_t pfn)
{
	const struct overlay *o = backend;

	return dump_page_gap(o->base, pfn);
}

static void overlay_for_each_ram(const void *backend, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg)
{
	const struct overlay *o = backend;

	dump_for_each_ram(o->base, fn, arg);
}

static bool overlay_control_register(const void *backend, unsigned cpu, unsigned cr, uint64_t *ret)
{
	const struct overlay *o = backend;

	return dump_control_register(o->base, cpu, cr, ret);
}

static unsigned overlay_registers(const void *backend, unsigned i, uint64_t *ret, unsigned size)
{
	const struct overlay *o = backend;

	return dump_registers(o->base, i, ret, size);
}

static void overlay_free(void *backend)
{
	struct overlay *o = backend;

	free(o->bytes);
	free(o);
}

static const struct dump_ops overlay_ops = {
	.reader_open = overlay_reader_open,
	.reader_close = overlay_reader_close,
	.read = overlay_read,
	.read_run = overlay_read_run,
	.page_gap = overlay_page_gap,
	.for_each_ram = overlay_for_each_ram,
	.control_register = overlay_control_register,
	.registers = overlay_registers,
	.free = overlay_free,
};

static int byte_compare(const void *a, const void *b)
{
	const struct patch_byte *ba = a, *bb = b;

	if (ba->pa != bb->pa)
		return ba->pa < bb->pa ? -1 : 1;
	return (ba->order > bb->order) - (ba->order < bb->order);
}

static uint8_t patch_byte(const struct dump_patch *p, unsigned i, enum endian e)
{
	unsigned size = p->size < 8 ? p->size : 8;

	return (uint8_t)(p->value >> 8 * (e == ENDIAN_BIG ? size - 1 - i : i));
}

/* Take the patches apart into bytes; of several bytes at one place keep the last. */
static bool overlay_set_patches(struct overlay *o, const struct dump_patch *patches, size_t nr)
{
	enum endian e = dump_info(o->base)->endian;
	size_t count = 0;

	o->bytes = calloc(nr + 1, 8 * sizeof(*o->bytes));
	if (!o->bytes)
		return false;
	for (size_t i = 0; i < nr; i++)
		for (uint32_t b = 0; b < patches[i].size && b < 8; b++)
			o->bytes[count++] = (struct patch_byte){ patches[i].pa + b, i, patch_byte(&patches[i], b, e) };
	if (count)
		qsort(o->bytes, count, sizeof(*o->bytes), byte_compare);
	for (size_t i = 0; i < count; i++)
		if (i + 1 == count || o->bytes[i].pa != o->bytes[i + 1].pa)
			o->bytes[o->nr_bytes++] = o->bytes[i];
	return true;
}

struct error *dump_overlay(struct dump *base, const struct dump_patch *patches, size_t nr, struct dump **ret)
{
	struct overlay *o = calloc(1, sizeof(*o));

	if (!o)
		return &error_nomem;
	o->base = base;
	if (!overlay_set_patches(o, patches, nr)) {
		overlay_free(o);
		return &error_nomem;
	}
	return dump_new(&overlay_ops, o, dump_info(base), dump_vmcoreinfo_text(base), ret);
}
