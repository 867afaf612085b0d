#include "scratch.h"

#include <cstdlib>
#include <new>

namespace coto {
namespace {

struct Buffer {
  void* memory = nullptr;
  int64_t floats = 0;
  ~Buffer() { std::free(memory); }
};

constexpr int64_t kAlignment = 64;

}  // namespace

float* scratch(int64_t floats) {
  static thread_local Buffer buffer;
  if (floats > buffer.floats) {
    std::free(buffer.memory);
    buffer.floats = 0;
    buffer.memory = std::malloc(static_cast<size_t>(floats) * 4 + kAlignment);
    if (buffer.memory == nullptr) throw std::bad_alloc();
    buffer.floats = floats;
  }
  const auto address = reinterpret_cast<uintptr_t>(buffer.memory);
  return reinterpret_cast<float*>((address + kAlignment - 1) / kAlignment * kAlignment);
}

}  // namespace coto
