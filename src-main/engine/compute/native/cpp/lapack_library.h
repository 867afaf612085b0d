// OpenBLAS, loaded at run time: an addon without it loads, and JavaScript decomposes in its place.
#pragma once

#include <cstddef>
#include <string>

namespace coto {

/** Fortran's routines. Every argument is an address; the lengths of texts come last. */
struct LapackRoutines {
  void (*dgesdd)(const char* job, const int* m, const int* n, double* a, const int* lda, double* s, double* u,
                 const int* ldu, double* vt, const int* ldvt, double* work, const int* lwork, int* iwork, int* info,
                 size_t);
  void (*dgeqrf)(const int* m, const int* n, double* a, const int* lda, double* tau, double* work, const int* lwork,
                 int* info);
  void (*dorgqr)(const int* m, const int* n, const int* k, double* a, const int* lda, const double* tau, double* work,
                 const int* lwork, int* info);
  void (*dsyevd)(const char* job, const char* triangle, const int* n, double* a, const int* lda, double* w,
                 double* work, const int* lwork, int* iwork, const int* liwork, int* info, size_t, size_t);
  void (*dpotrf)(const char* triangle, const int* n, double* a, const int* lda, int* info, size_t);
  void (*dpotrs)(const char* triangle, const int* n, const int* columns, const double* a, const int* lda, double* b,
                 const int* ldb, int* info, size_t);
  void (*dgemm)(const char* transpose_a, const char* transpose_b, const int* m, const int* n, const int* k,
                const double* alpha, const double* a, const int* lda, const double* b, const int* ldb,
                const double* beta, double* c, const int* ldc, size_t, size_t);
};

struct LapackLibrary {
  bool is_loaded = false;
  /** Name and version of the library, or why there is none. */
  std::string description;
  LapackRoutines routines{};
};

/** Loads the library at the first call. */
const LapackLibrary& lapack_library();

}  // namespace coto
