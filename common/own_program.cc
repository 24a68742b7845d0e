#include "common/own_program.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

namespace muster {

std::string FolderOf(const void* address) {
  Dl_info info{};
  char resolved[PATH_MAX];
  const char* file = "/proc/self/exe";
  // A program that is not position-independent at run time reports argv[0] here: ask the kernel
  // then.
  if (::dladdr(address, &info) != 0 && info.dli_fname != nullptr && info.dli_fname[0] == '/') {
    file = info.dli_fname;
  }
  if (::realpath(file, resolved) == nullptr) return "";
  const std::string path(resolved);
  return path.substr(0, path.rfind('/'));
}

std::string FindProgram(const std::string& folder, const std::string& name) {
  if (const char* given = ::getenv("MUSTER_BIN_DIR"); given != nullptr && *given != '\0') {
    return std::string(given) + "/" + name;
  }
  for (const char* relative :
       {"", "/../bin", "/../libexec/muster", "/../../bin", "/../../libexec/muster",
        "/../../../../bin", "/../../../../libexec/muster"}) {
    std::string candidate = folder;
    candidate.append(relative).append("/").append(name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

}  // namespace muster
