#include "lapack_library.h"

#ifdef __linux__
#include <dlfcn.h>
#endif

#include <cstdlib>
#include <cstring>

namespace coto {
namespace {

#ifdef __linux__

/** Beside the addon in a package; where Debian installs it; where the system finds it. */
constexpr const char* kNames[] = {
#if defined(__x86_64__)
    "/usr/lib/x86_64-linux-gnu/openblas-serial/libopenblas.so.0",
#elif defined(__aarch64__)
    "/usr/lib/aarch64-linux-gnu/openblas-serial/libopenblas.so.0",
#endif
    "libopenblas.so.0",
};

std::string folder_of_addon() {
  Dl_info self{};
  if (dladdr(reinterpret_cast<const void*>(&folder_of_addon), &self) == 0 || self.dli_fname == nullptr) return "";
  const std::string path = self.dli_fname;
  const size_t end = path.rfind('/');
  return end == std::string::npos ? "" : path.substr(0, end + 1);
}

void* open_library() {
  const char* const wanted = std::getenv("COTO_LAPACK");
  if (wanted != nullptr && *wanted != '\0') return dlopen(wanted, RTLD_NOW | RTLD_LOCAL);
  const std::string folder = folder_of_addon();
  // A packed library finds its Fortran runtime if that is loaded already.
  if (!folder.empty()) {
    dlopen((folder + "libgfortran.so.5").c_str(), RTLD_NOW | RTLD_LOCAL);
    if (void* const library = dlopen((folder + "libopenblas.so.0").c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  }
  for (const char* const name : kNames)
    if (void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  return nullptr;
}

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  void* const address = dlsym(library, name);
  std::memcpy(&function, &address, sizeof(address));
  return address != nullptr;
}

LapackLibrary missing(const std::string& reason) {
  LapackLibrary none;
  none.description = reason;
  return none;
}

LapackLibrary load() {
  void* const library = open_library();
  if (library == nullptr) return missing("libopenblas.so.0 was not found");
  const char* (*configuration)() = nullptr;
  int (*parallel)() = nullptr;
  void (*set_threads)(int) = nullptr;
  if (!find(library, "openblas_get_config", configuration) || !find(library, "openblas_get_parallel", parallel) ||
      !find(library, "openblas_set_num_threads", set_threads))
    return missing("libopenblas.so.0 is another library than OpenBLAS");
  const std::string text = configuration();
  if (text.find("USE64BITINT") != std::string::npos) return missing("OpenBLAS has integers of 64 bits");
  // Its threads are those of oneDNN, whose number is not to change.
  if (parallel() == 2) return missing("OpenBLAS runs on OpenMP");
  // Sums in one order, whatever the load and the number of threads.
  set_threads(1);
  LapackLibrary loaded;
  LapackRoutines& routines = loaded.routines;
  if (!find(library, "dgesdd_", routines.dgesdd) || !find(library, "dgeqrf_", routines.dgeqrf) ||
      !find(library, "dorgqr_", routines.dorgqr) || !find(library, "dsyevd_", routines.dsyevd) ||
      !find(library, "dpotrf_", routines.dpotrf) || !find(library, "dpotrs_", routines.dpotrs) ||
      !find(library, "dgemm_", routines.dgemm))
    return missing("OpenBLAS was built without LAPACK");
  loaded.is_loaded = true;
  // "OpenBLAS 0.3.29 …": further words are how it was built.
  loaded.description = text.substr(0, text.find(' ', text.find(' ') + 1));
  return loaded;
}

#else

LapackLibrary load() {
  LapackLibrary none;
  none.description = "none is offered on this system yet";
  return none;
}

#endif

}  // namespace

const LapackLibrary& lapack_library() {
  static const LapackLibrary library = load();
  return library;
}

}  // namespace coto
