#ifndef __APPLE__
#if defined(__aarch64__) && defined(__linux__)
#include <sys/prctl.h>
#endif

#include <algorithm>

#include "kernels/kernels.h"
#include "onednn_products.h"
#include "threads.h"

/** Of libgomp, which Debian's oneDNN runs on; declared here, since clang brings no header for it. */
extern "C" void omp_set_num_threads(int);

namespace coto {
namespace {

/** A product's parts are about this large at least: below it, handing them out costs more than it brings. */
constexpr double kPieceFlops = 8e6;
constexpr int64_t kLargestRows = 256;
/** An inner dimension is cut into parts of about this length where the output alone has too few pieces. */
constexpr int64_t kInnerPart = 256;
constexpr int64_t kMostInnerParts = 8;
constexpr int64_t kFewPieces = 4;
constexpr int64_t kFewOutputs = 65536;
/** Values of b from which on packing it for one product pays. */
constexpr int64_t kWorthPacking = 16384;

thread_local ThreadMemory converted;

/** oneDNN must not open threads of its own beneath ours. */
void one_thread_each() { omp_set_num_threads(1); }

int64_t rows_of_piece(int64_t m, int64_t n, int64_t k) {
  int64_t rows = kSmallestRows;
  while (rows < kLargestRows &&
         2.0 * static_cast<double>(rows) * static_cast<double>(n) * static_cast<double>(k) < kPieceFlops)
    rows *= 2;
  return std::min(m, rows);
}

}  // namespace

Products::Products() : state_(std::make_unique<State>()) {
  static const bool hooked = [] {
    set_thread_start_hook(one_thread_each);
    return true;
  }();
  static_cast<void>(hooked);
  one_thread_each();
}

Products::~Products() = default;

void Products::run(const Product& given, MemoryPool& pool) {
  const int64_t m = given.m;
  const int64_t n = given.n;
  const int64_t k = given.k;
  if (m == 0 || n == 0) return;
  State& state = *state_;
  if (given.packs != nullptr && !given.transpose_a && is_in_parts(k, n)) {
    state.run_in_parts(given, pool);
    return;
  }
  if (state.primitives.size() > kMostPrimitives) state.primitives.clear();
  const int64_t rows = rows_of_piece(m, n, k);
  const int64_t pieces = (m + rows - 1) / rows;
  // A weight of a vocabulary's size is packed in parts, which a product with a transposed a has no use for.
  const bool frozen = given.packs != nullptr && !is_in_parts(k, n);
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
    State::reorder(product, product.transpose_b ? k : n, wanted, transient.data);
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
      if (has_second)
        execute(*(count == rows ? whole_second : rest_second), {product.a2 + first * product.k2, product.b2, c});
      const float* a = product.a + (product.transpose_a ? first : first * k);
      const void* source = a;
      if ((flags & kBfloat16) != 0) {
        auto* rounded = static_cast<uint16_t*>(converted.at_least(static_cast<size_t>(count * k) * 2));
        kernels().float_to_bfloat16(a, rounded, count * k);
        source = rounded;
      }
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
  const uint32_t flags =
      (product.transpose_a ? uint32_t{kTransposeA} : 0) | (product.transpose_b ? uint32_t{kTransposeB} : 0);
  const int64_t lda = product.transpose_a ? m : k;
  const int64_t ldb = product.transpose_b ? k : n;
  const Primitive* whole = &primitive({m, n, length, lda, ldb, flags, 1});
  const Primitive* rest = &primitive({m, n, k - (parts - 1) * length, lda, ldb, flags, 1});
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      const int64_t from = at * length;
      execute(*(at == parts - 1 ? rest : whole),
              {product.a + (product.transpose_a ? from * m : from), product.b + (product.transpose_b ? from : from * n),
               partial + at * total});
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
  const uint32_t flags =
      (first.transpose_a ? uint32_t{kTransposeA} : 0) | (first.transpose_b ? uint32_t{kTransposeB} : 0);
  const Primitive& made = state_->primitive({first.m, first.n, first.k, first.transpose_a ? first.m : first.k,
                                             first.transpose_b ? first.k : first.n, flags, first.scale});
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++)
      execute(made, {first.a + at * stride_a, first.b + at * stride_b, first.c + at * first.m * first.n});
  });
}

namespace {

std::string instruction_set() {
#if defined(__aarch64__) && defined(__linux__)
  // oneDNN has names for sets of x86-64 alone. Of SVE, the system says the length of a vector in bytes.
  const int length = prctl(PR_SVE_GET_VL);
  return length < 0 ? "NEON" : "SVE of " + std::to_string(8 * (length & PR_SVE_VL_LEN_MASK)) + " bits";
#else
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx: return "AVX";
    case dnnl::cpu_isa::avx2: return "AVX2";
    case dnnl::cpu_isa::avx2_vnni: return "AVX2-VNNI";
    case dnnl::cpu_isa::avx2_vnni_2: return "AVX2-VNNI-2";
    case dnnl::cpu_isa::avx512_core: return "AVX-512";
    case dnnl::cpu_isa::avx512_core_vnni: return "AVX-512 VNNI";
    case dnnl::cpu_isa::avx512_core_bf16: return "AVX-512 BF16";
    case dnnl::cpu_isa::avx512_core_fp16: return "AVX-512 FP16";
    case dnnl::cpu_isa::avx512_core_amx: return "AMX";
    case dnnl::cpu_isa::avx512_core_amx_fp16: return "AMX FP16";
    default: return "SSE4.1";
  }
#endif
}

}  // namespace

std::string product_library() {
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch) + ", " + instruction_set();
}

bool computes_bfloat16() {
  static const bool has_product = [] {
    const memory::desc factor = matrix(kSmallestRows, kSmallestRows, kSmallestRows, DataType::bf16);
    const memory::desc result = matrix(kSmallestRows, kSmallestRows, kSmallestRows);
    const bool may_be_none = true;
    return static_cast<bool>(
        dnnl::matmul::primitive_desc(cpu(), factor, factor, result, dnnl::primitive_attr(), may_be_none));
  }();
  return has_product;
}

}  // namespace coto
#endif
