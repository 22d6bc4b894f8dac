// Counts what oomguardd asks of the allocator: how often, and how many bytes, as two numbers in the file ALLOCATIONS.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static unsigned long *counts;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("ALLOCATIONS");
  // Whatever starts it, and is not it, has the same environment.
  if (!path || strcmp(program_invocation_short_name, "oomguardd") != 0) return;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void *place = mmap(NULL, 2 * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (place != MAP_FAILED) counts = place;
  close(file);
}

static void count(size_t size) {
  if (!counts) return;
  __atomic_add_fetch(&counts[0], 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&counts[1], size, __ATOMIC_RELAXED);
}

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count(size);
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
