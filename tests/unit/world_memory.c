/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Physical memory in a hash of frames, x86_64 page tables in it, and the dump back end that shows it. */
#include <inttypes.h>
#include <stdio.h>

#include "world.h"

enum { FIRST_FRAMES = 1024 };

static const uint64_t PRESENT = 1, WRITABLE = 2, LARGE = 1 << 7, NX = UINT64_C(1) << 63;
static const uint64_t ENTRY_PA = UINT64_C(0x000ffffffffff000);

struct world_frame {
	uint64_t key; /* pfn + 1; 0: free slot */
	enum gap_reason gap;
	unsigned char *bytes;
};

/* ---- frames ------------------------------------------------------------------------------------------------------ */

static struct world_frame *frame_slot(struct world_frame *frames, size_t room, uint64_t pfn)
{
	size_t i = (size_t)(pfn * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (room - 1);

	while (frames[i].key && frames[i].key != pfn + 1)
		i = (i + 1) & (room - 1);
	return &frames[i];
}

static void frames_grow(struct world *w)
{
	size_t room = w->room_frames ? w->room_frames * 2 : FIRST_FRAMES;
	struct world_frame *new = calloc(room, sizeof(*new));

	assert_non_null(new);
	for (size_t i = 0; i < w->room_frames; i++)
		if (w->frames[i].key)
			*frame_slot(new, room, w->frames[i].key - 1) = w->frames[i];
	free(w->frames);
	w->frames = new;
	w->room_frames = room;
}

static struct world_frame *frame_get(struct world *w, uint64_t pfn)
{
	struct world_frame *f;

	if (w->nr_frames * 2 >= w->room_frames)
		frames_grow(w);
	f = frame_slot(w->frames, w->room_frames, pfn);
	if (f->key)
		return f;
	f->key = pfn + 1;
	f->bytes = calloc(1, FRAME);
	assert_non_null(f->bytes);
	w->nr_frames++;
	return f;
}

unsigned char *world_phys(struct world *w, uint64_t pa)
{
	return frame_get(w, pa / FRAME)->bytes + pa % FRAME;
}

void world_gap(struct world *w, uint64_t pa, enum gap_reason why)
{
	frame_get(w, pa / FRAME)->gap = why;
}

uint64_t world_take_frames(struct world *w, unsigned nr)
{
	uint64_t pa = w->next_pa;

	w->next_pa += (uint64_t)nr * FRAME;
	assert_true(w->next_pa <= (uint64_t)RESERVED_END * FRAME);
	return pa;
}

void world_ram(struct world *w, uint64_t pfn, uint64_t nr)
{
	struct world_ram run = { pfn, nr };

	assert_true(array_push(&w->ram, run));
}

/* ---- page tables ------------------------------------------------------------------------------------------------- */

static void put64(unsigned char *p, uint64_t value)
{
	value = htole64(value);
	memcpy(p, &value, sizeof(value));
}

static unsigned level_shift(unsigned level)
{
	return 12 + (level - 1) * 9;
}

unsigned char *world_entry(struct world *w, uint64_t va, unsigned level)
{
	uint64_t table = w->root_pa;

	for (unsigned l = w->levels;; l--) {
		unsigned char *entry = world_phys(w, table + (va >> level_shift(l) & 511) * 8);

		if (l == level)
			return entry;
		if (!(get_le64(entry) & PRESENT) || (l <= 3 && get_le64(entry) & LARGE))
			return NULL;
		table = get_le64(entry) & ENTRY_PA & ~w->sme_mask;
	}
}

void world_map(struct world *w, uint64_t va, uint64_t pa, unsigned shift, uint64_t bits)
{
	unsigned leaf = (shift - 12) / 9 + 1;

	for (unsigned l = w->levels; l > leaf; l--) {
		unsigned char *entry = world_entry(w, va, l);

		assert_non_null(entry);
		if (!(get_le64(entry) & PRESENT))
			put64(entry, world_take_frames(w, 1) | PRESENT | WRITABLE | w->sme_mask);
	}
	put64(world_entry(w, va, leaf), pa | PRESENT | WRITABLE | NX | bits | w->sme_mask | (leaf > 1 ? LARGE : 0));
}

void world_unmap(struct world *w, uint64_t va)
{
	for (unsigned level = 1; level <= 3; level++) {
		unsigned char *entry = world_entry(w, va, level);

		if (entry) {
			put64(entry, 0);
			return;
		}
	}
	fail_msg("%#" PRIx64 " is not mapped", va);
}

static uint64_t translate(struct world *w, uint64_t va)
{
	for (unsigned level = 1; level <= 3; level++) {
		unsigned char *entry = world_entry(w, va, level);
		uint64_t mask = low_mask(level_shift(level));

		if (entry && (level == 1 || get_le64(entry) & LARGE) && get_le64(entry) & PRESENT)
			return (get_le64(entry) & ENTRY_PA & ~w->sme_mask & ~mask) | (va & mask);
	}
	fail_msg("%#" PRIx64 " is not mapped", va);
	return 0;
}

unsigned char *world_virt(struct world *w, uint64_t va)
{
	return world_phys(w, translate(w, va));
}

void world_put(struct world *w, uint64_t va, unsigned size, uint64_t value)
{
	assert_true(va % FRAME + size <= FRAME);
	value = htole64(value);
	memcpy(world_virt(w, va), &value, size);
}

uint64_t world_get(struct world *w, uint64_t va, unsigned size)
{
	return get_word(ENDIAN_LITTLE, world_virt(w, va), size);
}

uint64_t world_alloc(struct world *w, size_t size)
{
	return DIRECT_MAP + world_take_frames(w, (unsigned)((size + FRAME - 1) / FRAME));
}

/* ---- the dump back end ------------------------------------------------------------------------------------------- */

static struct error *fake_reader_open(void *backend, void **ret_state)
{
	*ret_state = backend;
	return NULL;
}

static bool is_ram(const struct world *w, uint64_t pfn)
{
	for (size_t i = 0; i < w->ram.nr; i++)
		if (pfn >= w->ram.v[i].pfn && pfn - w->ram.v[i].pfn < w->ram.v[i].nr)
			return true;
	return false;
}

static enum gap_reason fake_page_gap(const void *backend, uint64_t pfn)
{
	const struct world *w = backend;
	const struct world_frame *f = frame_slot(w->frames, w->room_frames, pfn);

	return f->key ? f->gap : is_ram(w, pfn) ? GAP_NONE : GAP_NOT_RAM;
}

/* RAM that nobody wrote to is zeros.  In a gap the buffer is spoilt, as a back end may do: nobody must look at it. */
static struct error *fake_read(void *state, uint64_t pa, void *buf, size_t size, enum gap_reason *ret_why)
{
	const struct world *w = state;
	const struct world_frame *f = frame_slot(w->frames, w->room_frames, pa / FRAME);

	*ret_why = fake_page_gap(w, pa / FRAME);
	if (w->synthesise && w->synthesise(w->synthesise_arg, pa, buf, size))
		*ret_why = GAP_NONE;
	else if (*ret_why == GAP_NONE && f->key)
		memcpy(buf, f->bytes + pa % FRAME, size);
	else
		memset(buf, *ret_why == GAP_NONE ? 0 : 0xef, size);
	return NULL;
}

static void fake_for_each_ram(const void *backend, bool (*fn)(void *arg, uint64_t first, uint64_t end), void *arg)
{
	const struct world *w = backend;

	for (size_t i = 0; i < w->ram.nr; i++)
		if (!fn(arg, w->ram.v[i].pfn, w->ram.v[i].pfn + w->ram.v[i].nr))
			return;
}

static char *vmcoreinfo_text(struct world *w)
{
	struct strbuf b = { 0 };

	strbuf_printf(&b, "OSRELEASE=fake\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=%" PRIx64 "\nNUMBER(phys_base)=%" PRId64 "\n",
		      KERNEL_MAP + w->root_pa + w->kaslr, -(int64_t)w->kaslr);
	strbuf_printf(&b, "NUMBER(pgtable_l5_enabled)=%d\nNUMBER(sme_mask)=%" PRId64 "\nKERNELOFFSET=%" PRIx64 "\n",
		      w->levels == 5, (int64_t)w->sme_mask, w->kaslr);
	strbuf_puts(&b, "NUMBER(SECTION_SIZE_BITS)=27\nNUMBER(MAX_PHYSMEM_BITS)=46\n");
	if (w->vmcoreinfo.s)
		strbuf_puts(&b, w->vmcoreinfo.s);
	return strbuf_take(&b);
}

static unsigned fake_registers(const void *backend, unsigned i, uint64_t *ret, unsigned size)
{
	const struct world *w = backend;

	if (i >= w->nr_notes)
		return 0;
	assert_true(size >= w->notes[i].nr);
	memcpy(ret, w->notes[i].reg, w->notes[i].nr * sizeof(*ret));
	return w->notes[i].nr;
}

struct error *world_dump(struct world *w, struct dump **ret)
{
	static const struct dump_ops ops = {
		.reader_open = fake_reader_open,
		.read = fake_read,
		.page_gap = fake_page_gap,
		.for_each_ram = fake_for_each_ram,
		.registers = fake_registers,
	};
	_cleanup_free_ char *text = vmcoreinfo_text(w);
	struct dump_info info = { .path = "fake", .format = "elf", .arch = "x86_64", .page_shift = 12, .dump_level = -1 };

	for (size_t i = 0; i < w->ram.nr; i++) {
		info.pages_ram += w->ram.v[i].nr;
		if (w->ram.v[i].pfn + w->ram.v[i].nr > info.max_pfn)
			info.max_pfn = w->ram.v[i].pfn + w->ram.v[i].nr;
	}
	info.pages_present = info.pages_ram;
	for (size_t i = 0; i < w->room_frames; i++)
		if (w->frames[i].key && w->frames[i].gap == GAP_EXCLUDED)
			info.pages_excluded++;
	return dump_new(&ops, w, &info, text, ret);
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

void world_init(struct world *w, const char *kernel)
{
	memset(w, 0, sizeof(*w));
	world_load_facts(w, kernel);
	w->levels = 4;
	w->vmemmap = VMEMMAP;
	w->node_shift = 54; /* these kernels: 1024 nodes, 5 zones */
	w->zone_shift = 51;
	w->next_pa = UINT64_C(0x1000) * FRAME;
	w->next_percpu = 0x400;
}

void world_deinit(struct world *w)
{
	for (size_t i = 0; i < w->room_frames; i++)
		free(w->frames[i].bytes);
	free(w->frames);
	free(w->made);
	array_free(&w->ram);
	array_free(&w->facts);
	strbuf_deinit(&w->vmcoreinfo);
	arena_deinit(&w->arena);
}

/* Give the data symbols that the kernel has room in the kernel image, 2 MiB in all. */
static void place_symbols(struct world *w)
{
	uint64_t start = w->next_pa, next = start;

	for (size_t i = 0; i < w->facts.nr; i++) {
		struct answer *a = &w->facts.v[i].answer;

		if (w->facts.v[i].question.kind != Q_SYMBOL || !a->found || (uint64_t)a->value < KERNEL_MAP)
			continue;
		next = (next + 63) & ~UINT64_C(63);
		a->value = (int64_t)(KERNEL_MAP + next);
		next += a->size ? a->size : 64;
	}
	w->next_pa = start + (2 << 20);
	assert_true(next <= w->next_pa);
	w->next_symbol = start;
}

void world_boot(struct world *w)
{
	world_ram(w, 0, SECTION_PAGES);
	place_symbols(w);
	w->root_pa = world_take_frames(w, 1);
	world_map(w, KERNEL_MAP + w->kaslr + w->next_symbol, w->next_symbol, 21, 0);
	for (uint64_t pa = 0; pa < (uint64_t)SECTION_PAGES * FRAME; pa += 2 << 20)
		world_map(w, DIRECT_MAP + pa, pa, 21, 0);
	if (world_symbol(w, "linux_banner"))
		memcpy(world_virt(w, world_symbol(w, "linux_banner")), "Linux version fake", 18);
}
