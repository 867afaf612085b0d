// Everything the native backend computes itself (products of large matrices are oneDNN's), as one table of functions
// for each instruction set: the same sources compiled several times. All matrices are row-major and lie without gaps;
// float is float32, a truth value is one byte (0 or 1). Outputs may be an input where a docstring says "may be x"; else
// they must not overlap the inputs. Every function may be called with nothing to do (a size of 0). The same inputs give
// the same bits whatever the number of threads; different instruction sets differ in the last bits.
#pragma once

#include <cstdint>

namespace coto {

constexpr int kMostRank = 6;

/** A tensor's shape: rank sizes, the outermost first. Rank 0 is a scalar. */
struct Shape {
  int rank;
  int64_t size[kMostRank];
};

enum class Unary : int {
  negate,
  absolute,
  exponential,
  exponential_minus_one,
  logarithm,
  logarithm_of_one_plus,
  square_root,
  reciprocal_square_root,
  reciprocal,
  square,
  sign,
  sigmoid,
  hyperbolic_tangent,
  error_function,
  relu,
  relu6,
  leaky_relu,  // alpha: the slope below 0
  elu,
  softplus,
  silu,
  clip,  // to alpha … beta
  step,  // 1 above 0, else alpha; NaN stays
  floor,
  ceiling,
  round,  // round: half to even
  sine,
  cosine
};

enum class Binary : int {
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  power,
  squared_difference,
  floor_divide,
  modulo  // of floored division
};

enum class Comparison : int { equal, not_equal, less, less_equal, greater, greater_equal };

enum class Logical : int { conjunction, disjunction, exclusive };

enum class Reduction : int { sum, mean, maximum, minimum, product };

enum class Test : int { is_nan, is_infinite, is_finite };

/**
 * How attention's rows are to be read: q and y [batch · queries, heads · head_size], k and v
 * [batch · tokens, key_value_heads · head_size]. Query i stands at position tokens − queries + i. causal: it sees the
 * tokens up to its position; window > 0: only the last `window` of them, its own included (the window needs causal's
 * order: it cuts what lies before position − window + 1, and without causal nothing after). Head h reads key/value head
 * h / (heads / key_value_heads).
 */
struct AttentionShape {
  int64_t batch, queries, tokens, heads, key_value_heads, head_size;
  int64_t window;
  bool causal;
  float scale;
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
 * y [rows, outputs] = (scale · x·weightᵀ + scale2 · x2·weight2ᵀ + bias + plus) ∘ times, weights [outputs, inputs] and
 * [outputs, inputs2]; bias [outputs], plus and times like y may be null, inputs2 may be 0. Where there are panels they
 * hold the weight, and x stays float32.
 */
struct FewRowsProduct {
  int64_t rows, outputs, inputs, inputs2;
  const float *x, *weight;
  const float *x2, *weight2;
  const float *bias, *plus, *times;
  float scale, scale2;
  float* y;
  PairPanels panels{nullptr, 0};
};

/** One parameter of AdamW: value, gradient and moments of `count` numbers, and 1 − β₁ᵗ, 1 − β₂ᵗ at its step t. */
struct AdamWParameter {
  float* value;
  const float* gradient;
  float *first, *second;
  int64_t count;
  double correction1, correction2;
};

struct AdamWOptions {
  double learning_rate, beta1, beta2, epsilon, weight_decay, gradient_scale;
};

struct Kernels {
  /** The instruction set: "baseline", "avx2" or "avx512". */
  const char* name;

  // ---- attention (attention.cc, attention-gradient.cc) ----

  /**
   * softmax(scale · q·kᵀ + masks)·v for each head, without the matrix of scores (FlashAttention, Dao et al. 2022).
   * mask [batch, tokens], 1 attend, 0 padding, or null. y like q; log_sum_exp [batch · heads, queries], the logarithm
   * of each row's sum of exponentials. A row that may see nothing gives zeros, and −∞.
   */
  void (*attention)(const AttentionShape& shape, const float* q, const float* k, const float* v, const float* mask,
                    float* y, float* log_sum_exp);
  /** From the forward's inputs and outputs and dy (like y): dq like q, dk like k, dv like v. */
  void (*attention_gradient)(const AttentionShape& shape, const float* q, const float* k, const float* v,
                             const float* mask, const float* y, const float* log_sum_exp, const float* dy, float* dq,
                             float* dk, float* dv);

  // ---- activations (activations.cc) ----

  /** GELU of count numbers, by the error function or (tanh_form) by Hendrycks and Gimpel's tanh. y may be x. */
  void (*gelu)(const float* x, float* y, int64_t count, bool tanh_form);
  /** y = GELU(x) and derivative = GELU′(x). y or derivative may be x. */
  void (*gelu_and_derivative)(const float* x, float* y, float* derivative, int64_t count, bool tanh_form);
  /** dx = dy · GELU′(x). dx may be x or dy. */
  void (*gelu_gradient)(const float* x, const float* dy, float* dx, int64_t count, bool tanh_form);
  /** y = gate · σ(gate) · up. y may be gate or up. */
  void (*gated_silu)(const float* gate, const float* up, float* y, int64_t count);
  /** dgate and dup of gated_silu. Each may be any of the inputs. */
  void (*gated_silu_gradient)(const float* gate, const float* up, const float* dy, float* dgate, float* dup,
                              int64_t count);

  // ---- DoRA (dora.cc) ----

  /**
   * inverse [outputs] = 1 / ‖wᵢ + scale · (b·a)ᵢ‖ and gain = magnitude ∘ inverse, without ever making b·a: weight
   * [outputs, inputs], a [rank, inputs], b [outputs, rank], magnitude [outputs]. A norm counts as 1e-15 at least.
   */
  void (*dora_gain)(const float* weight, const float* a, const float* b, const float* magnitude, float* inverse,
                    float* gain, int64_t outputs, int64_t inputs, int64_t rank, float scale);
  /**
   * y = x ∘ gain + bias + plus by row: x, plus, y [rows, width], gain, bias [width]; bias and plus may be null, y may
   * be x or plus. Runs on the calling thread alone, since it is made for the pieces of a product.
   */
  void (*apply_gain)(const float* x, const float* gain, const float* bias, const float* plus, float* y, int64_t rows,
                     int64_t width);
  /** The gradients of x ∘ gain: dx = dy ∘ gain, which may be dy, and sums [width] = factor ∘ the sums over the rows of
   * dy ∘ x. */
  void (*gain_gradient)(const float* dy, const float* x, const float* gain, const float* factor, float* dx, float* sums,
                        int64_t rows, int64_t width);

  // ---- products of few rows (few-rows.cc) ----

  void (*few_rows_product)(const FewRowsProduct& product);

  // ---- norms (norms.cc): x, y, dy, dx [rows, width]; scale, shift [width] ----

  /** y = (x − mean) / √(variance + epsilon) ∘ scale + shift by row; scale or shift null: 1 or 0. y may be x. */
  void (*layer_norm)(const float* x, const float* scale, const float* shift, float* y, int64_t rows, int64_t width,
                     float epsilon);
  /** dx of layer_norm, and plus [rows, width] unless that is null. dx may be x, dy or plus. */
  void (*layer_norm_gradient)(const float* x, const float* scale, const float* dy, const float* plus, float* dx,
                              int64_t rows, int64_t width, float epsilon);
  /** y = x / √(mean(x²) + epsilon) ∘ scale by row; scale null: 1. y may be x. */
  void (*rms_norm)(const float* x, const float* scale, float* y, int64_t rows, int64_t width, float epsilon);
  /** dx of rms_norm, and plus [rows, width] unless that is null. dx may be x, dy or plus. */
  void (*rms_norm_gradient)(const float* x, const float* scale, const float* dy, const float* plus, float* dx,
                            int64_t rows, int64_t width, float epsilon);

  /**
   * Rotary position embedding of halves (Su et al. 2021, as Hugging Face's Llama): x, y [rows, heads · head_size],
   * cosines and sines [table_rows, head_size / 2]; row r takes the table's row r mod table_rows. inverse: the sines
   * negated, which is the gradient. y may be x.
   */
  void (*rotary)(const float* x, const float* cosines, const float* sines, float* y, int64_t rows, int64_t table_rows,
                 int64_t heads, int64_t head_size, bool inverse);

  // ---- softmax (softmax.cc): labels −100 are ignored, other labels outside 0 … classes − 1 give NaN ----

  /** Softmax of each row [rows, classes]; y may be x. */
  void (*softmax)(const float* x, float* y, int64_t rows, int64_t classes);
  /** Logarithm of the softmax of each row [rows, classes]; y may be x. */
  void (*log_softmax)(const float* x, float* y, int64_t rows, int64_t classes);
  /** loss (one number): the mean of −log softmax(logits)[label] over the rows that are not ignored; 0 if none are. */
  void (*softmax_cross_entropy)(const float* logits, const int32_t* labels, float* loss, int64_t rows, int64_t classes);
  /** dlogits [rows, classes] = (softmax − one-hot) · dy[0] / (rows not ignored), 0 in ignored rows. May be logits. */
  void (*softmax_cross_entropy_gradient)(const float* logits, const int32_t* labels, const float* dy, float* dlogits,
                                         int64_t rows, int64_t classes);
  /**
   * A block of linear cross-entropy: losses [rows] = −log softmax(logits)[label] (0 where ignored), and, where
   * wants_gradient, logits become (softmax − one-hot) · factor in place (0 in ignored rows).
   */
  void (*cross_entropy_block)(float* logits, const int32_t* labels, float* losses, int64_t rows, int64_t classes,
                              float factor, bool wants_gradient);

  // ---- optimizer (adamw.cc) ----

  /**
   * One step of AdamW (Loshchilov and Hutter 2019, with PyTorch's semantics) over all parameters, in place:
   * m ← β₁·m + (1 − β₁)·s·g, v ← β₂·v + (1 − β₂)·(s·g)², θ ← θ·(1 − lr·wd) − lr/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
   */
  void (*adamw)(const AdamWParameter* parameters, int64_t parameter_count, const AdamWOptions& options);

  // ---- rows ----

  /** y [rows / tokens, width] = the rows 0, tokens, 2·tokens … of x [rows, width]. */
  void (*first_tokens)(const float* x, float* y, int64_t rows, int64_t width, int64_t tokens);
  /** dx [rows, width]: dy's rows at 0, tokens, 2·tokens …, zeros elsewhere. */
  void (*first_tokens_gradient)(const float* dy, float* dx, int64_t rows, int64_t width, int64_t tokens);
  /** y[i] = x[indices[i]]: rows of row_bytes bytes; an index outside 0 … x_rows − 1 gives zeros. */
  void (*gather_rows)(const void* x, const int32_t* indices, void* y, int64_t x_rows, int64_t count, int64_t row_bytes);
  /** y [y_rows, width] = the sums of the rows of x [count, width] by index; indices outside are left out. */
  void (*scatter_add_rows)(const float* x, const int32_t* indices, float* y, int64_t y_rows, int64_t count,
                           int64_t width);
  /** y [count, depth] = on where the index is the column, else off. */
  void (*one_hot)(const int32_t* indices, float* y, int64_t count, int64_t depth, float on, float off);

  // ---- element by element (unary.cc, binary.cc) ----

  /** y = operation(x); alpha and beta as the operation says. y may be x. */
  void (*unary)(Unary operation, const float* x, float* y, int64_t count, float alpha, float beta);
  /** The same of int32: negate, absolute, square, sign, relu, relu6, clip. Others: false, and nothing is done. */
  bool (*unary_int32)(Unary operation, const int32_t* x, int32_t* y, int64_t count, int32_t alpha, int32_t beta);
  /** Truth of a property of x. */
  void (*test)(Test operation, const float* x, uint8_t* y, int64_t count);

  /** out = a ∘ b, broadcast as NumPy does; out_shape is the broadcast shape. out may be an operand of out's shape. */
  void (*binary)(Binary operation, const float* a, const Shape& a_shape, const float* b, const Shape& b_shape,
                 float* out, const Shape& out_shape);
  /** The same of int32; a division by 0 gives 0. */
  void (*binary_int32)(Binary operation, const int32_t* a, const Shape& a_shape, const int32_t* b, const Shape& b_shape,
                       int32_t* out, const Shape& out_shape);
  /** Truth of a ∘ b, broadcast. */
  void (*compare)(Comparison operation, const float* a, const Shape& a_shape, const float* b, const Shape& b_shape,
                  uint8_t* out, const Shape& out_shape);
  void (*compare_int32)(Comparison operation, const int32_t* a, const Shape& a_shape, const int32_t* b,
                        const Shape& b_shape, uint8_t* out, const Shape& out_shape);
  void (*compare_bool)(Comparison operation, const uint8_t* a, const Shape& a_shape, const uint8_t* b,
                       const Shape& b_shape, uint8_t* out, const Shape& out_shape);
  void (*logical)(Logical operation, const uint8_t* a, const Shape& a_shape, const uint8_t* b, const Shape& b_shape,
                  uint8_t* out, const Shape& out_shape);
  /** y = not x. */
  void (*logical_not)(const uint8_t* x, uint8_t* y, int64_t count);
  /**
   * out = condition ? a : b over elements of 1 or 4 bytes (element_bytes): a, b, out [count], the condition
   * [count / inner], each of its elements for `inner` of theirs.
   */
  void (*select)(const uint8_t* condition, const void* a, const void* b, void* out, int64_t count, int64_t inner,
                 int element_bytes);

  /** out = the sum of `inputs` tensors of count floats, in their order. */
  void (*add_n)(const float* const* inputs, int64_t input_count, float* out, int64_t count);
  /** y = scale · x + y, count floats. */
  void (*accumulate)(const float* x, float scale, float* y, int64_t count);

  // ---- casts (casts.cc) ----

  /** Towards zero, beyond int32's range to its ends, NaN to 0. */
  void (*float_to_int32)(const float* x, int32_t* y, int64_t count);
  void (*int32_to_float)(const int32_t* x, float* y, int64_t count);
  /** 1 where x is not 0 (NaN is not 0). */
  void (*float_to_bool)(const float* x, uint8_t* y, int64_t count);
  void (*int32_to_bool)(const int32_t* x, uint8_t* y, int64_t count);
  void (*bool_to_float)(const uint8_t* x, float* y, int64_t count);
  void (*bool_to_int32)(const uint8_t* x, int32_t* y, int64_t count);
  /** Rounded to the nearest, ties to even; NaN stays NaN. On the caller's thread alone: it serves inside the pieces of
   * a product. */
  void (*float_to_bfloat16)(const float* x, uint16_t* y, int64_t count);

  // ---- moves (moves.cc): elements of 1 or 4 bytes (element_bytes) ----

  /** count elements of `value`'s first element_bytes bytes. */
  void (*fill)(void* y, const void* value, int64_t count, int element_bytes);
  void (*copy)(const void* x, void* y, int64_t bytes);
  /** y's axis i is x's axis permutation[i]. */
  void (*transpose)(const void* x, const Shape& x_shape, const int* permutation, void* y, int element_bytes);
  /** y [size] = x from begin on, by steps of `strides` (null: 1; negative ones count back). */
  void (*slice)(const void* x, const Shape& x_shape, const int64_t* begin, const int64_t* strides, void* y,
                const Shape& y_shape, int element_bytes);
  /** x in the midst of y, `before[i]` elements from the start of axis i, `value` (element_bytes bytes) around it. */
  void (*pad)(const void* x, const Shape& x_shape, const int64_t* before, const void* value, void* y,
              const Shape& y_shape, int element_bytes);
  /**
   * Inputs one after another along an axis: outer = the product of the sizes before that axis; widths[i] = the bytes of
   * input i for one outer index (its size along the axis times all after it).
   */
  void (*concat)(const void* const* inputs, const int64_t* widths, int64_t input_count, void* y, int64_t outer);
  /** x repeated: y_shape[i] is a multiple of x_shape[i] (equal ranks). Broadcasting, too: a size of 1 repeated. */
  void (*tile)(const void* x, const Shape& x_shape, void* y, const Shape& y_shape, int element_bytes);

  // ---- reductions (reductions.cc) ----

  /**
   * y = the reduction of x over the axes whose bit is set in `axes` (bit i: axis i); y has the other axes, in order.
   * Over nothing: sum and mean 0 / NaN, product 1, maximum −∞, minimum ∞. A NaN makes maximum and minimum NaN.
   */
  void (*reduce)(Reduction operation, const float* x, const Shape& x_shape, uint32_t axes, float* y);
  /** The same of int32 (mean: towards zero; over nothing: 0, 1, the least, the greatest int32). */
  void (*reduce_int32)(Reduction operation, const int32_t* x, const Shape& x_shape, uint32_t axes, int32_t* y);
  /** all (conjunction) or any (disjunction) of x over `axes`. */
  void (*reduce_bool)(Logical operation, const uint8_t* x, const Shape& x_shape, uint32_t axes, uint8_t* y);
  /** The index of the first greatest (or least) element along an axis; x as [outer, length, inner], y [outer, inner].
   */
  void (*argmax)(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner);
  void (*argmin)(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner);
  /** y [width] = sums over the rows of x [rows, width]. */
  void (*column_sums)(const float* x, float* y, int64_t rows, int64_t width);
  /**
   * y [outer, length, inner] = running sums along the middle axis of x; exclusive: without the element's own; reverse:
   * from the end.
   */
  void (*cumulative_sum)(const float* x, float* y, int64_t outer, int64_t length, int64_t inner, bool exclusive,
                         bool reverse);
  /** The sum of the squares of x, in double precision: for a gradient's norm. */
  double (*sum_of_squares)(const float* x, int64_t count);
};

/**
 * The table for this machine's instruction set, chosen at the first call: the best it has, or the one that the
 * environment variable COTO_ISA names (baseline, avx2, avx512) where the machine has that.
 */
const Kernels& kernels();

/** The table of an instruction set by name, or null where this build or this machine lacks it. */
const Kernels* kernels_for(const char* name);

}  // namespace coto
