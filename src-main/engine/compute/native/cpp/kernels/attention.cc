// Attention's forward pass. A piece of work is a block of queries of one head; keys go by in blocks. Scores lie transposed,
// [keys, queries], so that the softmax runs over vectors of queries without sums across lanes. They count in powers of two:
// the queries carry scale · log₂e.
#include "attention.h"

#include "../scratch.h"
#include "../threads.h"
#include "families.h"

namespace coto {
namespace COTO_ISA {
namespace {

// A block of queries on its way through the keys. All arrays of queries are `columns` long: whole vectors.
struct Forward {
  int64_t rows, columns, width, step;  // queries; queries in whole vectors; head size; head size in whole vectors
  float *q, *k, *v, *scores, *sums;    // transposed queries [width, columns], keys and values [keys, step], [keys, columns], [rows, step]
  float *highest, *total, *factor;     // by query: the highest score so far, the sum of powers, what `sums` must be multiplied by

  static int64_t floats(int64_t head_size) {
    int64_t const step = round_up(head_size, kLanes);
    return kQueryBlock * head_size + 2 * kKeyBlock * step + kKeyBlock * kQueryBlock + kQueryBlock * step +
           3 * kQueryBlock;
  }
  Forward(float *room, int64_t rows, int64_t head_size)
      : rows(rows), columns(round_up(rows, kLanes)), width(head_size), step(round_up(head_size, kLanes)) {
    q = room;
    k = q + kQueryBlock * width;
    v = k + kKeyBlock * step;
    scores = v + kKeyBlock * step;
    sums = scores + kKeyBlock * kQueryBlock;
    highest = sums + kQueryBlock * step;
    total = highest + kQueryBlock;
    factor = total + kQueryBlock;
    for (int64_t c = 0; c < columns; c += kLanes) {
      store(highest + c, splat(-__builtin_inff()));
      store(total + c, Vec{});
    }
  }
};

struct StoreScores {
  float *scores;
  int64_t columns;
  COTO_INLINE void operator()(int64_t key, int64_t vector, Vec value) const {
    store(scores + key * columns + vector * kLanes, value);
  }
};

struct StoreSums {
  float *sums;
  const float *factor;  // null: these are the first
  int64_t step;
  COTO_INLINE void operator()(int64_t query, int64_t vector, Vec value) const {
    float *const to = sums + query * step + vector * kLanes;
    store(to, factor == nullptr ? value : multiply_add(load(to), splat(factor[query]), value));
  }
};

void hide(const Forward &f, const Sight &sight, const float *mask, int64_t key, int64_t keys) {
  Vec const nothing = splat(-__builtin_inff());
  bool const whole = sight.whole(f.rows, key, key + keys);
  for (int64_t i = 0; i < keys; i++) {
    float *const row = f.scores + i * f.columns;
    bool const padding = mask != nullptr && mask[key + i] == 0.0f;
    if (!padding && whole) continue;
    for (int64_t c = 0; c < f.columns; c += kLanes)
      store(row + c, padding ? nothing : select(sight.sees(c, key + i), load(row + c), nothing));
  }
}

// Scores become powers of two of their distance from the highest so far.
template <int Vectors>
COTO_INLINE void soften_columns(const Forward &f, int64_t keys, int64_t column) {
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
      float *const at = f.scores + i * f.columns + column + j * kLanes;
      Vec const power = power_of_two(load(at) - shift[j]);
      store(at, power);
      sum[j] += power;
    }
#pragma GCC unroll 4
  for (int j = 0; j < Vectors; j++) {
    int64_t const at = column + j * kLanes;
    Vec const factor = power_of_two(before[j] - shift[j]);
    store(f.highest + at, high[j]);
    store(f.factor + at, factor);
    store(f.total + at, multiply_add(load(f.total + at), factor, sum[j]));
  }
}

void soften(const Forward &f, int64_t keys) {
  int64_t c = 0;
  for (; c + 4 * kLanes <= f.columns; c += 4 * kLanes) soften_columns<4>(f, keys, c);
  for (; c + 2 * kLanes <= f.columns; c += 2 * kLanes) soften_columns<2>(f, keys, c);
  for (; c < f.columns; c += kLanes) soften_columns<1>(f, keys, c);
}

void finish(const Forward &f, float *y, int64_t y_stride, float *log_sum_exp) {
  for (int64_t c = 0; c < f.columns; c += kLanes) {
    Vec const total = load(f.total + c);
    Int const empty = total == 0.0f;
    store(f.factor + c, select(empty, Vec{}, 1.0f / total));
    Vec const logarithms = multiply_add(load(f.highest + c), splat(kLogOf2), logarithm(total));
    store(f.total + c, select(empty, splat(-__builtin_inff()), logarithms));
  }
  std::memcpy(log_sum_exp, f.total, static_cast<size_t>(f.rows) * 4);
  for (int64_t r = 0; r < f.rows; r++) {
    Vec const factor = splat(f.factor[r]);
    const float *const from = f.sums + r * f.step;
    float *const to = y + r * y_stride;
    by_vectors(
        f.width, [&](int64_t i) { store(to + i, load(from + i) * factor); },
        [&](int64_t i, int64_t left) { store_partial(to + i, load(from + i) * factor, left); });
  }
}

void attend(const AttentionShape &shape, Head q, Head k, Head v, const float *mask, int64_t query, int64_t rows,
            float *y, float *log_sum_exp) {
  Forward const f(scratch(Forward::floats(shape.head_size)), rows, shape.head_size);
  Sight const sight(shape, query, rows);
  pack_transposed(q, rows, f.width, shape.scale * kLog2OfE, f.q);
  bool first = true;
  for (int64_t key = sight.first_key / kKeyBlock * kKeyBlock; key < sight.end_key; key += kKeyBlock) {
    int64_t const keys = least(kKeyBlock, sight.end_key - key);
    pack(k.from(key), keys, f.width, f.k);
    pack(v.from(key), keys, f.width, f.v);
    multiply(RowsOf{f.k, f.step}, f.q, f.columns, keys, f.columns / kLanes, f.width, StoreScores{f.scores, f.columns});
    hide(f, sight, mask, key, keys);
    soften(f, keys);
    multiply(ColumnsOf{f.scores, f.columns}, f.v, f.step, f.rows, f.step / kLanes, keys,
             StoreSums{f.sums, first ? nullptr : f.factor, f.step});
    first = false;
  }
  if (first) std::memset(f.sums, 0, static_cast<size_t>(f.rows * f.step) * 4);
  finish(f, y, q.stride, log_sum_exp);
}

// Brings what a piece of several heads reads into the cache.
void fetch(const AttentionShape &shape, int64_t query, int64_t rows, int64_t first_key_head, int64_t end_key_head, Head q,
           int64_t heads, Head k, Head v) {
  Sight const sight(shape, query, rows);
  int64_t const width = (end_key_head - first_key_head) * shape.head_size, at = first_key_head * shape.head_size;
  int64_t const keys = sight.end_key - sight.first_key;
  touch(q, rows, heads * shape.head_size);
  if (2 * keys * width * 4 > kTouchedAtMost) return;
  touch({k.data + sight.first_key * k.stride + at, k.stride}, keys, width);
  touch({v.data + sight.first_key * v.stride + at, v.stride}, keys, width);
}

void attention(const AttentionShape &shape, const float *q, const float *k, const float *v, const float *mask, float *y,
               float *log_sum_exp) {
  int64_t const blocks = ceiling_division(shape.queries, kQueryBlock);
  int64_t const group = shape.heads / most(shape.key_value_heads, 1), size = shape.head_size;
  int64_t const stride = shape.heads * size, key_stride = shape.key_value_heads * size;
  int64_t const together = heads_together(shape.heads, size, shape.batch * blocks), parts = shape.heads / together;
  parallel_for(shape.batch * parts * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; piece++) {
      int64_t const batch = piece / blocks / parts, first_head = piece / blocks % parts * together;
      int64_t const query = piece % blocks * kQueryBlock, rows = least(kQueryBlock, shape.queries - query);
      int64_t const row = batch * shape.queries + query, key_row = batch * shape.tokens;
      if (together > 1) fetch(shape, query, rows, first_head / group, (first_head + together - 1) / group + 1,
                              {q + row * stride + first_head * size, stride}, together,
                              {k + key_row * key_stride, key_stride}, {v + key_row * key_stride, key_stride});
      for (int64_t head = first_head; head < first_head + together; head++) {
        int64_t const at = row * stride + head * size, key_at = key_row * key_stride + head / group * size;
        attend(shape, {q + at, stride}, {k + key_at, key_stride}, {v + key_at, key_stride},
               mask == nullptr ? nullptr : mask + key_row, query, rows, y + at,
               log_sum_exp + (batch * shape.heads + head) * shape.queries + query);
      }
    }
  });
}

}  // namespace

void add_attention(Kernels &table) { table.attention = attention; }

}  // namespace COTO_ISA
}  // namespace coto
