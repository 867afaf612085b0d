// Runs the tests of the native kernels, of every instruction set that this machine has. Arguments are doctest's.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>

#include "kernel_test.h"

int main(int count, char** arguments) {
  for (const char* const name : {"baseline", "avx2", "avx512", "avx512_bf16", "avx512_amx"})
    std::printf("%s: %s\n", name, coto::kernels_for(name) == nullptr ? "not on this machine" : "tested");
  doctest::Context context(count, arguments);
  return context.run();
}
