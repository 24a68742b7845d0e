#include "shell/cluster_init.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <optional>
#include <vector>

#include "common/words.h"
#include "shell/cluster_section.h"
#include "shell/exit_code.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

constexpr int kMostServers = 10000;

// Empty: the person did not want to.
std::vector<std::string> AskForServers(Signals& signals, Output& output) {
  int count = 0;
  while (count < 1 || count > kMostServers) {
    const auto answer = Ask(signals, output, "How many servers does the cluster have? > ");
    if (!answer || answer->empty()) return {};
    if (!absl::SimpleAtoi(*answer, &count)) count = 0;
  }
  std::vector<std::string> servers;
  while (static_cast<int>(servers.size()) < count) {
    const auto answer =
        Ask(signals, output,
            absl::StrCat("Please enter the IP of server #", servers.size() + 1, " > "));
    if (!answer) return {};
    if (!answer->empty()) servers.push_back(*answer);
  }
  return servers;
}

}  // namespace

int InitCluster(Signals& signals, Output& output, const std::string& configuration,
                const std::string& cluster, absl::string_view rest, bool may_ask) {
  auto servers = SplitWords(rest);
  if (!servers.ok()) {
    output.Note(absl::StrCat("clusterinit: ", servers.status().message()));
    return kExitUsage;
  }
  if (servers->empty() && may_ask) servers = AskForServers(signals, output);
  if (servers->empty()) {
    output.Note(may_ask ? "clusterinit: nothing was written"
                        : "clusterinit: there are no machines; usage: clusterinit HOST[:PORT]...");
    return may_ask ? kExitFailed : kExitUsage;
  }
  const std::string path = configuration.empty() ? OwnConfigurationPath() : configuration;
  if (path.empty()) {
    output.Note("clusterinit: there is no home folder to write a configuration into; set HOME");
    return kExitUsage;
  }
  const auto added = AddNodes(path, cluster, *servers);
  if (!added.ok()) {
    output.Note(absl::StrCat("clusterinit: ", added.status().message()));
    return kExitUsage;
  }
  output.Note(absl::StrCat(added->empty() ? "all of them are there already"
                                          : absl::StrCat("added ", absl::StrJoin(*added, ", ")),
                           ": [cluster ", cluster, "] of ", path));
  output.Note("Done!");
  return kExitOk;
}

}  // namespace muster::clustershell
