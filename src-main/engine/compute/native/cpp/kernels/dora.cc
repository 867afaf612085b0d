// DoRA (Liu et al. 2024): row norms of a weight that low-rank factors change, the scaling of its product by them, and
// the gradients of that.
#include "../scratch.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Outputs that share the loads of a, and vectors of each. */
constexpr int kOutputs = 4;
constexpr int kVectors = 2;
/** Multiplications in a task. */
constexpr int64_t kPieceWork = int64_t{1} << 15;
/** Smallest norm: keeps an all-zero row from a division by zero, so that it gives 0 for any magnitude. */
constexpr float kSmallestSquare = 1e-30f;

/** The factors of a weight [outputs, inputs]: a [rank, inputs], b [outputs, rank]. */
struct Changed {
  const float *a, *b;
  int64_t inputs, rank;
  float scale;
};

// Adds the squares of w + scale · b·a at the inputs from i on, for outputs whose rows lie `w_step` and `b_step` apart.
template <typename Load>
COTO_INLINE void add_squares(const Changed& c, const float* w, int64_t w_step, const float* b, int64_t b_step,
                             int64_t i, Load take, Vec (&sums)[kOutputs]) {
  Vec added[kOutputs][kVectors] = {};
  for (int64_t k = 0; k < c.rank; k++) {
    Vec along[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) along[v] = take(c.a + k * c.inputs + i, v);
#pragma GCC unroll 4
    for (int o = 0; o < kOutputs; o++) {
      const Vec factor = splat(b[o * b_step + k]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) added[o][v] = multiply_add(along[v], factor, added[o][v]);
    }
  }
  const Vec scale = splat(c.scale);
#pragma GCC unroll 4
  for (int o = 0; o < kOutputs; o++)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) {
      const Vec changed = multiply_add(added[o][v], scale, take(w + o * w_step + i, v));
      sums[o] = multiply_add(changed, changed, sums[o]);
    }
}

COTO_INLINE void squares_of_group(const Changed& c, const float* w, int64_t w_step, const float* b, int64_t b_step,
                                  float* out) {
  constexpr int64_t kStep = kVectors * kLanes;
  Vec sums[kOutputs] = {};
  int64_t i = 0;
  for (; i + kStep <= c.inputs; i += kStep)
    add_squares(
        c, w, w_step, b, b_step, i, [](const float* from, int v) COTO_LAMBDA { return load(from + v * kLanes); }, sums);
  if (i < c.inputs) {
    // Beyond the row's end both are 0, and add nothing.
    const int64_t left = c.inputs - i;
    const auto take = [left](const float* from, int v) COTO_LAMBDA {
      const int64_t lanes = min(kLanes, left - v * kLanes);
      return lanes <= 0 ? Vec{} : load_partial(from + v * kLanes, lanes);
    };
    add_squares(c, w, w_step, b, b_step, i, take, sums);
  }
#pragma GCC unroll 4
  for (int o = 0; o < kOutputs; o++) out[o] = sum_of_lanes(sums[o]);
}

}  // namespace

void dora_row_scale(Weight weight, const float* a, const float* b, const float* magnitude, float* inverse,
                    float* row_scale, int64_t outputs, int64_t inputs, int64_t rank, float scale) {
  const Changed changed{a, b, inputs, rank, scale};
  const int64_t groups = ceiling_division(outputs, kOutputs);
  const int64_t grain = max(1, kPieceWork / max(1, kOutputs * inputs * (rank + 2)));
  parallel_for(groups, grain, [=, &changed](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++) {
      const int64_t first = group * kOutputs, count = min(kOutputs, outputs - first);
      const float* w = weight.values + first * inputs;
      if (weight.stored != nullptr) {
        float* const decoded = scratch(kOutputs * inputs);
        decode_stored(*weight.stored, first, count, 0, inputs, decoded, inputs);
        w = decoded;
      }
      const float* const up = b + first * rank;
      float squares[kOutputs];
      if (count == kOutputs) {
        squares_of_group(changed, w, inputs, up, rank, squares);
      } else {
        // A remainder that does not fill a group: repeat the row in each place.
        for (int64_t o = 0; o < count; o++) {
          float same[kOutputs];
          squares_of_group(changed, w + o * inputs, 0, up + o * rank, 0, same);
          squares[o] = same[0];
        }
      }
      for (int64_t o = 0; o < count; o++) {
        const float square = squares[o] < kSmallestSquare ? kSmallestSquare : squares[o];
        inverse[first + o] = 1.0f / __builtin_sqrtf(square);
        row_scale[first + o] = magnitude[first + o] * inverse[first + o];
      }
    }
  });
}

namespace {

template <typename Rest>
COTO_INLINE void scale_rows(const float* x, const float* row_scale, float* y, int64_t rows, int64_t width, Rest rest) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t row = r * width;
    each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
      store_lanes(y + row + i, rest(load_lanes(x + row + i, lanes) * load_lanes(row_scale + i, lanes), row, i, lanes),
                  lanes);
    });
  }
}

}  // namespace

void scaled_epilogue(const float* x, const float* row_scale, const float* bias, const float* addend, float* y,
                     int64_t rows, int64_t width) {
  const auto with_bias = [=](Vec value, int64_t, int64_t i, int64_t lanes)
                             COTO_LAMBDA { return value + load_lanes(bias + i, lanes); };
  const auto with_addend = [=](Vec value, int64_t row, int64_t i, int64_t lanes)
                               COTO_LAMBDA { return value + load_lanes(addend + row + i, lanes); };
  if (bias != nullptr && addend != nullptr)
    scale_rows(x, row_scale, y, rows, width, [=](Vec value, int64_t row, int64_t i, int64_t lanes) COTO_LAMBDA {
      return with_addend(with_bias(value, row, i, lanes), row, i, lanes);
    });
  else if (bias != nullptr) scale_rows(x, row_scale, y, rows, width, with_bias);
  else if (addend != nullptr) scale_rows(x, row_scale, y, rows, width, with_addend);
  else scale_rows(x, row_scale, y, rows, width, [](Vec value, int64_t, int64_t, int64_t) COTO_LAMBDA { return value; });
}

// Rows are cut into blocks by the shape alone; one thread sums each block, and the blocks are added in order.
void row_scale_gradient(const float* dy, const float* x, const float* row_scale, const float* factor, float* dx,
                        float* sums, int64_t rows, int64_t width) {
  constexpr int64_t kMaxBlocks = 64;
  const int64_t block = max(rows_per_task(width), ceiling_division(rows, kMaxBlocks));
  const int64_t blocks = ceiling_division(rows, block);
  // One block more: with no rows at all its zeros are the sums.
  float* const parts = scratch((blocks + 1) * width);
  std::memset(parts, 0, static_cast<size_t>((blocks + 1) * width) * 4);
  parallel_for(blocks, 1, [=](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      float* const part = parts + (b + 1) * width;
      const int64_t last = min(rows, (b + 1) * block);
      for (int64_t r = b * block; r < last; r++) {
        const int64_t row = r * width;
        each_vector(width, [&](int64_t i, int64_t lanes) COTO_LAMBDA {
          const Vec d = load_lanes(dy + row + i, lanes);
          store_lanes(part + i, multiply_add(d, load_lanes(x + row + i, lanes), load_lanes(part + i, lanes)), lanes);
          store_lanes(dx + row + i, d * load_lanes(row_scale + i, lanes), lanes);
        });
      }
    }
  });
  for (int64_t b = 1; b <= blocks; b++)
    map_range(parts, parts + b * width, parts, 0, width, [](Vec sum, Vec part) COTO_LAMBDA { return sum + part; });
  map_range(parts, factor, sums, 0, width, [](Vec sum, Vec times) COTO_LAMBDA { return sum * times; });
}

}  // namespace COTO_ISA
}  // namespace coto
