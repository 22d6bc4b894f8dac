// What Swift's Glibc module does not show, for tests.
#pragma once
#include <stddef.h>

// A new pseudo-terminal of the given size: its descriptor, non-blocking, and the path of its other end in `path`, of
// `length` bytes; -1 on failure. See pty(7).
int ctest_open_terminal(char *path, size_t length, unsigned short columns, unsigned short rows);
