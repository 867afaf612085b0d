// Stored matrices as JavaScript calls them.
#include <atomic>
#include <cmath>
#include <string>

#include "call.h"
#include "kernels/kernels.h"
#include "methods.generated.h"
#include "scratch.h"
#include "threads.h"

namespace coto {
namespace {

const StoredMatrix& stored_matrix(Call& call) {
  const Weight weight = call.weight();
  if (weight.stored == nullptr) throw std::runtime_error("a matrix that is not stored");
  return *weight.stored;
}

}  // namespace

namespace bindings {

napi_value encode_tensor(Call& call) {
  Tensor& tensor = call.tensor();
  const auto encoding = take<Encoding>(call);
  const int64_t rows = call.integer();
  const int64_t columns = call.integer();
  const int64_t row_bytes = stored_row_bytes(encoding, columns);
  if (tensor.stored || tensor.is_view || tensor.bytes != static_cast<size_t>(rows * row_bytes))
    throw std::runtime_error("bytes that are not those of the matrix");
  tensor.stored = StoredMatrix{static_cast<const uint8_t*>(tensor.block.data), rows, columns, row_bytes, encoding};
  return nullptr;
}

napi_value gather_stored_rows(Call& call) {
  const StoredMatrix& x = stored_matrix(call);
  const auto* indices = take<const int32_t*>(call);
  auto* y = take<float*>(call);
  const int64_t count = call.integer();
  for (int64_t at = 0; at < count; at++)
    if (indices[at] < 0 || indices[at] >= x.rows)
      throw std::runtime_error("index " + std::to_string(indices[at]) + " of " + std::to_string(x.rows) + " rows");
  parallel_for(count, 16, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++)
      kernels().decode_stored(x, indices[at], 1, 0, x.columns, y + at * x.columns, x.columns);
  });
  return nullptr;
}

napi_value is_finite_matrix(Call& call) {
  const StoredMatrix& x = stored_matrix(call);
  std::atomic<bool> is_finite{true};
  parallel_for(x.rows, 16, [&](int64_t begin, int64_t end) {
    float* const row = scratch(x.columns);
    for (int64_t at = begin; at < end && is_finite; at++) {
      kernels().decode_stored(x, at, 1, 0, x.columns, row, x.columns);
      for (int64_t i = 0; i < x.columns; i++)
        if (!std::isfinite(row[i])) is_finite = false;
    }
  });
  return call.flag_result(is_finite);
}

}  // namespace bindings
}  // namespace coto
