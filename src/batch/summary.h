/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file summary.h  The end of a batch for programs: one JSON object. */
#ifndef BATCH_SUMMARY_H
#define BATCH_SUMMARY_H

#include "batch/batch.h"

/** Write it; the error is lack of memory, or about the output. */
struct error *batch_summary(const struct batch *b, FILE *file) _must_check_;

#endif
