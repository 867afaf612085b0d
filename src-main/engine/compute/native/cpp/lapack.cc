// Matrices come and go as typed arrays, row-major. LAPACK reads a row-major matrix as its transpose, which most of
// these routines make use of. Decompositions work on memory aligned to 64 bytes, so that sums keep their order.
#include "lapack.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <new>

#include "lapack_library.h"

namespace coto {
namespace {

/** Numbers outside JavaScript's heap for the length of a call. */
class Doubles {
 public:
  explicit Doubles(int64_t count)
      : values_(static_cast<double*>(
            ::operator new(sizeof(double) * static_cast<size_t>(std::max<int64_t>(1, count)), kAlignment))) {}
  Doubles(const Doubles&) = delete;
  Doubles& operator=(const Doubles&) = delete;
  ~Doubles() { ::operator delete(values_, kAlignment); }
  double* data() const { return values_; }
  double& operator[](int64_t at) const { return values_[at]; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  double* values_;
};

/** A typed array of floating-point numbers. */
struct Values {
  void* data = nullptr;
  int64_t length = 0;
  bool is_double = false;

  double* doubles() const { return static_cast<double*>(data); }
};

Values take_values(Call& call, int64_t expected) {
  napi_typedarray_type type;
  size_t length = 0;
  Values values;
  Call::check(napi_get_typedarray_info(call.env(), call.value(), &type, &length, &values.data, nullptr, nullptr));
  if (type != napi_float64_array && type != napi_float32_array) throw std::runtime_error("values of another type");
  values.length = static_cast<int64_t>(length);
  values.is_double = type == napi_float64_array;
  if (values.length != expected) throw std::runtime_error("values that are not as many as the matrix's");
  return values;
}

double* take_result(Call& call, int64_t expected) {
  const Values values = take_values(call, expected);
  if (!values.is_double) throw std::runtime_error("a result that is no Float64Array");
  return values.doubles();
}

/** Sums and maxima are found in so many lanes, which the compiler turns into vectors. */
constexpr int kLanes = 8;

/** A sum of zeros and NaNs: one comparison a call instead of one a value. */
class FiniteTest {
 public:
  void see(double value, int64_t at) { sums_[at % kLanes] += 0 * value; }
  bool passed() const {
    return std::all_of(sums_, sums_ + kLanes, [](double sum) { return sum == 0; });
  }

 private:
  double sums_[kLanes] = {};
};

template <typename Number>
bool are_finite(const Number* values, int64_t count) {
  FiniteTest test;
  int64_t at = 0;
  for (; at + kLanes <= count; at += kLanes)
    for (int lane = 0; lane < kLanes; lane++) test.see(static_cast<double>(values[at + lane]), lane);
  for (; at < count; at++) test.see(static_cast<double>(values[at]), at);
  return test.passed();
}

template <typename Number>
bool copy_finite(const Number* from, double* to, int64_t count) {
  for (int64_t at = 0; at < count; at++) to[at] = static_cast<double>(from[at]);
  return are_finite(to, count);
}

/** Copies values; false where one of them is not finite. */
bool load(const Values& values, double* to) {
  if (values.is_double) return copy_finite(values.doubles(), to, values.length);
  return copy_finite(static_cast<const float*>(values.data), to, values.length);
}

/** Scales by a power of two, which rounds nothing, so that the greatest value lies in [1, 2). Returns its inverse. */
double normalize(double* values, int64_t count) {
  double most[kLanes] = {};
  int64_t next = 0;
  for (; next + kLanes <= count; next += kLanes)
    for (int lane = 0; lane < kLanes; lane++) {
      const double size = std::fabs(values[next + lane]);
      most[lane] = size > most[lane] ? size : most[lane];
    }
  double greatest = *std::max_element(most, most + kLanes);
  for (; next < count; next++) greatest = std::max(greatest, std::fabs(values[next]));
  if (greatest == 0) return 1;
  const double back = std::ldexp(1.0, std::max(-1022, std::ilogb(greatest)));
  for (int64_t at = 0; at < count; at++) values[at] /= back;
  return back;
}

/** Negated without negative zeros. */
double turned(double value, double sign) { return sign < 0 ? 0 - value : value; }

constexpr int64_t kTile = 32;

/** to [columns, rows] = from [rows, columns] transposed; row r of `from` is multiplied by signs[r] where there are any.
 */
void transpose(const double* from, double* to, int64_t rows, int64_t columns, const double* signs = nullptr) {
  for (int64_t top = 0; top < rows; top += kTile)
    for (int64_t left = 0; left < columns; left += kTile)
      for (int64_t row = top; row < std::min(rows, top + kTile); row++) {
        const double sign = signs == nullptr ? 1 : signs[row];
        for (int64_t column = left; column < std::min(columns, left + kTile); column++)
          to[column * rows + row] = turned(from[row * columns + column], sign);
      }
}

/** Entries this near to the greatest count as equal to it, as in linalg/vectors.ts. */
constexpr double kNearlyGreatest = 1 - 1e-8;

/** −1 where the entry of greatest magnitude, or the first of those equal up to rounding, is negative; else 1. */
double sign_of(const double* vector, int64_t length, int64_t stride) {
  double greatest = 0;
  for (int64_t at = 0; at < length; at++) greatest = std::max(greatest, std::fabs(vector[at * stride]));
  for (int64_t at = 0; at < length; at++)
    if (std::fabs(vector[at * stride]) >= greatest * kNearlyGreatest) return vector[at * stride] < 0 ? -1 : 1;
  return 1;
}

int size_of_work(double answer) {
  if (!(answer < std::numeric_limits<int>::max())) throw std::runtime_error("a matrix that is too large for LAPACK");
  return std::max(1, static_cast<int>(answer));
}

struct Size {
  int rows;
  int columns;
  int64_t count;
};

Size take_size(Call& call) {
  const int64_t rows = call.integer();
  const int64_t columns = call.integer();
  const int64_t most = std::numeric_limits<int>::max();
  if (rows < 1 || columns < 1 || rows > most / columns) throw std::runtime_error("a matrix of a size beyond LAPACK's");
  return {static_cast<int>(rows), static_cast<int>(columns), rows * columns};
}

/** Copies values column by column; false where one of them is not finite. */
bool load_columns(const Values& values, double* to, const Size& size) {
  const Doubles rows(size.count);
  if (!load(values, rows.data())) return false;
  transpose(rows.data(), to, size.rows, size.columns);
  return true;
}

/** Takes a matrix, u [rows, k], s [k] and vt [k, columns]. */
napi_value svd(Call& call) {
  const Size size = take_size(call);
  const Values matrix = take_values(call, size.count);
  const int k = std::min(size.rows, size.columns);
  double* const u = take_result(call, int64_t{size.rows} * k);
  double* const s = take_result(call, k);
  double* const vt = take_result(call, int64_t{k} * size.columns);
  // LAPACK is faster for tall matrices: a wide one, read by columns, is its tall transpose.
  const bool is_tall = size.rows > size.columns;
  const int length = std::max(size.rows, size.columns);
  const Doubles tall(size.count);
  if (is_tall ? !load_columns(matrix, tall.data(), size) : !load(matrix, tall.data())) return call.flag_result(false);
  const double unit = normalize(tall.data(), size.count);
  // The long vectors one after another, and the entries of the short ones side by side.
  const Doubles long_vectors(int64_t{k} * length);
  const Doubles short_vectors(int64_t{k} * k);
  const Doubles values(k);
  const Doubles integers(int64_t{4} * k);
  const auto& dgesdd = lapack_library().routines.dgesdd;
  int info = 0;
  const auto run = [&](double* work, int count) {
    dgesdd("S", &length, &k, tall.data(), &length, values.data(), long_vectors.data(), &length, short_vectors.data(),
           &k, work, &count, reinterpret_cast<int*>(integers.data()), &info, 1);
  };
  double wanted = 0;
  run(&wanted, -1);
  const int count = size_of_work(wanted);
  const Doubles work(count);
  run(work.data(), count);
  if (info != 0) return call.flag_result(false);
  const Doubles signs(k);
  for (int64_t at = 0; at < k; at++) {
    s[at] = values[at] * unit;
    signs[at] =
        is_tall ? sign_of(long_vectors.data() + at * length, length, 1) : sign_of(short_vectors.data() + at, k, k);
  }
  if (is_tall) {
    transpose(long_vectors.data(), u, k, length, signs.data());
    for (int64_t at = 0; at < k; at++)
      for (int64_t column = 0; column < k; column++)
        vt[at * k + column] = turned(short_vectors[column * k + at], signs[at]);
    return call.flag_result(true);
  }
  for (int64_t at = 0; at < k; at++) {
    for (int64_t row = 0; row < k; row++) u[row * k + at] = turned(short_vectors[row * k + at], signs[at]);
    for (int64_t column = 0; column < length; column++)
      vt[at * length + column] = turned(long_vectors[at * length + column], signs[at]);
  }
  return call.flag_result(true);
}

/** Takes a matrix, q [rows, k] and r [k, columns]. */
napi_value qr(Call& call) {
  const Size size = take_size(call);
  const Values matrix = take_values(call, size.count);
  const int k = std::min(size.rows, size.columns);
  double* const q = take_result(call, int64_t{size.rows} * k);
  double* const r = take_result(call, int64_t{k} * size.columns);
  const Doubles columns(size.count);
  if (!load_columns(matrix, columns.data(), size)) return call.flag_result(false);
  const double unit = normalize(columns.data(), size.count);
  const Doubles tau(k);
  const LapackRoutines& routines = lapack_library().routines;
  int info = 0;
  double wanted_first = 0;
  double wanted_second = 0;
  const int query = -1;
  routines.dgeqrf(&size.rows, &size.columns, columns.data(), &size.rows, tau.data(), &wanted_first, &query, &info);
  routines.dorgqr(&size.rows, &k, &k, columns.data(), &size.rows, tau.data(), &wanted_second, &query, &info);
  const int length = size_of_work(std::max(wanted_first, wanted_second));
  const Doubles work(length);
  routines.dgeqrf(&size.rows, &size.columns, columns.data(), &size.rows, tau.data(), work.data(), &length, &info);
  if (info != 0) return call.flag_result(false);
  const Doubles signs(k);
  for (int64_t row = 0; row < k; row++) {
    signs[row] = columns[row * size.rows + row] < 0 ? -1 : 1;
    for (int64_t column = 0; column < size.columns; column++)
      r[row * size.columns + column] = column < row ? 0 : unit * turned(columns[column * size.rows + row], signs[row]);
  }
  routines.dorgqr(&size.rows, &k, &k, columns.data(), &size.rows, tau.data(), work.data(), &length, &info);
  if (info != 0) return call.flag_result(false);
  transpose(columns.data(), q, k, size.rows, signs.data());
  return call.flag_result(true);
}

/** Copies the lower triangle, with zeros above it; false where a value of it is not finite. */
template <typename Number>
bool copy_triangle(const Number* from, double* to, int64_t size) {
  bool is_finite = true;
  for (int64_t row = 0; row < size; row++) {
    is_finite = copy_finite(from + row * size, to + row * size, row + 1) && is_finite;
    std::fill(to + row * size + row + 1, to + (row + 1) * size, 0.0);
  }
  return is_finite;
}

bool load_triangle(const Values& values, double* to, int64_t size) {
  if (values.is_double) return copy_triangle(values.doubles(), to, size);
  return copy_triangle(static_cast<const float*>(values.data), to, size);
}

Size take_square(Call& call) {
  const Size size = take_size(call);
  if (size.rows != size.columns) throw std::runtime_error("a matrix that is not square");
  return size;
}

/** Takes a matrix, of which the lower triangle is read, values [n] and vectors [n, n]. */
napi_value eigen(Call& call) {
  const Size size = take_square(call);
  const int n = size.rows;
  const Values matrix = take_values(call, size.count);
  double* const values = take_result(call, n);
  double* const vectors = take_result(call, size.count);
  const Doubles rows(size.count);
  if (!load_triangle(matrix, rows.data(), n)) return call.flag_result(false);
  const double unit = normalize(rows.data(), size.count);
  const Doubles found(n);
  const auto& dsyevd = lapack_library().routines.dsyevd;
  int info = 0;
  // The lower triangle by rows is the upper one by columns.
  const auto run = [&](double* work, int length, int* integers, int count) {
    dsyevd("V", "U", &n, rows.data(), &n, found.data(), work, &length, integers, &count, &info, 1, 1);
  };
  double wanted = 0;
  int wanted_integers = 0;
  run(&wanted, -1, &wanted_integers, -1);
  const int length = size_of_work(wanted);
  const Doubles work(length);
  const Doubles integers(wanted_integers);
  run(work.data(), length, reinterpret_cast<int*>(integers.data()), wanted_integers);
  if (info != 0) return call.flag_result(false);
  const Doubles signs(n);
  for (int64_t at = 0; at < n; at++) {
    values[at] = found[at] * unit;
    signs[at] = sign_of(rows.data() + at * n, n, 1);
  }
  transpose(rows.data(), vectors, n, n, signs.data());
  return call.flag_result(true);
}

/** Takes S [n, n], of which the lower triangle is read, the number of rows of B [rows, n], B, and B·S⁻¹ [rows, n]. */
napi_value solve_symmetric(Call& call) {
  const Size size = take_square(call);
  const int n = size.rows;
  const Values matrix = take_values(call, size.count);
  const Size many = take_size(call);
  if (many.columns != n) throw std::runtime_error("rows of another length");
  const Values right = take_values(call, many.count);
  double* const result = take_result(call, many.count);
  const Doubles factor(size.count);
  const Doubles rows(many.count);
  if (!load_triangle(matrix, factor.data(), n) || !load(right, rows.data())) return call.flag_result(false);
  const LapackRoutines& routines = lapack_library().routines;
  int info = 0;
  routines.dpotrf("U", &n, factor.data(), &n, &info, 1);
  if (info != 0) return call.flag_result(false);
  routines.dpotrs("U", &n, &many.rows, factor.data(), &n, rows.data(), &n, &info, 1);
  if (info != 0) return call.flag_result(false);
  std::copy(rows.data(), rows.data() + many.count, result);
  return call.flag_result(true);
}

/** Takes a [rows, inner], b [inner, columns], and a·b [rows, columns]. */
napi_value multiply(Call& call) {
  const Size size = take_size(call);
  const Values left = take_values(call, size.count);
  const Size other = take_size(call);
  if (other.rows != size.columns) throw std::runtime_error("matrices that do not fit each other");
  const Values right = take_values(call, other.count);
  double* const result = take_result(call, int64_t{size.rows} * other.columns);
  // The library packs what it multiplies: float64 is read where it lies.
  const Doubles a(left.is_double ? 0 : size.count);
  const Doubles b(right.is_double ? 0 : other.count);
  if (left.is_double ? !are_finite(left.doubles(), size.count) : !load(left, a.data())) return call.flag_result(false);
  if (right.is_double ? !are_finite(right.doubles(), other.count) : !load(right, b.data()))
    return call.flag_result(false);
  const double one = 1;
  const double zero = 0;
  // (A·B)ᵀ = Bᵀ·Aᵀ.
  lapack_library().routines.dgemm(
      "N", "N", &other.columns, &size.rows, &size.columns, &one, right.is_double ? right.doubles() : b.data(),
      &other.columns, left.is_double ? left.doubles() : a.data(), &size.columns, &zero, result, &other.columns, 1, 1);
  return call.flag_result(true);
}

napi_value has_lapack(Call& call) { return call.flag_result(lapack_library().is_loaded); }

napi_value describe_lapack(Call& call) {
  const std::string& text = lapack_library().description;
  napi_value result = nullptr;
  Call::check(napi_create_string_utf8(call.env(), text.c_str(), text.size(), &result));
  return result;
}

template <napi_value (*routine)(Call&)>
napi_value with_library(Call& call) {
  if (!lapack_library().is_loaded) return call.flag_result(false);
  return routine(call);
}

constexpr Method kMethods[] = {
    {"hasLapack", has_lapack},
    {"describeLapack", describe_lapack},
    {"svd", with_library<svd>},
    {"qr", with_library<qr>},
    {"symmetricEigen", with_library<eigen>},
    {"solveSymmetric", with_library<solve_symmetric>},
    {"multiplyDoubles", with_library<multiply>},
};

}  // namespace

std::pair<const Method*, size_t> lapack_methods() { return {kMethods, std::size(kMethods)}; }

}  // namespace coto
