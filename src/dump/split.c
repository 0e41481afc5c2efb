/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/split.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/u64.h"
#include "dump/format.h"

enum { MAX_PARTS = 4096, COMPARE_CHUNK = 65536 };

/* ---- do two files belong together? ------------------------------------------------------------------------------ */

/* Compare [a_offset, + size) of a with the same bytes of b at b_offset. */
static struct error *same_bytes(const struct dump_file *a, uint64_t a_offset, const struct dump_file *b, uint64_t b_offset,
				uint64_t size, bool *ret)
{
	_cleanup_free_ uint8_t *buf = malloc(2 * COMPARE_CHUNK);
	struct error *err = buf ? NULL : &error_nomem;
	size_t got_a, got_b;

	*ret = true;
	for (uint64_t done = 0; done < size && *ret && !err; done += COMPARE_CHUNK) {
		size_t want = size - done < COMPARE_CHUNK ? (size_t)(size - done) : COMPARE_CHUNK;

		err = file_read(a, a_offset + done, buf, want, &got_a);
		if (!err)
			err = file_read(b, b_offset + done, buf + COMPARE_CHUNK, want, &got_b);
		if (!err)
			*ret = got_a == got_b && !memcmp(buf, buf + COMPARE_CHUNK, got_a);
	}
	return err;
}

static bool same_shape(const struct diskdump_header *a, const struct diskdump_header *b)
{
	return a->version == b->version && a->block_size == b->block_size && a->max_mapnr == b->max_mapnr &&
	       a->bitmap_offset == b->bitmap_offset && a->bitmap_size == b->bitmap_size &&
	       a->dump_level == b->dump_level && a->vmcoreinfo_size == b->vmcoreinfo_size &&
	       a->notes_size == b->notes_size;
}

/* In what two parts differ that should not, NULL if in nothing. */
static struct error *split_difference(const struct split_part *a, const struct split_part *b, const char **ret)
{
	const struct diskdump_header *ha = &a->header, *hb = &b->header;
	struct error *err = NULL;
	bool same = true;

	*ret = "the size of memory or the filter";
	if (!same_shape(ha, hb))
		return NULL;
	*ret = "the kernel or the time of the dump";
	if (memcmp(ha->identity, hb->identity, sizeof(ha->identity)))
		return NULL;
	if (ha->vmcoreinfo_size)
		err = same_bytes(&a->file, ha->vmcoreinfo_offset, &b->file, hb->vmcoreinfo_offset, ha->vmcoreinfo_size, &same);
	if (!err && same && ha->notes_size)
		err = same_bytes(&a->file, ha->notes_offset, &b->file, hb->notes_offset, ha->notes_size, &same);
	if (err || !same)
		return err;
	*ret = "the map of memory";
	err = same_bytes(&a->file, ha->bitmap_offset, &b->file, hb->bitmap_offset, diskdump_bitmaps_used(ha),
			 &same);
	if (!err && same)
		*ret = NULL;
	return err;
}

/* ---- the set ---------------------------------------------------------------------------------------------------- */

static void part_deinit(struct split_part *p)
{
	file_close(&p->file);
	free(p->path);
	p->path = NULL;
}

void split_deinit(struct split_set *s)
{
	for (size_t i = 0; i < s->parts.nr; i++)
		part_deinit(&s->parts.v[i]);
	array_free(&s->parts);
}

/* Takes the file over. */
static struct error *part_init(struct split_part *p, struct dump_file *file, const char *path)
{
	struct error *err;

	*p = (struct split_part){ .file = *file, .path = strdup(path), .end_pfn = UINT64_MAX };
	err = p->path ? diskdump_read_header(&p->file, &p->header) : &error_nomem;
	if (!err && p->header.split) {
		p->first_pfn = p->header.split_first;
		p->end_pfn = p->header.split_end;
		if (p->first_pfn > p->end_pfn || p->end_pfn > p->header.max_mapnr)
			err = error_new("part of a split dump from pfn %#" PRIx64 " to %#" PRIx64 ": the header is damaged",
					p->first_pfn, p->end_pfn);
	}
	if (err)
		part_deinit(p);
	return err;
}

static struct error *part_open(struct split_part *p, const char *path)
{
	char head[FORMAT_HEAD_SIZE] = "";
	struct dump_file file;
	struct error *err;
	size_t got = 0;

	err = file_open(path, &file);
	if (err)
		return err;
	err = file_read(&file, 0, head, sizeof(head), &got);
	if (!err && format_of(head, got) != DUMP_FORMAT_KDUMP)
		err = error_new("not part of a split dump (makedumpfile --split); give one dump at a time");
	if (err)
		file_close(&file);
	return err ? err : part_init(p, &file, path);
}

static bool parts_overlap(const struct split_part *a, const struct split_part *b)
{
	return a->first_pfn < b->end_pfn && b->first_pfn < a->end_pfn;
}

/* The part of the set that has pages which p has, too. */
static const struct split_part *split_twin(const struct split_set *s, const struct split_part *p)
{
	for (size_t i = 0; i < s->parts.nr; i++)
		if (parts_overlap(&s->parts.v[i], p))
			return &s->parts.v[i];
	return NULL;
}

static struct error *split_check(const struct split_set *s, const struct split_part *p)
{
	const struct split_part *first = &s->parts.v[0], *twin;
	const char *difference;
	struct error *err;

	if (!first->header.split || !p->header.split)
		return error_new("%s is a whole dump, not part of a split one; give one dump at a time",
				 first->header.split ? p->path : first->path);
	err = split_difference(first, p, &difference);
	if (err)
		return err;
	if (difference)
		return error_new("not of the same split dump as %s: %s differs; give parts of one dump", p->path, difference);
	twin = split_twin(s, p);
	if (twin)
		return error_new("%s and %s hold the same pages (pfns %#" PRIx64 " to %#" PRIx64 "); give each part once",
				 twin->path, p->path, p->first_pfn, p->end_pfn);
	return NULL;
}

/* Takes the part over. */
static struct error *split_add(struct split_set *s, struct split_part *p)
{
	if (s->parts.nr < MAX_PARTS && array_push(&s->parts, *p))
		return NULL;
	part_deinit(p);
	return s->parts.nr < MAX_PARTS ? &error_nomem : error_new("more than %d parts", (int)MAX_PARTS);
}

static struct error *split_add_given(struct split_set *s, const char *path)
{
	struct split_part p;
	struct error *err;

	err = error_prefix(part_open(&p, path), "%s", path);
	if (err)
		return err;
	err = split_check(s, &p);
	if (err) {
		part_deinit(&p);
		return err;
	}
	return split_add(s, &p);
}

/* ---- the other parts, beside the one that was given -------------------------------------------------------------- */

/* A file of the folder: whatever is wrong with it, it is not one of ours then. */
static struct error *split_try(struct split_set *s, const char *path)
{
	const struct split_part *first = &s->parts.v[0];
	const char *difference = NULL;
	struct split_part p;
	struct error *err;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)first->header.bitmap_offset)
		return NULL;
	err = part_open(&p, path);
	if (!err) {
		err = p.header.split ? split_difference(first, &p, &difference) : NULL;
		if (!err && p.header.split && !difference && !split_twin(s, &p))
			return split_add(s, &p);
		part_deinit(&p);
	}
	error_free(err);
	return NULL;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && (entry->d_type == DT_REG || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

static struct error *split_search(struct split_set *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
	struct dirent **entries = NULL;
	struct error *err = NULL;
	int nr;

	if (!folder)
		return &error_nomem;
	nr = scandir(folder, &entries, visible, alphasort);
	for (int i = 0; i < nr; i++) {
		_cleanup_free_ char *other = NULL;

		if (!err && asprintf(&other, "%s%s", slash ? folder : "", entries[i]->d_name) < 0) {
			other = NULL;
			err = &error_nomem;
		}
		if (!err)
			err = split_try(s, other);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int part_compare(const void *a, const void *b)
{
	const struct split_part *pa = a, *pb = b;

	if (pa->first_pfn != pb->first_pfn)
		return pa->first_pfn < pb->first_pfn ? -1 : 1;
	return pa->end_pfn < pb->end_pfn ? -1 : pa->end_pfn > pb->end_pfn;
}

struct error *split_open(struct dump_file *file, const char *path, const char *const *more, unsigned nr_more,
			 struct split_set *ret)
{
	struct split_set s = { .max_mapnr = 0 };
	struct split_part first;
	struct error *err;

	err = part_init(&first, file, path);
	if (!err)
		err = split_add(&s, &first);
	for (unsigned i = 0; i < nr_more && !err; i++)
		err = split_add_given(&s, more[i]);
	if (!err && !nr_more && s.parts.v[0].header.split && !s.parts.v[0].file.piped && strcmp(path, "-"))
		err = split_search(&s, path);
	if (err) {
		split_deinit(&s);
		return err;
	}
	s.max_mapnr = s.parts.v[0].header.max_mapnr;
	qsort(s.parts.v, s.parts.nr, sizeof(*s.parts.v), part_compare);
	*ret = s;
	return NULL;
}

const struct split_part *split_find(const struct split_set *s, uint64_t pfn)
{
	size_t low = array_lower_bound(&s->parts, end_pfn, pfn + 1);

	return low < s->parts.nr && s->parts.v[low].first_pfn <= pfn ? &s->parts.v[low] : NULL;
}

struct error *split_for_each_missing(const struct split_set *s,
				     struct error *(*fn)(void *arg, uint64_t first, uint64_t end), void *arg)
{
	struct error *err = NULL;
	uint64_t pfn = 0;

	for (size_t i = 0; i < s->parts.nr && !err; i++) {
		if (s->parts.v[i].first_pfn > pfn)
			err = fn(arg, pfn, s->parts.v[i].first_pfn);
		pfn = s->parts.v[i].end_pfn;
	}
	return !err && pfn < s->max_mapnr ? fn(arg, pfn, s->max_mapnr) : err;
}
