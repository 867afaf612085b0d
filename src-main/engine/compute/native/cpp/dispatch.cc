// Chooses the table of kernels for this machine. On x86-64 the folder kernels/ is compiled four times (COTO_ISA
// baseline, avx2, avx512, avx512_bf16, each with its compiler flags), elsewhere once (baseline, which is NEON on
// arm64).
#include <cstdlib>
#include <cstring>

#include "kernels/kernels.h"

namespace coto {
namespace baseline {
const Kernels& table();
}
#if defined(__x86_64__)
namespace avx2 {
const Kernels& table();
}
namespace avx512 {
const Kernels& table();
}
namespace avx512_bf16 {
const Kernels& table();
}
namespace {
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}
/** Processors of others multiply pairs of bfloat16 no faster than they multiply float32. */
bool multiplies_pairs_fast() { return __builtin_cpu_is("amd"); }
}  // namespace
#endif

const Kernels* kernels_for(const char* name) {
  if (std::strcmp(name, "baseline") == 0) return &baseline::table();
#if defined(__x86_64__)
  if (std::strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return &avx2::table();
  if (std::strcmp(name, "avx512") == 0 && has_avx512()) return &avx512::table();
  if (std::strcmp(name, "avx512_bf16") == 0 && has_avx512() && __builtin_cpu_supports("avx512bf16"))
    return &avx512_bf16::table();
#endif
  return nullptr;
}

const Kernels& kernels() {
  static const Kernels& chosen = []() -> const Kernels& {
    const char* const wanted = std::getenv("COTO_ISA");
    if (wanted != nullptr)
      if (const auto* const table = kernels_for(wanted)) return *table;
#if defined(__x86_64__)
    if (multiplies_pairs_fast())
      if (const auto* const table = kernels_for("avx512_bf16")) return *table;
#endif
    if (const auto* const table = kernels_for("avx512")) return *table;
    if (const auto* const table = kernels_for("avx2")) return *table;
    return baseline::table();
  }();
  return chosen;
}

}  // namespace coto
