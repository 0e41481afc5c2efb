/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file layout_source.h  Where `pagefsck layout` learns a layout from: a dump with its debug info, or debug info alone. */
#ifndef CLI_LAYOUT_SOURCE_H
#define CLI_LAYOUT_SOURCE_H

#include "cli/session.h"
#include "layout/diagram.h"
#include "report/layout_report.h"

struct layout_source {
	struct session session; /**< of a dump */
	struct types *types;    /**< of debug info alone */
	struct layout layout;
	struct diagram diagram;
	struct layout_model layout_models[LAYOUT_MAX_MODELS];
	struct report_model models[LAYOUT_MAX_MODELS + 2];
	struct layout_report report; /**< complete after layout_source_open() */
};

/** Processor that the debug info in file \p path is for, as libkdumpfile calls it.  NULL: not debug info. */
const char *debuginfo_arch(const char *path);

/** Fill s->report from o->args[0]; \p arch is its debuginfo_arch(). */
struct error *layout_source_open(struct layout_source *s, const char *arch, const struct options *o) _must_check_;
void layout_source_close(struct layout_source *s);

#endif
