/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/gone.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/db.h"

enum place { PLACE_THERE, PLACE_GONE, PLACE_UNSURE };

struct look {
	const struct batch_found *found;
	struct db *db;
	struct gone *gone;
	ARRAY(char *) names; /* of all dumps, then of those that are gone; NULL: one that is not */
};

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The path that batch_name() made the text of; the caller's, NULL: no memory. */
static char *path_of(const char *name)
{
	char *path = strdup(name), *to = path;

	for (const char *p = name; path && *p;) {
		int high = p[0] == '\\' && p[1] == 'x' ? hex_digit(p[2]) : -1, low = high >= 0 ? hex_digit(p[3]) : -1;

		*to++ = low >= 0 ? (char)(high << 4 | low) : *p;
		p += low >= 0 ? 4 : 1;
	}
	if (path)
		*to = '\0';
	return path;
}

/* A folder that can be read and is not empty.  A mount point that nothing is mounted on is empty. */
static bool holds_something(const char *path)
{
	DIR *dir = opendir(path);
	bool some = false;
	struct dirent *e;

	while (dir && !some && (e = readdir(dir)))
		some = strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	if (dir)
		closedir(dir);
	return some;
}

/* \p path is cut as far as it is not there. */
static enum place look_for(char *path)
{
	bool whole = true;
	struct stat st;

	while (lstat(path, &st)) {
		char *slash = strrchr(path, '/');

		if ((errno != ENOENT && errno != ENOTDIR) || !slash || slash == path)
			return PLACE_UNSURE;
		*slash = '\0';
		whole = false;
	}
	if (whole)
		return PLACE_THERE;
	/* a link leads to where something may not be mounted */
	return S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && holds_something(path)) ? PLACE_GONE : PLACE_UNSURE;
}

/* Whether it is below a folder that was given; *ret_live: one that holds dumps. */
static bool is_below(const struct batch_found *f, const char *path, bool *ret_live)
{
	bool below = false;

	*ret_live = false;
	for (size_t i = 0; i < f->roots.nr; i++) {
		const struct batch_root *r = &f->roots.v[i];
		size_t len = strlen(r->path);

		if (strncmp(path, r->path, len) || (path[len] != '/' && r->path[len - 1] != '/'))
			continue;
		below = true;
		*ret_live = *ret_live || r->dumps;
	}
	return below;
}

static struct error *take_name(void *arg, const char *const *column)
{
	struct look *l = arg;
	char *name = strdup(column[0]);

	if (name && array_push(&l->names, name))
		return NULL;
	free(name);
	return &error_nomem;
}

/* Whether the dump is gone. */
static struct error *look_at(struct look *l, const char *name, bool *ret)
{
	_cleanup_free_ char *path = path_of(name);
	enum place place;
	bool live;

	*ret = false;
	if (!path)
		return &error_nomem;
	if (!is_below(l->found, path, &live))
		return NULL;
	place = look_for(path);
	*ret = place == PLACE_GONE && live;
	l->gone->files += *ret;
	l->gone->unsure += place != PLACE_THERE && !*ret;
	return NULL;
}

/* Of the names only those stay that are of dumps that are gone. */
static struct error *look_at_names(struct look *l)
{
	struct error *err = NULL;

	for (size_t i = 0; i < l->names.nr && !err; i++) {
		bool gone;

		err = look_at(l, l->names.v[i], &gone);
		if (err || gone)
			continue;
		free(l->names.v[i]);
		l->names.v[i] = NULL;
	}
	return err;
}

static struct error *remove_names(void *arg)
{
	struct look *l = arg;
	struct error *err = NULL;

	for (size_t i = 0; i < l->names.nr && !err; i++)
		if (l->names.v[i])
			err = db_do(l->db, "DELETE FROM dumps WHERE path = $1", db_text(l->names.v[i]));
	return err;
}

struct error *store_gone(struct store *s, const struct batch_found *found, bool prune, struct gone *ret)
{
	struct look l = { .found = found, .db = store_db(s), .gone = ret };
	struct error *err;

	*ret = (struct gone){ .looked = true };
	err = db_run(l.db, "SELECT path FROM dumps", NULL, 0, take_name, &l);
	if (!err)
		err = look_at_names(&l); /* a disk that hangs does not hold the store */
	if (!err && prune && ret->files)
		err = db_transaction(l.db, remove_names, &l);
	if (!err && prune)
		ret->removed = ret->files;
	for (size_t i = 0; i < l.names.nr; i++)
		free(l.names.v[i]);
	array_free(&l.names);
	return err;
}
