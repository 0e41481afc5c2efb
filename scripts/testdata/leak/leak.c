// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver that leaks pages on purpose: the truth against which the hunt for holders is tested.
 *
 * Commands are words written to /proc/leak, followed by a user address where one is needed. Reading it tells what was done, a
 * line each: "WHAT PFN ORDER ADDRESS", the address being where the driver keeps its pointer, 0 if it forgot it.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#if !IS_ENABLED(CONFIG_PAGE_POOL)
/* a kernel without network */
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#include <net/page_pool/helpers.h>
#include <net/page_pool/types.h>
#else
#include <net/page_pool.h>
#endif

enum { MAX_NOTES = 256, VMALLOC_SLOT = 600 };

struct note {
	char what[16];
	unsigned long pfn;
	unsigned int order;
	unsigned long where;
};

struct keeper {
	char label[16];
	void *kept;
};

static struct note notes[MAX_NOTES];
static unsigned int nr_notes;
static struct page *kept_in_data;
static struct keeper *keepers[8];
static unsigned int nr_keepers;
static struct page **kept_in_vmalloc;
static struct page *__percpu *kept_in_percpu;

static void note(const char *what, struct page *page, unsigned int order, const void *where)
{
	struct note *n = &notes[nr_notes];

	if (nr_notes == MAX_NOTES)
		return;
	strscpy(n->what, what, sizeof(n->what));
	/* a number that leads nowhere: the note must not hold the page */
	n->pfn = page_to_pfn(page);
	n->order = order;
	n->where = (unsigned long)where;
	nr_notes++;
}

static void **keep(void *pointer)
{
	struct keeper *k = nr_keepers < ARRAY_SIZE(keepers) ? kzalloc(sizeof(*k), GFP_KERNEL) : NULL;

	if (!k)
		return NULL;
	strscpy(k->label, "leak keeper", sizeof(k->label));
	k->kept = pointer;
	keepers[nr_keepers++] = k;
	return &k->kept;
}

/* A thread that waits with a page in hand. */
static noinline int hold(void *arg)
{
	struct page *volatile page = arg;

	note("keep-stack", page, 0, (const void *)&page);
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	put_page(page);
	return 0;
}

static struct page *user_page(const char *what, unsigned long addr)
{
	struct page *page = NULL;
	int got;

	if (!strncmp(what, "pin", 3))
		got = pin_user_pages_fast(addr, 1, FOLL_WRITE | FOLL_LONGTERM, &page);
	else
		got = get_user_pages_fast(addr, 1, strcmp(what, "forget-read") ? FOLL_WRITE : 0, &page);
	return got == 1 ? page : NULL;
}

static int leak_user(const char *what, unsigned long addr)
{
	struct page *page = user_page(what, addr);
	const void *where = NULL;

	if (!page)
		return -EFAULT;
	if (!strcmp(what, "keep-slab") || !strcmp(what, "pin-keep")) {
		where = keep(page);
	} else if (!strcmp(what, "keep-data")) {
		kept_in_data = page;
		where = &kept_in_data;
	} else if (!strcmp(what, "keep-vmalloc")) {
		kept_in_vmalloc = vzalloc(PAGE_SIZE * 2);
		kept_in_vmalloc[VMALLOC_SLOT] = page;
		where = &kept_in_vmalloc[VMALLOC_SLOT];
	} else if (!strcmp(what, "keep-percpu")) {
		kept_in_percpu = alloc_percpu(struct page *);
		*per_cpu_ptr(kept_in_percpu, 1) = page;
		where = per_cpu_ptr(kept_in_percpu, 1);
	} else if (!strcmp(what, "keep-stack")) {
		return PTR_ERR_OR_ZERO(kthread_run(hold, page, "leak-holder"));
	}
	note(what, page, 0, where);
	return 0;
}

static int leak_pages(const char *what)
{
	bool comp = !strcmp(what, "alloc-comp");
	unsigned int order;

	for (order = comp; order <= 9; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | (comp ? __GFP_COMP : 0), order);

		if (!page)
			return -ENOMEM;
		note(what, page, order, NULL);
	}
	return 0;
}

static int leak_many(void)
{
	unsigned int i;

	for (i = 0; i < 100; i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		note("alloc-many", page, 0, NULL);
	}
	return 0;
}

static int leak_kept_page(const char *what)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return -ENOMEM;
	note(what, page, 0, keep(strcmp(what, "alloc-address") ? (void *)page : page_address(page)));
	return 0;
}

#if IS_ENABLED(CONFIG_PAGE_POOL)
static struct page_pool *pool;

static int leak_pool(void)
{
	struct page_pool_params params = { .pool_size = 16, .nid = NUMA_NO_NODE };
	struct page *page;

	if (!pool)
		pool = page_pool_create(&params);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	page = page_pool_alloc_pages(pool, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	note("pool", page, 0, pool);
	return 0;
}
#else
static int leak_pool(void)
{
	return -EOPNOTSUPP;
}
#endif

static ssize_t leak_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char line[64] = "", what[32] = "";
	unsigned long addr = 0;
	int err;

	if (size >= sizeof(line) || copy_from_user(line, buf, size))
		return -EINVAL;
	if (sscanf(line, "%31s %lx", what, &addr) < 1)
		return -EINVAL;
	if (!strcmp(what, "alloc") || !strcmp(what, "alloc-comp"))
		err = leak_pages(what);
	else if (!strcmp(what, "alloc-many"))
		err = leak_many();
	else if (!strcmp(what, "alloc-kept") || !strcmp(what, "alloc-address"))
		err = leak_kept_page(what);
	else if (!strcmp(what, "pool"))
		err = leak_pool();
	else
		err = leak_user(what, addr);
	return err ? err : size;
}

static int leak_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < nr_notes; i++)
		seq_printf(m, "%s %#lx %u %#lx\n", notes[i].what, notes[i].pfn, notes[i].order, notes[i].where);
	return 0;
}

static int leak_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, leak_show, NULL, MAX_NOTES * 64);
}

static const struct proc_ops leak_ops = {
	.proc_open = leak_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
	.proc_write = leak_write,
};

static int __init leak_init(void)
{
	return proc_create("leak", 0600, NULL, &leak_ops) ? 0 : -ENOMEM;
}

module_init(leak_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("leaks pages on purpose");
