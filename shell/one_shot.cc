#include "shell/one_shot.h"

#include <absl/status/statusor.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <errno.h>
#include <string.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "common/status_macros.h"
#include "shell/chosen_nodes.h"
#include "shell/exit_code.h"
#include "shell/run_on_nodes.h"
#include "shell/transfer_on_nodes.h"

namespace muster::clustershell {
namespace {

// The targets in a file; behind # stands a comment.
absl::StatusOr<std::vector<std::string>> ReadTargets(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> targets;
  std::string line;
  while (file && std::getline(file, line)) {
    const absl::string_view text = absl::string_view(line).substr(0, line.find('#'));
    for (absl::string_view word :
         absl::StrSplit(text, absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
      targets.emplace_back(word);
    }
  }
  if (!file.eof()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read --hostfile ", path, ": ", ::strerror(errno)));
  }
  if (targets.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("--hostfile ", path, " names no node"));
  }
  return targets;
}

void AddGroups(const std::vector<std::string>& groups, std::vector<std::string>& targets) {
  for (const std::string& names : groups) {
    for (const absl::string_view group : absl::StrSplit(names, ',', absl::SkipEmpty())) {
      targets.push_back(absl::StrCat("@", group));
    }
  }
}

// Leaves as many, in their order.
void Pick(std::size_t count, std::vector<Node>& nodes) {
  if (count == 0 || count >= nodes.size()) return;
  std::vector<Node> picked;
  std::sample(nodes.begin(), nodes.end(), std::back_inserter(picked), count,
              std::mt19937(std::random_device()()));
  nodes = std::move(picked);
}

// Without --dest a file goes where it came from.
std::string FolderOf(const std::string& source) {
  return std::filesystem::absolute(source).lexically_normal().parent_path().string();
}

int CopyFiles(Shell& shell, const std::vector<Node>& nodes, const OneShot& one_shot) {
  if (shell.defaults().fanout > 0) {
    shell.output().Note(
        "clustershell: --fanout is for commands; files go to all of the nodes at once");
    return kExitUsage;
  }
  const std::string destination =
      one_shot.destination.empty() ? FolderOf(one_shot.sources.front()) : one_shot.destination;
  return Copy(shell, one_shot.copies ? Direction::kPut : Direction::kGet, nodes, one_shot.sources,
              destination, LineOptions());
}

}  // namespace

bool OneShot::IsGiven() const {
  return all || !nodes.empty() || !groups.empty() || !excluded.empty() ||
         !excluded_groups.empty() || !files.empty() || pick > 0 || copies || copies_back ||
         !destination.empty() || !words.empty();
}

int RunOneShot(Shell& shell, const OneShot& one_shot) {
  std::vector<std::string> wanted = one_shot.nodes;
  AddGroups(one_shot.groups, wanted);
  if (one_shot.all) wanted.emplace_back("*");
  for (const std::string& path : one_shot.files) {
    const auto targets = ReadTargets(path);
    if (!targets.ok()) {
      shell.output().Note(absl::StrCat("clustershell: ", targets.status().message()));
      return kExitUsage;
    }
    wanted.insert(wanted.end(), targets->begin(), targets->end());
  }
  if (wanted.empty()) {
    shell.output().Note(
        "clustershell: no nodes are named: -w TARGET, -g GROUP or --hostfile FILE does, -a means "
        "all; nothing was done");
    return kExitUsage;
  }
  ChosenNodes chosen = ChooseNodes(shell, absl::StrJoin(wanted, ","));
  std::vector<std::string> unwanted = one_shot.excluded;
  AddGroups(one_shot.excluded_groups, unwanted);
  if (!chosen.nodes.empty() && !unwanted.empty()) {
    const ChosenNodes excluded = ChooseNodes(shell, absl::StrJoin(unwanted, ","));
    if (excluded.nodes.empty()) return excluded.exit_code;
    std::set<int> indexes;
    for (const Node& node : excluded.nodes) indexes.insert(node.index);
    std::erase_if(chosen.nodes, [&](const Node& node) { return indexes.count(node.index) != 0; });
    if (chosen.nodes.empty()) {
      shell.output().Note("clustershell: every node is excluded");
      return kExitNoMatch;
    }
  }
  if (chosen.nodes.empty()) return chosen.exit_code;
  Pick(static_cast<std::size_t>(one_shot.pick), chosen.nodes);
  if (one_shot.copies || one_shot.copies_back) return CopyFiles(shell, chosen.nodes, one_shot);
  const std::string command = absl::StrJoin(one_shot.words, " ");
  shell.set_line(command);
  return RunOnNodes(shell, chosen.nodes, muster::shell(command), shell.defaults());
}

}  // namespace muster::clustershell
