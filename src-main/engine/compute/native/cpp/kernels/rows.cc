#include "declarations.generated.h"
#include "elementwise.h"

namespace coto {
namespace COTO_ISA {

void cls_tokens(const float* x, float* y, int64_t rows, int64_t width, int64_t tokens) {
  parallel_for(rows / max(tokens, 1), rows_per_task(width), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++)
      std::memcpy(y + r * width, x + r * tokens * width, static_cast<size_t>(width) * 4);
  });
}

void cls_tokens_gradient(const float* dy, float* dx, int64_t rows, int64_t width, int64_t tokens) {
  parallel_for(rows, rows_per_task(width), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      if (r % tokens == 0) std::memcpy(dx + r * width, dy + r / tokens * width, static_cast<size_t>(width) * 4);
      else std::memset(dx + r * width, 0, static_cast<size_t>(width) * 4);
    }
  });
}

void gather_rows(const void* x, const int32_t* indices, void* y, int64_t x_rows, int64_t count, int64_t row_bytes) {
  parallel_for(count, rows_per_task(row_bytes / 4), [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      auto* const to = static_cast<char*>(y) + i * row_bytes;
      if (indices[i] >= 0 && indices[i] < x_rows)
        std::memcpy(to, static_cast<const char*>(x) + indices[i] * row_bytes, static_cast<size_t>(row_bytes));
      else std::memset(to, 0, static_cast<size_t>(row_bytes));
    }
  });
}

// A task is a band of columns, so that one thread makes each sum, in the order of the rows.
void scatter_add_rows(const float* x, const int32_t* indices, float* y, int64_t y_rows, int64_t count, int64_t width) {
  constexpr int64_t kBand = 128;
  parallel_for(width, kBand, [=](int64_t begin, int64_t end) {
    for (int64_t r = 0; r < y_rows; r++) std::memset(y + r * width + begin, 0, static_cast<size_t>(end - begin) * 4);
    for (int64_t i = 0; i < count; i++) {
      if (indices[i] < 0 || indices[i] >= y_rows) continue;
      map_range(x + i * width, y + indices[i] * width, y + indices[i] * width, begin, end,
                [](Vec p, Vec q) COTO_LAMBDA { return p + q; });
    }
  });
}

void one_hot(const int32_t* indices, float* y, int64_t count, int64_t depth, float on, float off) {
  parallel_for(count, rows_per_task(depth), [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      float* const row = y + i * depth;
      for (int64_t j = 0; j < depth; j++) row[j] = off;
      if (indices[i] >= 0 && indices[i] < depth) row[indices[i]] = on;
    }
  });
}

}  // namespace COTO_ISA
}  // namespace coto
