#ifndef __APPLE__
// Products in 8-bit integers with a frozen weight: rows of a are rounded on the way, each with its own scale; the
// weight once, with a scale for each column; the sums are of 32 bits and exact.
#include <string>

#include "kernels/kernels.h"
#include "onednn_gemm.h"
#include "stored.h"
#include "threads.h"

namespace coto {
namespace {

constexpr int64_t kLargestInteger = 127;
/** Longest inner dimension whose sums of products of two integers fit 32 bits. */
constexpr int64_t kLongestSum = INT32_MAX / (kLargestInteger * kLargestInteger);
/** Columns of the weight that are in memory as floats at a time, and those that are turned together. */
constexpr int64_t kColumnsTogether = 256;
constexpr int64_t kColumnsTurned = 16;

constexpr int64_t kMostMixed = 64;
constexpr int64_t kShortestSegment = 16;

thread_local ThreadMemory quantized, row_scales, sums, prepared;

/**
 * Numbers of a row that its rotation mixes: a power of two that divides the row into segments of a vector's width or
 * more. The same for both factors, whose products stay.
 */
int64_t rotation_segments(int64_t width) {
  int64_t segments = 1;
  while (segments < kMostMixed && width % (2 * segments) == 0 && width / (2 * segments) >= kShortestSegment)
    segments *= 2;
  return segments;
}

}  // namespace

memory::desc packed_int8_layout(int64_t k, int64_t n) {
  const dnnl::matmul::primitive_desc asked(cpu(), matrix(kMinRows, k, k, DataType::s8),
                                           memory::desc({k, n}, DataType::s8, memory::format_tag::any),
                                           matrix(kMinRows, n, n, DataType::s32));
  return asked.weights_desc();
}

bool runs_in_int8(const Gemm& gemm) {
  return gemm.packs != nullptr && gemm.packs->allows_int8 && !gemm.transpose_a && gemm.k <= kLongestSum && gemm.k > 0 &&
         !is_partitioned(gemm.k, gemm.n);
}

const PackedWeights::Int8Pack& GemmRunner::State::pack_int8(const Gemm& gemm, MemoryPool& pool) {
  PackedWeights& packs = *gemm.packs;
  const int64_t k = gemm.k;
  const int64_t n = gemm.n;
  const PackedWeights::Int8Pack* found = packs.find_int8(k, n, gemm.transpose_b);
  if (found != nullptr) return *found;
  const memory::desc& wanted = int8_layout(k, n);
  const int64_t segments = rotation_segments(k);
  PackedWeights::Int8Pack made{k, n, gemm.transpose_b, pool.take(wanted.get_size()),
                               pool.take(static_cast<size_t>(n) * sizeof(float))};
  auto* const scales = static_cast<float*>(made.scales.data);
  // The columns of b one after another.
  const Block rounded = pool.take(static_cast<size_t>(n * k));
  auto* const integers = static_cast<int8_t*>(rounded.data);
  for (int64_t first = 0; first < n; first += kColumnsTogether) {
    const int64_t count = std::min(kColumnsTogether, n - first);
    Block decoded;
    const MatrixPart part = gemm.transpose_b ? part_of(gemm.b, k, first, count, 0, k, pool, decoded)
                                             : part_of(gemm.b, n, 0, k, first, count, pool, decoded);
    parallel_for((count + kColumnsTurned - 1) / kColumnsTurned, 1, [&](int64_t begin, int64_t end) {
      for (int64_t at = first + begin * kColumnsTurned; at < std::min(first + count, first + end * kColumnsTurned);
           at += kColumnsTurned) {
        const int64_t columns = std::min(kColumnsTurned, first + count - at);
        auto* const turned =
            static_cast<float*>(prepared.at_least(static_cast<size_t>(kColumnsTurned * k) * sizeof(float)));
        for (int64_t o = 0; o < columns; o++)
          if (gemm.transpose_b) std::copy_n(part.at(at + o, 0), k, turned + o * k);
        if (!gemm.transpose_b)
          for (int64_t i = 0; i < k; i++)
            for (int64_t o = 0; o < columns; o++) turned[o * k + i] = *part.at(i, at + o);
        kernels().quantize_rows(turned, integers + at * k, scales + at, columns, k, segments);
      }
    });
    if (decoded.data != nullptr) pool.give_back(decoded);
  }
  memory from(transposed(k, n, k, DataType::s8), cpu(), integers);
  memory into(wanted, cpu(), made.block.data);
  dnnl::stream stream(cpu());
  dnnl::reorder(from, into).execute(stream, from, into);
  stream.wait();
  pool.give_back(rounded);
  return packs.add(made);
}

void GemmRunner::State::run_int8(const Gemm& gemm, MemoryPool& pool) {
  if (primitives.size() > kMaxPrimitives) primitives.clear();
  const int64_t m = gemm.m;
  const int64_t n = gemm.n;
  const int64_t k = gemm.k;
  const PackedWeights::Int8Pack& pack = pack_int8(gemm, pool);
  const auto* const column_scales = static_cast<const float*>(pack.scales.data);
  const int64_t segments = rotation_segments(k);
  const int64_t rows = rows_per_task(m, n, k);
  const int64_t tasks = (m + rows - 1) / rows;
  const int64_t last = m - (tasks - 1) * rows;
  const bool has_second = gemm.k2 > 0;
  const bool keeps_sum = gemm.scaled != nullptr;
  const auto made_for = [&](int64_t count) { return &primitive({count, n, k, k, 0, kInt8 | kPackedB, 1}); };
  const Primitive* whole = made_for(rows);
  const Primitive* rest = made_for(last);
  const Primitive* whole_second = second_for(gemm, rows);
  const Primitive* rest_second = second_for(gemm, last);
  parallel_for(tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t first = at * rows;
      const int64_t count = at == tasks - 1 ? last : rows;
      float* const c = gemm.c + first * n;
      const float* a = gemm.a + first * k;
      if (gemm.column_scale != nullptr) {
        auto* const to = static_cast<float*>(prepared.at_least(static_cast<size_t>(count * k) * sizeof(float)));
        kernels().scaled_epilogue(a, gemm.column_scale, nullptr, nullptr, to, count, k);
        a = to;
      }
      auto* const integers = static_cast<int8_t*>(quantized.at_least(static_cast<size_t>(count * k)));
      auto* const scales = static_cast<float*>(row_scales.at_least(static_cast<size_t>(count) * sizeof(float)));
      kernels().quantize_rows(a, integers, scales, count, k, segments);
      auto* const products = static_cast<int32_t*>(sums.at_least(static_cast<size_t>(count * n) * sizeof(int32_t)));
      execute(*(count == rows ? whole : rest), {integers, pack.block.data, reinterpret_cast<float*>(products)});
      if (has_second) execute(*(count == rows ? whole_second : rest_second), {gemm.a2 + first * gemm.k2, gemm.b2, c});
      const float* const addend = gemm.addend == nullptr ? nullptr : gemm.addend + first * n;
      const float* const multiplier = gemm.multiplier == nullptr ? nullptr : gemm.multiplier + first * n;
      if (keeps_sum) {
        kernels().int8_epilogue(products, scales, column_scales, nullptr, nullptr, nullptr, nullptr, c, count, n,
                                gemm.scale, has_second);
        kernels().scaled_epilogue(c, gemm.row_scale, gemm.bias, addend, gemm.scaled + first * n, count, n);
      } else {
        kernels().int8_epilogue(products, scales, column_scales, gemm.row_scale, gemm.bias, addend, multiplier, c,
                                count, n, gemm.scale, has_second);
      }
    }
  });
}

bool computes_int8() {
  static const bool is_exact = [] {
    // The extremes, by which instructions that add two products in 16 bits would lose some.
    constexpr int64_t kSize = 64;
    constexpr int64_t kInner = 256;
    const memory::desc source = matrix(kSize, kInner, kInner, DataType::s8);
    const memory::desc weights({kInner, kSize}, DataType::s8, memory::format_tag::any);
    const memory::desc result = matrix(kSize, kSize, kSize, DataType::s32);
    const bool may_be_none = true;
    const dnnl::matmul::primitive_desc description(cpu(), source, weights, result, dnnl::primitive_attr(), may_be_none);
    if (!description) return false;
    if (std::string(description.impl_info_str()).find("ref") != std::string::npos) return false;
    std::vector<int8_t> a(kSize * kInner), b(kSize * kInner), packed(description.weights_desc().get_size());
    std::vector<int32_t> c(kSize * kSize);
    for (int64_t row = 0; row < kSize; row++)
      for (int64_t i = 0; i < kInner; i++) {
        a[static_cast<size_t>(row * kInner + i)] = row % 2 == 0 ? 127 : -127;
        b[static_cast<size_t>(row * kInner + i)] = row % 3 == 0 ? 127 : -127;
      }
    const memory plain(transposed(kInner, kSize, kInner, DataType::s8), cpu(), b.data());
    const memory into(description.weights_desc(), cpu(), packed.data());
    dnnl::stream stream(cpu());
    dnnl::reorder(plain, into).execute(stream, const_cast<memory&>(plain), const_cast<memory&>(into));
    dnnl::matmul(description)
        .execute(stream, {{DNNL_ARG_SRC, memory(source, cpu(), a.data())},
                          {DNNL_ARG_WEIGHTS, into},
                          {DNNL_ARG_DST, memory(result, cpu(), c.data())}});
    stream.wait();
    for (int64_t row = 0; row < kSize; row++)
      for (int64_t column = 0; column < kSize; column++) {
        const int32_t sign = (row % 2 == 0) == (column % 3 == 0) ? 1 : -1;
        if (c[static_cast<size_t>(row * kSize + column)] != sign * 127 * 127 * static_cast<int32_t>(kInner))
          return false;
      }
    return true;
  }();
  return is_exact;
}

}  // namespace coto
#endif
