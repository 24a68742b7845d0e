#include "server/identity/python_environment.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <fstream>

namespace muster::server {
namespace {

// "3.11.2" of "version = 3.11.2" in pyvenv.cfg (PEP 405); empty: none.
std::string VersionIn(std::ifstream& file) {
  for (std::string line; std::getline(file, line);) {
    const std::pair<std::string, std::string> entry = absl::StrSplit(line, absl::MaxSplits('=', 1));
    const std::string key = absl::AsciiStrToLower(absl::StripAsciiWhitespace(entry.first));
    if (key == "version" || key == "version_info") {
      return std::string(absl::StripAsciiWhitespace(entry.second));
    }
  }
  return "";
}

}  // namespace

absl::Status CheckVirtualEnvironment(const std::string& folder, const std::string& version) {
  if (folder.empty() || folder[0] != '/') {
    return absl::InvalidArgumentError(absl::StrCat(
        "python is the folder of a virtual environment, with its whole path, or \"system\"; not \"",
        folder, "\""));
  }
  std::ifstream file(folder + "/pyvenv.cfg");
  if (!file) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder,
        " is no virtual environment (there is no pyvenv.cfg that clusterd may read); make "
        "one: python3 -m venv ",
        folder));
  }
  const std::string found = VersionIn(file);
  if (found != version && !absl::StartsWith(found, version + ".")) {
    return absl::InvalidArgumentError(
        absl::StrCat("the virtual environment ", folder, " is for Python ",
                     found.empty() ? "of a version that it does not tell" : found,
                     ", and workers are Python ", version, "; make it again with python", version));
  }
  return absl::OkStatus();
}

}  // namespace muster::server
