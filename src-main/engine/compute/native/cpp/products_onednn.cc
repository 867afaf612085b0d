#ifndef __APPLE__
#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "kernels/kernels.h"
#include "onednn_primitive.h"
#include "products.h"
#include "threads.h"

/** Of libgomp, which Debian's oneDNN runs on; declared here, since clang brings no header for it. */
extern "C" void omp_set_num_threads(int);

namespace coto {
namespace {

using Tag = memory::format_tag;

/** A product's parts are about this large at least: below it, handing them out costs more than it brings. */
constexpr double kPieceFlops = 8e6;
constexpr int64_t kSmallestRows = 64;
constexpr int64_t kLargestRows = 256;
/** An inner dimension is cut into parts of about this length where the output alone has too few pieces. */
constexpr int64_t kInnerPart = 256;
constexpr int64_t kMostInnerParts = 8;
constexpr int64_t kFewPieces = 4;
constexpr int64_t kFewOutputs = 65536;
/** Values of b from which on packing it for one product pays. */
constexpr int64_t kWorthPacking = 16384;
/** Shapes that are remembered; sequences of every length make many. */
constexpr size_t kMostPrimitives = 4096;

thread_local ThreadMemory converted;

/** oneDNN must not open threads of its own beneath ours. */
void one_thread_each() { omp_set_num_threads(1); }

/** The layout in which b is packed. Asked for at one number of rows, so that every product of the weight shares it. */
memory::desc packed_layout(int64_t k, int64_t n, bool bfloat16) {
  const DataType type = bfloat16 ? DataType::bf16 : DataType::f32;
  const dnnl::matmul::primitive_desc asked(cpu(), matrix(kSmallestRows, k, k, type),
                                           memory::desc({k, n}, type, Tag::any), matrix(kSmallestRows, n, n));
  return asked.weights_desc();
}

int64_t rows_of_piece(int64_t m, int64_t n, int64_t k) {
  int64_t rows = kSmallestRows;
  while (rows < kLargestRows && 2.0 * static_cast<double>(rows) * static_cast<double>(n) * static_cast<double>(k) < kPieceFlops)
    rows *= 2;
  return std::min(m, rows);
}

}  // namespace

struct Products::State {
  std::unordered_map<Key, Primitive, KeyHash> primitives;
  std::unordered_map<Key, memory::desc, KeyHash> layouts;

  const memory::desc& layout(int64_t k, int64_t n, bool bfloat16) {
    const Key key{0, n, k, 0, 0, bfloat16 ? uint32_t{kBfloat16} : 0, 1};
    const auto found = layouts.find(key);
    if (found != layouts.end()) return found->second;
    return layouts.emplace(key, packed_layout(k, n, bfloat16)).first->second;
  }

  void run_inner_parts(const Product& product, MemoryPool& pool);

  const Primitive& primitive(const Key& key) {
    const auto found = primitives.find(key);
    if (found != primitives.end()) return found->second;
    return primitives.emplace(key, make(key)).first->second;
  }

  Primitive make(const Key& key) {
    const auto has = [&](Flag flag) { return (key.flags & flag) != 0; };
    const DataType type = has(kBfloat16) ? DataType::bf16 : DataType::f32;
    const memory::desc source =
        has(kTransposeA) ? transposed(key.m, key.k, key.lda) : matrix(key.m, key.k, key.lda, type);
    const memory::desc weights = has(kPackedB)       ? layout(key.k, key.n, has(kBfloat16))
                                 : has(kTransposeB) ? transposed(key.k, key.n, key.ldb)
                                                    : matrix(key.k, key.n, key.ldb);
    Primitive made;
    made.row = matrix(1, key.n, key.n);
    made.whole = matrix(key.m, key.n, key.n);
    dnnl::post_ops after;
    int index = 0;
    if (key.scale != 1) {
      after.append_eltwise(dnnl::algorithm::eltwise_linear, key.scale, 0);
      index++;
    }
    if (has(kLateBias)) {
      after.append_binary(dnnl::algorithm::binary_add, made.row);
      made.bias_index = index++;
    }
    if (has(kSum)) {
      after.append_sum(1);
      index++;
    }
    if (has(kPlus)) {
      after.append_binary(dnnl::algorithm::binary_add, made.whole);
      made.plus_index = index++;
    }
    if (has(kTimes)) {
      after.append_binary(dnnl::algorithm::binary_mul, made.whole);
      made.times_index = index++;
    }
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    made.description = has(kBias)
                           ? dnnl::matmul::primitive_desc(cpu(), source, weights, made.row, made.whole, attributes)
                           : dnnl::matmul::primitive_desc(cpu(), source, weights, made.whole, attributes);
    made.matmul = dnnl::matmul(made.description);
    made.source = made.description.src_desc();
    made.weights = made.description.weights_desc();
    made.scratch = made.description.scratchpad_desc();
    made.scratch_bytes = made.scratch.get_size();
    return made;
  }

  const void* pack(const Product& product, PackedWeights& packs, MemoryPool& pool) {
    const PackedWeights::Pack* found = packs.find(product.k, product.n, product.transpose_b, product.bfloat16);
    if (found != nullptr) return found->block.data;
    const memory::desc& wanted = layout(product.k, product.n, product.bfloat16);
    PackedWeights::Pack made{product.k, product.n, product.transpose_b, product.bfloat16, pool.take(wanted.get_size())};
    reorder(product, wanted, made.block.data);
    return packs.add(made).block.data;
  }

  static void reorder(const Product& product, const memory::desc& wanted, void* to) {
    const memory::desc given = product.transpose_b ? transposed(product.k, product.n, product.k)
                                                   : matrix(product.k, product.n, product.n);
    memory from(given, cpu(), const_cast<float*>(product.b));
    memory into(wanted, cpu(), to);
    dnnl::stream stream(cpu());
    dnnl::reorder(from, into).execute(stream, from, into);
    stream.wait();
  }
};

Products::Products() : state_(std::make_unique<State>()) {
  static const bool hooked = [] {
    set_thread_start_hook(one_thread_each);
    return true;
  }();
  static_cast<void>(hooked);
  one_thread_each();
}

Products::~Products() = default;

namespace {

/** Round to nearest, ties to even, as the processor's own instruction does; NaN stays NaN. */
const uint16_t* to_bfloat16(const float* values, int64_t count) {
  auto* out = static_cast<uint16_t*>(converted.at_least(static_cast<size_t>(count) * 2));
  for (int64_t at = 0; at < count; at++) {
    uint32_t bits;
    std::memcpy(&bits, values + at, 4);
    const bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
    const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    out[at] = static_cast<uint16_t>(is_nan ? (bits >> 16) | 0x40u : rounded);
  }
  return out;
}

}  // namespace

void Products::run(const Product& given, MemoryPool& pool) {
  const int64_t m = given.m;
  const int64_t n = given.n;
  const int64_t k = given.k;
  if (m == 0 || n == 0) return;
  State& state = *state_;
  if (state.primitives.size() > kMostPrimitives) state.primitives.clear();
  const int64_t rows = rows_of_piece(m, n, k);
  const int64_t pieces = (m + rows - 1) / rows;
  const bool frozen = given.packs != nullptr;
  if (!frozen && given.k2 == 0 && pieces <= kFewPieces && m * n <= kFewOutputs && k >= 2 * kInnerPart) {
    state.run_inner_parts(given, pool);
    return;
  }
  Product product = given;
  product.bfloat16 = given.bfloat16 && !given.transpose_a;
  uint32_t flags = product.transpose_a ? uint32_t{kTransposeA} : 0;

  // b is packed before the pieces share it: a frozen one once for good, another where it is large enough to gain by it.
  const void* b = product.b;
  Block transient;
  if (frozen) {
    b = state.pack(product, *product.packs, pool);
  } else if (product.bfloat16 || (pieces > 2 && k * n >= kWorthPacking)) {
    const memory::desc& wanted = state.layout(k, n, product.bfloat16);
    transient = pool.take(wanted.get_size());
    State::reorder(product, wanted, transient.data);
    b = transient.data;
  }
  if (b != product.b) flags |= kPackedB | (product.bfloat16 ? uint32_t{kBfloat16} : 0);
  else if (product.transpose_b) flags |= kTransposeB;
  const bool gains = product.gained != nullptr;
  if (product.bias != nullptr && !gains) flags |= product.scale == 1 ? kBias : kLateBias;
  if (product.plus != nullptr && !gains) flags |= kPlus;
  if (product.times != nullptr) flags |= kTimes;
  const bool has_second = product.k2 > 0;
  if (has_second) flags |= kSum;

  const int64_t lda = product.transpose_a ? m : k;
  const int64_t ldb = (flags & kPackedB) != 0 ? 0 : product.transpose_b ? k : n;
  const int64_t last = m - (pieces - 1) * rows;
  const auto made_for = [&](int64_t count) { return &state.primitive({count, n, k, lda, ldb, flags, product.scale}); };
  const auto second_for = [&](int64_t count) -> const Primitive* {
    if (!has_second) return nullptr;
    const uint32_t second = product.transpose_b2 ? uint32_t{kTransposeB} : 0;
    return &state.primitive(
        {count, n, product.k2, product.k2, product.transpose_b2 ? product.k2 : n, second, product.scale2});
  };
  const Primitive* whole = made_for(rows);
  const Primitive* rest = made_for(last);
  const Primitive* whole_second = second_for(rows);
  const Primitive* rest_second = second_for(last);
  parallel_for(pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t first = at * rows;
      const int64_t count = at == pieces - 1 ? last : rows;
      float* c = product.c + first * n;
      // The second product comes first: the main one then adds to it while it is in the cache.
      if (has_second) execute(*(count == rows ? whole_second : rest_second), {product.a2 + first * product.k2, product.b2, c});
      const float* a = product.a + (product.transpose_a ? first : first * k);
      const void* source = (flags & kBfloat16) != 0 ? static_cast<const void*>(to_bfloat16(a, count * k)) : a;
      const float* plus = product.plus == nullptr ? nullptr : product.plus + first * n;
      execute(*(count == rows ? whole : rest), {source, b, c, gains ? nullptr : product.bias, plus,
                                                product.times == nullptr ? nullptr : product.times + first * n});
      if (gains) kernels().apply_gain(c, product.gain, product.bias, plus, product.gained + first * n, count, n);
    }
  });
  if (transient.data != nullptr) pool.give_back(transient);
}

void Products::State::run_inner_parts(const Product& product, MemoryPool& pool) {
  const int64_t m = product.m;
  const int64_t n = product.n;
  const int64_t k = product.k;
  const int64_t parts = std::min(k / kInnerPart, kMostInnerParts);
  const int64_t length = (k + parts - 1) / parts;
  const int64_t total = m * n;
  const Block sums = pool.take(static_cast<size_t>(parts * total) * sizeof(float));
  auto* partial = static_cast<float*>(sums.data);
  const uint32_t flags = (product.transpose_a ? uint32_t{kTransposeA} : 0) | (product.transpose_b ? uint32_t{kTransposeB} : 0);
  const int64_t lda = product.transpose_a ? m : k;
  const int64_t ldb = product.transpose_b ? k : n;
  const Primitive* whole = &primitive({m, n, length, lda, ldb, flags, 1});
  const Primitive* rest = &primitive({m, n, k - (parts - 1) * length, lda, ldb, flags, 1});
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t from = at * length;
      execute(*(at == parts - 1 ? rest : whole), {product.a + (product.transpose_a ? from * m : from),
                                                  product.b + (product.transpose_b ? from : from * n), partial + at * total});
    }
  });
  // Added in the order of the parts, whichever thread made them.
  parallel_for(total, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      float sum = partial[at];
      for (int64_t part = 1; part < parts; part++) sum += partial[part * total + at];
      sum *= product.scale;
      if (product.bias != nullptr) sum += product.bias[at % n];
      if (product.plus != nullptr) sum += product.plus[at];
      product.c[at] = product.times == nullptr ? sum : sum * product.times[at];
    }
  });
  pool.give_back(sums);
}

void Products::run_batch(const Product& first, int64_t count, int64_t stride_a, int64_t stride_b, MemoryPool& pool) {
  if (count == 1) {
    run(first, pool);
    return;
  }
  if (count == 0 || first.m == 0 || first.n == 0) return;
  if (state_->primitives.size() > kMostPrimitives) state_->primitives.clear();
  const uint32_t flags = (first.transpose_a ? uint32_t{kTransposeA} : 0) | (first.transpose_b ? uint32_t{kTransposeB} : 0);
  const Primitive& made = state_->primitive({first.m, first.n, first.k, first.transpose_a ? first.m : first.k,
                                             first.transpose_b ? first.k : first.n, flags, first.scale});
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++)
      execute(made, {first.a + at * stride_a, first.b + at * stride_b, first.c + at * first.m * first.n});
  });
}

std::string product_library() {
  const dnnl_version_t* version = dnnl_version();
  const char* isa = "SSE4.1";
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx: isa = "AVX"; break;
    case dnnl::cpu_isa::avx2: isa = "AVX2"; break;
    case dnnl::cpu_isa::avx2_vnni: isa = "AVX2-VNNI"; break;
    case dnnl::cpu_isa::avx2_vnni_2: isa = "AVX2-VNNI-2"; break;
    case dnnl::cpu_isa::avx512_core: isa = "AVX-512"; break;
    case dnnl::cpu_isa::avx512_core_vnni: isa = "AVX-512 VNNI"; break;
    case dnnl::cpu_isa::avx512_core_bf16: isa = "AVX-512 BF16"; break;
    case dnnl::cpu_isa::avx512_core_fp16: isa = "AVX-512 FP16"; break;
    case dnnl::cpu_isa::avx512_core_amx: isa = "AMX"; break;
    case dnnl::cpu_isa::avx512_core_amx_fp16: isa = "AMX FP16"; break;
    default: break;
  }
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch) + ", " + isa;
}

}  // namespace coto
#endif
