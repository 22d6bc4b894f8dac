// agent PORT: runs shell scripts for the host, one at a time, over a virtio serial port.
//
// Request: two little-endian 32-bit numbers (time limit in seconds, length), then the script.
// Answer: exit status and length likewise, then what the script printed, both streams in one. A script over its
// limit is killed with its process group and answers 124. Written in C, locked in memory and without an exec of
// its own, because it has to answer while the guest is out of memory, and each exec costs the emulator dearly.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { script_limit = 1 << 17, output_limit = 1 << 24, status_timed_out = 124 };

static char script[script_limit];
static char *output;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

// While no host is connected the port reads as ended; it is asked again until there is one.
static void read_all(int port, void *into, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t n = read(port, (char *)into + done, length - done);
    if (n > 0)
      done += n;
    else if (n == 0 || errno == EAGAIN)
      usleep(20000);
    else if (errno != EINTR)
      exit(1);
  }
}

static void write_all(int port, const void *from, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t n = write(port, (const char *)from + done, length - done);
    if (n > 0)
      done += n;
    else if (errno != EINTR && errno != EAGAIN)
      exit(1);
  }
}

// Reads what there is; what goes past the limit is read and dropped.
static void drain(int pipe, size_t *length) {
  for (;;) {
    char beyond[4096];
    size_t room = output_limit - *length;
    ssize_t n = room ? read(pipe, output + *length, room) : read(pipe, beyond, sizeof beyond);
    if (n <= 0) return;
    if (room) *length += n;
  }
}

static uint32_t run(uint32_t seconds, size_t *length) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK)) return 125;
  pid_t child = fork();
  if (child < 0) return 126;
  if (child == 0) {
    setsid();
    int adj = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (adj < 0 || write(adj, "0", 1) != 1) _exit(126);
    fcntl(ends[1], F_SETFL, 0);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, 0), dup2(ends[1], 1), dup2(ends[1], 2);
    execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  double deadline = now() + seconds;
  int status = 0, timed_out = 0;
  // The end of the shell ends the command, not the end of the pipe: what it left running may hold that open.
  while (waitpid(child, &status, WNOHANG) == 0) {
    struct pollfd p = {.fd = ends[0], .events = POLLIN};
    if (poll(&p, 1, 20) > 0 && !(p.revents & POLLIN)) usleep(5000);
    drain(ends[0], length);
    if (now() > deadline) {
      timed_out = 1;
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
  }
  drain(ends[0], length);
  close(ends[0]);
  if (timed_out) return status_timed_out;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **arguments) {
  if (count != 2 || !(output = malloc(output_limit))) return 2;
  int port = -1;
  for (int tries = 0; tries < 600 && port < 0; tries++)
    if ((port = open(arguments[1], O_RDWR | O_CLOEXEC)) < 0) usleep(50000);
  if (port < 0 || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) return 1;
  for (;;) {
    uint32_t head[2];
    read_all(port, head, sizeof head);
    if (head[1] >= script_limit) return 3;
    read_all(port, script, head[1]);
    script[head[1]] = 0;
    size_t length = 0;
    uint32_t status = run(head[0], &length);
    uint32_t answer[2] = {status, (uint32_t)length};
    write_all(port, answer, sizeof answer);
    write_all(port, output, length);
  }
}
