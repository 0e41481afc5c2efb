/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store in a file.  SQLite's rollback journal, synchronous: consistent whenever somebody is killed, also on file systems
 * that machines share if these have locks (its write-ahead log would need shared memory).
 */
#include "config.h"

#include "batch/db.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { NR_STATEMENTS = 48, MAX_COLUMNS = 64 };

/* Seconds between two looks at a file that somebody else holds: the first, and at most; and until the user hears of it. */
static const double FIRST_PAUSE = 0.01, LONGEST_PAUSE = 0.25, QUIET = 5;

struct sqlite_state {
	sqlite3 *db;
	const char *name;
	const struct patience *patience;
	struct wait wait; /* for who holds it now */
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} kept[NR_STATEMENTS];
};

/* What SQLite calls while somebody else holds the file, \p calls times before this one; 0: enough. */
static int wait_for_file(void *arg, int calls)
{
	struct sqlite_state *s = arg;

	if (!calls)
		s->wait = (struct wait){ 0 };
	if (!s->wait.told && wait_seconds(&s->wait) > QUIET && s->patience->seconds > QUIET) {
		patience_tell(s->patience, "%s: another program reads or writes it; waiting for it for %.0f s at most", s->name,
			      s->patience->seconds);
		s->wait.told = true;
	}
	return wait_on(&s->wait, s->patience, FIRST_PAUSE, LONGEST_PAUSE);
}

/* The words of SQLite, and what to do. */
static struct error *sqlite_error(const struct sqlite_state *s)
{
	sqlite3 *db = s->db;
	int code = sqlite3_errcode(db);
	const char *words = sqlite3_errmsg(db), *hint = "";

	switch (code) {
	case SQLITE_NOMEM:
		return &error_nomem;
	case SQLITE_FULL:
	case SQLITE_IOERR:
		hint = "; make room and run the same command again: what is in the store stays";
		break;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		hint = "; name another file with --db";
		break;
	case SQLITE_BUSY:
		return error_new("another program reads or writes it, still after %.0f s; fuser(1) tells which: end that and run"
				 " the same command again, what is in the store stays", wait_seconds(&s->wait));
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		hint = "; the folder must be there, and it and the file writable";
		break;
	default:
		break;
	}
	return error_new("%s%s", words, hint);
}

static void sqlite_close(void *state)
{
	struct sqlite_state *s = state;

	for (size_t i = 0; i < NR_STATEMENTS; i++)
		sqlite3_finalize(s->kept[i].statement);
	sqlite3_close(s->db);
	free(s);
}

static struct error *sqlite_script(void *state, const char *sql)
{
	struct sqlite_state *s = state;

	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? NULL : sqlite_error(s);
}

static struct error *sqlite_open(const char *url, const struct patience *patience, void **ret_state)
{
	struct sqlite_state *s = calloc(1, sizeof(*s));
	struct error *err = NULL;

	if (!s)
		return &error_nomem;
	s->name = url;
	s->patience = patience;
	if (sqlite3_open_v2(url, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		err = s->db ? sqlite_error(s) : &error_nomem;
	if (!err) {
		sqlite3_busy_handler(s->db, wait_for_file, s);
		err = sqlite_script(s, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
	}
	if (err) {
		sqlite_close(s);
		return err;
	}
	*ret_state = s;
	return NULL;
}

/* Prepared, once for each literal. */
static struct error *statement_of(struct sqlite_state *s, const char *sql, sqlite3_stmt **ret)
{
	size_t i = 0;

	while (i < NR_STATEMENTS && s->kept[i].sql && s->kept[i].sql != sql)
		i++;
	if (i == NR_STATEMENTS) {
		i = 0;
		sqlite3_finalize(s->kept[i].statement);
		s->kept[i].sql = NULL;
	}
	if (!s->kept[i].sql) {
		if (sqlite3_prepare_v2(s->db, sql, -1, &s->kept[i].statement, NULL) != SQLITE_OK)
			return sqlite_error(s);
		s->kept[i].sql = sql;
	}
	*ret = s->kept[i].statement;
	return NULL;
}

static int bind_value(sqlite3_stmt *statement, int at, const struct db_value *v)
{
	switch (v->type) {
	case DB_INT:
		return sqlite3_bind_int64(statement, at, v->number);
	case DB_REAL:
		return sqlite3_bind_double(statement, at, v->real);
	case DB_TEXT:
		return sqlite3_bind_text(statement, at, v->text, -1, SQLITE_STATIC);
	case DB_NULL:
	default:
		return sqlite3_bind_null(statement, at);
	}
}

static struct error *give_row(sqlite3_stmt *statement, db_row_fn *row, void *arg)
{
	const char *column[MAX_COLUMNS] = { NULL };
	int nr = sqlite3_column_count(statement);

	for (int i = 0; i < nr && i < MAX_COLUMNS; i++)
		column[i] = (const char *)sqlite3_column_text(statement, i);
	return row ? row(arg, column) : NULL;
}

static struct error *sqlite_run(void *state, const char *sql, const struct db_value *values, unsigned nr, db_row_fn *row, void *arg)
{
	struct sqlite_state *s = state;
	sqlite3_stmt *statement = NULL;
	struct error *err = statement_of(s, sql, &statement);
	int code = SQLITE_OK;

	if (err)
		return err;
	for (unsigned i = 0; i < nr && code == SQLITE_OK; i++)
		code = bind_value(statement, (int)i + 1, &values[i]);
	if (code == SQLITE_OK)
		while (!err && (code = sqlite3_step(statement)) == SQLITE_ROW)
			err = give_row(statement, row, arg);
	if (!err && code != SQLITE_DONE)
		err = sqlite_error(s);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return err;
}

const struct db_ops db_sqlite = {
	.open = sqlite_open,
	.close = sqlite_close,
	.run = sqlite_run,
	.script = sqlite_script,
	.begin = "BEGIN IMMEDIATE",
	.serial = "INTEGER PRIMARY KEY",
	.others = "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
};
