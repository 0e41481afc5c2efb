/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds mmap_lock (kernel/locking/rwsem.c, rwbase_rt.c), and whether a spinlock_t is held. */
#include "walk/mm_parts.h"

#include <limits.h>

/* rw_semaphore.count: bit 0 a writer, bits 1 and 2 waiters and handoff, from bit 8 on readers, bit 63 "too many". */
static const uint64_t WRITER_LOCKED = 1, READ_FAIL = UINT64_C(1) << 63;
enum { READER_SHIFT = 8 };

/* rw_semaphore.owner: RWSEM_READER_OWNED, above it one or two "do not spin" bits. */
static const uint64_t OWNER_READS = 1, OWNER_FLAGS = 7;

/* PREEMPT_RT, rwbase_rt.readers: READER_BIAS goes when a writer waits, WRITER_BIAS comes when it has the lock. */
static const uint32_t RT_READER_BIAS = UINT32_C(1) << 31, RT_WRITER_BIAS = UINT32_C(1) << 30;

static struct mm_lock decode_rwsem(uint64_t count, uint64_t owner)
{
	uint64_t readers = (count & ~READ_FAIL) >> READER_SHIFT;

	return (struct mm_lock){
		.known = true,
		.write_held = count & WRITER_LOCKED,
		.readers = readers < UINT_MAX ? (unsigned)readers : UINT_MAX,
		.owner = owner & ~OWNER_FLAGS,
		.owner_reads = owner & OWNER_READS,
	};
}

/* The owner of the rtmutex is a writer, which may still wait for readers to leave; bit 0 there means waiters. */
static struct mm_lock decode_rwbase(uint32_t readers, uint64_t owner)
{
	return (struct mm_lock){
		.known = true,
		.write_held = readers & RT_WRITER_BIAS,
		.readers = readers & ~(RT_READER_BIAS | RT_WRITER_BIAS),
		.owner = owner & ~OWNER_FLAGS,
	};
}

struct mm_lock mm_lock_decode(const struct layout *l, const unsigned char *bytes, size_t size)
{
	const struct facts *f = &l->facts;
	uint64_t at = fact(f, FACT_MM_MMAP_LOCK)->offset;

	if (!fact_found(f, FACT_MM_MMAP_LOCK))
		return (struct mm_lock){ .known = false };
	if (fact_found(f, FACT_RWSEM_COUNT) && fact_found(f, FACT_RWSEM_OWNER))
		return decode_rwsem(layout_word_at(l, FACT_RWSEM_COUNT, at, bytes, size),
				    layout_word_at(l, FACT_RWSEM_OWNER, at, bytes, size));
	if (fact_found(f, FACT_RWSEM_READERS) && fact_found(f, FACT_RWSEM_RT_OWNER))
		return decode_rwbase((uint32_t)layout_word_at(l, FACT_RWSEM_READERS, at, bytes, size),
				     layout_word_at(l, FACT_RWSEM_RT_OWNER, at, bytes, size));
	return (struct mm_lock){ .known = false };
}

uint64_t mm_page_table_lock(const struct layout *l, const unsigned char *bytes, size_t size)
{
	const struct answer *a = fact(&l->facts, FACT_MM_PAGE_TABLE_LOCK);

	return a->found ? layout_lock_word(l, a->offset, bytes, size) : 0;
}

struct error *spinlock_value(const struct layout *l, struct kvmem *k, uint64_t va, uint64_t *ret, bool *ret_ok)
{
	uint64_t value;
	struct error *err = kvmem_read_word(k, va + l->spinlock.offset, l->spinlock.size, &value, ret_ok);

	if (!err && *ret_ok)
		*ret = lock_word_held(&l->spinlock, value);
	return err;
}
