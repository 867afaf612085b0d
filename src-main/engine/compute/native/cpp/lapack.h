// Decompositions and products in double precision by a LAPACK library that is loaded at the first call.
#pragma once

#include <cstddef>
#include <utility>

#include "call.h"

namespace coto {

/** The methods of lapack.cc as JavaScript calls them. */
std::pair<const Method*, size_t> lapack_methods();

}  // namespace coto
