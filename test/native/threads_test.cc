#include <atomic>
#include <thread>

#include "kernel_test.h"

namespace {

std::atomic<int> started{0};

void count_start() { started++; }

// Every element once, whatever the cut.
void covers_everything(int threads, int64_t count, int64_t grain) {
  coto::set_thread_count(threads);
  std::vector<int> visits(static_cast<size_t>(count));
  coto::parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    expect(begin % grain == 0, "a task begins at a multiple of the grain");
    for (int64_t i = begin; i < end; i++) visits[static_cast<size_t>(i)]++;
  });
  for (const int visit : visits) expect(visit == 1, "every element is visited once");
}

}  // namespace

TEST_CASE("threads") {
  coto::set_thread_start_hook(count_start);
  for (const int threads : {1, 2, 3})
    for (const int64_t count : {0, 1, 5, 1000})
      for (const int64_t grain : {1, 3, 1000}) covers_everything(threads, count, grain);
  coto::set_thread_count(0);
  expect(coto::thread_count() == 1, "there is one thread at least");
  coto::set_thread_count(3);
  expect(coto::thread_count() == 3, "the number of threads is kept");

  const int before = started;
  coto::parallel_for(100, 1, [](int64_t, int64_t) {});
  std::atomic<int64_t> sum{0};
  coto::parallel_for(1000, 7, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) sum += i;
  });
  coto::set_thread_count(1);
  expect(started - before == 2, "each new thread calls the hook once");
  expect(sum == 499500, "the sum over all tasks");

  // Two callers at once, each with work of its own, while a third changes the number of threads.
  coto::set_thread_count(2);
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 2; caller++)
    callers.emplace_back([&wrong] {
      for (int round = 0; round < 300; round++) {
        std::vector<int64_t> values(64);
        coto::parallel_for(64, 4, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; i++) values[static_cast<size_t>(i)] = i * i;
        });
        for (int64_t i = 0; i < 64; i++) wrong += values[static_cast<size_t>(i)] != i * i;
      }
    });
  for (int round = 0; round < 10; round++) coto::set_thread_count(1 + round % 3);
  for (auto& caller : callers) caller.join();
  expect(wrong == 0, "two callers at once get their own results");

  // Pauses longer than the threads' spinning: they sleep, and must be woken.
  coto::set_thread_count(2);
  for (int round = 0; round < 20; round++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::atomic<int> tasks{0};
    coto::parallel_for(8, 1, [&](int64_t, int64_t) { tasks++; });
    expect(tasks == 8, "work after a pause is done");
  }
}
