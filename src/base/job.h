/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file job.h  Independent units of work on several threads: the only place that knows about locks. */
#ifndef BASE_JOB_H
#define BASE_JOB_H

#include <stdint.h>

#include "base/error.h"

/**
 * Do one unit.  \p worker is in [0, nr_workers): state indexed by it belongs to the calling thread alone.
 * Units are handed out in rising order, each once.
 */
typedef struct error *job_fn(void *arg, unsigned worker, uint64_t unit);

/**
 * Run \p fn for every unit of [0, nr_units) on up to \p nr_workers threads and wait for all of them.
 * After an error no new unit is started; of several errors the one of the lowest unit is returned.
 */
struct error *job_run(unsigned nr_workers, uint64_t nr_units, job_fn *fn, void *arg) _must_check_;

/** CPUs this process may run on, at least 1. */
unsigned job_default_workers(void);

#endif
