#include "shell/reports/live_report.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "shell/summary.h"

namespace muster::clustershell {

std::string RemarksOn(const Outcome& outcome, bool with_traceback, bool is_quiet) {
  const bool ended_by_itself = outcome.ok() || outcome.kind == Outcome::Kind::kFailed ||
                               outcome.kind == Outcome::Kind::kSignalled;
  if (is_quiet && ended_by_itself && !outcome.exception) return "";
  std::string text;
  const Usage& usage = outcome.usage;
  if (usage.left > 0) absl::StrAppend(&text, "left ", usage.left, " running\n");
  // Of a command that ended by itself.
  if (usage.reaped > 0 && (outcome.ok() || outcome.kind == Outcome::Kind::kFailed)) {
    absl::StrAppend(&text, "ended ", usage.reaped,
                    " still running in its background; --keep keeps ",
                    usage.reaped == 1 ? "it\n" : "them\n");
  }
  if (outcome.ok()) {
    if (!outcome.reason.empty()) absl::StrAppend(&text, outcome.reason, "\n");
    return text;
  }
  if (with_traceback && outcome.exception) {
    absl::StrAppend(&text, outcome.exception->traceback);
    if (!absl::EndsWith(text, "\n")) text += '\n';
  }
  absl::StrAppend(&text, outcome.describe(), "\n");
  return text;
}

std::string ShownValue(const Outcome& outcome) {
  const std::string& value = outcome.value().text();
  return value.empty() || value == "None" ? "" : value + "\n";
}

void SumUp(const ReportStyle& style, const std::vector<Outcome>& outcomes,
           std::chrono::milliseconds elapsed, Output& output) {
  if (outcomes.size() < 2 || style.is_quiet || style.form == ReportStyle::Form::kJson) return;
  if (style.always_sums_up || !AreAllWell(outcomes)) output.Note(Summarize(outcomes, elapsed));
}

LiveReport::LiveReport(const ReportStyle& style, const std::vector<std::string>& nodes,
                       Output& output, bool shows_tracebacks)
    : output_(output), style_(style), shows_tracebacks_(shows_tracebacks) {
  places_.reserve(nodes.size());
  for (const std::string& node : nodes) places_.emplace_back().node = node;
}

void LiveReport::OnOutput(std::size_t node, const Event& event) {
  Place& place = places_[node];
  Print(place, event.stream, AssemblerOf(place, event.stream).Add(event.data));
}

void LiveReport::OnWaiting(std::size_t node) {
  Place& place = places_[node];
  for (const Event::Stream stream : {Event::Stream::kStdout, Event::Stream::kStderr}) {
    Print(place, stream, AssemblerOf(place, stream).Finish());
  }
}

void LiveReport::OnEnd(std::size_t node, const Outcome& outcome) {
  Place& place = places_[node];
  for (const Event::Stream stream : {Event::Stream::kStdout, Event::Stream::kStderr}) {
    LineAssembler& assembler = AssemblerOf(place, stream);
    Print(place, stream, assembler.Finish());
    if (assembler.cuts() > 0) {
      Say(place, absl::StrCat("note: lines over ", LineAssembler::kMaxLineBytes >> 20,
                              " MiB were cut at ", assembler.cuts(), " places"));
    }
  }
  Print(place, Event::Stream::kStdout, ShownValue(outcome));
  Say(place, RemarksOn(outcome, shows_tracebacks_, style_.is_quiet));
}

void LiveReport::OnAllEnded(const std::vector<Outcome>& outcomes,
                            std::chrono::milliseconds elapsed) {
  if (!style_.is_summed_up_later) SumUp(style_, outcomes, elapsed, output_);
}

void LiveReport::Print(const Place& place, Event::Stream stream, absl::string_view lines) {
  if (style_.has_labels) {
    output_.NodeLines(stream, place.node, lines);
  } else {
    output_.Lines(stream, lines);
  }
}

void LiveReport::Say(const Place& place, absl::string_view lines) {
  output_.NodeLines(Event::Stream::kStderr, place.node, lines);
}

}  // namespace muster::clustershell
