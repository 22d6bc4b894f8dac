#define _GNU_SOURCE
#include "CTestSupport.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int ctest_open_terminal(char *path, size_t length, unsigned short columns, unsigned short rows) {
  int number = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (number == -1) return -1;
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  if (grantpt(number) == 0 && unlockpt(number) == 0 && ptsname_r(number, path, length) == 0 &&
      ioctl(number, TIOCSWINSZ, &size) == 0)
    return number;
  close(number);
  return -1;
}
