#include "shell/run_on_nodes.h"

#include <absl/strings/str_cat.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shell/chosen_nodes.h"
#include "shell/exit_code.h"
#include "shell/fan_out.h"
#include "shell/line_assembler.h"
#include "shell/summary.h"

namespace muster::clustershell {
namespace {

// Prints what comes from one node.
class NodePrinter {
 public:
  NodePrinter(std::string node, Output& output) : node_(std::move(node)), output_(output) {}

  void Take(const Event& event) {
    output_.NodeLines(event.stream, node_, AssemblerOf(event.stream).Add(event.data));
  }

  void Finish(const Outcome& outcome, bool with_traceback) {
    for (const Event::Stream stream : {Event::Stream::kStdout, Event::Stream::kStderr}) {
      LineAssembler& assembler = AssemblerOf(stream);
      output_.NodeLines(stream, node_, assembler.Finish());
      if (assembler.cuts() > 0) {
        Say(absl::StrCat("note: lines over ", LineAssembler::kMaxLineBytes >> 20,
                         " MiB were cut at ", assembler.cuts(), " places"));
      }
    }
    // As Python's own prompt: None is what print() and the like give, and no news.
    const std::string& value = outcome.value().text();
    if (value != "None") output_.NodeLines(Event::Stream::kStdout, node_, value);
    if (outcome.usage.left > 0) Say(absl::StrCat("left ", outcome.usage.left, " running"));
    if (outcome.ok() || outcome.kind == Outcome::Kind::kFailed) SayReaped(outcome.usage.reaped);
    if (outcome.ok() && !outcome.reason.empty()) Say(outcome.reason);
    if (outcome.ok()) return;
    if (with_traceback && outcome.exception) Say(outcome.exception->traceback);
    Say(outcome.describe());
  }

 private:
  // Of a command that ended by itself.
  void SayReaped(std::uint32_t reaped) {
    if (reaped == 0) return;
    Say(absl::StrCat("ended ", reaped, " still running in its background; --keep keeps ",
                     reaped == 1 ? "it" : "them"));
  }
  LineAssembler& AssemblerOf(Event::Stream stream) {
    return stream == Event::Stream::kStdout ? out_ : err_;
  }
  void Say(absl::string_view lines) { output_.NodeLines(Event::Stream::kStderr, node_, lines); }

  std::string node_;
  Output& output_;
  LineAssembler out_;
  LineAssembler err_;
};

}  // namespace

int RunOnNodes(Shell& shell, absl::string_view target, const Command& command,
               const ExecuteOptions& options) {
  Output& output = shell.output();
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return chosen.exit_code;
  std::vector<NodePrinter> printers;
  std::vector<Target> targets;
  for (const Node& node : chosen.nodes) {
    printers.emplace_back(node.name, output);
    targets.emplace_back(node.index);
  }
  const auto fan_out = std::make_shared<FanOut>(shell.cluster().execute(targets, command, options));
  shell.signals().SetRunning(fan_out);

  std::vector<Outcome> outcomes(printers.size());
  int exit_code = kExitOk;
  while (std::optional<FanOut::Happening> happening = fan_out->Next()) {
    switch (happening->kind) {
      case FanOut::Happening::Kind::kOutput:
        printers[happening->call].Take(happening->event);
        // Nobody reads what the nodes print: let them stop, too.
        if (output.error() != 0) fan_out->Cancel();
        break;
      case FanOut::Happening::Kind::kEnded:
        if (output.error() == 0) {
          printers[happening->call].Finish(happening->outcome, shell.shows_tracebacks());
        }
        exit_code = WorseExit(exit_code, ExitOf(happening->outcome));
        outcomes[happening->call] = std::move(happening->outcome);
        break;
      case FanOut::Happening::Kind::kInterrupted:
        shell.SayStopping(happening->times);
        break;
    }
  }
  if (outcomes.size() > 1 && exit_code != kExitOk && output.error() == 0) {
    output.Note(Summarize(outcomes));
  }
  return exit_code;
}

}  // namespace muster::clustershell
