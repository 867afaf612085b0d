// Copies between layouts: each walks the axes of its output, by steps in its input.
#include "../simd/tile.h"
#include "axes.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

constexpr int kFrom = 0, kTo = 1;
constexpr int64_t kBand = 64;

template <typename T>
COTO_INLINE void fill_run(T* y, T value, int64_t count) {
  COTO_INDEPENDENT
  for (int64_t i = 0; i < count; i++) y[i] = value;
}

// y[j · y_step + i] = x[i · x_step + j] for i < columns, j < rows.
template <typename T>
COTO_INLINE void transpose_plane(const T* x, int64_t x_step, T* y, int64_t y_step, int64_t rows, int64_t columns) {
  int64_t i = 0;
  if constexpr (sizeof(T) == 4) {
    for (; i + kLanes <= columns; i += kLanes) {
      int64_t j = 0;
      for (; j + kLanes <= rows; j += kLanes) {
        Vec square[kLanes];
#pragma GCC unroll 16
        for (int l = 0; l < kLanes; l++) square[l] = load(reinterpret_cast<const float*>(x + (i + l) * x_step + j));
        transpose_square(square);
#pragma GCC unroll 16
        for (int l = 0; l < kLanes; l++) store(reinterpret_cast<float*>(y + (j + l) * y_step + i), square[l]);
      }
      for (; j < rows; j++)
        for (int64_t l = i; l < i + kLanes; l++) y[j * y_step + l] = x[l * x_step + j];
    }
  }
  for (int64_t j = 0; j < rows; j++)
    for (int64_t l = i; l < columns; l++) y[j * y_step + l] = x[l * x_step + j];
}

template <typename T>
COTO_INLINE void copy_run(const T* x, int64_t x_step, T* y, int64_t y_step, int64_t count) {
  if (y_step == 1 && x_step == 1) std::memcpy(y, x, static_cast<size_t>(count) * sizeof(T));
  else if (y_step == 1 && x_step == 0) fill_run(y, *x, count);
  else
    for (int64_t i = 0; i < count; i++) y[i * y_step] = x[i * x_step];
}

// Returns the axis of step 1 in x where the innermost axis is another (else −1): planes are transposed with it.
int plane_axis(const Axes<2>& axes) {
  const int inner = axes.rank - 1;
  if (axes.step[kTo][inner] != 1 || axes.step[kFrom][inner] == 1 || axes.step[kFrom][inner] <= 0) return -1;
  for (int i = 0; i < inner; i++)
    if (axes.step[kFrom][i] == 1) return i;
  return -1;
}

template <typename T>
void copy_axes(const T* x, T* y, Axes<2> axes) {
  const int64_t count = axes.count();
  if (count == 0) return;
  if (axes.rank == 0) {
    *y = *x;
    return;
  }
  const int inner = axes.rank - 1, plane = plane_axis(axes);
  const int64_t length = axes.size[inner], x_step = axes.step[kFrom][inner], y_step = axes.step[kTo][inner];
  if (plane >= 0) {
    const int64_t rows = axes.size[plane], row_step = axes.step[kTo][plane], bands = ceiling_division(rows, kBand);
    axes.remove(plane);
    const int64_t planes = count / rows / length;
    parallel_for(planes * bands, max(1, kGrain / (kBand * length)), [=, &axes](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; task++) {
        const Place<2> place(axes, axes.rank - 1, task / bands);
        const int64_t row = task % bands * kBand;
        transpose_plane(x + place.at[kFrom] + row, x_step, y + place.at[kTo] + row * row_step, row_step,
                        min(kBand, rows - row), length);
      }
    });
    return;
  }
  const int64_t task = inner == 0 ? kGrain * 4 : length;
  parallel_for(ceiling_division(count, task), rows_per_task(task), [=, &axes](int64_t begin, int64_t end) {
    Place<2> place(axes, inner, inner == 0 ? 0 : begin);
    for (int64_t row = begin; row < end; row++) {
      const int64_t at = inner == 0 ? row * task : 0;
      copy_run(x + place.at[kFrom] + at * x_step, x_step, y + place.at[kTo] + at * y_step, y_step,
               min(task, inner == 0 ? count - at : length));
      if (inner > 0) place.next();
    }
  });
}

void copy_elements(const void* x, int64_t x_offset, void* y, int64_t y_offset, const Axes<2>& axes, int element_bytes) {
  if (element_bytes == 1)
    copy_axes(static_cast<const uint8_t*>(x) + x_offset, static_cast<uint8_t*>(y) + y_offset, axes);
  else copy_axes(static_cast<const uint32_t*>(x) + x_offset, static_cast<uint32_t*>(y) + y_offset, axes);
}

template <typename T>
void fill_all(T* y, const void* value, int64_t count) {
  T element;
  std::memcpy(&element, value, sizeof(T));
  parallel_for(count, 4 * kGrain, [=](int64_t begin, int64_t end) { fill_run(y + begin, element, end - begin); });
}

}  // namespace

void fill(void* y, const void* value, int64_t count, int element_bytes) {
  if (element_bytes == 1) fill_all(static_cast<uint8_t*>(y), value, count);
  else fill_all(static_cast<uint32_t*>(y), value, count);
}

void copy(const void* x, void* y, int64_t bytes) {
  parallel_for(bytes, 32 * kGrain, [=](int64_t begin, int64_t end) {
    std::memcpy(static_cast<char*>(y) + begin, static_cast<const char*>(x) + begin, static_cast<size_t>(end - begin));
  });
}

void transpose(const void* x, const Shape& x_shape, const int* permutation, void* y, int element_bytes) {
  int64_t x_steps[kMaxRank] = {}, y_steps[kMaxRank] = {};
  steps_of(x_shape, x_steps);
  Shape y_shape{x_shape.rank, {}};
  for (int i = 0; i < x_shape.rank; i++) y_shape.size[i] = x_shape.size[permutation[i]];
  steps_of(y_shape, y_steps);
  Axes<2> axes;
  for (int i = 0; i < x_shape.rank; i++) axes.add(y_shape.size[i], {x_steps[permutation[i]], y_steps[i]});
  copy_elements(x, 0, y, 0, axes, element_bytes);
}

void slice(const void* x, const Shape& x_shape, const int64_t* begin, const int64_t* strides, void* y,
           const Shape& y_shape, int element_bytes) {
  int64_t x_steps[kMaxRank] = {}, y_steps[kMaxRank] = {}, offset = 0;
  steps_of(x_shape, x_steps);
  steps_of(y_shape, y_steps);
  Axes<2> axes;
  for (int i = 0; i < x_shape.rank; i++) {
    offset += begin[i] * x_steps[i];
    axes.add(y_shape.size[i], {x_steps[i] * (strides == nullptr ? 1 : strides[i]), y_steps[i]});
  }
  copy_elements(x, offset, y, 0, axes, element_bytes);
}

void pad(const void* x, const Shape& x_shape, const int64_t* before, const void* value, void* y, const Shape& y_shape,
         int element_bytes) {
  fill(y, value, count_of(y_shape), element_bytes);
  int64_t x_steps[kMaxRank] = {}, y_steps[kMaxRank] = {}, offset = 0;
  steps_of(x_shape, x_steps);
  steps_of(y_shape, y_steps);
  Axes<2> axes;
  for (int i = 0; i < x_shape.rank; i++) {
    offset += before[i] * y_steps[i];
    axes.add(x_shape.size[i], {x_steps[i], y_steps[i]});
  }
  copy_elements(x, 0, y, offset, axes, element_bytes);
}

void concat(const void* const* inputs, const int64_t* widths, int64_t input_count, void* y, int64_t outer) {
  int64_t total = 0;
  for (int64_t t = 0; t < input_count; t++) total += widths[t];
  if (total == 0) return;
  parallel_for(outer, rows_per_task(total / 4), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      char* to = static_cast<char*>(y) + r * total;
      for (int64_t t = 0; t < input_count; to += widths[t], t++)
        if (widths[t] > 0)
          std::memcpy(to, static_cast<const char*>(inputs[t]) + r * widths[t], static_cast<size_t>(widths[t]));
    }
  });
}

// Treats each axis as two: its repeats, and itself.
void tile(const void* x, const Shape& x_shape, void* y, const Shape& y_shape, int element_bytes) {
  int64_t x_steps[kMaxRank] = {}, y_steps[kMaxRank] = {};
  steps_of(x_shape, x_steps);
  steps_of(y_shape, y_steps);
  Axes<2> axes;
  for (int i = 0; i < x_shape.rank; i++) {
    if (x_shape.size[i] == 0) return;
    axes.add(y_shape.size[i] / x_shape.size[i], {0, y_steps[i] * x_shape.size[i]});
    axes.add(x_shape.size[i], {x_steps[i], y_steps[i]});
  }
  copy_elements(x, 0, y, 0, axes, element_bytes);
}

}  // namespace COTO_ISA
}  // namespace coto
