#include "provision/daemon_settings.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>

#include "common/nearest.h"
#include "common/quantity.h"

namespace muster::provision {

namespace {

// What clusterd would say of the value, before it is asked.
absl::Status CheckValue(const std::string& name, const std::string& value) {
  if (name == "max_time" || name == "max_cpu") return ParseDuration(value).status();
  if (name == "max_memory" || name == "max_file_size" || name == "max_output") {
    return ParseSize(value).status();
  }
  if (name == "workers" || absl::StartsWith(name, "max_")) return ParseCount(value).status();
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> DaemonSettings() {
  return {"workers",       "slots",      "max_running",    "max_queued",
          "max_time",      "max_cpu",    "max_memory",     "max_processes",
          "max_file_size", "max_output", "max_open_files", "log_level"};
}

std::string DaemonSection(const Settings& settings) {
  std::string section;
  for (const std::string& name : DaemonSettings()) {
    const auto given = settings.find(name);
    if (given != settings.end()) absl::StrAppend(&section, name, " = ", given->second, "\n");
  }
  return section;
}

absl::Status CheckSettings(const std::string& what, const Settings& settings,
                           const std::vector<std::string>& valid) {
  for (const auto& [name, value] : settings) {
    if (std::find(valid.begin(), valid.end(), name) == valid.end()) {
      return absl::InvalidArgumentError(absl::StrCat(what, " has no setting '", name, "'",
                                                     DidYouMean(name, valid),
                                                     "; it has: ", absl::StrJoin(valid, ", ")));
    }
    if (value.find_first_of("\r\n") != std::string::npos || absl::StrContains(value, '\0')) {
      return absl::InvalidArgumentError(
          absl::StrCat("the setting '", name, "' of ", what, " holds a line end"));
    }
    if (const absl::Status bad = CheckValue(name, value); !bad.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the setting '", name, "' of ", what, " is '", value, "': ", bad.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace muster::provision
