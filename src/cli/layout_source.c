/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/layout_source.h"

#include <elf.h>
#include <string.h>

#include "cli/layout_fill.h"
#include "config.h"
#include "layout/offline.h"
#include "types/btf.h"
#include "types/facts_file.h"
#include "types/unpack.h"

const char *debuginfo_arch(const char *path)
{
	static const struct {
		uint16_t machine;
		const char *arch;
	} machines[] = {
		{ EM_X86_64, "x86_64" }, { EM_AARCH64, "aarch64" }, { EM_RISCV, "riscv64" },
		{ EM_PPC64, "ppc64" },	 { EM_S390, "s390x" },
	};
	uint16_t machine;
	enum endian endian;
	Elf64_Ehdr e;

	if (facts_file_probe(path) || btf_file_probe(path)) /* do not say; taken for this one */
		return "x86_64";
	if (unpack_peek(path, &e, sizeof(e)) != sizeof(e) || memcmp(e.e_ident, ELFMAG, SELFMAG))
		return NULL;
	endian = e.e_ident[EI_DATA] == ELFDATA2MSB ? ENDIAN_BIG : ENDIAN_LITTLE;
	if (get_u16(endian, &e.e_type) == ET_CORE)
		return NULL;
	machine = get_u16(endian, &e.e_machine);
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machine == machines[i].machine)
			return machines[i].arch;
	return "of another machine";
}

static struct error *source_draw(struct layout_source *s, const struct layout *l, struct types *t)
{
	struct error *err = diagram_init(&s->diagram, l, t);

	s->report.nr_skipped_units = types_skipped_units(t);
	return err ? err : layout_report_fill(&s->report, l, &s->diagram);
}

/* What calibration learnt from memory comes behind the models of the layout. */
static void describe_dump(struct layout_source *s, const struct options *o)
{
	const struct check *c = s->session.check;
	struct report_kernel *k = &s->report.about.kernel;

	session_describe(&s->session, o);
	s->report.about = s->session.report;
	memcpy(s->models, k->models, k->nr_models * sizeof(*k->models));
	s->models[k->nr_models++] = (struct report_model){ "slab reference", c->slab_refcount ? "1" : "0 (frozen)" };
	s->models[k->nr_models++] = (struct report_model){
		"page mapcounts", c->no_page_mapcount ? "large folios keep none" : "in every page",
	};
	k->models = s->models;
}

static struct error *dump_open_layout(struct layout_source *s, const struct options *o)
{
	struct error *err = session_open(&s->session, o);

	if (err)
		return err;
	describe_dump(s, o);
	return source_draw(s, &s->session.check->layout, s->session.check->types);
}

static void describe_debuginfo(struct layout_source *s, const char *arch, const struct options *o)
{
	size_t nr = layout_models(&s->layout, s->layout_models);

	for (size_t i = 0; i < nr; i++)
		s->models[i] = (struct report_model){ s->layout_models[i].name, s->layout_models[i].value };
	s->report.unknown = layout_offline_unknown(arch);
	s->report.about.tool_version = PACKAGE_VERSION;
	s->report.about.case_id = o->case_id;
	s->report.about.kernel = (struct report_kernel){
		.arch = arch,
		.page_size = UINT64_C(1) << s->layout.page_shift,
		.build_id = types_build_id(s->types),
		.debuginfo_source = types_origin_name(s->types),
		.debuginfo_path = types_path(s->types),
		.models = s->models,
		.nr_models = nr,
	};
}

static struct error *debuginfo_open_layout(struct layout_source *s, const char *arch, const struct options *o)
{
	_cleanup_free_ char *cache_dir = types_cache_dir();
	struct error *err = types_open(o->args[0], cache_dir, &s->types);

	if (!err)
		err = layout_init_offline(&s->layout, arch, s->types);
	if (err)
		return err;
	describe_debuginfo(s, arch, o);
	return source_draw(s, &s->layout, s->types);
}

struct error *layout_source_open(struct layout_source *s, const char *arch, const struct options *o)
{
	memset(s, 0, sizeof(*s));
	return arch ? debuginfo_open_layout(s, arch, o) : dump_open_layout(s, o);
}

void layout_source_close(struct layout_source *s)
{
	layout_report_deinit(&s->report);
	diagram_deinit(&s->diagram);
	layout_deinit(&s->layout);
	types_free(s->types);
	session_close(&s->session);
}
