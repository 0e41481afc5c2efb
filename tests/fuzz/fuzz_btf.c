/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer: any bytes are BTF, and questions are asked about types that kernels have. */
#include "types/btf_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct question questions[] = {
		{ Q_SIZE, "page", NULL },	 { Q_MEMBER, "page", "flags.f" },     { Q_MEMBER, "page", "_refcount" },
		{ Q_MEMBER, "page", "lru.next" }, { Q_ENUM, "pageflags", "PG_locked" }, { Q_ENUM, NULL, "PG_locked" },
		{ Q_ARRAY, "node_data", NULL },  { Q_SIZE, "s", NULL },		      { Q_MEMBER, "s", "x" },
		{ Q_MEMBER, "s", "x.x.x" },	 { Q_ENUM, NULL, "x" },		      { Q_ARRAY, "x", NULL },
	};
	struct answer answers[sizeof(questions) / sizeof(*questions)];
	struct btf b;
	struct error *err = btf_open((struct span){ data, size }, &b);

	if (!err)
		err = btf_source_ask(&b, questions, answers, sizeof(questions) / sizeof(*questions));
	error_free(err);
	btf_close(&b);
	return 0;
}
