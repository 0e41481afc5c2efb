/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Up to v5.9 the log is one buffer of records that follow each other: struct printk_log with the length of the whole, then text,
 * then a dictionary.  A length of 0 says that the next one stands at the start of the buffer (log_next()).  896156733673
 * ("printk: replace ringbuffer") made it what printk.c reads.
 */
#include "walk/printk_old.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum { MAX_HEADER = 64, MAX_BUFFER_BITS = 31 };

struct old_log {
	struct kvmem *k;
	struct printk_result *result;
	uint64_t buf, size;
	uint64_t first, next;
	int64_t header, ts_nsec, len, text_len; /* size of struct printk_log, and offsets in it */
	char *text;
};

/* Address of a record that cannot be. */
static void broken(struct old_log *g, uint64_t index)
{
	if (g->result->missing++ == 0)
		g->result->missing_at = g->buf + index;
}

static bool read_layout(const struct dump *d, struct old_log *g)
{
	return dump_vmcoreinfo_number(d, "SIZE", "printk_log", &g->header) &&
	       dump_vmcoreinfo_number(d, "OFFSET", "printk_log.ts_nsec", &g->ts_nsec) &&
	       dump_vmcoreinfo_number(d, "OFFSET", "printk_log.len", &g->len) &&
	       dump_vmcoreinfo_number(d, "OFFSET", "printk_log.text_len", &g->text_len) && g->header > 0 &&
	       g->header <= MAX_HEADER && g->ts_nsec >= 0 && g->ts_nsec + 8 <= g->header && g->len >= 0 &&
	       g->len + 2 <= g->header && g->text_len >= 0 && g->text_len + 2 <= g->header;
}

/* *ret_ok: the variables exist, are readable and make sense. */
static struct error *read_variables(const struct dump *d, struct old_log *g, bool *ret_ok)
{
	static const char *const names[] = { "log_buf", "log_buf_len", "log_first_idx", "log_next_idx" };
	uint64_t *const values[] = { &g->buf, &g->size, &g->first, &g->next };
	struct error *err = NULL;

	*ret_ok = true;
	for (size_t i = 0; !err && *ret_ok && i < ARRAY_SIZE(names); i++) {
		uint64_t va;

		*ret_ok = dump_vmcoreinfo_symbol(d, names[i], &va);
		if (*ret_ok)
			err = kvmem_read_word(g->k, va, i ? 4 : 8, values[i], ret_ok);
	}
	*ret_ok &= g->size <= bit_u64(MAX_BUFFER_BITS) && g->first < g->size && g->next < g->size;
	return err;
}

/* The record at `index`; *ret_len: bytes to the next one, 0: nothing can be said of it. */
static struct error *tell(struct old_log *g, uint64_t index, uint64_t seq, printk_fn fn, void *arg, uint64_t *ret_len)
{
	enum endian e = kvmem_endian(g->k);
	unsigned char header[MAX_HEADER];
	struct printk_record r = { .seq = seq, .text = g->text };
	uint64_t text;
	bool ok;
	struct error *err = kvmem_read_all(g->k, g->buf + index, header, (size_t)g->header, &ok);

	*ret_len = ok ? get_u16(e, header + g->len) : 0;
	if (err || !ok || !*ret_len)
		return err;
	text = get_u16(e, header + g->text_len);
	if (*ret_len < text + (uint64_t)g->header || *ret_len > g->size - index) {
		*ret_len = 0;
		return NULL;
	}
	r.len = text < PRINTK_MAX_TEXT ? (size_t)text : PRINTK_MAX_TEXT;
	r.ts_nsec = get_u64(e, header + g->ts_nsec);
	err = kvmem_read_all(g->k, g->buf + index + (uint64_t)g->header, g->text, r.len, &ok);
	if (!err && !ok)
		broken(g, index);
	if (err || !ok)
		return err;
	g->text[r.len] = '\0';
	g->result->records++;
	return fn(arg, &r);
}

static struct error *walk(struct old_log *g, printk_fn fn, void *arg)
{
	uint64_t index = g->first, len, seq = 0;
	struct error *err = NULL;
	bool turned = false;

	/* every step leads on, and from the end to the start once */
	while (!err && index != g->next) {
		err = g->size - index >= (uint64_t)g->header ? tell(g, index, seq++, fn, arg, &len) : NULL;
		if (err)
			break;
		if (g->size - index < (uint64_t)g->header || !len) {
			if (turned || index < g->next) { /* no kernel ends a buffer here */
				broken(g, index);
				break;
			}
			turned = true;
			index = 0;
			continue;
		}
		index += len;
		if (turned && index > g->next) {
			broken(g, index);
			break;
		}
	}
	return err;
}

struct error *printk_old_walk(const struct dump *d, struct kvmem *k, printk_fn fn, void *arg, struct printk_result *ret,
			      bool *ret_known)
{
	_cleanup_free_ char *text = malloc(PRINTK_MAX_TEXT + 1);
	struct old_log g = { .k = k, .result = ret, .text = text };
	bool ok = false;
	struct error *err;

	*ret_known = false;
	if (!text)
		return &error_nomem;
	if (!read_layout(d, &g))
		return NULL;
	*ret_known = true;
	err = read_variables(d, &g, &ok);
	ret->why = ok ? NULL : "not readable in the dump, or damaged";
	return err || !ok ? err : walk(&g, fn, arg);
}
