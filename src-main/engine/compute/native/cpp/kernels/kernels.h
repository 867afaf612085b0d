// Everything the native backend computes itself (large matrix products are the library's), as one table of functions
// for each instruction set: the same sources compiled several times. All matrices are row-major and lie without gaps;
// float is float32, a truth value is one byte (0 or 1). Outputs may be an input where a docstring says "may be x"; else
// they must not overlap the inputs. Every function may be called with nothing to do (a size of 0). The same inputs give
// the same bits whatever the number of threads; different instruction sets differ in the last bits.
#pragma once

#include <cstdint>

namespace coto {

constexpr int kMaxRank = 6;

/** A tensor's shape: rank sizes, the outermost first. Rank 0 is a scalar. */
struct Shape {
  int rank;
  int64_t size[kMaxRank];
};

/**
 * A weight [outputs, inputs] in bf16 as processors that multiply pairs want it: panels of kPanelOutputs outputs,
 * `stride` numbers apart, in each one pair of inputs after another, and for every pair the two numbers of each output
 * side by side. Zeros stand for what the weight lacks to whole panels and pairs.
 */
struct PairPanels {
  const uint16_t* first;
  int64_t stride;
};
constexpr int64_t kPanelOutputs = 64;

/**
 * y [rows, outputs] = (scale · x·weightᵀ + scale2 · x2·weight2ᵀ + bias + addend) ∘ multiplier, weights [outputs,
 * inputs] and [outputs, inputs2]; bias [outputs], addend and multiplier like y may be null, inputs2 may be 0. If panels
 * are given, they hold the weight, and x stays float32.
 */
struct SkinnyGemm {
  int64_t rows, outputs, inputs, inputs2;
  const float *x, *weight;
  const float *x2, *weight2;
  const float *bias, *addend, *multiplier;
  float scale, scale2;
  float* y;
  PairPanels panels{nullptr, 0};
};

enum class Encoding : int;

/** A matrix [rows, columns] in an encoding: each row starts `row_bytes` bytes after the one before. */
struct StoredMatrix {
  const uint8_t* data;
  int64_t rows, columns, row_bytes;
  Encoding encoding;
};

/** A matrix that kernels read in float32, or as it is stored: one of the two is null. */
struct Weight {
  const float* values = nullptr;
  const StoredMatrix* stored = nullptr;

  Weight() = default;
  Weight(const float* matrix) : values(matrix) {}
  explicit Weight(const StoredMatrix* matrix) : stored(matrix) {}
  operator const float*() const { return values; }
};

/** One parameter of AdamW: value, gradient and moments of `count` numbers, and 1 − β₁ᵗ, 1 − β₂ᵗ at its step t. */
struct AdamWParameter {
  float* value;
  const float* gradient;
  float *first, *second;
  int64_t count;
  double correction1, correction2;
};

}  // namespace coto

#include "kernels.generated.h"

namespace coto {

/**
 * The table for this machine's instruction set, chosen at the first call: the best it has, or the one that the
 * environment variable COTO_ISA names (baseline, avx2, avx512, avx512_bf16, avx512_amx) where the machine has that.
 */
const Kernels& kernels();

/** The table of an instruction set by name, or null where this build or this machine lacks it. */
const Kernels* kernels_for(const char* name);

}  // namespace coto
