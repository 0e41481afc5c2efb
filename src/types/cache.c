/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

char *types_cache_dir(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir = NULL;
	int len = -1;

	if (xdg && xdg[0] == '/')
		len = asprintf(&dir, "%s/pagefsck", xdg);
	else if (home && home[0] == '/')
		len = asprintf(&dir, "%s/.cache/pagefsck", home);
	return len < 0 ? NULL : dir;
}

static char *cache_path(const char *dir, const struct cache_key *key)
{
	char *path;

	return asprintf(&path, "%s/%s-%" PRIx64 ".facts", dir, key->build_id, key->file_size) < 0 ? NULL : path;
}

/*
 * Others must not be able to tell us lies about a kernel: the file is ours, and only we can write to it.  And it is about
 * the vmlinux as it is now.
 */
static bool file_is_good(const char *path, const struct cache_key *key)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH)) && st.st_mtim.tv_sec == key->mtime.tv_sec &&
	       st.st_mtim.tv_nsec == key->mtime.tv_nsec;
}

struct facts_file *cache_load(const char *dir, const struct cache_key *key)
{
	_cleanup_free_ char *path = cache_path(dir, key);
	struct facts_file *f = NULL;
	struct error *err;

	if (!path || !file_is_good(path, key))
		return NULL;
	err = facts_file_read(path, &f);
	if (err) {
		error_free(err);
		return NULL;
	}
	if (facts_file_build_id(f) && strcmp(facts_file_build_id(f), key->build_id) == 0)
		return f;
	facts_file_free(f);
	return NULL;
}

static void directories_make(const char *dir)
{
	_cleanup_free_ char *path = strdup(dir);

	for (char *p = path; p && *p; p++) {
		if (*p != '/' || p == path)
			continue;
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	if (path)
		mkdir(path, 0700);
}

/* Write and rename, so that a reader sees the old file or the new one. */
static bool file_replace(const char *path, char *temporary, const struct cache_key *key, const char *text)
{
	struct timespec times[2] = { key->mtime, key->mtime };
	size_t size = strlen(text);
	int fd = mkostemp(temporary, O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, size) == (ssize_t)size && futimens(fd, times) == 0;
	ok = close(fd) == 0 && ok && rename(temporary, path) == 0;
	if (!ok)
		unlink(temporary);
	return ok;
}

void cache_store(const char *dir, const struct cache_key *key, const char *text)
{
	_cleanup_free_ char *path = cache_path(dir, key);
	_cleanup_free_ char *temporary = NULL;

	if (!path || asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return;
	}
	directories_make(dir);
	file_replace(path, temporary, key, text);
}
