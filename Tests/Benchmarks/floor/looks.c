// The least that one refresh of the live screen can cost: looks STATUS_FILE ROWS ROUNDS
//
// Reads what `oomguardctl watch` reads: the daemon's status file, pressure, meminfo, of each process its status and its
// oom_score_adj, and the cgroups of ROWS of them. Nothing is made of it. One round a second, so that both find the
// caches as cold. Prints the CPU time of one round in nanoseconds, and how many processes it looked at.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>

#include "floor.h"

static char buffer[1 << 20];

static long look(int proc, const char *status, long rows) {
  long seen = 0;
  read_file(AT_FDCWD, status, buffer, sizeof buffer, 1);
  read_file(proc, "pressure/memory", buffer, sizeof buffer, 1);
  read_file(proc, "meminfo", buffer, sizeof buffer, 1);
  DIR *all = opendir("/proc");
  for (struct dirent *entry; (entry = readdir(all));) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    char path[64];
    snprintf(path, sizeof path, "%.20s/status", entry->d_name);
    if (read_file(proc, path, buffer, sizeof buffer, 0) > 0) seen++;
    snprintf(path, sizeof path, "%.20s/oom_score_adj", entry->d_name);
    read_file(proc, path, buffer, sizeof buffer, 0);
    snprintf(path, sizeof path, "%.20s/cgroup", entry->d_name);
    if (seen <= rows) read_file(proc, path, buffer, sizeof buffer, 0);
  }
  closedir(all);
  return seen;
}

int main(int count, char **words) {
  if (count != 4) return 64;
  int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  long rows = atol(words[2]), rounds = atol(words[3]);
  if (proc == -1 || rounds < 1) return 64;
  MEASURE(rounds, look(proc, words[1], rows));
}
