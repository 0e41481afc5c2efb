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
	put("/proc/sysrq-trigger", "c");
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
