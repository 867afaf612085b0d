#include "stored.h"

#include <algorithm>
#include <stdexcept>

#include "threads.h"

namespace coto {
namespace {

constexpr int64_t kValuesPerTask = 65536;

}  // namespace

int64_t stored_row_bytes(Encoding encoding, int64_t columns) {
  const auto bytes = static_cast<int64_t>(kernels().stored_row_bytes(encoding, columns));
  if (bytes == 0) throw std::runtime_error("a stored matrix whose rows end within a block");
  return bytes;
}

void decode(const StoredMatrix& matrix, float* to) {
  const int64_t columns = matrix.columns;
  parallel_for(matrix.rows, 1 + kValuesPerTask / std::max<int64_t>(1, columns), [&](int64_t begin, int64_t end) {
    kernels().decode_stored(matrix, begin, end - begin, 0, columns, to + begin * columns, columns);
  });
}

Block decoded(const StoredMatrix& matrix, MemoryPool& pool) {
  const Block block = pool.take(static_cast<size_t>(matrix.rows * matrix.columns) * sizeof(float));
  decode(matrix, static_cast<float*>(block.data));
  return block;
}

}  // namespace coto
