#include "client/node_groups.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

#include "common/address.h"
#include "common/nearest.h"
#include "common/quantity.h"
#include "common/status_macros.h"

namespace muster {
namespace {

constexpr std::size_t kMostShown = 20;  // groups in a message
constexpr std::chrono::milliseconds kLongest = std::chrono::minutes(10);

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Null when the section has no such key.
const ConfigFile::Entry* Find(const ConfigFile::Section& section, const char* key) {
  const auto entry = section.entries.find(key);
  return entry == section.entries.end() ? nullptr : &entry->second;
}

absl::StatusOr<GroupProgram> ParseProgram(const ConfigFile& file,
                                          const ConfigFile::Section& section, Trust trust) {
  GroupProgram program;
  program.name = section.name;
  program.folder = FolderOf(file.path());
  program.trust = trust;
  const ConfigFile::Entry* map = Find(section, "map");
  if (map == nullptr || map->value.empty()) {
    return file.ErrorAt(section.line, absl::StrCat("[group_source ", section.name,
                                                   "] needs a `map`, the program that prints the "
                                                   "nodes of $GROUP"));
  }
  program.map = map->value;
  if (const ConfigFile::Entry* list = Find(section, "list")) program.list = list->value;
  if (const ConfigFile::Entry* shell = Find(section, "shell")) {
    if (shell->value != "yes" && shell->value != "no") {
      return file.ErrorAt(shell->line,
                          absl::StrCat("shell is yes or no, not \"", shell->value, "\""));
    }
    program.has_shell = shell->value == "yes";
  }
  if (const ConfigFile::Entry* timeout = Find(section, "timeout")) {
    const auto parsed = ParseDuration(timeout->value);
    if (!parsed.ok()) {
      return file.ErrorAt(timeout->line, absl::StrCat("timeout: ", parsed.status().message()));
    }
    if (parsed->count() <= 0 || *parsed > kLongest) {
      return file.ErrorAt(timeout->line,
                          absl::StrCat("timeout is above 0 and at most ", FormatDuration(kLongest),
                                       ", not \"", timeout->value, "\""));
    }
    program.timeout = *parsed;
  }
  return program;
}

MarkedText TextOf(const std::string& name, const GroupDefinition& group) {
  return {absl::StrCat("group @", name, " (", group.origin, ")"), group.target};
}

}  // namespace

absl::StatusOr<NodeGroups> NodeGroups::Read(const ConfigFile& file, Trust trust) {
  NodeGroups groups;
  groups.folder_ = absl::StrCat(FolderOf(file.path()), "/groups.d");
  groups.trust_ = trust;
  for (const ConfigFile::Section& section : file.sections()) {
    if (section.kind == "groups") {
      for (const auto& [name, entry] : section.entries) {
        groups.configured_[name] = {entry.value, absl::StrCat(file.path(), ":", entry.line)};
      }
    }
    if (section.kind == "group_source") {
      ASSIGN_OR_RETURN(GroupProgram program, ParseProgram(file, section, trust));
      groups.programs_.push_back(std::move(program));
    }
  }
  return groups;
}

absl::Status GroupLookup::ReadFiles() {
  if (written_) return absl::OkStatus();
  GroupDefinitions groups = groups_.configured_;
  if (!groups_.folder_.empty()) {
    RETURN_IF_ERROR(ReadGroupFolder(groups_.folder_, groups_.trust_, groups));
  }
  written_ = std::move(groups);
  return absl::OkStatus();
}

absl::StatusOr<const GroupProgram*> GroupLookup::ProgramOf(const std::string& source) const {
  std::vector<std::string> known;
  for (const GroupProgram& program : groups_.programs_) {
    if (program.name == source) return &program;
    known.push_back(program.name);
  }
  return absl::NotFoundError(
      absl::StrCat("no source of groups is named ", source, DidYouMean(source, known), "; ",
                   known.empty() ? "the configuration has no [group_source NAME]"
                                 : absl::StrCat("there are ", absl::StrJoin(known, ", "))));
}

absl::StatusOr<std::string> GroupLookup::Ask(const GroupProgram& program, const std::string& name) {
  if (!program.list.empty()) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, program.List());
    if (std::find(names.begin(), names.end(), name) == names.end()) return "";
  }
  return program.Map(name);
}

absl::StatusOr<MarkedText> GroupLookup::Find(const std::string& source, const std::string& name) {
  if (!source.empty()) {
    ASSIGN_OR_RETURN(const GroupProgram* program, ProgramOf(source));
    ASSIGN_OR_RETURN(std::string target, Ask(*program, name));
    if (target.empty()) return Unknown(source, name);
    return TextOf(absl::StrCat(source, ":", name), {std::move(target), program->map});
  }
  RETURN_IF_ERROR(ReadFiles());
  if (const auto group = written_->find(name); group != written_->end()) {
    return TextOf(name, group->second);
  }
  for (const GroupProgram& program : groups_.programs_) {
    ASSIGN_OR_RETURN(std::string target, Ask(program, name));
    if (!target.empty()) return TextOf(name, {std::move(target), program.map});
  }
  return Unknown(source, name);
}

absl::Status GroupLookup::Unknown(const std::string& source, const std::string& name) {
  // A program that fails now has said so where it matters.
  std::vector<std::string> known = Names(source).value_or(std::vector<std::string>());
  const std::string near = DidYouMean(name, known);
  const std::size_t more = known.size() > kMostShown ? known.size() - kMostShown : 0;
  known.resize(known.size() - more);
  const std::string list = absl::StrCat(absl::StrJoin(known, ", "),
                                        more > 0 ? absl::StrCat(", … (", more, " more)") : "");
  return absl::NotFoundError(absl::StrCat(
      "no group @", source, source.empty() ? "" : ":", name, " is known", near, "; ",
      list.empty() ? "there are none that can be listed" : absl::StrCat("there are ", list)));
}

absl::StatusOr<std::vector<std::string>> GroupLookup::Names(const std::string& source) {
  if (!source.empty()) {
    ASSIGN_OR_RETURN(const GroupProgram* program, ProgramOf(source));
    return program->List();
  }
  RETURN_IF_ERROR(ReadFiles());
  std::vector<std::string> names;
  for (const auto& [name, group] : *written_) names.push_back(name);
  for (const GroupProgram& program : groups_.programs_) {
    if (program.list.empty()) continue;
    ASSIGN_OR_RETURN(const std::vector<std::string> listed, program.List());
    names.insert(names.end(), listed.begin(), listed.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

absl::StatusOr<GroupDefinitions> GroupLookup::All() {
  RETURN_IF_ERROR(ReadFiles());
  GroupDefinitions all = *written_;
  for (const GroupProgram& program : groups_.programs_) {
    if (program.list.empty()) continue;
    ASSIGN_OR_RETURN(const std::vector<std::string> names, program.List());
    for (const std::string& name : names) {
      if (all.find(name) != all.end()) continue;
      ASSIGN_OR_RETURN(std::string target, program.Map(name));
      all[name] = {std::move(target), program.map};
    }
  }
  return all;
}

}  // namespace muster
