// hog MIB: takes that much memory, a MiB at a time, touches every page of it, then waits to be killed.
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int count, char **arguments) {
  long mib = count == 2 ? atol(arguments[1]) : 0;
  if (mib <= 0) return 2;
  for (long i = 0; i < mib; i++) {
    char *page = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 1;
    for (long at = 0; at < 1 << 20; at += 4096) page[at] = 1;
  }
  for (;;) pause();
}
