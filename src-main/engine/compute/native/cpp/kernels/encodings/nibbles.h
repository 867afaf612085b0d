// Blocks of 32 values of 4 bits behind halves, as Q4_0, Q4_1, Q5_0 and Q5_1 have them: 16 bytes, the first 16 values in
// the low halves of the bytes.
#pragma once

#include "../digits.h"
#include "block.h"

namespace coto {
namespace COTO_ISA {

/** Four lanes a block: as many blocks as fill a vector are multiplied together. */
struct NibbleSteps {
  static constexpr int64_t kValues = 8 * kLanes;
  static constexpr int kSteps = 1, kVectors = 2;

  /** The first vector has the first half of each block, the second the other. */
  static constexpr int chunk(int, int vector, int place) { return 2 * place + vector; }
};

/** The blocks of a step, each `kHalves` halves and 16 bytes; those beyond `present` are zeros. */
template <int kHalves>
class NibbleBlocks {
 public:
#if defined(__AVX512BW__)
  COTO_INLINE NibbleBlocks(const uint8_t* blocks, int64_t present) {
    // Two loads cover the four blocks; within the row, where fewer are left.
    const uint8_t* const second = blocks + 2 * kSecond;
    if (present >= kBlocks) {
      words_ = _mm512_loadu_si512(blocks);
      rest_ = _mm512_loadu_si512(second);
      return;
    }
    const int64_t words = present * kWords;
    words_ = _mm512_maskz_loadu_epi16(first_words(words), blocks);
    rest_ = _mm512_maskz_loadu_epi16(first_words(max(0, words - kSecond)), second);
  }
  COTO_INLINE Int low() const { return (Int)_mm512_and_si512(bytes(), _mm512_set1_epi8(15)); }
  COTO_INLINE Int high() const { return (Int)_mm512_and_si512(_mm512_srli_epi16(bytes(), 4), _mm512_set1_epi8(15)); }
  /** One of the halves of each block, in its four lanes. */
  COTO_INLINE Vec half(int which) const {
    alignas(64) static constexpr auto kPlaces = [] {
      std::array<std::array<uint16_t, 32>, kHalves> places{};
      for (int h = 0; h < kHalves; h++)
        for (int lane = 0; lane < 16; lane++) places[h][lane] = place_of(lane / 4 * kWords + h);
      return places;
    }();
    const __m512i found = picked(kPlaces[which].data());
    return (Vec)_mm512_cvtph_ps(_mm512_castsi512_si256(found));
  }

 private:
  static constexpr int kBlocks = 4, kWords = kHalves + 8, kSecond = kBlocks * kWords - 32;
  __m512i words_, rest_;

  static COTO_INLINE __mmask32 first_words(int64_t count) {
    return static_cast<__mmask32>((uint64_t{1} << min(count, 32)) - 1);
  }
  // Position of a block's word in the two loads.
  static constexpr uint16_t place_of(int word) { return static_cast<uint16_t>(word < 32 ? word : 32 + word - kSecond); }
  COTO_INLINE __m512i picked(const uint16_t* places) const {
    return _mm512_permutex2var_epi16(words_, _mm512_load_si512(places), rest_);
  }
  COTO_INLINE __m512i bytes() const {
    alignas(64) static constexpr auto kPlaces = [] {
      std::array<uint16_t, 32> places{};
      for (int word = 0; word < 32; word++) places[word] = place_of(word / 8 * kWords + kHalves + word % 8);
      return places;
    }();
    return picked(kPlaces.data());
  }
#elif defined(__AVX2__)
  COTO_INLINE NibbleBlocks(const uint8_t* blocks, int64_t present) : blocks_(blocks), second_(present > 1) {}
  COTO_INLINE Int low() const { return (Int)_mm256_and_si256(bytes(), _mm256_set1_epi8(15)); }
  COTO_INLINE Int high() const { return (Int)_mm256_and_si256(_mm256_srli_epi16(bytes(), 4), _mm256_set1_epi8(15)); }
  COTO_INLINE Vec half(int which) const {
    int16_t first, second = 0;
    std::memcpy(&first, blocks_ + 2 * which, 2);
    if (second_) std::memcpy(&second, blocks_ + kBytes + 2 * which, 2);
    return (Vec)_mm256_cvtph_ps(_mm_unpacklo_epi64(_mm_set1_epi16(first), _mm_set1_epi16(second)));
  }

 private:
  static constexpr int64_t kBytes = 2 * kHalves + 16;
  const uint8_t* blocks_;
  bool second_;

  COTO_INLINE __m256i bytes() const {
    const auto* const first = reinterpret_cast<const __m128i*>(blocks_ + 2 * kHalves);
    const auto* const second = reinterpret_cast<const __m128i*>(blocks_ + kBytes + 2 * kHalves);
    return _mm256_set_m128i(second_ ? _mm_loadu_si128(second) : _mm_setzero_si128(), _mm_loadu_si128(first));
  }
#else
  NibbleBlocks(const uint8_t*, int64_t) {}
  Int low() const { return Int{}; }
  Int high() const { return Int{}; }
  Vec half(int) const { return Vec{}; }
#endif
};

}  // namespace COTO_ISA
}  // namespace coto
