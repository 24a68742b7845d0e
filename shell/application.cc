#include "shell/application.h"

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "client/ClusterAPI.h"
#include "common/unique_fd.h"
#include "common/words.h"
#include "provision/python_provider.h"
#include "shell/cluster_init.h"
#include "shell/cluster_plugins.h"
#include "shell/cluster_records.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/hook_setup.h"
#include "shell/input_source.h"
#include "shell/line_source.h"
#include "shell/one_shot.h"
#include "shell/options.h"
#include "shell/output.h"
#include "shell/path_completion.h"
#include "shell/program_process.h"
#include "shell/programs/start_program.h"
#include "shell/prompt.h"
#include "shell/shell.h"
#include "shell/shell_settings.h"
#include "shell/signals.h"

namespace muster::clustershell {
namespace {

int ExitOfOpening(const Status& status) {
  return status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kInternal
             ? kExitUnreachable
             : kExitUsage;
}

Result<ClusterAPI> OpenCluster(const Options& options, Output& output) {
  if (!options.local) return ClusterAPI::connect(options.cluster, options.config);
  if (output.IsTerminal(Output::Stream::kStderr)) {
    output.Note(absl::StrCat("starting ", *options.local, *options.local == 1 ? " node" : " nodes",
                             " on this machine"));
  }
  return ClusterAPI::local(*options.local);
}

// Where none is found: one that is written now, or none at all, for a shell that is to start one.
Result<ClusterAPI> InitAndOpen(Options& options, Signals& signals, Output& output,
                               Result<ClusterAPI> none) {
  const bool is_default = options.cluster.empty() && !options.local;
  if (none.status().code() != StatusCode::kNotFound || !is_default) return none;
  Result<ClusterAPI> empty = ClusterAPI::none(options.config);
  if (!empty.ok()) return none;
  // What is there, or was started, is chosen from, and not written anew.
  const absl::StatusOr<ShellSettings> settings = ReadShellSettings(options.config);
  const bool has_templates = settings.ok() && !settings->clusters.empty();
  if (!options.config.empty() || has_templates || !empty->clusters().empty()) return empty;
  const bool may_ask = !options.has_lines && !options.one_shot.IsGiven() &&
                       ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  std::string machines;
  if (may_ask) {
    output.Note(none.status().message());
    output.Note("clusterinit writes it for you; without an answer there is no cluster yet");
  } else {
    if (options.lines.empty()) return empty;
    const auto [name, rest] = SplitFirst(options.lines.front());
    if (name != kClusterinitCommand.name) return empty;
    machines = std::string(rest);
    options.lines.erase(options.lines.begin());
  }
  if (InitCluster(signals, output, "", "default", machines, may_ask) != kExitOk) {
    return may_ask && signals.ending() == 0 ? std::move(empty) : std::move(none);
  }
  return ClusterAPI::connect();
}

// Those that are known at this moment.
std::vector<std::string> GroupNames(Shell& shell) {
  std::vector<std::string> names;
  const Result<std::vector<NodeGroup>> groups = shell.cluster().groups();
  if (!groups.ok()) return names;  // whoever uses one is told
  for (const NodeGroup& group : *groups) names.push_back(group.name);
  return names;
}

// For -l: ssh is started anew for each connection, and finds the user there.
void SetLoginUser(const std::string& user) {
  if (user.empty()) return;
  const char* const given = ::getenv("MUSTER_SSH");
  const std::string ssh = given == nullptr || *given == '\0' ? "ssh" : given;
  ::setenv("MUSTER_SSH", absl::StrCat(ssh, " -l ", user).c_str(), 1);
}

// "env:prod", sorted.
std::vector<std::string> TagNames(Shell& shell) {
  std::set<std::string> tags;
  for (const Node& node : shell.nodes()) tags.insert(node.tags.begin(), node.tags.end());
  return {tags.begin(), tags.end()};
}

Vocabulary VocabularyOf(Shell& shell) {
  Vocabulary vocabulary{
      Commands(), {}, shell.programs().names(), [&shell] { return GroupNames(shell); }};
  vocabulary.tags = [&shell] { return TagNames(shell); };
  vocabulary.clusters = [&shell] { return shell.view().ClusterNames(); };
  for (const Node& node : shell.nodes()) vocabulary.nodes.push_back(node.name);
  // Another cluster's name is a target, too.
  for (const std::string& name : shell.view().OtherClusters()) vocabulary.nodes.push_back(name);
  vocabulary.startable = [&shell] { return StartableNames(shell); };
  vocabulary.plugins = [&shell] { return PluginNames(shell); };
  vocabulary.paths = &PathsHere;
  vocabulary.remote_paths = [&shell](const std::string& target, const std::string& typed) {
    return PathsOfNode(shell, target, typed);
  };
  return vocabulary;
}

std::unique_ptr<LineSource> OpenLines(const Options& options, const UniqueFd& file, Shell& shell,
                                      Signals& signals, Output& output) {
  if (options.has_lines) return std::make_unique<GivenLines>(options.lines);
  if (file.IsOpen()) return std::make_unique<ScriptLines>(file.get(), signals);
  if (options.file == "-") return std::make_unique<ScriptLines>(STDIN_FILENO, signals);
  if (::isatty(STDIN_FILENO) == 0) return std::make_unique<ScriptLines>(STDIN_FILENO, signals);
  const std::size_t count = shell.nodes().size();
  output.Note(absl::StrCat(count, count == 1 ? " node" : " nodes",
                           "; 'help' lists the commands, Ctrl-D leaves"));
  return std::make_unique<Prompt>([&shell] { return VocabularyOf(shell); },
                                  [&shell] { return shell.view().used(); }, signals, output);
}

// Runs all lines; the exit code.
int RunLines(LineSource& lines, Shell& shell, Signals& signals, const Output& output) {
  int exit_code = kExitOk;
  shell.set_is_interactive(lines.IsInteractive());
  while (!shell.ended() && output.error() == 0) {
    if (signals.ending() != 0) return 128 + signals.ending();
    if (signals.interrupts() > 0 && !lines.IsInteractive()) return kExitInterrupted;
    signals.ForgetInterrupts();
    // What is wrong with their files is said before anybody types.
    if (lines.IsInteractive()) RefreshPrograms(shell);
    if (const std::optional<std::string> line = lines.Next()) {
      exit_code = WorseExit(exit_code, shell.RunLine(*line));
    } else if (signals.interrupts() == 0) {
      break;
    }
  }
  if (!lines.IsInteractive()) {
    exit_code = WorseExit(exit_code, shell.FinishJobs());
    if (signals.ending() != 0) return 128 + signals.ending();
    if (signals.interrupts() > 0) return kExitInterrupted;
  }
  if (lines.IsInteractive()) shell.SayJobsEnd();
  shell.sticky().Close(shell.cluster());
  // A person has seen what failed; that a line of an hour ago did is not how the shell ended.
  return lines.IsInteractive() ? kExitOk : exit_code;
}

int RunAll(const Options& options, Shell& shell, Signals& signals, Output& output) {
  if (!options.one_shot.IsGiven()) {
    UniqueFd file;
    if (!options.file.empty() && options.file != "-") {
      file.Reset(::open(options.file.c_str(), O_RDONLY | O_CLOEXEC));
      if (!file.IsOpen()) {
        output.Note(absl::StrCat("clustershell: cannot read --file ", options.file, ": ",
                                 ::strerror(errno)));
        return kExitUsage;
      }
    }
    const bool reads_input = !options.has_lines && !file.IsOpen();
    if (const std::string why_not = WhyNotRead(reads_input ? STDIN_FILENO : file.get());
        !why_not.empty()) {
      output.Note(absl::StrCat("clustershell: cannot read lines from ",
                               reads_input ? "standard input" : options.file, ": ", why_not));
      return kExitUsage;
    }
    return RunLines(*OpenLines(options, file, shell, signals, output), shell, signals, output);
  }
  int exit_code = RunOneShot(shell, options.one_shot);
  exit_code = WorseExit(exit_code, shell.FinishJobs());
  if (signals.ending() != 0) return 128 + signals.ending();
  return signals.interrupts() > 0 ? kExitInterrupted : exit_code;
}

int Run(Options& options, Signals& signals, Output& output) {
  SetLoginUser(options.line.login_user);
  Result<ClusterAPI> cluster = OpenCluster(options, output);
  if (!cluster.ok()) cluster = InitAndOpen(options, signals, output, std::move(cluster));
  if (!cluster.ok()) {
    output.Note(absl::StrCat("clustershell: ", cluster.status().message()));
    return ExitOfOpening(cluster.status());
  }
  absl::StatusOr<ShellSettings> settings = ReadShellSettings(options.config);
  if (!settings.ok()) {
    output.Note(absl::StrCat("clustershell: ", settings.status().message()));
    if (!options.local) return kExitUsage;
    settings = ShellSettings();
  }
  if (const absl::Status hooks = UseHooks(options, settings->configuration); !hooks.ok()) {
    output.Note(absl::StrCat("clustershell: ", std::string(hooks.message())));
    return kExitUsage;
  }
  if (options.local) {  // its nodes are not those of the file
    settings->configuration.clear();
    settings->clusters.clear();
  }
  Shell shell(std::move(cluster).value(), signals, output);
  shell.set_settings(*std::move(settings));
  shell.set_shows_tracebacks(options.debug);
  LineOptions line = options.line;
  line.report.always_sums_up = !options.one_shot.IsGiven();
  shell.set_defaults(std::move(line));
  shell.set_keeps_output(!options.one_shot.IsGiven() && options.lines.size() != 1);
  shell.set_input_is_free(options.one_shot.IsGiven() || options.has_lines ||
                          (!options.file.empty() && options.file != "-"));
  const int exit_code = RunAll(options, shell, signals, output);
  if (output.error() == 0) return exit_code;
  if (output.error() == EPIPE) return kExitOutputClosed;
  output.Note(
      absl::StrCat("clustershell: cannot write to standard output: ", ::strerror(output.error())));
  return kExitFailed;
}

}  // namespace

int Main(int argc, char** argv) {
  if (IsProgramProcess(argc, argv)) return RunProgramProcess(argc, argv);
  Output output;
  absl::StatusOr<Options> options = ParseOptions(argc, argv);
  if (!options.ok()) {
    output.Note(absl::StrCat("clustershell: ", std::string(options.status().message())));
    return kExitUsage;
  }
  if (options->text) {
    output.Raw(Output::Stream::kStdout, *options->text);
    return kExitOk;
  }
  Signals signals;  // before ClusterAPI starts threads
  provision::UsePythonProviders();
  return Run(*options, signals, output);
}

}  // namespace muster::clustershell
