#ifndef __APPLE__
#include "kernels/kernels.h"
#include "onednn_products.h"
#include "threads.h"

namespace coto {
namespace {

using Tag = memory::format_tag;

/** From so many inputs or outputs on a weight is taken in parts: a vocabulary's. */
constexpr int64_t kMany = 16384;
/** Values of a part at most: half a megabyte in float32. */
constexpr int64_t kPartValues = 131072;
/** Inputs that need not be cut, and the sizes of parts where there are more. */
constexpr int64_t kWholeInner = 2048;
constexpr int64_t kInner = 512;
constexpr int64_t kOuterOfMany = 128;
/** Outputs that oneDNN packs together. */
constexpr int64_t kOuterBlock = 64;

/** Plus and times, which here come after a part's last sum: blocks of c lie apart. */
void finish(const Product& product, int64_t first, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t at = first + row * product.n; at < first + row * product.n + columns; at++) {
      if (product.plus != nullptr) product.c[at] += product.plus[at];
      if (product.times != nullptr) product.c[at] *= product.times[at];
    }
}

}  // namespace

memory::desc packed_layout(int64_t k, int64_t n, bool bfloat16) {
  const DataType type = bfloat16 ? DataType::bf16 : DataType::f32;
  const dnnl::matmul::primitive_desc asked(cpu(), matrix(kSmallestRows, k, k, type),
                                           memory::desc({k, n}, type, Tag::any), matrix(kSmallestRows, n, n));
  return asked.weights_desc();
}

bool is_in_parts(int64_t k, int64_t n) { return k >= kMany || n >= kMany; }

WeightParts::WeightParts(Products::State& state, int64_t k, int64_t n, bool bfloat16)
    : state_(state), k_(k), n_(n), inner_(k), outer_(n), bfloat16_(bfloat16) {
  if (!is_in_parts(k, n)) return;
  const bool is_whole = k <= kWholeInner;
  inner_ = is_whole ? k : kInner;
  const int64_t outputs = is_whole ? kPartValues / std::max(k, int64_t{1}) / kOuterBlock * kOuterBlock : kOuterOfMany;
  outer_ = std::min(n, std::max(kOuterBlock, outputs));
}

const memory::desc& WeightParts::layout(int64_t i, int64_t j) const {
  return state_.layout(inner(i), outer(j), bfloat16_);
}

size_t WeightParts::strip(int64_t j) const {
  const int64_t last = inner_count() - 1;
  return static_cast<size_t>(last) * layout(0, j).get_size() + layout(last, j).get_size();
}

size_t WeightParts::offset(int64_t i, int64_t j) const {
  return (j == 0 ? 0 : static_cast<size_t>(j) * strip(0)) + static_cast<size_t>(i) * layout(0, j).get_size();
}

const void* Products::State::pack(const Product& product, PackedWeights& packs, MemoryPool& pool) {
  const PackedWeights::Pack* found = packs.find(product.k, product.n, product.transpose_b, product.bfloat16);
  if (found != nullptr) return found->block.data;
  const WeightParts parts(*this, product.k, product.n, product.bfloat16);
  const PackedWeights::Pack made{product.k, product.n, product.transpose_b, product.bfloat16, pool.take(parts.size())};
  for (int64_t j = 0; j < parts.outer_count(); j++)
    for (int64_t i = 0; i < parts.inner_count(); i++) {
      Product part = product;
      part.k = parts.inner(i);
      part.n = parts.outer(j);
      part.b += product.transpose_b ? parts.first_outer(j) * product.k + parts.first_inner(i)
                                    : parts.first_inner(i) * product.n + parts.first_outer(j);
      reorder(part, product.transpose_b ? product.k : product.n, parts.layout(i, j),
              static_cast<char*>(made.block.data) + parts.offset(i, j));
    }
  return packs.add(made).block.data;
}

void Products::State::reorder(const Product& part, int64_t stride, const memory::desc& wanted, void* to) {
  const memory::desc given = part.transpose_b ? transposed(part.k, part.n, stride) : matrix(part.k, part.n, stride);
  memory from(given, cpu(), const_cast<float*>(part.b));
  memory into(wanted, cpu(), to);
  dnnl::stream stream(cpu());
  dnnl::reorder(from, into).execute(stream, from, into);
  stream.wait();
}

void Products::State::run_in_parts(const Product& product, MemoryPool& pool) {
  const int64_t m = product.m;
  const int64_t n = product.n;
  const int64_t k = product.k;
  if (primitives.size() > kMostPrimitives) primitives.clear();
  const auto* packed = static_cast<const char*>(pack(product, *product.packs, pool));
  const WeightParts parts(*this, k, n, product.bfloat16);
  const int64_t inner = parts.inner_count();
  const int64_t outer = parts.outer_count();
  const int64_t rows = std::min(m, kSmallestRows);
  const int64_t row_pieces = (m + rows - 1) / rows;
  const bool has_second = product.k2 > 0;
  const bool gains = product.gained != nullptr;
  const float* bias = gains ? nullptr : product.bias;

  // Every part meets all of a: rounded once for all.
  Block rounded;
  if (product.bfloat16) {
    rounded = pool.take(static_cast<size_t>(m * k) * 2);
    auto* to = static_cast<uint16_t*>(rounded.data);
    parallel_for(m, 1 + kPartValues / std::max(k, int64_t{1}), [&](int64_t begin, int64_t end) {
      kernels().float_to_bfloat16(product.a + begin * k, to + begin * k, (end - begin) * k);
    });
  }
  const auto source = [&](int64_t at) -> const void* {
    return product.bfloat16 ? static_cast<const void*>(static_cast<const uint16_t*>(rounded.data) + at)
                            : static_cast<const void*>(product.a + at);
  };
  const auto main_key = [&](int64_t count, int64_t i, int64_t j) {
    uint32_t flags = kPackedB | (product.bfloat16 ? uint32_t{kBfloat16} : 0);
    if (i > 0 || has_second) flags |= kSum;
    if (i == 0 && bias != nullptr) flags |= product.scale == 1 ? kBias : kLateBias;
    return Key{count, parts.outer(j), parts.inner(i), k, 0, flags, product.scale, n};
  };
  const auto second_key = [&](int64_t count, int64_t j) {
    const uint32_t flags = product.transpose_b2 ? uint32_t{kTransposeB} : 0;
    return Key{count, parts.outer(j), product.k2, product.k2, product.transpose_b2 ? product.k2 : n,
               flags, product.scale2, n};
  };
  // Made before the threads share them: those of the first and the last rows, outputs and inputs, and of the inputs
  // between.
  for (const int64_t r : {int64_t{0}, row_pieces - 1})
    for (const int64_t j : {int64_t{0}, outer - 1}) {
      const int64_t count = std::min(rows, m - r * rows);
      for (const int64_t i : {int64_t{0}, std::min(int64_t{1}, inner - 1), inner - 1}) primitive(main_key(count, i, j));
      if (has_second) primitive(second_key(count, j));
    }
  // Pieces of the same outputs follow each other: what they read of b is then near.
  parallel_for(outer * row_pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t j = at / row_pieces;
      const int64_t row = at % row_pieces * rows;
      const int64_t count = std::min(rows, m - row);
      const int64_t column = parts.first_outer(j);
      const int64_t first = row * n + column;
      if (has_second)
        execute(primitives.at(second_key(count, j)),
                {product.a2 + row * product.k2, product.b2 + column * (product.transpose_b2 ? product.k2 : 1),
                 product.c + first});
      for (int64_t i = 0; i < inner; i++)
        execute(primitives.at(main_key(count, i, j)),
                {source(row * k + parts.first_inner(i)), packed + parts.offset(i, j), product.c + first,
                 i == 0 && bias != nullptr ? bias + column : nullptr});
      if (!gains && (product.plus != nullptr || product.times != nullptr))
        finish(product, first, count, parts.outer(j));
    }
  });
  if (rounded.data != nullptr) pool.give_back(rounded);
  if (!gains) return;
  parallel_for(m, 1 + kPartValues / n, [&](int64_t begin, int64_t end) {
    kernels().apply_gain(product.c + begin * n, product.gain, product.bias,
                         product.plus == nullptr ? nullptr : product.plus + begin * n, product.gained + begin * n,
                         end - begin, n);
  });
}

PairPanels Products::pair_panels(const Product& product, MemoryPool& pool) {
  const PairPanels none{nullptr, 0};
  if (!product.bfloat16 || product.packs == nullptr) return none;
  const WeightParts parts(*state_, product.k, product.n, true);
  if (parts.inner_count() > 1) return none;
  const memory::desc& layout = parts.layout(0, 0);
  const auto blocks = layout.get_inner_blks();
  // Inner blocks: pairs of inputs, outputs, the two of a pair. The outer ones must lie so that pairs follow each other.
  if (layout.get_inner_idxs() != memory::dims{0, 1, 0} || blocks[1] != kPanelOutputs || blocks[2] != 2) return none;
  const auto strides = layout.get_strides();
  if (strides[0] != blocks[0] * kPanelOutputs * 2) return none;
  return {static_cast<const uint16_t*>(state_->pack(product, *product.packs, pool)), strides[1]};
}

}  // namespace coto
#endif
