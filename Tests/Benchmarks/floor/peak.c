// peak PROGRAM [WORD]…: runs it. Prints on standard error its CPU time in nanoseconds, and the most it had resident in
// KiB. What a process had before its exec counts as the program's, too (fs/exec.c: exec_mmap): here next to nothing.
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long nanoseconds(struct timeval time) { return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL; }

int main(int count, char **words) {
  if (count < 2) return 64;
  pid_t child = fork();
  if (child == 0) {
    execvp(words[1], words + 1);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (child == -1 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status)) return 1;
  fprintf(stderr, "%lld %ld\n", nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime), usage.ru_maxrss);
  return WEXITSTATUS(status);
}
