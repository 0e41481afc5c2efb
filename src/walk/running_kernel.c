/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/running_kernel.h"

#include <inttypes.h>
#include <string.h>

#include "arch/arch.h"
#include "base/strbuf.h"
#include "walk/kvmem.h"

/* struct new_utsname: fields of 65 bytes, of which the first is sysname, the third release. */
enum { UTS_FIELD = 65, UTS_RELEASE = 2 * UTS_FIELD, UTS_LOOK = 64 };

enum { MAX_CPUS = 8192, MAX_REGISTERS = 64 };

/* What speaks for a text. */
struct evidence {
	bool uts; /* init_uts_ns tells its release */
	unsigned mapped; /* stack pointers of processors that were in the kernel, mapped by its page table */
	unsigned unmapped;
};

/* Before the name struct uts_namespace may have a reference count. */
static bool has_release(const char *bytes, size_t size, const char *release)
{
	size_t length = strlen(release) + 1;

	if (length > UTS_FIELD)
		return false;
	for (size_t at = 0; at < UTS_LOOK && at + UTS_RELEASE + UTS_FIELD <= size; at++)
		if (!memcmp(bytes + at, "Linux", 6) && !memcmp(bytes + at + UTS_RELEASE, release, length))
			return true;
	return false;
}

static struct error *look_at_uts(struct dump *d, struct kvmem *k, struct evidence *e)
{
	char bytes[UTS_LOOK + 6 * UTS_FIELD];
	const char *release = dump_vmcoreinfo(d, "OSRELEASE");
	struct kv_gap gap;
	struct error *err;
	uint64_t va;
	size_t got;

	if (!release || !dump_vmcoreinfo_symbol(d, "init_uts_ns", &va))
		return NULL;
	err = kvmem_read(k, va, bytes, sizeof(bytes), &got, &gap);
	e->uts = !err && has_release(bytes, got, release);
	return err;
}

static struct error *look_at_stacks(struct dump *d, struct kvmem *k, struct evidence *e)
{
	const struct mmu *m = kvmem_mmu(k);
	uint64_t r[MAX_REGISTERS];
	struct error *err = NULL;

	for (unsigned i = 0; i < MAX_CPUS && !err; i++) {
		unsigned nr = dump_registers(d, i, r, MAX_REGISTERS);
		bool mapped;

		if (!nr)
			break;
		if (m->arch->sp_register >= nr || !m->arch->kernel_va(m, r[m->arch->sp_register]))
			continue;
		err = kvmem_is_mapped(k, r[m->arch->sp_register] - 1, &mapped);
		e->mapped += !err && mapped;
		e->unmapped += !err && !mapped;
	}
	return err;
}

/* A text by which no page table can be found has nothing that speaks for it. */
static struct error *gather(struct dump *d, struct evidence *e)
{
	struct mmu m = { .endian = dump_info(d)->endian };
	struct kvmem *k = NULL;
	struct error *err;

	err = arch_find(d, &m.arch);
	if (err)
		return err;
	err = m.arch->mmu_init(d, &m);
	if (err) {
		error_free(err);
		return NULL;
	}
	err = kvmem_new(&m, d, &k);
	if (!err)
		err = look_at_uts(d, k, e);
	if (!err && e->uts)
		err = look_at_stacks(d, k, e);
	kvmem_free(k);
	return err;
}

static bool is_better(const struct evidence *a, const struct evidence *b)
{
	if (a->uts != b->uts)
		return a->uts;
	return a->mapped && !a->unmapped && !b->mapped && b->unmapped;
}

/* The texts that nothing tells apart, or those without any sense. */
static struct error *undecided(const struct dump_info *info, const struct evidence *e)
{
	struct strbuf b = { 0 };
	struct error *err;
	bool any = false;

	for (unsigned i = 0; i < info->nr_copies; i++)
		any |= e[i].uts;
	for (unsigned i = 0; i < info->nr_copies; i++)
		if (e[i].uts == any)
			strbuf_printf(&b, "%s%#" PRIx64, b.len ? ", " : "", info->copies[i].pa);
	err = error_new(
		"%s: no VMCOREINFO note, and memory holds several texts that differ (%s), of kernels that ran one after the other; %s "
		"of them fits what is at its init_uts_ns, so which kernel ran cannot be told; dump again with kdump, or with QEMU's "
		"vmcoreinfo device (-device vmcoreinfo)",
		info->path, b.s ? b.s : "", any ? "each" : "none");
	strbuf_deinit(&b);
	return err;
}

/* The text that is better than all others; nr_copies: there is none. */
static unsigned best_of(const struct evidence *e, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		unsigned worse = 0;

		for (unsigned j = 0; j < nr; j++)
			worse += is_better(&e[i], &e[j]);
		if (worse == nr - 1)
			return i;
	}
	return nr;
}

struct error *running_kernel_choose(struct dump *d)
{
	unsigned nr = dump_info(d)->nr_copies, best, with_uts = 0;
	_cleanup_free_ struct evidence *e = calloc(nr + 1, sizeof(*e));
	struct error *err = NULL;

	if (!e)
		return &error_nomem;
	if (nr < 2)
		return NULL;
	for (unsigned i = 0; i < nr && !err; i++) {
		err = dump_use_copy(d, i, NULL);
		if (!err)
			err = gather(d, &e[i]);
		with_uts += e[i].uts;
	}
	if (err)
		return err;
	best = best_of(e, nr);
	if (best == nr)
		return undecided(dump_info(d), e);
	return dump_use_copy(d, best, with_uts == 1 ? "the release it tells of is at its init_uts_ns" :
						      "its page table maps the stacks of the processors");
}
