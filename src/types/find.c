/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/find.h"

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "types/debuginfod.h"
#include "types/find_places.h"

enum { MAX_FOLDERS = 64 };

/* A packed file is as good; unpacking is for elf_image. */
static const char *const suffixes[] = { "", ".xz", ".zst", ".gz" };

/* One search. */
struct search {
	struct find *find;
	const struct find_request *request;
	struct kernel_names names;
	char *build_id; /* lower case */
	ARRAY(struct stat) seen; /* files that were opened, so that links to them are not */
	struct types *found;
	struct error *failed;
};

static void search_fail(struct search *s)
{
	if (!s->failed)
		s->failed = &error_nomem;
}

/* Takes both texts. */
static void note(struct search *s, char *place, char *outcome, bool found)
{
	if (place && outcome && array_push(&s->find->tries, ((struct find_try){ place, outcome, found })))
		return;
	free(place);
	free(outcome);
	search_fail(s);
}

/* ---- one file --------------------------------------------------------------------------------------------------- */

/* The release is in the file's name, as a word of its own. */
static bool is_named_after(const char *path, const char *release)
{
	size_t len = release ? strlen(release) : 0;

	for (const char *p = len ? strstr(path, release) : NULL; p; p = strstr(p + 1, release))
		if ((p == path || !isalnum((unsigned char)p[-1])) && (!p[len] || strchr("/.", p[len])))
			return true;
	return false;
}

/* Why \p t is not the kernel's, or NULL when it is. */
static char *misfit(const struct search *s, struct types *t, const char *path)
{
	const char *id = types_build_id(t), *wanted = s->names.build_id;
	_cleanup_free_ char *release = types_release(t);

	if (wanted && !id)
		return text_printf("has no build-id");
	if (wanted && strcasecmp(wanted, id))
		return text_printf("another build: build-id %s%s%s", id, release ? ", release " : "", release ? release : "");
	if (!wanted && release && (!s->names.release || strcmp(release, s->names.release)))
		return text_printf("another kernel: release %s", release);
	if (!wanted && !release && !is_named_after(path, s->names.release))
		return text_printf("says neither build-id nor release");
	return types_usable(t) ? NULL : text_printf("the right build, but without debug info");
}

/* "PATH: message" is what errors of types_open() say; the path is known. */
static char *without_path(const char *text, const char *path)
{
	size_t len = strlen(path);

	if (!strncmp(text, path, len) && !strncmp(text + len, ": ", 2))
		text += len + 2;
	return strdup(text);
}

static bool seen_before(struct search *s, const struct stat *st)
{
	for (size_t i = 0; i < s->seen.nr; i++)
		if (s->seen.v[i].st_dev == st->st_dev && s->seen.v[i].st_ino == st->st_ino)
			return true;
	if (!array_push(&s->seen, *st))
		search_fail(s);
	return false;
}

/* Open what is there; takes \p path.  \p found: what to say when it is right. */
static void file_try(struct search *s, char *path, const char *found)
{
	struct types *t = NULL;
	struct error *err = types_open(path, s->request->cache_dir, &t);
	char *why = err ? without_path(error_text(err), path) : misfit(s, t, path);

	if (!err && !why) {
		s->found = t;
		note(s, path, strdup(found), true);
		return;
	}
	error_free(err);
	types_free(t);
	note(s, path, why, false);
}

/* False: there is no such file, and *ret_errno says why. */
static bool packed_or_not_try(struct search *s, const char *path, int *ret_errno)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes) && !s->found && !s->failed; i++) {
		char *full = text_printf("%s%s", path, suffixes[i]);
		struct stat st;

		if (!full) {
			search_fail(s);
		} else if (stat(full, &st)) {
			if (i == 0)
				*ret_errno = errno;
			free(full);
		} else if (S_ISDIR(st.st_mode) || seen_before(s, &st)) {
			any |= !S_ISDIR(st.st_mode);
			free(full);
		} else {
			any = true;
			file_try(s, full, "found");
		}
	}
	return any;
}

/* ---- folders ---------------------------------------------------------------------------------------------------- */

static const char *absence(int error)
{
	return error == ENOENT || error == ENOTDIR ? "not there" : strerrordesc_np(error);
}

/* Try all places of a folder.  Each is named when nothing is there, if \p each; else the folder as a whole. */
static void folder_search(struct search *s, enum place_kind kind, const char *folder, bool each)
{
	size_t nr_before = s->find->tries.nr;
	int error = ENOENT;
	char *path;

	for (size_t i = 0; !s->found && !s->failed && find_place(kind, folder, &s->names, i, &path); i++) {
		if (!path)
			continue;
		error = ENOENT;
		if (!packed_or_not_try(s, path, &error) && (each || (error != ENOENT && error != ENOTDIR)))
			note(s, strdup(path), strdup(absence(error)), false);
		free(path);
	}
	if (!each && s->find->tries.nr == nr_before && !s->found && !s->failed)
		note(s, strdup(folder), strdup(access(folder, R_OK | X_OK) ? absence(errno) :
					       "nothing under the names of this kernel"), false);
}

/* Folders separated by colons. */
static void path_search(struct search *s, const char *path)
{
	_cleanup_free_ char *copy = path ? strdup(path) : NULL;
	char *rest = copy;
	unsigned nr = 0;

	if (path && !copy)
		search_fail(s);
	for (char *dir; rest && (dir = strsep(&rest, ":")) && !s->found && nr < MAX_FOLDERS;)
		if (dir[0]) {
			folder_search(s, PLACE_FOLDER, dir, false);
			nr++;
		}
}

static void beside_search(struct search *s, const char *dump)
{
	_cleanup_free_ char *copy = strdup(dump);

	if (copy)
		folder_search(s, PLACE_BESIDE, dirname(copy), true);
	else
		search_fail(s);
}

/* ---- the network ------------------------------------------------------------------------------------------------ */

static void server_try(struct search *s)
{
	const struct find_request *r = s->request;
	const struct debuginfod_request request = { s->names.build_id, r->progress, r->progress_arg };
	const char *servers = debuginfod_servers(), *why = NULL;
	char *path = NULL;

	if (!servers)
		why = "not asked: DEBUGINFOD_URLS names no server";
	else if (!s->names.build_id)
		why = "not asked: the dump does not tell its kernel's build-id";
	else
		path = debuginfod_fetch(&request, &why);
	if (path)
		file_try(s, path, "fetched by debuginfod");
	else
		note(s, text_printf("debuginfod%s%s", servers ? " " : "", servers ? servers : ""), strdup(why), false);
}

/* ----------------------------------------------------------------------------------------------------------------- */

static bool names_take(struct search *s)
{
	const struct find_request *r = s->request;

	if (release_is_sane(r->release))
		s->names.release = r->release;
	if (!build_id_is_sane(r->build_id))
		return true;
	s->build_id = strdup(r->build_id);
	for (char *p = s->build_id; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	s->names.build_id = s->build_id;
	return s->build_id;
}

static void search_all(struct search *s)
{
	const struct find_request *r = s->request;

	if (r->folder)
		folder_search(s, PLACE_FOLDER, r->folder, false);
	path_search(s, r->path);
	if (r->dump && !s->found && !s->failed)
		beside_search(s, r->dump);
	if (r->system && !s->found && !s->failed)
		folder_search(s, PLACE_SYSTEM, "/", true);
	if (r->debuginfod && !s->found && !s->failed)
		server_try(s);
}

struct error *find_debuginfo(struct find *f, const struct find_request *r, struct types **ret)
{
	struct search s = { .find = f, .request = r };

	*ret = NULL;
	if (!names_take(&s))
		return &error_nomem;
	if (!s.names.release && !s.names.build_id)
		note(&s, strdup("nowhere"), strdup("the dump tells neither build-id nor release of its kernel"), false);
	else
		search_all(&s);
	array_free(&s.seen);
	free(s.build_id);
	if (s.failed)
		types_free(s.found);
	else
		*ret = s.found;
	return s.failed;
}

void find_deinit(struct find *f)
{
	for (size_t i = 0; i < f->tries.nr; i++) {
		free(f->tries.v[i].place);
		free(f->tries.v[i].outcome);
	}
	array_free(&f->tries);
}
