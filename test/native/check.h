// What the kernels' tests share: random numbers, comparisons with a tolerance, the same bits for any number of threads.
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

/** Lengths around every vector's width and around a piece of work, 0 and 1. */
inline const std::vector<int64_t> kLengths = {0,  1,  3,  4,  5,   7,    8,    9,    15,   16,
                                              17, 31, 33, 64, 100, 4095, 4096, 4097, 12305};

/** Failures so far; the first few of them are printed. */
int& failures();

void fail(const std::string& what);

inline void expect(bool holds, const std::string& what) {
  if (!holds) fail(what);
}

/** Seeded anew by each test, so that each fails alone as it does among others. */
std::mt19937& generator();

Floats random_floats(int64_t count, double spread = 1.0);
Ints random_ints(int64_t count, int32_t least, int32_t most);
Bytes random_bools(int64_t count);

/** |got − wanted| ≤ absolute + relative·|wanted|, element by element; NaN and infinities must be the same. */
void expect_near(const Floats& got, const Doubles& wanted, double relative, double absolute, const std::string& what);

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

void test_threads();
void test_attention(const Kernels& kernels);
void test_activations(const Kernels& kernels);
void test_dora(const Kernels& kernels);
void test_few_rows(const Kernels& kernels);
void test_norms(const Kernels& kernels);
void test_softmax(const Kernels& kernels);
void test_adamw(const Kernels& kernels);
void test_unary(const Kernels& kernels);
void test_binary(const Kernels& kernels);
void test_casts(const Kernels& kernels);
void test_moves(const Kernels& kernels);
void test_rows(const Kernels& kernels);
void test_reductions(const Kernels& kernels);
