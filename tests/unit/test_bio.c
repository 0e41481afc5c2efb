/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bios on a fake machine: which objects are bios, who holds pages in old and new kernels, vectors, stacks. */
#include "walk/bio.h"

#include "world.h"

enum { FRONT = 64, VECS = 4, OBJECT = 512, CLONED = 1, TRACE = 7, NO_FLAG = -1, END = 1 << 20, OTHER_END = 1 << 21, WAIT = 1 << 22,
       SIMPLE = 1 << 23, SIMPLE_SIZE = 64 };

/* What says that a bio has its pages. */
struct form {
	const char *kernel, *flag;
	bool array;     /* bio_slabs is an array */
	bool when_set;
	enum bio_hold hold;
};

static const struct form forms[] = {
	{ "5.10", "BIO_NO_PAGE_REF", true, false, BIO_HOLDS_REF },
	{ "6.1", "BIO_NO_PAGE_REF", false, false, BIO_HOLDS_REF },
	{ "6.1", "BIO_PAGE_REFFED", false, true, BIO_HOLDS_REF },
	{ "7.3", "BIO_PAGE_PINNED", false, true, BIO_HOLDS_PIN },
};

struct machine {
	struct world w;
	struct lab lab;
	struct bios bios;
	uint64_t cache, pool, object, bio;
	uint64_t image; /* a kernel address that functions are counted from */
};

static void symbol(struct machine *m, const char *name, uint64_t va, uint64_t size)
{
	*world_fact(&m->w, Q_SYMBOL, name, NULL) =
		(struct answer){ .found = true, .value = (int64_t)(va - m->w.kaslr), .size = size };
}

static void enumerator(struct world *w, const char *name, int value)
{
	*world_fact(w, Q_ENUM, NULL, name) = (struct answer){ .found = value != NO_FLAG, .value = value };
}

static void put(struct machine *m, uint64_t va, const char *type, const char *name, uint64_t value)
{
	const struct answer *a = world_fact(&m->w, Q_MEMBER, type, name);

	assert_true(a->found);
	world_put(&m->w, va + a->offset, (unsigned)(a->size > 8 ? 8 : a->size), value);
}

static void describe(struct machine *m, const struct form *f)
{
	struct world *w = &m->w;
	unsigned at = world_offset(w, "bio", "bi_io_vec", NULL) == 32 ? 40 : 32; /* of bi_iter: v7.0 put bi_io_vec in front */

	*world_fact(w, Q_SIZE, "bio_slab", NULL) = (struct answer){ .found = true, .size = 24 };
	world_member(w, "bio_slab", "slab", 8, 8);
	world_member(w, "bio", "bi_iter.bi_size", at + 8, 4);
	world_member(w, "bio", "bi_iter.bi_idx", at + 12, 4);
	world_member(w, "bio", "bi_iter.bi_bvec_done", at + 16, 4);
	world_member(w, "bio_set", "bio_slab", 0, 8);
	world_member(w, "bio_set", "front_pad", 8, 4);
	enumerator(w, "BIO_NO_PAGE_REF", NO_FLAG);
	enumerator(w, "BIO_PAGE_REFFED", NO_FLAG);
	enumerator(w, "BIO_PAGE_PINNED", NO_FLAG);
	enumerator(w, f->flag, 0);
	enumerator(w, "BIO_CLONED", CLONED);
	enumerator(w, "BIO_TRACE_COMPLETION", TRACE);
}

/* Functions lie where no variable is. */
static void make_functions(struct machine *m)
{
	m->image = KERNEL_MAP + m->w.kaslr;
	symbol(m, "blkdev_bio_end_io", m->image + END, 64);
	symbol(m, "submit_bio_wait_endio", m->image + WAIT, 64);
	symbol(m, "__blkdev_direct_IO_simple", m->image + SIMPLE, SIMPLE_SIZE);
}

/* bio_slabs: an array of two, of which the second is ours; or an xarray with one entry in its head. */
static void make_slabs(struct machine *m, bool array)
{
	uint64_t slabs = world_alloc(&m->w, 64), head = world_alloc(&m->w, 64), number = world_alloc(&m->w, 8);

	symbol(m, "bio_slabs", head, 8);
	world_no_symbol(&m->w, "bio_slab_nr");
	world_put(&m->w, slabs + 24 + 8, 8, m->cache);
	if (!array) {
		world_put(&m->w, head + (uint64_t)world_offset(&m->w, "xarray", "xa_head", NULL), 8, slabs + 24);
		return;
	}
	symbol(m, "bio_slab_nr", number, 4);
	world_put(&m->w, number, 4, 2);
	world_put(&m->w, head, 8, slabs);
}

static void set_flags(struct machine *m, uint64_t flags)
{
	put(m, m->bio, "bio", "bi_flags", flags);
}

/* What a bio of direct I/O with a driver has set. */
static uint64_t held(const struct form *f)
{
	return (uint64_t)f->when_set | 1 << TRACE;
}

static void start(struct machine *m, const struct form *f)
{
	memset(m, 0, sizeof(*m));
	world_init(&m->w, f->kernel);
	describe(m, f);
	world_machine(&m->w, 1);
	m->cache = world_alloc(&m->w, FRAME);
	m->pool = world_alloc(&m->w, FRAME);
	m->object = world_alloc(&m->w, FRAME);
	m->bio = m->object + FRONT;
	make_slabs(m, f->array);
	make_functions(m);
	world_put(&m->w, m->pool, 8, m->cache);
	world_put(&m->w, m->pool + 8, 4, FRONT);
	put(m, m->bio, "bio", "bi_pool", m->pool);
	put(m, m->bio, "bio", "bi_end_io", m->image + END);
	put(m, m->bio, "bio", "bi_io_vec", m->bio + 256);
	put(m, m->bio, "bio", "bi_vcnt", VECS);
	put(m, m->bio, "bio", "bi_max_vecs", VECS);
	set_flags(m, held(f));
	lab_open(&m->lab, &m->w);
	assert_true(bios_known(&m->lab.layout));
	assert_null(bios_init(&m->bios, &m->lab.layout, m->lab.kv));
}

static void end(struct machine *m)
{
	bios_deinit(&m->bios);
	lab_close(&m->lab);
	world_deinit(&m->w);
}

static bool look(struct machine *m, struct bio *ret)
{
	bool ok;

	assert_null(bio_in_object(&m->bios, m->cache, m->object, OBJECT, ret, &ok));
	return ok;
}

/* ---- objects ----------------------------------------------------------------------------------------------------- */

static void found(const struct form *f)
{
	struct machine m;
	struct bio bio;

	start(&m, f);
	assert_int_equal(m.bios.gaps, 0);
	assert_true(m.bios.caches.nr);
	assert_true(look(&m, &bio));
	assert_int_equal(bio.va, m.bio);
	assert_int_equal(bio.nr, VECS);
	assert_int_equal(bio.hold, f->hold);
	assert_true(bio.submitted);
	put(&m, m.bio, "bio", "bi_vcnt", VECS + 1);
	assert_false(look(&m, &bio));
	end(&m);
}

/* An object that names a pool, but not where that has its bios; and a pool of other objects. */
static void foreign(const struct form *f)
{
	struct machine m;
	struct bio bio;
	bool ok;

	start(&m, f);
	assert_null(bio_in_object(&m.bios, m.pool, m.object, OBJECT, &bio, &ok));
	assert_false(ok);
	assert_null(bio_in_object(&m.bios, m.cache, m.object + 8, OBJECT, &bio, &ok));
	assert_false(ok);
	assert_null(bio_in_object(&m.bios, m.cache, m.object, FRONT + 64, &bio, &ok));
	assert_false(ok);
	end(&m);
	start(&m, f);
	world_put(&m.w, m.pool, 8, m.pool);
	assert_false(look(&m, &bio));
	assert_false(look(&m, &bio));
	end(&m);
}

static void holds(const struct form *f)
{
	struct machine m;
	struct bio bio;

	start(&m, f);
	set_flags(&m, held(f) & ~(UINT64_C(1) << TRACE));
	assert_true(look(&m, &bio));
	assert_false(bio.submitted);
	set_flags(&m, held(f) ^ 1);
	assert_true(look(&m, &bio));
	assert_int_equal(bio.hold, BIO_HOLDS_NONE);
	set_flags(&m, held(f) | 1 << CLONED);
	assert_true(look(&m, &bio));
	assert_int_equal(bio.hold, BIO_HOLDS_NONE);
	set_flags(&m, held(f));
	put(&m, m.bio, "bio", "bi_end_io", m.image + OTHER_END);
	assert_true(look(&m, &bio));
	/* writeback: nothing but its end tells, where no flag does */
	assert_int_equal(bio.hold, f->when_set ? f->hold : BIO_HOLDS_NONE);
	end(&m);
}

/* ---- vectors and stacks ------------------------------------------------------------------------------------------ */

static void ranges(const struct form *f)
{
	static const struct {
		uint32_t length, offset;
		uint64_t skip, nr;
	} cases[] = { { 1, 0, 0, 1 }, { FRAME, 0, 0, 1 }, { FRAME, 1, 0, 2 }, { 512, FRAME - 512, 0, 1 }, { 3 * FRAME, 0, 0, 3 },
		      { 513, FRAME + 512, 1, 1 }, { 0, 0, 0, 0 }, { UINT32_MAX, UINT32_MAX, 0xfffff, 0x100001 } };
	struct machine m;
	struct bio bio;

	start(&m, f);
	assert_true(look(&m, &bio));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bio_range r;
		bool ok;

		put(&m, bio.vecs + 16, "bio_vec", "bv_page", VMEMMAP);
		put(&m, bio.vecs + 16, "bio_vec", "bv_len", cases[i].length);
		put(&m, bio.vecs + 16, "bio_vec", "bv_offset", cases[i].offset);
		assert_null(bio_range(&m.bios, &bio, 1, &r, &ok));
		assert_true(ok);
		assert_int_equal(r.nr, cases[i].nr);
		assert_int_equal(r.page, VMEMMAP + cases[i].skip * m.w.page_size);
		assert_int_equal(r.slot, bio.vecs + 16);
	}
	put(&m, m.bio, "bio", "bi_iter.bi_size", FRAME);
	for (unsigned moved = 0; moved < 2; moved++) {
		struct bio_range r;
		bool ok;

		put(&m, m.bio, "bio", "bi_iter.bi_idx", moved);
		put(&m, bio.vecs + 16, "bio_vec", "bv_len", FRAME + 1);
		put(&m, bio.vecs + 16, "bio_vec", "bv_offset", 0);
		assert_true(look(&m, &bio));
		assert_null(bio_range(&m.bios, &bio, 1, &r, &ok));
		assert_int_equal(r.nr, moved ? 2 : 0);
	}
	end(&m);
}

static void stack(const struct form *f)
{
	struct machine m;
	struct bio bio;
	uint64_t word;
	bool ok;

	start(&m, f);
	word = m.bio + world_fact(&m.w, Q_MEMBER, "bio", "bi_end_io")->offset;
	put(&m, m.bio, "bio", "bi_end_io", m.image + WAIT);
	assert_null(bio_on_stack(&m.bios, m.image + WAIT, word, true, &bio, &ok));
	assert_false(ok); /* of a pool */
	put(&m, m.bio, "bio", "bi_pool", 0);
	assert_null(bio_on_stack(&m.bios, m.image + WAIT, word, true, &bio, &ok));
	assert_true(ok);
	assert_int_equal(bio.va, m.bio);
	assert_int_equal(bio.hold, f->hold);
	assert_null(bio_on_stack(&m.bios, m.image + WAIT, word, false, &bio, &ok));
	assert_true(ok);
	assert_int_equal(bio.hold, f->when_set ? f->hold : BIO_HOLDS_NONE);
	assert_null(bio_on_stack(&m.bios, m.image + OTHER_END, word, true, &bio, &ok));
	assert_false(ok);
	assert_false(bio_waits_in(&m.bios, m.image + SIMPLE));
	assert_true(bio_waits_in(&m.bios, m.image + SIMPLE + 1));
	assert_true(bio_waits_in(&m.bios, m.image + SIMPLE + SIMPLE_SIZE));
	assert_false(bio_waits_in(&m.bios, m.image + SIMPLE + SIMPLE_SIZE + 1));
	end(&m);
}

/* A number of caches that makes no sense, and one that cannot be read. */
static void test_damaged(void **state)
{
	struct machine m;

	(void)state;
	start(&m, &forms[0]);
	bios_deinit(&m.bios);
	world_put(&m.w, world_symbol(&m.w, "bio_slab_nr"), 4, UINT32_MAX);
	assert_null(bios_init(&m.bios, &m.lab.layout, m.lab.kv));
	assert_int_equal(m.bios.caches.nr, 0);
	assert_int_equal(m.bios.gaps, 1);
	bios_deinit(&m.bios);
	world_put(&m.w, world_symbol(&m.w, "bio_slab_nr"), 4, 2);
	world_put(&m.w, world_symbol(&m.w, "bio_slabs"), 8, 0x1000);
	assert_null(bios_init(&m.bios, &m.lab.layout, m.lab.kv));
	assert_int_equal(m.bios.caches.nr, 0);
	assert_int_equal(m.bios.gaps, 2);
	end(&m);
}

static void every(void (*test)(const struct form *f))
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		test(&forms[i]);
}

static void test_found(void **state)
{
	(void)state;
	every(found);
}

static void test_foreign(void **state)
{
	(void)state;
	every(foreign);
}

static void test_holds(void **state)
{
	(void)state;
	every(holds);
}

static void test_ranges(void **state)
{
	(void)state;
	every(ranges);
}

static void test_stack(void **state)
{
	(void)state;
	every(stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found), cmocka_unit_test(test_foreign), cmocka_unit_test(test_holds),
		cmocka_unit_test(test_ranges), cmocka_unit_test(test_stack), cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
