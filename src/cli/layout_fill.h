/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file layout_fill.h  From a layout and its diagram to what the reporters of `pagefsck layout` print. */
#ifndef CLI_LAYOUT_FILL_H
#define CLI_LAYOUT_FILL_H

#include "layout/diagram.h"
#include "report/layout_report.h"

/** Fill everything but ret->about; the result borrows from \p l and \p d.  Release with layout_report_deinit(). */
struct error *layout_report_fill(struct layout_report *ret, const struct layout *l, const struct diagram *d)
	_must_check_;
void layout_report_deinit(struct layout_report *r);

#endif
