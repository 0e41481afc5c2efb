/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/tempfile.h"

enum { CANNOT_START = 127, KILL_WAITS = 400 };

double child_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct error *scratch_file(const char *dir, FILE **ret)
{
	int fd = tempfile_open(dir);

	if (fd < 0)
		return error_errno(errno, "cannot make a temporary file in %s (TMPDIR names another place)", dir);
	*ret = fdopen(fd, "r+");
	if (*ret)
		return NULL;
	close(fd);
	return &error_nomem;
}

/* ---- in the child: nothing that is not safe after fork() --------------------------------------------------------- */

static void limit(int what, rlim_t value)
{
	struct rlimit l;

	if (getrlimit(what, &l) || (l.rlim_max != RLIM_INFINITY && l.rlim_max < value))
		return;
	l.rlim_cur = l.rlim_max = value;
	if (setrlimit(what, &l))
		return; /* it runs without, then */
}

/* When memory gets short, it is better that a check ends than the one who keeps the results. */
static void offer_to_oom_killer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "500", 3) < 0)
		errno = 0; /* no matter */
	if (fd >= 0)
		close(fd);
}

/*
 * RLIMIT_DATA counts what is written to (Linux 84638335900f, "mm: rework virtual memory accounting", v4.5).  RLIMIT_AS would
 * count the debug info that is mapped as well, and room that allocators set aside for each thread.  Sanitizers set aside
 * terabytes that count in both.
 */
static void limit_memory(uint64_t memory)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	if (memory)
		limit(RLIMIT_DATA, (rlim_t)memory);
#else
	(void)memory;
#endif
}

static void become(const char *const *argv, const struct child *c, uint64_t memory, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it has died since */
		_exit(CANNOT_START);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN); /* who ends all of a group or of a job means the parent; it ends us */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	offer_to_oom_killer();
	limit(RLIMIT_CORE, 0);
	limit_memory(memory);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(fileno(c->report), STDOUT_FILENO) < 0 ||
	    dup2(fileno(c->words), STDERR_FILENO) < 0)
		_exit(CANNOT_START);
	execv("/proc/self/exe", (char *const *)argv);
	_exit(CANNOT_START);
}

/* ---- in the parent ----------------------------------------------------------------------------------------------- */

struct error *child_start(const char *const *argv, uint64_t memory, const char *scratch, struct child *ret)
{
	pid_t parent = getpid();
	struct error *err;

	*ret = (struct child){ .started = child_clock() };
	err = scratch_file(scratch, &ret->report);
	if (!err)
		err = scratch_file(scratch, &ret->words);
	if (!err) {
		ret->pid = fork();
		if (!ret->pid)
			become(argv, ret, memory, parent);
		if (ret->pid < 0) {
			ret->pid = 0;
			err = error_errno(errno, "cannot start a process");
		}
	}
	if (err)
		child_deinit(ret);
	return err;
}

static bool child_wait(struct child *c, int flags, struct child_end *ret)
{
	struct rusage used;
	int status;
	pid_t pid;

	do
		pid = wait4(c->pid, &status, flags, &used);
	while (pid < 0 && errno == EINTR);
	if (pid != c->pid)
		return false;
	c->pid = 0;
	*ret = (struct child_end){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		.seconds = child_clock() - c->started,
		.max_rss = (uint64_t)used.ru_maxrss * 1024,
	};
	return true;
}

bool child_ended(struct child *c, struct child_end *ret)
{
	return child_wait(c, WNOHANG, ret);
}

void child_kill(struct child *c, struct child_end *ret)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	*ret = (struct child_end){ .status = -1, .signal = SIGKILL, .seconds = child_clock() - c->started };
	kill(c->pid, SIGKILL);
	for (unsigned i = 0; i < KILL_WAITS && !child_wait(c, WNOHANG, ret); i++)
		nanosleep(&pause, NULL);
	c->pid = 0; /* one that hangs in a read of a dead server dies when it answers; nobody waits for that */
}

char *child_words(struct child *c)
{
	enum { TAIL = 4096 };
	char buf[TAIL + 1], *last = buf, *message;
	size_t got = 0;

	if (!fseek(c->words, 0, SEEK_END) && ftell(c->words) > TAIL)
		fseek(c->words, -TAIL, SEEK_END);
	else
		rewind(c->words);
	got = fread(buf, 1, TAIL, c->words);
	while (got && (buf[got - 1] == '\n' || buf[got - 1] == ' '))
		got--;
	buf[got] = '\0';
	for (char *p = buf; p < buf + got; p++) /* a NUL would end the text */
		*p = *p ? *p : ' ';
	for (message = buf; (message = strstr(message, "pagefsck: ")); message++)
		if (message == buf || message[-1] == '\n')
			last = message + strlen("pagefsck: ");
	if (last == buf && strrchr(buf, '\n')) /* not its own words: the last line */
		last = strrchr(buf, '\n') + 1;
	return strdup(last);
}

void child_deinit(struct child *c)
{
	struct child_end end;

	if (c->pid)
		child_kill(c, &end);
	if (c->report)
		fclose(c->report);
	if (c->words)
		fclose(c->words);
	*c = (struct child){ .pid = 0 };
}
