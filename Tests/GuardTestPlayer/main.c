// GuardTestPlayer STAGE [PROMPTER]: a process that does what a test tells it, and so do all that it starts.
//
// It listens on the datagram socket STAGE.PID and answers whoever asks:
//   fork          a child, with its pid
//   brood N       N children one by one, which write their own 300 up to a millisecond after their fork, each at another
//                 moment, and listen to nobody
//   share         a child that shares its memory without being a thread (CLONE_VM), with its pid
//   thread        a thread that listens instead; the main one ends, and the process lives on
//   exec PATH     becomes the program at PATH, a copy of this one
//   name NAME     its comm
//   storm N       that many new names, each an event for whoever listens; the last is the one it had
//   score N       its own oom_score_adj
//   write PATH N  a number into a file, as a pid into cgroup.procs; 0 is its own
//   exit
// Sockets have abstract names, see unix(7). All of them leave when standard input ends.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *stage;

struct address {
  struct sockaddr_un name;
  socklen_t length;
};

static struct address address_named(const char *text) {
  struct address address = {.name = {.sun_family = AF_UNIX}};
  size_t length = strnlen(text, sizeof address.name.sun_path - 2);
  memcpy(address.name.sun_path + 1, text, length);
  address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
  return address;
}

static int listening(void) {
  char text[100];
  snprintf(text, sizeof text, "%s.%d", stage, (int)getpid());
  struct address own = address_named(text);
  int number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (number < 0 || bind(number, (struct sockaddr *)&own.name, own.length) < 0) _exit(3);
  return number;
}

static void answer(int number, const struct address *to, long value) {
  char text[24];
  int length = snprintf(text, sizeof text, "%ld", value);
  sendto(number, text, (size_t)length, 0, (const struct sockaddr *)&to->name, to->length);
}

// 0, or minus the error.
static int put(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -errno;
  int result = write(file, text, strlen(text)) < 0 ? -errno : 0;
  close(file);
  return result;
}

static void *serve(void *unused);

static int begin(void *inherited) {
  close(*(int *)inherited);
  serve(NULL);
  return 0;
}

static long share(int number) {
  size_t size = 256 << 10;
  char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) return -errno;
  // In memory of its own, since what is on the stack here soon means something else.
  int *inherited = malloc(sizeof *inherited);
  if (!inherited) return -ENOMEM;
  *inherited = number;
  int pid = clone(begin, stack + size, CLONE_VM | SIGCHLD, inherited);
  return pid < 0 ? -errno : pid;
}

static long long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long brood(int number, long count) {
  for (long child = 0; child < count; child++) {
    int pid = fork();
    if (pid < 0) return -errno;
    if (pid > 0) continue;
    for (long long begin = nanoseconds(); nanoseconds() - begin < child % 100 * 10000;);
    put("/proc/self/oom_score_adj", "300");
    close(number);
    struct pollfd leash = {.fd = 0, .events = POLLIN};
    while (poll(&leash, 1, -1) < 1);
    _exit(0);
  }
  return count;
}

// Does what one command says; what is to be answered, or -1000000 where another answers.
static long obey(char *command, const struct address *prompter, int *number) {
  char *rest = strchr(command, ' ');
  if (rest) *rest++ = 0;
  if (strcmp(command, "exit") == 0) {
    answer(*number, prompter, 0);
    _exit(0);
  }
  if (strcmp(command, "fork") == 0) {
    int pid = fork();
    if (pid != 0) return pid < 0 ? -errno : pid;
    close(*number);
    *number = listening();
    return -1000000;
  }
  if (strcmp(command, "share") == 0) return share(*number);
  if (strcmp(command, "thread") == 0) {
    close(*number);
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void *)prompter) != 0) _exit(4);
    // The main thread alone; its stack, on which the other finds whom to answer, stays.
    syscall(SYS_exit, 0);
  }
  if (!rest) return -EINVAL;
  if (strcmp(command, "name") == 0) return prctl(PR_SET_NAME, rest) < 0 ? -errno : 0;
  if (strcmp(command, "score") == 0) return put("/proc/self/oom_score_adj", rest);
  if (strcmp(command, "storm") == 0) {
    char own[16] = "", other[16];
    prctl(PR_GET_NAME, own);
    for (long left = atol(rest); left > 0; left--) {
      snprintf(other, sizeof other, "storm-%ld", left);
      prctl(PR_SET_NAME, other);
    }
    return prctl(PR_SET_NAME, own) < 0 ? -errno : 0;
  }
  if (strcmp(command, "brood") == 0) return brood(*number, atol(rest));
  if (strcmp(command, "write") == 0) {
    char *value = strrchr(rest, ' ');
    if (!value) return -EINVAL;
    *value++ = 0;
    return put(rest, value);
  }
  if (strcmp(command, "exec") == 0) {
    char back[sizeof prompter->name.sun_path + 1] = {0};
    memcpy(back, prompter->name.sun_path + 1, prompter->length - offsetof(struct sockaddr_un, sun_path) - 1);
    execl(rest, rest, stage, back, NULL);
    return -errno;
  }
  return -EINVAL;
}

// `told`: whoever asked for this thread, and is answered once it listens.
static void *serve(void *told) {
  int number = listening();
  if (told) answer(number, told, 0);
  while (1) {
    struct pollfd wait[2] = {{.fd = 0, .events = POLLIN}, {.fd = number, .events = POLLIN}};
    if (poll(wait, 2, -1) < 0) continue;
    if (wait[0].revents) _exit(0);
    char command[4096];
    struct address from = {.length = sizeof from.name};
    ssize_t length = recvfrom(
        number, command, sizeof command - 1, 0, (struct sockaddr *)&from.name, &from.length);
    if (length < 0) continue;
    command[length] = 0;
    long value = obey(command, &from, &number);
    if (value != -1000000) answer(number, &from, value);
  }
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  stage = arguments[1];
  // Whoever ends is gone at once, also when its parent ended before.
  signal(SIGCHLD, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  static struct address prompter;
  if (count > 2) prompter = address_named(arguments[2]);
  serve(count > 2 ? &prompter : NULL);
}
