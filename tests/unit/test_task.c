/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of tasks of a fake machine, whole and broken. */
#include "walk/task.h"

#include "world.h"

enum { LEADERS = 4, THREADS = 3 };

static const uint64_t SOME_MM = UINT64_C(0xffff888000123440);

struct machine {
	struct world w;
	struct lab lab;
	struct tasks tasks;
	uint64_t leader[LEADERS], thread[THREADS]; /* the threads belong to the second leader */
};

static void start(struct machine *m, const char *kernel)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, kernel);
	world_boot(&m->w);
	world_tasks(&m->w);
	for (int i = 0; i < LEADERS; i++)
		m->leader[i] = world_leader(&m->w, 10 * (i + 1), SOME_MM, "process");
	for (int i = 0; i < THREADS; i++)
		m->thread[i] = world_thread(&m->w, m->leader[1], 100 + i, SOME_MM);
}

static void collect(struct machine *m)
{
	lab_open(&m->lab, &m->w);
	assert_null(tasks_init(&m->tasks, &m->lab.layout, m->lab.kv));
	for (size_t i = 1; i < m->tasks.list.nr; i++)
		assert_true(m->tasks.list.v[i - 1].va < m->tasks.list.v[i].va);
}

static void end(struct machine *m)
{
	tasks_deinit(&m->tasks);
	lab_close(&m->lab);
	world_deinit(&m->w);
}

static void expect_all(const struct machine *m)
{
	assert_int_equal(m->tasks.list.nr, 1 + LEADERS + THREADS);
	for (unsigned i = 0; i < LEADERS; i++)
		assert_non_null(tasks_find(&m->tasks, m->leader[i]));
	for (unsigned i = 0; i < THREADS; i++)
		assert_non_null(tasks_find(&m->tasks, m->thread[i]));
}

static void whole(const char *kernel)
{
	struct machine m;
	const struct task *t;

	start(&m, kernel);
	task_put(&m.w, m.thread[2], "flags", 1 << PF_EXITING_BIT);
	collect(&m);
	expect_all(&m);
	assert_int_equal(m.tasks.nr_broken, 0);
	t = tasks_find(&m.tasks, world_symbol(&m.w, "init_task"));
	assert_non_null(t);
	assert_int_equal(t->pid, 0);
	assert_int_equal(t->mm, 0);
	assert_int_equal(t->active_mm, world_symbol(&m.w, "init_mm"));
	assert_string_equal(t->comm, "swapper/0");
	assert_true(t->flags >> PF_KTHREAD_BIT & 1);
	t = tasks_find(&m.tasks, m.thread[2]);
	assert_int_equal(t->pid, 102);
	assert_int_equal(t->tgid, 20);
	assert_int_equal(t->mm, SOME_MM);
	assert_true(t->flags >> PF_EXITING_BIT & 1);
	assert_null(tasks_find(&m.tasks, m.thread[2] + 8));
	end(&m);
}

static void test_whole(void **state)
{
	(void)state;
	whole("5.10");
	whole("6.1");
	whole("6.12");
	whole("7.3");
}

/* A name of 16 bytes has no terminator of its own. */
static void test_comm(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.12");
	world_leader(&m.w, 50, 0, "0123456789abcdef");
	collect(&m);
	for (size_t i = 0; i < m.tasks.list.nr; i++)
		if (m.tasks.list.v[i].pid == 50)
			assert_string_equal(m.tasks.list.v[i].comm, "0123456789abcdef");
	end(&m);
}

/* The leader has left its mm; its threads have not. */
static void test_zombie_leader(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.1");
	task_put(&m.w, m.leader[1], "mm", 0);
	task_put(&m.w, m.leader[1], "active_mm", 0);
	collect(&m);
	expect_all(&m);
	assert_int_equal(tasks_find(&m.tasks, m.leader[1])->mm, 0);
	assert_int_equal(tasks_find(&m.tasks, m.thread[0])->mm, SOME_MM);
	end(&m);
}

/* What each task keeps of its mm's rss. */
static void test_rss(void **state)
{
	struct machine m;
	uint64_t at;

	(void)state;
	start(&m, "6.1");
	at = m.thread[0] + (unsigned)world_offset(&m.w, "task_struct", "rss_stat", NULL) +
	     (unsigned)world_offset(&m.w, "task_rss_stat", "count", NULL);
	world_put(&m.w, at + 4, 4, 7);
	world_put(&m.w, at + 12, 4, (uint32_t)-3);
	collect(&m);
	assert_int_equal(tasks_find(&m.tasks, m.thread[0])->rss[0], 0);
	assert_int_equal(tasks_find(&m.tasks, m.thread[0])->rss[1], 7);
	assert_int_equal(tasks_find(&m.tasks, m.thread[0])->rss[3], -3);
	assert_int_equal(tasks_find(&m.tasks, m.thread[1])->rss[1], 0);
	end(&m);
}

/* A forward link that leads nowhere: the rest is found from the other end. */
static void test_broken(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.12");
	world_put(&m.w, task_node(&m.w, m.leader[2], "tasks"), 8, UINT64_C(0xdead000000000100));
	collect(&m);
	expect_all(&m);
	assert_int_equal(m.tasks.nr_broken, 1);
	assert_int_equal(m.tasks.broken_at, UINT64_C(0xdead000000000100));
	end(&m);
}

/* Both lists run in circles that leave out their heads. */
static void test_circles(void **state)
{
	struct machine m;
	uint64_t last, first;

	(void)state;
	start(&m, "6.12");
	first = task_node(&m.w, m.leader[LEADERS - 1], "tasks"); /* list_add() adds in front */
	last = task_node(&m.w, m.leader[0], "tasks");
	world_put(&m.w, last, 8, first);
	first = task_node(&m.w, m.thread[THREADS - 1], "thread_node");
	last = task_node(&m.w, m.leader[1], "thread_node");
	world_put(&m.w, last, 8, first);
	collect(&m);
	expect_all(&m);
	assert_int_equal(m.tasks.nr_broken, 2);
	end(&m);
}

/* Two processes that seem to have the same threads: each task is there once. */
static void test_foreign_signal(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.12");
	task_put(&m.w, m.leader[3], "signal", world_thread_head(&m.w, m.leader[1]) -
		 (unsigned)world_offset(&m.w, "signal_struct", "thread_head", NULL));
	collect(&m);
	expect_all(&m);
	end(&m);
}

/* A task that the dump lacks, and a signal pointer that leads nowhere. */
static void test_missing(void **state)
{
	struct machine m;
	uint64_t mm;

	(void)state;
	start(&m, "6.12");
	mm = (unsigned)world_offset(&m.w, "task_struct", "mm", NULL);
	world_gap(&m.w, m.thread[1] - DIRECT_MAP + mm, GAP_EXCLUDED);
	task_put(&m.w, m.leader[2], "signal", UINT64_C(0x1234));
	collect(&m);
	assert_int_equal(m.tasks.list.nr, LEADERS + THREADS);
	assert_null(tasks_find(&m.tasks, m.thread[1]));
	assert_int_equal(m.tasks.nr_broken, 2);
	end(&m);
}

static void test_absent(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.12");
	world_no_member(&m.w, "task_struct", "thread_node");
	collect(&m);
	assert_int_equal(m.tasks.list.nr, 0);
	assert_int_equal(m.tasks.nr_broken, 0);
	assert_null(tasks_find(&m.tasks, m.leader[0]));
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	cmocka_unit_test(test_comm),
		cmocka_unit_test(test_zombie_leader), cmocka_unit_test(test_rss),
		cmocka_unit_test(test_broken),	cmocka_unit_test(test_circles),
		cmocka_unit_test(test_foreign_signal), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
