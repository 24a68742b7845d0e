#include "provision/hook_settings.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/config_file.h"
#include "common/quantity.h"
#include "common/status_macros.h"
#include "provision/state_folder.h"
#include "provision/yaml_json.h"

namespace muster::provision {
namespace {

using nlohmann::json;

constexpr char kValid[] =
    "; valid here: true (all hooks), false, a list of names, or a mapping of names to settings";
constexpr std::chrono::hours kMostTimeout{24};
constexpr char kOldName[] = "enable_slurm_gcp_plugins";
constexpr char kOwnName[] = "enable_hooks";

absl::Status NoSwitch(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(what, kValid));
}

bool IsModuleName(absl::string_view name) {
  return !name.empty() && (absl::ascii_isalpha(name[0]) != 0 || name[0] == '_') &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) != 0 || c == '_'; });
}

absl::Status Add(absl::string_view word, HookSwitch& found) {
  const std::string name(absl::StripAsciiWhitespace(word));
  if (!IsModuleName(name)) {
    return NoSwitch(absl::StrCat("\"", name, "\" is no name of a hook (letters, digits and _)"));
  }
  if (std::find(found.names.begin(), found.names.end(), name) == found.names.end()) {
    found.names.push_back(name);
  }
  return absl::OkStatus();
}

absl::StatusOr<HookSwitch> OfText(const std::string& text) {
  HookSwitch found;
  for (absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(",\n"))) {
    if (absl::StripAsciiWhitespace(word).empty()) continue;
    RETURN_IF_ERROR(Add(word, found));
  }
  return found;
}

absl::StatusOr<bool> ParseYesNo(const std::string& value) {
  for (const char* word : {"yes", "on", "true"}) {
    if (value == word) return true;
  }
  for (const char* word : {"no", "off", "false"}) {
    if (value == word) return false;
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is neither yes nor no"));
}

// Of the settings of a hook; none: they do not say.
absl::StatusOr<std::optional<bool>> RequiredOf(const json& settings) {
  const auto found = settings.find("required");
  if (found == settings.end()) return std::optional<bool>();
  if (found->is_boolean()) return std::optional<bool>(found->get<bool>());
  ASSIGN_OR_RETURN(const bool is_required,
                   ParseYesNo(found->is_string() ? found->get<std::string>() : found->dump()));
  return std::optional<bool>(is_required);
}

absl::StatusOr<HookSwitch> OfMapping(const json& value) {
  HookSwitch found;
  for (const auto& [name, settings] : value.items()) {
    if (settings.is_boolean() && !settings.get<bool>()) continue;
    if (!settings.is_null() && !settings.is_object() && !settings.is_boolean()) {
      return NoSwitch(absl::StrCat("the settings of ", name, " are ", settings.dump(),
                                   ", and have to be a mapping, or nothing"));
    }
    RETURN_IF_ERROR(Add(name, found));
    if (!settings.is_object()) continue;
    if (const auto required = RequiredOf(settings); !required.ok()) {
      return NoSwitch(absl::StrCat("required of ", name, ": ", required.status().message()));
    }
    found.settings[name] = settings.dump();
  }
  return found;
}

absl::StatusOr<HookSwitch> OfValue(const json& value) {
  HookSwitch found;
  if (value.is_null()) return found;
  if (value.is_boolean()) {
    found.all = value.get<bool>();
    return found;
  }
  if (value.is_string()) return OfText(value.get<std::string>());
  if (value.is_object()) return OfMapping(value);
  if (!value.is_array()) return NoSwitch(absl::StrCat(value.dump(), " switches nothing on"));
  for (const json& name : value) {
    if (!name.is_string()) return NoSwitch(absl::StrCat(name.dump(), " is no name of a hook"));
    RETURN_IF_ERROR(Add(name.get<std::string>(), found));
  }
  return found;
}

absl::StatusOr<std::chrono::milliseconds> ParseTimeout(const std::string& text) {
  ASSIGN_OR_RETURN(const std::chrono::milliseconds timeout, ParseDuration(text));
  if (timeout.count() <= 0 || timeout > kMostTimeout) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not above 0 and at most ", kMostTimeout.count(), "h"));
  }
  return timeout;
}

// What of a section [hook NAME] is not for the hook itself.
absl::Status CheckOwn(const std::string& key, const std::string& value) {
  if (key == "timeout") return ParseTimeout(value).status();
  if (key == "required") return ParseYesNo(value).status();
  double number = 0;
  if (key == "priority" && !(absl::SimpleAtod(value, &number) && std::isfinite(number))) {
    return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is no number"));
  }
  return absl::OkStatus();
}

std::string Home() {
  const char* const home = ::getenv("HOME");
  return home != nullptr && home[0] == '/' ? home : "";
}

// Of this user; empty: it is not known.
std::string ConfigurationFolder() {
  const char* const config = ::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && config[0] == '/') return absl::StrCat(config, "/muster");
  return Home().empty() ? "" : Home() + "/.config/muster";
}

std::string FullPath(const std::string& folder, const std::string& path) {
  if (absl::StartsWith(path, "~/") && !Home().empty()) return Home() + path.substr(1);
  if (absl::StartsWith(path, "/")) return path;
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

// Reads one configuration. One thread.
class Reader {
 public:
  explicit Reader(std::string configuration) : configuration_(std::move(configuration)) {}

  absl::StatusOr<HookSettings> Read(bool is_named) {
    if (configuration_.empty()) {
      folder_ = ConfigurationFolder();
      RETURN_IF_ERROR(ReadYaml());
    } else {
      RETURN_IF_ERROR(ReadAll(is_named));
    }
    AddUsualFolders();
    RETURN_IF_ERROR(CheckOff());
    return std::move(result_);
  }

 private:
  // Hooks that have to say yes cannot where none are switched on.
  absl::Status CheckOff() const {
    if (result_.enabled.is_on()) return absl::OkStatus();
    std::vector<std::string> wanted = result_.required;
    for (const auto& [name, settings] : result_.enabled.settings) wanted.push_back(name);
    for (const std::string& name : wanted) {
      const std::string setting = result_.RequiredBy(name);
      if (setting.empty()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(configuration_, ": the hook ", name, " is required (", setting,
                       "), and no hooks are switched on",
                       result_.origin.empty() ? "" : absl::StrCat(" in ", result_.origin),
                       "; say enable = true in [hooks], or take the setting away"));
    }
    if (!result_.requires_all || !result_.origin.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(configuration_,
                     ": all hooks are required ([hooks] required), and none are switched on; say "
                     "enable = true in [hooks], or take the setting away"));
  }

  absl::Status ReadAll(bool is_named) {
    std::error_code ignored;
    folder_ = std::filesystem::absolute(configuration_, ignored)
                  .lexically_normal()
                  .parent_path()
                  .string();
    ASSIGN_OR_RETURN(const ConfigFile file,
                     ConfigFile::Load(configuration_, is_named ? Trust::kNamed : Trust::kStrict));
    if (const auto* section = file.FindSection("hooks")) {
      RETURN_IF_ERROR(ReadSection(file, *section));
    }
    RETURN_IF_ERROR(ReadYaml());
    for (const ConfigFile::Section& section : file.sections()) {
      if (section.kind == "hook") RETURN_IF_ERROR(ReadHook(file, section));
    }
    return absl::OkStatus();
  }

  absl::Status ReadSection(const ConfigFile& file, const ConfigFile::Section& section) {
    for (const auto& [key, entry] : section.entries) {
      const absl::Status status = Take(key, entry);
      if (!status.ok()) {
        return file.ErrorAt(entry.line, absl::StrCat(key, ": ", std::string(status.message())));
      }
      if (!IsSwitch(key)) continue;
      const std::string place = absl::StrCat(file.path(), ":", entry.line);
      if (!result_.origin.empty()) {
        return file.ErrorAt(entry.line, absl::StrCat(key,
                                                     ": hooks are switched on twice, here and "
                                                     "in ",
                                                     result_.origin, "; keep one of them"));
      }
      result_.origin = place;
    }
    return absl::OkStatus();
  }

  static bool IsSwitch(const std::string& key) {
    return key == "enable" || key == kOldName || key == kOwnName;
  }

  absl::Status Take(const std::string& key, const ConfigFile::Entry& entry) {
    if (IsSwitch(key)) {
      ASSIGN_OR_RETURN(result_.enabled, ParseHookSwitch(entry.value));
    } else if (key == "path") {
      for (absl::string_view part : absl::StrSplit(entry.value, absl::ByAnyChar(",\n"))) {
        part = absl::StripAsciiWhitespace(part);
        if (part.empty()) continue;
        const std::string path = FullPath(folder_, std::string(part));
        if (::access(path.c_str(), F_OK) != 0) {
          return absl::InvalidArgumentError(absl::StrCat("there is no folder ", path));
        }
        AddFolder(path);
      }
    } else if (key == "timeout") {
      ASSIGN_OR_RETURN(result_.timeout, ParseTimeout(entry.value));
    } else if (key == "memory") {
      ASSIGN_OR_RETURN(result_.memory_bytes, ParseSize(entry.value));
    } else if (key == "trace") {
      ASSIGN_OR_RETURN(result_.traces, ParseYesNo(entry.value));
    } else if (key == "executables") {
      ASSIGN_OR_RETURN(result_.runs_programs, ParseYesNo(entry.value));
    } else if (key == "required") {
      TakeRequired(entry.value);
    }
    return absl::OkStatus();
  }

  // Yes, no, or the names of some, executables too.
  void TakeRequired(const std::string& value) {
    if (const auto all = ParseYesNo(value); all.ok()) {
      result_.requires_all = *all;
      return;
    }
    for (absl::string_view word : absl::StrSplit(value, absl::ByAnyChar(",\n"))) {
      word = absl::StripAsciiWhitespace(word);
      if (!word.empty()) result_.required.emplace_back(word);
    }
  }

  absl::Status ReadYaml() {
    if (folder_.empty()) return absl::OkStatus();
    const std::string path = folder_ + "/config.yaml";
    if (::access(path.c_str(), F_OK) != 0) return absl::OkStatus();
    // One that says nothing of hooks is somebody else's, who may write what he likes.
    const absl::StatusOr<std::string> text = ReadFile(path);
    const bool is_ours =
        text.ok() && (absl::StrContains(*text, kOldName) || absl::StrContains(*text, kOwnName));
    if (!is_ours && !result_.enabled.is_on()) return absl::OkStatus();
    const absl::StatusOr<json> read = ReadYamlFile(path);
    if (!read.ok() && is_ours) return read.status();
    if (!read.ok() || read->is_null()) return absl::OkStatus();
    const json& all = *read;
    if (!all.is_object()) {
      if (!is_ours) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat(path, ":1: expected lines KEY: VALUE"));
    }
    result_.config = all.dump();
    for (const char* key : {kOldName, kOwnName}) {
      if (!all.contains(key)) continue;
      absl::StatusOr<HookSwitch> found = OfValue(all[key]);
      if (!found.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": ", key, ": ", std::string(found.status().message())));
      }
      if (!result_.origin.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": ", key, ": hooks are switched on twice, here and in ",
                         result_.origin, "; keep one of them"));
      }
      result_.enabled = *std::move(found);
      result_.origin = path;
    }
    return absl::OkStatus();
  }

  absl::Status ReadHook(const ConfigFile& file, const ConfigFile::Section& section) {
    const bool is_program = !IsModuleName(section.name);
    json settings = json::object();
    if (const auto known = result_.enabled.settings.find(section.name);
        known != result_.enabled.settings.end()) {
      settings = json::parse(known->second);
    }
    for (const auto& [key, entry] : section.entries) {
      if (is_program && key != "required") {
        return file.ErrorAt(
            entry.line, absl::StrCat("\"", section.name,
                                     "\" is no name of a module, and an "
                                     "executable has only required; its number is its priority"));
      }
      if (const absl::Status status = CheckOwn(key, entry.value); !status.ok()) {
        return file.ErrorAt(entry.line, absl::StrCat(key, ": ", std::string(status.message())));
      }
      settings[key] = entry.value;
    }
    result_.enabled.settings[section.name] =
        settings.dump(-1, ' ', false, json::error_handler_t::replace);
    return absl::OkStatus();
  }

  void AddFolder(const std::string& path) {
    result_.folders.push_back(path);
    result_.program_folders.push_back(path + "/hooks.d");
  }

  void AddUsualFolders() {
    for (const std::string& root : {folder_, ConfigurationFolder()}) {
      if (root.empty()) continue;
      for (const char* name : {"/hooks", "/slurm_gcp_plugins"}) {
        AddOnce(root + name, result_.folders);
      }
      AddOnce(root + "/hooks.d", result_.program_folders);
    }
  }

  static void AddOnce(std::string path, std::vector<std::string>& paths) {
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) {
      paths.push_back(std::move(path));
    }
  }

  const std::string configuration_;
  std::string folder_;
  HookSettings result_;
};

}  // namespace

std::string HookSettings::RequiredBy(const std::string& name) const {
  if (const auto own = enabled.settings.find(name); own != enabled.settings.end()) {
    const auto is_required = RequiredOf(json::parse(own->second));
    if (is_required.ok() && *is_required) {
      return **is_required ? absl::StrCat("[hook ", name, "] required") : "";
    }
  }
  const bool is_named = std::find(required.begin(), required.end(), name) != required.end();
  return requires_all || is_named ? "[hooks] required" : "";
}

absl::StatusOr<HookSwitch> ParseHookSwitch(const std::string& yaml) {
  ASSIGN_OR_RETURN(const json value, ParseYaml(yaml));
  return OfValue(value);
}

absl::StatusOr<HookSettings> ReadHookSettings(const std::string& configuration, bool is_named) {
  return Reader(configuration).Read(is_named);
}

}  // namespace muster::provision
