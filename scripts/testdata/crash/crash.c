// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver that crashes on purpose: real panics from real bugs. The name of a bug is written to /proc/crash; pages that it damages
 * first are told in the kernel log ("crash: pfn 0x...").
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/proc_fs.h>
#include <linux/smp.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#ifdef CONFIG_X86
#include <asm/nmi.h>
#endif

/* What the damaged list is made of. */
struct link {
	struct list_head node;
};

static LIST_HEAD(links);
static struct link first, second;
static struct timer_list timer;
static int *volatile nowhere;

static noinline void crash_bug(void)
{
	BUG();
}

/* A store through a pointer that somebody forgot to set. */
static noinline void crash_null(void)
{
	*(volatile int *)nowhere = 1;
}

/* The kernel's own check of lists meets a link that does not lead back. */
static noinline void crash_list(void)
{
	list_add_tail(&first.node, &links);
	list_add_tail(&second.node, &links);
	second.node.prev = &second.node;
	list_del(&first.node);
	BUG();
}

static void on_timer(struct timer_list *unused)
{
	BUG();
}

/* In a timer of CPU 0: on the stack that it has for interrupts. */
static noinline void crash_timer(void)
{
	timer_setup(&timer, on_timer, 0);
	timer.expires = jiffies + HZ / 20;
	add_timer_on(&timer, 0);
}

/* A page is freed that is mapped: the allocator complains and loses it. Then the end. */
static noinline void crash_badpage(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	pr_emerg("crash: pfn %#lx\n", page_to_pfn(page));
	atomic_inc(&page->_mapcount);
	__free_page(page);
	BUG();
}

/* dump_page() of a page in use. */
static noinline void crash_dumppage(void)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);

	if (!page)
		return;
	pr_emerg("crash: pfn %#lx\n", page_to_pfn(page));
	dump_page(page, "crash: a look at it");
	BUG();
}

/* The watchdog of the CPU finds that nobody else runs. */
static noinline void crash_hang(void)
{
	preempt_disable();
	for (;;)
		cpu_relax();
}

#ifdef CONFIG_X86
static int on_nmi(unsigned int type, struct pt_regs *regs)
{
	for (;;)
		cpu_relax();
	return NMI_HANDLED;
}
#endif

/* Hears no NMI any more, because it is in the handler of one; on other machines, no interrupt. */
static void deaf(void *unused)
{
#ifdef CONFIG_X86
	asm volatile("int $2");
#else
	for (;;)
		cpu_relax();
#endif
}

/* Another CPU does not stop when this one dies, and leaves no registers. */
static noinline void crash_deaf(void)
{
	int other = cpumask_any_but(cpu_online_mask, get_cpu());

#ifdef CONFIG_X86
	if (register_nmi_handler(NMI_LOCAL, on_nmi, NMI_FLAG_FIRST, "crash"))
		return;
#endif
	if (smp_call_function_single(other, deaf, NULL, 0))
		return;
	pr_emerg("crash: CPU %d does not listen\n", other);
	mdelay(50);
	BUG();
}

static const struct {
	const char *name;
	void (*crash)(void);
} bugs[] = {
	{ "bug", crash_bug },	      { "null", crash_null },	      { "list", crash_list }, { "timer", crash_timer },
	{ "badpage", crash_badpage }, { "dumppage", crash_dumppage }, { "hang", crash_hang },
	{ "deaf", crash_deaf },
};

static ssize_t crash_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char name[32] = "";
	unsigned int i;

	if (size >= sizeof(name) || copy_from_user(name, buf, size))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(bugs); i++)
		if (!strcmp(name, bugs[i].name))
			bugs[i].crash();
	return size;
}

static const struct proc_ops crash_ops = {
	.proc_write = crash_write,
};

static int __init crash_init(void)
{
	return proc_create("crash", 0600, NULL, &crash_ops) ? 0 : -ENOMEM;
}

module_init(crash_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("crashes on purpose");
