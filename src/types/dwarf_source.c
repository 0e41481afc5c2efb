/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Units whose names end like the ones in unit_hints are read first, as they hold nearly all that a memory checker
 * asks for; then the others in the order of the file, until nothing is open or all are read.  The filter decides for
 * each unit whether libdwarf reads it at all.  Where a name stands for different types in different units
 * (struct node, struct request), the first one in this order that has a member that is asked for wins.
 */
#include "types/dwarf_source.h"

#include <string.h>

#include "types/apart.h"
#include "types/btf_names.h"
#include "types/dwarf_api.h"
#include "types/dwarf_filter.h"
#include "types/dwarf_types.h"
#include "types/symtab.h"

enum {
	/*
	 * Units share abbreviations, if at all, in small numbers and sizes.  Where many units of a hostile file are
	 * pointed at the same huge table, no more is read than the section's size so many times, and a bit.  What
	 * libdwarf reads is dearer (160 ns a byte) than what we read for the filter (5 ns).
	 */
	ABBREVS_SCANNED_TIMES = 64,
	ABBREVS_SCANNED_MORE = 16 << 20,
	ABBREVS_PARSED_TIMES = 1,
	ABBREVS_PARSED_MORE = 4 << 20,
};

/* Most useful first; of kernels 5.10 to 7.3 each needs about half. */
static const char *const unit_hints[] = {
	"mm/memory-failure.c", "mm/memcontrol.c", "mm/migrate.c", "mm/swap.c", "mm/folio.c", "mm/slub.c",
	"mm/page_alloc.c", "mm/ksm.c", "mm/hugetlb.c", "mm/swapfile.c", "mm/swap_state.c", "mm/vmalloc.c",
	"mm/rmap.c", "mm/shmem.c", "mm/memory_hotplug.c", "mm/percpu.c", "mm/mlock.c", "mm/zsmalloc.c",
	"mm/page_owner.c", "mm/numa.c", "x86/mm/numa.c", "kernel/setup_percpu.c", "mm/mmzone.c", "mm/sparse.c",
	"net/core/skbuff.c", "net/core/page_pool.c", "io_uring/rsrc.c", "io_uring/io_uring.c", "fs/aio.c", "fs/buffer.c",
	"lib/maple_tree.c", "lib/stackdepot.c", "fs/file.c", "fs/namespace.c", "block/bdev.c", "init/main.c",
	"mm/zswap.c", "mm/memfd.c", "fs/hugetlbfs/inode.c", "mm/balloon_compaction.c", "mm/balloon.c",
	"drivers/base/node.c", "kernel/printk/printk.c", "mm/list_lru.c", "mm/swap_slots.c", "mm/page_ext.c",
	"fs/direct-io.c", "block/bio.c", "kernel/events/core.c", "net/packet/af_packet.c",
	"kernel/sched/core.c", "io_uring/kbuf.c", "io_uring/memmap.c",
};

struct error *dwarf_source_check(void)
{
	if (dwapi_version_fits())
		return NULL;
	return error_new("this program was built for libdwarf %s but runs with %s, which has the same name and another "
			 "interface; install the matching libdwarf, or build again with this one",
			 DWAPI_BUILT_FOR, dwarf_package_version());
}

/* No kernel is built so.  Without the means to follow such references types would silently be missing. */
static struct error *form_refuse(struct elf_image *img, const struct units *units)
{
	struct span types = { 0 }, alternate = { 0 };
	struct error *err = elf_image_section(img, ".debug_types", &types);

	if (!err)
		err = elf_image_section(img, ".gnu_debugaltlink", &alternate);
	if (err)
		return err;
	if (units->nr_elsewhere)
		return error_new("keeps the debug info of %zu of its %zu units in .dwo files (split DWARF), which is not "
				 "supported; build the kernel without CONFIG_DEBUG_INFO_SPLIT",
				 units->nr_elsewhere, units->list.nr);
	if (types.data || units->type_units)
		return error_new("keeps its types in units of their own (-fdebug-types-section), which is not "
				 "supported; build the kernel without that option");
	if (alternate.data)
		return error_new("keeps a part of its debug info in another file (by dwz: %.*s), which is not supported; "
				 "use the vmlinux as it was before dwz",
				 (int)strnlen((const char *)alternate.data, alternate.size), (const char *)alternate.data);
	return NULL;
}

static struct error *sections_read(struct elf_image *img, struct dwarf_sections *s)
{
	const char *link;
	uint32_t crc;

	s->image = img;
	s->endian = elf_image_endian(img);
	for (unsigned i = 0; i < DWARF_NR_SECTIONS; i++) {
		struct error *err = elf_image_section(img, dwarf_section_name((enum dwarf_section)i), &s->at[i]);

		if (err)
			return err;
	}
	link = s->at[DWARF_INFO].data ? NULL : apart_link(img, &crc);
	if (link)
		return error_new("has no DWARF debug info: it was taken out into %s, which is neither beside it nor under "
				 "/usr/lib/debug; install the kernel's debug package or give that file with -d", link);
	if (!s->at[DWARF_INFO].data)
		return error_new("has no DWARF debug info; install the kernel's debug package "
				 "(Debian: linux-image-<release>-dbg) or pass its vmlinux with -d");
	if (!s->at[DWARF_ABBREV].data)
		return error_new("DWARF is corrupt: no .debug_abbrev; copy the file again");
	return NULL;
}

/* ---- the order ---- */

static unsigned unit_hint(const struct unit *unit)
{
	size_t length = unit->name ? strlen(unit->name) : 0;

	for (unsigned i = 0; i < ARRAY_SIZE(unit_hints); i++) {
		size_t suffix = strlen(unit_hints[i]);

		if (length < suffix || memcmp(unit->name + length - suffix, unit_hints[i], suffix) != 0)
			continue;
		if (length == suffix || unit->name[length - suffix - 1] == '/')
			return i;
	}
	return ARRAY_SIZE(unit_hints);
}

struct ranked {
	unsigned rank;
	uint32_t unit;
};

static int ranked_compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static struct ranked *units_rank(const struct units *units)
{
	struct ranked *order = calloc(units->list.nr, sizeof(*order));

	for (uint32_t i = 0; order && i < units->list.nr; i++)
		order[i] = (struct ranked){ unit_hint(&units->list.v[i]), i };
	if (order)
		qsort(order, units->list.nr, sizeof(*order), ranked_compare);
	return order;
}

/* ---- the reading ---- */

struct sweep {
	struct dwarf_sections sections;
	struct units units;
	struct wants wants;
	struct filter filter;
	struct reader reader;
	struct abbrevs abbrevs; /* of the unit at hand */
	uint64_t abbrevs_scanned; /* bytes */
	uint64_t abbrevs_parsed;
	uint64_t passed; /* bytes of units, since .debug_info was let go */
	size_t nr_read;
	size_t nr_skipped;
};

static void pages_release(struct sweep *s, const struct unit *unit)
{
	s->passed += unit->size;
	if (s->passed < DWARF_RELEASE_EVERY)
		return;
	elf_image_release(s->sections.image, s->sections.at[DWARF_INFO]);
	s->passed = 0;
}

static struct error *abbrevs_shared(void)
{
	return error_new("DWARF is corrupt: its units share one huge table of abbreviations; copy the file again");
}

static struct error *unit_visit(struct sweep *s, const struct unit *unit)
{
	uint64_t size = s->sections.at[DWARF_ABBREV].size;

	pages_release(s, unit);
	abbrevs_read(&s->sections, unit, &s->abbrevs);
	s->abbrevs_scanned += s->abbrevs.size;
	if (s->abbrevs_scanned > ABBREVS_SCANNED_TIMES * size + ABBREVS_SCANNED_MORE)
		return abbrevs_shared();
	if (!filter_unit(&s->filter, &s->wants, unit, &s->abbrevs))
		return NULL;
	s->abbrevs_parsed += s->abbrevs.size;
	if (s->abbrevs_parsed > ABBREVS_PARSED_TIMES * size + ABBREVS_PARSED_MORE)
		return abbrevs_shared();
	unit_answer(&s->reader, &s->wants, unit, s->abbrevs.far_references);
	s->nr_read++;
	s->nr_skipped += s->reader.failed;
	return NULL;
}

/* A type that was seen only as a stranger's is not searched for in all of the kernel. */
static void strangers_close(struct wants *w)
{
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->list[i].seen && w->list[i].kind != ENTRY_VARIABLE)
			want_close(w, &w->list[i]);
}

/* A variable that is defined has a symbol. */
static struct error *variables_close_absent(struct sweep *s)
{
	struct wants *w = &s->wants;
	_cleanup_free_ struct question *questions = calloc(w->nr + 1, sizeof(*questions));
	_cleanup_free_ struct answer *answers = calloc(w->nr + 1, sizeof(*answers));
	struct error *err;

	if (!questions || !answers)
		return &error_nomem;
	for (uint32_t i = 0; i < w->nr; i++)
		questions[i] = (struct question){ .kind = Q_SYMBOL, .type = w->list[i].name };
	err = symtab_ask(s->sections.image, questions, answers, w->nr);
	for (uint32_t i = 0; !err && i < w->nr; i++)
		if (w->list[i].kind == ENTRY_VARIABLE && !answers[i].found)
			want_close(w, &w->list[i]);
	return err;
}

/*
 * Before all of the debug info is searched: close what is certain to be nowhere in it.  Small files are not worth
 * the trouble.
 */
static struct error *absent_close(struct sweep *s)
{
	struct error *err = NULL;
	struct span btf;

	if (!s->filter.active)
		return NULL;
	strangers_close(&s->wants);
	if (s->wants.nr_open[ENTRY_VARIABLE] && elf_image_has(s->sections.image, ".symtab"))
		err = variables_close_absent(s);
	if (!err && wants_nr_open(&s->wants))
		err = elf_image_section(s->sections.image, ".BTF", &btf);
	if (!err && wants_nr_open(&s->wants))
		err = btf_close_absent(btf, &s->wants);
	filter_narrow(&s->filter, &s->wants);
	return err;
}

static struct error *units_visit(struct sweep *s)
{
	_cleanup_free_ struct ranked *order = units_rank(&s->units);
	struct error *err = NULL;
	bool hinted = true;

	if (!order)
		return &error_nomem;
	for (size_t i = 0; !err && i < s->units.list.nr && wants_nr_open(&s->wants); i++) {
		if (hinted && order[i].rank == ARRAY_SIZE(unit_hints) && i > 0) {
			hinted = false;
			err = absent_close(s);
		}
		if (!err && wants_nr_open(&s->wants))
			err = unit_visit(s, &s->units.list.v[order[i].unit]);
	}
	if (err)
		return err;
	if (s->nr_read > 0 && s->nr_skipped == s->nr_read)
		return error_new("DWARF is corrupt: %s; copy the file again", s->reader.message);
	return NULL;
}

static struct error *sweep_run(struct sweep *s)
{
	struct error *err = units_read(&s->sections, &s->units);

	if (!err)
		err = form_refuse(s->sections.image, &s->units);
	if (!err)
		err = filter_init(&s->filter, &s->sections, &s->wants);
	if (err)
		return err;
	s->nr_skipped = s->units.damaged;
	reader_init(&s->reader, &s->sections);
	err = units_visit(s);
	reader_deinit(&s->reader);
	return err;
}

struct error *dwarf_source_ask(struct elf_image *img, const struct question *questions, struct answer *answers,
			       size_t nr, size_t *skipped_ret)
{
	_cleanup_free_ struct sweep *s = calloc(1, sizeof(*s));
	struct error *err;

	if (!s)
		return &error_nomem;
	err = wants_init(&s->wants, questions, answers, nr);
	if (err)
		return err;
	if (s->wants.nr > 0) {
		err = sections_read(img, &s->sections);
		if (!err)
			err = sweep_run(s);
	}
	*skipped_ret = s->nr_skipped;
	filter_deinit(&s->filter);
	units_deinit(&s->units);
	wants_deinit(&s->wants);
	return err;
}
