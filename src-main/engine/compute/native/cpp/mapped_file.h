// Parts of files in memory without a copy: the system reads them when they are first used, and may drop them again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace coto {

/** Thrown where a mapped file has lost what is needed of it. */
struct FileLost : std::runtime_error {
  FileLost() : std::runtime_error("a mapped file was cut short or taken away") {}
};

/** Bytes of a file, read-only; unmapped by unmap_file. */
struct MappedFile {
  /** Null where there is none. */
  const void* data = nullptr;
  /** The mapping that the bytes are in: it begins at a page. */
  void* start = nullptr;
  size_t length = 0;
  /** True if the file has lost one of the tensor's pages. */
  const std::atomic<bool>* is_lost = nullptr;
};

/**
 * Maps `bytes` bytes of an open file from `offset` on. Null data where the system cannot, or the file does not have so
 * many: they are read then. A page that the file has lost since, by being cut short or with its disk, reads as zeros
 * instead of ending the process, and lost_pages counts it.
 */
MappedFile map_file(int descriptor, uint64_t offset, size_t bytes);
void unmap_file(const MappedFile& mapped);

/** Pages of mapped files that were gone when they were needed, in this process so far. */
uint64_t lost_pages();

}  // namespace coto
