// Stored matrices: decoded a stretch at a time where a product reads them, so that no second copy is kept.
#include <type_traits>

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

/** Outputs that are turned together, and the least inputs. */
constexpr int64_t kTile = 16, kTileInputs = 32;

// Rounds a stretch of a row to bfloat16. Values that are bfloat16 already are copied.
template <typename Stored>
COTO_INLINE void decode_rounded(const uint8_t* row, int64_t first, int64_t count, float* room, uint16_t* y) {
  if constexpr (std::is_same_v<Stored, Bfloat16>) {
    std::memcpy(y, row + 2 * first, static_cast<size_t>(2 * count));
  } else {
    decode_row<Stored>(row, first, count, room);
    float_to_bfloat16(room, y, count);
  }
}

// Panels of a weight whose rows are its outputs: pairs of inputs are turned, 16 outputs at a time.
template <typename Stored>
COTO_INLINE void panels_of_rows(const StoredMatrix& matrix, int64_t row, int64_t outputs, int64_t first, int64_t inputs,
                                uint16_t* to, int64_t panel_step) {
  constexpr int64_t stretch = Stored::kValues > kTileInputs ? Stored::kValues : kTileInputs;
  alignas(64) float room[stretch];
  alignas(64) uint16_t rounded[kTile][stretch];
  for (int64_t o = 0; o < outputs; o += kTile) {
    uint16_t* const panel = to + o / kPanelOutputs * panel_step + o % kPanelOutputs * 2;
    const int64_t count = min(kTile, outputs - o);
    for (int64_t i = 0; i < inputs; i += stretch) {
      const int64_t width = min(stretch, inputs - i);
      for (int64_t r = 0; r < count; r++)
        decode_rounded<Stored>(matrix.data + (row + o + r) * matrix.row_bytes, first + i, width, room, rounded[r]);
      for (int64_t pair = 0; pair < width / 2; pair++)
        for (int64_t r = 0; r < count; r++)
          std::memcpy(panel + (i / 2 + pair) * 2 * kPanelOutputs + 2 * r, &rounded[r][2 * pair], 4);
      // The last input of an odd number has no partner: the panel's zeros stay.
      if (width % 2 == 1)
        for (int64_t r = 0; r < count; r++) panel[(i + width - 1) * kPanelOutputs + 2 * r] = rounded[r][width - 1];
    }
  }
}

// Panels of a weight whose rows are its inputs: two rows are interleaved.
template <typename Stored>
COTO_INLINE void panels_of_columns(const StoredMatrix& matrix, int64_t row, int64_t inputs, int64_t first,
                                   int64_t outputs, uint16_t* to, int64_t panel_step) {
  constexpr int64_t stretch = Stored::kValues > kPanelOutputs ? Stored::kValues : kPanelOutputs;
  alignas(64) float room[stretch];
  alignas(64) uint16_t even[stretch], odd[stretch];
  for (int64_t i = 0; i < inputs; i += 2)
    for (int64_t o = 0; o < outputs; o += stretch) {
      const int64_t width = min(stretch, outputs - o);
      const uint8_t* const bytes = matrix.data + (row + i) * matrix.row_bytes;
      decode_rounded<Stored>(bytes, first + o, width, room, even);
      if (i + 1 < inputs) decode_rounded<Stored>(bytes + matrix.row_bytes, first + o, width, room, odd);
      else std::memset(odd, 0, sizeof odd);
      for (int64_t at = 0; at < width; at += kPanelOutputs) {
        uint16_t* const pairs = to + (o + at) / kPanelOutputs * panel_step + i * kPanelOutputs;
        const int64_t count = min(kPanelOutputs, width - at);
        for (int64_t c = 0; c < count; c++) {
          pairs[2 * c] = even[at + c];
          pairs[2 * c + 1] = odd[at + c];
        }
      }
    }
}

COTO_INLINE float dot(const float* x, const float* y, int64_t count) {
  Vec sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes)
#pragma GCC unroll 4
    for (int v = 0; v < 4; v++) sums[v] = multiply_add(load(x + i + v * kLanes), load(y + i + v * kLanes), sums[v]);
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

void decode_stored_panels(const StoredMatrix& matrix, int64_t row, int64_t rows, int64_t first, int64_t count,
                          bool transposed, uint16_t* y, int64_t panel_step) {
  with_encoding(matrix.encoding, [&](auto stored) {
    using Stored = decltype(stored);
    if (transposed) panels_of_rows<Stored>(matrix, row, rows, first, count, y, panel_step);
    else panels_of_columns<Stored>(matrix, row, rows, first, count, y, panel_step);
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
