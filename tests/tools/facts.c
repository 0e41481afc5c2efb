/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares what two kinds of debug info answer to every question of facts.def, in each spelling.
 *
 *   facts DWARF BTF [DUMP]
 *
 * DWARF is a vmlinux, BTF one of the forms that pagefsck reads, or - for the BTF in DUMP.  Prints a line for every answer that
 * differs, and one line of totals.  Symbols are compared when DUMP is given; one without a dump lacks them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "layout/fact_list.h"
#include "walk/embedded.h"

struct asked {
	ARRAY(struct question) list;
	struct arena strings;
};

static bool questions_make(struct asked *a)
{
	bool ok = true;

	for (enum fact id = 0; id < NR_FACTS; id++)
		for (unsigned i = 0; ok && i < FACT_MAX_SPELLINGS && fact_names[id].spellings[i]; i++) {
			struct question q;

			ok = fact_question(&a->strings, fact_names[id].kind, fact_names[id].spellings[i], &q) &&
			     array_push(&a->list, q);
		}
	return ok;
}

static bool same(const struct question *q, const struct answer *a, const struct answer *b)
{
	/* kallsyms knows where the next symbol is, not where this one ends */
	uint64_t size = q->kind == Q_SYMBOL ? a->size : b->size;

	if (!a->found && !b->found)
		return true;
	return a->found == b->found && a->pointer == b->pointer && a->offset == b->offset && a->size == size &&
	       a->bit_offset == b->bit_offset && a->bit_size == b->bit_size && a->length == b->length && a->stride == b->stride &&
	       a->value == b->value;
}

static void answer_print(const char *title, const struct answer *a)
{
	if (a->found)
		printf(" %s offset=%" PRIu64 " size=%" PRIu64 " bits=%" PRIu32 "+%" PRIu32 " length=%" PRIu64 " stride=%" PRIu64
		       " value=%#" PRIx64 " pointer=%d",
		       title, a->offset, a->size, a->bit_offset, a->bit_size, a->length, a->stride, (uint64_t)a->value, a->pointer);
	else
		printf(" %s absent", title);
}

static void compare(const struct asked *q, const struct answer *a, const struct answer *b, bool symbols)
{
	static const char *const kind_names[] = { "size", "member", "enum", "array", "symbol" };
	size_t compared = 0, found = 0, differ = 0;

	for (size_t i = 0; i < q->list.nr; i++) {
		const struct question *of = &q->list.v[i];

		if (of->kind == Q_SYMBOL && !symbols)
			continue;
		compared++;
		found += a[i].found;
		if (same(of, &a[i], &b[i]))
			continue;
		differ++;
		printf("%s %s%s%s:", kind_names[of->kind], of->type ? of->type : "*", of->name ? "." : "",
		       of->name ? of->name : "");
		answer_print("dwarf", &a[i]);
		answer_print("btf", &b[i]);
		putchar('\n');
	}
	printf("compared %zu found %zu differ %zu\n", compared, found, differ);
}

/* The other side: a file, with symbols from the dump when there is one, or all from the dump. */
static struct error *open_btf(const char *btf, struct dump *dump, struct types **ret)
{
	struct error *err;

	if (dump && !strcmp(btf, "-"))
		return embedded_types(dump, ret);
	err = types_open(btf, NULL, ret);
	return err || !dump || !types_lacks_symbols(*ret) ? err : embedded_symbols(dump, *ret);
}

static struct error *run(const char *dwarf, const char *btf, const char *path, struct asked *q)
{
	struct types *a = NULL, *b = NULL;
	struct dump *dump = NULL;
	struct answer *answers = calloc(2 * q->list.nr + 1, sizeof(*answers));
	struct error *err = answers ? NULL : &error_nomem;

	if (!err)
		err = types_open(dwarf, NULL, &a);
	if (!err && path)
		err = dump_open(path, &dump);
	if (!err)
		err = open_btf(btf, dump, &b);
	if (!err)
		err = types_ask(a, q->list.v, answers, q->list.nr);
	if (!err)
		err = types_ask(b, q->list.v, answers + q->list.nr, q->list.nr);
	if (!err)
		compare(q, answers, answers + q->list.nr, path != NULL);
	types_free(a);
	types_free(b);
	dump_free(dump);
	free(answers);
	return err;
}

int main(int argc, char **argv)
{
	struct asked q = { 0 };
	struct error *err;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: %s DWARF BTF [DUMP]\n", program_invocation_short_name);
		return 2;
	}
	err = questions_make(&q) ? run(argv[1], argv[2], argv[3], &q) : &error_nomem;
	if (err)
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, error_text(err));
	array_free(&q.list);
	arena_deinit(&q.strings);
	error_free(err);
	return err || fflush(stdout) ? 1 : 0;
}
