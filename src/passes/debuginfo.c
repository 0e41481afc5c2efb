/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passes/debuginfo.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "types/elf_image.h"
#include "types/find.h"
#include "types/find_package.h"
#include "walk/embedded.h"

static bool is_folder(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- given ------------------------------------------------------------------------------------------------------ */

/* The build-id of the debug info must be the dump's; kernels before v5.13 do not say theirs. */
static struct error *build_id_check(const struct dump *d, struct types *t)
{
	const char *dump_id = dump_vmcoreinfo(d, "BUILD-ID"), *types_id = types_build_id(t);
	const char *release = dump_vmcoreinfo(d, "OSRELEASE");
	_cleanup_free_ char *types_rel = NULL;

	if (!dump_id) /* it will be compared with what memory says */
		types_banner(t);
	if (!dump_id || !types_id || !strcasecmp(dump_id, types_id))
		return NULL;
	types_rel = types_release(t);
	return error_new("%s: build-id %s%s%s is not that of the kernel that crashed, %s (release %s in %s); give the "
			 "vmlinux of that very build with -d",
			 types_path(t), types_id, types_rel ? ", release " : "", types_rel ? types_rel : "", dump_id,
			 release ? release : "?", dump_info(d)->path);
}

/* Types without symbols (BTF alone, a stripped file with BTF): those of the kernel in the dump. */
static struct error *complete(struct dump *d, struct types *t)
{
	struct error *err = types_lacks_symbols(t) ? embedded_symbols(d, t) : NULL;

	if (!err)
		return NULL;
	return error_prefix(err, "%s: has types but no symbols, and those in %s do not serve (give the vmlinux with -d)",
			    types_path(t), dump_info(d)->path);
}

static struct error *given_open(struct dump *d, const struct check_options *o, struct types **ret)
{
	struct types *t = NULL;
	struct error *err = types_open(o->debuginfo, o->cache_dir, &t);

	if (!err)
		err = build_id_check(d, t);
	if (!err)
		err = complete(d, t);
	if (err)
		types_free(t);
	else
		*ret = t;
	return err;
}

/* ---- looked for ------------------------------------------------------------------------------------------------- */

/* \p why: what is wrong with the debug info in the dump. */
static struct error *not_found(const struct dump *d, const struct find *f, const struct error *why)
{
	const char *release = dump_vmcoreinfo(d, "OSRELEASE"), *id = dump_vmcoreinfo(d, "BUILD-ID");
	_cleanup_free_ char *hint = find_package_hint(release, id);

	if (!hint)
		return &error_nomem;
	return error_new("%s: no debug info of kernel %s%s%s in any of %zu places, and that in the dump does not serve (%s); %s, "
			 "or give the vmlinux with -d",
			 dump_info(d)->path, release ? release : "?", id ? ", build-id " : "", id ? id : "",
			 f->tries.nr, error_text(why), hint);
}

static void tell(const struct check_options *o, const struct find *f)
{
	for (size_t i = 0; o->searched && i < f->tries.nr; i++)
		o->searched(o->searched_arg, f->tries.v[i].place, f->tries.v[i].outcome, f->tries.v[i].found);
}

/* The kernel in the dump has types and symbols of its own. */
static struct error *embedded_open(struct dump *d, const struct check_options *o, const struct find *f, struct types **ret)
{
	struct error *why = embedded_types(d, ret), *err = NULL;

	if (why)
		err = not_found(d, f, why);
	else if (o->searched)
		o->searched(o->searched_arg, embedded_name, "symbols and types", true);
	error_free(why);
	return err;
}

static struct error *search(struct dump *d, const struct check_options *o, struct types **ret)
{
	const struct find_request request = {
		.release = dump_vmcoreinfo(d, "OSRELEASE"),
		.build_id = dump_vmcoreinfo(d, "BUILD-ID"),
		.dump = dump_info(d)->path,
		.folder = o->debuginfo,
		.path = o->debuginfo_path,
		.system = true,
		.cache_dir = o->cache_dir,
		.debuginfod = !o->no_debuginfod,
		.progress = o->progress,
		.progress_arg = o->progress_arg,
	};
	struct find f = { { 0 } };
	struct error *err = find_debuginfo(&f, &request, ret);

	if (!err) {
		tell(o, &f);
		err = *ret ? complete(d, *ret) : embedded_open(d, o, &f, ret);
	}
	find_deinit(&f);
	return err;
}

struct error *debuginfo_open(struct dump *d, const struct check_options *o, struct types **ret)
{
	*ret = NULL;
	return o->debuginfo && !is_folder(o->debuginfo) ? given_open(d, o, ret) : search(d, o, ret);
}

/* ---- does it fit? ----------------------------------------------------------------------------------------------- */

static struct error *misfit(const struct check *c, const char *what)
{
	const char *release = dump_vmcoreinfo(c->dump, "OSRELEASE");

	return error_new("%s: debug info does not fit the dump: %s; give the vmlinux of the very kernel that crashed (release %s)",
			 types_path(c->types), what, release ? release : "?");
}

/* Number and date of the build, where the text has them. */
static const char *banner_version(const char *banner)
{
	const char *version = strchr(banner, '#');

	return version ? version : banner;
}

/* Symbols fit the dump when linux_banner is where they say, and another build has another text there. */
static struct error *banner_check(const struct check *c)
{
	static const char expect[] = "Linux version ";
	const char *own = types_banner(c->types);
	char banner[512] = "", what[64];
	uint64_t va;
	bool ok;
	struct error *err;

	if (!layout_symbol(&c->layout, FACT_LINUX_BANNER, &va))
		return NULL;
	err = kvmem_read_all(c->kv, va, banner, sizeof(banner) - 1, &ok);
	if (err || !ok)
		return err;
	snprintf(what, sizeof(what), "linux_banner is not at %#" PRIx64, va);
	if (strncmp(banner, expect, sizeof(expect) - 1))
		return misfit(c, what);
	banner[strcspn(banner, "\n")] = '\0';
	if (!own || !strncmp(own, banner, sizeof(banner) - 1))
		return NULL;
	return error_new("%s: is of another build than the kernel that crashed: \"%s\", not \"%s\"; give the vmlinux of that very "
			 "build with -d", types_path(c->types), banner_version(own), banner_version(banner));
}

/* The build-id among the ELF notes between two addresses, in hexadecimal; "" when they cannot be read, or hold none. */
static struct error *memory_build_id(const struct check *c, uint64_t start, uint64_t stop, char ret[BUILD_ID_TEXT])
{
	unsigned char notes[4096];
	uint64_t len = stop > start && stop - start < sizeof(notes) ? stop - start : 0;
	struct error *err;
	bool ok;

	ret[0] = '\0';
	err = len ? kvmem_read_all(c->kv, start, notes, len, &ok) : NULL;
	if (!err && len && ok)
		note_build_id(c->layout.mmu.endian, notes, len, ret);
	return err;
}

/* Kernels before v5.13 do not tell their build-id in VMCOREINFO, but it is among the notes in their memory. */
static struct error *notes_check(const struct check *c)
{
	const char *own = types_build_id(c->types);
	uint64_t start, stop;
	char id[BUILD_ID_TEXT];
	struct error *err;

	if (!own || dump_vmcoreinfo(c->dump, "BUILD-ID") || !layout_symbol(&c->layout, FACT_START_NOTES, &start) ||
	    !layout_symbol(&c->layout, FACT_STOP_NOTES, &stop))
		return NULL;
	err = memory_build_id(c, start, stop, id);
	if (err || !id[0] || !strcasecmp(id, own))
		return err;
	return error_new("%s: build-id %s is not that of the kernel in memory, %s; give the vmlinux of that very build with -d",
			 types_path(c->types), own, id);
}

struct error *debuginfo_verify(const struct check *c)
{
	struct error *err = notes_check(c);

	return err ? err : banner_check(c);
}
