// The engine's own threads: one pool a process, whose threads sleep when there is nothing to do.
#pragma once

#include <cstdint>

namespace coto {

/** Threads that share the work, the caller's own among them. At first as many as the process may run on. */
int thread_count();

/**
 * Sets the number of threads, the caller's own among them (1 to 256; others are brought into that range). Idle threads
 * beyond it end before this returns; new ones start with the next work that needs them.
 */
void set_thread_count(int count);

/** Sets a function that every thread of the pool calls once, at its start. Call it before the first parallel_for. */
void set_thread_start_hook(void (*hook)());

namespace detail {
using Task = void (*)(void* context, int64_t begin, int64_t end);
void run_tasks(int64_t count, int64_t grain, Task task, void* context);
}  // namespace detail

/**
 * Calls body(begin, end) for tasks of `grain` (the last one may be shorter) that together cover 0 … count, on the
 * pool's threads and on the caller's, handed out as threads become free; returns when all are done. With one thread, or
 * count no larger than grain, body runs here, at once over everything: a body must give the same bits however it is cut
 * at multiples of grain. Not to be called from a body. If two threads call at once, one of them works alone.
 */
template <typename Body>
void parallel_for(int64_t count, int64_t grain, Body body) {
  if (count <= 0) return;
  if (count <= grain) {
    body(int64_t{0}, count);
    return;
  }
  detail::run_tasks(
      count, grain < 1 ? 1 : grain,
      [](void* context, int64_t begin, int64_t end) { (*static_cast<Body*>(context))(begin, end); }, &body);
}

}  // namespace coto
