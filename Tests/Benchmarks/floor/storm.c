// Strangers that come and go: storm FORKS_PER_SECOND, until it is ended.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words) {
  long rate = count == 2 ? atol(words[1]) : 0;
  if (rate < 1) return 64;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (;;) {
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    next.tv_nsec += 1000000000 / rate;
    if (next.tv_nsec >= 1000000000) next.tv_sec++, next.tv_nsec -= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
  }
}
