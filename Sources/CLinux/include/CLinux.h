// What Swift's Glibc module does not show: calls, and constants that are macros with casts or
// depend on _GNU_SOURCE. Nothing here has behaviour of its own.
//
// _GNU_SOURCE itself must stay undefined: it changes the members of fd_set, and Swift refuses two modules
// that see one type differently (its Glibc module is built without).
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <linux/netlink.h>
#include <malloc.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const int CLINUX_O_PATH = __O_PATH;
static const int CLINUX_O_TMPFILE = __O_TMPFILE;
static const uint32_t CLINUX_EPOLLIN = EPOLLIN;
static const uint32_t CLINUX_EPOLLOUT = EPOLLOUT;
static const uint32_t CLINUX_EPOLLPRI = EPOLLPRI;
static const uint32_t CLINUX_EPOLLERR = EPOLLERR;
static const uint32_t CLINUX_EPOLLHUP = EPOLLHUP;
static const int CLINUX_EPOLL_CLOEXEC = EPOLL_CLOEXEC;
static const int CLINUX_MSG_NOSIGNAL = MSG_NOSIGNAL;
static const int CLINUX_MSG_DONTWAIT = MSG_DONTWAIT;
static const int CLINUX_SOCK_DGRAM = SOCK_DGRAM;
static const int CLINUX_SOCK_STREAM = SOCK_STREAM;
static const int CLINUX_SOCK_CLOEXEC = SOCK_CLOEXEC;
static const int CLINUX_SOCK_NONBLOCK = SOCK_NONBLOCK;
static const int CLINUX_MCL_CURRENT = MCL_CURRENT;
static const int CLINUX_MCL_FUTURE = MCL_FUTURE;
static const int CLINUX_MCL_ONFAULT = MCL_ONFAULT;
static const uint32_t CLINUX_IN_ONESHOT = IN_ONESHOT;
static const int64_t CLINUX_CGROUP2_SUPER_MAGIC = CGROUP2_SUPER_MAGIC;

// open(2) and openat(2) are variadic, which Swift cannot call; the mode counts only with O_CREAT.
static inline int clinux_openat(int directory, const char *path, int flags, mode_t mode) {
  return openat(directory, path, flags, mode);
}

// openat(2) of a process's file, below an open /proc: a survey opens thousands.
static inline int clinux_open_of_process(int proc, pid_t pid, const void *name, int flags) {
  char path[64];
  int length = snprintf(path, sizeof path, "%d/%s", (int)pid, (const char *)name);
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return openat(proc, path, flags);
}

// 0 if two processes share their memory; see kcmp(2), for which there is no wrapper.
static inline int clinux_compare_memory(pid_t one, pid_t other) {
  return (int)syscall(SYS_kcmp, one, other, KCMP_VM, 0, 0);
}

// Waits until nobody can be looking any more at what the kernel has let go of (RCU); see membarrier(2), for which
// there is no wrapper, and kernel/sched/membarrier.c.
static inline int clinux_wait_for_readers(void) {
  return (int)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

// pipe2(2) is shown only with _GNU_SOURCE.
static inline int clinux_pipe(int *ends) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

// glibc has both since 2.36.
static inline int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static inline int clinux_pidfd_send_signal(int process, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, process, signal, NULL, 0);
}

static inline int clinux_signalfd(const sigset_t *mask) {
  return signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static inline int clinux_timerfd_create(void) {
  return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

// Absolute, on CLOCK_BOOTTIME; 0 s 0 ns disarms.
static inline int clinux_timerfd_arm(int timer, int64_t seconds, int64_t nanoseconds) {
  struct itimerspec when = {{0, 0}, {seconds, nanoseconds}};
  return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

// Readable once the wall clock has been set, and until the read that fails with ECANCELED; never by its time.
static inline int clinux_timerfd_of_clock_changes(void) {
  int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  struct itimerspec never = {{0, 0}, {INT64_MAX, 0}};
  if (timer != -1 && timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == -1) {
    close(timer);
    return -1;
  }
  return timer;
}

static inline int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static inline int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
}

static inline int clinux_epoll_remove(int epoll, int descriptor) {
  return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

static inline uint64_t clinux_epoll_token(const struct epoll_event *event) { return event->data.u64; }

// Connects to a UNIX socket; `path` of `length` bytes may start with NUL (the abstract namespace).
static inline int clinux_connect_unix(int socket, const char *path, size_t length) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (length > sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(address.sun_path, path, length);
  return connect(socket, (const struct sockaddr *)&address,
                 (socklen_t)(__builtin_offsetof(struct sockaddr_un, sun_path) + length));
}

// Binds a UNIX socket to a path of `length` bytes.
static inline int clinux_bind_unix(int socket, const char *path, size_t length) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (length >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(address.sun_path, path, length);
  return bind(socket, (const struct sockaddr *)&address, sizeof address);
}

// accept4(2), whose declaration takes _GNU_SOURCE.
static inline int clinux_accept(int socket) {
  return (int)syscall(SYS_accept4, socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// The calling process's effective capabilities, and with them in `effective` as one 64-bit set.
static inline int clinux_capabilities(uint64_t *effective) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) == -1) return -1;
  *effective = (uint64_t)data[1].effective << 32 | data[0].effective;
  return 0;
}

// Replaces the effective set only; a capability outside the permitted set is EPERM.
static inline int clinux_set_effective_capabilities(uint64_t effective) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) == -1) return -1;
  data[0].effective = (uint32_t)effective;
  data[1].effective = (uint32_t)(effective >> 32);
  return (int)syscall(SYS_capset, &header, data);
}

static const int CLINUX_CAP_SYS_RESOURCE = CAP_SYS_RESOURCE;

// The device number of /dev/null: see null(4).
static inline dev_t clinux_null_device(void) { return makedev(1, 3); }
// And of /dev/kmsg: Documentation/admin-guide/devices.txt.
static inline dev_t clinux_kernel_log_device(void) { return makedev(1, 11); }

static inline int64_t clinux_filesystem_type(int descriptor) {
  struct statfs about;
  return fstatfs(descriptor, &about) == -1 ? -1 : (int64_t)about.f_type;
}

// A tmpfs's blocks, in bytes; 0 total for one without a limit, whose use the kernel does not tell.
static inline int clinux_tmpfs_usage(int descriptor, uint64_t *total, uint64_t *used) {
  struct statfs about;
  if (fstatfs(descriptor, &about) == -1) return -1;
  *total = (uint64_t)about.f_blocks * (uint64_t)about.f_bsize;
  *used = (uint64_t)(about.f_blocks - about.f_bfree) * (uint64_t)about.f_bsize;
  return 0;
}

static inline uint32_t clinux_device_major(dev_t device) { return major(device); }
static inline uint32_t clinux_device_minor(dev_t device) { return minor(device); }

static inline unsigned short clinux_terminal_columns(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) == -1 ? 0 : size.ws_col;
}

struct clinux_size { unsigned short columns, rows; };

static inline struct clinux_size clinux_terminal_size(int descriptor) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) == -1) return (struct clinux_size){0, 0};
  return (struct clinux_size){size.ws_col, size.ws_row};
}

// prctl(2) is variadic.
static inline void clinux_die_with_parent(int signal) { prctl(PR_SET_PDEATHSIG, signal); }
static inline void clinux_name_process(const char *name) { prctl(PR_SET_NAME, name); }

// A socket of the process connector: connected to its multicast group, not yet listening.
static inline int clinux_process_connector(void) {
  int connector = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
  if (connector == -1) return -1;
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
  if (bind(connector, (struct sockaddr *)&address, sizeof address) == -1) {
    int code = errno;
    close(connector);
    errno = code;
    return -1;
  }
  return connector;
}

// Asks the kernel to multicast, or no longer to this listener.
static inline int clinux_process_connector_listen(int connector, int listens) {
  struct nlmsghdr header = {.nlmsg_len = NLMSG_HDRLEN + sizeof(struct cn_msg) + sizeof(uint32_t), .nlmsg_type = NLMSG_DONE};
  struct cn_msg message = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(uint32_t)};
  uint32_t operation = listens ? PROC_CN_MCAST_LISTEN : PROC_CN_MCAST_IGNORE;
  unsigned char request[NLMSG_HDRLEN + sizeof(struct cn_msg) + sizeof(uint32_t)];
  memcpy(request, &header, NLMSG_HDRLEN);
  memcpy(request + NLMSG_HDRLEN, &message, sizeof message);
  memcpy(request + NLMSG_HDRLEN + sizeof message, &operation, sizeof operation);
  return send(connector, request, sizeof request, 0) == -1 ? -1 : 0;
}

// One step of a socket filter. See Documentation/networking/filter.rst.
static inline struct sock_filter clinux_filter(uint16_t code, uint8_t jump_true, uint8_t jump_false, uint32_t k) {
  struct sock_filter step = {code, jump_true, jump_false, k};
  return step;
}

static inline int clinux_attach_filter(int socket, const struct sock_filter *steps, unsigned short count) {
  struct sock_fprog program = {count, (struct sock_filter *)steps};
  return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static const uint16_t CLINUX_BPF_LOAD_WORD = BPF_LD | BPF_W | BPF_ABS;
static const uint16_t CLINUX_BPF_JUMP_EQUAL = BPF_JMP | BPF_JEQ | BPF_K;
static const uint16_t CLINUX_BPF_JUMP_EQUAL_X = BPF_JMP | BPF_JEQ | BPF_X;
static const uint16_t CLINUX_BPF_RETURN = BPF_RET | BPF_K;
static const uint16_t CLINUX_BPF_COPY_TO_X = BPF_MISC | BPF_TAX;

// From now on no program that is started gets more than our three standard streams; since Linux 5.11.
static inline int clinux_keep_descriptors(void) { return (int)syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */); }

// A file that is nowhere but in memory; shown by /proc under this name.
static inline int clinux_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1U /* MFD_CLOEXEC */); }

static const int CLINUX_MAP_HUGETLB = MAP_HUGETLB;
static const uint32_t CLINUX_BPF_ARRAY = BPF_MAP_TYPE_ARRAY;
static const uint32_t CLINUX_BPF_PERCPU_ARRAY = BPF_MAP_TYPE_PERCPU_ARRAY;

// mmap(2), readable and writable, but a shared file, which is not written to, readable alone; NULL for a failure.
static inline void *clinux_map(int descriptor, size_t length, int flags) {
  int protection = descriptor >= 0 && (flags & MAP_SHARED) ? PROT_READ : PROT_READ | PROT_WRITE;
  void *start = mmap(NULL, length, protection, flags, descriptor, 0);
  return start == MAP_FAILED ? NULL : start;
}

static inline void clinux_no_huge_pages(void *start, size_t length) { madvise(start, length, MADV_NOHUGEPAGE); }

static inline void *clinux_shmat(int id) {
  void *start = shmat(id, NULL, 0);
  return start == (void *)-1 ? NULL : start;
}

static inline int clinux_send_message(int queue, size_t length) {
  static struct {
    long type;
    char text[8192];
  } message = {.type = 1};
  if (length > sizeof message.text) {
    errno = EINVAL;
    return -1;
  }
  return msgsnd(queue, &message, length, IPC_NOWAIT);
}

// A queue that is not there yet, and never waits for a reader; its size counts against RLIMIT_MSGQUEUE, which is lifted.
// See mq_open(3).
static inline int clinux_make_queue(const char *name, long messages, long bytes_each) {
  const struct rlimit lifted = {RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MSGQUEUE, &lifted) == -1) return -1;
  struct mq_attr attributes = {.mq_maxmsg = messages, .mq_msgsize = bytes_each};
  return mq_open(name, O_WRONLY | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600, &attributes);
}

static inline int clinux_socket_pair(int pair[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
}

static inline int clinux_unshare_mounts(void) {
  if (syscall(SYS_unshare, 0x00020000 /* CLONE_NEWNS */) == -1) return -1;
  // Or what is mounted here would be seen where it came from.
  return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static inline int clinux_mount_tmpfs(const char *path, const char *options) {
  return mount("oomguard", path, "tmpfs", MS_NOSUID | MS_NODEV, options);
}

static inline int clinux_unmount(const char *path) { return umount2(path, MNT_DETACH); }

// A BPF map whose memory the kernel takes at once. See bpf(2).
static inline int clinux_bpf_map(uint32_t type, uint32_t value_bytes, uint32_t entries) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = type;
  attributes.key_size = sizeof(uint32_t);
  attributes.value_size = value_bytes;
  attributes.max_entries = entries;
  return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}

static void *clinux_idle(void *nothing) {
  for (;;) pause();
  return nothing;
}

// 0, or the error's number.
static inline int clinux_start_idle_thread(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  int code = pthread_create(&thread, &attributes, clinux_idle, NULL);
  pthread_attr_destroy(&attributes);
  return code;
}
