/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/format.h"

#include <elf.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "dump/flat.h"

struct magic {
	const char *bytes;
	size_t size;
	size_t offset;
	const char *hint; /* why it is of no use; NULL: it may be a dump */
};

#define MAGIC(text, hint) { text, sizeof(text) - 1, 0, hint }
#define PACKED(text, name, command) \
	MAGIC(text, "packed with " name "; unpack it, or: " command " FILE | pagefsck check -")
#define SAVED "memory saved by QEMU or libvirt for a restart, not a dump; restore the guest and take one with: " \
	      "virsh dump --memory-only GUEST FILE"
#define LKCD_TURNED "an LKCD dump of a big-endian machine, which is not supported"
#define VMWARE "memory saved by VMware, not a dump; convert it with: vmss2core -N6 FILE.vmss FILE.vmem"

#define LKCD "\xed\x23\x8f\x61\x73\x01\x19\xa8"
#define S390 "\xa8\x19\x01\x73\x61\x8f\x23\xfd"
#define SADUMP "sadump\0\0"

/* A backup on other media has a block of its own in front. */
enum { SADUMP_MEDIA_OFFSET = 4096 };

static const struct magic magics[] = {
	MAGIC(ELFMAG, NULL),
	MAGIC("KDUMP   ", NULL),
	MAGIC("DISKDUMP", NULL),
	MAGIC("makedumpfile\0\0\0\0", NULL),
	MAGIC(LKCD, NULL),
	MAGIC("\xa8\x19\x01\x73\x61\x8f\x23\xed", LKCD_TURNED),
	MAGIC("\xcd\x23\x8f\x61\x73\x01\x19\xa8", "an LKCD dump of a live system, which is not supported"),
	MAGIC(SADUMP, NULL),
	{ SADUMP, 8, SADUMP_MEDIA_OFFSET, NULL },
	MAGIC(S390, NULL),
	MAGIC("\xa8\x19\x01\x73\x61\x8f\x23\xfe",
	      "an s390 stand-alone dump in the extended format; convert it with: zgetdump -f elf FILE > NEWFILE"),
	PACKED("\x1f\x8b", "gzip", "gzip -dc"),
	PACKED("\xfd"
	       "7zXZ",
	       "xz", "xz -dc"),
	PACKED("\x28\xb5\x2f\xfd", "zstd", "zstd -dc"),
	PACKED("BZh", "bzip2", "bzip2 -dc"),
	PACKED("\x04\x22\x4d\x18", "lz4", "lz4 -dc"),
	PACKED("\x89LZO\0", "lzop", "lzop -dc"),
	MAGIC("PK\x03\x04", "packed with zip; unpack it with: unzip FILE"),
	MAGIC("7z\xbc\xaf\x27\x1c", "packed with 7-Zip; unpack it with: 7z x FILE"),
	{ "ustar", 5, 257, "a tar archive; unpack it with: tar xf FILE" },
	MAGIC("QEVM", SAVED),
	MAGIC("LibvirtQemudSave", SAVED),
	MAGIC("LibvirtQemudPart", SAVED),
	MAGIC("LinuxGuestRecord", "memory saved by Xen for a restart, not a dump; take one with: xl dump-core GUEST FILE"),
	MAGIC("\xd0\xbe\xd2\xbe", VMWARE),
	MAGIC("\xd1\xba\xd1\xba", VMWARE),
	MAGIC("\xd2\xbe\xd2\xbe", VMWARE),
	MAGIC("\xd3\xbe\xd3\xbe", VMWARE),
	MAGIC("PAGEDUMP", "a crash dump of Windows"),
	MAGIC("PAGEDU64", "a crash dump of Windows"),
};

static const struct magic *magic_of(const void *head, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		const struct magic *m = &magics[i];

		if (m->offset + m->size <= size && !memcmp((const char *)head + m->offset, m->bytes, m->size))
			return m;
	}
	return NULL;
}

static bool has_magic(const void *head, size_t size, size_t offset, const char *magic)
{
	return size >= offset + 8 && !memcmp((const char *)head + offset, magic, 8);
}

/* What holds sections and no segment; elf_open() refuses all others that it cannot read. */
static bool is_sections_only(const void *head, size_t size)
{
	Elf64_Ehdr e;

	if (size < sizeof(e))
		return false;
	memcpy(&e, head, sizeof(e));
	return e.e_ident[EI_CLASS] == ELFCLASS64 && e.e_ident[EI_DATA] == ELFDATA2LSB && le16toh(e.e_type) == ET_CORE &&
	       !e.e_phnum && e.e_shnum;
}

enum dump_format format_of(const void *head, size_t size)
{
	if (flat_probe(head, size))
		return DUMP_FORMAT_FLAT;
	if (size >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG))
		return is_sections_only(head, size) ? DUMP_FORMAT_XEN : DUMP_FORMAT_ELF;
	if (has_magic(head, size, 0, "KDUMP   ") || has_magic(head, size, 0, "DISKDUMP"))
		return DUMP_FORMAT_KDUMP;
	if (has_magic(head, size, 0, LKCD))
		return DUMP_FORMAT_LKCD;
	if (has_magic(head, size, 0, SADUMP) || has_magic(head, size, SADUMP_MEDIA_OFFSET, SADUMP))
		return DUMP_FORMAT_SADUMP;
	return has_magic(head, size, 0, S390) ? DUMP_FORMAT_S390 : DUMP_FORMAT_OTHER;
}

struct error *format_check(const void *head, size_t size)
{
	const struct magic *m = magic_of(head, size);

	if (!m)
		return error_new("not a dump that can be read; expected an ELF core, a compressed kdump, one of these flattened, "
				 "LKCD, sadump, or an s390 stand-alone dump");
	return m->hint ? error_new("%s", m->hint) : NULL;
}
