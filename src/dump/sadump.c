/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sadump: the stand-alone dump of Fujitsu's firmware (PRIMEQUEST), of x86_64 machines.  A header of the partition, which
 * fills a block with a series of numbers; the header of the dump; the states of the processors; a bitmap of memory and one
 * of what was dumped, the highest bit first; the pages, as they were.  A backup on other media has one block more in
 * front.  The format is known from makedumpfile (sadump_mod.h) and libkdumpfile.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/plain.h"

/* The partition's header. */
enum { PART_SET_DISK_SET = 152, PART_USED = 160, PART_MAGIC_NUMBERS = 168, MEDIA_BLOCK = 4096 };

/* The dump's header. */
enum {
	HDR_VERSION = 8, HDR_BLOCK_SIZE = 40, HDR_SUB_BLOCKS = 48, HDR_BITMAP_BLOCKS = 52, HDR_DUMPABLE_BLOCKS = 56,
	HDR_MAX_MAPNR = 60, HDR_NR_CPUS = 80, HDR_MAX_MAPNR_64 = 88, HDR_SIZE = 120,
};

/* The state of a processor, as the firmware found it in SMRAM. */
enum { CPU_STATE_SIZE = 1024, CPU_CR4 = 576, CPU_CR3 = 1008, CPU_CR0 = 1016, APIC_STATE_SIZE = 16, MAX_CPUS = 8192 };

/* Where its general registers are, in the order of the kernel's user_regs_struct; 0: it does not have it. */
static const uint16_t register_offsets[] = {
	796, 804, 812, 820, 900, 884, 828, 836, 844, 852, 860, 868, 876, 908, 916, 0, 984, 940, 1000, 892, 944,
};
enum { REGISTER_CS = 17, REGISTER_SS = 20 }; /* of 32 bits */

enum { MIN_BLOCK = 512, MAX_BLOCK = 1 << 18, BITMAP_BYTES_AT_ONCE = 1 << 16 };

struct sadump {
	struct dump_file *file;
	uint64_t block_size;
	uint64_t cpus; /* offset of their states */
	uint32_t nr_cpus;
	uint64_t memory; /* offsets of the bitmaps */
	uint64_t dumped;
	uint64_t pages; /* offset of the first page */
	uint64_t nr_pages; /* max_mapnr */
	uint64_t used; /* where what was written ends; behind it a partition has what was there before */
};

/* ---- headers ---------------------------------------------------------------------------------------------------- */

/* The numbers go on to the end of the block, each 11 times the last one and 77: that is how its size is known. */
static struct error *measure_block(const struct dump_file *f, uint64_t part, uint64_t *ret_size)
{
	_cleanup_free_ uint8_t *block = malloc(MAX_BLOCK);
	uint64_t end = PART_MAGIC_NUMBERS + 4;
	struct error *err;
	size_t got;

	if (!block)
		return &error_nomem;
	err = file_read(f, part, block, MAX_BLOCK, &got);
	if (err)
		return err;
	while (end + 4 <= got && get_le32(block + end) == 11 * (get_le32(block + end - 4) + 7))
		end += 4;
	*ret_size = end;
	if (is_power_of_2(end) && end >= MIN_BLOCK && end <= MAX_BLOCK)
		return NULL;
	return end + 4 > got && got < MAX_BLOCK ? file_cut_error(f, "first block") :
						  error_new("sadump file with a damaged first block; copy it again");
}

static struct error *decode_header(struct sadump *d, const uint8_t *h, uint64_t at)
{
	uint64_t size = d->block_size;

	if (memcmp(h, "sadump\0\0", 8) || get_le32(h + HDR_BLOCK_SIZE) != size || !page_size_is_sane(size))
		return error_new("sadump file whose header is not behind its first block of %" PRIu64
				 " bytes: it is damaged; copy it again", size);
	d->cpus = at + size;
	d->nr_cpus = get_le32(h + HDR_NR_CPUS);
	d->memory = at + size * (1 + (uint64_t)get_le32(h + HDR_SUB_BLOCKS));
	d->dumped = d->memory + size * get_le32(h + HDR_BITMAP_BLOCKS);
	d->pages = d->dumped + size * get_le32(h + HDR_DUMPABLE_BLOCKS);
	d->nr_pages = get_le32(h + HDR_VERSION) ? get_le64(h + HDR_MAX_MAPNR_64) : get_le32(h + HDR_MAX_MAPNR);
	if (d->nr_pages > (d->dumped - d->memory) * 8 || d->nr_pages > (d->pages - d->dumped) * 8)
		return error_new("sadump header with more pages (%" PRIu64
				 ") than its bitmaps have bits: it is damaged; copy it again",
				 d->nr_pages);
	return file_holds(d->file, d->memory, d->pages - d->memory) ? NULL : file_cut_error(d->file, "page bitmaps");
}

static struct error *read_headers(struct sadump *d)
{
	uint8_t head[PART_MAGIC_NUMBERS], h[HDR_SIZE];
	uint64_t part = 0;
	struct error *err;

	err = file_read_header(d->file, 0, head, sizeof(head), "header");
	if (!err && memcmp(head, "sadump\0\0", 8)) { /* format_of() has seen it there */
		part = MEDIA_BLOCK;
		err = file_read_header(d->file, part, head, sizeof(head), "header");
	}
	if (err)
		return err;
	if (!part && get_le32(head + PART_SET_DISK_SET))
		return error_new(
			"one disk of an sadump disk set; makedumpfile joins them: makedumpfile -d 0 DISK1 DISK2... NEWFILE");
	d->used = get_le64(head + PART_USED) ? get_le64(head + PART_USED) : UINT64_MAX;
	err = measure_block(d->file, part, &d->block_size);
	if (!err)
		err = file_read_header(d->file, part + d->block_size, h, sizeof(h), "header");
	return err ? err : decode_header(d, h, part + d->block_size);
}

/* ---- bitmaps ----------------------------------------------------------------------------------------------------- */

/* A bitmap, made into runs: of what was dumped (map->pos_step is set), or of all memory. */
struct bitmap_scan {
	const struct sadump *dump;
	struct dump_map *map;
	uint64_t pos; /* of the next page that was dumped */
};

static struct error *scan_bits(struct bitmap_scan *s, const uint8_t *bytes, uint64_t first, uint64_t end)
{
	uint64_t step = s->map->pos_step;
	struct error *err = NULL;

	for (uint64_t pfn = first; pfn < end && !err; pfn++) {
		uint8_t byte = bytes[(pfn - first) / 8];
		enum gap_reason why = !step ? GAP_EXCLUDED : s->pos + step > s->dump->used ? GAP_TRUNCATED : GAP_NONE;

		if (!byte)
			pfn |= 7;
		if (!(byte >> (7 - pfn % 8) & 1))
			continue;
		err = map_add(s->map, (struct dump_run){ pfn, pfn + 1, s->pos, why });
		s->pos += step;
	}
	return err;
}

static struct error *read_bitmap(const struct sadump *d, uint64_t offset, struct dump_map *m)
{
	_cleanup_free_ uint8_t *bytes = malloc(BITMAP_BYTES_AT_ONCE);
	struct bitmap_scan s = { .dump = d, .map = m, .pos = d->pages };
	struct error *err = bytes ? NULL : &error_nomem;
	uint64_t step = BITMAP_BYTES_AT_ONCE * 8;

	for (uint64_t pfn = 0; pfn < d->nr_pages && !err; pfn += step) {
		uint64_t end = d->nr_pages - pfn < step ? d->nr_pages : pfn + step;

		err = file_read_header(d->file, offset + pfn / 8, bytes, (size_t)(end - pfn + 7) / 8, "page bitmaps");
		if (!err)
			err = scan_bits(&s, bytes, pfn, end);
	}
	return err;
}

static struct error *make_map(struct dump_store *s, const struct sadump *d)
{
	struct dump_map dumped = { .pos_step = d->block_size }, memory = { .pos_step = 0 };
	struct error *err;

	s->map.pos_step = d->block_size;
	err = read_bitmap(d, d->dumped, &dumped);
	if (!err)
		err = read_bitmap(d, d->memory, &memory);
	if (!err)
		err = map_lay_under(&s->map, &dumped);
	if (!err)
		err = map_lay_under(&s->map, &memory);
	map_deinit(&dumped);
	map_deinit(&memory);
	if (!err && !s->map.runs.nr)
		err = error_new("holds no memory (empty page bitmaps)");
	return err;
}

/* ---- processors -------------------------------------------------------------------------------------------------- */

static struct error *take_cpu(struct dump_notes *n, const uint8_t *state)
{
	struct cpu_control c = {
		.cr = { [0] = get_le64(state + CPU_CR0), [3] = get_le64(state + CPU_CR3), [4] = get_le32(state + CPU_CR4) }
	};
	struct cpu_registers r = { .nr = ARRAY_SIZE(register_offsets) };

	for (unsigned i = 0; i < r.nr; i++) {
		const uint8_t *at = state + register_offsets[i];

		r.reg[i] = !register_offsets[i] ? 0 : i == REGISTER_CS || i == REGISTER_SS ? get_le32(at) : get_le64(at);
	}
	return array_push(&n->registers, r) && array_push(&n->cpus, c) ? NULL : &error_nomem;
}

/* The size of all states together, an APIC's state for each processor, then the states. */
static struct error *take_cpus(struct dump_store *s, const struct sadump *d)
{
	uint8_t state[CPU_STATE_SIZE];
	uint64_t offset = d->cpus + 4 + (uint64_t)d->nr_cpus * APIC_STATE_SIZE, size;
	struct error *err;

	if (!d->nr_cpus || d->nr_cpus > MAX_CPUS || offset > d->memory)
		return NULL;
	err = file_read_header(&s->file, d->cpus, state, 4, "states of processors");
	size = err ? 0 : get_le32(state) / d->nr_cpus;
	if (err || size < sizeof(state) || size * d->nr_cpus > d->memory - offset)
		return err;
	for (uint32_t i = 0; i < d->nr_cpus && !err; i++) {
		err = file_read_header(&s->file, offset + i * size, state, sizeof(state), "states of processors");
		if (!err)
			err = take_cpu(&s->notes, state);
	}
	return err;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static struct error *sadump_load(struct dump_store *s)
{
	struct sadump d = { .file = &s->file };
	struct error *err;

	err = read_headers(&d);
	if (err)
		return err;
	s->info.arch = "x86_64"; /* of a 32-bit kernel no VMCOREINFO will be found that fits */
	s->info.page_shift = log2_u64(d.block_size);
	err = make_map(s, &d);
	if (!err)
		err = take_cpus(s, &d);
	return err ? err : plain_loaded(s);
}

struct error *sadump_open(struct dump_file *file, const char *path, struct dump **ret)
{
	return plain_open(file, &(struct dump_info){ .path = path, .format = "sadump" }, sadump_load, ret);
}
