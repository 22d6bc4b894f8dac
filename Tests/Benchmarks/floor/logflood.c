// logflood LINES BURST PAUSE_MS: writes so many records to /dev/kmsg, as a driver gone wild would, with a pause after each
// burst. The kernel limits the rate of each open file, so it is opened anew for every ten.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count != 4) return 2;
  long lines = atol(arguments[1]), burst = atol(arguments[2]), pause = atol(arguments[3]);
  int log = -1;
  for (long i = 0; i < lines; i++) {
    if (i % 10 == 0) {
      if (log >= 0) close(log);
      if ((log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC)) < 0) return perror("/dev/kmsg"), 1;
    }
    char line[200];
    int length = snprintf(
        line, sizeof line, "<7>oomguard bench: line %ld of %ld, a driver says the same thing again and again 0123456789\n", i, lines);
    if (write(log, line, length) != length) return perror("write"), 1;
    if ((i + 1) % burst == 0) usleep(pause * 1000);
  }
}
