// logreader: the least that finds OOM kills in the kernel's log: reads every record of /dev/kmsg from here on, counts what
// is missing by their numbers, and the kills by their words. Says what it found when its standard input ends.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (log < 0) return perror("/dev/kmsg"), 1;
  lseek(log, 0, SEEK_END);
  puts("ready");
  fflush(stdout);
  static char record[8192];
  unsigned long long next = 0, lost = 0, kills = 0;
  struct pollfd waits[2] = {{.fd = log, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  for (;;) {
    ssize_t n = read(log, record, sizeof record - 1);
    if (n < 0 && errno == EAGAIN) {
      if (poll(waits, 2, -1) < 0) return 1;
      if (waits[1].revents) break;
      continue;
    }
    if (n < 0 && errno == EPIPE) continue;
    if (n < 0) return perror("read"), 1;
    record[n] = 0;
    char *comma = strchr(record, ',');
    unsigned long long number = comma ? strtoull(comma + 1, NULL, 10) : 0;
    if (next && number > next) lost += number - next;
    next = number + 1;
    kills += strstr(record, "Killed process ") != NULL;
  }
  printf("%llu %llu\n", kills, lost);
}
