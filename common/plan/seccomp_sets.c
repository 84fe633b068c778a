/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/seccomp_sets.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"

/* The calls that Docker's documentation lists as blocked, and the newer ones of the same kinds. */
static const char docker_default_blacklist[] =
    "_sysctl acct add_key bpf clock_adjtime clock_adjtime64 clock_settime clock_settime64 "
    "create_module delete_module finit_module fsconfig fsmount fsopen fspick "
    "get_kernel_syms get_mempolicy init_module io_uring_enter io_uring_register "
    "io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie "
    "mbind mount mount_setattr move_mount move_pages name_to_handle_at nfsservctl "
    "open_by_handle_at open_tree perf_event_open personality pidfd_getfd pivot_root "
    "process_madvise process_vm_readv process_vm_writev ptrace query_module quotactl "
    "quotactl_fd reboot request_key set_mempolicy setns settimeofday stime swapoff swapon "
    "sysfs umount umount2 unshare uselib userfaultfd ustat vm86 vm86old";

/*
 * Docker's default profile for an app without added capabilities, io_uring left out as Docker
 * has since done.
 */
static const char docker_default_whitelist[] =
    "_llseek _newselect accept accept4 access adjtimex alarm arch_prctl arm_fadvise64_64 "
    "arm_sync_file_range bind breakpoint brk cacheflush capget capset chdir chmod chown "
    "chown32 chroot clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
    "clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 clone close "
    "close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 "
    "epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd "
    "eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 "
    "fallocate fanotify_mark fchdir fchmod fchmodat fchown fchown32 fchownat fcntl "
    "fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat "
    "fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 "
    "futex_waitv futimesat get_robust_list get_thread_area getcpu getcwd getdents "
    "getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 "
    "getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid "
    "getresgid32 getresuid getresuid32 getrlimit getrusage getsockname getsockopt gettid "
    "gettimeofday getuid getuid32 getxattr inotify_add_watch inotify_init inotify_init1 "
    "inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents "
    "io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc kill "
    "landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 "
    "lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat "
    "lstat64 madvise membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod "
    "mknodat mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify "
    "mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 "
    "mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap "
    "name_to_handle_at nanosleep newfstatat open openat openat2 pause personality "
    "pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll "
    "ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease "
    "process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64 pwritev "
    "pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg "
    "recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2 "
    "restart_syscall riscv_flush_icache rmdir rseq rt_sigaction rt_sigpending "
    "rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
    "rt_sigtimedwait_time64 rt_tgsigqueueinfo s390_pci_mmio_read s390_pci_mmio_write "
    "s390_runtime_instr sched_get_priority_max sched_get_priority_min sched_getaffinity "
    "sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval "
    "sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
    "sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop "
    "semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list "
    "set_thread_area set_tid_address set_tls setfsgid setfsgid32 setfsuid setfsuid32 "
    "setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid "
    "setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit "
    "setsid setsockopt setuid setuid32 setxattr shmat shmctl shmdt shmget shutdown "
    "sigaltstack signalfd signalfd4 sigprocmask sigreturn socket socketcall socketpair "
    "splice stat stat64 statfs statfs64 statx swapcontext symlink symlinkat sync "
    "sync_file_range sync_file_range2 syncfs sysinfo tee tgkill time timer_create "
    "timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
    "timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
    "timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink "
    "unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid "
    "write writev";

/*
 * What changes the machine rather than the app: mounts, modules, clocks, keys, other processes'
 * memory.
 */
static const char rkt_default_blacklist[] =
    "_sysctl acct add_key adjtimex afs_syscall bdflush bpf clock_adjtime clock_adjtime64 "
    "clock_settime clock_settime64 create_module delete_module fanotify_init finit_module "
    "fsconfig fsmount fsopen fspick get_kernel_syms getpmsg init_module io_uring_enter "
    "io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl "
    "lookup_dcookie mbind migrate_pages mount mount_setattr move_mount move_pages "
    "name_to_handle_at nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd "
    "pivot_root process_madvise process_vm_readv process_vm_writev ptrace putpmsg "
    "query_module quotactl quotactl_fd reboot request_key security set_mempolicy "
    "set_mempolicy_home_node setdomainname sethostname setns settimeofday stime swapoff "
    "swapon sysfs tuxcall umount umount2 unshare uselib userfaultfd ustat vhangup vm86 "
    "vm86old vserver";

/*
 * The original set of rkt 1.30, and what programs have come to need since: statx, rseq, openat2,
 * the 64-bit time calls.  Without clone3, whose flags no filter can see (they lie in memory): the
 * C library falls back to clone when it answers ENOSYS.
 */
static const char rkt_default_whitelist[] =
    "_llseek _newselect accept accept4 access alarm arch_prctl arm_fadvise64_64 "
    "arm_sync_file_range bind breakpoint brk cacheflush capget capset chdir chmod chown "
    "chown32 chroot clock_getres clock_getres_time64 clock_gettime clock_gettime64 "
    "clock_nanosleep clock_nanosleep_time64 clone close close_range connect "
    "copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl "
    "epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 "
    "execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 "
    "fallocate fanotify_mark fchdir fchmod fchmodat fchown fchown32 fchownat fcntl "
    "fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat "
    "fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 "
    "futex_waitv futimesat get_robust_list get_thread_area getcpu getcwd getdents "
    "getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 "
    "getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid "
    "getresgid32 getresuid getresuid32 getrlimit getrusage getsockname getsockopt gettid "
    "gettimeofday getuid getuid32 getxattr inotify_add_watch inotify_init inotify_init1 "
    "inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents "
    "io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc kill "
    "landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 "
    "lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat "
    "lstat64 madvise membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod "
    "mknodat mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify "
    "mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 "
    "mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap "
    "nanosleep newfstatat nice open openat openat2 pause personality pidfd_open "
    "pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll "
    "ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 "
    "pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv "
    "recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr rename "
    "renameat renameat2 restart_syscall riscv_flush_icache rmdir rseq rt_sigaction "
    "rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
    "rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max "
    "sched_get_priority_min sched_getaffinity sched_getattr sched_getparam "
    "sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
    "sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield "
    "seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile "
    "sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address "
    "set_tls setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups "
    "setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 "
    "setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid "
    "setuid32 setxattr shmat shmctl shmdt shmget shutdown sigaction sigaltstack signal "
    "signalfd signalfd4 sigpending sigprocmask sigreturn sigsuspend socket socketcall "
    "socketpair splice stat stat64 statfs statfs64 statx swapcontext symlink symlinkat "
    "sync sync_file_range sync_file_range2 syncfs sysinfo syslog tee tgkill time "
    "timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
    "timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 "
    "timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask "
    "uname unlink unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 "
    "waitid waitpid write writev";

static const char systemd_clock[] =
    "adjtimex clock_adjtime clock_adjtime64 clock_settime clock_settime64 settimeofday "
    "stime";

static const char systemd_cpu_emulation[] = "modify_ldt subpage_prot switch_endian vm86 vm86old";

static const char systemd_debug[] =
    "lookup_dcookie perf_event_open pidfd_getfd ptrace rtas s390_runtime_instr "
    "sys_debug_setcontext";

/*
 * What a program needs that does neither network nor event I/O; add @systemd/network-io and
 * @systemd/io-event for those.
 */
static const char systemd_default_whitelist[] =
    "_llseek access alarm arch_prctl arm_fadvise64_64 arm_sync_file_range breakpoint brk "
    "cacheflush capget capset chdir chmod chown chown32 chroot clock_getres "
    "clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep "
    "clock_nanosleep_time64 clone close close_range copy_file_range creat dup dup2 dup3 "
    "execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 "
    "fallocate fanotify_mark fchdir fchmod fchmodat fchown fchown32 fchownat fcntl "
    "fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat "
    "fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 "
    "futex_waitv futimesat get_robust_list get_thread_area getcpu getcwd getdents "
    "getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 "
    "getitimer getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 "
    "getresuid getresuid32 getrlimit getrusage gettid gettimeofday getuid getuid32 "
    "getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel "
    "io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl "
    "ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset "
    "landlock_restrict_self lchown lchown32 lgetxattr link linkat listxattr llistxattr "
    "lremovexattr lseek lsetxattr lstat lstat64 madvise membarrier memfd_create "
    "memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 "
    "modify_ldt mprotect mq_getsetattr mq_notify mq_open mq_timedreceive "
    "mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap msgctl "
    "msgget msgrcv msgsnd msync munlock munlockall munmap nanosleep newfstatat nice open "
    "openat openat2 pause personality pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc "
    "pkey_free pkey_mprotect prctl pread64 preadv preadv2 prlimit64 process_mrelease "
    "pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv remap_file_pages "
    "removexattr rename renameat renameat2 restart_syscall riscv_flush_icache rmdir rseq "
    "rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
    "rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max "
    "sched_get_priority_min sched_getaffinity sched_getattr sched_getparam "
    "sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
    "sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield "
    "seccomp semctl semget semop semtimedop semtimedop_time64 sendfile sendfile64 "
    "set_robust_list set_thread_area set_tid_address set_tls setfsgid setfsgid32 setfsuid "
    "setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority "
    "setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 "
    "setrlimit setsid setuid setuid32 setxattr shmat shmctl shmdt shmget sigaction "
    "sigaltstack signal signalfd signalfd4 sigpending sigprocmask sigreturn sigsuspend "
    "splice stat stat64 statfs statfs64 statx swapcontext symlink symlinkat sync "
    "sync_file_range sync_file_range2 syncfs sysinfo syslog tee tgkill time timer_create "
    "timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
    "timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
    "timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink "
    "unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid "
    "write writev";

static const char systemd_io_event[] =
    "_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait "
    "epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 poll ppoll ppoll_time64 "
    "pselect6 pselect6_time64 select";

static const char systemd_ipc[] =
    "ipc memfd_create mq_getsetattr mq_notify mq_open mq_timedreceive "
    "mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget "
    "msgrcv msgsnd pipe pipe2 process_madvise process_vm_readv process_vm_writev semctl "
    "semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget";

static const char systemd_keyring[] = "add_key keyctl request_key";

static const char systemd_module[] = "delete_module finit_module init_module";

static const char systemd_mount[] =
    "chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree "
    "pivot_root umount umount2";

static const char systemd_network_io[] =
    "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom "
    "recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown "
    "socket socketcall socketpair";

static const char systemd_obsolete[] =
    "_sysctl afs_syscall bdflush break create_module ftime get_kernel_syms getpmsg gtty "
    "idle lock mpx prof profil putpmsg query_module security sgetmask ssetmask stime stty "
    "sysfs tuxcall ulimit uselib ustat vserver";

static const char systemd_privileged[] =
    "_sysctl acct adjtimex bpf capset chown chown32 chroot clock_adjtime clock_adjtime64 "
    "clock_settime clock_settime64 delete_module fanotify_init fanotify_mark fchown "
    "fchown32 fchownat finit_module init_module ioperm iopl kexec_file_load kexec_load "
    "lchown lchown32 nfsservctl open_by_handle_at pciconfig_iobase pciconfig_read "
    "pciconfig_write pivot_root quotactl quotactl_fd reboot s390_pci_mmio_read "
    "s390_pci_mmio_write setdomainname setfsuid setfsuid32 setgroups setgroups32 "
    "sethostname setresuid setresuid32 setreuid setreuid32 settimeofday setuid setuid32 "
    "stime swapoff swapon vhangup";

static const char systemd_process[] =
    "arch_prctl capget clone clone3 execve execveat fork getrusage kill pidfd_open "
    "pidfd_send_signal prctl rt_sigqueueinfo rt_tgsigqueueinfo setns swapcontext tgkill "
    "times tkill unshare vfork wait4 waitid waitpid";

static const char systemd_raw_io[] =
    "ioperm iopl pciconfig_iobase pciconfig_read pciconfig_write s390_pci_mmio_read "
    "s390_pci_mmio_write";

static const char systemd_reboot[] = "kexec_file_load kexec_load reboot";

static const char systemd_resources[] =
    "ioprio_set mbind migrate_pages move_pages nice prlimit64 sched_setaffinity "
    "sched_setattr sched_setparam sched_setscheduler set_mempolicy "
    "set_mempolicy_home_node setpriority setrlimit";

static const char systemd_swap[] = "swapoff swapon";

static const struct seccomp_set sets[] = {
	{ "@docker/default-blacklist", docker_default_blacklist },
	{ "@docker/default-whitelist", docker_default_whitelist },
	{ "@rkt/default-blacklist", rkt_default_blacklist },
	{ "@rkt/default-whitelist", rkt_default_whitelist },
	{ "@systemd/clock", systemd_clock },
	{ "@systemd/cpu-emulation", systemd_cpu_emulation },
	{ "@systemd/debug", systemd_debug },
	{ "@systemd/default-whitelist", systemd_default_whitelist },
	{ "@systemd/io-event", systemd_io_event },
	{ "@systemd/ipc", systemd_ipc },
	{ "@systemd/keyring", systemd_keyring },
	{ "@systemd/module", systemd_module },
	{ "@systemd/mount", systemd_mount },
	{ "@systemd/network-io", systemd_network_io },
	{ "@systemd/obsolete", systemd_obsolete },
	{ "@systemd/privileged", systemd_privileged },
	{ "@systemd/process", systemd_process },
	{ "@systemd/raw-io", systemd_raw_io },
	{ "@systemd/reboot", systemd_reboot },
	{ "@systemd/resources", systemd_resources },
	{ "@systemd/swap", systemd_swap },
};

const struct seccomp_set *seccomp_set_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(sets); i++)
		if (strcmp(sets[i].name, name) == 0)
			return &sets[i];
	return NULL;
}

const struct seccomp_set *seccomp_set_at(size_t index)
{
	return index < ARRAY_LENGTH(sets) ? &sets[index] : NULL;
}

static size_t count_words(const char *text)
{
	size_t n = 1;

	for (const char *p = text; *p != '\0'; p++)
		n += *p == ' ';
	return n;
}

int seccomp_set_calls(const struct seccomp_set *set, struct arena *arena, const char *const **ret,
		      size_t *ret_n)
{
	size_t n = count_words(set->calls);
	const char **calls = arena_array(arena, n + 1, const char *);
	char *text = arena_string(arena, set->calls);

	if (calls == NULL || text == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		calls[i] = text;
		text += strcspn(text, " ");
		*text++ = '\0';
	}
	*ret = calls;
	*ret_n = n;
	return 0;
}
