// Chooses the table of kernels for this machine. On x86-64 the folder kernels/ is compiled five times (COTO_ISA
// baseline, avx2, avx512, avx512_bf16, avx512_amx, each with its compiler flags), elsewhere once (baseline, which is
// NEON on arm64).
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

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
namespace avx512_amx {
const Kernels& table();
}
namespace {
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}
/** True if there are tiles of bfloat16 and the system lets this process use them, which it must ask for. */
bool has_amx() {
#if defined(__linux__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kBfloat16 = 1u << 22, kTiles = 1u << 24;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kBfloat16) == 0 || (d & kTiles) == 0) return false;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}
/** Vectors of others multiply pairs of bfloat16 no faster than they multiply float32. */
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
  if (std::strcmp(name, "avx512_amx") == 0 && has_avx512() && __builtin_cpu_supports("avx512bf16") && has_amx())
    return &avx512_amx::table();
#endif
  return nullptr;
}

const Kernels& kernels() {
  static const Kernels& chosen = []() -> const Kernels& {
    const char* const wanted = std::getenv("COTO_ISA");
    if (wanted != nullptr)
      if (const auto* const table = kernels_for(wanted)) return *table;
    if (const auto* const table = kernels_for("avx512_amx")) return *table;
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
