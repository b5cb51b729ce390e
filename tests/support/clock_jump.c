/* Preloaded into a program: what its clocks say is what the kernel says, plus what a test has written into the file
 * CARO_TEST_CLOCKS, in seconds: how far somebody has set the clock on the wall, and how long the machine has slept.
 * CLOCK_MONOTONIC stands still while a machine sleeps, so it is as it is (clock_gettime(2)). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void read_jumps(long *wall, long *asleep) {
  char text[64] = "";
  const char *path = getenv("CARO_TEST_CLOCKS");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  *wall = *asleep = 0;
  if (file < 0) return;
  if (read(file, text, sizeof text - 1) > 0) sscanf(text, "%ld %ld", wall, asleep);
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  long wall, asleep;
  int failed = (int)syscall(SYS_clock_gettime, clock, now);
  if (failed) return failed;
  read_jumps(&wall, &asleep);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += wall + asleep;
  if (clock == CLOCK_BOOTTIME) now->tv_sec += asleep;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec found;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &found);
  now->tv_sec = found.tv_sec;
  now->tv_usec = found.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *seconds) {
  struct timespec found;
  clock_gettime(CLOCK_REALTIME, &found);
  if (seconds) *seconds = found.tv_sec;
  return found.tv_sec;
}
