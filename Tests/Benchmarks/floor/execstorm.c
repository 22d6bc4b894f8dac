// Programs that come and go as fast as one core lets them: execstorm LIVE, until it is ended. Never more than LIVE at once.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t is_over;
static void end(int number) { is_over = number; }

int main(int count, char **words) {
  if (count == 1) return 0;  // one of those that come
  long limit = count == 2 ? atol(words[1]) : 0, live = 0;
  if (limit < 1) return 64;
  cpu_set_t core;
  CPU_ZERO(&core);
  CPU_SET(0, &core);
  if (sched_setaffinity(0, sizeof core, &core)) return perror("sched_setaffinity"), 1;
  sigaction(SIGTERM, &(struct sigaction){.sa_handler = end}, NULL);
  while (!is_over) {
    pid_t pid = live < limit ? fork() : -1;
    if (pid == 0) {
      execl(words[0], "passer-by", (char *)NULL);
      _exit(127);
    }
    if (pid > 0) live++;
    // Where no more may live, it waits for one to end.
    int how = pid > 0 ? WNOHANG : 0;
    while (live > 0 && waitpid(-1, NULL, how) > 0) live--, how = WNOHANG;
  }
  // Nobody is left behind, for whoever adopts orphans may be slow to bury them.
  while (wait(NULL) > 0) {}
}
