// How long a new process waits for its score: starts COUNT SCORE TIMEOUT_MS LONGEST_PAUSE_MS [CGROUP_PATTERN]
//
// Starts COUNT processes named "guarded", at random pauses so that no watcher's period can be met by chance. Each reads
// its own oom_score_adj until that is SCORE, and prints how many microseconds after its exec this was; -1: never.
// With a pattern, such as /sys/fs/cgroup/system.slice/bench@%d.service, each is born into a cgroup of its own,
// made for it as PID 1 would.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void pause_ns(long long ns) { nanosleep(&(struct timespec){ns / 1000000000, ns % 1000000000}, NULL); }

// In the started process. What it prints is one write, so that lines of several do not mix.
static int wait_for_score(long wanted, long long born, long long timeout) {
  int file = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
  prctl(PR_SET_TIMERSLACK, 1000);
  char text[32];
  for (;;) {
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    long long waited = now_ns() - born;
    text[length > 0 ? length : 0] = 0;
    int is_over = waited > timeout;
    if (atol(text) == wanted || is_over) {
      dprintf(STDOUT_FILENO, "%lld\n", is_over ? -1 : waited / 1000);
      return 0;
    }
    // Seldom enough to leave a core to the watcher.
    pause_ns(waited < 20000000 ? 50000 : 500000);
  }
}

static void start(const char *program, char **words, const char *cgroup) {
  if (cgroup) mkdir(cgroup, 0755);
  if (fork() != 0) return;
  if (cgroup) {
    char path[4096];
    snprintf(path, sizeof path, "%.4000s/cgroup.procs", cgroup);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file == -1 || write(file, "0", 1) == -1) perror(path);
    close(file);
  }
  char born[32];
  snprintf(born, sizeof born, "%lld", now_ns());
  execl(program, "guarded", words[2], born, words[3], (char *)NULL);
  perror(program);
  _exit(127);
}

int main(int count, char **words) {
  if (strcmp(words[0], "guarded") == 0 && count == 4)
    return wait_for_score(atol(words[1]), atoll(words[2]), atoll(words[3]) * 1000000);
  if (count != 5 && count != 6) return 64;
  // The name the kernel keeps is that of the file: a link beside this program.
  char program[4096], cgroup[4096];
  snprintf(program, sizeof program, "%.4000s", words[0]);
  char *slash = strrchr(program, '/');
  strcpy(slash ? slash + 1 : program, "guarded");
  long wanted = atol(words[1]), longest = atol(words[4]);
  srandom(1);
  for (long i = 0; i < wanted; i++) {
    pause_ns(random() % (longest * 1000000));
    if (count == 6) snprintf(cgroup, sizeof cgroup, words[5], (int)i);
    start(program, words, count == 6 ? cgroup : NULL);
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
  }
  while (wait(NULL) > 0) {}
  for (long i = 0; count == 6 && i < wanted; i++) {
    snprintf(cgroup, sizeof cgroup, words[5], (int)i);
    rmdir(cgroup);
  }
}
