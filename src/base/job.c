/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/job.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

struct job {
	job_fn *fn;
	void *arg;
	uint64_t nr_units;
	atomic_uint_fast64_t next;
	atomic_bool failed;
	pthread_mutex_t lock; /* guards the two below */
	struct error *err;
	uint64_t err_unit;
};

struct worker {
	struct job *job;
	unsigned nr;
	pthread_t thread;
	bool started;
};

static void job_fail(struct job *job, uint64_t unit, struct error *err)
{
	pthread_mutex_lock(&job->lock);
	if (!job->err || unit < job->err_unit) {
		error_free(job->err);
		job->err = err;
		job->err_unit = unit;
	} else {
		error_free(err);
	}
	pthread_mutex_unlock(&job->lock);
	atomic_store(&job->failed, true);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct job *job = w->job;

	while (!atomic_load(&job->failed)) {
		uint64_t unit = atomic_fetch_add(&job->next, 1);
		struct error *err;

		if (unit >= job->nr_units)
			break;
		err = job->fn(job->arg, w->nr, unit);
		if (err)
			job_fail(job, unit, err);
	}
	return NULL;
}

struct error *job_run(unsigned nr_workers, uint64_t nr_units, job_fn *fn, void *arg)
{
	struct job job = { .fn = fn, .arg = arg, .nr_units = nr_units, .lock = PTHREAD_MUTEX_INITIALIZER };
	unsigned nr = nr_units < nr_workers ? (unsigned)nr_units : nr_workers;
	_cleanup_free_ struct worker *workers = calloc(nr ? nr : 1, sizeof(*workers));

	if (!workers)
		return &error_nomem;
	for (unsigned i = 0; i < nr; i++) {
		workers[i].job = &job;
		workers[i].nr = i;
		/* a thread that cannot be had is no loss: the others take its units */
		if (i > 0)
			workers[i].started = !pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
	}
	if (nr)
		worker_main(&workers[0]);
	for (unsigned i = 1; i < nr; i++)
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
	return job.err;
}

unsigned job_default_workers(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned)CPU_COUNT(&set);
}
