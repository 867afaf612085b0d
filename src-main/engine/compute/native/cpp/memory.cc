#include "memory.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#if defined(__linux__) || defined(__APPLE__)
#include <sys/mman.h>
#endif
#ifdef _WIN32
#include <malloc.h>
#endif

namespace coto {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

/** Four classes to each power of two: at most a fifth of a block is unused. */
size_t class_of(size_t bytes) {
#ifdef COTO_CHECKED_MEMORY
  return std::max<size_t>(1, bytes);
#endif
  if (bytes <= 4 * kAlignment) return std::max<size_t>(1, (bytes + kAlignment - 1) / kAlignment) * kAlignment;
  size_t step = kAlignment;
  while (step * 8 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

/** Bytes that the system can still give without swapping; SIZE_MAX where it does not tell. */
size_t available_bytes() {
#ifdef __linux__
  FILE* file = std::fopen("/proc/meminfo", "r");
  if (file == nullptr) return SIZE_MAX;
  char line[128];
  unsigned long long kilobytes = 0;
  bool found = false;
  while (!found && std::fgets(line, sizeof line, file) != nullptr)
    found = std::sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1;
  std::fclose(file);
  return found ? static_cast<size_t>(kilobytes) * 1024 : SIZE_MAX;
#else
  return SIZE_MAX;
#endif
}

}  // namespace

MemoryPool::~MemoryPool() { trim(); }

Block MemoryPool::take(size_t bytes) {
  const size_t size = class_of(bytes);
  const auto found = classes_.find(size);
  Block block;
  if (found != classes_.end() && !found->second.empty()) {
    // The block that was given back last is the most likely to be in the cache still.
    block = {found->second.back().data, size};
    found->second.pop_back();
    free_ -= size;
  } else {
    misses_++;
    block = {make(size), size};
  }
  live_ += size;
  peak_ = std::max(peak_, live_);
  return block;
}

void MemoryPool::count(size_t bytes) {
  live_ += bytes;
  peak_ = std::max(peak_, live_);
}

void MemoryPool::give_back(const Block& block) {
#ifdef COTO_CHECKED_MEMORY
  // AddressSanitizer sees a read past the end, or after the release, only of a block that is exact and really freed.
  live_ -= block.bytes;
  unmake(block.data, block.bytes);
  return;
#endif
  classes_[block.bytes].push_back({block.data, ++clock_});
  live_ -= block.bytes;
  free_ += block.bytes;
}

void MemoryPool::trim() { keep_free(0); }

void* MemoryPool::make(size_t bytes) {
  // The shapes have changed: blocks kept for the old ones must not pile up beside the new.
  const size_t high = std::max(peak_, live_ + bytes);
  const size_t allowance = high + high / 4 + (size_t{64} << 20);
  if (live_ + free_ + bytes > allowance) keep_free(allowance > live_ + bytes ? allowance - live_ - bytes : 0);
  const auto allowed = [&] {
    if (limit_ != 0 && held_bytes() + bytes > limit_) return false;
    return bytes < kHugePage || bytes + (size_t{64} << 20) < available_bytes();
  };
  if (!allowed()) {
    trim();
    if (!allowed()) throw OutOfMemory("no memory for " + std::to_string(bytes) + " bytes");
  }
  void* data = nullptr;
#if defined(__linux__) && !defined(COTO_CHECKED_MEMORY)
  if (bytes >= kHugePage) {
    // Map with space to align and hand back the excess; huge pages keep the page tables small.
    const size_t mapped = bytes + kHugePage;
    void* raw = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) throw OutOfMemory("the system refused " + std::to_string(bytes) + " bytes");
    const uintptr_t start = reinterpret_cast<uintptr_t>(raw);
    const uintptr_t aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
    if (aligned > start) munmap(raw, aligned - start);
    const size_t behind = start + mapped - (aligned + bytes);
    if (behind > 0) munmap(reinterpret_cast<void*>(aligned + bytes), behind);
    data = reinterpret_cast<void*>(aligned);
    madvise(data, bytes, MADV_HUGEPAGE);
    return data;
  }
#endif
#ifdef _WIN32
  data = _aligned_malloc(bytes, kAlignment);
#else
  if (posix_memalign(&data, kAlignment, bytes) != 0) data = nullptr;
#endif
  if (data == nullptr) throw OutOfMemory("the system refused " + std::to_string(bytes) + " bytes");
  return data;
}

void MemoryPool::unmake(void* data, [[maybe_unused]] size_t bytes) {
#if defined(__linux__) && !defined(COTO_CHECKED_MEMORY)
  if (bytes >= kHugePage) {
    munmap(data, bytes);
    return;
  }
#endif
#ifdef _WIN32
  _aligned_free(data);
#else
  std::free(data);
#endif
}

void MemoryPool::keep_free(size_t bytes) {
  while (free_ > bytes) {
    auto oldest = classes_.end();
    for (auto at = classes_.begin(); at != classes_.end(); ++at)
      if (!at->second.empty() && (oldest == classes_.end() || at->second.front().since < oldest->second.front().since))
        oldest = at;
    if (oldest == classes_.end()) return;
    unmake(oldest->second.front().data, oldest->first);
    oldest->second.pop_front();
    free_ -= oldest->first;
  }
}

}  // namespace coto
