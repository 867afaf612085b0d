// Checks every kernel of every instruction set that this machine has against plain loops in double precision.
// Arguments: names of instruction sets, all if none are given.
#include "check.h"

namespace {

struct Family {
  const char* name;
  void (*test)(const Kernels&);
};

constexpr Family kFamilies[] = {{"attention", test_attention},
                                {"activations", test_activations},
                                {"dora", test_dora},
                                {"few rows", test_few_rows},
                                {"norms", test_norms},
                                {"softmax", test_softmax},
                                {"adamw", test_adamw},
                                {"unary", test_unary},
                                {"binary", test_binary},
                                {"casts", test_casts},
                                {"moves", test_moves},
                                {"rows", test_rows},
                                {"reductions", test_reductions}};

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> names(arguments + 1, arguments + count);
  if (names.empty()) names = {"baseline", "avx2", "avx512"};
  test_threads();
  for (const auto& name : names) {
    const Kernels* const kernels = coto::kernels_for(name.c_str());
    if (kernels == nullptr) {
      std::printf("%s: not on this machine\n", name.c_str());
      continue;
    }
    expect(name == kernels->name, "the table of " + name + " is called " + kernels->name);
    const int before = failures();
    for (const auto& family : kFamilies) {
      generator().seed(7);
      const int failed = failures();
      family.test(*kernels);
      if (failures() > failed) std::printf("%s: %s: %d failures\n", kernels->name, family.name, failures() - failed);
    }
    std::printf("%s: %d families, %d failures\n", kernels->name, static_cast<int>(std::size(kFamilies)),
                failures() - before);
  }
  return failures() == 0 ? 0 : 1;
}
