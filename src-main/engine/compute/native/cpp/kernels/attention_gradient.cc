// Gradient of attention. A tile is a key/value head of one example with all query heads that read it, so that
// dk and dv are summed by one thread, in one order. Probabilities are recomputed from the logarithms of their sums.
#include "../scratch.h"
#include "../threads.h"
#include "attention.h"
#include "declarations.generated.h"

namespace coto {
namespace COTO_ISA {
namespace {

// A block of queries and one of keys. `columns` and `step` are rows and head size in whole vectors.
template <typename Number>
struct Backward {
  int64_t rows = 0, columns = 0, width, step;
  Number *q_transposed, *dy_transposed;  // [width, columns]; q times scale · log₂e
  Number *q, *dy, *k;                    // [queries or keys, step]
  // Layouts for the products: keys and values by rows, the two matrices below by rows, and the latter by columns.
  Number *rows_of_head, *rows_of_block, *columns_of_block;
  float *probabilities, *score_gradient;  // [keys, columns]
  float* slopes;                          // [keys, columns]: derivatives of the scores' soft cap
  float *log_sums, *dots;                 // by query: log₂ of the sum of exponentials, dy · y

  static int64_t numbers(int64_t head_size) {
    const int64_t step = round_up(head_size, kLanes);
    return 2 * kQueryBlock * depth_of<Number>(head_size) + 2 * depth_of<Number>(kQueryBlock) * step +
           depth_of<Number>(kKeyBlock) * step + if_packed<Number>(kKeyBlock * step) +
           2 * if_packed<Number>(kKeyBlock * depth_of<Number>(kQueryBlock)) + 3 * kKeyBlock * kQueryBlock +
           2 * kQueryBlock;
  }
  Backward(float* buffer, int64_t head_size) : width(head_size), step(round_up(head_size, kLanes)) {
    const int64_t of_block = kKeyBlock * depth_of<Number>(kQueryBlock);
    q_transposed = reinterpret_cast<Number*>(buffer);
    dy_transposed = q_transposed + kQueryBlock * depth_of<Number>(width);
    q = dy_transposed + kQueryBlock * depth_of<Number>(width);
    dy = q + depth_of<Number>(kQueryBlock) * step;
    k = dy + depth_of<Number>(kQueryBlock) * step;
    rows_of_head = k + depth_of<Number>(kKeyBlock) * step;
    rows_of_block = rows_of_head + if_packed<Number>(kKeyBlock * step);
    columns_of_block = rows_of_block + if_packed<Number>(of_block);
    probabilities = reinterpret_cast<float*>(columns_of_block + if_packed<Number>(of_block));
    score_gradient = probabilities + kKeyBlock * kQueryBlock;
    slopes = score_gradient + kKeyBlock * kQueryBlock;
    log_sums = slopes + kKeyBlock * kQueryBlock;
    dots = log_sums + kQueryBlock;
  }
};

struct StoreProbabilities {
  float* probabilities;
  const float* log_sums;
  int64_t columns;
  COTO_INLINE void operator()(int64_t key, int64_t vector, Vec score) const {
    store(probabilities + key * columns + vector * kLanes, power_of_two(score - load(log_sums + vector * kLanes)));
  }
};

struct StoreScoreGradient {
  const float* probabilities;
  float* score_gradient;
  const float* dots;
  int64_t columns;
  Vec scale;
  COTO_INLINE void operator()(int64_t key, int64_t vector, Vec value) const {
    const int64_t at = key * columns + vector * kLanes;
    store(score_gradient + at, load(probabilities + at) * (value - load(dots + vector * kLanes)) * scale);
  }
};

struct AddRows {
  float* rows;
  int64_t stride, width;
  bool first;
  COTO_INLINE void operator()(int64_t row, int64_t vector, Vec value) const {
    float* const to = rows + row * stride + vector * kLanes;
    const int64_t left = width - vector * kLanes;
    if (left >= kLanes) store(to, first ? value : load(to) + value);
    else store_partial(to, first ? value : load_partial(to, left) + value, left);
  }
};

template <typename Number>
void hide(const Backward<Number>& f, const AttentionMask& visible, const float* mask, int64_t key, int64_t keys) {
  const bool whole = visible.all(f.rows, key, key + keys);
  for (int64_t i = 0; i < keys; i++) {
    float* const row = f.probabilities + i * f.columns;
    const bool padding = mask != nullptr && mask[key + i] == 0.0f;
    if (!padding && whole) continue;
    for (int64_t c = 0; c < f.columns; c += kLanes)
      store(row + c, padding ? Vec{} : select(visible.at(c, key + i), load(row + c), Vec{}));
  }
}

// Turns scores, [keys, columns], into probabilities; keeps the slopes of their soft cap.
template <typename Number>
void capped_probabilities(const Backward<Number>& f, int64_t keys, float cap) {
  cap_scores(f.probabilities, keys * f.columns, cap, f.slopes);
  const StoreProbabilities to{f.probabilities, f.log_sums, f.columns};
  for (int64_t key = 0; key < keys; key++)
    for (int64_t c = 0; c < f.columns; c += kLanes) to(key, c / kLanes, load(f.probabilities + key * f.columns + c));
}

template <typename Number>
void take_queries(Backward<Number>& f, int64_t rows, Head q, Head y, Head dy, const float* log_sum_exp, float scale) {
  f.rows = rows;
  f.columns = round_up(rows, kLanes);
  pack_transposed(q, rows, f.width, scale * kLog2OfE, f.q_transposed);
  pack_transposed(dy, rows, f.width, 1.0f, f.dy_transposed);
  pack(q, rows, f.width, f.q);
  pack(dy, rows, f.width, f.dy);
  for (int64_t c = 0; c < f.columns; c += kLanes) {
    // A log sum of ∞ gives probability 0 to rows without a sum and to lanes beyond the rows.
    const Vec sums = load_partial(log_sum_exp + c, max(min(rows - c, kLanes), 0));
    const Int none = (sums == -__builtin_inff()) | (lane_numbers() >= static_cast<int32_t>(rows - c));
    store(f.log_sums + c, select(none, splat(__builtin_inff()), sums * kLog2OfE));
    store(f.dots + c, Vec{});
  }
  for (int64_t r = 0; r < rows; r++) {
    const float* const value = y.data + r * y.stride;
    const float* const gradient = dy.data + r * dy.stride;
    Vec sum{};
    by_vectors(
        f.width, [&](int64_t i) { sum = multiply_add(load(value + i), load(gradient + i), sum); },
        [&](int64_t i, int64_t left) {
          sum = multiply_add(load_partial(value + i, left), load_partial(gradient + i, left), sum);
        });
    f.dots[r] = sum_of_lanes(sum);
  }
}

struct Gradients {
  float *dq, *dk, *dv;
};

// The keys by rows: float32 as they are packed already.
template <typename Number>
COTO_INLINE RowsOf<Number> key_rows(const Backward<Number>& f, Head k, int64_t keys) {
  if constexpr (std::is_same_v<Number, float>) return {f.k, f.step};
  else return as_rows(k, keys, f.width, f.rows_of_head);
}

// Processes one block of queries against all keys that it sees. `fresh`: nothing has been summed into dk and dv yet.
template <typename Number>
void pass(const AttentionShape& shape, const Backward<Number>& f, const AttentionMask& visible, Head k, Head v,
          const float* mask, int64_t stride, Gradients to, bool fresh, Prefetch& prefetch) {
  const auto between = [&prefetch] { prefetch.fetch(); };
  const int64_t vectors = f.columns / kLanes, width_vectors = f.step / kLanes;
  const int64_t by_width = depth_of<Number>(f.width), by_query = depth_of<Number>(f.rows);
  const bool is_capped = shape.softcap > 0.0f;
  bool first = true;
  for (int64_t key = visible.first_key / kKeyBlock * kKeyBlock; key < visible.end_key; key += kKeyBlock) {
    const int64_t keys = min(kKeyBlock, visible.end_key - key);
    pack(k.from(key), keys, f.width, f.k);
    const auto multiply_scores = [&](auto to) {
      multiply(key_rows(f, k.from(key), keys), f.q_transposed, f.columns, keys, vectors, by_width, to, between);
    };
    if (is_capped) {
      multiply_scores(StoreScores{f.probabilities, f.columns});
      capped_probabilities(f, keys, shape.softcap * kLog2OfE);
    } else {
      multiply_scores(StoreProbabilities{f.probabilities, f.log_sums, f.columns});
    }
    hide(f, visible, mask, key, keys);
    multiply(as_rows(v.from(key), keys, f.width, f.rows_of_head), f.dy_transposed, f.columns, keys, vectors, by_width,
             StoreScoreGradient{f.probabilities, f.score_gradient, f.dots, f.columns, splat(shape.scale)}, between);
    if (is_capped)
      for (int64_t i = 0; i < keys * f.columns; i += kLanes)
        store(f.score_gradient + i, load(f.score_gradient + i) * load(f.slopes + i));
    multiply(as_rows(Head{f.probabilities, f.columns}, keys, f.rows, f.rows_of_block), f.dy, f.step, keys,
             width_vectors, by_query, AddRows{to.dv + key * k.stride, k.stride, f.width, fresh}, between);
    multiply(as_rows(Head{f.score_gradient, f.columns}, keys, f.rows, f.rows_of_block), f.q, f.step, keys,
             width_vectors, by_query, AddRows{to.dk + key * k.stride, k.stride, f.width, fresh}, between);
    multiply(as_columns(f.score_gradient, keys, f.columns, f.columns_of_block), f.k, f.step, f.rows, width_vectors,
             depth_of<Number>(keys), AddRows{to.dq, stride, f.width, first}, between);
    first = false;
  }
  if (!first) return;
  for (int64_t r = 0; r < f.rows; r++) std::memset(to.dq + r * stride, 0, static_cast<size_t>(f.width) * 4);
}

// The tensors, each from its first number on, and the steps from row to row.
struct Operands {
  const float *q, *k, *v, *mask, *y, *log_sum_exp, *dy;
  Gradients to;
  int64_t stride, key_stride;
};

// Plans the prefetch of the next head's rows, which begin at `at` and `key_at`; `new_keys`: its keys are others.
Prefetch plan_prefetch(const AttentionShape& shape, const Operands& in, int64_t at, int64_t key_at, bool new_keys) {
  Prefetch prefetch(shape.head_size);
  for (const float* const rows : {in.q, in.dy, in.y, static_cast<const float*>(in.to.dq)})
    prefetch.add(rows + at, in.stride, shape.queries);
  if (new_keys)
    for (const float* const rows :
         {in.k, in.v, static_cast<const float*>(in.to.dk), static_cast<const float*>(in.to.dv)})
      prefetch.add(rows + key_at, in.key_stride, shape.tokens);
  const int64_t blocks = ceiling_division(shape.queries, kQueryBlock) * ceiling_division(shape.tokens, kKeyBlock);
  prefetch.spread(5 * (shape.causal ? (blocks + 1) / 2 : blocks) * (kKeyBlock / kTileRows));
  return prefetch;
}

// Computes the gradients of one key/value head of an example with the query heads that read it. `follows`: the next
// such head is this thread's, too.
template <typename Number>
void key_head_gradient(const AttentionShape& shape, const Operands& in, int64_t tile, bool follows,
                       Backward<Number>& f) {
  const int64_t size = shape.head_size, group = shape.heads / shape.key_value_heads;
  const int64_t batch = tile / shape.key_value_heads, key_head = tile % shape.key_value_heads;
  const int64_t key_at = batch * shape.tokens * in.key_stride + key_head * size;
  const bool all_seen = !shape.causal && shape.window <= 0 && shape.queries > 0;
  if (!all_seen)
    for (float* const to : {in.to.dk, in.to.dv})
      for (int64_t r = 0; r < shape.tokens; r++)
        std::memset(to + key_at + r * in.key_stride, 0, static_cast<size_t>(size) * 4);
  for (int64_t head = key_head * group; head < (key_head + 1) * group; head++) {
    const int64_t head_at = batch * shape.queries * in.stride + head * size;
    const bool last = head + 1 == (key_head + 1) * group;
    const int64_t next = head + 1 < shape.heads ? head_at + size : (batch + 1) * shape.queries * in.stride;
    const int64_t next_key =
        key_head + 1 < shape.key_value_heads ? key_at + size : (batch + 1) * shape.tokens * in.key_stride;
    Prefetch prefetch = !last || follows ? plan_prefetch(shape, in, next, next_key, last) : Prefetch(size);
    for (int64_t query = 0; query < shape.queries; query += kQueryBlock) {
      const int64_t rows = min(kQueryBlock, shape.queries - query), at = head_at + query * in.stride;
      take_queries(f, rows, {in.q + at, in.stride}, {in.y + at, in.stride}, {in.dy + at, in.stride},
                   in.log_sum_exp + (batch * shape.heads + head) * shape.queries + query, shape.scale);
      const bool fresh = all_seen && head == key_head * group && query == 0;
      pass(shape, f, AttentionMask(shape, query, rows), {in.k + key_at, in.key_stride}, {in.v + key_at, in.key_stride},
           in.mask == nullptr ? nullptr : in.mask + batch * shape.tokens, in.stride,
           {in.to.dq + at, in.to.dk + key_at, in.to.dv + key_at}, fresh, prefetch);
    }
  }
}

}  // namespace

void attention_gradient(const AttentionShape& shape, const float* q, const float* k, const float* v, const float* mask,
                        const float* y, const float* log_sum_exp, const float* dy, float* dq, float* dk, float* dv) {
  const int64_t size = shape.head_size;
  const Operands in{q, k, v, mask, y, log_sum_exp, dy, {dq, dk, dv}, shape.heads * size, shape.key_value_heads * size};
  const int64_t tiles = shape.batch * shape.key_value_heads;
  with_number(shape, [&](auto number) {
    parallel_for(tiles, tasks_at_once(tiles), [&](int64_t begin, int64_t end) {
      using Block = Backward<decltype(number)>;
      Block f(scratch(Block::numbers(size)), size);
      for (int64_t tile = begin; tile < end; tile++) key_head_gradient(shape, in, tile, tile + 1 < end, f);
    });
  });
}

}  // namespace COTO_ISA
}  // namespace coto
