// Stored matrices: decoded a stretch at a time where a product reads them, so that no second copy is kept.
#include "../scratch.h"
#include "../threads.h"
#include "declarations.generated.h"
#include "encodings/encodings.h"

namespace coto {
namespace COTO_ISA {
namespace {

/** Values of the weight in a task: enough to pay for handing it out. */
constexpr int64_t kValuesPerTask = 32768;

// Decodes `count` values of a row from `first` on, both whole numbers of blocks.
template <typename Stored>
COTO_INLINE void decode_row(const uint8_t* row, int64_t first, int64_t count, float* y) {
  const uint8_t* block = row + first / Stored::kValues * Stored::kBytes;
  for (int64_t i = 0; i < count; i += Stored::kValues, block += Stored::kBytes) Stored::decode(block, y + i);
}

COTO_INLINE float dot(const float* x, const float* y, int64_t count) {
  Vec sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes)
#pragma GCC unroll 4
    for (int v = 0; v < 4; v++)
      sums[v] = multiply_add(load(x + i + v * kLanes), load(y + i + v * kLanes), sums[v]);
  for (; i < count; i += kLanes) {
    const int64_t left = min(count - i, kLanes);
    sums[0] = multiply_add(load_partial(x + i, left), load_partial(y + i, left), sums[0]);
  }
  return sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

}  // namespace

double stored_row_bytes(Encoding encoding, int64_t columns) {
  return with_encoding(encoding, [=](auto stored) COTO_LAMBDA -> double {
    using Stored = decltype(stored);
    return columns % Stored::kValues == 0 ? static_cast<double>(columns / Stored::kValues * Stored::kBytes) : 0;
  });
}

void decode_stored(const StoredMatrix& matrix, int64_t row, int64_t rows, int64_t first, int64_t count, float* y,
                   int64_t step) {
  with_encoding(matrix.encoding, [&](auto stored) {
    for (int64_t r = 0; r < rows; r++)
      decode_row<decltype(stored)>(matrix.data + (row + r) * matrix.row_bytes, first, count, y + r * step);
  });
}

void skinny_stored_gemm(const SkinnyGemm& p, const StoredMatrix& weight) {
  const int64_t widest = p.inputs + p.inputs2;
  parallel_for(p.outputs, 1 + kValuesPerTask / (widest < 1 ? 1 : widest), [&p, &weight](int64_t begin, int64_t end) {
    float* const own = scratch(p.inputs);
    for (int64_t o = begin; o < end; o++) {
      decode_stored(weight, o, 1, 0, p.inputs, own, p.inputs);
      for (int64_t r = 0; r < p.rows; r++) {
        const int64_t at = r * p.outputs + o;
        float sum = p.scale * dot(p.x + r * p.inputs, own, p.inputs);
        if (p.inputs2 > 0) sum += p.scale2 * dot(p.x2 + r * p.inputs2, p.weight2 + o * p.inputs2, p.inputs2);
        if (p.bias != nullptr) sum += p.bias[o];
        if (p.addend != nullptr) sum += p.addend[at];
        p.y[at] = p.multiplier == nullptr ? sum : sum * p.multiplier[at];
      }
    }
  });
}

}  // namespace COTO_ISA
}  // namespace coto
