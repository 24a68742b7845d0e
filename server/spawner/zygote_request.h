// ZygoteRequest: which zygote the spawner shall start: whose rights it has, and which Python. Plain
// data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/spawner/job_rights.h"

namespace muster::server {

struct ZygoteRequest {
  JobRights rights;
  std::string environment_folder;  // of a virtual environment; empty: the system's Python
  bool user_site = false;          // packages in the user's home count

  std::string Encode() const;
  static std::optional<ZygoteRequest> Decode(std::string_view payload);
};

}  // namespace muster::server
