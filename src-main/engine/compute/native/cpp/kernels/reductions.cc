// Every reduction is brought to the form [outer, length, inner] → [outer, inner]. The length is cut into blocks by the
// shape alone; one thread reduces a block, and the blocks are combined in order.
#include <memory>
#include <new>

#include "axes.h"
#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {
namespace {

template <typename T>
struct VectorOf;
template <>
struct VectorOf<float> {
  using type = Vec;
};
template <>
struct VectorOf<int32_t> {
  using type = Int;
};

struct Sum {
  static constexpr float identity(float) { return 0; }
  static constexpr int32_t identity(int32_t) { return 0; }
  template <typename T>
  static COTO_INLINE T combine(T a, T b) {
    return a + b;
  }
  static COTO_INLINE Int combine(Int a, Int b) { return (Int)((Unsigned)a + (Unsigned)b); }
  static COTO_INLINE int32_t combine(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
};
struct Product {
  static constexpr float identity(float) { return 1; }
  static constexpr int32_t identity(int32_t) { return 1; }
  template <typename T>
  static COTO_INLINE T combine(T a, T b) {
    return a * b;
  }
  static COTO_INLINE Int combine(Int a, Int b) { return (Int)((Unsigned)a * (Unsigned)b); }
  static COTO_INLINE int32_t combine(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
  }
};
struct Maximum {
  static constexpr float identity(float) { return -__builtin_inff(); }
  static constexpr int32_t identity(int32_t) { return INT32_MIN; }
  static COTO_INLINE Vec combine(Vec a, Vec b) { return ((a > b) | (a != a)) ? a : b; }
  static COTO_INLINE float combine(float a, float b) { return ((a > b) | (a != a)) ? a : b; }
  static COTO_INLINE Int combine(Int a, Int b) { return a > b ? a : b; }
  static COTO_INLINE int32_t combine(int32_t a, int32_t b) { return a > b ? a : b; }
};
struct Minimum {
  static constexpr float identity(float) { return __builtin_inff(); }
  static constexpr int32_t identity(int32_t) { return INT32_MAX; }
  static COTO_INLINE Vec combine(Vec a, Vec b) { return ((a < b) | (a != a)) ? a : b; }
  static COTO_INLINE float combine(float a, float b) { return ((a < b) | (a != a)) ? a : b; }
  static COTO_INLINE Int combine(Int a, Int b) { return a < b ? a : b; }
  static COTO_INLINE int32_t combine(int32_t a, int32_t b) { return a < b ? a : b; }
};

// Reduces consecutive numbers.
template <typename Operation, typename T>
T reduce_run(const T* x, int64_t count) {
  using V = typename VectorOf<T>::type;
  T result = Operation::identity(T{});
  int64_t i = 0;
  if (count >= 4 * kLanes) {
    V sums[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) sums[j] = load(x + j * kLanes);
    for (i = 4 * kLanes; i + 4 * kLanes <= count; i += 4 * kLanes)
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) sums[j] = Operation::combine(sums[j], load(x + i + j * kLanes));
    const V all = Operation::combine(Operation::combine(sums[0], sums[1]), Operation::combine(sums[2], sums[3]));
    T lanes[kLanes];
    std::memcpy(lanes, &all, sizeof lanes);
    for (int width = kLanes / 2; width > 0; width /= 2)
      for (int l = 0; l < width; l++) lanes[l] = Operation::combine(lanes[l], lanes[l + width]);
    result = lanes[0];
  }
  for (; i < count; i++) result = Operation::combine(result, x[i]);
  return result;
}

// Reduces the columns of `rows` rows that lie `step` apart.
template <typename Operation, typename T>
void reduce_columns(const T* x, int64_t rows, int64_t step, T* y, int64_t columns) {
  using V = typename VectorOf<T>::type;
  int64_t c = 0;
  for (; c + 4 * kLanes <= columns; c += 4 * kLanes) {
    V sums[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) sums[j] = load(x + c + j * kLanes);
    for (int64_t r = 1; r < rows; r++)
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) sums[j] = Operation::combine(sums[j], load(x + r * step + c + j * kLanes));
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) store(y + c + j * kLanes, sums[j]);
  }
  for (; c < columns; c += kLanes) {
    const int64_t left = min(kLanes, columns - c);
    V sum = load_partial(x + c, left);
    for (int64_t r = 1; r < rows; r++) sum = Operation::combine(sum, load_partial(x + r * step + c, left));
    store_partial(y + c, sum, left);
  }
}

// Reduces one level: y [outer, blocks, inner] from blocks of `block` along the length.
template <typename Operation, typename T>
void reduce_blocks(const T* x, T* y, int64_t outer, int64_t length, int64_t inner, int64_t block) {
  const int64_t blocks = ceiling_division(length, block);
  if (inner == 1) {
    parallel_for(outer * blocks, rows_per_task(block), [=](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; task++) {
        const int64_t at = task % blocks * block;
        y[task] = reduce_run<Operation>(x + task / blocks * length + at, min(block, length - at));
      }
    });
    return;
  }
  constexpr int64_t kBand = 64;  // a multiple of every 4 · kLanes
  const int64_t bands = ceiling_division(inner, kBand);
  parallel_for(outer * blocks * bands, rows_per_task(block * min(inner, kBand)), [=](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t band = task % bands * kBand, row = task / bands, at = row % blocks * block;
      reduce_columns<Operation>(x + (row / blocks * length + at) * inner + band, min(block, length - at), inner,
                                y + row * inner + band, min(kBand, inner - band));
    }
  });
}

template <typename Operation, typename T>
void reduce_middle(const T* x, T* y, int64_t outer, int64_t length, int64_t inner) {
  if (outer * inner == 0) return;
  if (length == 0) {
    for (int64_t i = 0; i < outer * inner; i++) y[i] = Operation::identity(T{});
    return;
  }
  const int64_t block = inner == 1 ? 4 * kGrain : max(256, 4 * kGrain / inner);
  if (length <= block) {
    reduce_blocks<Operation>(x, y, outer, length, inner, length);
    return;
  }
  const int64_t blocks = ceiling_division(length, block);
  const std::unique_ptr<T[]> parts(new T[static_cast<size_t>(outer * blocks * inner)]);
  reduce_blocks<Operation>(x, parts.get(), outer, length, inner, block);
  reduce_middle<Operation>(parts.get(), y, outer, blocks, inner);
}

// The axes of a shape merged into runs that are kept and runs that are reduced, in turn.
struct AxisRuns {
  int rank = 0;
  int64_t size[kMaxRank];
  bool reduced[kMaxRank];
  int64_t reduced_count = 1;

  AxisRuns(const Shape& shape, uint32_t axes) {
    for (int i = 0; i < shape.rank; i++) {
      const bool gone = (axes >> i & 1u) != 0;
      if (gone) reduced_count *= shape.size[i];
      if (shape.size[i] == 1) continue;
      if (rank > 0 && reduced[rank - 1] == gone) {
        size[rank - 1] *= shape.size[i];
      } else {
        size[rank] = shape.size[i];
        reduced[rank] = gone;
        rank++;
      }
    }
  }
  int64_t product(int begin, int end) const {
    int64_t result = 1;
    for (int i = begin; i < end; i++) result *= size[i];
    return result;
  }
};

// Reduces axis runs one after another, the innermost first.
template <typename Operation, typename T>
void reduce_axes(const T* x, T* y, AxisRuns runs) {
  int last = runs.rank - 1;
  while (last >= 0 && !runs.reduced[last]) last--;
  if (last < 0) {
    std::memcpy(y, x, static_cast<size_t>(runs.product(0, runs.rank)) * sizeof(T));
    return;
  }
  const int64_t outer = runs.product(0, last), length = runs.size[last], inner = runs.product(last + 1, runs.rank);
  bool more = false;
  for (int i = 0; i < last; i++) more = more || runs.reduced[i];
  if (!more) {
    reduce_middle<Operation>(x, y, outer, length, inner);
    return;
  }
  const std::unique_ptr<T[]> left(new T[static_cast<size_t>(outer * inner)]);
  reduce_middle<Operation>(x, left.get(), outer, length, inner);
  runs.size[last] = 1;
  runs.reduced[last] = false;
  reduce_axes<Operation>(left.get(), y, runs);
}

template <typename T>
void reduce_by(Reduction operation, const T* x, const AxisRuns& runs, T* y) {
  switch (operation) {
    case Reduction::sum:
    case Reduction::mean: return reduce_axes<Sum>(x, y, runs);
    case Reduction::maximum: return reduce_axes<Maximum>(x, y, runs);
    case Reduction::minimum: return reduce_axes<Minimum>(x, y, runs);
    case Reduction::product: return reduce_axes<Product>(x, y, runs);
  }
}

int64_t kept_count(const Shape& shape, uint32_t axes) {
  int64_t count = 1;
  for (int i = 0; i < shape.rank; i++)
    if ((axes >> i & 1u) == 0) count *= shape.size[i];
  return count;
}

}  // namespace

void reduce(Reduction operation, const float* x, const Shape& x_shape, uint32_t axes, float* y) {
  const AxisRuns runs(x_shape, axes);
  reduce_by(operation, x, runs, y);
  if (operation != Reduction::mean) return;
  const float count = static_cast<float>(runs.reduced_count);
  const int64_t results = kept_count(x_shape, axes);
  for (int64_t i = 0; i < results; i++) y[i] /= count;
}

void reduce_int32(Reduction operation, const int32_t* x, const Shape& x_shape, uint32_t axes, int32_t* y) {
  const AxisRuns runs(x_shape, axes);
  reduce_by(operation, x, runs, y);
  if (operation != Reduction::mean || runs.reduced_count == 0) return;
  const int64_t results = kept_count(x_shape, axes);
  for (int64_t i = 0; i < results; i++) y[i] = static_cast<int32_t>(y[i] / runs.reduced_count);
}

// all and any are the minimum and the maximum of zeros and ones.
void reduce_bool(Logical operation, const uint8_t* x, const Shape& x_shape, uint32_t axes, uint8_t* y) {
  const int64_t count = count_of(x_shape), results = kept_count(x_shape, axes);
  const std::unique_ptr<int32_t[]> numbers(new int32_t[static_cast<size_t>(count + results)]);
  int32_t *const from = numbers.get(), *const to = from + count;
  for (int64_t i = 0; i < count; i++) from[i] = x[i] != 0;
  const AxisRuns runs(x_shape, axes);
  if (operation == Logical::conjunction) reduce_by(Reduction::minimum, from, runs, to);
  else reduce_by(Reduction::maximum, from, runs, to);
  for (int64_t i = 0; i < results; i++) y[i] = to[i] > 0;
}

namespace {

template <typename Better>
COTO_INLINE void find_best(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner, Better better) {
  parallel_for(outer * inner, max(1, kGrain / max(length, 1)), [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float* const from = x + i / inner * length * inner + i % inner;
      int64_t best = 0;
      for (int64_t j = 1; j < length; j++)
        if (better(from[j * inner], from[best * inner])) best = j;
      y[i] = static_cast<int32_t>(best);
    }
  });
}

}  // namespace

void argmax(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner) {
  find_best(x, y, outer, length, inner, [](float a, float b) COTO_LAMBDA { return a > b; });
}

void argmin(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner) {
  find_best(x, y, outer, length, inner, [](float a, float b) COTO_LAMBDA { return a < b; });
}

void column_sums(const float* x, float* y, int64_t rows, int64_t width) {
  reduce_middle<Sum>(x, y, int64_t{1}, rows, width);
}

void cumulative_sum(const float* x, float* y, int64_t outer, int64_t length, int64_t inner, bool exclusive,
                    bool reverse) {
  parallel_for(outer * inner, max(1, kGrain / max(length, 1)), [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t first = i / inner * length * inner + i % inner;
      float sum = 0;
      for (int64_t j = 0; j < length; j++) {
        const int64_t at = first + (reverse ? length - 1 - j : j) * inner;
        const float value = x[at];
        y[at] = exclusive ? sum : sum + value;
        sum += value;
      }
    }
  });
}

double sum_of_squares(const float* x, int64_t count) {
  constexpr int64_t kBlock = 4 * kGrain;
  const int64_t blocks = ceiling_division(count, kBlock);
  const std::unique_ptr<double[]> parts(new double[static_cast<size_t>(blocks)]);
  double* const sums = parts.get();
  parallel_for(blocks, 1, [=](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      double lanes[8] = {};
      const int64_t last = min(count, (b + 1) * kBlock);
      int64_t i = b * kBlock;
      for (; i + 8 <= last; i += 8)
        for (int l = 0; l < 8; l++) lanes[l] += static_cast<double>(x[i + l]) * static_cast<double>(x[i + l]);
      for (; i < last; i++) lanes[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
      sums[b] = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    }
  });
  double sum = 0;
  for (int64_t b = 0; b < blocks; b++) sum += sums[b];
  return sum;
}

}  // namespace COTO_ISA
}  // namespace coto
