/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where debug files are looked for is described in gdb's manual, "Debugging Information in Separate Files". */
#include "types/apart.h"

#include <libgen.h>
#include <string.h>

#include "base/bytes.h"
#include "base/strbuf.h"

static const char global[] = "/usr/lib/debug";

/* A file name, NUL, up to 3 bytes of padding, and the CRC of the file. */
const char *apart_link(struct elf_image *img, uint32_t *ret_crc)
{
	struct span s;
	struct error *err = elf_image_section(img, ".gnu_debuglink", &s);
	size_t len, at;

	if (err || !s.data) {
		error_free(err);
		return NULL;
	}
	len = strnlen((const char *)s.data, s.size);
	at = (len + 4) & ~(size_t)3;
	if (len == 0 || len == s.size || at + sizeof(*ret_crc) > s.size || memchr(s.data, '/', len))
		return NULL;
	*ret_crc = get_u32(elf_image_endian(img), s.data + at);
	return (const char *)s.data;
}

/* CRC-32 of zlib and Ethernet, a bit at a time through a table of 16: no one has a link without a build-id these days. */
static uint32_t checksum(struct span s)
{
	uint32_t table[16], crc = UINT32_MAX;

	for (uint32_t i = 0; i < ARRAY_SIZE(table); i++) {
		table[i] = i;
		for (int bit = 0; bit < 4; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	for (uint64_t i = 0; i < s.size; i++) {
		crc = crc >> 4 ^ table[(crc ^ s.data[i]) & 15];
		crc = crc >> 4 ^ table[(crc ^ s.data[i] >> 4) & 15];
	}
	return ~crc;
}

static bool is_its_debug_file(struct elf_image *img, const struct elf_image *debug)
{
	const char *id = elf_image_build_id(img), *debug_id = elf_image_build_id(debug);
	uint32_t crc;

	if (!elf_image_has(debug, ".debug_info"))
		return false;
	if (id || debug_id)
		return id && debug_id && strcmp(id, debug_id) == 0;
	return apart_link(img, &crc) && checksum(elf_image_bytes(debug)) == crc;
}

/* Takes \p path.  A file that cannot be used is as good as none: the search is not worth an error. */
static bool candidate(struct elf_image *img, char *path, char **ret_path, struct elf_image **ret)
{
	struct elf_image *debug = NULL;
	struct error *err = path && access(path, R_OK) == 0 ? elf_image_open(path, &debug) : NULL;

	if (!err && debug && is_its_debug_file(img, debug)) {
		*ret_path = path;
		*ret = debug;
		return true;
	}
	error_free(err);
	elf_image_free(debug);
	free(path);
	return false;
}

bool apart_find(struct elf_image *img, const char *path, char **ret_path, struct elf_image **ret)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	const char *id = elf_image_build_id(img), *dir = real ? dirname(real) : ".", *link;
	uint32_t crc;

	link = apart_link(img, &crc);
	if (link && (candidate(img, text_printf("%s/%s", dir, link), ret_path, ret) ||
		     candidate(img, text_printf("%s/.debug/%s", dir, link), ret_path, ret) ||
		     candidate(img, text_printf("%s%s/%s", global, dir, link), ret_path, ret)))
		return true;
	return id && candidate(img, text_printf("%s/.build-id/%.2s/%s.debug", global, id, id + 2), ret_path, ret);
}
