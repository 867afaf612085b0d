// Products of x with packed weights as sums of whole numbers. x is rounded to 24 bits of the largest of its 32
// neighbors, as float32 itself rounds, and cut into three signed digits of 8 bits; a weight is a byte of up to 6 bits.
// A product is then three instructions that multiply bytes, without a conversion of the weight.
#pragma once

#include <type_traits>

#include "../simd/bytes.h"

namespace coto {
namespace COTO_ISA {

/** Inputs that have a scale of their own. */
constexpr int64_t kScaled = 32;
/** Inputs that lie together in every encoding's order. */
constexpr int64_t kChunk = 16;
constexpr int kDigits = 3;
/** Up to which whole number x is scaled: a little below the largest of three digits, 127 · (256² + 256 + 1). */
constexpr float kLargest = 8355000;
/** Smallest maximum with a finite reciprocal. */
constexpr float kSmallest = 1e-30f;

/** Operands of one product step: vectors of weights that share a scale in each lane. */
template <int kVectors>
struct WeightStep {
  /** Unsigned: an encoding's offset is subtracted from the product. */
  Int bytes[kVectors];
  Vec scale, lowest;
};

/** The inputs of a step, in the order of its weights. */
template <int kVectors>
struct InputStep {
  Int digits[kVectors][kDigits];
  /** The sums of each lane's inputs, times the encoding's offset. */
  Int offset;
  /** Value of one integer step, and the sum of each lane's inputs. */
  Vec scale, sum;
};

/**
 * True if an encoding's blocks are multiplied in steps. Its `Steps` then declares kValues covered by all steps (whole
 * blocks), kSteps, kVectors, kOffset and kHasLowest. `chunk` maps a vector of a step to its values, and `load` loads a
 * step's weights.
 */
template <typename Stored, typename = void>
struct HasSteps : std::false_type {};
template <typename Stored>
struct HasSteps<Stored, std::void_t<typename Stored::Steps>> : std::bool_constant<kMultipliesBytes> {};

template <typename Steps>
constexpr int64_t steps_of(int64_t inputs) {
  return (inputs + Steps::kValues - 1) / Steps::kValues * Steps::kSteps;
}

COTO_INLINE float largest_magnitude(const float* x) {
  Vec largest{};
  for (int64_t i = 0; i < kScaled; i += kLanes) largest = greater(magnitude(load(x + i)), largest);
  return greatest_lane(largest);
}

/** True if all of x is finite; only then x can be rounded. */
inline bool is_finite(const float* x, int64_t count) {
  Vec differences{};
  for (int64_t i = 0; i + kLanes <= count; i += kLanes) {
    const Vec own = load(x + i);
    differences += own - own;
  }
  return sum_of_lanes(differences) == 0;
}

/** The signed digit that a number ends in, which it loses. */
COTO_INLINE Int take_digit(Int& number) {
  const Int digit = ((number + 128) & 255) - 128;
  number = (number - digit) >> 8;
  return digit;
}

// Writes the digits of 16 inputs to a place of each digit's vector, and the sums of four each.
COTO_INLINE void split_chunk(const float* x, float factor, int8_t* const* digits, int32_t* sums) {
  alignas(64) int32_t whole[kChunk], digit[kDigits][kChunk];
  for (int64_t i = 0; i < kChunk; i += kLanes) {
    const Vec scaled = load(x + i) * factor;
    Int number = to_int(scaled + with_sign(splat(0.5f), scaled));
    store(whole + i, number);
    for (int d = kDigits - 1; d > 0; d--) store(digit[d] + i, take_digit(number));
    store(digit[0] + i, number);
  }
  for (int d = 0; d < kDigits; d++)
    for (int64_t i = 0; i < kChunk; i++) digits[d][i] = static_cast<int8_t>(digit[d][i]);
  for (int64_t i = 0; i < kChunk; i += 4) sums[i / 4] += whole[i] + whole[i + 1] + whole[i + 2] + whole[i + 3];
}

/** A row of x, all finite, as the steps of an encoding take it; `inputs` is a whole number of kScaled. */
template <typename Steps>
COTO_INLINE void split_row(const float* x, int64_t inputs, InputStep<Steps::kVectors>* to) {
  constexpr int kPlaces = kLanes / 4;
  for (int64_t first = 0; first < inputs; first += Steps::kValues)
    for (int step = 0; step < Steps::kSteps; step++, to++) {
      alignas(64) int8_t digits[Steps::kVectors][kDigits][4 * kLanes] = {};
      alignas(64) int32_t sums[kLanes] = {};
      alignas(64) float scales[kLanes] = {};
      for (int vector = 0; vector < Steps::kVectors; vector++)
        for (int place = 0; place < kPlaces; place++) {
          const int64_t from = first + kChunk * Steps::chunk(step, vector, place);
          if (from >= inputs) continue;
          const float largest = largest_magnitude(x + from / kScaled * kScaled);
          const float bounded = largest > kSmallest ? largest : kSmallest;
          int8_t* places[kDigits];
          for (int d = 0; d < kDigits; d++) places[d] = digits[vector][d] + place * kChunk;
          split_chunk(x + from, kLargest / bounded, places, sums + place * 4);
          for (int lane = 0; lane < 4; lane++) scales[place * 4 + lane] = bounded / kLargest;
        }
      std::memcpy(to->digits, digits, sizeof digits);
      const Int sum = load(sums);
      to->offset = sum * Steps::kOffset;
      to->scale = load(scales);
      to->sum = to->scale * to_float(sum);
    }
}

/** sum + the products of a step's weights and inputs, in lanes. */
template <typename Steps>
COTO_INLINE Vec add_step(const WeightStep<Steps::kVectors>& w, const InputStep<Steps::kVectors>& x, Vec sum) {
  Int pairs[kDigits];
  for (int d = 0; d < kDigits; d++) {
    pairs[d] = pair_sums(w.bytes[0], x.digits[0][d]);
    if constexpr (Steps::kVectors == 2) pairs[d] = add_pairs(pairs[d], pair_sums(w.bytes[1], x.digits[1][d]));
  }
  const Int upper = scaled_sums(pairs[0], 256) + scaled_sums(pairs[1], 1);
  const Int whole = (upper << 8) + scaled_sums(pairs[2], 1) - x.offset;
  sum = multiply_add(w.scale * x.scale, to_float(whole), sum);
  if constexpr (Steps::kHasLowest) sum = multiply_add(w.lowest, x.sum, sum);
  return sum;
}

}  // namespace COTO_ISA
}  // namespace coto
