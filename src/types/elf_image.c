/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/elf_image.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/bytes.h"
#include "config.h"

#ifdef HAVE_LIBZSTD
#include <zstd.h>
#endif

enum {
	BANNER_MAX = 1024,        /* bytes; kernels have 200 */
	DEFLATE_RATIO_MAX = 1032, /* deflate cannot do better, so more is a bomb */
	ZSTD_RATIO_MAX = 4096,    /* debug info reaches 10 */
	COMPRESS_ZSTD = 2,        /* ELFCOMPRESS_ZSTD, which older headers lack */
};

struct elf_image {
	uint8_t *file; /* the whole file, mapped */
	uint64_t file_size;
	struct timespec mtime;
	Elf *elf;
	size_t names; /* index of the section that names the sections */
	ARRAY(uint8_t *) unpacked; /* sections that libelf cannot decompress */
	enum endian endian;
	bool written; /* libelf changes section headers in place when it decompresses */
	char build_id[BUILD_ID_TEXT]; /* "" for none */
};

/* ELF notes: sizes of name and contents, type, name, contents, each filled up to 4 bytes. */
bool note_build_id(enum endian e, const uint8_t *notes, size_t size, char ret[BUILD_ID_TEXT])
{
	for (size_t at = 0; size - at >= 12;) {
		uint64_t name_size = get_u32(e, notes + at), id_size = get_u32(e, notes + at + 4);
		uint64_t id = at + 12 + ((name_size + 3) & ~UINT64_C(3)), next = id + ((id_size + 3) & ~UINT64_C(3));

		if (id > size || id_size > size - id)
			break;
		if (get_u32(e, notes + at + 8) == NT_GNU_BUILD_ID && name_size == 4 && !memcmp(notes + at + 12, "GNU", 4) &&
		    id_size > 0 && id_size <= BUILD_ID_MAX) {
			for (size_t i = 0; i < id_size; i++)
				snprintf(ret + 2 * i, 3, "%02x", notes[id + i]);
			return true;
		}
		at = next < size ? (size_t)next : size;
	}
	return false;
}

static void build_id_find(struct elf_image *img)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(img->elf, scn))) {
		Elf_Data *notes;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_NOTE)
			continue;
		notes = elf_rawdata(scn, NULL);
		if (notes && notes->d_buf && note_build_id(img->endian, notes->d_buf, notes->d_size, img->build_id))
			return;
	}
}

/* The version in the setup header of an x86 boot image (Documentation/arch/x86/boot.rst), "" when there is none. */
static void boot_version(const struct elf_image *img, char *ret, size_t size)
{
	uint64_t at = img->file_size > 0x210 ? get_le16(img->file + 0x20e) + UINT64_C(0x200) : UINT64_MAX;
	size_t n = 0;

	while (n + 1 < size && at < img->file_size - n && img->file[at + n] > ' ' && img->file[at + n] < 0x7f) {
		ret[n] = (char)img->file[at + n];
		n++;
	}
	ret[n] = '\0';
}

/* arm64, riscv64 and others: Documentation/arch/arm64/booting.rst; "zimg" is an EFI boot image that unpacks itself. */
static bool is_other_boot_image(const struct elf_image *img)
{
	return img->file_size > 0x40 && (!memcmp(img->file + 0x38, "ARM\x64", 4) || !memcmp(img->file + 0x38, "RSC\x05", 4) ||
					 (!memcmp(img->file, "MZ", 2) && !memcmp(img->file + 4, "zimg", 4)));
}

static struct error *not_elf(const struct elf_image *img)
{
	char version[80];

	if (img->file_size > 0x210 && !memcmp(img->file + 0x202, "HdrS", 4)) {
		boot_version(img, version, sizeof(version));
		return error_new("a boot image (bzImage) of kernel %s, which holds no debug info; "
				 "give the vmlinux with debug info of that kernel", version[0] ? version : "?");
	}
	if (is_other_boot_image(img))
		return error_new("a boot image, which holds no debug info; give the vmlinux with debug info of that kernel");
	if (img->file_size > 16 && !memcmp(img->file, "!<arch>\ndebian", 14))
		return error_new("a Debian package; unpack it (dpkg-deb -x FILE FOLDER) and give the folder with -d");
	if (img->file_size > 96 && !memcmp(img->file, "\xed\xab\xee\xdb", 4)) /* its lead, of 96 bytes */
		return error_new("an RPM package; unpack it in an empty folder (rpm2cpio FILE | cpio -id) and give the folder "
				 "with -d");
	return error_new("neither an ELF file nor a pagefsck facts file; "
			 "give the vmlinux with debug info of the kernel that crashed");
}

/* Last of the checks, when sections can be looked at. */
static struct error *module_refuse(const struct elf_image *img)
{
	if (!elf_image_has(img, ".gnu.linkonce.this_module"))
		return NULL;
	return error_new("a kernel module, not the kernel; give the vmlinux with debug info");
}

static struct error *header_check(struct elf_image *img)
{
	GElf_Ehdr ehdr;
	size_t nr;

	if (elf_kind(img->elf) != ELF_K_ELF)
		return not_elf(img);
	if (gelf_getclass(img->elf) != ELFCLASS64)
		return error_new("32-bit ELF file; only 64-bit kernels are supported");
	if (!gelf_getehdr(img->elf, &ehdr))
		return error_new("corrupt ELF header: %s; copy the file again", elf_errmsg(-1));
	img->endian = ehdr.e_ident[EI_DATA] == ELFDATA2MSB ? ENDIAN_BIG : ENDIAN_LITTLE;
	if (ehdr.e_type == ET_CORE)
		return error_new("a core dump, not a kernel; give the vmlinux with debug info");
	if (ehdr.e_shoff > img->file_size)
		return error_new("truncated: its section headers lie beyond its end; copy the file again");
	if (elf_getshdrnum(img->elf, &nr) || elf_getshdrstrndx(img->elf, &img->names) || nr == 0)
		return error_new("no sections (stripped, or its section headers are damaged); "
				 "give the vmlinux with debug info");
	return module_refuse(img);
}

static struct error *file_check(const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return error_new("is a directory; give the vmlinux file itself");
	if (!S_ISREG(st->st_mode))
		return error_new("not a regular file; give a vmlinux or a facts file");
	if (st->st_size == 0)
		return error_new("is empty; give the vmlinux with debug info of the kernel that crashed");
	return NULL;
}

/* Of a packed file, what is in it. */
static struct error *file_map(struct elf_image *img, int fd)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st))
		return error_errno(errno, "cannot open");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return error_errno(errno, "cannot map");
	img->file = map;
	img->file_size = (uint64_t)st.st_size;
	return NULL;
}

static struct error *file_open(struct elf_image *img, const char *path, struct unpacked *unpacked)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct error *err;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return error_errno(errno, "cannot open");
	err = file_check(&st);
	if (!err)
		err = unpack_file(fd, unpacked);
	img->mtime = st.st_mtim;
	return err ? err : file_map(img, unpacked->is ? unpacked->fd : fd);
}

static struct error *image_load(struct elf_image *img, const char *path, struct unpacked *unpacked)
{
	struct error *err = unpacked->is ? file_map(img, unpacked->fd) : file_open(img, path, unpacked);

	if (err)
		return err;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_new("this libelf is too old: %s", elf_errmsg(-1));
	img->elf = elf_memory((char *)img->file, img->file_size);
	if (!img->elf)
		return error_new("cannot read as ELF: %s; copy the file again", elf_errmsg(-1));
	return header_check(img);
}

struct error *elf_image_open_again(const char *path, struct unpacked *unpacked, struct elf_image **ret)
{
	struct elf_image *img = calloc(1, sizeof(*img));
	struct error *err;

	if (!img)
		return &error_nomem;
	err = image_load(img, path, unpacked);
	if (err) {
		elf_image_free(img);
		return err;
	}
	build_id_find(img);
	*ret = img;
	return NULL;
}

struct error *elf_image_open(const char *path, struct elf_image **ret)
{
	struct unpacked unpacked = { 0 };
	struct error *err = elf_image_open_again(path, &unpacked, ret);

	unpacked_close(&unpacked); /* the map holds it */
	return err;
}

void elf_image_free(struct elf_image *img)
{
	if (!img)
		return;
	elf_end(img->elf);
	for (size_t i = 0; i < img->unpacked.nr; i++)
		free(img->unpacked.v[i]);
	array_free(&img->unpacked);
	if (img->file)
		munmap(img->file, img->file_size);
	free(img);
}

void elf_image_release(const struct elf_image *img, struct span span)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)span.data + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)span.data + span.size) & ~(page - 1);

	/* never memory that libelf allocated for a decompressed section, nor pages that it changed */
	if (img->written || span.data < img->file || span.size > img->file_size ||
	    (uint64_t)(span.data - img->file) > img->file_size - span.size || start >= end)
		return;
	madvise((void *)start, end - start, MADV_DONTNEED);
}

const char *elf_image_build_id(const struct elf_image *img)
{
	return img->build_id[0] ? img->build_id : NULL;
}

struct timespec elf_image_mtime(const struct elf_image *img)
{
	return img->mtime;
}

enum endian elf_image_endian(const struct elf_image *img)
{
	return img->endian;
}

uint64_t elf_image_size(const struct elf_image *img)
{
	return img->file_size;
}

/* Refuse what would decompress to more than the method can do. */
static struct error *compression_check(Elf_Scn *scn, const GElf_Shdr *shdr, const char *name)
{
	uint64_t ratio_max = DEFLATE_RATIO_MAX;
	GElf_Chdr chdr;

	if (!gelf_getchdr(scn, &chdr))
		return error_new("section %s: corrupt compression header", name);
	if (chdr.ch_type != ELFCOMPRESS_ZLIB)
		ratio_max = ZSTD_RATIO_MAX;
	if (chdr.ch_size / ratio_max > shdr->sh_size)
		return error_new("section %s: claims to decompress from %llu to %llu bytes; the file is corrupt",
				 name, (unsigned long long)shdr->sh_size, (unsigned long long)chdr.ch_size);
	return NULL;
}

/* libelf knows zstd since 0.189 only.  The frame comes behind the header of the section. */
static struct error *section_unzstd(struct elf_image *img, Elf_Scn *scn, const GElf_Shdr *shdr, const char *name, struct span *ret)
{
#ifdef HAVE_LIBZSTD
	GElf_Chdr chdr;
	uint8_t *buf;
	size_t size;

	if (shdr->sh_size < sizeof(Elf64_Chdr) || !gelf_getchdr(scn, &chdr))
		return error_new("section %s: corrupt compression header", name);
	buf = malloc(chdr.ch_size ? chdr.ch_size : 1);
	if (!buf || !array_push(&img->unpacked, buf)) {
		free(buf);
		return &error_nomem;
	}
	size = ZSTD_decompress(buf, chdr.ch_size, img->file + shdr->sh_offset + sizeof(Elf64_Chdr),
			       shdr->sh_size - sizeof(Elf64_Chdr));
	if (ZSTD_isError(size) || size != chdr.ch_size)
		return error_new("section %s: cannot decompress: %s; copy the file again", name,
				 ZSTD_isError(size) ? ZSTD_getErrorName(size) : "too short");
	*ret = (struct span){ buf, size };
	return NULL;
#else
	(void)img, (void)scn, (void)shdr, (void)ret;
	return error_new("section %s: compressed with zstd, which this program was built without; "
			 "run objcopy --decompress-debug-sections on a copy", name);
#endif
}

static bool is_zstd(Elf_Scn *scn)
{
	GElf_Chdr chdr;

	return gelf_getchdr(scn, &chdr) && chdr.ch_type == COMPRESS_ZSTD;
}

static struct error *section_decompress(struct elf_image *img, Elf_Scn *scn, const GElf_Shdr *shdr,
					const char *name)
{
	struct error *err = compression_check(scn, shdr, name);

	if (err)
		return err;
	if (!img->written && mprotect(img->file, img->file_size, PROT_READ | PROT_WRITE))
		return error_errno(errno, "section %s: cannot decompress", name);
	img->written = true; /* in our private copy of the page, not in the file */
	if (elf_compress(scn, 0, 0) < 0)
		return error_new("section %s: cannot decompress: %s", name, elf_errmsg(-1));
	return NULL;
}

static struct error *section_bytes(struct elf_image *img, Elf_Scn *scn, const GElf_Shdr *shdr,
				   const char *name, struct span *ret)
{
	bool compressed = shdr->sh_flags & SHF_COMPRESSED;
	struct error *err;
	Elf_Data *data;

	if (shdr->sh_type == SHT_NOBITS || shdr->sh_size == 0)
		return NULL;
	if (shdr->sh_offset > img->file_size || shdr->sh_size > img->file_size - shdr->sh_offset)
		return error_new("section %s lies beyond the end of the file; it is truncated, copy it again", name);
	if (compressed && is_zstd(scn)) {
		err = compression_check(scn, shdr, name);
		return err ? err : section_unzstd(img, scn, shdr, name, ret);
	}
	if (compressed) {
		err = section_decompress(img, scn, shdr, name);
		if (err)
			return err;
	}
	data = compressed ? elf_getdata(scn, NULL) : elf_rawdata(scn, NULL);
	if (!data || !data->d_buf)
		return error_new("section %s: cannot read: %s", name, elf_errmsg(-1));
	*ret = (struct span){ data->d_buf, data->d_size };
	return NULL;
}

static Elf_Scn *section_find(const struct elf_image *img, const char *name, GElf_Shdr *shdr)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(img->elf, scn))) {
		const char *found;

		if (!gelf_getshdr(scn, shdr))
			continue;
		found = elf_strptr(img->elf, img->names, shdr->sh_name);
		if (found && strcmp(found, name) == 0)
			return scn;
	}
	return NULL;
}

struct error *elf_image_section(struct elf_image *img, const char *name, struct span *ret)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = section_find(img, name, &shdr);

	*ret = (struct span){ NULL, 0 };
	return scn ? section_bytes(img, scn, &shdr, name, ret) : NULL;
}

bool elf_image_has(const struct elf_image *img, const char *name)
{
	GElf_Shdr shdr;

	return section_find(img, name, &shdr) && shdr.sh_type != SHT_NOBITS && shdr.sh_size > 0;
}

/*
 * Of a kernel that was built since v6.1 there may be two: init/version.c has a weak one, before the build has a number and a
 * date ("# SMP PREEMPT "), that init/version-timestamp.c replaces ("#1 SMP PREEMPT Sun Nov 22 ...").
 */
static bool is_weak_banner(const uint8_t *text, size_t len)
{
	const uint8_t *number = memchr(text, '#', len);

	return number && (number + 1 == text + len || !isdigit(number[1]));
}

/* linux_banner begins so and lies in .rodata, where a format string for it may lie, too. */
char *elf_image_banner(struct elf_image *img)
{
	static const char start[] = "Linux version ";
	size_t start_len = sizeof(start) - 1;
	const uint8_t *p, *end;
	struct span text;
	struct error *err = elf_image_section(img, ".rodata", &text);

	if (err || !text.data) {
		error_free(err);
		return NULL;
	}
	end = text.data + text.size;
	for (p = text.data; (p = memmem(p, (size_t)(end - p), start, start_len)); p += start_len) {
		size_t len = start_len, left = (size_t)(end - p);

		if (left == len || !isdigit(p[len]))
			continue;
		while (len < left && len < BANNER_MAX && p[len] >= ' ' && p[len] < 0x7f)
			len++;
		if (is_weak_banner(p, len))
			continue;
		return strndup((const char *)p, len);
	}
	return NULL;
}

struct span elf_image_bytes(const struct elf_image *img)
{
	return (struct span){ img->file, img->file_size };
}
