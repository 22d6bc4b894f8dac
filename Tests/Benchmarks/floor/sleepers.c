// Processes that do nothing: sleepers COUNT MEMBERS CGROUP_DIRECTORY
//
// COUNT of them; the first MEMBERS are named "guarded" and live in the cgroup. Prints "ready" when all are there.
// They end with this program, which ends with its standard input.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t new_sleeper(const char *name, const char *members) {
  pid_t parent = getpid(), pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  prctl(PR_SET_NAME, name);
  if (members) {
    int file = open(members, O_WRONLY | O_CLOEXEC);
    if (file == -1 || write(file, "0", 1) == -1) _exit(1);
    close(file);
  }
  for (;;) pause();
}

int main(int count, char **words) {
  if (count != 4) return 64;
  long wanted = atol(words[1]), members = atol(words[2]), made = 0;
  char path[4096];
  snprintf(path, sizeof path, "%s/cgroup.procs", words[3]);
  pid_t *pids = calloc((size_t)wanted, sizeof *pids);
  if (!pids) return 1;
  for (; made < wanted; made++) {
    pids[made] = new_sleeper(made < members ? "guarded" : "stranger", made < members ? path : NULL);
    if (pids[made] == -1) {
      perror("fork");
      break;
    }
  }
  if (made == wanted) puts("ready");
  fflush(stdout);
  char byte;
  while (made == wanted && read(STDIN_FILENO, &byte, 1) > 0) {}
  for (long i = 0; i < made; i++) kill(pids[i], SIGKILL);
  while (wait(NULL) > 0) {}
  return made < wanted;
}
