/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file types_world.h  ELF files for the tests of src/types: types_stub.c, compiled in many ways when a test runs. */
#ifndef TESTS_TYPES_WORLD_H
#define TESTS_TYPES_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "types/types.h"

enum { EXPECTED_MAX = 128 };

/** What a compiled stub says about itself. */
struct expected {
	size_t nr;
	struct question questions[EXPECTED_MAX];
	struct answer answers[EXPECTED_MAX];
	char *text; /* questions point into it */
};

/** A directory that world_remove() removes with all that is in it. */
char *world_new(void);
void world_remove(char *dir);

/** "<dir>/<name>"; free it. */
char *world_path(const char *dir, const char *name);

/** Run a shell command in \p dir.  False: it failed. */
bool world_run(const char *dir, const char *fmt, ...) _printf_(2, 3);

/**
 * Compile the stub as \p dir/\p name with compiler \p cc (NULL: the one that built us) and \p flags.
 * \p last: flags for the linker, after everything else.
 */
bool stub_build(const char *dir, const char *name, const char *cc, const char *flags, const char *last);

/** Ask the compiled stub. */
void stub_expect(const char *dir, const char *name, struct expected *ret);
void expected_deinit(struct expected *e);

bool answer_equal(const struct answer *a, const struct answer *b);

char *file_load(const char *path, size_t *size_ret);
void file_save(const char *path, const void *data, size_t size);

#endif
