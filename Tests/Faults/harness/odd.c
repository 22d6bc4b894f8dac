// What strace cannot make of a call, loaded before libc: for as long as a file of that name is in OOMGUARD_ODD,
// short     files are read by at most sixteen bytes at a time, as read(2) may do
// later     every clock is a day further on, as after a long sleep of the machine
// earlier   the time of day, and only that, is a day back, as somebody sets it
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400, SHORT = 16 };

static int is_on(const char *what) {
  char path[4096];
  const char *folder = getenv("OOMGUARD_ODD");
  if (!folder) return 0;
  snprintf(path, sizeof path, "%s/%s", folder, what);
  return syscall(SYS_access, path, F_OK) == 0;
}

// Not of what hands over whole records or nothing, as the kernel's log.
static size_t shortened(int file, size_t size) {
  struct stat about;
  return size > SHORT && fstat(file, &about) == 0 && S_ISREG(about.st_mode) && is_on("short") ? SHORT : size;
}

ssize_t read(int file, void *bytes, size_t size) { return syscall(SYS_read, file, bytes, shortened(file, size)); }

ssize_t pread(int file, void *bytes, size_t size, off_t at) {
  return syscall(SYS_pread64, file, bytes, shortened(file, size), at);
}

ssize_t pread64(int file, void *bytes, size_t size, off_t at) { return pread(file, bytes, size, at); }

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && is_on("later")) time->tv_sec += DAY;
  if (result == 0 && clock == CLOCK_REALTIME && is_on("earlier")) time->tv_sec -= DAY;
  return result;
}
