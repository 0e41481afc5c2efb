/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file probe.h  Is a file a dump, by what it holds?  Costs a few reads, whatever the size. */
#ifndef BATCH_PROBE_H
#define BATCH_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct probe {
	bool is_dump;       /**< of the kernel, in a form that pagefsck can read; what is damaged later in it does not count */
	uint64_t pages;     /**< of memory that it is about, as the header says; 0: not known */
	uint64_t head_hash; /**< of the first and the last bytes */
	bool is_part;       /**< of a split dump: */
	uint64_t set;       /**< the same for all parts that belong together */
	uint64_t first_pfn; /**< of this part */
};

/** Look at the file that \p fd is open on, \p size bytes long.  False: it cannot be read (errno). */
bool probe_file(int fd, uint64_t size, struct probe *ret);

#endif
