#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {

void rotary(const float* x, const float* cosines, const float* sines, float* y, int64_t rows, int64_t table_rows,
            int64_t heads, int64_t head_size, bool inverse) {
  const int64_t half = head_size / 2, width = heads * head_size;
  const Vec sign = splat(inverse ? -1.0f : 1.0f);
  parallel_for(rows, rows_per_task(width), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* const cosine = cosines + r % table_rows * half;
      const float* const sine = sines + r % table_rows * half;
      for (int64_t head = 0; head < heads; head++) {
        const float* const low = x + r * width + head * head_size;
        float* const to = y + r * width + head * head_size;
        by_vectors(
            half,
            [&](int64_t i) {
              const Vec a = load(low + i), b = load(low + half + i), c = load(cosine + i), s = load(sine + i) * sign;
              store(to + i, a * c - b * s);
              store(to + half + i, multiply_add(b, c, a * s));
            },
            [&](int64_t i, int64_t left) {
              const Vec a = load_partial(low + i, left), b = load_partial(low + half + i, left);
              const Vec c = load_partial(cosine + i, left), s = load_partial(sine + i, left) * sign;
              store_partial(to + i, a * c - b * s, left);
              store_partial(to + half + i, multiply_add(b, c, a * s), left);
            });
      }
    }
  });
}

}  // namespace COTO_ISA
}  // namespace coto
