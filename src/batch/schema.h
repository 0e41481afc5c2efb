/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file schema.h  The tables and views of a store; doc/BATCH.md describes them. */
#ifndef BATCH_SCHEMA_H
#define BATCH_SCHEMA_H

#include "batch/db.h"

enum { SCHEMA_VERSION = 3 };

/**
 * Make the tables, or bring those of an older version up to date.  The error: it is of a newer version, or of somebody else.
 */
struct error *schema_open(struct db *db) _must_check_;

#endif
