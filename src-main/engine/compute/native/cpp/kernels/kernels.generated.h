// Made by npm run make:kernels from ../manifest: do not edit.
// clang-format off
#pragma once

namespace coto {

class PackedWeights;

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
  round,  // half to even
  sine,
  cosine,
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
  modulo,  // of floored division
};

enum class Comparison : int {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
};

enum class Logical : int {
  conjunction,
  disjunction,
  exclusive,
};

enum class Reduction : int {
  sum,
  mean,
  maximum,
  minimum,
  product,
};

enum class Test : int {
  is_nan,
  is_infinite,
  is_finite,
};

/** The type of a value that fills a tensor. */
enum class ValueType : int {
  float32,
  int32,
  boolean,
};

/** Encoding of the values of a stored matrix, one file each in cpp/kernels/encodings. Rows begin at a block. */
enum class Encoding : int {
  bfloat16,
  float16,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  nf4,
  int8,
};

/**
 * Layout of attention's rows: q and y [batch · queries, heads · head_size], k and v [batch · tokens, key_value_heads ·
 * head_size]. Query i is at position tokens − queries + i. causal: it sees the tokens up to its position; window > 0:
 * only tokens at a distance below `window`. Head h reads key/value head h / (heads / key_value_heads).
 */
struct AttentionShape {
  int64_t batch = {};
  int64_t queries = {};
  int64_t tokens = {};
  int64_t heads = {};
  int64_t key_value_heads = {};
  int64_t head_size = {};
  int64_t window = {};
  bool causal = {};
  float scale = {};
  /** Above 0: the scores s become softcap · tanh(s / softcap) before the masks. */
  float softcap = 0;
  /** Products may be of numbers rounded to bfloat16, with sums in float32: they are where that is faster. */
  bool bfloat16 = false;
};

/**
 * c [m, n] = (scale · op(a) · op(b) + scale2 · a2 · op(b2) + bias + addend) ∘ multiplier, all float32 and row-major;
 * what is null is left out. With row_scale (one number for each row of a transposed b) the sum of the products is
 * multiplied by it before bias and addend are added; c stays the sum of the products alone where the result goes to
 * scaled [m, n], which may be addend, block by block while c is in the cache. b has packs then, and multiplier is null.
 */
struct Gemm {
  const float* a = {};
  Weight b = {};
  float* c = {};
  int64_t m = {};
  int64_t n = {};
  int64_t k = {};
  /** a is stored [k, m]. */
  bool transpose_a = false;
  /** b is stored [n, k]. */
  bool transpose_b = false;
  /** [k]: multiplies the columns of a, which is not transposed then. */
  const float* column_scale = nullptr;
  float scale = 1;
  /** [n] */
  const float* bias = nullptr;
  /** [m, n] */
  const float* addend = nullptr;
  /** [m, n] */
  const float* multiplier = nullptr;
  /** Inner size of the second product; 0: there is none. */
  int64_t k2 = 0;
  const float* a2 = nullptr;
  const float* b2 = nullptr;
  bool transpose_b2 = false;
  float scale2 = 1;
  /** [n] */
  const float* row_scale = nullptr;
  float* scaled = nullptr;
  /** b's own tensor where b never changes: its packed forms are kept with it. */
  PackedWeights* packs = nullptr;
  /** a·b (not the second product) may run in bfloat16, with sums in float32. */
  bool bfloat16 = false;
};

/**
 * `count` products c [m, n] = op(a) · op(b), one after another in c; the factors of the next one lie a stride of
 * numbers further (0: all products share it).
 */
struct BatchedGemm {
  const float* a = {};
  const float* b = {};
  float* c = {};
  int64_t count = {};
  int64_t m = {};
  int64_t n = {};
  int64_t k = {};
  bool transpose_a = false;
  bool transpose_b = false;
  int64_t stride_a = {};
  int64_t stride_b = {};
};

/**
 * LoRA's gradients but that of x, for dy [rows, outputs], x [rows, inputs], z = x·aᵀ [rows, rank] and b [outputs,
 * rank]: dz [rows, rank] = scale · dh·b, da [rank, inputs] = dzᵀ·x, db = scale · dhᵀ·z, where dh is dy. With row_scale,
 * DoRA's: dh = dy ∘ row_scale, and magnitude [outputs] = inverse ∘ the sums over the rows of dy ∘ h. h is x·(weight +
 * scale · b·a)ᵀ, or with from_output product is the output y = h ∘ row_scale + bias of which it is made again.
 */
struct LoraGradient {
  const float* dy = {};
  const float* x = {};
  const float* z = {};
  const float* b = {};
  float* dz = {};
  float* da = {};
  float* db = {};
  int64_t rows = {};
  int64_t outputs = {};
  int64_t inputs = {};
  int64_t rank = {};
  float scale = 1;
  /** LoRA's products, not DoRA's, may be of numbers rounded to bfloat16, with sums in float32. */
  bool bfloat16 = false;
  const float* row_scale = nullptr;
  const float* inverse = nullptr;
  /** h, or with from_output y. */
  const float* product = nullptr;
  bool from_output = false;
  const float* bias = nullptr;
  const float* weight = nullptr;
  const float* a = nullptr;
  float* magnitude = nullptr;
};

/**
 * y = (x · op(W') + bias + addend) ∘ multiplier with W' = weight ∘ (1 + scale · b·a), or with update_only weight ∘
 * scale · b·a: weight [outputs, inputs], a [rank, inputs], b [outputs, rank]. x [rows, inputs] and y [rows, outputs]
 * with transposed, else the other way round. W' is made strip by strip and never whole where it is large.
 */
struct HiraGemm {
  const float* x = {};
  Weight weight = {};
  const float* a = {};
  const float* b = {};
  float* y = {};
  int64_t rows = {};
  int64_t outputs = {};
  int64_t inputs = {};
  int64_t rank = {};
  float scale = 1;
  bool transposed = false;
  bool update_only = false;
  /** [the columns of y] */
  const float* bias = nullptr;
  /** Like y. */
  const float* addend = nullptr;
  /** Like y. */
  const float* multiplier = nullptr;
  /** The weight's own tensor: its packed forms are kept with it. */
  PackedWeights* packs = nullptr;
  /**
   * The products run in bfloat16, with sums in float32; base and update are rounded apart, so that a small update
   * counts.
   */
  bool bfloat16 = false;
};

/**
 * The gradients of HiRA's factors for dy [rows, outputs], x [rows, inputs] and T = (dyᵀ·x) ∘ weight, which is made tile
 * by tile: da [rank, inputs] = scale · bᵀ·T and db [outputs, rank] = scale · T·aᵀ.
 */
struct HiraGradient {
  const float* dy = {};
  const float* x = {};
  Weight weight = {};
  const float* a = {};
  const float* b = {};
  float* da = {};
  float* db = {};
  int64_t rows = {};
  int64_t outputs = {};
  int64_t inputs = {};
  int64_t rank = {};
  float scale = 1;
  /** dyᵀ·x may run in bfloat16, with sums in float32. */
  bool bfloat16 = false;
};

/**
 * The mean of −log softmax(x · weightᵀ)[label] over the rows whose label is not −100, without all logits in memory at
 * once: x [rows, hidden], weight [vocabulary, hidden], loss one number, dx like x for a gradient of 1 of the loss.
 */
struct LinearCrossEntropy {
  const float* x = {};
  Weight weight = {};
  const int32_t* labels = {};
  float* loss = {};
  float* dx = nullptr;
  int64_t rows = {};
  int64_t hidden = {};
  int64_t vocabulary = {};
  PackedWeights* packs = {};
  bool bfloat16 = false;
};

/**
 * The next token of each row through a decoder: x [batch, width] are its states, and y those after the last layer. The
 * cache [layers, 2, batch, capacity, key_value_heads · head_size] has the keys and the values of `tokens` tokens
 * before, and takes up this one's. cosines and sines [table_rows, head_size / 2] as in rotary, mask [batch, tokens + 1]
 * as in attention.
 */
struct DecoderStep {
  const float* x = {};
  float* y = {};
  float* cache = {};
  const float* cosines = {};
  const float* sines = {};
  const float* mask = nullptr;
  int64_t batch = {};
  int64_t tokens = {};
  int64_t capacity = {};
  int64_t width = {};
  int64_t inner = {};
  int64_t heads = {};
  int64_t key_value_heads = {};
  int64_t head_size = {};
  int64_t table_rows = {};
  float epsilon = {};
};

/** Options of one step of AdamW that all parameters share. */
struct AdamWOptions {
  double learning_rate = {};
  double beta1 = {};
  double beta2 = {};
  double epsilon = {};
  double weight_decay = {};
  double gradient_scale = {};
};

struct Kernels {
  /** The instruction set: "baseline", "avx2", "avx512", "avx512_bf16" or "avx512_amx". */
  const char* name;

  // ---- attention (attention.cc, attention_step.cc, attention_gradient.cc, rotary.cc) ----

  /**
   * softmax(scale · q·kᵀ + masks)·v for each head, without the matrix of scores (FlashAttention, Dao et al. 2022). mask
   * [batch, tokens], 1 attend, 0 padding, or null. y like q; log_sum_exp [batch · heads, queries], the logarithm of
   * each row's sum of exponentials. A row that may see nothing gives zeros, and −∞.
   */
  void (*attention)(const AttentionShape& shape, const float* q, const float* k, const float* v, const float* mask,
      float* y, float* log_sum_exp);
  /**
   * The same of one query a row (shape.queries is 1): the keys and values of the next row lie `capacity` tokens
   * further, tokens or more. log_sum_exp may be null.
   */
  void (*attention_step)(const AttentionShape& shape, int64_t capacity, const float* q, const float* k, const float*
      v, const float* mask, float* y, float* log_sum_exp);
  /** From the forward's inputs and outputs and dy (like y): dq like q, dk like k, dv like v. */
  void (*attention_gradient)(const AttentionShape& shape, const float* q, const float* k, const float* v, const float*
      mask, const float* y, const float* log_sum_exp, const float* dy, float* dq, float* dk, float* dv);
  /**
   * Rotary position embedding of halves (Su et al. 2021, as Hugging Face's Llama): x, y [rows, heads · head_size],
   * cosines and sines [table_rows, head_size / 2]; row r takes the table's row r mod table_rows. inverse: the sines
   * negated, which is the gradient. y may be x.
   */
  void (*rotary)(const float* x, const float* cosines, const float* sines, float* y, int64_t rows, int64_t table_rows,
      int64_t heads, int64_t head_size, bool inverse);

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
  void (*gated_silu_gradient)(const float* gate, const float* up, const float* dy, float* dgate, float* dup, int64_t
      count);

  // ---- matrix products (skinny_gemm.cc; large ones are the library's) , LoRA (lora.cc), DoRA (dora.cc) and HiRA (hira.cc) ----

  /** A product of few rows (SkinnyGemm). */
  void (*skinny_gemm)(const SkinnyGemm& gemm);
  /**
   * y = x ∘ row_scale + bias + addend by row: x, addend, y [rows, width], row_scale, bias [width]; bias and addend may
   * be null, y may be x or addend. Runs on the calling thread alone, since it serves inside the tasks of a product.
   */
  void (*scaled_epilogue)(const float* x, const float* row_scale, const float* bias, const float* addend, float* y,
      int64_t rows, int64_t width);
  /**
   * Each row of x [rows, width] as 8-bit integers times its own scale: q = x / scale rounded to the nearest, ties to
   * even, where scale is the row's largest magnitude / 127. The scale of a row with a number that is not finite is NaN,
   * and its integers are 0. With `segments` > 1, a power of two that divides width, a row is rotated first: the
   * Hadamard matrix of that size mixes the numbers that lie width / segments apart. Runs on the calling thread alone,
   * since it serves inside the tasks of a product.
   */
  void (*quantize_rows)(const float* x, int8_t* q, float* scales, int64_t rows, int64_t width, int64_t segments);
  /**
   * c = ((scale · sums ∘ row_scales ∘ column_scales + c where `accumulates`) ∘ output_scale + bias + addend) ∘
   * multiplier by row: sums, c, addend, multiplier [rows, width], row_scales [rows], the others [width]; those after
   * column_scales may be null. Runs on the calling thread alone.
   */
  void (*int8_epilogue)(const int32_t* sums, const float* row_scales, const float* column_scales, const float*
      output_scale, const float* bias, const float* addend, const float* multiplier, float* c, int64_t rows, int64_t
      width, float scale, bool accumulates);
  /**
   * y [rows, rank] = x·aᵀ: x [rows, inputs], a [rank, inputs]. For ranks that are small beside the inputs. Uses pairs
   * of bfloat16, with sums in float32, if they are allowed and faster on the processor.
   */
  void (*low_rank_product)(const float* x, const float* a, float* y, int64_t rows, int64_t inputs, int64_t rank, bool
      bfloat16);
  /**
   * The gradients of LoRA and DoRA but that of x (LoraGradient). For ranks that are small beside inputs and outputs.
   */
  void (*lora_gradient)(const LoraGradient& gradient);
  /**
   * inverse [outputs] = 1 / ‖wᵢ + scale · (b·a)ᵢ‖ and row_scale = magnitude ∘ inverse, without ever making b·a: weight
   * [outputs, inputs], a [rank, inputs], b [outputs, rank], magnitude [outputs]. A norm counts as 1e-15 at least.
   */
  void (*dora_row_scale)(Weight weight, const float* a, const float* b, const float* magnitude, float* inverse, float*
      row_scale, int64_t outputs, int64_t inputs, int64_t rank, float scale);
  /**
   * The gradients of x ∘ row_scale: dx = dy ∘ row_scale, which may be dy, and sums [width] = factor ∘ the sums over the
   * rows of dy ∘ x.
   */
  void (*row_scale_gradient)(const float* dy, const float* x, const float* row_scale, const float* factor, float* dx,
      float* sums, int64_t rows, int64_t width);
  /**
   * Packs w ∘ (unit + scale · b·a) as a panel of kPanelOutputs columns, of which there are `columns`, and `padded`
   * rows, of which there are `depth`; zeros stand for the rest. Its rows are those of w [depth, columns], or with
   * transposed w [columns, depth] is turned; w has rows weight_step apart, a as many columns as w, with rows a_step
   * apart, b as many rows as w. float32 row by row; with `pairs` (padded is even then) bf16, two rows side by side.
   * Runs on the calling thread alone.
   */
  void (*hira_pack)(const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, void*
      to, int64_t depth, int64_t padded, int64_t columns, int64_t rank, float scale, float unit, bool transposed, bool
      pairs);
  /**
   * y [rows, columns] = w ∘ (unit + scale · b·a): w with rows weight_step apart, a [rank, columns] with rows a_step
   * apart, b [rows, rank]. Runs on the calling thread alone, since it serves inside the tasks of a product.
   */
  void (*hira_panel)(const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, float*
      y, int64_t rows, int64_t columns, int64_t rank, float scale, float unit);
  /**
   * Accumulates the gradients of a tile g [rows, columns] of dyᵀ·x, which becomes g ∘ w: db [rows, rank] = scale ·
   * g·aᵀ, and scale · bᵀ·g is added to da [rank, columns], whose rows lie a_step apart like those of a; w has rows
   * weight_step apart, b [rows, rank]. Runs on the calling thread alone.
   */
  void (*hira_tile_gradient)(float* g, const float* weight, int64_t weight_step, const float* a, float* da, int64_t
      a_step, const float* b, float* db, int64_t rows, int64_t columns, int64_t rank, float scale);

  // ---- matrices whose values are stored in another encoding than float32 (stored.cc, stored_gemm.cc) ----

  /** Bytes of a row of `columns` values; 0 where a row would end within a block. */
  double (*stored_row_bytes)(Encoding encoding, int64_t columns);
  /**
   * y = the columns first … first + count − 1 of `rows` rows of the matrix, from `row` on, in float32; first and count
   * are whole numbers of blocks, the rows of y lie `step` numbers apart. Runs on the calling thread alone, since it
   * serves inside the tasks of a product.
   */
  void (*decode_stored)(const StoredMatrix& matrix, int64_t row, int64_t rows, int64_t first, int64_t count, float* y,
      int64_t step);
  /**
   * The same in bfloat16, as panels of pairs (PairPanels) that lie panel_step numbers apart: of the weight itself with
   * `transposed`, when its rows are the outputs, else of its transpose. Places beyond its sizes are left alone.
   */
  void (*decode_stored_panels)(const StoredMatrix& matrix, int64_t row, int64_t rows, int64_t first, int64_t count,
      bool transposed, uint16_t* y, int64_t panel_step);
  /** A product of few rows (SkinnyGemm, without panels) with a stored weight, which is decoded row by row. */
  void (*skinny_stored_gemm)(const SkinnyGemm& gemm, const StoredMatrix& weight);

  // ---- normalization (norms.cc): x, y, dy, dx [rows, width]; scale, shift [width] ----

  /** y = (x − mean) / √(variance + epsilon) ∘ scale + shift by row; scale or shift null: 1 or 0. y may be x. */
  void (*layer_norm)(const float* x, const float* scale, const float* shift, float* y, int64_t rows, int64_t width,
      float epsilon);
  /** dx of layer_norm, and addend [rows, width] unless that is null. dx may be x, dy or addend. */
  void (*layer_norm_gradient)(const float* x, const float* scale, const float* dy, const float* addend, float* dx,
      int64_t rows, int64_t width, float epsilon);
  /** y = x / √(mean(x²) + epsilon) ∘ scale by row; scale null: 1. y may be x. */
  void (*rms_norm)(const float* x, const float* scale, float* y, int64_t rows, int64_t width, float epsilon);
  /** dx of rms_norm, and addend [rows, width] unless that is null. dx may be x, dy or addend. */
  void (*rms_norm_gradient)(const float* x, const float* scale, const float* dy, const float* addend, float* dx,
      int64_t rows, int64_t width, float epsilon);

  // ---- softmax and losses (softmax.cc): labels −100 are ignored, other labels outside 0 … classes − 1 give NaN ----

  /** Softmax of each row [rows, classes]; y may be x. */
  void (*softmax)(const float* x, float* y, int64_t rows, int64_t classes);
  /** Logarithm of the softmax of each row [rows, classes]; y may be x. */
  void (*log_softmax)(const float* x, float* y, int64_t rows, int64_t classes);
  /** loss (one number): the mean of −log softmax(logits)[label] over the rows that are not ignored; 0 if none are. */
  void (*softmax_cross_entropy)(const float* logits, const int32_t* labels, float* loss, int64_t rows, int64_t
      classes);
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
   * One step of AdamW (Loshchilov and Hutter 2019, with PyTorch's semantics) over all parameters, in place: m ← β₁·m +
   * (1 − β₁)·s·g, v ← β₂·v + (1 − β₂)·(s·g)², θ ← θ·(1 − lr·wd) − lr/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
   */
  void (*adamw)(const AdamWParameter* parameters, int64_t parameter_count, const AdamWOptions& options);

  // ---- rows (rows.cc) ----

  /** y [rows / tokens, width] = the rows 0, tokens, 2·tokens … of x [rows, width]. */
  void (*cls_tokens)(const float* x, float* y, int64_t rows, int64_t width, int64_t tokens);
  /** dx [rows, width]: dy's rows at 0, tokens, 2·tokens …, zeros elsewhere. */
  void (*cls_tokens_gradient)(const float* dy, float* dx, int64_t rows, int64_t width, int64_t tokens);
  /** y[i] = x[indices[i]]: rows of row_bytes bytes; an index outside 0 … x_rows − 1 gives zeros. */
  void (*gather_rows)(const void* x, const int32_t* indices, void* y, int64_t x_rows, int64_t count, int64_t
      row_bytes);
  /** y [y_rows, width] = the sums of the rows of x [count, width] by index; indices outside are left out. */
  void (*scatter_add_rows)(const float* x, const int32_t* indices, float* y, int64_t y_rows, int64_t count, int64_t
      width);
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
  void (*binary)(Binary operation, const float* a, const Shape& a_shape, const float* b, const Shape& b_shape, float*
      out, const Shape& out_shape);
  /** The same of int32; a division by 0 gives 0. */
  void (*binary_int32)(Binary operation, const int32_t* a, const Shape& a_shape, const int32_t* b, const Shape&
      b_shape, int32_t* out, const Shape& out_shape);
  /** Truth of a ∘ b, broadcast. */
  void (*compare)(Comparison operation, const float* a, const Shape& a_shape, const float* b, const Shape& b_shape,
      uint8_t* out, const Shape& out_shape);
  /** The same of int32. */
  void (*compare_int32)(Comparison operation, const int32_t* a, const Shape& a_shape, const int32_t* b, const Shape&
      b_shape, uint8_t* out, const Shape& out_shape);
  /** The same of truth values. */
  void (*compare_bool)(Comparison operation, const uint8_t* a, const Shape& a_shape, const uint8_t* b, const Shape&
      b_shape, uint8_t* out, const Shape& out_shape);
  /** Truth of a ∘ b of truth values, broadcast. */
  void (*logical)(Logical operation, const uint8_t* a, const Shape& a_shape, const uint8_t* b, const Shape& b_shape,
      uint8_t* out, const Shape& out_shape);
  /** y = not x. */
  void (*logical_not)(const uint8_t* x, uint8_t* y, int64_t count);
  /**
   * out = condition ? a : b over elements of 1 or 4 bytes (element_bytes): a, b, out [count], the condition [count /
   * inner], each of its elements for `inner` of theirs.
   */
  void (*select)(const uint8_t* condition, const void* a, const void* b, void* out, int64_t count, int64_t inner, int
      element_bytes);
  /** out = the sum of `inputs` tensors of count floats, in their order. */
  void (*add_n)(const float* const* inputs, int64_t input_count, float* out, int64_t count);
  /** y = scale · x + y, count floats. */
  void (*accumulate)(const float* x, float scale, float* y, int64_t count);

  // ---- casts (casts.cc) ----

  /** Towards zero, beyond int32's range to its ends, NaN to 0. */
  void (*float_to_int32)(const float* x, int32_t* y, int64_t count);
  /** Rounded to the nearest. */
  void (*int32_to_float)(const int32_t* x, float* y, int64_t count);
  /** 1 where x is not 0 (NaN is not 0). */
  void (*float_to_bool)(const float* x, uint8_t* y, int64_t count);
  /** 1 where x is not 0. */
  void (*int32_to_bool)(const int32_t* x, uint8_t* y, int64_t count);
  /** 0 or 1. */
  void (*bool_to_float)(const uint8_t* x, float* y, int64_t count);
  /** 0 or 1. */
  void (*bool_to_int32)(const uint8_t* x, int32_t* y, int64_t count);
  /**
   * Rounded to the nearest, ties to even; NaN stays NaN. Runs on the calling thread alone, since it serves inside the
   * tasks of a product.
   */
  void (*float_to_bfloat16)(const float* x, uint16_t* y, int64_t count);
  /** The same on all threads: of states that are kept at half their size. */
  void (*round_to_bfloat16)(const float* x, uint16_t* y, int64_t count);
  /** Without rounding. */
  void (*bfloat16_to_float)(const uint16_t* x, float* y, int64_t count);
  /** The same of x ∘ scale by row: x, y [rows, width], scale [width]. Runs on the calling thread alone. */
  void (*scaled_to_bfloat16)(const float* x, const float* scale, uint16_t* y, int64_t rows, int64_t width);

  // ---- layout (layout.cc): elements of 1 or 4 bytes (element_bytes) ----

  /** count elements of `value`'s first element_bytes bytes. */
  void (*fill)(void* y, const void* value, int64_t count, int element_bytes);
  /** y = x. */
  void (*copy)(const void* x, void* y, int64_t bytes);
  /** y's axis i is x's axis permutation[i]. */
  void (*transpose)(const void* x, const Shape& x_shape, const int* permutation, void* y, int element_bytes);
  /** y [y_shape] = x from begin on, by steps of `strides` (null: 1; negative ones count back). */
  void (*slice)(const void* x, const Shape& x_shape, const int64_t* begin, const int64_t* strides, void* y, const
      Shape& y_shape, int element_bytes);
  /** x in the midst of y, `before[i]` elements from the start of axis i, `value` (element_bytes bytes) around it. */
  void (*pad)(const void* x, const Shape& x_shape, const int64_t* before, const void* value, void* y, const Shape&
      y_shape, int element_bytes);
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
  /** The same of int32 (mean: towards zero; over nothing: 0, 1, the smallest, the greatest int32). */
  void (*reduce_int32)(Reduction operation, const int32_t* x, const Shape& x_shape, uint32_t axes, int32_t* y);
  /** all (conjunction) or any (disjunction) of x over `axes`. */
  void (*reduce_bool)(Logical operation, const uint8_t* x, const Shape& x_shape, uint32_t axes, uint8_t* y);
  /** The index of the first greatest element along an axis; x as [outer, length, inner], y [outer, inner]. */
  void (*argmax)(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner);
  /** The index of the first smallest element along an axis. */
  void (*argmin)(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner);
  /** y [width] = sums over the rows of x [rows, width]. */
  void (*column_sums)(const float* x, float* y, int64_t rows, int64_t width);
  /**
   * y [outer, length, inner] = running sums along the middle axis of x; exclusive: without the element's own; reverse:
   * from the end.
   */
  void (*cumulative_sum)(const float* x, float* y, int64_t outer, int64_t length, int64_t inner, bool exclusive, bool
      reverse);
  /** The sum of the squares of x, in double precision: for a gradient's norm. */
  double (*sum_of_squares)(const float* x, int64_t count);

  // ---- a decoder in one call (decoder_step.cc, of the kernels above) ----

};

}  // namespace coto
