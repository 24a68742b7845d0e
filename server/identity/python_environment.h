// PythonEnvironment: which Python runs an identity's code. Pure but for looking at files;
// thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <compare>
#include <string>

namespace muster::server {

struct PythonEnvironment {
  std::string folder;      // of a virtual environment (python3 -m venv); empty: the system's Python
  bool user_site = false;  // also what `pip install --user` put into the target user's home

  auto operator<=>(const PythonEnvironment&) const = default;
};

// Checks that `folder` is a virtual environment for Python `version` ("3.11"), the one that workers
// embed. The error says what it is instead.
absl::Status CheckVirtualEnvironment(const std::string& folder, const std::string& version);

}  // namespace muster::server
