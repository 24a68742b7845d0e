#include "client/cluster_sections.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/node_set.h"
#include "common/status_macros.h"
#include "common/target_attribute.h"

namespace muster {
namespace {

// Whether a [cluster NAME] says how to start one, and not which nodes it has.
bool IsTemplate(const ConfigFile::Section& section) {
  return section.entries.count("nodes") == 0 &&
         std::any_of(section.entries.begin(), section.entries.end(), [](const auto& entry) {
           return entry.first == "provider" || entry.first == "extends" ||
                  absl::StartsWith(entry.first, "nodes.");
         });
}

absl::StatusOr<TrustedUsers> ParseTrust(const ConfigFile& file,
                                        const ConfigFile::Section& section) {
  const auto entry = section.entries.find("trust");
  if (entry == section.entries.end()) return TrustedUsers(section.name);
  absl::StatusOr<TrustedUsers> trust = TrustedUsers::Parse(section.name, entry->second.value);
  if (!trust.ok()) return file.ErrorAt(entry->second.line, std::string(trust.status().message()));
  return trust;
}

// The names of the nodes of all clusters, whatever their addresses are.
std::unordered_set<std::string> AllNames(const ConfigFile& file) {
  std::unordered_set<std::string> names;
  for (const ConfigFile::Section& section : file.sections()) {
    const auto entry = section.entries.find("nodes");
    if (section.kind != "cluster" || entry == section.entries.end()) continue;
    for (absl::string_view item : absl::StrSplit(entry->second.value, absl::ByAnyChar(",\n"))) {
      names.emplace(absl::StripAsciiWhitespace(item.substr(0, item.find('='))));
    }
  }
  return names;
}

absl::StatusOr<std::vector<std::string>> ParseTags(const ConfigFile& file,
                                                   const ConfigFile::Entry& entry) {
  std::vector<std::string> tags;
  for (absl::string_view tag : absl::StrSplit(entry.value, absl::ByAnyChar(",\n"))) {
    tag = absl::StripAsciiWhitespace(tag);
    if (tag.find_first_of(" \t") != absl::string_view::npos) {
      return file.ErrorAt(entry.line, absl::StrCat("the tag \"", tag,
                                                   "\" holds a blank; tags are separated by "
                                                   "commas, as in env:prod, app:x"));
    }
    if (!tag.empty()) tags.emplace_back(tag);
  }
  return tags;
}

// Whether a cluster that is started from a template here has nodes that are not named anywhere.
bool HasTemplates(const ConfigFile& file) {
  return std::any_of(file.sections().begin(), file.sections().end(), [](const auto& section) {
    return section.kind == "cluster" && IsTemplate(section);
  });
}

absl::StatusOr<std::string> ParseState(const ConfigFile& file, const ConfigFile::Entry& entry) {
  if (entry.value == "running") return std::string();
  if (IsOffState(entry.value)) return entry.value;
  return file.ErrorAt(
      entry.line, absl::StrCat("\"", entry.value, "\" is no state of a node; valid here: running, ",
                               OffStates()));
}

}  // namespace

std::vector<const ConfigFile::Section*> ClustersOf(const ConfigFile& file) {
  std::vector<const ConfigFile::Section*> clusters;
  for (const ConfigFile::Section& section : file.sections()) {
    if (section.kind == "cluster" && !IsTemplate(section)) clusters.push_back(&section);
  }
  return clusters;
}

// Plugins run on nodes that are there, too; provision reads what they say.
bool IsOfPlugins(const std::string& key) {
  return key == "plugins" || key == "cluster_user" || key == "cluster_shell" ||
         key == "plugin_timeout" || key == "on_plugin_failure";
}

absl::StatusOr<std::vector<ConfiguredNode>> ParseNodes(const ConfigFile& file,
                                                       const ConfigFile::Section& section) {
  const auto entry = section.entries.find("nodes");
  if (entry == section.entries.end()) {
    return file.ErrorAt(section.line, absl::StrCat("[cluster ", section.name,
                                                   "] has no nodes; write `nodes = "
                                                   "n1=unix:/path, n2=ssh:host`, or, for one "
                                                   "that is to be started, `nodes.KIND = 3`"));
  }
  for (const auto& [key, other] : section.entries) {
    if (key == "nodes" || key == "trust" || IsOfPlugins(key)) continue;
    return file.ErrorAt(
        other.line,
        absl::StrCat("\"", key, "\" is for a cluster that is to be started, and [cluster ",
                     section.name, "] lists its nodes; remove one of the two"));
  }
  ASSIGN_OR_RETURN(const TrustedUsers trust, ParseTrust(file, section));
  std::vector<ConfiguredNode> nodes;
  std::unordered_set<std::string> names;
  for (absl::string_view item : absl::StrSplit(entry->second.value, absl::ByAnyChar(",\n"))) {
    item = absl::StripAsciiWhitespace(item);
    if (item.empty()) continue;
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    const absl::string_view name = absl::StripAsciiWhitespace(parts.first);
    if (!IsValidName(name) || !absl::StrContains(item, "=")) {
      return file.ErrorAt(entry->second.line,
                          absl::StrCat("\"", item,
                                       "\" is not NAME=ADDRESS; a name is a letter and up to 63 "
                                       "letters, digits, '_', '.' or '-'"));
    }
    if (!names.emplace(name).second) {
      return file.ErrorAt(entry->second.line, absl::StrCat("two nodes are named ", name));
    }
    absl::StatusOr<Address> address = ParseAddress(parts.second);
    if (!address.ok()) {
      return file.ErrorAt(entry->second.line,
                          absl::StrCat("node ", name, ": ", address.status().message()));
    }
    nodes.push_back({std::string(name), *std::move(address), true, trust});
  }
  if (nodes.empty()) return file.ErrorAt(entry->second.line, "the list of nodes is empty");
  return nodes;
}

namespace {

// What a [node NAMES] says of its nodes.
struct NodeFactsSection {
  std::vector<std::string> tags;
  std::string state;
};

absl::StatusOr<NodeFactsSection> ParseNodeSection(const ConfigFile& file,
                                                  const ConfigFile::Section& section) {
  NodeFactsSection facts;
  if (const auto entry = section.entries.find("tags"); entry != section.entries.end()) {
    ASSIGN_OR_RETURN(facts.tags, ParseTags(file, entry->second));
  }
  if (const auto entry = section.entries.find("state"); entry != section.entries.end()) {
    ASSIGN_OR_RETURN(facts.state, ParseState(file, entry->second));
  }
  return facts;
}

}  // namespace

absl::Status AddTags(const ConfigFile& file, bool is_of_others,
                     std::vector<ConfiguredNode>& nodes) {
  std::unordered_map<std::string, ConfiguredNode*> by_name;
  for (ConfiguredNode& node : nodes) by_name.emplace(node.name, &node);
  std::optional<std::unordered_set<std::string>> all_names;
  const bool may_be_unknown = is_of_others || HasTemplates(file);
  for (const ConfigFile::Section& section : file.sections()) {
    if (section.kind != "node") continue;
    if (!all_names) all_names = AllNames(file);
    ASSIGN_OR_RETURN(const NodeFactsSection facts, ParseNodeSection(file, section));
    ASSIGN_OR_RETURN(const NodeSet names, NodeSet::Parse(section.name));
    for (const std::string& name : names.names()) {
      if (!may_be_unknown && all_names->count(name) == 0) {
        return file.ErrorAt(section.line, absl::StrCat("no cluster here has a node ", name));
      }
      const auto node = by_name.find(name);
      if (node == by_name.end()) continue;  // of another cluster
      node->second->tags.insert(node->second->tags.end(), facts.tags.begin(), facts.tags.end());
      if (!is_of_others) node->second->state = facts.state;
    }
  }
  return absl::OkStatus();
}

}  // namespace muster
