/**
 * Environment of a collector's process: glibc's allocator gives large blocks back to the system at once and keeps two
 * arenas, not one for each thread. Without it the peak under overload was 535 to 567 MiB in three runs, with it 480 and 502 (`npm run bench -- overload`).
 * Source: mallopt(3). Other allocators do not look at it.
 */
export const ALLOCATOR_ENVIRONMENT = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
} as const
