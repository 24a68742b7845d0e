#include "client/kept_facts.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "client/cluster_nodes.h"
#include "client/login_rules.h"
#include "client/started_clusters.h"
#include "client/tag_file.h"
#include "common/status_macros.h"

namespace muster {
namespace {

// Of all files that decide what the cluster is; what cannot be read is as if it were empty.
std::string TextOfFiles(const ClusterConfiguration& configuration) {
  std::vector<std::string> paths = LoginRulePaths();
  paths.push_back(configuration.tag_path);
  paths.push_back(configuration.absolute_path);
  paths.push_back(configuration.started_path);
  std::string text = absl::StrCat(absl::StrJoin(StartedClusterNames(), " "), "\n");
  for (const std::string& path : paths) {
    if (path.empty()) continue;
    std::ifstream file(path, std::ios::binary);
    text.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    text += '\0';
  }
  return text;
}

// Rules are applied whenever a program begins: no node is asked for them.
absl::StatusOr<std::vector<NodeCheck>> AskNobody(const ClusterNodes::Places& /*places*/) {
  return absl::FailedPreconditionError("a login rule is applied without asking the nodes");
}

// The first rule that means a node counts for it. One that means none here, or asks for what this
// cluster does not have, is passed over: the rules are those of all clusters.
absl::Status ApplyRules(ClusterConfiguration& configuration) {
  ASSIGN_OR_RETURN(const std::vector<LoginRule> rules, ReadLoginRules());
  if (rules.empty()) return absl::OkStatus();
  const ClusterNodes nodes(configuration);
  std::vector<bool> has_rule(configuration.nodes.size(), false);
  for (const LoginRule& rule : rules) {
    const auto places = nodes.Find(Target(rule.selector), &AskNobody);
    if (!places.ok()) continue;
    for (const std::size_t place : *places) {
      if (has_rule[place]) continue;
      has_rule[place] = true;
      ConfiguredNode& node = configuration.nodes[place];
      node.member_of = rule.member_of;
      node.login_user = rule.login_user;
      node.keyfile = rule.keyfile;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClusterConfiguration> WithKeptFacts(ClusterConfiguration configuration) {
  // In front of all reading: what changes meanwhile is seen the next time.
  configuration.text_of_files = TextOfFiles(configuration);
  const TagFile file(configuration.tag_path, configuration.tag_scope);
  ASSIGN_OR_RETURN(TagFile::Tags tags, file.Read());
  for (ConfiguredNode& node : configuration.nodes) {
    node.given_tags = std::move(tags[node.name]);
    node.member_of.clear();
    node.login_user.clear();
    node.keyfile.clear();
  }
  RETURN_IF_ERROR(ApplyRules(configuration));
  return configuration;
}

absl::StatusOr<ClusterConfiguration> ReadAgain(const ClusterConfiguration& before,
                                               const std::string& cluster) {
  ASSIGN_OR_RETURN(ClusterConfiguration now, ReadConfigurationAgain(before, cluster));
  return WithKeptFacts(std::move(now));
}

bool HasChanged(const ClusterConfiguration& configuration) {
  // No cluster is one that may be there by now, in whichever place.
  return configuration.name.empty() || TextOfFiles(configuration) != configuration.text_of_files;
}

}  // namespace muster
