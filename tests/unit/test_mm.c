/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address spaces of a fake machine: how they are found, what is none, their counters and locks. */
#include "walk/mm.h"

#include "world.h"

struct machine {
	struct world w;
	struct lab lab;
	struct memmap memmap;
	struct percpu cpus;
	struct tasks tasks;
	struct mms mms;
};

static void start(struct machine *m, const char *kernel)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, kernel);
	world_machine(&m->w, 1);
	world_tasks(&m->w);
	world_list_init(&m->w, world_symbol(&m->w, "pgd_list"));
}

static void collect(struct machine *m)
{
	lab_open(&m->lab, &m->w);
	assert_null(memmap_init(&m->memmap, &m->lab.layout, m->lab.dump, m->lab.kv));
	assert_null(percpu_init(&m->cpus, &m->lab.layout, m->lab.kv));
	assert_null(tasks_init(&m->tasks, &m->lab.layout, m->lab.kv));
	assert_null(mms_init(&m->mms, &m->lab.layout, &m->memmap, &m->cpus, &m->tasks, m->lab.kv));
	for (size_t i = 1; i < m->mms.list.nr; i++)
		assert_true(m->mms.list.v[i - 1].va < m->mms.list.v[i].va);
}

static void end(struct machine *m)
{
	mms_deinit(&m->mms);
	tasks_deinit(&m->tasks);
	percpu_deinit(&m->cpus);
	memmap_deinit(&m->memmap);
	lab_close(&m->lab);
	world_deinit(&m->w);
}

static const struct mm *get(const struct machine *m, uint64_t va)
{
	const struct mm *mm = mms_find(&m->mms, va);

	assert_non_null(mm);
	return mm;
}

static void expect_clean_lists(const struct machine *m, size_t nr)
{
	assert_int_equal(m->mms.list.nr, nr);
	assert_int_equal(m->mms.nr_broken, 0);
	assert_int_equal(m->mms.nr_bad, 0);
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

static void found(const char *kernel)
{
	struct machine m;
	uint64_t mm, lazy, alone, kthread;

	start(&m, kernel);
	mm = world_mm(&m.w);
	lazy = world_mm(&m.w);
	alone = world_mm(&m.w);
	world_leader(&m.w, 10, mm, "process");
	kthread = world_leader(&m.w, 2, 0, "kthread");
	task_put(&m.w, kthread, "active_mm", lazy);
	mm_put(&m.w, lazy, "mm_users", 0);
	mm_put(&m.w, mm, "map_count", 12);
	mm_put(&m.w, mm, "total_vm", 345);
	mm_put(&m.w, mm, "locked_vm", 6);
	mm_put(&m.w, mm, "pgtables_bytes", 7 * FRAME);
	mm_put(&m.w, mm, "hugetlb_usage", 512);
	collect(&m);
	expect_clean_lists(&m, 3);
	assert_int_equal(get(&m, mm)->found, MM_OF_TASK | MM_ON_PGD_LIST);
	assert_int_equal(get(&m, lazy)->found, MM_BORROWED | MM_ON_PGD_LIST);
	assert_int_equal(get(&m, alone)->found, MM_ON_PGD_LIST);
	assert_int_equal(get(&m, lazy)->users, 0);
	assert_int_equal(get(&m, mm)->map_count, 12);
	assert_int_equal(get(&m, mm)->total_vm, 345);
	assert_int_equal(get(&m, mm)->locked_vm, 6);
	assert_int_equal(get(&m, mm)->pgtables_bytes, 7 * FRAME);
	assert_int_equal(get(&m, mm)->hugetlb_usage, 512);
	assert_int_equal(get(&m, mm)->pgd_pa, world_pgd_pfn(&m.w, mm) * FRAME);
	assert_int_equal(get(&m, mm)->mm_id, 0);
	assert_true(get(&m, mm)->rss_exact);
	assert_false(get(&m, mm)->pgd_foreign);
	assert_null(mm_task(&m.tasks, get(&m, alone)));
	assert_null(mms_find(&m.mms, mm + 8));
	end(&m);
}

static void test_found(void **state)
{
	(void)state;
	found("5.10");
	found("6.1");
	found("6.12");
	found("7.3");
}

/* The task to name: a process before a kernel thread at work for it, the leader before threads, the oldest. */
static void test_task(void **state)
{
	struct machine m;
	uint64_t mm, zombies, leader, zombie, worker;

	(void)state;
	start(&m, "6.12");
	mm = world_mm(&m.w);
	zombies = world_mm(&m.w);
	world_leader(&m.w, 30, mm, "vfork child");
	leader = world_leader(&m.w, 20, mm, "parent");
	world_thread(&m.w, leader, 5, mm);
	worker = world_leader(&m.w, 3, mm, "kworker");
	task_put(&m.w, worker, "flags", 1 << PF_KTHREAD_BIT);
	zombie = world_leader(&m.w, 40, 0, "zombie");
	world_thread(&m.w, zombie, 42, zombies);
	world_thread(&m.w, zombie, 41, zombies);
	collect(&m);
	expect_clean_lists(&m, 2);
	assert_int_equal(get(&m, mm)->nr_tasks, 4);
	assert_int_equal(mm_task(&m.tasks, get(&m, mm))->pid, 20);
	assert_int_equal(get(&m, zombies)->nr_tasks, 2);
	assert_int_equal(mm_task(&m.tasks, get(&m, zombies))->pid, 41);
	end(&m);
}

/* Without pgd_list, as on arm64: tasks, then slabs.  Half of the objects are free, one is poisoned. */
static void test_slabs(void **state)
{
	enum { STRIDE = 2048, PAD = 64, OBJECTS = 8 };
	struct machine m;
	uint64_t slab, cache;
	struct mm_slab slabs[2];

	(void)state;
	start(&m, "6.12");
	slab = world_alloc(&m.w, OBJECTS * STRIDE);
	cache = world_alloc(&m.w, 256);
	world_put(&m.w, world_symbol(&m.w, "mm_cachep"), 8, cache);
	world_put(&m.w, cache + (unsigned)world_offset(&m.w, "kmem_cache", "size", NULL), 4, STRIDE);
	world_put(&m.w, cache + (unsigned)world_offset(&m.w, "kmem_cache", "red_left_pad", NULL), 4, PAD);
	for (unsigned i = 0; i < OBJECTS; i++)
		world_mm_at(&m.w, slab + i * STRIDE + PAD);
	for (unsigned i = 0; i < OBJECTS; i += 2)
		mm_put(&m.w, slab + i * STRIDE + PAD, "mm_count", 0);
	mm_put(&m.w, slab + 3 * STRIDE + PAD, "mm_count", 0x6b6b6b6b);
	world_leader(&m.w, 10, slab + STRIDE + PAD, "process");
	world_no_symbol(&m.w, "pgd_list");
	collect(&m);
	expect_clean_lists(&m, 1);
	slabs[0] = (struct mm_slab){ (slab - DIRECT_MAP) / FRAME, OBJECTS * STRIDE / FRAME };
	slabs[1] = (struct mm_slab){ UINT64_C(1) << 50, 1 };
	assert_null(mms_add_slabs(&m.mms, m.lab.kv, slabs, 1));
	expect_clean_lists(&m, 3);
	assert_int_equal(get(&m, slab + STRIDE + PAD)->found, MM_OF_TASK | MM_IN_SLAB);
	assert_int_equal(get(&m, slab + STRIDE + PAD)->nr_tasks, 1);
	assert_int_equal(get(&m, slab + 5 * STRIDE + PAD)->found, MM_IN_SLAB);
	assert_null(mm_task(&m.tasks, get(&m, slab + 7 * STRIDE + PAD)));
	assert_null(mms_add_slabs(&m.mms, m.lab.kv, slabs, 2));
	assert_int_equal(m.mms.list.nr, 3);
	assert_int_equal(m.mms.nr_broken, 1);
	end(&m);
}

static void test_absent(void **state)
{
	struct machine m;

	(void)state;
	start(&m, "6.12");
	world_leader(&m.w, 10, world_mm(&m.w), "process");
	world_no_member(&m.w, "mm_struct", "pgd");
	collect(&m);
	expect_clean_lists(&m, 0);
	assert_null(mms_find(&m.mms, 0));
	end(&m);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

/* Some pointer instead of an mm: counted once, with the first task that has it. */
static void bad_pointer(uint64_t mm)
{
	struct machine m;
	uint64_t leader;

	start(&m, "6.12");
	leader = world_leader(&m.w, 10, mm, "process");
	world_thread(&m.w, leader, 11, mm);
	collect(&m);
	assert_int_equal(m.mms.list.nr, 0);
	assert_int_equal(m.mms.nr_bad, 1);
	assert_int_equal(m.mms.bad_at, mm);
	assert_int_equal(m.mms.bad_task, leader);
	assert_int_equal(m.mms.nr_broken, 0);
	end(&m);
}

static void test_bad_pointer(void **state)
{
	(void)state;
	bad_pointer(0x1000);				/* of user space */
	bad_pointer(UINT64_C(0xdead000000000100));
	bad_pointer(UINT64_C(0xffffc90000000000));	/* not mapped */
	bad_pointer(DIRECT_MAP + 0x4f00000);		/* zeros */
	bad_pointer(DIRECT_MAP + 0x4f00001);
}

/* A task's mm of which one word is none of an mm. */
static void bad_word(const char *name, uint64_t value)
{
	struct machine m;
	uint64_t mm;

	start(&m, "6.12");
	mm = world_mm(&m.w);
	world_leader(&m.w, 10, mm, "process");
	mm_put(&m.w, mm, name, value);
	collect(&m);
	assert_int_equal(m.mms.list.nr, 0);
	assert_int_equal(m.mms.nr_bad, 1);
	assert_int_equal(m.mms.bad_at, mm);
	end(&m);
}

static void test_bad_word(void **state)
{
	(void)state;
	bad_word("mm_count", 0);
	bad_word("mm_count", (uint32_t)-1);
	bad_word("mm_users", 0x6b6b6b6b);
	bad_word("pgd", 0);
	bad_word("pgd", 0x1000);
	bad_word("pgd", DIRECT_MAP + 0x4f00008);
	bad_word("pgd", DIRECT_MAP + 0x4f00000); /* not a table that has the kernel in it */
}

/* The struct page of the pgd names another mm, but all else is right. */
static void test_foreign_pgd(void **state)
{
	struct machine m;
	uint64_t mm;

	(void)state;
	start(&m, "6.12");
	mm = world_mm(&m.w);
	world_leader(&m.w, 10, mm, "process");
	pgd_name(&m.w, mm, 0x1234);
	collect(&m);
	assert_int_equal(m.mms.list.nr, 1);
	assert_true(get(&m, mm)->pgd_foreign);
	assert_int_equal(m.mms.nr_bad, 1); /* what pgd_list names */
	assert_int_equal(m.mms.bad_at, 0x1234);
	assert_int_equal(m.mms.bad_task, 0);
	end(&m);
}

/* A child just copied from its parent still has its pgd; one that is being freed is on pgd_list without a reference. */
static void test_in_between(void **state)
{
	struct machine m;
	uint64_t parent, child, freed;

	(void)state;
	start(&m, "6.12");
	parent = world_mm(&m.w);
	child = world_mm(&m.w);
	freed = world_mm(&m.w);
	world_leader(&m.w, 10, parent, "parent");
	mm_put(&m.w, child, "pgd", DIRECT_MAP + world_pgd_pfn(&m.w, parent) * FRAME);
	mm_put(&m.w, freed, "mm_count", 0);
	collect(&m);
	expect_clean_lists(&m, 1);
	assert_non_null(mms_find(&m.mms, parent));
	end(&m);
}

/* Two tasks' mms with one table: the one that the table names stays. */
static void test_shared_pgd(void **state)
{
	struct machine m;
	uint64_t mm, thief;

	(void)state;
	start(&m, "6.12");
	mm = world_mm(&m.w);
	thief = world_mm(&m.w);
	world_leader(&m.w, 10, mm, "process");
	world_leader(&m.w, 11, thief, "thief");
	mm_put(&m.w, thief, "pgd", DIRECT_MAP + world_pgd_pfn(&m.w, mm) * FRAME);
	collect(&m);
	assert_int_equal(m.mms.list.nr, 1);
	assert_non_null(mms_find(&m.mms, mm));
	assert_int_equal(m.mms.nr_bad, 1);
	assert_int_equal(m.mms.bad_at, thief);
	end(&m);
}

static void test_gap(void **state)
{
	struct machine m;
	uint64_t mm;

	(void)state;
	start(&m, "6.12");
	mm = world_mm(&m.w);
	world_leader(&m.w, 10, mm, "process");
	world_gap(&m.w, mm - DIRECT_MAP, GAP_EXCLUDED);
	collect(&m);
	assert_int_equal(m.mms.list.nr, 0);
	assert_int_equal(m.mms.nr_bad, 0);
	assert_int_equal(m.mms.nr_broken, 1);
	assert_int_equal(m.mms.broken_at, mm);
	end(&m);
}

/* A break of pgd_list loses nothing; a node that is no struct page is noted. */
static void test_pgd_list_broken(void **state)
{
	struct machine m;
	uint64_t list, node;

	(void)state;
	start(&m, "6.12");
	for (unsigned i = 0; i < 3; i++)
		world_mm(&m.w);
	list = world_symbol(&m.w, "pgd_list");
	world_put(&m.w, world_get(&m.w, list, 8), 8, 0);
	collect(&m);
	assert_int_equal(m.mms.list.nr, 3);
	assert_int_equal(m.mms.nr_broken, 1);
	end(&m);
	start(&m, "6.12");
	node = world_alloc(&m.w, 16);
	world_mm(&m.w);
	world_list_add(&m.w, world_symbol(&m.w, "pgd_list"), node);
	collect(&m);
	assert_int_equal(m.mms.list.nr, 1);
	assert_int_equal(m.mms.nr_broken, 1);
	assert_int_equal(m.mms.broken_at, node);
	end(&m);
}

/* ---- rss --------------------------------------------------------------------------------------------------------- */

/* Up to v6.1: the mm's own counters and what each of its tasks keeps. */
static void test_rss_tasks(void **state)
{
	struct machine m;
	uint64_t mm, leader, thread, count;

	(void)state;
	start(&m, "6.1");
	mm = world_mm(&m.w);
	leader = world_leader(&m.w, 10, mm, "process");
	thread = world_thread(&m.w, leader, 11, mm);
	count = (unsigned)world_offset(&m.w, "task_struct", "rss_stat", NULL) +
		(unsigned)world_offset(&m.w, "task_rss_stat", "count", NULL);
	world_put(&m.w, mm + (unsigned)world_offset(&m.w, "mm_struct", "rss_stat", NULL) + 8, 8, (uint64_t)-5);
	world_put(&m.w, leader + count + 4, 4, 20);
	world_put(&m.w, thread + count + 4, 4, (uint32_t)-2);
	world_put(&m.w, thread + count, 4, 1);
	collect(&m);
	assert_int_equal(get(&m, mm)->rss[0], 1);
	assert_int_equal(get(&m, mm)->rss[1], 13);
	assert_true(get(&m, mm)->rss_exact);
	end(&m);
	start(&m, "6.1"); /* a task may be missing */
	mm = world_mm(&m.w);
	leader = world_leader(&m.w, 10, mm, "process");
	task_put(&m.w, leader, "signal", 0x1234);
	collect(&m);
	assert_false(get(&m, mm)->rss_exact);
	end(&m);
}

enum { PERCPU_RSS = 0x100 };

/* Since v6.2: counters with a part in each CPU's area, \p step bytes apart. */
static void make_percpu(struct machine *m, uint64_t mm, unsigned step)
{
	const struct answer *stat = world_fact(&m->w, Q_MEMBER, "mm_struct", "rss_stat");
	unsigned count = (unsigned)world_offset(&m->w, "percpu_counter", "count", NULL);
	unsigned counters = (unsigned)world_offset(&m->w, "percpu_counter", "counters", NULL);

	for (unsigned i = 0; i < MAX_RSS_COUNTERS; i++) {
		uint64_t at = mm + stat->offset + i * stat->stride;

		world_put(&m->w, at + count, 8, 1000 * i);
		world_put(&m->w, at + counters, 8, PERCPU_RSS + i * step);
		for (unsigned cpu = 0; cpu < WORLD_CPUS; cpu++)
			world_put(&m->w, m->w.percpu_area[cpu] + PERCPU_RSS + i * step, 4, cpu ? (uint32_t)-10 : 3 + i);
	}
}

static void test_rss_percpu(void **state)
{
	struct machine m;
	uint64_t mm;

	(void)state;
	for (unsigned step = 4; step <= 16; step += 12) {
		start(&m, "7.3");
		mm = world_mm(&m.w);
		mm_put(&m.w, mm, "mm_id", 77);
		make_percpu(&m, mm, step);
		collect(&m);
		for (unsigned i = 0; i < MAX_RSS_COUNTERS; i++)
			assert_int_equal(get(&m, mm)->rss[i], (int)(1000 * i + 3 + i) - 10);
		assert_true(get(&m, mm)->rss_exact);
		assert_int_equal(get(&m, mm)->mm_id, 77);
		end(&m);
	}
	start(&m, "6.12"); /* one CPU's area is not in the dump */
	mm = world_mm(&m.w);
	make_percpu(&m, mm, 4);
	world_gap(&m.w, m.w.percpu_area[1] - DIRECT_MAP, GAP_EXCLUDED);
	collect(&m);
	assert_false(get(&m, mm)->rss_exact);
	end(&m);
}

/* ---- locks ------------------------------------------------------------------------------------------------------- */

static struct mm_lock lock_of(uint64_t count, uint64_t owner)
{
	struct machine m;
	struct mm_lock ret;
	uint64_t mm, lock;

	start(&m, "6.12");
	mm = world_mm(&m.w);
	lock = mm + (unsigned)world_offset(&m.w, "mm_struct", "mmap_lock", NULL);
	world_put(&m.w, lock + (unsigned)world_offset(&m.w, "rw_semaphore", "count", NULL), 8, count);
	world_put(&m.w, lock + (unsigned)world_offset(&m.w, "rw_semaphore", "owner", NULL), 8, owner);
	collect(&m);
	ret = get(&m, mm)->lock;
	assert_true(ret.known);
	end(&m);
	return ret;
}

static void expect_lock(struct mm_lock lock, bool write_held, unsigned readers, uint64_t owner, bool owner_reads)
{
	assert_int_equal(lock.write_held, write_held);
	assert_int_equal(lock.readers, readers);
	assert_int_equal(lock.owner, owner);
	assert_int_equal(lock.owner_reads, owner_reads);
}

static void test_lock(void **state)
{
	const uint64_t task = UINT64_C(0xffff888001234540);

	(void)state;
	expect_lock(lock_of(0, 0), false, 0, 0, false);
	expect_lock(lock_of(1, task), true, 0, task, false);
	expect_lock(lock_of(3, task | 2), true, 0, task, false);
	expect_lock(lock_of(0x302, task | 3), false, 3, task, true);
	expect_lock(lock_of(0, task | 1), false, 0, task, true);
	expect_lock(lock_of(UINT64_C(0x8000000000000100), 1), false, 1, 0, true);
}

/* PREEMPT_RT: other words, and a spinlock_t that is a pointer to its owner. */
static struct mm_lock rt_lock_of(uint32_t readers, uint64_t owner)
{
	struct machine m;
	struct mm_lock ret;
	uint64_t mm, lock;

	start(&m, "6.12");
	mm = world_mm(&m.w);
	world_no_member(&m.w, "rw_semaphore", "count");
	world_no_member(&m.w, "rw_semaphore", "owner");
	world_member(&m.w, "rw_semaphore", "rwbase.readers", 0, 4);
	world_member(&m.w, "rw_semaphore", "rwbase.rtmutex.owner", 32, 8);
	lock = mm + (unsigned)world_offset(&m.w, "mm_struct", "mmap_lock", NULL);
	world_put(&m.w, lock, 4, readers);
	world_put(&m.w, lock + 32, 8, owner);
	collect(&m);
	ret = get(&m, mm)->lock;
	assert_true(ret.known);
	end(&m);
	return ret;
}

static void test_lock_rt(void **state)
{
	const uint64_t task = UINT64_C(0xffff888001234540);

	(void)state;
	expect_lock(rt_lock_of(UINT32_C(1) << 31, 0), false, 0, 0, false);
	expect_lock(rt_lock_of((UINT32_C(1) << 31) + 2, 0), false, 2, 0, false);
	expect_lock(rt_lock_of(UINT32_C(1) << 30, task | 1), true, 0, task, false);
	expect_lock(rt_lock_of(2, task), false, 2, task, false); /* a writer waits for readers to leave */
}

static void test_lock_unknown(void **state)
{
	struct machine m;
	uint64_t mm;

	(void)state;
	start(&m, "6.12");
	mm = world_mm(&m.w);
	world_no_member(&m.w, "rw_semaphore", "owner");
	collect(&m);
	assert_false(get(&m, mm)->lock.known);
	end(&m);
}

static void test_spinlock(void **state)
{
	struct machine m;
	uint64_t mm, lock, value = 99;
	bool ok;

	(void)state;
	start(&m, "6.12");
	mm = world_mm(&m.w);
	mm_put(&m.w, mm, "page_table_lock", 0x101);
	collect(&m);
	assert_int_equal(get(&m, mm)->page_table_lock, 1);
	lock = mm + (unsigned)world_offset(&m.w, "mm_struct", "page_table_lock", NULL);
	assert_null(spinlock_value(&m.lab.layout, m.lab.kv, lock, &value, &ok));
	assert_true(ok);
	assert_int_equal(value, 1);
	assert_null(spinlock_value(&m.lab.layout, m.lab.kv, 0x1000, &value, &ok));
	assert_false(ok);
	assert_int_equal(value, 1);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),	    cmocka_unit_test(test_task),
		cmocka_unit_test(test_slabs),	    cmocka_unit_test(test_absent),
		cmocka_unit_test(test_bad_pointer), cmocka_unit_test(test_bad_word),
		cmocka_unit_test(test_foreign_pgd), cmocka_unit_test(test_in_between),
		cmocka_unit_test(test_shared_pgd),  cmocka_unit_test(test_gap),
		cmocka_unit_test(test_pgd_list_broken), cmocka_unit_test(test_rss_tasks),
		cmocka_unit_test(test_rss_percpu),  cmocka_unit_test(test_lock),
		cmocka_unit_test(test_lock_rt),	    cmocka_unit_test(test_lock_unknown),
		cmocka_unit_test(test_spinlock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
