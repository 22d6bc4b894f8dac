// share: a process, and a child that shares its memory without being a thread of it (CLONE_VM).
//
// The child calls itself `other`. At SIGUSR1 it becomes `sleep infinity`, and so has memory of its own; at SIGUSR2 it
// forks a child in the ordinary way, `heir`. See clone(2); Debian has no program that does this and stays.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static int other(void *told) {
  prctl(PR_SET_NAME, "other");
  for (;;) {
    int signal;
    if (sigwait(told, &signal) != 0) return 1;
    if (signal == SIGUSR1) execl("/bin/sleep", "sleep", "infinity", NULL);
    if (signal == SIGUSR2 && fork() == 0) {
      prctl(PR_SET_NAME, "heir");
      for (;;) pause();
    }
  }
}

int main(void) {
  sigset_t told;
  sigemptyset(&told);
  sigaddset(&told, SIGUSR1);
  sigaddset(&told, SIGUSR2);
  sigprocmask(SIG_BLOCK, &told, NULL);
  size_t size = 256 << 10;
  char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED || clone(other, stack + size, CLONE_VM | SIGCHLD, &told) < 0) return 1;
  for (;;) pause();
}
