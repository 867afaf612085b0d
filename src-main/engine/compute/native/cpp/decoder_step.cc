// The next token of each row through all layers of a decoder in one call: what JavaScript does between some four
// hundred kernels takes longer than many of them. The kernels are those of the single operations, in their order, so
// that the same bits come out.
#include <cmath>
#include <cstring>

#include "call.h"
#include "kernels/kernels.h"
#include "methods.generated.h"
#include "run_gemm.h"

namespace coto {
namespace {

/** Same limit as in kernels/lora.ts: up to this rank, products with A run row by row. */
constexpr int64_t kLowRank = 16;

/** x·weightᵀ + bias, and with factors scaling · x·aᵀ·bᵀ. */
struct Linear {
  Weight weight;
  PackedWeights* packs;
  const float *bias, *a, *b;
  int64_t rank;
  float scaling;
  bool bfloat16;
};

struct Layer {
  int64_t window;
  const float *before, *after, *query_norm, *key_norm;
  Linear q, k, v, o, gate, up, down;
};

/** Reads layers from the numbers of a call. */
class LayerReader {
 public:
  explicit LayerReader(Call& call) : call_(call) {
    const auto [list, length] = call.list();
    next_ = list;
    end_ = list + length;
  }
  bool done() const { return next_ == end_; }
  Layer layer() {
    Layer layer{};
    layer.window = static_cast<int64_t>(number());
    for (const float** vector : {&layer.before, &layer.after, &layer.query_norm, &layer.key_norm}) *vector = floats();
    for (Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down})
      *linear = this->linear();
    return layer;
  }

 private:
  Call& call_;
  const double *next_, *end_;

  double number() {
    if (next_ == end_) throw std::runtime_error("a layer that is not whole");
    return *next_++;
  }
  const float* floats() { return static_cast<const float*>(call_.data_of(number())); }
  Linear linear() {
    Linear linear{};
    const double handle = number();
    linear.weight = call_.weight_of(handle);
    linear.packs = number() != 0 ? call_.packs_of(handle) : nullptr;
    linear.bias = floats();
    linear.a = floats();
    linear.b = floats();
    linear.rank = static_cast<int64_t>(number());
    linear.scaling = static_cast<float>(number());
    linear.bfloat16 = number() != 0;
    return linear;
  }
};

class Decoder {
 public:
  Decoder(const DecoderStep& step, Tensors& tensors)
      : step_(step),
        tensors_(tensors),
        queries_(step.heads * step.head_size),
        keys_(step.key_value_heads * step.head_size),
        normalized_(tensors.pool, step.batch * step.width),
        q_(tensors.pool, step.batch * queries_),
        k_(tensors.pool, step.batch * keys_),
        v_(tensors.pool, step.batch * keys_),
        attended_(tensors.pool, step.batch * queries_),
        middle_(tensors.pool, step.batch * step.width),
        gate_(tensors.pool, step.batch * step.inner),
        up_(tensors.pool, step.batch * step.inner) {}

  /** x, y [batch, width]: the states before and after the layer of this number, which may be the same. */
  void run(const Layer& layer, int64_t number, const float* x, float* y) {
    const auto [batch, width, inner] = std::tuple(step_.batch, step_.width, step_.inner);
    const float* const normalized = normalized_.floats();
    kernels().rms_norm(x, layer.before, normalized_.floats(), batch, width, step_.epsilon);
    multiply(layer.q, normalized, width, queries_, nullptr, q_.floats());
    multiply(layer.k, normalized, width, keys_, nullptr, k_.floats());
    multiply(layer.v, normalized, width, keys_, nullptr, v_.floats());
    rotate(layer.query_norm, step_.heads, q_.floats());
    rotate(layer.key_norm, step_.key_value_heads, k_.floats());
    attend(layer.window, number);
    multiply(layer.o, attended_.floats(), queries_, width, x, middle_.floats());
    kernels().rms_norm(middle_.floats(), layer.after, normalized_.floats(), batch, width, step_.epsilon);
    multiply(layer.gate, normalized, width, inner, nullptr, gate_.floats());
    multiply(layer.up, normalized, width, inner, nullptr, up_.floats());
    kernels().gated_silu(gate_.floats(), up_.floats(), gate_.floats(), batch * inner);
    multiply(layer.down, gate_.floats(), inner, width, middle_.floats(), y);
  }

 private:
  const DecoderStep& step_;
  Tensors& tensors_;
  const int64_t queries_, keys_;
  const Scratch normalized_, q_, k_, v_, attended_, middle_, gate_, up_;

  void multiply(const Linear& linear, const float* x, int64_t inputs, int64_t outputs, const float* addend, float* y) {
    const Scratch z(tensors_.pool, step_.batch * linear.rank);
    if (linear.rank > 0) multiply_by_factor(x, linear.a, z.floats(), inputs, linear.rank, linear.bfloat16);
    Gemm gemm;
    gemm.m = step_.batch;
    gemm.n = outputs;
    gemm.k = inputs;
    gemm.a = x;
    gemm.b = linear.weight;
    gemm.c = y;
    gemm.transpose_b = true;
    gemm.bias = linear.bias;
    gemm.addend = addend;
    gemm.k2 = linear.rank;
    gemm.a2 = linear.rank > 0 ? z.floats() : nullptr;
    gemm.b2 = linear.b;
    gemm.transpose_b2 = true;
    gemm.scale2 = linear.scaling;
    gemm.packs = linear.packs;
    gemm.bfloat16 = linear.bfloat16;
    run_gemm(gemm, tensors_, kDecodedRows);
  }

  void multiply_by_factor(const float* x, const float* a, float* z, int64_t inputs, int64_t rank, bool bfloat16) {
    if (rank <= kLowRank) {
      kernels().low_rank_product(x, a, z, step_.batch, inputs, rank, bfloat16);
      return;
    }
    Gemm gemm;
    gemm.m = step_.batch;
    gemm.n = rank;
    gemm.k = inputs;
    gemm.a = x;
    gemm.b = a;
    gemm.c = z;
    gemm.transpose_b = true;
    run_gemm(gemm, tensors_);
  }

  void rotate(const float* norm, int64_t heads, float* x) {
    const int64_t size = step_.head_size;
    if (norm != nullptr) kernels().rms_norm(x, norm, x, step_.batch * heads, size, step_.epsilon);
    kernels().rotary(x, step_.cosines, step_.sines, x, step_.batch, step_.table_rows, heads, size, false);
  }

  /** Puts the token's keys and values behind the others, and attends to all of them. */
  void attend(int64_t window, int64_t layer) {
    const auto [batch, tokens, capacity] = std::tuple(step_.batch, step_.tokens, step_.capacity);
    float* const keys = step_.cache + 2 * layer * batch * capacity * keys_;
    float* const values = keys + batch * capacity * keys_;
    for (int64_t row = 0; row < batch; row++) {
      const int64_t at = (row * capacity + tokens) * keys_;
      std::memcpy(keys + at, k_.floats() + row * keys_, static_cast<size_t>(keys_) * sizeof(float));
      std::memcpy(values + at, v_.floats() + row * keys_, static_cast<size_t>(keys_) * sizeof(float));
    }
    AttentionShape shape;
    shape.batch = batch;
    shape.queries = 1;
    shape.tokens = tokens + 1;
    shape.heads = step_.heads;
    shape.key_value_heads = step_.key_value_heads;
    shape.head_size = step_.head_size;
    shape.window = window;
    shape.causal = true;
    shape.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(step_.head_size)));
    kernels().attention_step(shape, capacity, q_.floats(), keys, values, step_.mask, attended_.floats(), nullptr);
  }
};

}  // namespace

namespace bindings {

napi_value decoder_step(Call& call) {
  const auto step = take<DecoderStep>(call);
  if (step.tokens >= step.capacity) throw std::runtime_error("a cache without room for the next token");
  Decoder decoder(step, call.tensors());
  LayerReader reader(call);
  const float* x = step.x;
  for (int64_t number = 0; !reader.done(); number++) {
    decoder.run(reader.layer(), number, x, step.y);
    x = step.y;
  }
  return nullptr;
}

}  // namespace bindings
}  // namespace coto
