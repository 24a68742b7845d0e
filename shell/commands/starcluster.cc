// starcluster: what stands here for the commands of StarCluster.
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "common/nearest.h"
#include "common/words.h"
#include "shell/cluster_records.h"
#include "shell/command_list.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{'s', "--cluster-size", true}, {'c', "--cluster-template", true},
                               {'n', "--num-nodes", true},    {'a', "--alias", true},
                               {'u', "--user", true},         {'x', "--no-create"}};

struct Former {
  const char* name;
  const char* instead;  // the words in capitals stand for those that were typed
};

constexpr std::array kFormers = {
    Former{"start", "cluster start TEMPLATE -n TAG --nodes N"},
    Former{"sshmaster", "@MASTER"},
    Former{"sshnode", "@NODE"},
    Former{"shell", "shell --cluster TAG"},
    Former{"runplugin", "plugin run NAME cluster=TAG"},
    Former{"addnode", "cluster resize TAG -a 1:KIND"},
    Former{"removenode", "terminate NODE"},
    Former{"listclusters", "cluster list"},
    Former{"stop", "cluster stop TAG"},
    Former{"restart", "cluster restart TAG"},
    Former{"terminate", "cluster delete TAG"},
    Former{"put", "@MASTER put FILE FOLDER"},
    Former{"get", "@MASTER get FILE FOLDER"},
};

std::vector<std::string> Names() {
  std::vector<std::string> names;
  names.reserve(kFormers.size());
  for (const Former& former : kFormers) names.emplace_back(former.name);
  return names;
}

void Replace(const char* word, const std::string& by, std::string& line) {
  if (!by.empty()) line = absl::StrReplaceAll(line, {{word, by}});
}

// The template that is meant: the one that -c names, else the only one.
std::string TemplateOf(Shell& shell, const CommandWords& words) {
  if (words.Has("--cluster-template")) return words.ValueOf("--cluster-template");
  const auto templates = ReadTemplatesOf(shell);
  return templates.ok() && templates->size() == 1 ? templates->front().name : "";
}

// As many nodes as StarCluster would start: the kinds but the last have what the template says.
std::string CountsOf(Shell& shell, const std::string& name, const std::string& size) {
  const auto templates = ReadTemplatesOf(shell);
  int rest = 0;
  if (!templates.ok() || !absl::SimpleAtoi(size, &rest)) return size;
  for (const provision::ClusterTemplate& one : *templates) {
    if (one.name != name || one.nodes.size() < 2) continue;
    std::string counts;
    for (const auto& [count, node] : one.nodes) {
      const bool is_last = node.kind == one.nodes.back().second.kind;
      absl::StrAppend(&counts, is_last ? std::max(rest, 0) : count, ":", node.kind,
                      is_last ? "" : ",");
      rest -= count;
    }
    return counts;
  }
  return size;
}

// The node to log in to, and the kind of the others; empty: the cluster was not started.
std::string MasterOf(Shell& shell, const std::string& tag) {
  const auto cluster = OpenClusterRecord(shell, tag, true);
  if (!cluster.ok()) return "";
  const auto node = (*cluster)->NodeToLogInTo("");
  return node.ok() ? node->name : "";
}

std::string KindOf(Shell& shell, const std::string& tag) {
  const auto cluster = OpenClusterRecord(shell, tag, true);
  if (!cluster.ok() || (*cluster)->record().nodes.empty()) return "";
  return (*cluster)->record().nodes.back().kind;
}

// What does it here, with the words that were typed behind it, as far as the flags of StarCluster
// have a meaning.
std::string Here(Shell& shell, const Former& former, absl::string_view behind) {
  std::string line = former.instead;
  const auto words = CommandWords::Parse(behind, kFlags);
  if (!words.ok()) return line;
  std::vector<std::string> given = words->rest();
  // The only one whose cluster stands second.
  if (absl::string_view(former.name) == "runplugin" && given.size() > 1) {
    std::swap(given[0], given[1]);
  }
  given.resize(3);
  const std::string& tag = given[0];
  if (!words->Has("--cluster-size")) line = absl::StrReplaceAll(line, {{" --nodes N", ""}});
  if (tag.empty()) {
    line = absl::StrReplaceAll(line, {{" --cluster TAG", ""}});
  } else {
    Replace("KIND", KindOf(shell, tag), line);
    Replace("MASTER", MasterOf(shell, tag), line);
  }
  const std::string from = TemplateOf(shell, *words);
  Replace("TEMPLATE", from, line);
  if (words->Has("--num-nodes")) Replace("1:", words->ValueOf("--num-nodes") + ":", line);
  if (words->Has("--cluster-size")) {
    const std::string counts = CountsOf(shell, from, words->ValueOf("--cluster-size"));
    Replace("--nodes N", absl::StrCat("--nodes ", counts), line);
  }
  Replace("NODE", given[1].empty() ? words->ValueOf("--alias") : given[1], line);
  Replace("NAME", given[1], line);
  Replace("FILE", given[1], line);
  Replace("FOLDER", given[2], line);
  Replace("TAG", tag, line);
  return line;
}

int Run(Shell& shell, absl::string_view rest) {
  const auto [name, behind] = SplitFirst(rest);
  if (name.empty()) {
    Table table({{"of StarCluster"}, {"here"}});
    for (const Former& one : kFormers) table.Add({one.name, one.instead});
    shell.output().Out(table.Render(shell.output().columns()));
    return kExitOk;
  }
  for (const Former& former : kFormers) {
    if (name != former.name) continue;
    shell.output().Note(
        absl::StrCat("starcluster ", name, " is here: ", Here(shell, former, behind)));
    return kExitUsage;
  }
  return shell.Usage("starcluster",
                     absl::StrCat("there is no '", name, "'", DidYouMean(name, Names())));
}

}  // namespace

const ShellCommand kStarclusterCommand = {
    "starcluster",
    "starcluster [COMMAND [ARGUMENT...]]",
    "what stands here for a command of StarCluster",
    "  starcluster                     all of them\n"
    "  starcluster start lab -s 2      prints the line that does it here, and runs nothing\n"
    "  starcluster sshmaster lab       likewise\n"
    "docs/coming-from-starcluster.md has more.\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
