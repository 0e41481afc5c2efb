/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file facts_file.h  Answers as text.
 *
 *   pagefsck-facts 1
 *   checksum 6c62272e07bb0142          FNV-1a of all that follows this line
 *   build-id 06f8bde30046985060c6...   - for none
 *   answers 4
 *   member page _mapcount offset=48 size=4
 *   enum - MIGRATE_CMA absent
 *   array node_data size=8192 length=1024 stride=8
 *   symbol mem_section size=8 value=0xffffffff84085b18
 *
 * What a line leaves out is 0.
 */
#ifndef TYPES_FACTS_FILE_H
#define TYPES_FACTS_FILE_H

#include "types/types.h"

struct facts_file;

/** True when \p path begins like a facts file. */
bool facts_file_probe(const char *path);

/** Error: unreadable, or not exactly in this format; names the line. */
struct error *facts_file_read(const char *path, struct facts_file **ret) _must_check_;

/** The same from text in memory (which is copied). */
struct error *facts_file_parse(const char *text, size_t size, struct facts_file **ret) _must_check_;
void facts_file_free(struct facts_file *f);

/** Lower-case hexadecimal, NULL for none. */
const char *facts_file_build_id(const struct facts_file *f);

/** Fill in the answers that the file has.  Returns the index of the first question that it has not, or \p nr. */
size_t facts_file_ask(const struct facts_file *f, const struct question *questions, struct answer *answers, size_t nr);

/** The text of a facts file: the \p nr answers, then those of \p more (may be NULL) to other questions. */
struct error *facts_file_text(const char *build_id, const struct question *questions, const struct answer *answers,
			 size_t nr, const struct facts_file *more, char **ret) _must_check_;

#endif
