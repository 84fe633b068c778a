/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill_step.c - kills one process of a command just before one of its system calls.
 *
 *	kill-step STEPS [VICTIM STEP] -- COMMAND [ARG…]
 *
 * A process is named by its ancestry, not by its pid: the command is "0", the
 * second process it makes is "0.1".  A step is a system call that can change
 * something which others see; what lies between two steps is the same to all who
 * look after a kill.  So killing at each step once is killing at every moment
 * there is, and which kill was the bad one can be told and repeated.
 *
 * STEPS (a file) gets one line "PROCESS STEP SYSCALL" for each step there was,
 * the last one being the victim's.  The rest of the processes go on untraced
 * afterwards.  Ends as the command does, 128+N after a signal; 125 when the
 * tracing itself does not work, 124 when the victim never reached the step.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"

enum { EXIT_NO_STEP = 124, EXIT_NO_TRACE = 125, MAX_PROCESSES = 4096, NAME_SIZE = 64 };

/* PTRACE_O_TRACEVFORK… : all ways to make a process; clone3() counts as one of them. */
static const long trace_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				  PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;

struct process {
	pid_t pid;            /* 0: ended */
	char name[NAME_SIZE]; /* empty: stopped before its parent told of it */
	unsigned int n_children;
	unsigned int n_steps;
	bool held; /* stopped until it has its name */
};

struct tracer {
	FILE *steps;
	const char *victim; /* NULL: nobody */
	uint32_t victim_step;
	bool killed;
	struct process processes[MAX_PROCESSES];
	size_t n_processes;
};

/* System calls that nobody but the caller can tell from not having happened. */
static const long silent_calls[] = {
	SYS_access,
	SYS_arch_prctl,
	SYS_brk,
	SYS_capget,
	SYS_clock_gettime,
	SYS_close,
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_wait,
	SYS_eventfd2,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_fcntl,
	SYS_fstat,
	SYS_fstatfs,
	SYS_futex,
	SYS_getcwd,
	SYS_getdents64,
	SYS_getegid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getpid,
	SYS_getppid,
	SYS_getrandom,
	SYS_gettid,
	SYS_getuid,
	SYS_ioctl,
	SYS_lseek,
	SYS_lstat,
	SYS_madvise,
	SYS_mmap,
	SYS_mprotect,
	SYS_munmap,
	SYS_nanosleep,
	SYS_newfstatat,
	SYS_open_tree,
	SYS_pidfd_open,
	SYS_pipe2,
	SYS_poll,
	SYS_ppoll,
	SYS_prctl,
	SYS_pread64,
	SYS_prlimit64,
	SYS_read,
	SYS_readlink,
	SYS_readlinkat,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_restart_syscall,
	SYS_rseq,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_rt_sigtimedwait,
	SYS_seccomp,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_signalfd4,
	SYS_socketpair,
	SYS_stat,
	SYS_statfs,
	SYS_statx,
	SYS_sysinfo,
	SYS_timerfd_create,
	SYS_umask,
	SYS_uname,
	SYS_wait4,
	SYS_waitid,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_clock_nanosleep,
};

static bool is_silent(uint64_t number)
{
	for (size_t i = 0; i < ARRAY_LENGTH(silent_calls); i++)
		if ((uint64_t)silent_calls[i] == number)
			return true;
	return false;
}

static int die(const char *what)
{
	(void)fprintf(stderr, "kill-step: %s: %s\n", what, strerror(errno));
	return EXIT_NO_TRACE;
}

static struct process *find_process(struct tracer *tracer, pid_t pid)
{
	struct process *unused = NULL;

	for (size_t i = 0; i < tracer->n_processes; i++) {
		if (tracer->processes[i].pid == pid)
			return &tracer->processes[i];
		if (tracer->processes[i].pid == 0)
			unused = &tracer->processes[i];
	}
	if (unused == NULL && tracer->n_processes < MAX_PROCESSES)
		unused = &tracer->processes[tracer->n_processes++];
	if (unused != NULL)
		*unused = (struct process){ .pid = pid };
	return unused;
}

/* With the victim dead there is nothing to count any more. */
static void go_on(const struct tracer *tracer, pid_t pid, int signal_number)
{
	(void)ptrace(tracer->killed ? PTRACE_CONT : PTRACE_SYSCALL, pid, 0,
		     (void *)(intptr_t)signal_number);
}

static void name_child(struct tracer *tracer, struct process *parent)
{
	unsigned long message = 0;
	struct process *child;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &message) < 0)
		return;
	child = find_process(tracer, (pid_t)message);
	if (child == NULL)
		return;
	if (snprintf(child->name, sizeof(child->name), "%s.%u", parent->name,
		     parent->n_children++) >= NAME_SIZE)
		(void)fprintf(stderr, "kill-step: a name was cut\n");
	/* Stopped at its birth, unless that stop is still to be waited for. */
	if (child->held) {
		child->held = false;
		go_on(tracer, child->pid, 0);
	}
}

static void on_system_call(struct tracer *tracer, struct process *process)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY || is_silent(info.entry.nr))
		return;
	process->n_steps++;
	(void)fprintf(tracer->steps, "%s %u %llu\n", process->name, process->n_steps,
		      (unsigned long long)info.entry.nr);
	if (tracer->victim == NULL || strcmp(tracer->victim, process->name) != 0 ||
	    process->n_steps != tracer->victim_step)
		return;
	tracer->killed = true;
	(void)kill(process->pid, SIGKILL);
}

static void on_stop(struct tracer *tracer, struct process *process, int status)
{
	int signal_number = WSTOPSIG(status);
	int event = status >> 16;

	if (process->name[0] == '\0') {
		process->held = true; /* waits for its name */
		return;
	}
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE)
		name_child(tracer, process);
	else if (signal_number == (SIGTRAP | 0x80) && !tracer->killed)
		on_system_call(tracer, process);
	else if (event == PTRACE_EVENT_STOP && signal_number != SIGTRAP) {
		/* Stopped by a signal like any process: it stays so until SIGCONT. */
		(void)ptrace(PTRACE_LISTEN, process->pid, 0, 0);
		return;
	}
	go_on(tracer, process->pid,
	      event == 0 && signal_number != (SIGTRAP | 0x80) ? signal_number : 0);
}

static int exit_status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Until the command itself has ended. */
static int follow(struct tracer *tracer, pid_t command)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		struct process *process;

		if (pid < 0)
			return die("waiting");
		if (pid == command && !WIFSTOPPED(status))
			return exit_status_of(status);
		process = find_process(tracer, pid);
		if (process == NULL)
			return die("too many processes");
		if (WIFSTOPPED(status))
			on_stop(tracer, process, status);
		else
			process->pid = 0;
	}
}

/* The child waits for the tracer before it becomes the command. */
static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)raise(SIGSTOP);
		(void)execvp(argv[0], argv);
		_exit(die(argv[0]));
	}
	return pid;
}

static int trace(struct tracer *tracer, char **argv)
{
	pid_t pid = start(argv);
	struct process *command;
	int status;

	if (pid < 0 || waitpid(pid, &status, WUNTRACED) != pid)
		return die("starting the command");
	command = find_process(tracer, pid);
	(void)strncpy(command->name, "0", NAME_SIZE - 1);
	if (ptrace(PTRACE_SEIZE, pid, 0, (void *)trace_options) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 || kill(pid, SIGCONT) < 0)
		return die("tracing the command");
	status = follow(tracer, pid);
	return tracer->victim != NULL && !tracer->killed ? EXIT_NO_STEP : status;
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: kill-step STEPS [VICTIM STEP] -- COMMAND [ARG...]\n");
	return EXIT_NO_TRACE;
}

int main(int argc, char **argv)
{
	static struct tracer tracer;
	int command = 2, status;

	if (argc > 4 && strcmp(argv[2], "--") != 0) {
		tracer.victim = argv[2];
		if (parse_u32(argv[3], UINT32_MAX, &tracer.victim_step) < 0)
			return usage();
		command = 4;
	}
	if (argc < command + 2 || strcmp(argv[command], "--") != 0)
		return usage();
	tracer.steps = fopen(argv[1], "we");
	if (tracer.steps == NULL)
		return die(argv[1]);
	status = trace(&tracer, argv + command + 1);
	return fclose(tracer.steps) == 0 ? status : die(argv[1]);
}
