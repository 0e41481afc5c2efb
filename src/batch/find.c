/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/find.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/strbuf.h"
#include "batch/probe.h"

/* A file or folder that was met. */
struct met {
	dev_t dev;
	ino_t ino;
};

/* A dump while parts are still looked for. */
struct candidate {
	struct batch_dump dump;
	size_t folder; /* length of the path's folder */
	bool is_part;
	uint64_t set, first_pfn;
};

struct search {
	struct batch_found *found;
	ARRAY(struct candidate) list;
	void *met; /* tree of struct met */
	const char *root;
};

static int compare_met(const void *a, const void *b)
{
	const struct met *ma = a, *mb = b;

	if (ma->dev != mb->dev)
		return ma->dev < mb->dev ? -1 : 1;
	return ma->ino < mb->ino ? -1 : ma->ino > mb->ino;
}

/* Remember it; *ret_first: for the first time. */
static struct error *meet(struct search *s, const struct stat *st, bool *ret_first)
{
	struct met *m = malloc(sizeof(*m)), **at;

	if (!m)
		return &error_nomem;
	*m = (struct met){ st->st_dev, st->st_ino };
	at = tsearch(m, &s->met, compare_met);
	*ret_first = at && *at == m;
	if (!*ret_first)
		free(m);
	return at ? NULL : &error_nomem;
}

const char *batch_name(struct arena *arena, const char *path)
{
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;

	/* so that no other path has the same name */
	for (const char *p = path; *p; p += strcspn(p, "\\") + (p[strcspn(p, "\\")] != '\0')) {
		_cleanup_free_ char *piece = strndup(p, strcspn(p, "\\"));

		if (!piece)
			return NULL;
		strbuf_add_untrusted(&b, piece);
		if (p[strlen(piece)])
			strbuf_puts(&b, "\\x5c");
	}
	text = strbuf_take(&b);
	return text ? arena_strdup(arena, text) : NULL;
}

static struct error *unread(struct search *s, const char *path, int errnum)
{
	struct batch_unread u = { batch_name(&s->found->arena, path), errnum };

	return u.name && array_push(&s->found->unread, u) ? NULL : &error_nomem;
}

/* Where the file lies below the root: what workers on machines with other mount points agree on. */
static uint64_t shard_hash(const struct search *s, const char *path)
{
	size_t len = strlen(s->root);
	const char *below = !strncmp(path, s->root, len) && path[len] ? path + len : strrchr(path, '/'); /* absolute */

	below += strspn(below, "/");
	return hash_add(HASH_START, below, strlen(below));
}

static struct error *add_candidate(struct search *s, const char *path, const struct stat *st, const struct probe *p)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	struct candidate c = {
		.dump = {
			.path = arena_strdup(&s->found->arena, real ? real : path),
			.name = batch_name(&s->found->arena, real ? real : path),
			.shard = shard_hash(s, path),
			.nr_files = 1,
			.identity = {
				(uint64_t)st->st_size, (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
				st->st_ino, p->head_hash,
			},
			.pages = p->pages,
		},
		.is_part = p->is_part,
		.set = p->set,
		.first_pfn = p->first_pfn,
	};

	if (!c.dump.path || !c.dump.name)
		return &error_nomem;
	c.folder = (size_t)(strrchr(c.dump.path, '/') - c.dump.path);
	return array_push(&s->list, c) ? NULL : &error_nomem;
}

/* A regular file; \p named by the user himself. */
static struct error *look_at(struct search *s, const char *path, bool named)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool first = false;
	struct error *err;
	struct probe p;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return unread(s, path, errno);
	if (!S_ISREG(st.st_mode) && !named)
		return NULL;
	err = meet(s, &st, &first);
	if (err || !first)
		return err;
	s->found->files++;
	if (!probe_file(fd, (uint64_t)st.st_size, &p))
		return unread(s, path, errno);
	if (p.is_dump || named)
		return add_candidate(s, path, &st, &p);
	s->found->others++;
	return NULL;
}

static struct error *visit(struct search *s, FTS *fts, FTSENT *e)
{
	struct error *err = NULL;
	bool first = true;

	switch (e->fts_info) {
	case FTS_D:
		err = meet(s, e->fts_statp, &first);
		if (!err && !first)
			fts_set(fts, e, FTS_SKIP);
		return err;
	case FTS_F:
		return look_at(s, e->fts_path, e->fts_level == FTS_ROOTLEVEL);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return unread(s, e->fts_path, e->fts_errno);
	default: /* a folder left, a device, a link to nowhere, a link back */
		return NULL;
	}
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static struct error *look_below(struct search *s, const char *root)
{
	_cleanup_free_ char *real = realpath(root, NULL);
	char *roots[] = { real, NULL };
	struct batch_root r = { .path = NULL };
	size_t before = s->list.nr;
	struct error *err = NULL;
	FTSENT *e;
	FTS *fts;

	if (!real)
		return error_errno(errno, "%s", root);
	s->root = real;
	fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!fts)
		return error_errno(errno, "%s", root);
	while (!err && (errno = 0, e = fts_read(fts)))
		err = visit(s, fts, e);
	if (!err && errno)
		err = error_errno(errno, "%s", root);
	fts_close(fts);
	r.path = arena_strdup(&s->found->arena, real);
	r.dumps = s->list.nr - before;
	return err ? err : r.path && array_push(&s->found->roots, r) ? NULL : &error_nomem;
}

/* ---- sets ------------------------------------------------------------------------------------------------------- */

static bool same_set(const struct candidate *a, const struct candidate *b)
{
	return a->is_part && b->is_part && a->set == b->set && a->folder == b->folder &&
	       !memcmp(a->dump.path, b->dump.path, a->folder);
}

static int compare_set(const void *a, const void *b)
{
	const struct candidate *ca = a, *cb = b;
	size_t folder = ca->folder > cb->folder ? ca->folder : cb->folder;
	int order = strncmp(ca->dump.path, cb->dump.path, folder + 1);

	if (order)
		return order;
	if (ca->is_part != cb->is_part)
		return ca->is_part - cb->is_part;
	if (ca->is_part && ca->set != cb->set)
		return ca->set < cb->set ? -1 : 1;
	if (ca->is_part && ca->first_pfn != cb->first_pfn)
		return ca->first_pfn < cb->first_pfn ? -1 : 1;
	return strcmp(ca->dump.path, cb->dump.path);
}

static int compare_path(const void *a, const void *b)
{
	return strcmp(((const struct batch_dump *)a)->path, ((const struct batch_dump *)b)->path);
}

static void join_part(struct batch_dump *d, const struct batch_dump *part)
{
	struct file_identity *i = &d->identity;

	d->nr_files++;
	i->size += part->identity.size;
	if (part->identity.mtime > i->mtime)
		i->mtime = part->identity.mtime;
	i->head_hash = hash_add(i->head_hash, &part->identity, sizeof(part->identity));
}

/* The parts of a split dump are one dump: the first of them stands for it. */
static struct error *join_sets(struct search *s)
{
	if (s->list.nr)
		qsort(s->list.v, s->list.nr, sizeof(*s->list.v), compare_set);
	for (size_t i = 0, first = 0; i < s->list.nr; i++) {
		if (i && same_set(&s->list.v[first], &s->list.v[i])) {
			join_part(&s->found->dumps.v[s->found->dumps.nr - 1], &s->list.v[i].dump);
			continue;
		}
		first = i;
		if (!array_push(&s->found->dumps, s->list.v[i].dump))
			return &error_nomem;
	}
	if (s->found->dumps.nr)
		qsort(s->found->dumps.v, s->found->dumps.nr, sizeof(*s->found->dumps.v), compare_path);
	return NULL;
}

struct error *batch_find(const char *const *roots, unsigned nr, struct batch_found *ret)
{
	struct search s = { .found = ret };
	struct error *err = NULL;

	*ret = (struct batch_found){ .files = 0 };
	for (unsigned i = 0; i < nr && !err; i++)
		err = look_below(&s, roots[i]);
	if (!err)
		err = join_sets(&s);
	array_free(&s.list);
	tdestroy(s.met, free);
	if (err)
		batch_found_deinit(ret);
	return err;
}

void batch_found_deinit(struct batch_found *f)
{
	array_free(&f->dumps);
	array_free(&f->unread);
	array_free(&f->roots);
	arena_deinit(&f->arena);
}
