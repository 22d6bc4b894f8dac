// The least that looking at processes can cost: reads unit CGROUP_DIRECTORY ROUNDS | reads units SLICE_DIRECTORY ROUNDS |
// reads comm ROUNDS
//
// unit: the cgroup's cgroup.procs, and the oom_score_adj of each process in it. units: the slice's directory, the
// cgroup.procs of each unit in it and its links, which tell of cgroups below it, and the oom_score_adj of each process
// there. comm: readdir of /proc, and each process's comm. One round a second, as the daemon at its shortest interval, so
// that both find the caches as cold.
// Prints the CPU time of one round in nanoseconds, and how many processes it looked at.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "floor.h"

static long look_at_unit(int proc, const char *list) {
  static char pids[1 << 20];
  long seen = 0;
  if (read_file(AT_FDCWD, list, pids, sizeof pids, 1) == -1) return 0;
  for (char *rest = pids, *pid; (pid = strsep(&rest, "\n")) && *pid;) {
    char path[64], score[16];
    snprintf(path, sizeof path, "%s/oom_score_adj", pid);
    if (read_file(proc, path, score, sizeof score, 0) > 0) seen++;
  }
  return seen;
}

static long look_at_units(int proc, const char *slice) {
  long seen = 0;
  DIR *units = opendir(slice);
  if (!units) return 0;
  for (struct dirent *entry; (entry = readdir(units));) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    char list[300], pids[4096], path[64], score[16];
    snprintf(list, sizeof list, "%.250s/cgroup.procs", entry->d_name);
    if (read_file(dirfd(units), list, pids, sizeof pids, 1) < 2) continue;
    struct stat about;
    if (fstatat(dirfd(units), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 || about.st_nlink > 2) continue;
    for (char *rest = pids, *pid; (pid = strsep(&rest, "\n")) && *pid;) {
      snprintf(path, sizeof path, "%.20s/oom_score_adj", pid);
      if (read_file(proc, path, score, sizeof score, 0) > 0) seen++;
    }
  }
  closedir(units);
  return seen;
}

static long look_at_all(int proc) {
  long seen = 0;
  DIR *all = opendir("/proc");
  for (struct dirent *entry; (entry = readdir(all));) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    char path[64], comm[64];
    snprintf(path, sizeof path, "%.20s/comm", entry->d_name);
    if (read_file(proc, path, comm, sizeof comm, 0) > 0) seen++;
  }
  closedir(all);
  return seen;
}

int main(int count, char **words) {
  int is_unit = count == 4 && strcmp(words[1], "unit") == 0, is_units = count == 4 && strcmp(words[1], "units") == 0;
  if (!is_unit && !is_units && !(count == 3 && strcmp(words[1], "comm") == 0)) return 64;
  char list[4096];
  snprintf(list, sizeof list, "%s/cgroup.procs", words[2]);
  int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  long rounds = atol(words[count - 1]);
  if (proc == -1 || rounds < 1) return 64;
  MEASURE(rounds, is_unit ? look_at_unit(proc, list) : is_units ? look_at_units(proc, words[2]) : look_at_all(proc));
}
