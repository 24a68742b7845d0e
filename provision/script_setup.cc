#include "provision/script_setup.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "client/ClusterAPI.h"
#include "common/address.h"
#include "common/quantity.h"
#include "common/status_macros.h"
#include "provision/daemon_settings.h"
#include "provision/execution_hooks.h"
#include "provision/node_health.h"
#include "provision/node_pool.h"
#include "provision/setup_marks.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kDefaultTimeout{10};
constexpr std::chrono::milliseconds kAskEvery{100};
constexpr std::size_t kNodesAtOnce = 64;
constexpr std::size_t kMostLines = 5;
constexpr std::size_t kMostBytes = 64u << 10;

// Takes a program from its standard input, runs it with its arguments, and removes it again, also
// when both are stopped.
constexpr char kRunner[] =
    "trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; "
    "d=$(mktemp -d) || exit 125; trap 'rm -rf \"$d\"' EXIT; "
    "cat > \"$d/$1\" && chmod 700 \"$d/$1\" || exit 125; "
    "p=\"$d/$1\"; shift; \"$p\" \"$@\" < /dev/null";

// One executable of a group.
struct Script {
  std::string name;  // "compute/20-mounts"
  std::string content;
};

// The executables of a group, in the order of their names. One without a folder has none.
absl::StatusOr<std::vector<Script>> ScriptsOf(const std::string& folder, const std::string& group) {
  if (!IsValidName(group)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", group, "' cannot be the name of a group; it names a folder in ", folder));
  }
  const std::string path = absl::StrCat(folder, "/", group);
  std::vector<Script> scripts;
  std::error_code ignored;
  for (fs::directory_iterator entry(path, ignored), end; entry != end; entry.increment(ignored)) {
    const std::string file = entry->path().filename().string();
    struct stat info {};
    if (file.front() == '.' || file.back() == '~' || ::stat(entry->path().c_str(), &info) != 0 ||
        !S_ISREG(info.st_mode)) {
      continue;
    }
    if ((info.st_mode & 0100) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(entry->path().string(), " is not executable; say: chmod +x ",
                       entry->path().string(), ", or move it out of the folder"));
    }
    ASSIGN_OR_RETURN(std::string content, ReadFile(entry->path().string()));
    scripts.push_back({absl::StrCat(group, "/", file), std::move(content)});
  }
  std::sort(scripts.begin(), scripts.end(),
            [](const Script& a, const Script& b) { return a.name < b.name; });
  return scripts;
}

// The names of the nodes of a kind; of an empty kind: of all.
std::string NamesOf(const ClusterRecord& cluster, const std::string& kind) {
  std::vector<std::string> names;
  for (const NodeRecord& node : cluster.nodes) {
    if (kind.empty() || node.kind == kind) names.push_back(node.name);
  }
  return absl::StrJoin(names, " ");
}

std::map<std::string, std::string> EnvironmentFor(const ClusterRecord& cluster,
                                                  const NodeRecord& node) {
  std::map<std::string, std::string> environment = {
      {"MUSTER_CLUSTER", cluster.name},
      {"MUSTER_KIND", node.kind},
      {"MUSTER_NODES", NamesOf(cluster, "")},
  };
  for (const NodeRecord& other : cluster.nodes) {
    std::string variable = absl::AsciiStrToUpper(absl::StrCat("MUSTER_NODES_", other.kind));
    std::replace(variable.begin(), variable.end(), '-', '_');
    environment[variable] = NamesOf(cluster, other.kind);
  }
  return environment;
}

class ScriptSetup : public SetupProvider {
 public:
  ScriptSetup(Settings settings, std::string folder, std::chrono::milliseconds timeout)
      : settings_(std::move(settings)), folder_(std::move(folder)), timeout_(timeout) {}

  ProviderRecord record() const override { return {"script", settings_}; }

  absl::Status SetUp(const ClusterRecord& cluster, const std::vector<std::string>& arguments,
                     const SetupProgress& progress,
                     const std::function<int()>& interrupts) override {
    std::map<std::string, std::vector<Script>> by_group;
    for (const auto& [kind, groups] : cluster.groups) {
      for (const std::string& group : groups) {
        ASSIGN_OR_RETURN(by_group[group], ScriptsOf(folder_, group));
      }
    }
    TellEmpty(by_group, progress);
    std::vector<const NodeRecord*> nodes;
    std::vector<NodeAddress> addresses;
    for (const NodeRecord& node : cluster.nodes) {
      if (node.state != NodeState::kRunning) continue;
      nodes.push_back(&node);
      addresses.push_back({node.name, ClientAddress(node)});
    }
    Result<ClusterAPI> api = ClusterAPI::of(addresses, cluster.name);
    if (!api.ok()) return absl::UnavailableError(api.status().message());
    std::vector<absl::Status> results(nodes.size(), absl::CancelledError("not begun"));
    Round round{*api, cluster, by_group, arguments, progress};
    ForEachBounded(
        nodes.size(), kNodesAtOnce,
        [&](std::size_t i) { results[i] = SetUpNode(round, *nodes[i]); },
        [&] {
          if (interrupts && interrupts() > 0) round.is_interrupted = true;
          return !round.is_interrupted;
        });
    return Sum(nodes, results, round.is_interrupted);
  }

  absl::Status CleanUp(const ClusterRecord& cluster) override {
    return SetupMarks::Forget(cluster.name);
  }

  absl::Status Resume(const ClusterRecord& /*cluster*/,
                      const SetupProgress& /*progress*/) override {
    return absl::OkStatus();  // what was set up before a pause still is
  }

 private:
  // One SetUp, which the threads of its nodes share.
  struct Round {
    ClusterAPI& api;
    const ClusterRecord& cluster;
    const std::map<std::string, std::vector<Script>>& by_group;
    const std::vector<std::string>& arguments;
    const SetupProgress& progress;
    std::atomic<bool> is_interrupted{false};
  };

  void TellEmpty(const std::map<std::string, std::vector<Script>>& by_group,
                 const SetupProgress& progress) const {
    if (by_group.empty()) {
      progress("", "there is nothing to run: no kind has groups; groups.KIND = NAME says which");
      return;
    }
    std::vector<std::string> empty;
    for (const auto& [group, scripts] : by_group) {
      if (scripts.empty()) empty.push_back(group);
    }
    if (empty.size() == by_group.size()) {
      progress("", absl::StrCat("there is nothing to run: no group (", absl::StrJoin(empty, ", "),
                                ") has a folder with scripts in ", folder_, "; make ", folder_, "/",
                                empty.front(), " with executables in it"));
      return;
    }
    for (const std::string& group : empty) {
      progress("", absl::StrCat("there is nothing to run for the group ", group, " in ", folder_,
                                "/", group));
    }
  }

  absl::Status SetUpNode(const Round& round, const NodeRecord& node) const {
    const auto groups = round.cluster.groups.find(node.kind);
    if (groups == round.cluster.groups.end()) return absl::OkStatus();
    ASSIGN_OR_RETURN(SetupMarks marks, SetupMarks::Of(round.cluster.name, node));
    for (const std::string& group : groups->second) {
      for (const Script& script : round.by_group.at(group)) {
        const std::string mark =
            DigestOf(absl::StrCat(script.content, "\n", absl::StrJoin(round.arguments, "\n")));
        if (marks.Has(script.name, mark)) continue;
        if (round.is_interrupted) {
          return absl::CancelledError(absl::StrCat(script.name, " was not begun"));
        }
        round.progress(node.name, script.name);
        RETURN_IF_ERROR(RunScript(round, node, script));
        RETURN_IF_ERROR(marks.Add(script.name, mark));
      }
    }
    return absl::OkStatus();
  }

  absl::Status RunScript(const Round& round, const NodeRecord& node, const Script& script) const {
    std::vector<std::string> words = {"sh", "-c", kRunner, "sh",
                                      script.name.substr(script.name.find('/') + 1)};
    words.insert(words.end(), round.arguments.begin(), round.arguments.end());
    ExecuteOptions options;
    options.deadline = timeout_;
    options.input = script.content;
    options.environment = EnvironmentFor(round.cluster, node);
    options.environment["MUSTER_GROUP"] = script.name.substr(0, script.name.find('/'));
    HookedExecution hooked{round.cluster.name, "setup", script.name, true,
                           {node.name},        {},      &options};
    const absl::Status veto =
        BeforeExecution(hooked, [&round] { return round.is_interrupted.load(); });
    if (!veto.ok()) {
      return absl::Status(veto.code(),
                          absl::StrCat(script.name, ": ", std::string(veto.message())));
    }
    Call call = round.api.execute(node.name, argv(std::move(words)), options);
    const std::string output = Follow(call, round.is_interrupted);
    const Outcome outcome = call.wait();
    AfterExecution(hooked, {outcome});
    if (outcome.ok()) return absl::OkStatus();
    if (outcome.kind == Outcome::Kind::kCancelled) {
      return absl::CancelledError(absl::StrCat(script.name, " was stopped", LastLines(output)));
    }
    return absl::UnavailableError(
        absl::StrCat(script.name, ": ", outcome.describe(), LastLines(output)));
  }

  // What it writes until it ends, or is interrupted and stopped with all that it started.
  static std::string Follow(Call& call, const std::atomic<bool>& is_interrupted) {
    std::string output;
    bool is_told = false;
    while (true) {
      if (is_interrupted && !is_told) {
        call.cancel();
        is_told = true;
      }
      std::optional<Event> event;
      if (!call.next_for(kAskEvery, &event)) continue;
      if (!event) return output;
      output += event->data;
      if (output.size() > 2 * kMostBytes) output.erase(0, output.size() - kMostBytes);
    }
  }

  static std::string LastLines(const std::string& output) {
    std::vector<std::string> lines =
        absl::StrSplit(absl::StripTrailingAsciiWhitespace(output), '\n');
    if (lines.size() > kMostLines) lines.erase(lines.begin(), lines.end() - kMostLines);
    const std::string text = absl::StrJoin(lines, " | ");
    return text.empty() ? "" : absl::StrCat("; it wrote last: ", text);
  }

  static absl::Status Sum(const std::vector<const NodeRecord*>& nodes,
                          const std::vector<absl::Status>& results, bool is_interrupted) {
    std::vector<std::string> failed;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!results[i].ok()) {
        failed.push_back(absl::StrCat(nodes[i]->name, ": ", results[i].message()));
      }
    }
    if (failed.empty()) return absl::OkStatus();
    const std::string what = absl::StrCat(failed.size(), " of ", nodes.size(),
                                          " nodes were not set up; ", absl::StrJoin(failed, "; "));
    if (!is_interrupted) return absl::UnavailableError(what);
    return absl::CancelledError(
        absl::StrCat("it was interrupted: ", what, "; `cluster setup` goes on there"));
  }

  const Settings settings_;
  const std::string folder_;
  const std::chrono::milliseconds timeout_;
};

// setup in $XDG_CONFIG_HOME/muster.
std::string DefaultFolder() {
  const char* config = ::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && config[0] == '/') return absl::StrCat(config, "/muster/setup");
  const char* home = ::getenv("HOME");
  return home != nullptr && home[0] == '/' ? absl::StrCat(home, "/.config/muster/setup") : "";
}

}  // namespace

std::vector<std::string> ScriptSetupSettings() { return {"scripts", "timeout"}; }

absl::StatusOr<std::shared_ptr<SetupProvider>> MakeScriptSetup(const Settings& settings) {
  RETURN_IF_ERROR(CheckSettings("the setup script", settings, ScriptSetupSettings()));
  std::string folder = DefaultFolder();
  if (const auto given = settings.find("scripts"); given != settings.end()) {
    folder = fs::absolute(given->second).lexically_normal().string();
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no folder ", folder,
                       " with scripts; make it, with a folder for each "
                       "group and executables in it"));
    }
  }
  std::chrono::milliseconds timeout = kDefaultTimeout;
  if (const auto given = settings.find("timeout"); given != settings.end()) {
    ASSIGN_OR_RETURN(timeout, ParseDuration(given->second));
  }
  Settings kept = settings;
  if (kept.count("scripts") != 0) kept["scripts"] = folder;  // from wherever it is read again
  return std::shared_ptr<SetupProvider>(
      std::make_shared<ScriptSetup>(std::move(kept), std::move(folder), timeout));
}

}  // namespace muster::provision
