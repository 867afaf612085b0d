// Forward pass of attention. A tile is a block of queries of one head; keys go by in blocks. Scores lie
// transposed, [keys, queries], so that the softmax runs over vectors of queries without sums across lanes. They count
// in powers of two: the queries carry scale · log₂e. Products are of float32 or, of a shape in bfloat16 where the
// processor multiplies such pairs, of Pair; sums and the softmax are always of float32.
#include "attention.h"

#include "../scratch.h"
#include "../threads.h"
#include "declarations.generated.h"

namespace coto {
namespace COTO_ISA {
namespace {

// A block of queries of one head. y has the strides of q.
struct Tile {
  Head q, k, v;
  const float* mask;
  int64_t query, rows;
  float *y, *log_sum_exp;
};

// State of a block of queries while it passes over the keys. Arrays of queries are `columns` long: whole vectors.
struct Softmax {
  int64_t rows, columns;  // queries; queries in whole vectors
  float* scores;          // [keys, columns]
  // By query: the highest score so far, the sum of powers, the factor that corrects `sums`, and at the end 1 / total.
  float *highest, *total, *factor, *inverse;

  static constexpr int64_t floats() { return kKeyBlock * kQueryBlock + 4 * kQueryBlock; }
  Softmax(float* buffer, int64_t rows) : rows(rows), columns(round_up(rows, kLanes)) {
    scores = buffer;
    highest = scores + kKeyBlock * kQueryBlock;
    total = highest + kQueryBlock;
    factor = total + kQueryBlock;
    inverse = factor + kQueryBlock;
    for (int64_t c = 0; c < columns; c += kLanes) {
      store(highest + c, splat(-__builtin_inff()));
      store(total + c, Vec{});
    }
  }
};

// The operands of its products, and the sums. `step`: the head size in whole vectors.
template <typename Number>
struct Operands {
  int64_t width, step;
  Number *q, *k, *v, *powers;  // transposed queries [width, columns], rows of keys, [keys, step], [keys, columns]
  float* sums;                 // [rows, step]

  static int64_t numbers(int64_t head_size) {
    const int64_t step = round_up(head_size, kLanes);
    return kQueryBlock * depth_of<Number>(head_size) + if_packed<Number>(kKeyBlock * step) +
           depth_of<Number>(kKeyBlock) * step + if_packed<Number>(depth_of<Number>(kKeyBlock) * kQueryBlock) +
           kQueryBlock * step;
  }
  Operands(float* buffer, int64_t head_size) : width(head_size), step(round_up(head_size, kLanes)) {
    q = reinterpret_cast<Number*>(buffer);
    k = q + kQueryBlock * depth_of<Number>(width);
    v = k + if_packed<Number>(kKeyBlock * step);
    powers = v + depth_of<Number>(kKeyBlock) * step;
    sums = reinterpret_cast<float*>(powers + if_packed<Number>(depth_of<Number>(kKeyBlock) * kQueryBlock));
  }
};

// Adds values weighted by probabilities to the sums of the blocks before (`before`, or null), into `to`.
struct StoreSums {
  float* to;
  const float *before, *factor;
  int64_t step;
  COTO_INLINE void operator()(int64_t query, int64_t vector, Vec value) const {
    const int64_t at = query * step + vector * kLanes;
    store(to + at, before == nullptr ? value : multiply_add(load(before + at), splat(factor[query]), value));
  }
};

// Does the same for the last block of keys and writes the attended values.
struct StoreOutput {
  StoreSums sums;
  const float* inverse;
  float* y;
  int64_t stride, width;
  COTO_INLINE void operator()(int64_t query, int64_t vector, Vec value) const {
    const int64_t at = query * sums.step + vector * kLanes;
    const Vec sum =
        sums.before == nullptr ? value : multiply_add(load(sums.before + at), splat(sums.factor[query]), value);
    const Vec result = sum * splat(inverse[query]);
    float* const to = y + query * stride + vector * kLanes;
    const int64_t left = width - vector * kLanes;
    if (left >= kLanes) store(to, result);
    else store_partial(to, result, left);
  }
};

void hide(const Softmax& f, const AttentionMask& visible, const float* mask, int64_t key, int64_t keys) {
  const Vec masked = splat(-__builtin_inff());
  const bool whole = visible.all(f.rows, key, key + keys);
  for (int64_t i = 0; i < keys; i++) {
    float* const row = f.scores + i * f.columns;
    const bool padding = mask != nullptr && mask[key + i] == 0.0f;
    if (!padding && whole) continue;
    for (int64_t c = 0; c < f.columns; c += kLanes)
      store(row + c, padding ? masked : select(visible.at(c, key + i), load(row + c), masked));
  }
}

// Turns scores into powers of two of their distance from the highest so far.
template <int Vectors>
COTO_INLINE void softmax_columns(const Softmax& f, int64_t keys, int64_t column) {
  Vec before[Vectors], high[Vectors], shift[Vectors], sum[Vectors];
#pragma GCC unroll 4
  for (int j = 0; j < Vectors; j++) high[j] = before[j] = load(f.highest + column + j * kLanes);
  for (int64_t i = 0; i < keys; i++)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) high[j] = greater(high[j], load(f.scores + i * f.columns + column + j * kLanes));
#pragma GCC unroll 4
  for (int j = 0; j < Vectors; j++) {
    shift[j] = select(high[j] == -__builtin_inff(), Vec{}, high[j]);
    sum[j] = Vec{};
  }
  for (int64_t i = 0; i < keys; i++)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) {
      float* const at = f.scores + i * f.columns + column + j * kLanes;
      const Vec power = power_of_two(load(at) - shift[j]);
      store(at, power);
      sum[j] += power;
    }
#pragma GCC unroll 4
  for (int j = 0; j < Vectors; j++) {
    const int64_t at = column + j * kLanes;
    const Vec factor = power_of_two(before[j] - shift[j]);
    store(f.highest + at, high[j]);
    store(f.factor + at, factor);
    store(f.total + at, multiply_add(load(f.total + at), factor, sum[j]));
  }
}

void softmax_keys(const Softmax& f, int64_t keys) {
  int64_t c = 0;
  for (; c + 4 * kLanes <= f.columns; c += 4 * kLanes) softmax_columns<4>(f, keys, c);
  for (; c + 2 * kLanes <= f.columns; c += 2 * kLanes) softmax_columns<2>(f, keys, c);
  for (; c < f.columns; c += kLanes) softmax_columns<1>(f, keys, c);
}

// Takes the inverses and logarithms of the finished sums.
void close(const Softmax& f, float* log_sum_exp) {
  for (int64_t c = 0; c < f.columns; c += kLanes) {
    const Vec total = load(f.total + c);
    const Int empty = total == 0.0f;
    store(f.inverse + c, select(empty, Vec{}, 1.0f / total));
    const Vec logarithms = multiply_add(load(f.highest + c), splat(kLogOf2), logarithm(total));
    store(f.total + c, select(empty, splat(-__builtin_inff()), logarithms));
  }
  std::memcpy(log_sum_exp, f.total, static_cast<size_t>(f.rows) * 4);
}

template <typename Number>
void attend(const AttentionShape& shape, const Tile& tile, Prefetch prefetch) {
  float* const buffer = scratch(Softmax::floats() + Operands<Number>::numbers(shape.head_size));
  const Softmax f(buffer, tile.rows);
  const Operands<Number> in(buffer + Softmax::floats(), shape.head_size);
  const AttentionMask visible(shape, tile.query, tile.rows);
  const int64_t begin = visible.first_key / kKeyBlock * kKeyBlock, end = visible.end_key;
  if (begin >= end) {
    for (int64_t r = 0; r < f.rows; r++) {
      std::memset(tile.y + r * tile.q.stride, 0, static_cast<size_t>(in.width) * 4);
      tile.log_sum_exp[r] = -__builtin_inff();
    }
    return;
  }
  prefetch.spread(2 * ceiling_division(end - begin, kKeyBlock) * (kKeyBlock / kTileRows));
  const auto between = [&prefetch] { prefetch.fetch(); };
  pack_transposed(tile.q, f.rows, in.width, shape.scale * kLog2OfE, in.q);
  for (int64_t key = begin; key < end; key += kKeyBlock) {
    const int64_t keys = min(kKeyBlock, end - key);
    pack(tile.v.from(key), keys, in.width, in.v);
    multiply(as_rows(tile.k.from(key), keys, in.width, in.k), in.q, f.columns, keys, f.columns / kLanes,
             depth_of<Number>(in.width), StoreScores{f.scores, f.columns}, between);
    if (shape.softcap > 0.0f) cap_scores(f.scores, keys * f.columns, shape.softcap * kLog2OfE, nullptr);
    hide(f, visible, tile.mask, key, keys);
    softmax_keys(f, keys);
    const StoreSums sums{in.sums, key == begin ? nullptr : in.sums, f.factor, in.step};
    const auto powers = as_columns(f.scores, keys, f.columns, in.powers);
    if (key + keys < end) {
      multiply(powers, in.v, in.step, f.rows, in.step / kLanes, depth_of<Number>(keys), sums, between);
    } else {
      close(f, tile.log_sum_exp);
      multiply(powers, in.v, in.step, f.rows, in.step / kLanes, depth_of<Number>(keys),
               StoreOutput{sums, f.inverse, tile.y, tile.q.stride, in.width}, between);
    }
  }
}

}  // namespace

void attention(const AttentionShape& shape, const float* q, const float* k, const float* v, const float* mask, float* y,
               float* log_sum_exp) {
  if (shape.queries == 1) return attention_step(shape, shape.tokens, q, k, v, mask, y, log_sum_exp);
  const int64_t blocks = ceiling_division(shape.queries, kQueryBlock);
  const int64_t group = shape.heads / max(shape.key_value_heads, 1), size = shape.head_size;
  const int64_t stride = shape.heads * size, key_stride = shape.key_value_heads * size;
  const auto tile_of = [=, &shape](int64_t number) {
    const int64_t head_of_all = number / blocks, batch = head_of_all / shape.heads, head = head_of_all % shape.heads;
    const int64_t query = number % blocks * kQueryBlock, rows = min(kQueryBlock, shape.queries - query);
    const int64_t at = (batch * shape.queries + query) * stride + head * size;
    const int64_t key_at = batch * shape.tokens * key_stride + head / group * size;
    return Tile{{q + at, stride},
                {k + key_at, key_stride},
                {v + key_at, key_stride},
                mask == nullptr ? nullptr : mask + batch * shape.tokens,
                query,
                rows,
                y + at,
                log_sum_exp + head_of_all * shape.queries + query};
  };
  const int64_t tiles = shape.batch * shape.heads * blocks;
  with_number(shape, [&](auto number) {
    parallel_for(tiles, tasks_at_once(tiles), [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; at++) {
        Prefetch prefetch(size);
        if (at + 1 < end) {
          const Tile next = tile_of(at + 1);
          prefetch.add(next.q.data, stride, next.rows);
          prefetch.add(next.y, stride, next.rows);
          if (next.query == 0) {
            prefetch.add(next.k.data, key_stride, shape.tokens);
            prefetch.add(next.v.data, key_stride, shape.tokens);
          }
        }
        attend<decltype(number)>(shape, tile_of(at), prefetch);
      }
    });
  });
}

}  // namespace COTO_ISA
}  // namespace coto
