#ifndef __APPLE__
// HiRA's products on oneDNN: the weight that the factors multiply is packed strip by strip as the factors make it, and
// the gradient of that weight is contracted with them tile by tile.
#include <algorithm>

#include "kernels/kernels.h"
#include "onednn_gemm.h"
#include "stored.h"
#include "threads.h"

namespace coto {
namespace {

/** Numbers of the changed weight that are in memory at a time, at most: 4 MiB in float32. */
constexpr int64_t kStripValues = int64_t{1} << 20;
/** Rows of a strip that a task makes. */
constexpr int64_t kRowsPerTask = 64;
/** Rows and columns of a tile of the weight's gradient; the columns are whole blocks of every encoding. */
constexpr int64_t kTileRows = 64;
constexpr int64_t kTileColumns = 512;
/** Tasks that add to partial sums of the gradient of a, at most: each has its own. */
constexpr int64_t kMaxGroups = 8;
constexpr int64_t kSumGrain = 16384;

thread_local ThreadMemory plain;
thread_local ThreadMemory rounded;
thread_local ThreadMemory stored;

int64_t parts_of(int64_t count, int64_t size) { return (count + size - 1) / size; }

/** The columns [first, first + count) of W' as a factor of the product, row-major as its orientation says; w is the
 * weight. */
void make_panel(const HiraGemm& p, const MatrixPart& w, int64_t first, int64_t count, int64_t begin, int64_t end,
                float* to) {
  const float unit = p.update_only || p.bfloat16 ? 0 : 1;
  if (p.transposed)
    kernels().hira_panel(w.at(first + begin, 0), w.step, p.a, p.inputs, p.b + (first + begin) * p.rank,
                         to + begin * p.inputs, end - begin, p.inputs, p.rank, p.scale, unit);
  else
    kernels().hira_panel(w.at(begin, first), w.step, p.a + first, p.inputs, p.b + begin * p.rank, to + begin * count,
                         end - begin, count, p.rank, p.scale, unit);
}

/** Layout of k rows packed by oneDNN: panels of kPanelOutputs columns, one after another. */
struct Panels {
  /** True if the packed layout is known: row by row in float32, by pairs of rows in bf16. */
  bool is_known;
  /** Rows of a panel, those of zeros included, and its bytes. */
  int64_t padded;
  size_t bytes;
};

Panels panels_of(const memory::desc& layout, int64_t n, bool bfloat16) {
  const auto blocks = layout.get_inner_blks();
  const int64_t pair = bfloat16 ? 2 : 1;
  const bool is_blocked = layout.get_inner_idxs() == (bfloat16 ? memory::dims{0, 1, 0} : memory::dims{0, 1}) &&
                          blocks[1] == kPanelOutputs && (!bfloat16 || blocks[2] == 2);
  if (!is_blocked) return {false, 0, 0};
  const auto strides = layout.get_strides();
  const int64_t padded = strides[1] / kPanelOutputs;
  const size_t bytes = static_cast<size_t>(strides[1]) * (bfloat16 ? 2 : 4);
  const bool is_dense = strides[0] == blocks[0] * kPanelOutputs * pair &&
                        layout.get_size() == bytes * static_cast<size_t>(parts_of(n, kPanelOutputs));
  return {is_dense, padded, bytes};
}

/** Applies addend and multiplier to columns of c, after their last sum: they lie apart, so that oneDNN cannot. */
void finish(const HiraGemm& p, int64_t n, int64_t row, int64_t rows, int64_t first, int64_t count) {
  for (int64_t r = row; r < row + rows; r++)
    for (int64_t at = r * n + first; at < r * n + first + count; at++) {
      if (p.addend != nullptr) p.y[at] += p.addend[at];
      if (p.multiplier != nullptr) p.y[at] *= p.multiplier[at];
    }
}

}  // namespace

void GemmRunner::State::pack_hira(const HiraGemm& p, int64_t first, int64_t count, void* to, MemoryPool& pool) {
  const int64_t k = p.transposed ? p.inputs : p.outputs;
  const memory::desc& whole = layout(k, count, p.bfloat16);
  const Panels panels = panels_of(whole, count, p.bfloat16);
  Block decoded;
  const MatrixPart w = p.transposed ? part_of(p.weight, p.inputs, first, count, 0, k, pool, decoded)
                                    : part_of(p.weight, p.inputs, 0, k, first, count, pool, decoded);
  if (panels.is_known) {
    const float unit = p.update_only || p.bfloat16 ? 0 : 1;
    parallel_for(parts_of(count, kPanelOutputs), 1, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; at++) {
        const int64_t column = first + at * kPanelOutputs;
        kernels().hira_pack(p.transposed ? w.at(column, 0) : w.at(0, column), w.step, p.transposed ? p.a : p.a + column,
                            p.inputs, p.transposed ? p.b + column * p.rank : p.b,
                            static_cast<char*>(to) + static_cast<size_t>(at) * panels.bytes, k, panels.padded,
                            std::min(kPanelOutputs, first + count - column), p.rank, p.scale, unit, p.transposed,
                            p.bfloat16);
      }
    });
    if (decoded.data != nullptr) pool.give_back(decoded);
    return;
  }
  // A decoded weight of the strip's own shape becomes the strip in place: each number is read before it is written.
  const int64_t columns = p.transposed ? k : count;
  const bool in_place = decoded.data != nullptr && w.step == columns;
  const Block strip = in_place ? decoded : pool.take(static_cast<size_t>(k * count) * sizeof(float));
  auto* const made = static_cast<float*>(strip.data);
  parallel_for(p.transposed ? count : k, kRowsPerTask,
               [&](int64_t begin, int64_t end) { make_panel(p, w, first, count, begin, end, made); });
  if (decoded.data != nullptr && !in_place) pool.give_back(decoded);
  Gemm part;
  part.k = k;
  part.n = count;
  part.b = made;
  part.transpose_b = p.transposed;
  reorder(part, columns, whole, to);
  pool.give_back(strip);
}

void GemmRunner::run_hira(const HiraGemm& p, MemoryPool& pool) {
  const int64_t m = p.rows;
  const int64_t n = p.transposed ? p.outputs : p.inputs;
  const int64_t k = p.transposed ? p.inputs : p.outputs;
  if (m == 0 || n == 0) return;
  State& state = *state_;
  if (state.primitives.size() > kMaxPrimitives) state.primitives.clear();
  // A strip of a stored weight is a whole number of blocks.
  const int64_t unit = p.weight.stored != nullptr ? kTileColumns : kPanelOutputs;
  const int64_t width = std::min(n, std::max(unit, kStripValues / std::max<int64_t>(1, k) / unit * unit));
  const bool is_whole = width == n;
  // In bf16 the base is a product of its own: beside it a small update would be rounded away.
  const bool has_base = p.bfloat16 && !p.update_only;
  const bool is_joint = has_base && is_whole && p.weight.stored == nullptr && !is_partitioned(k, n);
  Gemm base;
  base.a = p.x;
  base.b = p.weight;
  base.c = p.y;
  base.m = m;
  base.n = n;
  base.k = k;
  base.transpose_b = p.transposed;
  base.bias = p.bias;
  base.packs = p.packs;
  base.bfloat16 = true;
  if (has_base && !is_joint) run(base, pool);
  const void* packed_base = is_joint ? state.pack(base, *p.packs, pool) : nullptr;
  const uint32_t packed = kPackedB | (p.bfloat16 ? uint32_t{kBfloat16} : 0);
  const uint32_t bias = p.bias != nullptr ? uint32_t{kBias} : 0;
  uint32_t flags = packed | (has_base ? uint32_t{kSum} : bias);
  if (is_whole && p.addend != nullptr) flags |= kAddend;
  if (is_whole && p.multiplier != nullptr) flags |= kMultiplier;
  for (int64_t first = 0; first < n; first += width) {
    const int64_t count = std::min(width, n - first);
    const Block strip = pool.take(state.layout(k, count, p.bfloat16).get_size());
    state.pack_hira(p, first, count, strip.data, pool);
    const int64_t rows = rows_per_task(m, count, k);
    const int64_t tasks = parts_of(m, rows);
    const int64_t last = m - (tasks - 1) * rows;
    const auto made_for = [&](int64_t some) {
      return &state.primitive({some, count, k, k, 0, flags, 1, is_whole ? 0 : n});
    };
    const auto base_for = [&](int64_t some) {
      return is_joint ? &state.primitive({some, n, k, k, 0, packed | bias, 1}) : nullptr;
    };
    const Primitive* whole = made_for(rows);
    const Primitive* rest = made_for(last);
    const Primitive* whole_base = base_for(rows);
    const Primitive* rest_base = base_for(last);
    parallel_for(tasks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; at++) {
        const int64_t row = at * rows;
        const int64_t some = at == tasks - 1 ? last : rows;
        const void* source = p.x + row * k;
        if (p.bfloat16) {
          auto* const to = static_cast<uint16_t*>(rounded.at_least(static_cast<size_t>(some * k) * 2));
          kernels().float_to_bfloat16(p.x + row * k, to, some * k);
          source = to;
        }
        float* const c = p.y + row * n + first;
        if (is_joint) execute(*(some == rows ? whole_base : rest_base), {source, packed_base, c, p.bias});
        execute(*(some == rows ? whole : rest),
                {source, strip.data, c, has_base || p.bias == nullptr ? nullptr : p.bias + first,
                 p.addend == nullptr ? nullptr : p.addend + row * n,
                 p.multiplier == nullptr ? nullptr : p.multiplier + row * n});
        if (!is_whole) finish(p, n, row, some, first, count);
      }
    });
    pool.give_back(strip);
  }
}

void GemmRunner::run_hira_gradient(const HiraGradient& p, MemoryPool& pool) {
  const auto [dy, x, weight, a, b, da, db, rows, outputs, inputs, rank, scale, bfloat16] = p;
  if (rows == 0) {
    std::fill_n(da, rank * inputs, 0.0f);
    std::fill_n(db, outputs * rank, 0.0f);
    return;
  }
  State& state = *state_;
  if (state.primitives.size() > kMaxPrimitives) state.primitives.clear();
  const int64_t tiles = parts_of(outputs, kTileRows);
  const int64_t strips = parts_of(inputs, kTileColumns);
  const int64_t in_group = parts_of(tiles, kMaxGroups);
  const int64_t groups = parts_of(tiles, in_group);
  const auto columns_of = [&](int64_t strip) { return std::min(kTileColumns, inputs - strip * kTileColumns); };
  const auto rows_of = [&](int64_t tile) { return std::min(kTileRows, outputs - tile * kTileRows); };
  // Every group sums its own part of da, and every strip of columns its own part of db; they are added in their order.
  const Block sums = pool.take(static_cast<size_t>(groups * rank * inputs + strips * outputs * rank) * sizeof(float));
  auto* const da_parts = static_cast<float*>(sums.data);
  float* const db_parts = da_parts + groups * rank * inputs;
  std::fill_n(da_parts, groups * rank * inputs, 0.0f);

  Block packed_x, rounded_dy;
  std::vector<size_t> offsets(static_cast<size_t>(strips) + 1, 0);
  for (int64_t s = 0; s < strips; s++)
    offsets[s + 1] = offsets[s] + state.layout(rows, columns_of(s), bfloat16).get_size();
  packed_x = pool.take(offsets.back());
  for (int64_t s = 0; s < strips; s++)
    state.pack_columns(x + s * kTileColumns, rows, columns_of(s), inputs, bfloat16,
                       static_cast<char*>(packed_x.data) + offsets[s]);
  const auto* const exact = reinterpret_cast<const char*>(dy);
  const char* left = exact;
  if (bfloat16) {
    rounded_dy = pool.take(static_cast<size_t>(rows * outputs) * 2);
    auto* const to = static_cast<uint16_t*>(rounded_dy.data);
    parallel_for(rows * outputs, kSumGrain,
                 [&](int64_t begin, int64_t end) { kernels().float_to_bfloat16(dy + begin, to + begin, end - begin); });
    left = static_cast<const char*>(rounded_dy.data);
  }
  const size_t size = bfloat16 ? 2 : 4;
  const uint32_t flags = kTransposeA | kPackedB | (bfloat16 ? uint32_t{kBfloat16} : 0);
  const auto key = [&](int64_t tile, int64_t strip) {
    return Key{rows_of(tile), columns_of(strip), rows, outputs, 0, flags, 1};
  };
  for (const int64_t tile : {int64_t{0}, tiles - 1})
    for (const int64_t strip : {int64_t{0}, strips - 1}) state.primitive(key(tile, strip));
  parallel_for(groups * strips, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t strip = at / groups;
      const int64_t group = at % groups;
      const int64_t first = strip * kTileColumns;
      const int64_t columns = columns_of(strip);
      auto* const g = static_cast<float*>(plain.at_least(static_cast<size_t>(kTileRows * columns) * sizeof(float)));
      for (int64_t tile = group * in_group; tile < std::min(tiles, (group + 1) * in_group); tile++) {
        const int64_t row = tile * kTileRows;
        execute(state.primitives.at(key(tile, strip)),
                {left + static_cast<size_t>(row) * size, static_cast<char*>(packed_x.data) + offsets[strip], g});
        const float* w = weight.values + row * inputs + first;
        int64_t step = inputs;
        if (weight.stored != nullptr) {
          auto* const decoded =
              static_cast<float*>(stored.at_least(static_cast<size_t>(kTileRows * columns) * sizeof(float)));
          kernels().decode_stored(*weight.stored, row, rows_of(tile), first, columns, decoded, columns);
          w = decoded;
          step = columns;
        }
        kernels().hira_tile_gradient(g, w, step, a + first, da_parts + group * rank * inputs + first, inputs,
                                     b + row * rank, db_parts + (strip * outputs + row) * rank, rows_of(tile), columns,
                                     rank, scale);
      }
    }
  });
  if (rounded_dy.data != nullptr) pool.give_back(rounded_dy);
  pool.give_back(packed_x);
  const auto add_up = [](const float* parts, int64_t count, int64_t size, float* to) {
    for (int64_t i = 0; i < size; i++) {
      float sum = parts[i];
      for (int64_t part = 1; part < count; part++) sum += parts[part * size + i];
      to[i] = sum;
    }
  };
  add_up(da_parts, groups, rank * inputs, da);
  add_up(db_parts, strips, outputs * rank, db);
  pool.give_back(sums);
}

void GemmRunner::State::pack_columns(const float* from, int64_t k, int64_t n, int64_t stride, bool bfloat16, void* to) {
  const memory::desc& whole = layout(k, n, bfloat16);
  const Panels panels = panels_of(whole, n, bfloat16);
  if (!panels.is_known) {
    Gemm part;
    part.k = k;
    part.n = n;
    part.b = from;
    reorder(part, stride, whole, to);
    return;
  }
  parallel_for(parts_of(n, kPanelOutputs), 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++)
      kernels().hira_pack(from + at * kPanelOutputs, stride, nullptr, 0, nullptr,
                          static_cast<char*>(to) + static_cast<size_t>(at) * panels.bytes, k, panels.padded,
                          std::min(kPanelOutputs, n - at * kPanelOutputs), 0, 0, 1, false, bfloat16);
  });
}

}  // namespace coto
#endif
