#include "softmax.h"

// Queries in a block: only the scores of one block are in memory at a time.
#define BLOCK 66

typedef struct {
  int batch, queries, tokens, heads, key_heads, head_size, causal, window;
  float scale, softcap;
} Attention;

// The tokens [from, to) that a query may see, padding aside.
typedef struct {
  int from, to;
} Span;

static inline Span span_of(const Attention* shape, int query) {
  if (!shape->causal && shape->window <= 0) return (Span){0, shape->tokens};
  int position = shape->tokens - shape->queries + query;
  int from = shape->window > 0 && position + 1 > shape->window ? position + 1 - shape->window : 0;
  if (shape->causal) return (Span){from, position + 1};
  return (Span){from, shape->tokens - position > shape->window ? position + shape->window : shape->tokens};
}

// Limits a row of scores to ±cap. `slopes`, if there are any, become (slopes − less) times the derivative.
static inline void cap_row(float* row, float cap, float* slopes, float less, int count) {
  v128_t limit = splat(cap), one = splat(1);
  for (int j = 0; j < count; j += 4) {
    // tanh x = 2σ(2x) − 1; near 0 its series, which loses no digits.
    v128_t x = wasm_f32x4_div(load_at(row, j, count), limit), square = wasm_f32x4_mul(x, x);
    v128_t far = wasm_f32x4_sub(wasm_f32x4_mul(splat(2), sigmoid(wasm_f32x4_add(x, x))), one);
    v128_t p = multiply_add(square, splat(62.0f / 2835), splat(-17.0f / 315));
    p = multiply_add(p, square, splat(2.0f / 15));
    p = multiply_add(p, square, splat(-1.0f / 3));
    v128_t near = multiply_add(wasm_f32x4_mul(p, square), x, x);
    v128_t share = wasm_v128_bitselect(near, far, wasm_f32x4_lt(square, splat(0.04f)));
    store_at(row, wasm_f32x4_mul(share, limit), j, count);
    if (!slopes) continue;
    v128_t slope = wasm_f32x4_sub(one, wasm_f32x4_mul(share, share));
    store_at(slopes, wasm_f32x4_mul(wasm_f32x4_sub(load_at(slopes, j, count), splat(less)), slope), j, count);
  }
}

// The tokens [from, to) that any query of a block may see.
static inline Span span_of_block(const Attention* shape, int first, int count) {
  return (Span){span_of(shape, first).from, span_of(shape, first + count - 1).to};
}

// Turns a row of scores over the block's tokens into e^(score − less), 0 where nothing is seen; returns the sum.
static inline float powers_seen(float* row, float less, const float* mask, Span block, Span own) {
  zero(row, own.from - block.from);
  float sum = 0;
  if (own.to > own.from) {
    float* seen = row + own.from - block.from;
    sum = powers_of(seen, less, mask ? mask + own.from : 0, seen, own.to - own.from);
  }
  zero(row + own.to - block.from, block.to - own.to);
  return sum;
}

// Takes the softmax of a row of scores in place; returns the logarithm of its denominator, or −∞ where nothing is seen.
static inline float softmax_seen(float* row, const float* mask, Span block, Span own) {
  float* seen = row + own.from - block.from;
  int count = own.to - own.from, any = 0;
  float highest = -__builtin_inff();
  if (mask) {
    for (int j = 0; j < count; j++)
      if (mask[own.from + j] > 0 && (!any || seen[j] > highest)) {
        highest = seen[j];
        any = 1;
      }
  } else if (count > 0) {
    highest = highest_of(seen, count);
    any = 1;
  }
  if (!any) {
    zero(row, block.to - block.from);
    return -__builtin_inff();
  }
  float sum = powers_seen(row, highest, mask, block, own);
  scale_row(row, 1.0f / sum, block.to - block.from);
  return highest + logarithm(sum);
}

// q [batch · queries, heads · head_size], k and v [batch · tokens, key_heads · head_size] → out like q, sums [batch ·
// heads, queries]. mask [batch, tokens] or none. `scores`: space for BLOCK · tokens. `panels`: for the larger of
// head_size × tokens and tokens × head_size, the columns rounded up to COLUMNS.
EXPORT(attention)
void attention(const float* q, const float* k, const float* v, const float* mask, float* out, float* sums, int batch,
               int queries, int tokens, int heads, int key_heads, int head_size, int causal, int window, float scale,
               float softcap, float* scores, float* panels) {
  Attention shape = {batch, queries, tokens, heads, key_heads, head_size, causal, window, scale, softcap};
  int hidden = heads * head_size, key_hidden = key_heads * head_size;
  for (int example = 0; example < batch; example++, mask = mask ? mask + tokens : 0) {
    for (int head = 0; head < heads; head++, sums += queries) {
      int key_head = head / (heads / key_heads);
      const float* kh = k + example * tokens * key_hidden + key_head * head_size;
      const float* vh = v + example * tokens * key_hidden + key_head * head_size;
      for (int first = 0; first < queries; first += BLOCK) {
        int count = queries - first < BLOCK ? queries - first : BLOCK;
        Span block = span_of_block(&shape, first, count);
        int seen = block.to - block.from, at = (example * queries + first) * hidden + head * head_size;
        multiply(&(Term){q + at, hidden, 1, kh + block.from * key_hidden, 1, key_hidden, head_size, scale}, 0, scores,
                 seen, count, seen, 0, 0, 0, panels);
        if (softcap > 0) cap_row(scores, softcap, 0, 0, count * seen);
        for (int row = 0; row < count; row++)
          sums[first + row] = softmax_seen(scores + row * seen, mask, block, span_of(&shape, first + row));
        multiply(&(Term){scores, seen, 1, vh + block.from * key_hidden, key_hidden, 1, seen, 1}, 0, out + at, hidden,
                 count, head_size, 0, 0, 0, panels);
      }
    }
  }
}

// `scores` and `ds`: space for BLOCK · tokens each. `panels`: as above, and for BLOCK × head_size.
EXPORT(attention_gradient)
void attention_gradient(const float* q, const float* k, const float* v, const float* mask, const float* y,
                        const float* sums, const float* dy, float* dq, float* dk, float* dv, int batch, int queries,
                        int tokens, int heads, int key_heads, int head_size, int causal, int window, float scale,
                        float softcap, float* scores, float* ds, float* panels) {
  Attention shape = {batch, queries, tokens, heads, key_heads, head_size, causal, window, scale, softcap};
  int hidden = heads * head_size, key_hidden = key_heads * head_size;
  // Several blocks, or several heads, add to the same gradients of k and v.
  int adds = queries > BLOCK || heads > key_heads || causal || window > 0;
  if (adds) {
    zero(dk, batch * tokens * key_hidden);
    zero(dv, batch * tokens * key_hidden);
  }
  for (int example = 0; example < batch; example++, mask = mask ? mask + tokens : 0) {
    for (int head = 0; head < heads; head++, sums += queries) {
      int key_head = head / (heads / key_heads);
      for (int first = 0; first < queries; first += BLOCK) {
        int count = queries - first < BLOCK ? queries - first : BLOCK;
        Span block = span_of_block(&shape, first, count);
        int seen = block.to - block.from, at = (example * queries + first) * hidden + head * head_size;
        int key_at = (example * tokens + block.from) * key_hidden + key_head * head_size;
        multiply(&(Term){q + at, hidden, 1, k + key_at, 1, key_hidden, head_size, scale}, 0, scores, seen, count, seen,
                 0, 0, 0, panels);
        multiply(&(Term){dy + at, hidden, 1, v + key_at, 1, key_hidden, head_size, 1}, 0, ds, seen, count, seen, 0, 0,
                 0, panels);
        for (int row = 0; row < count; row++) {
          float *p = scores + row * seen, *d = ds + row * seen, dot = 0;
          const float *yr = y + at + row * hidden, *dr = dy + at + row * hidden;
          for (int j = 0; j < head_size; j++) dot += yr[j] * dr[j];
          if (softcap > 0) {
            cap_row(p, softcap, d, dot, seen);
            dot = 0;
          }
          powers_seen(p, sums[first + row], mask, block, span_of(&shape, first + row));
          v128_t less = splat(dot), factor = splat(scale);
          int j = 0;
          for (; j + 4 <= seen; j += 4) {
            v128_t slope = wasm_f32x4_mul(wasm_v128_load(p + j), wasm_f32x4_sub(wasm_v128_load(d + j), less));
            wasm_v128_store(d + j, wasm_f32x4_mul(slope, factor));
          }
          for (; j < seen; j++) d[j] = p[j] * (d[j] - dot) * scale;
        }
        float *dkh = dk + key_at, *dvh = dv + key_at;
        multiply(&(Term){ds, seen, 1, k + key_at, key_hidden, 1, seen, 1}, 0, dq + at, hidden, count, head_size, 0, 0,
                 0, panels);
        multiply(&(Term){ds, 1, seen, q + at, hidden, 1, count, 1}, 0, dkh, key_hidden, seen, head_size, 0,
                 adds ? dkh : 0, 0, panels);
        multiply(&(Term){scores, 1, seen, dy + at, hidden, 1, count, 1}, 0, dvh, key_hidden, seen, head_size, 0,
                 adds ? dvh : 0, 0, panels);
      }
    }
  }
}
