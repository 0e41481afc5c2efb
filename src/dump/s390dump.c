/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps of the stand-alone dumpers for tape and DASD of s390 (s390-tools, zipl -d; also vmdump after vmconvert): a header,
 * memory from 0 on as it was, and an end mark.  Every number is big-endian.  The format: struct dfi_s390_hdr of s390-tools,
 * zdump/dfi_s390.h.
 */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/plain.h"

enum {
	HDR_HDR_SIZE = 12, HDR_PAGE_SIZE = 20, HDR_MEM_SIZE = 24, HDR_MEM_START = 32, HDR_MEM_END = 40, HDR_TOD = 56,
	HDR_ARCH = 72, HDR_VOLUME = 76, HDR_IS_MULTI_VOLUME = 92, HDR_SIZE = 93,
	ARCH_64_BIT = 2, END_MARK_SIZE = 16,
};

/* The dumper wrote all that it wanted to: "DUMP_END" and a time not before that of the header. */
static struct error *check_end(struct dump_store *s, uint64_t end, uint64_t tod)
{
	uint8_t mark[END_MARK_SIZE];
	struct error *err;
	size_t got;

	err = file_read(&s->file, end, mark, sizeof(mark), &got);
	if (err)
		return err;
	if (got < sizeof(mark))
		s->info.incomplete = "the end mark of the dump is missing: the file was cut, or the dumper did not finish";
	else if (memcmp(mark, "DUMP_END", 8) || get_be64(mark + 8) < tod)
		s->info.incomplete = "the end mark of the dump is damaged: the dumper did not finish, or the header is damaged";
	return NULL;
}

static struct error *check_header(const uint8_t *h)
{
	uint64_t start = get_be64(h + HDR_MEM_START), size = get_be64(h + HDR_MEM_SIZE);
	uint32_t header_size = get_be32(h + HDR_HDR_SIZE), page_size = get_be32(h + HDR_PAGE_SIZE);

	if (get_be32(h + HDR_ARCH) != ARCH_64_BIT)
		return error_new("stand-alone dump of a 31-bit s390 kernel; only 64-bit kernels are supported");
	if (h[HDR_IS_MULTI_VOLUME])
		return error_new("one volume of an s390 dump on several; join them with: zgetdump -f elf /dev/DASD1 > NEWFILE");
	if (!page_size_is_sane(page_size) || header_size < HDR_SIZE || header_size > 1 << 20 || start || !size ||
	    size > low_mask(56))
		return error_new("s390 dump header with pages of %" PRIu32 " bytes and %#" PRIx64 " bytes of memory at %#" PRIx64
				 ": it is damaged; copy the dump again",
				 page_size, size, start);
	return NULL;
}

static struct error *s390dump_load(struct dump_store *s)
{
	uint8_t h[HDR_SIZE];
	struct error *err;

	err = file_read_header(&s->file, 0, h, sizeof(h), "header");
	if (!err)
		err = check_header(h);
	if (err)
		return err;
	s->info.arch = "s390x";
	s->info.endian = ENDIAN_BIG;
	s->info.page_shift = log2_u64(get_be32(h + HDR_PAGE_SIZE));
	s->map.pos_step = bit_u64(s->info.page_shift);
	err = map_add(&s->map, (struct dump_run){ 0, get_be64(h + HDR_MEM_SIZE) >> s->info.page_shift, get_be32(h + HDR_HDR_SIZE),
						  GAP_NONE });
	if (!err)
		err = check_end(s, get_be32(h + HDR_HDR_SIZE) + get_be64(h + HDR_MEM_SIZE), get_be64(h + HDR_TOD));
	return err ? err : plain_loaded(s);
}

struct error *s390dump_open(struct dump_file *file, const char *path, struct dump **ret)
{
	return plain_open(file, &(struct dump_info){ .path = path, .format = "s390" }, s390dump_load, ret);
}
