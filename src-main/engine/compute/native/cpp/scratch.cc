#include "scratch.h"

#include <cstdlib>
#include <new>

namespace coto {
namespace {

struct Room {
  void* memory = nullptr;
  int64_t floats = 0;
  ~Room() { std::free(memory); }
};

constexpr int64_t kAlignment = 64;

}  // namespace

float* scratch(int64_t floats) {
  static thread_local Room room;
  if (floats > room.floats) {
    std::free(room.memory);
    room.floats = 0;
    room.memory = std::malloc(static_cast<size_t>(floats) * 4 + kAlignment);
    if (room.memory == nullptr) throw std::bad_alloc();
    room.floats = floats;
  }
  const auto address = reinterpret_cast<uintptr_t>(room.memory);
  return reinterpret_cast<float*>((address + kAlignment - 1) / kAlignment * kAlignment);
}

}  // namespace coto
