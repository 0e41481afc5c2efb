// SPDX-License-Identifier: GPL-2.0-or-later
// A real crash: the kernel that panics hands over to a second one, which saves /proc/vmcore.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

// Bugs of crash.ko: wl=crash-NAME.
static const char *const bugs[] = {"bug", "null", "list", "timer", "badpage", "dumppage", "hang", "deaf"};

static void load_driver(void)
{
	int fd = open("/crash.ko", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
		say("crash.ko: %s", strerror(errno));
	close(fd);
}

// Takes all memory that there is, page by page.
static void eat(void)
{
	ready();
	for (unsigned int i = 0;; i++)
		fill(anon(HUGE, PAGE), HUGE, i);
}

// Crashes as wl= asks for; by sysrq if it does not.
static void crash(void)
{
	char word[32];

	put("/proc/sys/kernel/panic_on_oops", "1");
	put("/proc/sys/kernel/softlockup_panic", "1");
	put("/proc/sys/kernel/watchdog_thresh", "2");
	for (size_t i = 0; i < sizeof(bugs) / sizeof(bugs[0]); i++) {
		snprintf(word, sizeof(word), "crash-%s", bugs[i]);
		if (!wanted(word))
			continue;
		load_driver();
		put("/proc/crash", bugs[i]);
		sleep(60);
	}
	if (wanted("crash-oom")) {
		put("/proc/sys/vm/panic_on_oom", "1");
		step("oom-eater", eat);
		sleep(60);
	}
	put("/proc/sysrq-trigger", "c");
}

void kdump_crash(void)
{
	// Arguments of the second kernel: it needs little.
	static const char args[] =
		"console=ttyS0 panic=-1 nr_cpus=1 nokaslr reset_devices cgroup_disable=memory";
	int kernel = open("/vmlinuz", O_RDONLY), initrd = open("/capture.cpio", O_RDONLY);

	if (kernel < 0 || initrd < 0 ||
	    syscall(SYS_kexec_file_load, kernel, initrd, sizeof(args), args, 2) < 0) {
		say("kexec: %s", strerror(errno));
		return;
	}
	// The second kernel then starts on the boot CPU, which QEMU likes better.
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	if (wanted("churn"))
		sleep(3);
	crash();
}

// The disk gets a 4096-byte head, "PFVMCORE" and the size, and then the file.
void kdump_capture(void)
{
	static char data[1 << 20] __attribute__((aligned(PAGE)));
	int in = open("/proc/vmcore", O_RDONLY), out = open(DISK_VMCORE, O_WRONLY);
	unsigned long total = 0;
	ssize_t size;

	if (in < 0 || out < 0 || lseek(out, PAGE, SEEK_SET) < 0)
		say("vmcore: %s", strerror(errno));
	while ((size = read(in, data, sizeof(data))) > 0) {
		if (write(out, data, (size_t)size) != size) {
			say("vmcore: %s", strerror(errno));
			break;
		}
		total += (unsigned long)size;
	}
	memset(data, 0, PAGE);
	memcpy(data, "PFVMCORE", 8);
	memcpy(data + 8, &total, 8);
	pwrite(out, data, PAGE, 0);
	fsync(out);
	say("CAPTURED %lu", total);
	sync();
	reboot(RB_POWER_OFF);
	stay();
}
