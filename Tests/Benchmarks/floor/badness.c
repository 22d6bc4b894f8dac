// The least that finding the next victim can cost: badness
//
// Reads /proc/PID/status and oom_score_adj of every process, sums what the kernel's search for a victim sums, and
// prints the pid with the most.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_record(int proc, const char *pid, const char *name, char *buffer, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "%.20s/%s", pid, name);
  int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (file == -1) return -1;
  ssize_t length = read(file, buffer, size - 1);
  close(file);
  if (length >= 0) buffer[length] = 0;
  return length;
}

static long field(const char *text, const char *name) {
  const char *found = strstr(text, name);
  return found ? atol(found + strlen(name)) : 0;
}

int main(void) {
  int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  DIR *all = opendir("/proc");
  if (proc == -1 || !all) return 1;
  long thousandth = sysconf(_SC_PHYS_PAGES) / 1000 * (sysconf(_SC_PAGESIZE) / 1024), most = -1, victim = 0;
  for (struct dirent *entry; (entry = readdir(all));) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    static char status[1 << 16];
    char score[16];
    if (read_record(proc, entry->d_name, "status", status, sizeof status) <= 0) continue;
    if (read_record(proc, entry->d_name, "oom_score_adj", score, sizeof score) <= 0) continue;
    long badness = field(status, "VmRSS:") + field(status, "VmSwap:") + field(status, "VmPTE:") + atol(score) * thousandth;
    if (badness > most) most = badness, victim = atol(entry->d_name);
  }
  printf("%ld\n", victim);
}
