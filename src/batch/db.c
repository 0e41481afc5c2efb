/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "batch/db.h"

#include <stdlib.h>
#include <string.h>

struct db {
	const struct db_ops *ops;
	void *state;
	char *name;
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

struct error *db_open(const char *url, struct db **ret)
{
	struct db *db = calloc(1, sizeof(*db));
	struct error *err = NULL;

	if (!db)
		return &error_nomem;
	db->name = name_of(url);
	err = db->name ? ops_of(url, &db->ops) : &error_nomem;
	if (!err)
		err = db->ops->open(url, &db->state);
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

struct error *db_run(struct db *db, const char *sql, const struct db_value *values, unsigned nr, db_row_fn *row, void *arg)
{
	return error_prefix(db->ops->run(db->state, sql, values, nr, row, arg), "%s", db->name);
}

struct error *db_script(struct db *db, const char *sql)
{
	return error_prefix(db->ops->script(db->state, sql), "%s", db->name);
}

struct error *db_begin(struct db *db)
{
	return db_script(db, db->ops->begin);
}

struct error *db_begin_schema(struct db *db)
{
	struct error *err = db_begin(db);

	return !err && db->ops->lock ? db_script(db, db->ops->lock) : err;
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

struct error *db_end(struct db *db, struct error *err)
{
	if (!err)
		err = db_script(db, "COMMIT");
	if (err)
		error_free(db_script(db, "ROLLBACK")); /* the first error is the one to tell */
	return err;
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
