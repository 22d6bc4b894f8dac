// The least that one refresh of the live screen can cost: looks STATUS_FILE ROWS ROUNDS
//
// Reads what `oomguardctl watch` reads: the daemon's status file, pressure, meminfo, of each process its status and its
// oom_score_adj, and the cgroups of ROWS of them. Nothing is made of it. One round a second, so that both find the
// caches as cold. Prints the CPU time of one round in nanoseconds, and how many processes it looked at.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 20];

// A file of one record is whole in one read(2); another one goes on until its end.
static ssize_t read_file(int directory, const char *path, int is_record) {
  int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
  if (file == -1) return -1;
  ssize_t total = 0, length;
  do {
    length = read(file, buffer + total, sizeof buffer - (size_t)total);
    if (length > 0) total += length;
  } while (!is_record && length > 0);
  close(file);
  return total;
}

static long look(int proc, const char *status, long rows) {
  long seen = 0;
  read_file(AT_FDCWD, status, 0);
  read_file(proc, "pressure/memory", 0);
  read_file(proc, "meminfo", 0);
  DIR *all = opendir("/proc");
  for (struct dirent *entry; (entry = readdir(all));) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    char path[64];
    snprintf(path, sizeof path, "%.20s/status", entry->d_name);
    if (read_file(proc, path, 1) > 0) seen++;
    snprintf(path, sizeof path, "%.20s/oom_score_adj", entry->d_name);
    read_file(proc, path, 1);
    snprintf(path, sizeof path, "%.20s/cgroup", entry->d_name);
    if (seen <= rows) read_file(proc, path, 1);
  }
  closedir(all);
  return seen;
}

static long long cpu_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **words) {
  if (count != 4) return 64;
  int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  long rows = atol(words[2]), rounds = atol(words[3]), seen = 0;
  if (proc == -1 || rounds < 1) return 64;
  long long before = cpu_time();
  for (long round = 0; round < rounds; round++) {
    nanosleep(&(struct timespec){1, 0}, NULL);
    seen = look(proc, words[1], rows);
  }
  printf("%lld %ld\n", (cpu_time() - before) / rounds, seen);
}
