// killstorm COUNT PAUSE_MS CGROUP.PROCS MIB: starts one process after the other that eats so much memory in that cgroup,
// until the kernel kills it. Prints of each that it killed when that was seen, in nanoseconds of CLOCK_MONOTONIC.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int put(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  return file < 0 || dprintf(file, "%s", text) < 0 || close(file);
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  long kills = atol(arguments[1]), pause = atol(arguments[2]), bytes = atol(arguments[4]) << 20;
  for (long i = 0; i < kills; i++) {
    pid_t child = fork();
    if (child < 0) return perror("fork"), 1;
    if (child == 0) {
      if (put(arguments[3], "0") || put("/proc/self/oom_score_adj", "1000")) _exit(1);
      char *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory != MAP_FAILED)
        for (long at = 0; at < bytes; at += 4096) memory[at] = 1;
      _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
      struct timespec now;
      clock_gettime(CLOCK_MONOTONIC, &now);
      printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    }
    usleep(pause * 1000);
  }
}
