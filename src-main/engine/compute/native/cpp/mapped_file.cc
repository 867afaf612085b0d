#include "mapped_file.h"

#include <atomic>
#include <mutex>

#if defined(__linux__) || defined(__APPLE__)
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace coto {
namespace {

std::atomic<uint64_t> lost{0};

}  // namespace

uint64_t lost_pages() { return lost.load(std::memory_order_relaxed); }

#if defined(__linux__) || defined(__APPLE__)
namespace {

/** A mapping as the signal handler finds it; freed ones are used again, none is ever deleted. */
struct Range {
  std::atomic<uintptr_t> start{0};
  std::atomic<uintptr_t> end{0};
  std::atomic<bool> is_lost{false};
  Range* next = nullptr;
};

std::atomic<Range*> ranges{nullptr};
std::mutex adding;
struct sigaction before;
uintptr_t page_size = 0;

// Only what a signal handler may do: reads of atomics and one system call.
void on_bus_error(int number, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (Range* range = ranges.load(); range != nullptr; range = range->next) {
    if (address < range->start.load() || address >= range->end.load()) continue;
    void* const page = reinterpret_cast<void*>(address / page_size * page_size);
    if (mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) break;
    range->is_lost.store(true);
    lost.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  // Not ours: whoever was asked before decides, by default the end.
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  } else {
    signal(number, SIG_DFL);
    raise(number);
  }
}

void catch_bus_errors() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    struct sigaction action{};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
  });
}

const std::atomic<bool>* remember(uintptr_t start, uintptr_t end) {
  const std::lock_guard<std::mutex> lock(adding);
  for (Range* range = ranges.load(); range != nullptr; range = range->next)
    if (range->end.load() == 0) {
      range->is_lost.store(false);
      range->start.store(start);
      range->end.store(end);
      return &range->is_lost;
    }
  auto* const added = new Range;
  added->start.store(start);
  added->end.store(end);
  added->next = ranges.load();
  ranges.store(added);
  return &added->is_lost;
}

void forget(uintptr_t start) {
  const std::lock_guard<std::mutex> lock(adding);
  for (Range* range = ranges.load(); range != nullptr; range = range->next)
    if (range->end.load() != 0 && range->start.load() == start) {
      range->end.store(0);
      range->start.store(0);
      return;
    }
}

}  // namespace

MappedFile map_file(int descriptor, uint64_t offset, size_t bytes) {
  catch_bus_errors();
  struct stat status{};
  if (bytes == 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (static_cast<uint64_t>(status.st_size) < offset + bytes) return {};
  const uint64_t within = offset % page_size;
  const size_t length = bytes + static_cast<size_t>(within);
  void* const start = mmap(nullptr, length, PROT_READ, MAP_PRIVATE, descriptor, static_cast<off_t>(offset - within));
  if (start == MAP_FAILED) return {};
  // The first pass over it, which looks for NaN, reads it from end to end.
  madvise(start, length, MADV_WILLNEED);
  const auto address = reinterpret_cast<uintptr_t>(start);
  return {static_cast<const char*>(start) + within, start, length, remember(address, address + length)};
}

void unmap_file(const MappedFile& mapped) {
  forget(reinterpret_cast<uintptr_t>(mapped.start));
  munmap(mapped.start, mapped.length);
}
#else
MappedFile map_file(int, uint64_t, size_t) { return {}; }

void unmap_file(const MappedFile&) {}
#endif

}  // namespace coto
