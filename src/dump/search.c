/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/search.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dump/vmcoreinfo.h"

/* Read at once; more than the longest text. */
enum { MAX_COPIES = 8, CHUNK = 1 << 20, TEXT_MAX = 1 << 18, STEP = 4096, NOTE_TEXT = 24 };

static const char first_line[] = "OSRELEASE=";

struct search {
	const struct dump_ops *ops;
	void *state; /* a reader */
	unsigned page_shift;
	char *buf; /* CHUNK */
	struct dump_store *store; /* whose copies are filled */
	uint64_t pages;
};

/* Bytes from pa on, as many as can be read without a gap. */
static struct error *search_read(struct search *s, uint64_t pa, void *buf, size_t size, size_t *ret_got)
{
	size_t page_size = (size_t)1 << s->page_shift, got = 0;
	enum gap_reason why = GAP_NONE;
	struct error *err = NULL;

	while (got < size && !err && why == GAP_NONE) {
		size_t n = page_size;

		if (s->ops->read_run)
			err = s->ops->read_run(s->state, pa + got, (char *)buf + got, size - got, &n, &why);
		else
			err = s->ops->read(s->state, pa + got, (char *)buf + got, n, &why);
		got += !err && why == GAP_NONE ? n : 0;
	}
	*ret_got = got;
	return err;
}

/* How long the text at the start of the bytes is: lines that can be printed. */
static size_t text_length(const char *text, size_t size)
{
	size_t len = 0;

	while (len < size && (text[len] == '\n' || (text[len] >= ' ' && text[len] < 0x7f)))
		len++;
	return len;
}

/*
 * crash_save_vmcoreinfo_init() of all kernels writes this line, write_vmcoreinfo_data() of makedumpfile does not: the file
 * that its -g makes may be in the page cache.
 */
static const char own_line[] = "OFFSET(pglist_data.node_id)";

/* Does it say what any kernel's says? */
static bool text_is_vmcoreinfo(const char *text, size_t size)
{
	struct vmcoreinfo v;
	struct error *err;
	bool ok;

	if (vmcoreinfo_complaint(text, size))
		return false;
	err = vmcoreinfo_init(&v, text, size);
	if (err) {
		error_free(err);
		return false;
	}
	ok = vmcoreinfo_get(&v, "PAGESIZE") && vmcoreinfo_get(&v, "SYMBOL(init_uts_ns)") && vmcoreinfo_get(&v, "SIZE(list_head)") &&
	     vmcoreinfo_get(&v, own_line);
	vmcoreinfo_deinit(&v);
	return ok;
}

/* Two texts with pages of different sizes: nothing can be read before it is known which is right. */
static bool same_page_size(const char *a, const char *b)
{
	static const char key[] = "\nPAGESIZE=";
	const char *in_a = strstr(a, key), *in_b = strstr(b, key);

	return in_a && in_b && strtoul(in_a + sizeof(key) - 1, NULL, 10) == strtoul(in_b + sizeof(key) - 1, NULL, 10);
}

static struct error *add_copy(struct search *s, char *text, uint64_t pa)
{
	const struct vmcoreinfo_copy *first = s->store->copies.v;
	size_t nr = s->store->copies.nr;

	if (nr == MAX_COPIES)
		return error_new("no VMCOREINFO note, and memory holds more than %d that differ", MAX_COPIES);
	if (nr && !same_page_size(first->text, text))
		return error_new("no VMCOREINFO note, and memory holds two with pages of different sizes, at %#" PRIx64
				 " and %#" PRIx64 " (one may be of the kernel that ran before); dump again with kdump",
				 first->pa, pa);
	return array_push(&s->store->copies, ((struct vmcoreinfo_copy){ text, pa })) ? NULL : &error_nomem;
}

/* A crash appends a line to one of the copies: the longer one holds all. */
static struct error *search_take(struct search *s, const char *text, size_t size, uint64_t pa)
{
	char *copy = strndup(text, size);
	struct error *err;

	if (!copy)
		return &error_nomem;
	for (size_t i = 0; i < s->store->copies.nr; i++) {
		struct vmcoreinfo_copy *known = &s->store->copies.v[i];
		size_t length = strlen(known->text);

		if (memcmp(known->text, copy, length < size ? length : size))
			continue;
		if (length < size) {
			free((char *)known->text);
			*known = (struct vmcoreinfo_copy){ copy, pa };
		} else {
			free(copy);
		}
		return NULL;
	}
	err = add_copy(s, copy, pa);
	if (err)
		free(copy);
	return err;
}

static struct error *search_try(struct search *s, uint64_t pa, unsigned offset)
{
	unsigned in_page = (unsigned)(pa & low_mask(s->page_shift));
	_cleanup_free_ char *text = malloc(TEXT_MAX);
	struct error *err;
	size_t got, size;

	if (!text)
		return &error_nomem;
	err = search_read(s, pa - in_page, text, TEXT_MAX, &got);
	offset += in_page; /* of a larger page than 4 KiB */
	if (err || got <= offset)
		return err;
	size = text_length(text + offset, got - offset);
	return text_is_vmcoreinfo(text + offset, size) ? search_take(s, text + offset, size, pa - in_page + offset) : NULL;
}

static struct error *search_chunk(struct search *s, uint64_t pa, size_t size)
{
	struct error *err = NULL;

	for (size_t at = 0; at + STEP <= size && !err; at += STEP) {
		const char *page = s->buf + at;

		if (!memcmp(page, first_line, sizeof(first_line) - 1))
			err = search_try(s, pa + at, 0);
		else if (!memcmp(page + NOTE_TEXT, first_line, sizeof(first_line) - 1))
			err = search_try(s, pa + at, NOTE_TEXT);
	}
	return err;
}

/* Pages that are stored: as many as the file has room for, whatever its header claims. */
static struct error *search_run(struct search *s, const struct dump_run *run)
{
	uint64_t pa = run->first << s->page_shift, end = run->end << s->page_shift;
	struct error *err = NULL;
	size_t got;

	for (; pa < end && !err; pa += got ? got : bit_u64(s->page_shift)) { /* behind a page that does not unpack */
		err = search_read(s, pa, s->buf, end - pa < CHUNK ? (size_t)(end - pa) : CHUNK, &got);
		if (!err)
			err = search_chunk(s, pa, got);
		s->pages += got >> s->page_shift;
	}
	return err;
}

static struct error *search_all(struct search *s, const struct dump_ops *ops)
{
	struct dump_store *store = s->store;
	struct error *err = ops->reader_open(store, &s->state);

	if (err)
		return err;
	for (size_t i = 0; i < store->map.runs.nr && !err; i++)
		if (store->map.runs.v[i].why == GAP_NONE)
			err = search_run(s, &store->map.runs.v[i]);
	ops->reader_close(s->state);
	return err;
}

/* Nothing was found: if the file is cut, that is what to mend. */
static struct error *search_error(const struct search *s)
{
	const struct dump_store *store = s->store;
	uint64_t cut = 0;

	for (size_t i = 0; i < store->map.runs.nr; i++)
		if (store->map.runs.v[i].why == GAP_TRUNCATED)
			cut += store->map.runs.v[i].end - store->map.runs.v[i].first;
	if (cut)
		return error_new("no VMCOREINFO, neither as a note nor in the %" PRIu64 " pages that the file holds; %" PRIu64
				 " pages are missing because it was cut, copy the dump again, or look for a full disk",
				 s->pages, cut);
	return error_new("no VMCOREINFO, neither as a note nor in the %" PRIu64 " pages of the dump, so nothing tells where "
			 "the kernel is; dump again with kdump, or with QEMU's vmcoreinfo device (-device vmcoreinfo)",
			 s->pages);
}

bool search_is_needed(const struct dump_store *s)
{
	return !s->notes.vmcoreinfo || !strstr(s->notes.vmcoreinfo, own_line);
}

/* The first text takes the place of the note. */
static struct error *take_first(struct dump_store *store)
{
	char *text = strdup(store->copies.v[0].text);

	if (!text)
		return &error_nomem;
	store->info.copies = store->copies.v;
	store->info.nr_copies = (unsigned)store->copies.nr;
	store->info.vmcoreinfo_pa = store->copies.v[0].pa;
	store->info.other_note = store->notes.vmcoreinfo;
	free(store->notes.vmcoreinfo);
	store->notes.vmcoreinfo = text;
	store->notes.vmcoreinfo_size = strlen(text);
	return NULL;
}

struct error *search_vmcoreinfo(struct dump_store *store, const struct dump_ops *ops)
{
	struct search s = { .ops = ops, .page_shift = store->info.page_shift, .buf = malloc(CHUNK), .store = store };
	struct error *err = s.buf ? search_all(&s, ops) : &error_nomem;

	free(s.buf);
	if (!err && !store->copies.nr && !store->notes.vmcoreinfo)
		err = search_error(&s);
	if (err || !store->copies.nr)
		return err;
	return take_first(store);
}
