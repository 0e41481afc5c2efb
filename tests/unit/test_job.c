/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of work on threads: each once, the lowest error wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/job.h"

enum { UNITS = 5000, MAX_WORKERS = 16 };

struct count {
	atomic_uint done[UNITS];
	unsigned by[MAX_WORKERS]; /* no lock: it belongs to the worker */
	unsigned nr_workers;
	atomic_bool wrong_worker;
};

static struct error *count_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct count *c = arg;

	if (worker >= c->nr_workers)
		atomic_store(&c->wrong_worker, true);
	else
		c->by[worker]++;
	atomic_fetch_add(&c->done[unit], 1);
	return NULL;
}

static void count(unsigned nr_workers, uint64_t nr_units)
{
	static struct count c;
	unsigned sum = 0;

	memset(&c, 0, sizeof(c));
	c.nr_workers = nr_workers ? nr_workers : 1;
	assert_null(job_run(nr_workers, nr_units, count_unit, &c));
	assert_false(c.wrong_worker);
	for (unsigned i = 0; i < nr_units; i++)
		assert_int_equal(c.done[i], 1);
	for (unsigned i = 0; i < MAX_WORKERS; i++)
		sum += c.by[i];
	assert_int_equal(sum, nr_units);
}

static void test_each_once(void **state)
{
	(void)state;
	count(1, UNITS);
	count(2, UNITS);
	count(MAX_WORKERS, UNITS);
	count(MAX_WORKERS, 3); /* fewer units than workers */
	count(4, 1);
	count(4, 0);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

struct failing {
	uint64_t from; /* units from here on fail */
	uint64_t slow; /* this one takes its time before it fails */
	atomic_uint started, waiting;
};

static struct error *failing_unit(void *arg, unsigned worker, uint64_t unit)
{
	struct failing *f = arg;

	(void)worker;
	atomic_fetch_add(&f->started, 1);
	if (unit < f->from)
		return NULL;
	if (unit == f->slow)
		for (unsigned i = 0; i < 200 && atomic_load(&f->started) < f->slow + 2; i++)
			usleep(1000);
	return error_new("unit %d", (int)unit);
}

static void expect_failure(unsigned workers, uint64_t from, uint64_t slow)
{
	struct failing f = { .from = from, .slow = slow };
	struct error *err = job_run(workers, UNITS, failing_unit, &f);
	char text[32];

	assert_non_null(err);
	snprintf(text, sizeof(text), "unit %d", (int)from);
	assert_string_equal(error_text(err), text);
	error_free(err);
	/* nothing new is started after the first error: at most one unit a worker is under way */
	assert_true(f.started <= from + 1 + workers);
}

static void test_lowest_error(void **state)
{
	(void)state;
	expect_failure(1, 0, UNITS);
	expect_failure(1, 17, UNITS);
	for (unsigned i = 0; i < 20; i++) {
		expect_failure(2, 10, 10); /* unit 11 fails first, but 10 is the one to report */
		expect_failure(4, 100, 100);
	}
}

static struct error *no_memory_unit(void *arg, unsigned worker, uint64_t unit)
{
	(void)arg;
	(void)worker;
	(void)unit;
	return &error_nomem;
}

static void test_static_error(void **state)
{
	(void)state;
	assert_ptr_equal(job_run(4, UNITS, no_memory_unit, NULL), &error_nomem);
}

static void test_default_workers(void **state)
{
	(void)state;
	assert_true(job_default_workers() >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_lowest_error),
		cmocka_unit_test(test_static_error),
		cmocka_unit_test(test_default_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
