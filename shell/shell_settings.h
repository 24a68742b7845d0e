// ShellSettings: what the configuration says of the prompt itself ([shell]), and which clusters it
// has. Plain data.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

namespace muster::clustershell {

struct ShellSettings {
  bool falls_through = true;                 // an unknown word may be a program of this machine
  std::vector<std::string> program_folders;  // besides the usual ones
  std::string configuration;                 // the file; empty: there is none
  std::string named;                         // the file as our command line has it; else empty
  std::vector<std::string> clusters;         // of the file
};

// Of the configuration file that connect() reads: `file` when it is not empty. InvalidArgument with
// file and line: a value is wrong; other errors as ConfigFile has them.
absl::StatusOr<ShellSettings> ReadShellSettings(const std::string& file);

// "~" and "~/…" of this machine; other paths as they are.
std::string WithHome(const std::string& path);

}  // namespace muster::clustershell
