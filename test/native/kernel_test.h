// Tests of the kernels against plain loops in double precision, once for each instruction set of this machine: random
// numbers, comparisons with a tolerance, the same bits for any number of threads.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "kernels/kernels.h"
#include "threads.h"

using coto::Kernels;
using coto::Shape;

using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using Ints = std::vector<int32_t>;
using Bytes = std::vector<uint8_t>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

/** Lengths around every vector's width and around a task, 0 and 1. */
inline const std::vector<int64_t> kLengths = {0,  1,  3,  4,  5,   7,    8,    9,    15,   16,
                                              17, 31, 33, 64, 100, 4095, 4096, 4097, 12305};

/**
 * A test case that runs once for every instruction set, with its table as `kernels`:
 * KERNEL_TEST("name") { … kernels.gelu(…) … }
 */
#define KERNEL_TEST(name) KERNEL_TEST_NAMED(DOCTEST_ANONYMOUS(kernel_test_), name)
#define KERNEL_TEST_NAMED(function, name)                 \
  static void function(const Kernels& kernels);           \
  TEST_CASE(name) { for_each_instruction_set(function); } \
  static void function([[maybe_unused]] const Kernels& kernels)

/** Calls the test with the table of each instruction set that this machine has, the random numbers seeded anew. */
void for_each_instruction_set(void (*test)(const Kernels& kernels));

inline void expect(bool holds, const std::string& what) { CHECK_MESSAGE(holds, what); }

inline void fail(const std::string& what) { FAIL_CHECK(what); }

/** Seeded anew by each test, so that each fails alone as it does among others. */
std::mt19937& generator();

Floats random_floats(int64_t count, double spread = 1.0);
Ints random_ints(int64_t count, int32_t min, int32_t max);
Bytes random_bools(int64_t count);

/** |got − wanted| ≤ absolute + relative·|wanted|, element by element; NaN and infinities must be the same. */
void expect_near(const Floats& got, const Doubles& wanted, double relative, double absolute, const std::string& what);

/**
 * ‖got − wanted‖ / ‖wanted‖ of as many numbers as are wanted; infinite where not a number, or where the wanted are all
 * zeros and the others are not.
 */
double relative_error(const float* got, const Doubles& wanted);

template <typename T>
void expect_equal(const std::vector<T>& got, const std::vector<T>& wanted, const std::string& what) {
  expect(got.size() == wanted.size(), what + ": size");
  for (size_t i = 0; i < got.size(); i++)
    if (got[i] != wanted[i])
      return fail(what + ": element " + std::to_string(i) + " is " + std::to_string(got[i]) + ", not " +
                  std::to_string(wanted[i]));
}

/** Calls run(output) with 1, 2 and 3 threads; the outputs (filled with 0xAB before) must have the same bits. */
template <typename T>
std::vector<T> made_by_any_threads(int64_t count, const std::string& what, const std::function<void(T*)>& run) {
  std::vector<T> first;
  for (const int threads : {1, 2, 3}) {
    coto::set_thread_count(threads);
    std::vector<T> output(static_cast<size_t>(count));
    if (count > 0) std::memset(output.data(), 0xAB, output.size() * sizeof(T));
    run(output.data());
    if (threads == 1) first = output;
    else if (count > 0)
      expect(std::memcmp(first.data(), output.data(), output.size() * sizeof(T)) == 0,
             what + ": other bits with " + std::to_string(threads) + " threads");
  }
  return first;
}

inline Floats floats_by_any_threads(int64_t count, const std::string& what, const std::function<void(float*)>& run) {
  return made_by_any_threads<float>(count, what, run);
}

inline int64_t elements(const Shape& shape) {
  int64_t count = 1;
  for (int i = 0; i < shape.rank; i++) count *= shape.size[i];
  return count;
}

std::string text_of(const Shape& shape);

/** Calls visit(index) for every index of the shape, in order. */
void each_index(const Shape& shape, const std::function<void(const int64_t*)>& visit);

/** The place of an index in a tensor of that shape that lies without gaps. */
int64_t place_of(const Shape& shape, const int64_t* index);
