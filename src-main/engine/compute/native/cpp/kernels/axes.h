// Iteration over tensors of any rank by steps: axes of a broadcast or of a copy, merged where they lie without gaps.
#pragma once

#include "../simd/vector.h"
#include "kernels.h"

namespace coto {
namespace COTO_ISA {

constexpr int kMaxAxes = 2 * kMaxRank;

/** Axes, the outermost first: their sizes, and the steps (in elements) of each of `Count` tensors along them. */
template <int Count>
struct Axes {
  int rank = 0;
  int64_t size[kMaxAxes];
  int64_t step[Count][kMaxAxes];

  void add(int64_t length, const int64_t (&steps)[Count]) {
    if (length == 1) return;
    bool merges = rank > 0;
    for (int t = 0; t < Count && merges; t++) merges = step[t][rank - 1] == steps[t] * length;
    if (merges) {
      size[rank - 1] *= length;
    } else {
      size[rank] = length;
      rank++;
    }
    for (int t = 0; t < Count; t++) step[t][rank - 1] = steps[t];
  }
  void remove(int axis) {
    rank--;
    for (int i = axis; i < rank; i++) {
      size[i] = size[i + 1];
      for (int t = 0; t < Count; t++) step[t][i] = step[t][i + 1];
    }
  }
  int64_t count() const {
    int64_t product = 1;
    for (int i = 0; i < rank; i++) product *= size[i];
    return product;
  }
};

/** Iterator over the first `rank` axes. */
template <int Count>
struct Place {
  const Axes<Count>& axes;
  int rank;
  int64_t index[kMaxAxes];
  int64_t at[Count];

  Place(const Axes<Count>& axes, int rank, int64_t number) : axes(axes), rank(rank) {
    for (int t = 0; t < Count; t++) at[t] = 0;
    for (int i = rank - 1; i >= 0; i--) {
      index[i] = number % axes.size[i];
      number /= axes.size[i];
      for (int t = 0; t < Count; t++) at[t] += index[i] * axes.step[t][i];
    }
  }
  COTO_INLINE void next() {
    for (int i = rank - 1; i >= 0; i--) {
      for (int t = 0; t < Count; t++) at[t] += axes.step[t][i];
      if (++index[i] < axes.size[i]) return;
      for (int t = 0; t < Count; t++) at[t] -= axes.size[i] * axes.step[t][i];
      index[i] = 0;
    }
  }
};

inline int64_t count_of(const Shape& shape) {
  int64_t product = 1;
  for (int i = 0; i < shape.rank; i++) product *= shape.size[i];
  return product;
}

/** The steps of a tensor that lies without gaps. */
inline void steps_of(const Shape& shape, int64_t* steps) {
  int64_t step = 1;
  for (int i = shape.rank - 1; i >= 0; i--) {
    steps[i] = step;
    step *= shape.size[i];
  }
}

}  // namespace COTO_ISA
}  // namespace coto
