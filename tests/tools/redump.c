/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * redump [options] IN OUT: read a dump through our own layer, write its memory in another form, perhaps damaged.
 * Tests run pagefsck on all forms of a dump and expect one report.
 */
#include "redump.h"

#include <elf.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
	"usage: redump [--elf | --kdump none|zlib|lzo|snappy|zstd] [--cut BYTES] [--drop-vmcoreinfo]\n"
	"              [--exclude FIRST-END]... IN OUT\n"
	"  --elf              as /proc/vmcore gives it\n"
	"  --kdump CODEC      as makedumpfile writes it (default: none)\n"
	"  --cut BYTES        keep only so many; negative: drop so many at the end\n"
	"  --drop-vmcoreinfo  leave the note out\n"
	"  --exclude A-B      leave pfns A to B - 1 out, as a dump filter would\n";

struct options {
	const char *in, *out;
	bool elf;
	bool drop_vmcoreinfo;
	bool cut;
	int64_t cut_size;
};

struct error *redump_page(struct redump *r, uint64_t pfn, void *buf)
{
	enum gap_reason why;
	struct error *err;
	size_t got;

	err = dump_read_phys(r->reader, pfn << r->page_shift, buf, r->page_size, &got, &why);
	if (!err && got < r->page_size)
		return error_new("pfn %#" PRIx64 " cannot be read (reason %d)", pfn, (int)why);
	return err;
}

struct error *redump_put(struct redump *r, const void *data, size_t size)
{
	return !size || fwrite(data, 1, size, r->out) == size ? NULL : error_errno(errno, "cannot write");
}

/* ---- which pages ------------------------------------------------------------------------------------------------ */

static bool page_is_stored(const struct redump *r, uint64_t pfn)
{
	for (size_t i = 0; i < r->excluded.nr; i++)
		if (pfn >= r->excluded.v[i].first && pfn < r->excluded.v[i].end)
			return false;
	return dump_page_gap(r->dump, pfn) == GAP_NONE;
}

static bool segments_add(void *arg, uint64_t first, uint64_t end)
{
	struct redump *r = arg;

	for (uint64_t pfn = first; pfn < end; pfn++) {
		struct segment *last = r->segments.nr ? &r->segments.v[r->segments.nr - 1] : NULL;
		bool stored = page_is_stored(r, pfn);

		if (last && last->end == pfn && last->stored == stored)
			last->end++;
		else if (!array_push(&r->segments, ((struct segment){ pfn, pfn + 1, stored })))
			return false;
	}
	return true;
}

/* ---- notes ------------------------------------------------------------------------------------------------------ */

static void note_add(struct redump *r, const char *name, uint32_t type, const void *desc, size_t size)
{
	static const char zeros[4];
	struct strbuf *b = &r->notes;
	uint32_t header[3] = {
		redump_u32(r, (uint32_t)strlen(name) + 1), redump_u32(r, (uint32_t)size), redump_u32(r, type),
	};

	strbuf_add(b, (const char *)header, sizeof(header));
	strbuf_add(b, name, strlen(name) + 1);
	strbuf_add(b, zeros, -(strlen(name) + 1) & 3);
	strbuf_add(b, desc, size);
	strbuf_add(b, zeros, -size & 3);
}

/* QEMU's note of one CPU, of which only the control registers are known.  False: no such CPU. */
static bool note_add_cpu(struct redump *r, unsigned cpu)
{
	enum { SIZE = 440, CR_OFFSET = 392, NR_CR = 5 };
	uint8_t desc[SIZE] = { 1, 0, 0, 0, SIZE & 0xff, SIZE >> 8 };

	for (unsigned cr = 0; cr < NR_CR; cr++) {
		uint64_t value;

		if (!dump_control_register(r->dump, cpu, cr, &value))
			return false;
		value = redump_u64(r, value);
		memcpy(desc + CR_OFFSET + 8 * cr, &value, sizeof(value));
	}
	note_add(r, "QEMU", 0, desc, sizeof(desc));
	return true;
}

/* NT_PRSTATUS of one CPU, with nothing but its registers.  False: no such note. */
static bool note_add_registers(struct redump *r, unsigned i)
{
	enum { BEFORE = 112 / 8, AFTER = 1, MAX_REGISTERS = 64 };
	uint64_t reg[MAX_REGISTERS], desc[BEFORE + MAX_REGISTERS + AFTER] = { 0 };
	unsigned nr = dump_registers(r->dump, i, reg, MAX_REGISTERS);

	for (unsigned j = 0; j < nr; j++)
		desc[BEFORE + j] = redump_u64(r, reg[j]);
	if (nr)
		note_add(r, "CORE", NT_PRSTATUS, desc, 8 * (BEFORE + nr + AFTER));
	return nr;
}

static struct error *notes_make(struct redump *r, bool with_vmcoreinfo)
{
	const char *text = dump_vmcoreinfo_text(r->dump);
	unsigned cpu = 0, i = 0;

	while (note_add_registers(r, i))
		i++;
	while (note_add_cpu(r, cpu))
		cpu++;
	if (with_vmcoreinfo) {
		enum { HEADER_SIZE = 12, NAME_SIZE = 12 };

		r->vmcoreinfo_offset = r->notes.len + HEADER_SIZE + NAME_SIZE;
		r->vmcoreinfo_size = strlen(text);
		note_add(r, "VMCOREINFO", 0, text, strlen(text));
	}
	return r->notes.failed ? &error_nomem : NULL;
}

/* ---- options ---------------------------------------------------------------------------------------------------- */

static bool codec_parse(const char *name, enum codec *ret)
{
	static const char *const names[] = { "none", "zlib", "lzo", "snappy", "zstd" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i])) {
			*ret = (enum codec)i;
			return true;
		}
	return false;
}

static bool range_add(struct redump *r, const char *text)
{
	char *rest;
	struct segment s = { .first = strtoull(text, &rest, 0) };

	if (*rest != '-')
		return false;
	s.end = strtoull(rest + 1, &rest, 0);
	return !*rest && s.first < s.end && array_push(&r->excluded, s);
}

static bool number_parse(const char *text, int64_t *ret)
{
	char *rest;

	*ret = strtoll(text, &rest, 0);
	return *text && !*rest;
}

static bool option_take(struct redump *r, struct options *o, int option)
{
	switch (option) {
	case 'e':
		o->elf = true;
		return true;
	case 'k':
		return codec_parse(optarg, &r->codec);
	case 'c':
		o->cut = true;
		return number_parse(optarg, &o->cut_size);
	case 'd':
		o->drop_vmcoreinfo = true;
		return true;
	case 'x':
		return range_add(r, optarg);
	default:
		return false;
	}
}

static bool options_parse(struct redump *r, struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "elf", no_argument, NULL, 'e' },
		{ "kdump", required_argument, NULL, 'k' },
		{ "cut", required_argument, NULL, 'c' },
		{ "drop-vmcoreinfo", no_argument, NULL, 'd' },
		{ "exclude", required_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) >= 0)
		if (!option_take(r, o, option))
			return false;
	if (argc - optind != 2)
		return false;
	o->in = argv[optind];
	o->out = argv[optind + 1];
	return true;
}

/* ---- the work --------------------------------------------------------------------------------------------------- */

static struct error *output_finish(struct redump *r, const struct options *o)
{
	int64_t size;

	if (fflush(r->out) || (size = ftello(r->out)) < 0)
		return error_errno(errno, "cannot write");
	if (!o->cut)
		return NULL;
	size = o->cut_size < 0 ? size + o->cut_size : o->cut_size;
	return size >= 0 && !ftruncate(fileno(r->out), size) ? NULL : error_new("cannot cut to %" PRId64 " bytes", size);
}

static struct error *redump_write(struct redump *r, const struct options *o)
{
	struct error *err;

	r->out = fopen(o->out, "wb");
	if (!r->out)
		return error_errno(errno, "cannot create");
	err = o->elf ? redump_write_elf(r) : redump_write_kdump(r);
	return err ? err : output_finish(r, o);
}

static struct error *redump_run(struct redump *r, const struct options *o)
{
	struct error *err;

	err = dump_open(o->in, &r->dump);
	if (!err)
		err = dump_reader_new(r->dump, &r->reader);
	if (err)
		return err;
	r->endian = dump_info(r->dump)->endian;
	r->page_shift = dump_info(r->dump)->page_shift;
	r->page_size = (size_t)1 << r->page_shift;
	dump_for_each_ram(r->dump, segments_add, r);
	err = notes_make(r, !o->drop_vmcoreinfo);
	return err ? err : error_prefix(redump_write(r, o), "%s", o->out);
}

static void redump_deinit(struct redump *r)
{
	if (r->out)
		fclose(r->out);
	array_free(&r->segments);
	array_free(&r->excluded);
	strbuf_deinit(&r->notes);
	dump_reader_free(r->reader);
	dump_free(r->dump);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct redump r = { 0 };
	struct error *err;

	if (!options_parse(&r, &o, argc, argv)) {
		fputs(usage_text, stderr);
		redump_deinit(&r);
		return 16;
	}
	err = redump_run(&r, &o);
	if (err)
		fprintf(stderr, "redump: %s\n", error_text(err));
	error_free(err);
	redump_deinit(&r);
	return err ? 8 : 0;
}
