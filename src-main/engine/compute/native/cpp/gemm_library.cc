#include <algorithm>
#include <chrono>
#include <vector>

#include "gemm.h"
#include "threads.h"

#ifdef __APPLE__
namespace coto {

double measure_library_gemm(int64_t, int64_t, int64_t, bool, int) { return 0; }

}  // namespace coto
#else
#include "onednn_primitive.h"

extern "C" void omp_set_num_threads(int);

namespace coto {

double measure_library_gemm(int64_t m, int64_t k, int64_t n, bool bfloat16, int rounds) {
  const DataType type = bfloat16 ? DataType::bf16 : DataType::f32;
  omp_set_num_threads(thread_count());
  const dnnl::matmul::primitive_desc description(cpu(), matrix(m, k, k, type),
                                                 memory::desc({k, n}, type, memory::format_tag::any), matrix(m, n, n));
  const dnnl::matmul matmul(description);
  // The time does not depend on the values, as long as none is denormal: zeros will do.
  std::vector<float> source(static_cast<size_t>(m * k)),
      weights(description.weights_desc().get_size() / sizeof(float) + 1), result(static_cast<size_t>(m * n));
  const memory a(description.src_desc(), cpu(), source.data());
  const memory b(description.weights_desc(), cpu(), weights.data());
  const memory c(description.dst_desc(), cpu(), result.data());
  dnnl::stream stream(cpu());
  double best = 1e300;
  // The first round warms up caches and threads.
  for (int round = 0; round <= rounds; round++) {
    const auto start = std::chrono::steady_clock::now();
    matmul.execute(stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
    stream.wait();
    if (round > 0)
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  omp_set_num_threads(1);
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) / best / 1e9;
}

}  // namespace coto
#endif
