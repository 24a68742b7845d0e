#include "shell/shell_settings.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <stdlib.h>

#include "common/config_file.h"
#include "common/status_macros.h"

namespace muster::clustershell {
namespace {

absl::StatusOr<bool> ParseSwitch(const ConfigFile& file, const ConfigFile::Entry& entry) {
  for (const char* word : {"yes", "on", "true"}) {
    if (entry.value == word) return true;
  }
  for (const char* word : {"no", "off", "false"}) {
    if (entry.value == word) return false;
  }
  return file.ErrorAt(entry.line, absl::StrCat("\"", entry.value, "\" is neither yes nor no"));
}

}  // namespace

absl::StatusOr<ShellSettings> ReadShellSettings(const std::string& file) {
  ShellSettings settings;
  settings.named = file;
  ASSIGN_OR_RETURN(settings.configuration, ConfigFile::Find(file));
  if (settings.configuration.empty()) return settings;
  ASSIGN_OR_RETURN(const ConfigFile configuration,
                   ConfigFile::Load(settings.configuration, ConfigFile::TrustOfUser(file)));
  for (const ConfigFile::Section& section : configuration.sections()) {
    if (section.kind == "cluster") settings.clusters.push_back(section.name);
  }
  const ConfigFile::Section* const section = configuration.FindSection("shell");
  if (section == nullptr) return settings;
  if (const auto found = section->entries.find("fallthrough"); found != section->entries.end()) {
    ASSIGN_OR_RETURN(settings.falls_through, ParseSwitch(configuration, found->second));
  }
  if (const auto found = section->entries.find("programs"); found != section->entries.end()) {
    for (absl::string_view part :
         absl::StrSplit(found->second.value, absl::ByAnyChar(",\n"), absl::SkipWhitespace())) {
      std::string folder = WithHome(std::string(absl::StripAsciiWhitespace(part)));
      if (folder[0] != '/') {
        return configuration.ErrorAt(
            found->second.line,
            absl::StrCat("\"", folder, "\" is no folder: it has to begin with / or ~/"));
      }
      settings.program_folders.push_back(std::move(folder));
    }
  }
  return settings;
}

std::string WithHome(const std::string& path) {
  const char* home = ::getenv("HOME");
  if (home == nullptr || path.empty() || path[0] != '~') return path;
  return path.size() == 1 || path[1] == '/' ? home + path.substr(1) : path;
}

}  // namespace muster::clustershell
