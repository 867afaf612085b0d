// Scratch memory of a thread for the length of a task.
#pragma once

#include <cstdint>

namespace coto {

/**
 * Buffer for `floats` numbers, aligned to 64 bytes, undefined at first. It is the calling thread's own, kept between
 * calls and grown where needed: every call of a thread returns the same memory, so that only one user at a time may
 * hold it.
 */
float* scratch(int64_t floats);

}  // namespace coto
