#include "client/cluster_configuration.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "client/tag_file.h"
#include "common/config_file.h"
#include "common/node_set.h"
#include "common/status_macros.h"

namespace muster {
namespace {

constexpr char kNaming[] = "; a name is a letter and up to 63 letters, digits, '_', '.' or '-'";

bool IsSocket(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

// What a daemon without --name calls itself.
std::string ShortHostName() {
  char name[HOST_NAME_MAX + 1] = {};
  ::gethostname(name, HOST_NAME_MAX);
  std::string text(name);
  text = text.substr(0, text.find('.'));
  return IsValidName(text) ? text : "localhost";
}

absl::StatusOr<ClusterConfiguration> DefaultNode() {
  const std::vector<std::string> candidates = DefaultSocketCandidates();
  for (const std::string& path : candidates) {
    if (!IsSocket(path)) continue;
    ASSIGN_OR_RETURN(Address address, ParseAddress(absl::StrCat("unix:", path)));
    ClusterConfiguration result{
        "default", {{ShortHostName(), std::move(address), false, TrustedUsers()}}, NodeGroups()};
    result.tag_path = TagFile::DefaultPath();
    result.tag_scope = absl::StrCat("unix:", path);
    return result;
  }
  return absl::NotFoundError(absl::StrCat(
      "no cluster is configured and no clusterd listens at ", absl::StrJoin(candidates, " or "),
      ": start `clusterd` here, or write [cluster NAME] with `nodes = n1=unix:/path, n2=ssh:host` "
      "into ./cluster.conf, ~/.config/muster/cluster.conf or the file that MUSTER_CONFIG names"));
}

// The section to use; null: the file has no cluster.
absl::StatusOr<const ConfigFile::Section*> ChooseCluster(const ConfigFile& file,
                                                         const std::string& cluster) {
  std::vector<std::string> names;
  const ConfigFile::Section* only = nullptr;
  for (const ConfigFile::Section& section : file.sections()) {
    if (section.kind != "cluster") continue;
    names.push_back(section.name);
    only = &section;
  }
  if (!cluster.empty()) {
    if (const auto* asked = file.FindSection("cluster", cluster)) return asked;
    return absl::NotFoundError(absl::StrCat(
        file.path(), " has no [cluster ", cluster, "]; ",
        names.empty() ? "it has none" : absl::StrCat("it has: ", absl::StrJoin(names, ", "))));
  }
  if (names.size() <= 1) return only;
  if (const auto* standard = file.FindSection("cluster", "default")) return standard;
  return absl::FailedPreconditionError(
      absl::StrCat(file.path(), " has several clusters and none is named default; name one of: ",
                   absl::StrJoin(names, ", ")));
}

absl::StatusOr<TrustedUsers> ParseTrust(const ConfigFile& file,
                                        const ConfigFile::Section& section) {
  const auto entry = section.entries.find("trust");
  if (entry == section.entries.end()) return TrustedUsers(section.name);
  absl::StatusOr<TrustedUsers> trust = TrustedUsers::Parse(section.name, entry->second.value);
  if (!trust.ok()) return file.ErrorAt(entry->second.line, std::string(trust.status().message()));
  return trust;
}

absl::StatusOr<std::vector<ConfiguredNode>> ParseNodes(const ConfigFile& file,
                                                       const ConfigFile::Section& section) {
  const auto entry = section.entries.find("nodes");
  if (entry == section.entries.end()) {
    return file.ErrorAt(section.line, absl::StrCat("[cluster ", section.name,
                                                   "] has no nodes; write `nodes = "
                                                   "n1=unix:/path, n2=ssh:host`"));
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
                          absl::StrCat("\"", item, "\" is not NAME=ADDRESS", kNaming));
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

// Of every [node NAMES].
absl::Status AddTags(const ConfigFile& file, std::vector<ConfiguredNode>& nodes) {
  std::unordered_map<std::string, ConfiguredNode*> by_name;
  for (ConfiguredNode& node : nodes) by_name.emplace(node.name, &node);
  std::optional<std::unordered_set<std::string>> all_names;
  for (const ConfigFile::Section& section : file.sections()) {
    if (section.kind != "node") continue;
    if (!all_names) all_names = AllNames(file);
    std::vector<std::string> tags;
    if (const auto entry = section.entries.find("tags"); entry != section.entries.end()) {
      ASSIGN_OR_RETURN(tags, ParseTags(file, entry->second));
    }
    ASSIGN_OR_RETURN(const NodeSet names, NodeSet::Parse(section.name));
    for (const std::string& name : names.names()) {
      if (all_names->count(name) == 0) {
        return file.ErrorAt(section.line, absl::StrCat("no cluster here has a node ", name));
      }
      const auto node = by_name.find(name);
      if (node == by_name.end()) continue;  // of another cluster
      node->second->tags.insert(node->second->tags.end(), tags.begin(), tags.end());
    }
  }
  return absl::OkStatus();
}

std::string AbsolutePath(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
  return ignored ? path : absolute.lexically_normal().string();
}

// Null: the file has no cluster.
absl::StatusOr<std::optional<ClusterConfiguration>> Load(const std::string& path, Trust trust,
                                                         const std::string& cluster) {
  ASSIGN_OR_RETURN(const ConfigFile file, ConfigFile::Load(path, trust));
  ASSIGN_OR_RETURN(const ConfigFile::Section* section, ChooseCluster(file, cluster));
  if (section == nullptr) return std::optional<ClusterConfiguration>();
  ClusterConfiguration result;
  result.name = section->name;
  ASSIGN_OR_RETURN(result.nodes, ParseNodes(file, *section));
  RETURN_IF_ERROR(AddTags(file, result.nodes));
  ASSIGN_OR_RETURN(result.groups, NodeGroups::Read(file, trust));
  for (const ConfigFile::Section& other : file.sections()) {
    if (other.kind == "cluster") result.cluster_names.push_back(other.name);
  }
  result.path = path;
  result.absolute_path = AbsolutePath(path);
  result.trust = trust;
  result.tag_path = TagFile::DefaultPath();
  result.tag_scope = absl::StrCat(result.absolute_path, " ", result.name);
  return std::optional<ClusterConfiguration>(std::move(result));
}

}  // namespace

Address ConfiguredNode::WayTo() const {
  Address way = address;
  if (way.kind != Address::Kind::kSsh) return way;
  if (way.user.empty()) way.user = login_user;
  if (way.keyfile.empty()) way.keyfile = keyfile;
  return way;
}

absl::StatusOr<ClusterConfiguration> ReadConfiguration(const std::string& cluster,
                                                       const std::string& file) {
  ASSIGN_OR_RETURN(const std::string path, ConfigFile::Find(file));
  if (path.empty()) {
    if (cluster.empty()) return DefaultNode();
    return absl::NotFoundError(absl::StrCat(
        "there is no configuration to look up the cluster ", cluster,
        " in; write ./cluster.conf or ~/.config/muster/cluster.conf, or set MUSTER_CONFIG"));
  }
  ASSIGN_OR_RETURN(std::optional<ClusterConfiguration> found,
                   Load(path, ConfigFile::TrustOfUser(file), cluster));
  if (found) return *std::move(found);
  // A file for the daemon only is no configuration of a cluster; but one that was asked for is.
  if (file.empty()) return DefaultNode();
  return absl::NotFoundError(absl::StrCat(
      path, " has no [cluster NAME]; add one, with `nodes = n1=unix:/path, n2=ssh:host`"));
}

absl::StatusOr<ClusterConfiguration> ConfigurationOf(const std::string& cluster,
                                                     const std::vector<NodeAddress>& nodes) {
  ClusterConfiguration result;
  result.name = cluster;
  std::unordered_set<std::string> names;
  for (const NodeAddress& node : nodes) {
    if (!IsValidName(node.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", node.name, "\" cannot be the name of a node", kNaming));
    }
    if (!names.insert(node.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("two nodes are named ", node.name));
    }
    absl::StatusOr<Address> address = ParseAddress(node.address);
    if (!address.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("node ", node.name, ": ", address.status().message()));
    }
    result.nodes.push_back({node.name, *std::move(address), true, TrustedUsers(cluster)});
  }
  return result;
}

absl::StatusOr<ClusterConfiguration> ReadConfigurationAgain(const ClusterConfiguration& before,
                                                            const std::string& cluster) {
  // Under the name that messages have, unless the working directory is another one by now.
  const std::string& path =
      AbsolutePath(before.path) == before.absolute_path ? before.path : before.absolute_path;
  ASSIGN_OR_RETURN(std::optional<ClusterConfiguration> found, Load(path, before.trust, cluster));
  if (found) return *std::move(found);
  return absl::NotFoundError(absl::StrCat(path, " has no [cluster ", cluster, "] any more"));
}

}  // namespace muster
