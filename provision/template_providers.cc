#include "provision/template_providers.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "common/nearest.h"
#include "common/status_macros.h"
#include "provision/providers.h"
#include "provision/python_section.h"
#include "provision/script_setup.h"

namespace muster::provision {
namespace {

// Which of the two kinds of sections is read.
struct Kind {
  const char* section;
  const char* default_type;
  std::vector<std::string> types;
  std::vector<std::string> (*settings)(const std::string& type);
};

std::vector<std::string> SettingsOfSetup(const std::string& type) {
  if (type == "script") return ScriptSetupSettings();
  if (type == "python") return {"class", "path", "arguments"};
  return {};
}

const Kind& Providers() {
  static const auto* const kind =
      new Kind{"provider", "", {"local", "ssh", "python"}, &SettingsOfProvider};
  return *kind;
}

const Kind& Setups() {
  static const auto* const kind =
      new Kind{"setup", "script", {"script", "python"}, &SettingsOfSetup};
  return *kind;
}

bool Has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Settings that name something of this machine's.
bool IsPath(const std::string& key) {
  return Has({"clusterd", "hosts_file", "path", "root", "scripts"}, key);
}

std::string FullPath(const ConfigFile& file, const std::string& value) {
  const char* const home = ::getenv("HOME");
  if (home != nullptr && absl::StartsWith(value, "~/")) return home + value.substr(1);
  if (value.empty() || value[0] == '/') return value;
  std::error_code ignored;
  const std::filesystem::path folder =
      std::filesystem::absolute(file.path(), ignored).parent_path();
  return (folder / value).lexically_normal().string();
}

absl::StatusOr<ProviderRecord> ReadSection(const ConfigFile& file,
                                           const ConfigFile::Section& section, const Kind& kind) {
  ProviderRecord record;
  record.type = kind.default_type;
  int line_of_type = section.line;
  if (const auto type = section.entries.find("type"); type != section.entries.end()) {
    record.type = type->second.value;
    line_of_type = type->second.line;
  }
  if (!Has(kind.types, record.type)) {
    // A type of a cloud says that it comes later.
    const absl::Status why = kind.section == Providers().section ? MakeProvider(record).status()
                                                                 : MakeSetup(record).status();
    return file.ErrorAt(
        line_of_type,
        record.type.empty()
            ? absl::StrCat("[provider ", section.name,
                           "] has no type; valid: ", absl::StrJoin(kind.types, ", "))
            : absl::StrCat(std::string(why.message()), DidYouMean(record.type, kind.types)));
  }
  const std::vector<std::string> valid = kind.settings(record.type);
  for (const auto& [key, entry] : section.entries) {
    if (key == "type") continue;
    if (!Has(valid, key)) {
      return file.ErrorAt(
          entry.line, absl::StrCat("no key \"", key, "\" is known of a ", kind.section, " of type ",
                                   record.type, "; valid here: type, ", absl::StrJoin(valid, ", "),
                                   DidYouMean(key, valid)));
    }
    record.settings[key] = IsPath(key) ? FullPath(file, entry.value) : entry.value;
  }
  if (record.type == "python") RETURN_IF_ERROR(CheckPythonSection(file, section, record));
  return record;
}

absl::StatusOr<ProviderRecord> Read(const ConfigFile& file, const ConfigFile::Entry& entry,
                                    const Kind& kind) {
  if (const auto* section = file.FindSection(kind.section, entry.value)) {
    return ReadSection(file, *section, kind);
  }
  // Those that are as good without settings.
  if (entry.value == "local" && kind.section == Providers().section) {
    return ProviderRecord{"local", {}};
  }
  std::vector<std::string> names;
  for (const ConfigFile::Section& section : file.sections()) {
    if (section.kind == kind.section) names.push_back(section.name);
  }
  if (kind.section == Providers().section && !Has(names, "local")) names.emplace_back("local");
  return file.ErrorAt(entry.line,
                      absl::StrCat("there is no [", kind.section, " ", entry.value, "]",
                                   names.empty() ? "; write one" : "; valid here: ",
                                   absl::StrJoin(names, ", "), DidYouMean(entry.value, names)));
}

}  // namespace

absl::StatusOr<ProviderRecord> ReadProvider(const ConfigFile& file,
                                            const ConfigFile::Entry& entry) {
  return Read(file, entry, Providers());
}

absl::StatusOr<ProviderRecord> ReadSetup(const ConfigFile& file, const ConfigFile::Entry& entry) {
  return Read(file, entry, Setups());
}

}  // namespace muster::provision
