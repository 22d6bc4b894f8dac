// record MILLISECONDS: a line of figures of the machine each time so long has passed, until it is ended.
// Built with: cc -O2 -static. All it needs is read before, and it is the last to be killed.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static char text[1 << 16];

static void slurp(const char *path) {
  int file = open(path, O_RDONLY);
  ssize_t length = 0, more;
  while (file >= 0 && (more = read(file, text + length, sizeof text - 1 - length)) > 0) length += more;
  text[length] = 0;
  close(file);
}

// The first number after `name`, or the sum over all lines that begin with it.
static unsigned long long number(const char *name, int all) {
  unsigned long long sum = 0;
  for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : 0) {
    if (strncmp(line, name, strlen(name)) || strstr(line, "_throttle") == line + strlen(name)) continue;
    char *digits = strpbrk(line + strlen(name), "0123456789");
    sum += digits ? strtoull(digits, 0, 10) : 0;
    if (!all) break;
  }
  return sum;
}

static unsigned long long total(const char *kind) {
  char *line = strstr(text, kind), *at = line ? strstr(line, "total=") : 0;
  return at ? strtoull(at + 6, 0, 10) : 0;
}

int main(int count, char **arguments) {
  long step = count > 1 ? atol(arguments[1]) : 250;
  struct timespec begin, now, next;
  mlockall(MCL_CURRENT | MCL_FUTURE);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  next = begin;
  puts("ms total_kb available_kb swap_free_kb some_us full_us stalls scans steals kills");
  for (;;) {
    unsigned long long memory[3], stall[2], event[4];
    slurp("/proc/meminfo");
    memory[0] = number("MemTotal:", 0), memory[1] = number("MemAvailable:", 0), memory[2] = number("SwapFree:", 0);
    slurp("/proc/pressure/memory");
    stall[0] = total("some"), stall[1] = total("full");
    slurp("/proc/vmstat");
    event[0] = number("allocstall", 1), event[1] = number("pgscan_direct", 1), event[2] = number("pgsteal_direct", 1);
    event[3] = number("oom_kill", 0);
    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%lld %llu %llu %llu %llu %llu %llu %llu %llu %llu\n",
           (now.tv_sec - begin.tv_sec) * 1000LL + (now.tv_nsec - begin.tv_nsec) / 1000000, memory[0], memory[1],
           memory[2], stall[0], stall[1], event[0], event[1], event[2], event[3]);
    fflush(stdout);
    next.tv_nsec += step * 1000000;
    next.tv_sec += next.tv_nsec / 1000000000;
    next.tv_nsec %= 1000000000;
    // What was missed is not made up for.
    if (next.tv_sec < now.tv_sec || (next.tv_sec == now.tv_sec && next.tv_nsec < now.tv_nsec)) next = now;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, 0);
  }
}
