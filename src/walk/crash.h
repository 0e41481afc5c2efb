/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file crash.h  How the kernel came to its end, and what it had complained about before: from its log, and from the variables
 * that panic() sets.
 */
#ifndef WALK_CRASH_H
#define WALK_CRASH_H

#include "base/array.h"
#include "layout/layout.h"
#include "walk/percpu.h"
#include "walk/printk.h"
#include "walk/task.h"

/** Complaints that are kept; the rest is counted. */
enum { CRASH_LINE = 200, CRASH_MAX_COMPLAINTS = 256 };

/** A line of the kernel log. */
struct crash_line {
	uint64_t ts_nsec;
	uint64_t pfn;              /**< the page that it names, UINT64_MAX: none */
	char text[CRASH_LINE + 1]; /**< "": there is none.  Bytes as they are in the dump, cut when longer */
};

enum crash_state {
	CRASH_UNKNOWN, /**< neither the log nor the variables are readable */
	CRASH_NONE,    /**< the machine was running */
	CRASH_PANIC,
};

struct crash {
	enum crash_state state;
	struct printk_result log;
	struct crash_line last;    /**< of all records: when the machine was last heard of */
	struct crash_line message; /**< what panic() says; an oops that goes straight to kdump has none */
	struct crash_line cause;   /**< the last of what brings a kernel down, before that */
	struct crash_line oops;
	ARRAY(struct crash_line) complaints; /**< of the memory manager, oldest first */
	uint64_t nr_complaints;
	int64_t cpu;               /**< that panicked, -1: not known */
	uint64_t task;             /**< its task, 0: not known */
	int32_t pid;
	char comm[TASK_COMM_SIZE + 1];
	bool has_taint;
	uint64_t taint;            /**< a bit for each reason (enum of TAINT_*) */
};

/** What cannot be read is left out: only failures of the file, and of memory, are errors. */
struct error *crash_init(struct crash *c, const struct layout *l, const struct percpu *p, const struct dump *d, struct kvmem *k)
	_must_check_;
void crash_deinit(struct crash *c);

/** Letter and meaning of bit \p bit of crash.taint; 0 for what is not known. */
char taint_letter(unsigned bit, const char **ret_meaning);

#endif
