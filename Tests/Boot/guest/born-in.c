// born-in CGROUP COMMAND…: starts a command that is in a cgroup from its birth (CLONE_INTO_CGROUP), and prints its pid.
//
// CGROUP is a directory below /sys/fs/cgroup. So a process joins a cgroup without a write to its cgroup.procs, as the
// service managers of later releases do it. See clone3(2); the kernel has it since 5.7.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count < 3) return 2;
  int cgroup = open(arguments[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0) {
    perror(arguments[1]);
    return 1;
  }
  struct clone_args how = {
      .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup};
  long pid = syscall(SYS_clone3, &how, sizeof how);
  if (pid < 0) {
    perror("clone3");
    return 1;
  }
  if (pid == 0) {
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  printf("%ld\n", pid);
  return 0;
}
