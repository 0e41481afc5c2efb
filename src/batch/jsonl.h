/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file jsonl.h  One line of JSON for each dump, written as soon as it was checked; doc/BATCH.md describes it. */
#ifndef BATCH_JSONL_H
#define BATCH_JSONL_H

#include "batch/child.h"
#include "batch/find.h"
#include "batch/result.h"

struct jsonl;

/** Append to the file \p path, "-": standard output. */
struct error *jsonl_open(const char *path, struct jsonl **ret) _must_check_;
void jsonl_close(struct jsonl *j);

/** Write one line, by one write(): whoever is killed leaves no half of it.  The error names the file. */
struct error *jsonl_write(struct jsonl *j, const struct batch_dump *d, const struct result *r, const struct child_end *end,
			  const char *reason) _must_check_;

struct json_object;

/** What a line says of the dump and its result; the caller's.  NULL: no memory. */
struct json_object *jsonl_object(const struct batch_dump *d, const struct result *r);

#endif
