/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image is read through the kernel's own page table.  It begins near _stext, which every VMCOREINFO has; where it ends is
 * known when kallsyms is, and till then the search stops at limits.
 */
#include "walk/embedded.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "types/btf.h"
#include "types/kallsyms.h"
#include "walk/kvmem.h"

enum {
	IMAGE_ALIGN = 21,        /* x86_64 and arm64 put the image at a multiple of 2 MB */
	IMAGE_MAX = 256 << 20,   /* searched; a distribution's kernel has 40 to 70 MB */
	BTF_MAX = 64 << 20,      /* real ones have 4 to 6 MB */
	CHUNK = 1 << 20,
};

const char embedded_name[] = "BTF in the dump";

struct image {
	struct dump *dump;
	struct mmu mmu;
	struct kvmem *kv;
	struct kernel_reader reader;
	uint64_t stext, slide;
};

static struct error *image_read(void *arg, uint64_t va, void *buf, size_t size, size_t *ret_got, char *why, size_t why_size)
{
	struct image *m = arg;
	struct kv_gap gap;
	struct error *err = kvmem_read(m->kv, va, buf, size, ret_got, &gap);

	if (!err && *ret_got < size && why_size)
		kv_gap_text(&gap, why, why_size);
	return err;
}

static struct error *image_open(struct image *m, struct dump *d)
{
	struct error *err;

	*m = (struct image){ .dump = d, .slide = dump_kaslr_offset(d), .reader = { m, image_read, ENDIAN_LITTLE } };
	if (!dump_vmcoreinfo_symbol(d, "_stext", &m->stext))
		return error_new("VMCOREINFO does not say where _stext is");
	err = arch_find(d, &m->mmu.arch);
	if (!err)
		err = m->mmu.arch->mmu_init(d, &m->mmu);
	m->mmu.endian = m->reader.endian = dump_info(d)->endian;
	return err ? err : kvmem_new(&m->mmu, d, &m->kv);
}

static void image_close(struct image *m)
{
	kvmem_free(m->kv);
}

static uint64_t image_start(const struct image *m)
{
	return m->stext & ~low_mask(IMAGE_ALIGN);
}

/* ---- symbols ----------------------------------------------------------------------------------------------------- */

/* False: VMCOREINFO does not say. */
static bool place_by_keys(const struct image *m, struct kallsyms_place *ret)
{
	const struct {
		const char *name;
		uint64_t *where;
	} keys[] = {
		{ "kallsyms_names", &ret->names },	       { "kallsyms_num_syms", &ret->num_syms },
		{ "kallsyms_token_table", &ret->token_table }, { "kallsyms_token_index", &ret->token_index },
		{ "kallsyms_offsets", &ret->offsets },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!dump_vmcoreinfo_symbol(m->dump, keys[i].name, keys[i].where))
			return false;
	/* v7.0 and later have none */
	dump_vmcoreinfo_symbol(m->dump, "kallsyms_relative_base", &ret->relative_base);
	return true;
}

static struct error *symbols_read(struct image *m, struct kallsyms **ret)
{
	struct kallsyms_place place = { 0 };
	struct error *err = NULL;

	if (!place_by_keys(m, &place)) {
		place = (struct kallsyms_place){ 0 };
		err = kallsyms_find(&m->reader, image_start(m), image_start(m) + IMAGE_MAX, &place);
	}
	place.stext = m->stext;
	place.slide = m->slide;
	return err ? err : kallsyms_read(&m->reader, &place, ret);
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

struct blob {
	uint8_t *bytes;
	size_t size;
};

/* False: the symbols do not say. */
static bool blob_by_symbols(const struct image *m, const struct kallsyms *k, uint64_t *ret_va, uint64_t *ret_size)
{
	uint64_t start, stop;

	if (!kallsyms_lookup(k, "__start_BTF", &start) || !kallsyms_lookup(k, "__stop_BTF", &stop) || stop <= start)
		return false;
	*ret_va = start + m->slide;
	*ret_size = stop - start;
	return *ret_size <= BTF_MAX;
}

/* What the linker makes and nothing else begins like: types from 0 on, strings right behind them. */
static bool is_header(enum endian e, const uint8_t *p)
{
	return get_u32(e, p + 4) == BTF_HEADER_SIZE && !get_u32(e, p + 8) && get_u32(e, p + 16) == get_u32(e, p + 12) &&
	       get_u32(e, p + 12) > BTF_TYPE_SIZE && get_u32(e, p + 20) > 1 && btf_size(p);
}

/* Try the blob whose header is at \p header; a false one leaves ret->bytes NULL. */
static void try_blob(struct image *m, uint64_t va, const uint8_t *header, struct blob *ret)
{
	struct btf btf;
	struct error *err;

	ret->size = (size_t)btf_size(header);
	if (!is_header(m->mmu.endian, header) || ret->size > BTF_MAX)
		return;
	err = kernel_read_new(&m->reader, va, ret->size, "BTF", &ret->bytes);
	if (!err) {
		err = btf_open((struct span){ ret->bytes, ret->size }, &btf);
		btf_close(&btf);
	}
	if (err) {
		free(ret->bytes);
		ret->bytes = NULL;
		error_free(err);
	}
}

static void search_chunk(struct image *m, uint64_t va, const uint8_t *bytes, size_t size, struct blob *ret)
{
	static const uint8_t starts[][8] = { [ENDIAN_LITTLE] = { 0x9f, 0xeb, BTF_VERSION, 0, BTF_HEADER_SIZE, 0, 0, 0 },
					     [ENDIAN_BIG] = { 0xeb, 0x9f, BTF_VERSION, 0, 0, 0, 0, BTF_HEADER_SIZE } };
	const uint8_t *hit = bytes, *end = bytes + size, *magic = starts[m->mmu.endian];

	while (!ret->bytes && (hit = memmem(hit, (size_t)(end - hit), magic, sizeof(starts[0])))) {
		if ((size_t)(end - hit) >= BTF_HEADER_SIZE)
			try_blob(m, va + (uint64_t)(hit - bytes), hit, ret);
		hit += 4;
	}
}

static struct error *blob_search(struct image *m, uint64_t start, uint64_t end, struct blob *ret)
{
	_cleanup_free_ uint8_t *bytes = malloc(CHUNK);
	struct error *err = bytes ? NULL : &error_nomem;

	for (uint64_t va = start; !err && !ret->bytes && va < end;) {
		size_t want = end - va < CHUNK ? (size_t)(end - va) : CHUNK, got = 0;

		err = image_read(m, va, bytes, want, &got, NULL, 0);
		if (!err)
			search_chunk(m, va, bytes, got, ret);
		/* a header may lie across the end of a chunk; behind a hole there is another page */
		va = got == CHUNK ? va + CHUNK - 64 : (va + got + 4096) & ~(uint64_t)4095;
	}
	if (!err && !ret->bytes)
		return error_new("no BTF between %#" PRIx64 " and %#" PRIx64 " of the kernel; it may have been built without "
				 "(CONFIG_DEBUG_INFO_BTF)", start, end);
	return err;
}

static struct error *blob_read(struct image *m, const struct kallsyms *k, struct blob *ret)
{
	uint64_t start = image_start(m), end = 0, va, size;

	if (blob_by_symbols(m, k, &va, &size)) {
		ret->size = (size_t)size;
		return kernel_read_new(&m->reader, va, ret->size, "BTF", &ret->bytes);
	}
	if (kallsyms_lookup(k, "_end", &end))
		end += m->slide;
	return blob_search(m, start, end > start && end - start < IMAGE_MAX ? end : start + IMAGE_MAX, ret);
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

/* Rules need variables, not functions alone. */
static struct error *check_variables(const struct kallsyms *k)
{
	if (kallsyms_has_data(k))
		return NULL;
	return error_new("kallsyms of this kernel has %zu functions but no variables (it was built without CONFIG_KALLSYMS_ALL)",
			 k->list.nr);
}

static struct error *read_symbols(struct image *m, struct kallsyms **ret)
{
	struct error *err = symbols_read(m, ret);

	return err ? err : check_variables(*ret);
}

struct error *embedded_symbols(struct dump *d, struct types *t)
{
	struct kallsyms *symbols = NULL;
	struct image m;
	struct error *err = image_open(&m, d);

	if (!err)
		err = read_symbols(&m, &symbols);
	image_close(&m);
	if (err) {
		kallsyms_free(symbols);
		return err;
	}
	types_give_symbols(t, symbols);
	return NULL;
}

struct error *embedded_types(struct dump *d, struct types **ret)
{
	struct kallsyms *symbols = NULL;
	struct blob blob = { 0 };
	struct image m;
	struct error *err = image_open(&m, d);

	if (!err)
		err = read_symbols(&m, &symbols);
	if (!err)
		err = blob_read(&m, symbols, &blob);
	image_close(&m);
	if (!err)
		return types_new(embedded_name, blob.bytes, blob.size, symbols, ret);
	kallsyms_free(symbols);
	return err;
}
