#include "threads.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace coto {
namespace {

constexpr int kMaxThreads = 256;
/** Longer than JavaScript takes between two kernels of a small model: a thread that sleeps is late for the next one. */
constexpr auto kSpin = std::chrono::microseconds(60);

void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins until `ready`, for kSpin at most. Returns whether it came.
template <typename Ready>
bool spin_until(Ready ready) {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 32; i++) {
      if (ready()) return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
  return ready();
}

class Pool {
 public:
  Pool() : count_(default_count()) {}

  ~Pool() {
    const std::lock_guard<std::mutex> owner(owner_);
    stop();
  }

  int count() const { return count_.load(std::memory_order_relaxed); }

  void resize(int count) {
    const std::lock_guard<std::mutex> owner(owner_);
    count = count < 1 ? 1 : count > kMaxThreads ? kMaxThreads : count;
    if (count == this->count()) return;
    stop();
    count_.store(count, std::memory_order_relaxed);
  }

  void set_hook(void (*hook)()) { hook_.store(hook); }

  void run(int64_t count, int64_t grain, detail::Task task, void* context) {
    const std::unique_lock<std::mutex> owner(owner_, std::try_to_lock);
    if (!owner.owns_lock() || this->count() == 1) {
      task(context, 0, count);
      return;
    }
    start();
    work_count_ = count;
    grain_ = grain;
    piece_ = task;
    context_ = context;
    next_.store(0, std::memory_order_relaxed);
    open();
    work();
    close();
  }

 private:
  // state_: the number of the work in the upper bits, whether threads may still join it, and how many are at it.
  static constexpr uint64_t kWorkers = 0xffff;
  static constexpr uint64_t kOpen = 0x10000;
  static constexpr uint64_t kNumber = 0x20000;

  static int default_count() {
    const int count = static_cast<int>(std::thread::hardware_concurrency());
    return count < 1 ? 1 : count > kMaxThreads ? kMaxThreads : count;
  }

  void start() {
    while (static_cast<int>(threads_.size()) < count() - 1) threads_.emplace_back([this] { serve(); });
  }

  void stop() {
    {
      const std::lock_guard<std::mutex> lock(sleep_);
      ending_.store(true);
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    ending_.store(false);
  }

  void open() {
    const uint64_t number = state_.load(std::memory_order_relaxed) & ~(kNumber - 1);
    state_.store((number + kNumber) | kOpen);
    if (sleepers_.load() > 0) {
      {
        const std::lock_guard<std::mutex> lock(sleep_);
      }
      wake_.notify_all();
    }
  }

  void close() {
    state_.fetch_and(~kOpen);
    const auto idle = [this] { return (state_.load() & kWorkers) == 0; };
    if (spin_until(idle)) return;
    std::unique_lock<std::mutex> lock(sleep_);
    done_.wait(lock, idle);
  }

  void work() {
    for (;;) {
      const int64_t begin = next_.fetch_add(grain_, std::memory_order_relaxed);
      if (begin >= work_count_) return;
      const int64_t end = begin + grain_;
      piece_(context_, begin, end < work_count_ ? end : work_count_);
    }
  }

  void serve() {
    if (const auto hook = hook_.load()) hook();
    uint64_t done = 0;
    for (;;) {
      const auto wanted = [this, &done] {
        if (ending_.load()) return true;
        const uint64_t state = state_.load();
        return (state & kOpen) != 0 && (state & ~(kNumber - 1)) != done;
      };
      if (!spin_until(wanted)) {
        std::unique_lock<std::mutex> lock(sleep_);
        sleepers_.fetch_add(1);
        wake_.wait(lock, wanted);
        sleepers_.fetch_sub(1);
      }
      if (ending_.load()) return;
      uint64_t state = state_.load();
      while ((state & kOpen) != 0 && !state_.compare_exchange_weak(state, state + 1)) {
      }
      done = state & ~(kNumber - 1);
      if ((state & kOpen) == 0) continue;
      work();
      const uint64_t before = state_.fetch_sub(1);
      if ((before & kWorkers) == 1 && (before & kOpen) == 0) {
        {
          const std::lock_guard<std::mutex> lock(sleep_);
        }
        done_.notify_one();
      }
    }
  }

  std::mutex owner_;
  std::atomic<int> count_;
  std::atomic<void (*)()> hook_{nullptr};
  std::vector<std::thread> threads_;

  int64_t work_count_ = 0;
  int64_t grain_ = 1;
  detail::Task piece_ = nullptr;
  void* context_ = nullptr;
  alignas(64) std::atomic<int64_t> next_{0};
  alignas(64) std::atomic<uint64_t> state_{0};

  alignas(64) std::mutex sleep_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::atomic<int> sleepers_{0};
  std::atomic<bool> ending_{false};
};

Pool& pool() {
#ifdef _WIN32
  // Destructors of a shared library run under the loader's lock there, where no thread can be joined: the system ends
  // them.
  static Pool* const pool = new Pool;
  return *pool;
#else
  static Pool pool;
  return pool;
#endif
}

}  // namespace

int thread_count() { return pool().count(); }

void set_thread_count(int count) { pool().resize(count); }

void set_thread_start_hook(void (*hook)()) { pool().set_hook(hook); }

void detail::run_tasks(int64_t count, int64_t grain, Task task, void* context) {
  pool().run(count, grain, task, context);
}

}  // namespace coto
