/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file db.h  A database, whichever: statements that SQLite and PostgreSQL both take, with values $1, $2, ... apart from the
 * text, so that nothing in a dump or a file name is ever part of a statement.
 */
#ifndef BATCH_DB_H
#define BATCH_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "batch/wait.h"

struct db;

enum db_type { DB_NULL, DB_INT, DB_REAL, DB_TEXT };

struct db_value {
	enum db_type type;
	int64_t number;
	double real;
	const char *text;
};

static inline struct db_value db_int(int64_t v)
{
	return (struct db_value){ .type = DB_INT, .number = v };
}

static inline struct db_value db_real(double v)
{
	return (struct db_value){ .type = DB_REAL, .real = v };
}

/** NULL is NULL. */
static inline struct db_value db_text(const char *v)
{
	return (struct db_value){ .type = v ? DB_TEXT : DB_NULL, .text = v };
}

/** One row of an answer: a text for each column, NULL for NULL; they die with the call. */
typedef struct error *db_row_fn(void *arg, const char *const *column);

/**
 * Open "postgresql://..." or "postgres://...", else a file of SQLite, which is made when it is not there.  A server that is
 * not there now is an error; one that goes away later, and a file that somebody else holds, are waited for as \p patience says.
 */
struct error *db_open(const char *url, const struct patience *patience, struct db **ret) _must_check_;
void db_close(struct db *db);

/** Wait for nothing from now on: the program ends. */
void db_hurry(struct db *db);

/** Do \p sql, a literal (its address is what prepared statements are kept by).  \p row may be NULL. */
struct error *db_run(struct db *db, const char *sql, const struct db_value *values, unsigned nr, db_row_fn *row, void *arg)
	_must_check_;

/** The same, with the values as further arguments. */
#define db_do(db, sql, ...)                                                                                                        \
	db_run(db, sql, (const struct db_value[]){ __VA_ARGS__ },                                                                  \
	       sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value), NULL, NULL)

/** Several statements without values. */
struct error *db_script(struct db *db, const char *sql) _must_check_;

/** What is done in a transaction.  It may be called several times, and begins anew each time. */
typedef struct error *db_work_fn(void *arg);

/**
 * A transaction that writes: all that \p work does is kept, or nothing.  When a server goes away in its midst, it is done again
 * as soon as there is one; it may have been kept already then, so \p work must come to the same when it finds what it wrote.
 */
struct error *db_transaction(struct db *db, db_work_fn *work, void *arg) _must_check_;

/** The same, while nobody else changes the schema. */
struct error *db_transaction_alone(struct db *db, db_work_fn *work, void *arg) _must_check_;

/** What it is called in messages: a path, or the address of a server without a password. */
const char *db_name(const struct db *db);

/** The type of a column that numbers its rows. */
const char *db_serial(const struct db *db);

/** Tables that are there already where only ours should be; 0: none, or they do no harm. */
struct error *db_tables(struct db *db, int64_t *ret) _must_check_;

/** It is a server, which lets several write at once. */
bool db_is_server(const struct db *db);

/* ---- the two ----------------------------------------------------------------------------------------------------- */

struct db_ops {
	/** \p patience lives as long as the state. */
	struct error *(*open)(const char *url, const struct patience *patience, void **ret_state);
	void (*close)(void *state);
	bool (*passes)(void *state); /**< the last statement failed, and may not when it is done again; NULL: never */
	struct error *(*reconnect)(void *state); /**< before it is done again */
	struct error *(*run)(void *state, const char *sql, const struct db_value *values, unsigned nr, db_row_fn *row, void *arg);
	struct error *(*script)(void *state, const char *sql);
	const char *begin;
	const char *serial;
	const char *lock;   /**< in a transaction: who changes the schema does it alone; NULL: as it is */
	const char *others; /**< gives the number of tables of whoever; NULL: they do no harm */
};

extern const struct db_ops db_sqlite;
#ifdef HAVE_LIBPQ
extern const struct db_ops db_postgres;
#endif

#endif
