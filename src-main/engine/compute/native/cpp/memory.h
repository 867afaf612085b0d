// The tensors' own memory: blocks by size class, aligned to 64 bytes, kept when they are released and handed out again,
// so that a training step that repeats the shapes of the last one touches no fresh page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <stdexcept>
#include <string>

namespace coto {

/** Thrown where the machine has no memory left, or the limit that was set is reached. */
struct OutOfMemory : std::runtime_error {
  explicit OutOfMemory(const std::string& message) : std::runtime_error(message) {}
};

struct Block {
  void* data = nullptr;
  /** Usable bytes: those of the size class. */
  size_t bytes = 0;
};

class MemoryPool {
 public:
  MemoryPool() = default;
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;
  ~MemoryPool();

  /** At least `bytes` bytes with undefined contents. Throws OutOfMemory. */
  Block take(size_t bytes);
  void give_back(const Block& block);
  /** Counts bytes that are in memory beside the pool's blocks, such as a mapped file's, and no longer. */
  void count(size_t bytes);
  void discount(size_t bytes) { live_ -= bytes; }
  /** Hands every free block back to the operating system. */
  void trim();

  /** Bytes that the pool may hold in all; 0: as much as the machine has free. */
  void set_limit(size_t bytes) { limit_ = bytes; }

  size_t live_bytes() const { return live_; }
  size_t held_bytes() const { return live_ + free_; }
  size_t peak_bytes() const { return peak_; }
  void reset_peak() { peak_ = live_; }
  /** Number of blocks that had to be allocated. */
  uint64_t misses() const { return misses_; }

 private:
  struct Free {
    void* data;
    uint64_t since;
  };

  void* make(size_t bytes);
  void unmake(void* data, size_t bytes);
  /** Frees the blocks that have been unused for longest until no more than `bytes` stay free. */
  void keep_free(size_t bytes);

  std::map<size_t, std::deque<Free>> classes_;
  size_t live_ = 0;
  size_t free_ = 0;
  size_t peak_ = 0;
  size_t limit_ = 0;
  uint64_t misses_ = 0;
  uint64_t clock_ = 0;
};

/** A block of a pool for the time of one call. */
class Scratch {
 public:
  Scratch(MemoryPool& pool, int64_t floats)
      : pool_(pool), block_(pool.take(static_cast<size_t>(floats) * sizeof(float))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { pool_.give_back(block_); }
  float* floats() const { return static_cast<float*>(block_.data); }

 private:
  MemoryPool& pool_;
  Block block_;
};

}  // namespace coto
