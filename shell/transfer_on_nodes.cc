#include "shell/transfer_on_nodes.h"

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/nearest.h"
#include "common/node_set.h"
#include "common/words.h"
#include "shell/chosen_nodes.h"
#include "shell/command_words.h"
#include "shell/execution_flags.h"
#include "shell/exit_code.h"
#include "shell/one_line.h"
#include "shell/reports/transfer_report.h"
#include "shell/shell_settings.h"
#include "shell/summary.h"
#include "shell/transfer_bar.h"
#include "shell/transfer_target.h"

namespace muster::clustershell {
namespace {

// How long to look at one transfer before the bar and the others.
constexpr std::chrono::milliseconds kLook(50);

constexpr WordFlag kFlags[] = {{0, "--timeout", true},
                               {0, "--grace", true},
                               {0, "--cwd", true},
                               {'o', "--output", true},
                               {0, "--dry-run"}};

// As OtherFlags: what is no flag of an execution; those that are have to be in the list, too.
absl::StatusOr<bool> TakeTransferFlag(absl::string_view& line, LineOptions& options) {
  const absl::string_view word = SplitFirst(line).first;
  const absl::string_view given = word.substr(0, word.find('='));
  const WordFlag* const flag = FindFlag(kFlags, given);
  if (flag == nullptr) {
    if (!absl::StartsWith(word, "--") || word == "--") return false;  // a file
    std::vector<std::string> names = NamesOf(kFlags);
    return absl::InvalidArgumentError(
        absl::StrCat("only ", absl::StrJoin(names, ", "), " are for files, and not ", given,
                     DidYouMean(given, names), "; a file that is called so stands behind a --"));
  }
  const absl::string_view name = flag->name;
  if (name != "--output" && name != "--dry-run") return false;
  return TakeLineFlag(line, options);
}

// Transfers that run, for Ctrl-C.
class Transfers : public Interruptible {
 public:
  explicit Transfers(std::vector<Transfer> transfers) : transfers_(std::move(transfers)) {}

  void Interrupt(int times) override {
    times_ = times;
    for (Transfer& transfer : transfers_) {
      if (times > 1) {
        transfer.cancel(std::chrono::milliseconds(0));
      } else {
        transfer.cancel();
      }
    }
  }

  std::vector<Transfer>& all() { return transfers_; }
  int times() const { return times_; }

 private:
  std::vector<Transfer> transfers_;  // does not change; each is thread-safe
  std::atomic<int> times_{0};
};

TransferProgress Sum(const std::vector<Transfer>& transfers) {
  TransferProgress sum;
  for (const Transfer& transfer : transfers) {
    const TransferProgress one = transfer.progress();
    sum.bytes += one.bytes;
    sum.total_bytes += one.total_bytes;
    sum.files += one.files;
    sum.total_files += one.total_files;
  }
  return sum;
}

// Flags that mean something for files.
absl::Status TakeOptions(const ExecuteOptions& flags, TransferOptions& options) {
  const bool has_limits = flags.limits.cpu || flags.limits.memory_bytes || flags.limits.processes ||
                          flags.limits.file_size_bytes || flags.limits.open_files ||
                          flags.limits.output_bytes;
  if (has_limits || !flags.session.empty() || !flags.environment.empty() ||
      flags.leftovers != Leftovers::kOwnSession) {
    return absl::InvalidArgumentError("only --timeout, --grace and --cwd are for files");
  }
  if (flags.deadline) options.deadline = flags.deadline;
  if (flags.grace != ExecuteOptions().grace) options.grace = flags.grace;
  if (!flags.directory.empty()) options.directory = flags.directory;
  return absl::OkStatus();
}

int WaitForAll(Shell& shell, const std::shared_ptr<Transfers>& transfers, bool as_json) {
  std::vector<Transfer>& all = transfers->all();
  std::vector<Outcome> outcomes(all.size());
  std::vector<bool> has_ended(all.size(), false);
  TransferBar bar(shell.output(), all.size());
  const auto begun = std::chrono::steady_clock::now();
  int exit_code = kExitOk;
  int told = 0;
  for (std::size_t ended = 0; ended < all.size();) {
    bool waits = true;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (has_ended[i]) continue;
      const Outcome* outcome = all[i].wait_for(std::exchange(waits, false) ? kLook : kLook * 0);
      if (outcome == nullptr) continue;
      has_ended[i] = true;
      ++ended;
      bar.Wipe();
      TellTransfer(all[i], *outcome, as_json, shell.output());
      exit_code = WorseExit(exit_code, ExitOf(*outcome));
      outcomes[i] = *outcome;
    }
    if (const int times = transfers->times(); times > told) {
      told = times;
      bar.Wipe();
      shell.SayStopping(times);
    }
    if (ended < all.size()) bar.Show(Sum(all), ended);
  }
  if (!as_json && all.size() > 1 && exit_code != kExitOk && !shell.defaults().report.is_quiet) {
    shell.output().Note(Summarize(outcomes, std::chrono::duration_cast<std::chrono::milliseconds>(
                                                std::chrono::steady_clock::now() - begun)));
  }
  return exit_code;
}

}  // namespace

std::vector<std::string> TransferFlagNames() { return NamesOf(kFlags); }

int TransferOnNodes(Shell& shell, Direction direction, absl::string_view target,
                    absl::string_view rest, const LineOptions& given) {
  const char* name = direction == Direction::kPut ? "put" : "get";
  LineOptions flags = given;
  const auto line = TakeExecutionFlags(rest, flags.execution, [&flags](absl::string_view& behind) {
    return TakeTransferFlag(behind, flags);
  });
  if (!line.ok()) return shell.Usage(name, line.status().message());
  auto words = SplitWords(*line);
  if (!words.ok()) return shell.Usage(name, words.status().message());
  if (words->size() < 2) return shell.Usage(name, "it needs a source and a destination");
  if (std::find(words->begin(), words->end(), "") != words->end()) {
    return shell.Usage(name, "a path is empty");
  }
  std::string meant(target);
  if (meant.empty()) {
    absl::StatusOr<std::string> taken = TakeTransferTarget(shell, direction, *words);
    if (!taken.ok()) return shell.Usage(name, taken.status().message());
    meant = *std::move(taken);
  }
  const ChosenNodes chosen = ChooseNodes(shell, meant);
  if (chosen.nodes.empty()) return chosen.exit_code;
  std::string destination = std::move(words->back());
  words->pop_back();
  return Copy(shell, direction, chosen.nodes, *std::move(words), std::move(destination), flags);
}

int Copy(Shell& shell, Direction direction, const std::vector<Node>& nodes,
         std::vector<std::string> sources, std::string destination, const LineOptions& given) {
  const bool is_put = direction == Direction::kPut;
  TransferOptions options;
  options.deadline = shell.defaults().execution.deadline;
  options.grace = shell.defaults().execution.grace;
  options.directory = shell.defaults().execution.directory;
  if (const absl::Status status = TakeOptions(given.execution, options); !status.ok()) {
    return shell.Usage(is_put ? "put" : "get", status.message());
  }
  if (is_put) {
    for (std::string& source : sources) source = WithHome(source);
  } else {
    destination = WithHome(destination);
  }
  std::vector<Target> targets;
  std::vector<std::string> names;
  for (const Node& node : nodes) {
    targets.emplace_back(node.index);
    names.push_back(node.name);
  }
  if (given.is_dry || shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would copy ", OneLine(absl::StrJoin(sources, " ")),
                                    is_put ? "" : absl::StrCat(" of ", Fold(names)), " to ",
                                    OneLine(destination),
                                    is_put ? absl::StrCat(" on ", Fold(names)) : "", " (",
                                    names.size(), names.size() == 1 ? " node)" : " nodes)", "\n"));
    return kExitOk;
  }
  const auto transfers = std::make_shared<Transfers>(
      is_put ? shell.cluster().put(targets, sources, destination, options)
             : shell.cluster().get(targets, sources, destination, options));
  shell.signals().SetRunning(transfers);
  const bool as_json = given.report.form == ReportStyle::Form::kJson ||
                       shell.defaults().report.form == ReportStyle::Form::kJson;
  return WaitForAll(shell, transfers, as_json);
}

}  // namespace muster::clustershell
