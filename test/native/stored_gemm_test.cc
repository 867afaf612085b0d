#if !defined(_WIN32)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "kernel_test.h"

namespace {

using coto::Encoding;

struct Sizes {
  int64_t rows, outputs, inputs;
};

/** Bytes of a file that is mapped read-only, with nothing after them that could be read. */
class MappedBytes {
 public:
  explicit MappedBytes(const Bytes& bytes) {
#if defined(_WIN32)
    data_ = bytes;
#else
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t held = (bytes.size() + page - 1) / page * page;
    size_ = held + page;
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    const size_t before = held - bytes.size();
    const Bytes padding(before);
    REQUIRE((before == 0 || std::fwrite(padding.data(), 1, before, file) == before));
    REQUIRE((bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size()));
    REQUIRE(std::fflush(file) == 0);
    memory_ = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory_ != MAP_FAILED);
    if (held > 0) REQUIRE(mmap(memory_, held, PROT_READ, MAP_PRIVATE | MAP_FIXED, fileno(file), 0) == memory_);
    std::fclose(file);
    at_ = static_cast<const uint8_t*>(memory_) + before;
#endif
  }
  MappedBytes(const MappedBytes&) = delete;
  MappedBytes& operator=(const MappedBytes&) = delete;
#if defined(_WIN32)
  const uint8_t* data() const { return data_.data(); }

 private:
  Bytes data_;
#else
  ~MappedBytes() { munmap(memory_, size_); }
  const uint8_t* data() const { return at_; }

 private:
  void* memory_ = nullptr;
  size_t size_ = 0;
  const uint8_t* at_ = nullptr;
#endif
};

// Places of the halves in a block.
std::vector<int64_t> halves_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::q4_0:
    case Encoding::q5_0:
    case Encoding::q8_0: return {0};
    case Encoding::q4_1:
    case Encoding::q5_1:
    case Encoding::q4_k:
    case Encoding::q5_k: return {0, 2};
    case Encoding::q2_k: return {80, 82};
    case Encoding::q3_k: return {108};
    case Encoding::q6_k: return {208};
    default: return {};
  }
}

// Random blocks with scales that are small numbers.
Bytes random_blocks(Encoding encoding, int64_t bytes, int64_t block) {
  Bytes blocks(static_cast<size_t>(bytes));
  for (auto& byte : blocks) byte = static_cast<uint8_t>(generator()());
  const auto halves = halves_of(encoding);
  for (int64_t at = 0; at < bytes; at += block) {
    for (const int64_t half : halves)
      blocks[at + half + 1] = static_cast<uint8_t>(0x20 + (blocks[at + half + 1] & 0x87));
    // A float32, or as many bfloat16 or float16 as there are.
    if (halves.empty() && block > 2) blocks[at + 3] = 0x3c;
    if (halves.empty() && block == 2) blocks[at + 1] = static_cast<uint8_t>(0x30 + (blocks[at + 1] & 0x83));
  }
  return blocks;
}

void check(const Kernels& kernels, Encoding encoding, Sizes sizes, bool extras, bool finite) {
  const auto [rows, outputs, inputs] = sizes;
  const auto row_bytes = static_cast<int64_t>(kernels.stored_row_bytes(encoding, inputs));
  if (row_bytes == 0) return;
  int64_t block = 0;
  for (const int64_t values : {1, 32, 64, 256})
    if (block == 0) block = static_cast<int64_t>(kernels.stored_row_bytes(encoding, values));
  const std::string what = std::string(kernels.name) + " stored gemm, encoding " +
                           std::to_string(static_cast<int>(encoding)) + ", " + std::to_string(rows) + "x" +
                           std::to_string(inputs) + "x" + std::to_string(outputs);
  const MappedBytes bytes(random_blocks(encoding, outputs * row_bytes, block));
  const coto::StoredMatrix weight{bytes.data(), outputs, inputs, row_bytes, encoding};
  Floats values(static_cast<size_t>(outputs * inputs));
  kernels.decode_stored(weight, 0, outputs, 0, inputs, values.data(), inputs);
  Floats x = random_floats(rows * inputs);
  // One large input and one stretch of zeros must not spoil the others.
  if (rows > 0 && inputs > 64) {
    x[inputs / 2] = 3000;
    for (int64_t i = 0; i < 32; i++) x[i] = 0;
  }
  if (rows > 0 && !finite) x[inputs - 1] = kInfinity;
  const Floats x2 = random_floats(rows * 3), weight2 = random_floats(outputs * 3);
  const Floats bias = random_floats(outputs), addend = random_floats(rows * outputs),
               multiplier = random_floats(rows * outputs);
  coto::SkinnyGemm product{rows,
                           outputs,
                           inputs,
                           extras ? 3 : 0,
                           x.data(),
                           nullptr,
                           x2.data(),
                           weight2.data(),
                           extras ? bias.data() : nullptr,
                           extras ? addend.data() : nullptr,
                           extras ? multiplier.data() : nullptr,
                           0.5f,
                           3,
                           nullptr};
  Doubles wanted;
  double largest = 0;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t o = 0; o < outputs; o++) {
      double sum = 0, magnitudes = 0;
      for (int64_t i = 0; i < inputs; i++) {
        const double one = 0.5 * x[r * inputs + i] * values[o * inputs + i];
        sum += one;
        magnitudes += std::abs(one);
      }
      if (std::isfinite(magnitudes)) largest = std::max(largest, magnitudes);
      if (extras) {
        for (int64_t i = 0; i < 3; i++) sum += 3.0 * x2[r * 3 + i] * weight2[o * 3 + i];
        sum = (sum + bias[o] + addend[r * outputs + o]) * multiplier[r * outputs + o];
      }
      wanted.push_back(sum);
    }
  const Floats got = floats_by_any_threads(rows * outputs, what, [&](float* y) {
    product.y = y;
    kernels.skinny_stored_gemm(product, weight);
  });
  // Same precision as float32 sums.
  if (finite) expect_near(got, wanted, 1e-5, 1e-6 * largest + 1e-6, what);
  // Infinite or, where a lowest value is added, no number.
  else
    for (const float one : got) expect(!std::isfinite(one), what + ": a finite product of an infinite input");
  if (!finite) return;
  // A row has the same bits whatever the others are.
  Floats alone(static_cast<size_t>(rows * outputs));
  product.rows = 1;
  for (int64_t r = 0; r < rows; r++) {
    product.x = x.data() + r * inputs;
    product.x2 = x2.data() + r * 3;
    product.addend = extras ? addend.data() + r * outputs : nullptr;
    product.multiplier = extras ? multiplier.data() + r * outputs : nullptr;
    product.y = alone.data() + r * outputs;
    kernels.skinny_stored_gemm(product, weight);
  }
  expect(alone == got, what + ": other bits than row by row");
}

}  // namespace

KERNEL_TEST("products of few rows with stored matrices") {
  for (int encoding = 0; encoding <= static_cast<int>(Encoding::int8); encoding++)
    for (const bool extras : {false, true}) {
      for (const Sizes sizes :
           {Sizes{1, 1, 32}, Sizes{1, 5, 96}, Sizes{2, 4, 64}, Sizes{1, 7, 576}, Sizes{3, 9, 256}, Sizes{1, 70, 2304},
            Sizes{4, 33, 768}, Sizes{7, 10, 512}, Sizes{1, 0, 256}, Sizes{0, 3, 256}})
        check(kernels, static_cast<Encoding>(encoding), sizes, extras, true);
    }
}

KERNEL_TEST("products of few rows with stored matrices, of inputs that are not finite") {
  for (int encoding = 0; encoding <= static_cast<int>(Encoding::int8); encoding++)
    check(kernels, static_cast<Encoding>(encoding), {1, 6, 512}, false, false);
}
