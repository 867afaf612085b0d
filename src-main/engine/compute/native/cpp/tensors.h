// State of one JavaScript thread: its memory pool, its tensors by handle, and the primitives of its matrix products.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gemm.h"
#include "mapped_file.h"
#include "memory.h"

namespace coto {

struct Tensor {
  Block block;
  /** Bytes that the tensor itself has. */
  size_t bytes = 0;
  /** True if the block is part of another tensor's, which must outlive this one. */
  bool is_view = false;
  /** The part of a file that the block is, where it is one. */
  MappedFile mapped;
  /** The matrix that the bytes encode, where they are not float32. */
  std::optional<StoredMatrix> stored;
  /** Throws FileLost where the bytes are no longer those of their file. */
  void check() const {
    if (mapped.is_lost != nullptr && mapped.is_lost->load()) throw FileLost();
  }
  /** Packed forms of a frozen weight, made once by its matrix products and released with it. */
  PackedWeights packs;
};

class Tensors {
 public:
  ~Tensors() {
    for (auto& tensor : table_)
      if (tensor) drop(*tensor);
  }

  /** Handle of a new tensor of undefined values; never 0. */
  uint32_t allocate(size_t bytes) {
    auto tensor = std::make_unique<Tensor>();
    tensor->block = pool.take(bytes);
    tensor->bytes = bytes;
    return add(std::move(tensor));
  }

  /** Handle of `bytes` bytes of a tensor, from `offset` on, without a copy. */
  uint32_t view(uint32_t handle, size_t offset, size_t bytes) {
    const Tensor& whole = at(handle);
    if (whole.stored) throw std::runtime_error("a view of a stored matrix");
    if (offset > whole.bytes || bytes > whole.bytes - offset) throw std::runtime_error("a view beyond its tensor");
    auto tensor = std::make_unique<Tensor>();
    tensor->block = {static_cast<char*>(whole.block.data) + offset, bytes};
    tensor->bytes = bytes;
    tensor->is_view = true;
    return add(std::move(tensor));
  }

  /** Handle of bytes of a file, read-only; 0 where they cannot be mapped. */
  uint32_t map(int descriptor, uint64_t offset, size_t bytes) {
    const MappedFile mapped = map_file(descriptor, offset, bytes);
    if (mapped.data == nullptr) return 0;
    auto tensor = std::make_unique<Tensor>();
    // Only read: nothing writes to a stored matrix.
    tensor->block = {const_cast<void*>(mapped.data), bytes};
    tensor->bytes = bytes;
    tensor->mapped = mapped;
    pool.count(bytes);
    return add(std::move(tensor));
  }

  void release(uint32_t handle) {
    drop(at(handle));
    table_[handle - 1].reset();
    unused_.push_back(handle);
    live_tensors--;
  }

  Tensor& at(uint32_t handle) {
    if (handle == 0 || handle > table_.size() || !table_[handle - 1])
      throw std::runtime_error("there is no tensor " + std::to_string(handle) + ": was it disposed?");
    return *table_[handle - 1];
  }

  MemoryPool pool;
  GemmRunner gemm_runner;
  size_t live_tensors = 0;
  /** Pages of mapped files that were lost before the last call ended. */
  uint64_t known_lost_pages = 0;
  /** Value of held_bytes last reported to V8. */
  int64_t reported_bytes = 0;

 private:
  uint32_t add(std::unique_ptr<Tensor> tensor) {
    live_tensors++;
    if (unused_.empty()) {
      table_.push_back(std::move(tensor));
      return static_cast<uint32_t>(table_.size());
    }
    const uint32_t handle = unused_.back();
    unused_.pop_back();
    table_[handle - 1] = std::move(tensor);
    return handle;
  }

  void drop(Tensor& tensor) {
    tensor.packs.release(pool);
    if (tensor.mapped.data != nullptr) {
      pool.discount(tensor.bytes);
      unmap_file(tensor.mapped);
    } else if (!tensor.is_view) {
      pool.give_back(tensor.block);
    }
  }

  std::vector<std::unique_ptr<Tensor>> table_;
  std::vector<uint32_t> unused_;
};

}  // namespace coto
