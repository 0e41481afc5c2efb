/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "batch/db.h"

#include <stdlib.h>
#include <string.h>

/* Seconds between two tries to reach a server: the first, and at most. */
static const double FIRST_PAUSE = 0.5, LONGEST_PAUSE = 30;

struct db {
	const struct db_ops *ops;
	void *state;
	char *name;
	struct patience patience;
	bool in_transaction;
};

static bool is_server(const char *url)
{
	return !strncmp(url, "postgresql://", 13) || !strncmp(url, "postgres://", 11);
}

/* "postgresql://user:secret@host/db" without the secret, nor what follows '?', which may hold another. */
static char *name_of(const char *url)
{
	const char *start = is_server(url) ? strstr(url, "://") + 3 : NULL;
	const char *end = start ? start + strcspn(start, "/?") : NULL,
		   *at = start ? memchr(start, '@', (size_t)(end - start)) : NULL;
	const char *colon = at ? memchr(start, ':', (size_t)(at - start)) : NULL;
	char *name = strdup(url);

	if (!name || !start)
		return name;
	if (colon)
		memmove(name + (colon - url), at, strlen(at) + 1);
	name[strcspn(name, "?")] = '\0';
	return name;
}

static struct error *ops_of(const char *url, const struct db_ops **ret)
{
	*ret = &db_sqlite;
	if (!is_server(url))
		return NULL;
#ifdef HAVE_LIBPQ
	*ret = &db_postgres;
	return NULL;
#else
	return error_new("this pagefsck was built without libpq; build it where libpq-dev is installed, or name a file");
#endif
}

struct error *db_open(const char *url, const struct patience *patience, struct db **ret)
{
	struct db *db = calloc(1, sizeof(*db));
	struct error *err = NULL;

	if (!db)
		return &error_nomem;
	db->patience = *patience;
	db->name = name_of(url);
	err = db->name ? ops_of(url, &db->ops) : &error_nomem;
	if (!err)
		err = db->ops->open(url, &db->patience, &db->state);
	if (err) {
		err = error_prefix(err, "%s", db->name ? db->name : "store");
		db_close(db);
		return err;
	}
	*ret = db;
	return NULL;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->state)
		db->ops->close(db->state);
	free(db->name);
	free(db);
}

void db_hurry(struct db *db)
{
	db->patience.seconds = 0;
}

/* ---- a server that goes away ------------------------------------------------------------------------------------- */

static struct error *give_up(struct db *db, const struct wait *w, struct error *err)
{
	struct error *said;

	if (db->patience.seconds <= 0)
		return err;
	db_hurry(db); /* whoever asks next would wait as long for nothing */
	said = error_new("%s; given up after %.0f s: what is stored stays, run the same command again when the server is there",
			 error_text(err), wait_seconds(w));
	error_free(err);
	return said;
}

/* \p err is that of a statement; NULL: the server is there again, do it once more. */
static struct error *come_back(struct db *db, struct wait *w, struct error *err)
{
	bool first = w->began <= 0;

	if (first && db->patience.seconds > 0)
		patience_tell(&db->patience, "%s; trying again for %.0f s", error_text(err), db->patience.seconds);
	while (wait_on(w, &db->patience, FIRST_PAUSE, LONGEST_PAUSE)) {
		error_free(err);
		err = error_prefix(db->ops->reconnect(db->state), "%s", db->name);
		if (err)
			continue;
		if (first)
			patience_tell(&db->patience, "%s: there again after %.0f s", db->name, wait_seconds(w));
		return NULL;
	}
	return give_up(db, w, err);
}

static bool may_pass(const struct db *db)
{
	return db->ops->passes && db->ops->passes(db->state);
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static struct error *run(struct db *db, const char *sql, const struct db_value *values, unsigned nr, db_row_fn *row, void *arg)
{
	return error_prefix(db->ops->run(db->state, sql, values, nr, row, arg), "%s", db->name);
}

struct error *db_run(struct db *db, const char *sql, const struct db_value *values, unsigned nr, db_row_fn *row, void *arg)
{
	struct error *err = run(db, sql, values, nr, row, arg);
	struct wait w = { 0 };

	while (err && !db->in_transaction && may_pass(db)) {
		err = come_back(db, &w, err);
		if (err)
			break;
		err = run(db, sql, values, nr, row, arg);
	}
	return err;
}

struct error *db_script(struct db *db, const char *sql)
{
	return error_prefix(db->ops->script(db->state, sql), "%s", db->name);
}

/* *ret_passes: it may go better another time. */
static struct error *transaction_once(struct db *db, const char *lock, db_work_fn *work, void *arg, bool *ret_passes)
{
	struct error *err = db_script(db, db->ops->begin);

	db->in_transaction = true;
	if (!err && lock)
		err = db_script(db, lock);
	if (!err)
		err = work(arg);
	if (!err)
		err = db_script(db, "COMMIT");
	*ret_passes = err && may_pass(db);
	if (err)
		error_free(db_script(db, "ROLLBACK")); /* the first error is the one to tell */
	db->in_transaction = false;
	return err;
}

static struct error *transaction(struct db *db, const char *lock, db_work_fn *work, void *arg)
{
	bool passes;
	struct error *err = transaction_once(db, lock, work, arg, &passes);
	struct wait w = { 0 };

	while (err && passes) {
		err = come_back(db, &w, err);
		if (err)
			break;
		err = transaction_once(db, lock, work, arg, &passes);
	}
	return err;
}

struct error *db_transaction(struct db *db, db_work_fn *work, void *arg)
{
	return transaction(db, NULL, work, arg);
}

struct error *db_transaction_alone(struct db *db, db_work_fn *work, void *arg)
{
	return transaction(db, db->ops->lock, work, arg);
}

static struct error *take_number(void *arg, const char *const *column)
{
	*(int64_t *)arg = strtoll(column[0] ? column[0] : "0", NULL, 10);
	return NULL;
}

struct error *db_tables(struct db *db, int64_t *ret)
{
	*ret = 0;
	return db->ops->others ? db_run(db, db->ops->others, NULL, 0, take_number, ret) : NULL;
}

const char *db_name(const struct db *db)
{
	return db->name;
}

const char *db_serial(const struct db *db)
{
	return db->ops->serial;
}

bool db_is_server(const struct db *db)
{
	return db->ops != &db_sqlite;
}
