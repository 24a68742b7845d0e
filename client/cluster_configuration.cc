#include "client/cluster_configuration.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unordered_set>

#include "client/cluster_sections.h"
#include "client/started_clusters.h"
#include "client/tag_file.h"
#include "common/config_file.h"
#include "common/status_macros.h"

namespace muster {
namespace {

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

// None: no daemon listens.
absl::StatusOr<std::optional<ClusterConfiguration>> DefaultNode() {
  for (const std::string& path : DefaultSocketCandidates()) {
    if (!IsSocket(path)) continue;
    ASSIGN_OR_RETURN(Address address, ParseAddress(absl::StrCat("unix:", path)));
    ClusterConfiguration result{
        "default", {{ShortHostName(), std::move(address), false, TrustedUsers()}}, NodeGroups()};
    result.tag_path = TagFile::DefaultPath();
    result.tag_scope = absl::StrCat("unix:", path);
    return std::optional<ClusterConfiguration>(std::move(result));
  }
  return std::optional<ClusterConfiguration>();
}

std::string NamesOf(const std::vector<const ConfigFile::Section*>& clusters) {
  return absl::StrJoin(clusters, ", ", [](std::string* out, const ConfigFile::Section* cluster) {
    absl::StrAppend(out, cluster->name);
  });
}

// The section to use; null: the file has no such cluster, or none at all.
absl::StatusOr<const ConfigFile::Section*> ChooseCluster(const ConfigFile& file,
                                                         const std::string& cluster) {
  const std::vector<const ConfigFile::Section*> clusters = ClustersOf(file);
  const auto named = [&](const std::string& name) -> const ConfigFile::Section* {
    const auto found =
        std::find_if(clusters.begin(), clusters.end(),
                     [&](const ConfigFile::Section* section) { return section->name == name; });
    return found == clusters.end() ? nullptr : *found;
  };
  if (!cluster.empty()) return named(cluster);
  if (clusters.empty()) return nullptr;
  if (clusters.size() == 1) return clusters.front();
  if (const auto* standard = named("default")) return standard;
  return absl::FailedPreconditionError(absl::StrCat(
      file.path(),
      " has several clusters and none is named default; name one of: ", NamesOf(clusters)));
}

std::string AbsolutePath(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
  return ignored ? path : absolute.lexically_normal().string();
}

// What the user's file and those of started clusters have; null: there is no file of the user's.
struct Sources {
  std::optional<ConfigFile> file;
  std::string path;
  std::string absolute_path;
  Trust trust = Trust::kStrict;
  bool is_named = false;  // by the program
  std::vector<std::string> started;
};

absl::StatusOr<Sources> ReadSources(const std::string& path, Trust trust, bool is_named) {
  Sources sources;
  sources.started = StartedClusterNames();
  sources.is_named = is_named;
  if (path.empty()) return sources;
  ASSIGN_OR_RETURN(sources.file, ConfigFile::Load(path, trust));
  sources.path = path;
  sources.absolute_path = AbsolutePath(path);
  sources.trust = trust;
  return sources;
}

// The nodes and tags of the section.
absl::StatusOr<ClusterConfiguration> Fill(const Sources& sources, const ConfigFile& file,
                                          const ConfigFile::Section& section) {
  ClusterConfiguration result;
  result.name = section.name;
  ASSIGN_OR_RETURN(result.nodes, ParseNodes(file, section));
  RETURN_IF_ERROR(AddTags(file, false, result.nodes));
  result.tag_path = TagFile::DefaultPath();
  result.tag_scope = absl::StrCat(AbsolutePath(file.path()), " ", result.name);
  if (sources.file) {
    ASSIGN_OR_RETURN(result.groups, NodeGroups::Read(*sources.file, sources.trust));
  }
  return result;
}

absl::StatusOr<ClusterConfiguration> LoadStarted(const Sources& sources, const std::string& name) {
  const std::string path = StartedClusterPath(name);
  ASSIGN_OR_RETURN(const ConfigFile file, ConfigFile::Load(path, Trust::kNamed));
  const ConfigFile::Section* const section = file.FindSection("cluster", name);
  if (section == nullptr) {
    return absl::NotFoundError(absl::StrCat(path, " has no [cluster ", name, "]"));
  }
  ASSIGN_OR_RETURN(ClusterConfiguration result, Fill(sources, file, *section));
  if (sources.file) RETURN_IF_ERROR(AddTags(*sources.file, true, result.nodes));
  result.started_path = path;
  return result;
}

// What every cluster knows of the others.
ClusterConfiguration WithSources(const Sources& sources, ClusterConfiguration result) {
  std::vector<std::string>& names = result.cluster_names;
  if (sources.file) {
    for (const ConfigFile::Section* cluster : ClustersOf(*sources.file)) {
      names.push_back(cluster->name);
    }
  }
  for (const std::string& name : sources.started) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  result.path = sources.path;
  result.absolute_path = sources.absolute_path;
  result.trust = sources.trust;
  result.is_file_named = sources.is_named;
  return result;
}

absl::Status NoSuchCluster(const Sources& sources, const std::string& cluster) {
  const std::string started =
      sources.started.empty()
          ? "no cluster was started"
          : absl::StrCat("started clusters: ", absl::StrJoin(sources.started, ", "));
  if (!sources.file) {
    return absl::NotFoundError(absl::StrCat(
        "there is no configuration to look up the cluster ", cluster,
        " in; write ./cluster.conf or ~/.config/muster/cluster.conf, or set MUSTER_CONFIG; ",
        started));
  }
  if (const auto* section = sources.file->FindSection("cluster", cluster)) {
    return absl::NotFoundError(
        absl::StrCat(sources.path, ":", section->line, ": ", cluster,
                     " is a template that was not started: `clustershell cluster create ", cluster,
                     "` starts it"));
  }
  const std::string names = NamesOf(ClustersOf(*sources.file));
  return absl::NotFoundError(
      absl::StrCat(sources.path, " has no [cluster ", cluster, "]; ",
                   names.empty() ? "it has none" : absl::StrCat("it has: ", names), "; ", started));
}

// Nobody said which.
absl::StatusOr<ClusterConfiguration> OnlyStarted(const Sources& sources) {
  if (sources.started.size() == 1) return LoadStarted(sources, sources.started.front());
  if (sources.started.size() > 1) {
    const std::string& first = sources.started.front();
    return absl::NotFoundError(absl::StrCat(
        "several clusters were started; name one of: ", absl::StrJoin(sources.started, ", "),
        " (`use ", first, "` at the prompt, else --cluster ", first, " or connect(\"", first,
        "\"))"));
  }
  if (sources.is_named) {
    return absl::NotFoundError(
        absl::StrCat(sources.path,
                     " has no [cluster NAME]; add one, with `nodes = n1=unix:/path, n2=ssh:host`"));
  }
  return absl::NotFoundError(absl::StrCat(
      "no cluster is configured and no clusterd listens at ",
      absl::StrJoin(DefaultSocketCandidates(), " or "),
      ": start `clusterd` here, or write [cluster NAME] with `nodes = n1=unix:/path, n2=ssh:host` "
      "into ./cluster.conf, ~/.config/muster/cluster.conf or the file that MUSTER_CONFIG names, or "
      "start a cluster with `clustershell cluster new` and `cluster start`"));
}

absl::StatusOr<ClusterConfiguration> Choose(const Sources& sources, const std::string& cluster) {
  if (sources.file) {
    ASSIGN_OR_RETURN(const ConfigFile::Section* section, ChooseCluster(*sources.file, cluster));
    if (section != nullptr) return Fill(sources, *sources.file, *section);
  }
  if (!cluster.empty()) {
    const auto& started = sources.started;
    if (std::find(started.begin(), started.end(), cluster) != started.end()) {
      return LoadStarted(sources, cluster);
    }
    return NoSuchCluster(sources, cluster);
  }
  // A file for the daemon only is no configuration of a cluster; but one that was asked for is.
  if (!sources.is_named) {
    ASSIGN_OR_RETURN(std::optional<ClusterConfiguration> node, DefaultNode());
    if (node) return *std::move(node);
  }
  return OnlyStarted(sources);
}

absl::StatusOr<Sources> ReadSourcesOf(const std::string& file) {
  ASSIGN_OR_RETURN(const std::string path, ConfigFile::Find(file));
  return ReadSources(path, ConfigFile::TrustOfUser(file), !file.empty());
}

// Of the file of a configuration that was read before.
absl::StatusOr<Sources> ReadSourcesAgain(const ClusterConfiguration& before) {
  // Under the name that messages have, unless the working directory is another one by now.
  const std::string& path =
      AbsolutePath(before.path) == before.absolute_path ? before.path : before.absolute_path;
  return ReadSources(before.path.empty() ? "" : path, before.trust, before.is_file_named);
}

}  // namespace

Address ConfiguredNode::WayTo() const {
  Address way = address;
  if (way.kind != Address::Kind::kSsh) return way;
  if (way.user.empty()) way.user = login_user;
  if (way.keyfile.empty()) way.keyfile = keyfile;
  return way;
}

absl::StatusOr<ClusterConfiguration> NoCluster(const std::string& file) {
  ASSIGN_OR_RETURN(const Sources sources, ReadSourcesOf(file));
  return WithSources(sources, ClusterConfiguration());
}

absl::StatusOr<ClusterConfiguration> ReadConfiguration(const std::string& cluster,
                                                       const std::string& file) {
  ASSIGN_OR_RETURN(const Sources sources, ReadSourcesOf(file));
  ASSIGN_OR_RETURN(ClusterConfiguration chosen, Choose(sources, cluster));
  return WithSources(sources, std::move(chosen));
}

absl::StatusOr<ClusterConfiguration> ConfigurationOf(const std::string& cluster,
                                                     const std::vector<NodeAddress>& nodes) {
  ClusterConfiguration result;
  result.name = cluster;
  std::unordered_set<std::string> names;
  for (const NodeAddress& node : nodes) {
    if (!IsValidName(node.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", node.name,
                       "\" cannot be the name of a node; a name is a letter and up to 63 letters, "
                       "digits, '_', '.' or '-'"));
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
  ASSIGN_OR_RETURN(const Sources sources, ReadSourcesAgain(before));
  // One that was started stays that one, whatever the user's file says by now.
  const bool is_same = cluster == before.name;
  if (is_same && !before.started_path.empty()) {
    ASSIGN_OR_RETURN(ClusterConfiguration started, LoadStarted(sources, cluster));
    return WithSources(sources, std::move(started));
  }
  if (is_same && !cluster.empty() && before.path.empty()) {  // it is in no file
    ClusterConfiguration same = before;
    same.cluster_names.clear();
    return WithSources(sources, std::move(same));
  }
  absl::StatusOr<ClusterConfiguration> chosen = Choose(sources, cluster);
  if (!chosen.ok() && cluster.empty() && absl::IsNotFound(chosen.status())) {
    chosen = ClusterConfiguration();
  }
  RETURN_IF_ERROR(chosen.status());
  return WithSources(sources, *std::move(chosen));
}

}  // namespace muster
