/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/facts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/strbuf.h"

static const char magic[] = "pagefsck-facts ";

enum {
	FACTS_VERSION = 1,
	FACTS_SIZE_MAX = 8 << 20,
	FIELDS_MAX = 12, /* words in a line */
};

static const char *const kind_words[] = {
	[Q_SIZE] = "size", [Q_MEMBER] = "member", [Q_ENUM] = "enum", [Q_ARRAY] = "array", [Q_SYMBOL] = "symbol",
};

struct facts_file {
	char *text; /* questions point into it */
	const char *build_id;
	struct {
		struct question question;
		struct answer answer;
	} *v;
	size_t nr;
	size_t room;
};

static uint64_t checksum(const char *s, size_t size)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		h = (h ^ (uint8_t)s[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Does a question of this kind have a name besides its type? */
static bool kind_has_name(enum question_kind kind)
{
	return kind == Q_MEMBER || kind == Q_ENUM;
}

/* ---- writing ---- */

static void field_add(struct strbuf *b, const char *key, uint64_t value)
{
	if (value)
		strbuf_printf(b, " %s=%" PRIu64, key, value);
}

static void answer_add(struct strbuf *b, enum question_kind kind, const struct answer *a)
{
	if (!a->found) {
		strbuf_puts(b, " absent\n");
		return;
	}
	field_add(b, "offset", a->offset);
	field_add(b, "size", a->size);
	field_add(b, "bit_offset", a->bit_offset);
	field_add(b, "bit_size", a->bit_size);
	field_add(b, "length", a->length);
	field_add(b, "stride", a->stride);
	if (a->value && kind == Q_SYMBOL)
		strbuf_printf(b, " value=%#" PRIx64, (uint64_t)a->value);
	else if (a->value)
		strbuf_printf(b, " value=%" PRId64, a->value);
	strbuf_puts(b, a->pointer ? " pointer\n" : "\n");
}

static bool word_fits(const char *s)
{
	return s && *s && !s[strcspn(s, " \t\r\n")] && strcmp(s, "-") != 0;
}

static bool line_add(struct strbuf *b, const struct question *q, const struct answer *a)
{
	bool has_name = kind_has_name(q->kind);

	if ((!word_fits(q->type) && (q->type || q->kind != Q_ENUM)) || (has_name && !word_fits(q->name)))
		return false;
	strbuf_printf(b, "%s %s%s%s", kind_words[q->kind], q->type ? q->type : "-", has_name ? " " : "",
		      has_name ? q->name : "");
	answer_add(b, q->kind, a);
	return true;
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool question_equal(const struct question *a, const struct question *b)
{
	return a->kind == b->kind && text_equal(a->type, b->type) &&
	       (!kind_has_name(a->kind) || text_equal(a->name, b->name));
}

/* Start looking at *hint: files are written in the order of the questions. */
static const struct answer *facts_file_find(const struct facts_file *f, const struct question *q, size_t *hint)
{
	for (size_t i = 0; i < f->nr; i++) {
		size_t at = (*hint + i) % f->nr;

		if (!question_equal(&f->v[at].question, q))
			continue;
		*hint = at + 1;
		return &f->v[at].answer;
	}
	return NULL;
}

static bool asked(const struct question *questions, size_t nr, const struct question *q)
{
	for (size_t i = 0; i < nr; i++)
		if (question_equal(&questions[i], q))
			return true;
	return false;
}

static size_t lines_add(struct strbuf *b, const struct question *questions, const struct answer *answers, size_t nr,
			const struct facts_file *more)
{
	size_t nr_lines = 0;

	for (size_t i = 0; i < nr; i++)
		if (!asked(questions, i, &questions[i])) /* each question once */
			nr_lines += line_add(b, &questions[i], &answers[i]);
	for (size_t i = 0; more && i < more->nr; i++)
		if (!asked(questions, nr, &more->v[i].question))
			nr_lines += line_add(b, &more->v[i].question, &more->v[i].answer);
	return nr_lines;
}

struct error *facts_file_text(const char *build_id, const struct question *questions, const struct answer *answers,
			 size_t nr, const struct facts_file *more, char **ret)
{
	struct strbuf lines = { 0 }, rest = { 0 }, all = { 0 };
	size_t nr_lines = lines_add(&lines, questions, answers, nr, more);

	strbuf_printf(&rest, "build-id %s\nanswers %zu\n%s", build_id ? build_id : "-", nr_lines,
		      lines.s && !lines.failed ? lines.s : "");
	if (!rest.failed)
		strbuf_printf(&all, "%s%d\nchecksum %016" PRIx64 "\n%s", magic, FACTS_VERSION,
			      checksum(rest.s, rest.len), rest.s);
	all.failed |= rest.failed || lines.failed;
	strbuf_deinit(&lines);
	strbuf_deinit(&rest);
	*ret = strbuf_take(&all);
	return *ret ? NULL : &error_nomem;
}

struct error *facts_write(const char *path, const char *build_id, const struct question *questions,
			  const struct answer *answers, size_t nr)
{
	_cleanup_free_ char *text = NULL;
	struct error *err = facts_file_text(build_id, questions, answers, nr, NULL, &text);
	FILE *f;
	bool ok;

	if (err)
		return err;
	f = fopen(path, "we");
	if (!f)
		return error_errno(errno, "%s: cannot write", path);
	ok = fputs(text, f) >= 0;
	ok = fclose(f) == 0 && ok;
	return ok ? NULL : error_errno(errno, "%s: cannot write", path);
}

/* ---- reading ---- */

/* Cut *rest at the next newline and return the line; NULL at the end or when the last line is torn. */
static char *line_next(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return line;
}

/* The rest of the line when it begins with word, else NULL. */
static const char *line_after(const char *line, const char *word)
{
	size_t length = strlen(word);

	return line && strncmp(line, word, length) == 0 ? line + length : NULL;
}

static bool number_parse(const char *s, uint64_t *ret)
{
	char *end;

	if (!strchr("-0123456789", *s) || !*s)
		return false;
	errno = 0;
	*ret = *s == '-' ? (uint64_t)strtoll(s, &end, 0) : strtoull(s, &end, 0);
	return !errno && !*end;
}

static bool narrow_parse(const char *s, uint32_t *ret)
{
	uint64_t v;

	if (!number_parse(s, &v) || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool field_parse(const char *word, struct answer *a)
{
	const char *s;
	uint64_t v;

	if (strcmp(word, "pointer") == 0)
		return a->pointer = true;
	if ((s = line_after(word, "offset=")))
		return number_parse(s, &a->offset);
	if ((s = line_after(word, "size=")))
		return number_parse(s, &a->size);
	if ((s = line_after(word, "bit_offset=")))
		return narrow_parse(s, &a->bit_offset);
	if ((s = line_after(word, "bit_size=")))
		return narrow_parse(s, &a->bit_size);
	if ((s = line_after(word, "length=")))
		return number_parse(s, &a->length);
	if ((s = line_after(word, "stride=")))
		return number_parse(s, &a->stride);
	if (!(s = line_after(word, "value=")) || !number_parse(s, &v))
		return false;
	a->value = (int64_t)v;
	return true;
}

static size_t words_split(char *line, char **words)
{
	size_t nr = 0;
	char *save = NULL;

	for (char *w = strtok_r(line, " ", &save); w && nr < FIELDS_MAX; w = strtok_r(NULL, " ", &save))
		words[nr++] = w;
	return nr;
}

static bool kind_parse(const char *word, enum question_kind *ret)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kind_words); i++) {
		if (strcmp(word, kind_words[i]) != 0)
			continue;
		*ret = (enum question_kind)i;
		return true;
	}
	return false;
}

/* "member page _mapcount offset=48 size=4" */
static bool answer_parse(char *line, struct question *q, struct answer *a)
{
	char *words[FIELDS_MAX];
	size_t nr = words_split(line, words), at = 2;

	*q = (struct question){ 0 };
	*a = (struct answer){ .found = true };
	if (nr < 2 || !kind_parse(words[0], &q->kind))
		return false;
	q->type = strcmp(words[1], "-") != 0 ? words[1] : NULL;
	if (kind_has_name(q->kind)) {
		if (nr < 3)
			return false;
		q->name = words[at++];
	}
	if (!q->type && q->kind != Q_ENUM)
		return false;
	if (nr == at + 1 && strcmp(words[at], "absent") == 0) {
		a->found = false;
		return true;
	}
	for (; at < nr; at++)
		if (!field_parse(words[at], a))
			return false;
	return true;
}

static struct error *answers_parse(struct facts_file *f, char *rest, uint64_t nr_want)
{
	for (unsigned line_nr = 5; *rest; line_nr++) {
		char *line = line_next(&rest);

		if (!line)
			return error_new("line %u: cut off", line_nr);
		if (!array_reserve(f, 1))
			return &error_nomem;
		if (!answer_parse(line, &f->v[f->nr].question, &f->v[f->nr].answer))
			return error_new("line %u: not an answer", line_nr);
		f->nr++;
	}
	if (f->nr != nr_want)
		return error_new("line 4: promises %" PRIu64 " answers, but there are %zu", nr_want, f->nr);
	return NULL;
}

static struct error *checksum_check(const char *line, const char *rest)
{
	const char *hex = line_after(line, "checksum ");
	char want[17];

	if (!hex)
		return error_new("line 2: the checksum is missing");
	snprintf(want, sizeof(want), "%016" PRIx64, checksum(rest, strlen(rest)));
	if (strcmp(hex, want) != 0)
		return error_new("line 2: the checksum does not fit what follows; "
				 "the file was changed or cut off, write it again");
	return NULL;
}

static struct error *text_parse(struct facts_file *f)
{
	char *rest = f->text, *line = line_next(&rest);
	const char *version = line_after(line, magic), *word;
	struct error *err;
	uint64_t nr;

	if (!version)
		return error_new("line 1: not a pagefsck facts file");
	if (strcmp(version, "1") != 0)
		return error_new("line 1: facts file of another format than %d; write it again with this program",
				 FACTS_VERSION);
	line = line_next(&rest);
	err = checksum_check(line, rest);
	if (err)
		return err;
	word = line_after(line_next(&rest), "build-id ");
	if (!word || !word_fits(strcmp(word, "-") == 0 ? "none" : word))
		return error_new("line 3: the build-id is missing");
	f->build_id = strcmp(word, "-") != 0 ? word : NULL;
	word = line_after(line_next(&rest), "answers ");
	if (!word || !number_parse(word, &nr))
		return error_new("line 4: the number of answers is missing");
	return answers_parse(f, rest, nr);
}

struct error *facts_file_parse(const char *text, size_t size, struct facts_file **ret)
{
	struct facts_file *f = calloc(1, sizeof(*f));
	struct error *err;

	if (!f)
		return &error_nomem;
	f->text = strndup(text, size);
	err = !f->text ? &error_nomem :
	      strlen(f->text) != size ? error_new("has NUL bytes; not a pagefsck facts file") : text_parse(f);
	if (err) {
		facts_file_free(f);
		return err;
	}
	*ret = f;
	return NULL;
}

void facts_file_free(struct facts_file *f)
{
	if (!f)
		return;
	free(f->v);
	free(f->text);
	free(f);
}

bool facts_file_probe(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char start[sizeof(magic) - 1];

	return fd >= 0 && pread(fd, start, sizeof(start), 0) == (ssize_t)sizeof(start) &&
	       memcmp(start, magic, sizeof(start)) == 0;
}

struct error *facts_file_read(const char *path, struct facts_file **ret)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	_cleanup_free_ char *text = NULL;
	struct stat st;

	if (!f || fstat(fileno(f), &st))
		return error_errno(errno, "cannot open");
	if (!S_ISREG(st.st_mode) || st.st_size > FACTS_SIZE_MAX)
		return error_new("not a facts file: no regular file of at most %d bytes", FACTS_SIZE_MAX);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return &error_nomem;
	if (fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		return error_new("cannot read all of it");
	return facts_file_parse(text, (size_t)st.st_size, ret);
}

const char *facts_file_build_id(const struct facts_file *f)
{
	return f->build_id;
}

size_t facts_file_ask(const struct facts_file *f, const struct question *questions, struct answer *answers, size_t nr)
{
	size_t hint = 0, first_missing = nr;

	for (size_t i = nr; i-- > 0;)
		answers[i] = (struct answer){ 0 };
	for (size_t i = 0; i < nr; i++) {
		const struct answer *a = facts_file_find(f, &questions[i], &hint);

		if (a)
			answers[i] = *a;
		else if (first_missing == nr)
			first_missing = i;
	}
	return first_missing;
}
