// leak MIB: takes that much memory each second and gives none of it back, until it is killed. What it writes packs to
// half its size.
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { mib = 1 << 20, page = 4096 };

int main(int count, char **arguments) {
  long each_second = count == 2 ? atol(arguments[1]) : 0;
  if (each_second <= 0) return 2;
  unsigned long noise = 1;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (;;) {
    char *taken = mmap(0, mib, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (taken == MAP_FAILED) return 1;
    for (long at = 0; at < mib; at += page) {
      unsigned long *words = (unsigned long *)(taken + at);
      for (unsigned long i = 0; i < page / 2 / sizeof *words; i++) {
        // Marsaglia's xorshift.
        noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
        words[i] = noise;
      }
    }
    next.tv_nsec += 1000000000 / each_second;
    next.tv_sec += next.tv_nsec / 1000000000, next.tv_nsec %= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, 0);
  }
}
