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


enum {
	BUILD_ID_MAX = 64,        /* bytes; SHA-1 has 20 */
	RELEASE_MAX = 64,         /* bytes of a release; utsname has no more */
	DEFLATE_RATIO_MAX = 1032, /* deflate cannot do better, so more is a bomb */
	ZSTD_RATIO_MAX = 4096,    /* debug info reaches 10 */
};

struct elf_image {
	uint8_t *file; /* the whole file, mapped */
	uint64_t file_size;
	struct timespec mtime;
	Elf *elf;
	size_t names; /* index of the section that names the sections */
	bool written; /* libelf changes section headers in place when it decompresses */
	char build_id[2 * BUILD_ID_MAX + 1]; /* "" for none */
};

static void build_id_set(struct elf_image *img, const uint8_t *id, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		img->build_id[2 * i] = digits[id[i] >> 4];
		img->build_id[2 * i + 1] = digits[id[i] & 15];
	}
	img->build_id[2 * size] = '\0';
}

static bool notes_scan(struct elf_image *img, Elf_Data *notes)
{
	size_t name = 0, desc = 0, next = 0;
	GElf_Nhdr nhdr;

	for (size_t pos = 0; (next = gelf_getnote(notes, pos, &nhdr, &name, &desc)) > pos; pos = next) {
		const uint8_t *bytes = notes->d_buf;

		if (nhdr.n_type != NT_GNU_BUILD_ID || nhdr.n_namesz != 4 || nhdr.n_descsz == 0 ||
		    nhdr.n_descsz > BUILD_ID_MAX || memcmp(bytes + name, "GNU", 4) != 0)
			continue;
		build_id_set(img, bytes + desc, nhdr.n_descsz);
		return true;
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
		notes = elf_getdata(scn, NULL);
		if (notes && notes->d_buf && notes_scan(img, notes))
			return;
	}
}

static struct error *header_check(struct elf_image *img)
{
	GElf_Ehdr ehdr;
	size_t nr;

	if (elf_kind(img->elf) != ELF_K_ELF)
		return error_new("neither an ELF file nor a pagefsck facts file; "
				 "give the vmlinux with debug info of the kernel that crashed");
	if (gelf_getclass(img->elf) != ELFCLASS64)
		return error_new("32-bit ELF file; only 64-bit kernels are supported");
	if (!gelf_getehdr(img->elf, &ehdr))
		return error_new("corrupt ELF header: %s; copy the file again", elf_errmsg(-1));
	if (ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return error_new("big-endian ELF file; only little-endian kernels are supported");
	if (ehdr.e_type == ET_CORE)
		return error_new("a core dump, not a kernel; give the vmlinux with debug info");
	if (ehdr.e_shoff > img->file_size)
		return error_new("truncated: its section headers lie beyond its end; copy the file again");
	if (elf_getshdrnum(img->elf, &nr) || elf_getshdrstrndx(img->elf, &img->names) || nr == 0)
		return error_new("no sections (stripped, or its section headers are damaged); "
				 "give the vmlinux with debug info");
	return NULL;
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

static struct error *file_map(struct elf_image *img, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct error *err;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st))
		return error_errno(errno, "cannot open");
	err = file_check(&st);
	if (err)
		return err;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return error_errno(errno, "cannot map");
	img->file = map;
	img->file_size = (uint64_t)st.st_size;
	img->mtime = st.st_mtim;
	return NULL;
}

static struct error *image_load(struct elf_image *img, const char *path)
{
	struct error *err = file_map(img, path);

	if (err)
		return err;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_new("this libelf is too old: %s", elf_errmsg(-1));
	img->elf = elf_memory((char *)img->file, img->file_size);
	if (!img->elf)
		return error_new("cannot read as ELF: %s; copy the file again", elf_errmsg(-1));
	return header_check(img);
}

struct error *elf_image_open(const char *path, struct elf_image **ret)
{
	struct elf_image *img = calloc(1, sizeof(*img));
	struct error *err;

	if (!img)
		return &error_nomem;
	err = image_load(img, path);
	if (err) {
		elf_image_free(img);
		return err;
	}
	build_id_find(img);
	*ret = img;
	return NULL;
}

void elf_image_free(struct elf_image *img)
{
	if (!img)
		return;
	elf_end(img->elf);
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

/* linux_banner, which begins so, lies in .rodata; a format string for it may, too. */
char *elf_image_release_name(struct elf_image *img)
{
	static const char start[] = "Linux version ";
	const uint8_t *p, *end;
	struct span text;
	struct error *err = elf_image_section(img, ".rodata", &text);

	if (err || !text.data) {
		error_free(err);
		return NULL;
	}
	for (p = text.data, end = p + text.size; (p = memmem(p, (size_t)(end - p), start, sizeof(start) - 1));) {
		size_t len = 0, left;

		p += sizeof(start) - 1;
		left = (size_t)(end - p);
		while (len < left && len < RELEASE_MAX && p[len] > ' ' && p[len] < 0x7f)
			len++;
		if (len && isdigit(p[0]))
			return strndup((const char *)p, len);
	}
	return NULL;
}
