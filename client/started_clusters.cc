#include "client/started_clusters.h"

#include <absl/strings/str_cat.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "common/address.h"

namespace muster {

std::string StartedClustersFolder() {
  const char* state = ::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return absl::StrCat(state, "/muster/clusters");
  const char* home = ::getenv("HOME");
  if (home != nullptr && home[0] == '/') return absl::StrCat(home, "/.local/state/muster/clusters");
  return "";
}

std::vector<std::string> StartedClusterNames() {
  std::vector<std::string> names;
  std::error_code error;
  const std::filesystem::directory_iterator files(StartedClustersFolder(), error);
  if (error) return names;
  for (auto file = begin(files); !error && file != end(files); file.increment(error)) {
    const std::filesystem::path& path = file->path();
    // One that is being written has another name.
    if (path.extension() == ".conf" && IsValidName(path.stem().string())) {
      names.push_back(path.stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string StartedClusterPath(const std::string& name) {
  return absl::StrCat(StartedClustersFolder(), "/", name, ".conf");
}

}  // namespace muster
