// The encodings of stored matrices: a file each, and a line here.
#pragma once

#include "bfloat16.h"
#include "float16.h"
#include "int8.h"
#include "nf4.h"
#include "q2_k.h"
#include "q3_k.h"
#include "q4_0.h"
#include "q4_1.h"
#include "q4_k.h"
#include "q5_0.h"
#include "q5_1.h"
#include "q5_k.h"
#include "q6_k.h"
#include "q8_0.h"

namespace coto {
namespace COTO_ISA {

/** Calls visit with an object of the encoding's structure, and returns what it returns. */
template <typename Visit>
COTO_INLINE auto with_encoding(Encoding encoding, Visit visit) {
  switch (encoding) {
    case Encoding::bfloat16: return visit(Bfloat16());
    case Encoding::float16: return visit(Float16());
    case Encoding::q4_0: return visit(Q4Zero());
    case Encoding::q4_1: return visit(Q4One());
    case Encoding::q5_0: return visit(Q5Zero());
    case Encoding::q5_1: return visit(Q5One());
    case Encoding::q8_0: return visit(Q8Zero());
    case Encoding::q2_k: return visit(Q2K());
    case Encoding::q3_k: return visit(Q3K());
    case Encoding::q4_k: return visit(Q4K());
    case Encoding::q5_k: return visit(Q5K());
    case Encoding::q6_k: return visit(Q6K());
    case Encoding::nf4: return visit(NormalFloat4());
    case Encoding::int8: return visit(Int8());
  }
  __builtin_unreachable();
}

/** Decodes `count` values of a row from `first` on, both whole numbers of blocks. */
template <typename Stored>
COTO_INLINE void decode_row(const uint8_t* row, int64_t first, int64_t count, float* y) {
  const uint8_t* block = row + first / Stored::kValues * Stored::kBytes;
  for (int64_t i = 0; i < count; i += Stored::kValues, block += Stored::kBytes) Stored::decode(block, y + i);
}

}  // namespace COTO_ISA
}  // namespace coto
