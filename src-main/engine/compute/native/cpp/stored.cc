#include "stored.h"

#include <algorithm>
#include <stdexcept>

#include "threads.h"

namespace coto {
namespace {

constexpr int64_t kValuesPerTask = 65536;
/** Values of the largest block of an encoding. */
constexpr int64_t kLargestBlock = 256;

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

MatrixPart part_of(const Weight& weight, int64_t width, int64_t row, int64_t rows, int64_t column, int64_t columns,
                   MemoryPool& pool, Block& decoded) {
  if (weight.stored == nullptr) return {weight.values, 0, 0, width};
  const StoredMatrix& matrix = *weight.stored;
  // Whole blocks, the largest of which have 256 values.
  const int64_t first = column / kLargestBlock * kLargestBlock;
  const int64_t end = std::min(matrix.columns, (column + columns + kLargestBlock - 1) / kLargestBlock * kLargestBlock);
  const int64_t step = end - first;
  decoded = pool.take(static_cast<size_t>(rows * step) * sizeof(float));
  auto* const values = static_cast<float*>(decoded.data);
  parallel_for(rows, 1 + kValuesPerTask / std::max<int64_t>(1, step), [&](int64_t begin, int64_t last) {
    kernels().decode_stored(matrix, row + begin, last - begin, first, step, values + begin * step, step);
  });
  return {values, row, first, step};
}

Block decoded(const StoredMatrix& matrix, MemoryPool& pool) {
  const Block block = pool.take(static_cast<size_t>(matrix.rows * matrix.columns) * sizeof(float));
  decode(matrix, static_cast<float*>(block.data));
  return block;
}

}  // namespace coto
