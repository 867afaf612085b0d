// Loops over whole arrays: threads take fixed blocks of elements, vectors the elements of a block.
#pragma once

#include "../simd/vector.h"
#include "../threads.h"

namespace coto {
namespace COTO_ISA {

/** Numbers in a task: 16 KiB of each operand. A multiple of every vector's width. */
constexpr int64_t kGrain = 4096;

/** The first `lanes` numbers, zeros after them; for all of a vector's lanes as fast as a plain load. */
COTO_INLINE Vec load_lanes(const float* from, int64_t lanes) {
  return lanes == kLanes ? load(from) : load_partial(from, lanes);
}
/** Stores the first `lanes` numbers. */
COTO_INLINE void store_lanes(float* to, Vec value, int64_t lanes) {
  if (lanes == kLanes) store(to, value);
  else store_partial(to, value, lanes);
}

/** Calls f(i, lanes) for every vector of 0 … width, the last one with the lanes that are left. */
template <typename F>
COTO_INLINE void each_vector(int64_t width, F f) {
  by_vectors(
      width, [&](int64_t i) COTO_LAMBDA { f(i, int64_t{kLanes}); },
      [&](int64_t i, int64_t left) COTO_LAMBDA { f(i, left); });
}

/** y[i] = f(x[i]) vector by vector; what f computes of a part of a vector's width is the same as of a whole one. */
template <typename F>
COTO_INLINE void map_range(const float* x, float* y, int64_t begin, int64_t end, F f) {
  x += begin;
  y += begin;
  by_vectors(
      end - begin, [&](int64_t i) { store(y + i, f(load(x + i))); },
      [&](int64_t i, int64_t left) { store_partial(y + i, f(load_partial(x + i, left)), left); });
}

template <typename F>
COTO_INLINE void map_range(const float* a, const float* b, float* y, int64_t begin, int64_t end, F f) {
  a += begin;
  b += begin;
  y += begin;
  by_vectors(
      end - begin, [&](int64_t i) { store(y + i, f(load(a + i), load(b + i))); },
      [&](int64_t i, int64_t left) {
        store_partial(y + i, f(load_partial(a + i, left), load_partial(b + i, left)), left);
      });
}

template <typename F>
COTO_INLINE void map(const float* x, float* y, int64_t count, F f) {
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) { map_range(x, y, begin, end, f); });
}

template <typename F>
COTO_INLINE void map(const float* a, const float* b, float* y, int64_t count, F f) {
  parallel_for(count, kGrain, [=](int64_t begin, int64_t end) { map_range(a, b, y, begin, end, f); });
}

/** Rows of `width` numbers in a task of about kGrain numbers. */
COTO_INLINE int64_t rows_per_task(int64_t width) { return max(1, kGrain / max(width, 1)); }

}  // namespace COTO_ISA
}  // namespace coto
