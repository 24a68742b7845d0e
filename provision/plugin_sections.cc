#include "provision/plugin_sections.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <utility>

#include "common/nearest.h"
#include "common/quantity.h"
#include "common/status_macros.h"

namespace muster::provision {
namespace {

using Entries = std::map<std::string, ConfigFile::Entry>;

constexpr char kClassKey[] = "setup_class";

// StarCluster drops what follows a '#' after white space, too.
std::string WithoutComments(const std::string& value) {
  std::vector<std::string> lines = absl::StrSplit(value, '\n');
  for (std::string& line : lines) {
    for (std::size_t i = 1; i < line.size(); ++i) {
      if (line[i] == '#' && absl::ascii_isspace(static_cast<unsigned char>(line[i - 1]))) {
        line.resize(i);
      }
    }
    absl::StripTrailingAsciiWhitespace(&line);
  }
  return absl::StrJoin(lines, "\n");
}

absl::StatusOr<PluginSection> ReadSection(const ConfigFile& file,
                                          const ConfigFile::Section& section) {
  PluginSection plugin;
  plugin.name = section.name;
  plugin.origin = absl::StrCat(file.path(), ":", section.line);
  for (const auto& [key, entry] : section.entries) {
    std::string value = WithoutComments(entry.value);
    if (absl::EqualsIgnoreCase(key, kClassKey)) {
      plugin.setup_class = std::move(value);
    } else {
      plugin.settings[key] = std::move(value);
    }
  }
  if (!plugin.setup_class.empty()) return plugin;
  std::string near;
  for (const auto& [key, value] : plugin.settings) {
    if (Nearest(key, {kClassKey}) == kClassKey) near = absl::StrCat("; it has ", key);
  }
  return file.ErrorAt(section.line, absl::StrCat("[plugin ", section.name, "] has no ", kClassKey,
                                                 near, "; write ", kClassKey, " = module.Class"));
}

absl::Status AddPlugins(const ConfigFile& file, const ConfigFile::Entry& entry, PluginPlan& plan) {
  ASSIGN_OR_RETURN(const std::vector<PluginSection> known, ReadPluginSections(file));
  std::vector<std::string> names;
  names.reserve(known.size());
  for (const PluginSection& plugin : known) names.push_back(plugin.name);
  for (absl::string_view word : absl::StrSplit(entry.value, absl::ByAnyChar(",\n"))) {
    const std::string name(absl::StripAsciiWhitespace(word));
    if (name.empty()) continue;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return file.ErrorAt(
          entry.line,
          absl::StrCat("plugin '", name, "' not defined in config; ",
                       names.empty() ? "there is no [plugin NAME] in it"
                                     : absl::StrCat("there are: ", absl::StrJoin(names, ", ")),
                       DidYouMean(name, names)));
    }
    const bool is_twice =
        std::any_of(plan.plugins.begin(), plan.plugins.end(),
                    [&](const PluginSection& plugin) { return plugin.name == name; });
    if (is_twice) {
      return file.ErrorAt(entry.line,
                          absl::StrCat("plugin '", name, "' is named twice; it would run once"));
    }
    plan.plugins.push_back(known[static_cast<std::size_t>(found - names.begin())]);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> GoesOn(const ConfigFile& file, const ConfigFile::Entry& entry) {
  if (entry.value == "stop" || entry.value == "continue") return entry.value == "continue";
  return file.ErrorAt(
      entry.line,
      absl::StrCat("\"", entry.value, "\" is no on_plugin_failure; valid here: stop, continue",
                   DidYouMean(entry.value, {"stop", "continue"})));
}

}  // namespace

absl::StatusOr<std::vector<PluginSection>> ReadPluginSections(const ConfigFile& file) {
  std::vector<PluginSection> plugins;
  for (const ConfigFile::Section& section : file.sections()) {
    if (section.kind != "plugin") continue;
    ASSIGN_OR_RETURN(PluginSection plugin, ReadSection(file, section));
    plugins.push_back(std::move(plugin));
  }
  return plugins;
}

absl::StatusOr<PluginPlan> ReadPluginPlan(const ConfigFile& file, const Entries& entries) {
  PluginPlan plan;
  const auto find = [&](const char* key) {
    const auto found = entries.find(key);
    return found == entries.end() ? nullptr : &found->second;
  };
  if (const auto* names = find("plugins")) RETURN_IF_ERROR(AddPlugins(file, *names, plan));
  if (const auto* user = find("cluster_user")) plan.user = user->value;
  if (const auto* shell = find("cluster_shell")) plan.user_shell = shell->value;
  if (const auto* policy = find("on_plugin_failure")) {
    ASSIGN_OR_RETURN(plan.goes_on, GoesOn(file, *policy));
  }
  if (const auto* timeout = find("plugin_timeout")) {
    const auto time = ParseDuration(timeout->value);
    if (!time.ok()) return file.ErrorAt(timeout->line, std::string(time.status().message()));
    plan.timeout = std::chrono::ceil<std::chrono::milliseconds>(*time);
  }
  return plan;
}

}  // namespace muster::provision
