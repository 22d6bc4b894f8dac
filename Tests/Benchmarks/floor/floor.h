// What the programs here share: files read whole, and a round a second whose CPU time is counted.
#ifndef FLOOR_H
#define FLOOR_H
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

// A file of one record is whole in one read(2); a list goes on until its end.
static inline ssize_t read_file(int directory, const char *path, char *buffer, size_t size, int is_list) {
  int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
  if (file == -1) return -1;
  ssize_t total = 0, length;
  do {
    length = read(file, buffer + total, size - 1 - (size_t)total);
    if (length > 0) total += length;
  } while (is_list && length > 0);
  close(file);
  buffer[total] = 0;
  return total;
}

static inline long long cpu_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Prints the CPU time of one round in nanoseconds, and what the last one saw. A second passes before each, as it does
// for the program beside, so that both find the caches as cold.
#define MEASURE(rounds, look)                                           \
  do {                                                                  \
    long seen_ = 0;                                                     \
    long long before_ = cpu_time();                                     \
    for (long round_ = 0; round_ < (rounds); round_++) {                \
      nanosleep(&(struct timespec){1, 0}, NULL);                        \
      seen_ = (look);                                                   \
    }                                                                   \
    printf("%lld %ld\n", (cpu_time() - before_) / (rounds), seen_);     \
  } while (0)

#endif
