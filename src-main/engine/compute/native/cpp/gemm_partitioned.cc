#ifndef __APPLE__
#include <cstring>

#include "kernels/kernels.h"
#include "onednn_gemm.h"
#include "threads.h"

namespace coto {
namespace {

using Tag = memory::format_tag;

/** Inputs or outputs from which a weight is partitioned: those of a vocabulary. */
constexpr int64_t kMany = 16384;
/** Largest size of a part: half a megabyte in float32. */
constexpr int64_t kPartValues = 131072;
/** Largest inner size that stays whole, and the sizes of parts where it is larger. */
constexpr int64_t kWholeInner = 2048;
constexpr int64_t kInner = 512;
constexpr int64_t kOuterOfMany = 128;
/** A multiple of every encoding's block. */
constexpr int64_t kOuterOfStored = 256;
/** Rows that share a part of a stored weight once it is decoded. */
constexpr int64_t kRowsPerDecoding = 512;
/** Outputs that oneDNN packs together. */
constexpr int64_t kOuterBlock = 64;

/**
 * Multiples of so many outputs make rows that lie powers of two apart in a weight that is not in blocks, and share few
 * places of the caches: the library's float32 product for AVX2 takes up to twice as long. So they are padded, by
 * kRowPadding; on x64 alone, since elsewhere rows apart could lead to a slower one.
 */
constexpr int64_t kCrowdedRow = 256;
constexpr int64_t kRowPadding = 16;
#if defined(__x86_64__) || defined(_M_X64)
constexpr bool kPadsRows = true;
#else
constexpr bool kPadsRows = false;
#endif

/** Applies addend and multiplier after a part's last sum: blocks of c lie apart, so that oneDNN cannot. */
void finish(const Gemm& gemm, int64_t first, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t at = first + row * gemm.n; at < first + row * gemm.n + columns; at++) {
      if (gemm.addend != nullptr) gemm.c[at] += gemm.addend[at];
      if (gemm.multiplier != nullptr) gemm.c[at] *= gemm.multiplier[at];
    }
}

/** True if a packed weight consists of panels of pairs (kernels.h). */
bool has_pair_panels(const memory::desc& layout) {
  const auto blocks = layout.get_inner_blks();
  // Inner blocks: pairs of inputs, outputs, the two of a pair. The outer ones must lie so that pairs follow each other.
  return layout.get_inner_idxs() == memory::dims{0, 1, 0} && blocks[1] == kPanelOutputs && blocks[2] == 2 &&
         layout.get_strides()[0] == blocks[0] * kPanelOutputs * 2;
}

/**
 * Size of the parts of `whole`, `size` or more: the last one must not be of one, since oneDNN (3.7) writes a column of
 * c as if its rows were not apart.
 */
int64_t part_size(int64_t whole, int64_t size) {
  while (size < whole && whole % size == 1) size += kOuterOfStored;
  return std::min(whole, size);
}

}  // namespace

memory::desc packed_layout(int64_t k, int64_t n, bool bfloat16) {
  const DataType type = bfloat16 ? DataType::bf16 : DataType::f32;
  const dnnl::matmul::primitive_desc asked(cpu(), matrix(kMinRows, k, k, type), memory::desc({k, n}, type, Tag::any),
                                           matrix(kMinRows, n, n));
  const memory::desc wanted = asked.weights_desc();
  const bool is_crowded = !bfloat16 && n % kCrowdedRow == 0 && wanted == matrix(k, n, n);
  return kPadsRows && is_crowded ? matrix(k, n, n + kRowPadding) : wanted;
}

bool is_partitioned(int64_t k, int64_t n) { return k >= kMany || n >= kMany; }

WeightPartition::WeightPartition(GemmRunner::State& state, const Gemm& gemm)
    : state_(state), k_(gemm.k), n_(gemm.n), inner_(gemm.k), outer_(gemm.n), bfloat16_(gemm.bfloat16) {
  const bool is_stored = gemm.b.stored != nullptr;
  if (!is_stored && !is_partitioned(k_, n_)) return;
  // The blocks of a stored weight's rows lie along its outputs where it is not transposed.
  const bool lies_along_outputs = is_stored && !gemm.transpose_b;
  const bool is_whole = k_ <= kWholeInner && !lies_along_outputs;
  inner_ = is_whole ? k_ : part_size(k_, kInner);
  const int64_t outputs = lies_along_outputs ? kOuterOfStored
                          : is_whole || is_stored
                              ? kPartValues / std::max(inner_, int64_t{1}) / kOuterBlock * kOuterBlock
                              : kOuterOfMany;
  outer_ = part_size(n_, std::max(kOuterBlock, outputs));
}

const memory::desc& WeightPartition::layout(int64_t i, int64_t j) const {
  return state_.layout(inner(i), outer(j), bfloat16_);
}

size_t WeightPartition::strip(int64_t j) const {
  const int64_t last = inner_count() - 1;
  return static_cast<size_t>(last) * layout(0, j).get_size() + layout(last, j).get_size();
}

size_t WeightPartition::offset(int64_t i, int64_t j) const {
  return (j == 0 ? 0 : static_cast<size_t>(j) * strip(0)) + static_cast<size_t>(i) * layout(0, j).get_size();
}

const void* GemmRunner::State::pack(const Gemm& gemm, PackedWeights& packs, MemoryPool& pool) {
  const PackedWeights::Pack* found = packs.find(gemm.k, gemm.n, gemm.transpose_b, gemm.bfloat16);
  if (found != nullptr) return found->block.data;
  const WeightPartition parts(*this, gemm);
  const PackedWeights::Pack made{gemm.k, gemm.n, gemm.transpose_b, gemm.bfloat16, pool.take(parts.size())};
  for (int64_t j = 0; j < parts.outer_count(); j++)
    for (int64_t i = 0; i < parts.inner_count(); i++) {
      Gemm part = gemm;
      part.k = parts.inner(i);
      part.n = parts.outer(j);
      part.b.values += gemm.transpose_b ? parts.first_outer(j) * gemm.k + parts.first_inner(i)
                                        : parts.first_inner(i) * gemm.n + parts.first_outer(j);
      reorder(part, gemm.transpose_b ? gemm.k : gemm.n, parts.layout(i, j),
              static_cast<char*>(made.block.data) + parts.offset(i, j));
    }
  return packs.add(made).block.data;
}

void GemmRunner::State::reorder(const Gemm& part, int64_t stride, const memory::desc& wanted, void* to) {
  const memory::desc given = part.transpose_b ? transposed(part.k, part.n, stride) : matrix(part.k, part.n, stride);
  memory from(given, cpu(), const_cast<float*>(part.b.values));
  memory into(wanted, cpu(), to);
  dnnl::stream stream(cpu());
  dnnl::reorder(from, into).execute(stream, from, into);
  stream.wait();
}

const void* GemmRunner::State::decode_part(const Gemm& gemm, const WeightPartition& parts, int64_t i, int64_t j) {
  static thread_local ThreadMemory values, packed;
  Gemm part = gemm;
  part.k = parts.inner(i);
  part.n = parts.outer(j);
  const int64_t rows = gemm.transpose_b ? part.n : part.k, columns = gemm.transpose_b ? part.k : part.n;
  const int64_t row = gemm.transpose_b ? parts.first_outer(j) : parts.first_inner(i);
  const int64_t column = gemm.transpose_b ? parts.first_inner(i) : parts.first_outer(j);
  const memory::desc& wanted = parts.layout(i, j);
  void* const to = packed.at_least(wanted.get_size());
  if (gemm.bfloat16 && has_pair_panels(wanted)) {
    // Padding in the last panel and pairs is multiplied too.
    const auto blocks = wanted.get_inner_blks();
    if (part.k % (blocks[0] * blocks[2]) != 0 || part.n % kPanelOutputs != 0) std::memset(to, 0, wanted.get_size());
    kernels().decode_stored_panels(*gemm.b.stored, row, rows, column, columns, gemm.transpose_b,
                                   static_cast<uint16_t*>(to), wanted.get_strides()[1]);
    return to;
  }
  auto* const decoded = static_cast<float*>(values.at_least(static_cast<size_t>(rows * columns) * sizeof(float)));
  kernels().decode_stored(*gemm.b.stored, row, rows, column, columns, decoded, columns);
  part.b = decoded;
  reorder(part, columns, wanted, to);
  return to;
}

void GemmRunner::State::run_partitioned(const Gemm& gemm, MemoryPool& pool) {
  const int64_t m = gemm.m;
  const int64_t n = gemm.n;
  const int64_t k = gemm.k;
  if (primitives.size() > kMaxPrimitives) primitives.clear();
  const bool is_stored = gemm.b.stored != nullptr;
  const char* packed = is_stored ? nullptr : static_cast<const char*>(pack(gemm, *gemm.packs, pool));
  const WeightPartition parts(*this, gemm);
  const int64_t inner = parts.inner_count();
  const int64_t outer = parts.outer_count();
  const int64_t rows = std::min(m, kMinRows);
  const int64_t row_blocks = (m + rows - 1) / rows;
  const int64_t blocks_per_task = is_stored ? kRowsPerDecoding / kMinRows : 1;
  const int64_t row_tasks = (row_blocks + blocks_per_task - 1) / blocks_per_task;
  const bool has_second = gemm.k2 > 0;
  const bool has_row_scale = gemm.scaled != nullptr;
  const float* bias = has_row_scale ? nullptr : gemm.bias;

  // Every part reads all of a: round it once for all of them.
  Block rounded;
  if (gemm.bfloat16) {
    rounded = pool.take(static_cast<size_t>(m * k) * 2);
    auto* to = static_cast<uint16_t*>(rounded.data);
    parallel_for(m, 1 + kPartValues / std::max(k, int64_t{1}), [&](int64_t begin, int64_t end) {
      kernels().float_to_bfloat16(gemm.a + begin * k, to + begin * k, (end - begin) * k);
    });
  }
  const auto source = [&](int64_t at) -> const void* {
    return gemm.bfloat16 ? static_cast<const void*>(static_cast<const uint16_t*>(rounded.data) + at)
                         : static_cast<const void*>(gemm.a + at);
  };
  const auto main_key = [&](int64_t count, int64_t i, int64_t j) {
    uint32_t flags = kPackedB | (gemm.bfloat16 ? uint32_t{kBfloat16} : 0);
    if (i > 0 || has_second) flags |= kSum;
    if (i == 0 && bias != nullptr) flags |= gemm.scale == 1 ? kBias : kLateBias;
    return Key{count, parts.outer(j), parts.inner(i), k, 0, flags, gemm.scale, n};
  };
  const auto second_key = [&](int64_t count, int64_t j) {
    const uint32_t flags = gemm.transpose_b2 ? uint32_t{kTransposeB} : 0;
    return Key{count, parts.outer(j), gemm.k2, gemm.k2, gemm.transpose_b2 ? gemm.k2 : n, flags, gemm.scale2, n};
  };
  // Made before the threads share them: those of the first and the last rows, outputs and inputs, and of the inputs
  // between.
  for (const int64_t r : {int64_t{0}, row_blocks - 1})
    for (const int64_t j : {int64_t{0}, outer - 1}) {
      const int64_t count = std::min(rows, m - r * rows);
      for (const int64_t i : {int64_t{0}, std::min(int64_t{1}, inner - 1), inner - 1}) primitive(main_key(count, i, j));
      if (has_second) primitive(second_key(count, j));
    }
  // Tasks of the same outputs follow each other, so that the part of b they read stays in the cache.
  parallel_for(outer * row_tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t j = at / row_tasks;
      const int64_t column = parts.first_outer(j);
      const int64_t first_row = at % row_tasks * blocks_per_task * rows;
      const int64_t beyond = std::min(m, first_row + blocks_per_task * rows);
      for (int64_t i = 0; i < inner; i++) {
        const void* part = is_stored ? decode_part(gemm, parts, i, j) : packed + parts.offset(i, j);
        for (int64_t row = first_row; row < beyond; row += rows) {
          const int64_t count = std::min(rows, m - row);
          const int64_t first = row * n + column;
          if (i == 0 && has_second)
            execute(primitives.at(second_key(count, j)),
                    {gemm.a2 + row * gemm.k2, gemm.b2 + column * (gemm.transpose_b2 ? gemm.k2 : 1), gemm.c + first});
          execute(primitives.at(main_key(count, i, j)), {source(row * k + parts.first_inner(i)), part, gemm.c + first,
                                                         i == 0 && bias != nullptr ? bias + column : nullptr});
          if (i == inner - 1 && !has_row_scale && (gemm.addend != nullptr || gemm.multiplier != nullptr))
            finish(gemm, first, count, parts.outer(j));
        }
      }
    }
  });
  if (rounded.data != nullptr) pool.give_back(rounded);
  if (!has_row_scale) return;
  parallel_for(m, 1 + kPartValues / n, [&](int64_t begin, int64_t end) {
    kernels().scaled_epilogue(gemm.c + begin * n, gemm.row_scale, gemm.bias,
                              gemm.addend == nullptr ? nullptr : gemm.addend + begin * n, gemm.scaled + begin * n,
                              end - begin, n);
  });
}

PairPanels GemmRunner::pair_panels(const Gemm& gemm, MemoryPool& pool) {
  const PairPanels none{nullptr, 0};
  if (!gemm.bfloat16 || gemm.packs == nullptr) return none;
  const WeightPartition parts(*state_, gemm);
  if (parts.inner_count() > 1) return none;
  const memory::desc& layout = parts.layout(0, 0);
  if (!has_pair_panels(layout)) return none;
  return {static_cast<const uint16_t*>(state_->pack(gemm, *gemm.packs, pool)), layout.get_strides()[1]};
}

}  // namespace coto
#endif
