#include "shell/reports/gathered_report.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/node_set.h"
#include "shell/reports/text_diff.h"
#include "shell/summary.h"

namespace muster::clustershell {
namespace {

constexpr char kRule[] = "---------------";

}  // namespace

GatheredReport::GatheredReport(const ReportStyle& style, const std::vector<std::string>& nodes,
                               Output& output, bool shows_tracebacks, GroupFold groups)
    : style_(style),
      output_(output),
      shows_tracebacks_(shows_tracebacks),
      groups_(std::move(groups)),
      live_(style, nodes, output, shows_tracebacks) {
  for (const std::string& node : nodes) places_.emplace_back().node = node;
}

std::string GatheredReport::Heading(const std::vector<std::string>& nodes) const {
  const std::string folded = style_.names_groups ? groups_.Fold(nodes) : muster::Fold(nodes);
  return nodes.size() == 1 ? folded : absl::StrCat(folded, " (", nodes.size(), ")");
}

void GatheredReport::OnOutput(std::size_t node, const Event& event) {
  const bool is_kept = IsGathered(event.stream) && !places_[node].is_live;
  if (!is_kept || style_.is_live_too) live_.OnOutput(node, event);
  if (is_kept) Keep(node, event.data);
}

void GatheredReport::Keep(std::size_t node, const std::string& text) {
  Place& place = places_[node];
  place.text += text;
  bytes_ += text.size();
  if (bytes_ <= kMaxBytes) return;
  place.is_live = true;
  bytes_ -= place.text.size();
  output_.Note(absl::StrCat(place.node, ": there is more than ", kMaxBytes >> 20,
                            " MiB to gather: its output comes as it comes"));
  if (!style_.is_live_too) live_.OnOutput(node, {Event::Stream::kStdout, place.text});
  std::string().swap(place.text);
}

// The question, which is mostly the end of what it wrote, is shown beside the rest.
void GatheredReport::OnWaiting(std::size_t node) {
  live_.OnWaiting(node);
  const Place& place = places_[node];
  const absl::string_view text = place.text;
  const std::size_t begin = text.rfind('\n') + 1;
  if (!style_.is_live_too && begin < text.size()) {
    output_.NodeLines(Output::Stream::kStderr, place.node, absl::StrCat(text.substr(begin), "\n"));
  }
}

void GatheredReport::OnEnd(std::size_t node, const Outcome& outcome) {
  Place& place = places_[node];
  Outcome rest = outcome;  // what the live one still has to say: the ends of lines
  rest.kind = Outcome::Kind::kOk;
  rest.reason.clear();
  rest.usage = {};
  const std::string value = ShownValue(outcome);
  if (!place.is_live && !style_.is_live_too) rest.set_value({});
  live_.OnEnd(node, rest);
  if (!place.is_live && !value.empty()) Keep(node, value);
  if (!place.text.empty() && !absl::EndsWith(place.text, "\n")) place.text += '\n';
  place.remarks = RemarksOn(outcome, shows_tracebacks_, style_.is_quiet);
}

std::vector<GatheredReport::Fold> GatheredReport::Folds() const {
  std::map<std::string_view, Fold> by_text;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (place.text.empty()) continue;
    Fold& fold = by_text[place.text];
    if (fold.text == nullptr) {
      fold.text = &place.text;
      fold.first = i;
    }
    fold.nodes.push_back(place.node);
  }
  std::vector<Fold> folds;
  folds.reserve(by_text.size());
  for (auto& [text, fold] : by_text) folds.push_back(std::move(fold));
  std::sort(folds.begin(), folds.end(), [](const Fold& a, const Fold& b) {
    return a.nodes.size() != b.nodes.size() ? a.nodes.size() < b.nodes.size() : a.first < b.first;
  });
  return folds;
}

void GatheredReport::PrintHeader(const Fold& fold) {
  if (style_.has_labels) {
    output_.Out(absl::StrCat(kRule, "\n", Heading(fold.nodes), "\n", kRule, "\n"));
  }
}

void GatheredReport::PrintOrdered() {
  for (const Place& place : places_) {
    if (style_.has_labels) {
      output_.NodeLines(Output::Stream::kStdout, place.node, place.text);
    } else {
      output_.Out(place.text);
    }
  }
}

void GatheredReport::PrintFolds() {
  for (const Fold& fold : Folds()) {
    PrintHeader(fold);
    output_.Out(*fold.text);
  }
}

void GatheredReport::PrintDifferences() {
  std::vector<Fold> folds = Folds();
  if (folds.empty()) return;
  // What most say; of several equally many the one of the first node.
  const auto common =
      std::max_element(folds.begin(), folds.end(), [](const Fold& a, const Fold& b) {
        return a.nodes.size() != b.nodes.size() ? a.nodes.size() < b.nodes.size()
                                                : a.first > b.first;
      });
  if (folds.size() == 1) {
    if (!style_.is_quiet) {
      output_.Note(absl::StrCat(Heading(common->nodes), ": no difference"));
    }
    return;
  }
  for (const Fold& fold : folds) {
    if (fold.text == common->text) continue;
    const absl::StatusOr<std::string> difference =
        DiffTexts(Heading(common->nodes), *common->text, Heading(fold.nodes), *fold.text);
    if (!difference.ok()) {
      output_.Note(difference.status().message());
      return;
    }
    output_.Out(*difference);
  }
}

void GatheredReport::PrintRemarks() {
  std::map<std::string_view, std::vector<std::string>> by_remarks;
  std::vector<const Place*> firsts;
  for (const Place& place : places_) {
    if (place.remarks.empty()) continue;
    std::vector<std::string>& nodes = by_remarks[place.remarks];
    if (nodes.empty()) firsts.push_back(&place);
    nodes.push_back(place.node);
  }
  for (const Place* const place : firsts) {
    output_.NodeLines(Output::Stream::kStderr, muster::Fold(by_remarks[place->remarks]),
                      place->remarks);
  }
}

void GatheredReport::OnAllEnded(const std::vector<Outcome>& outcomes,
                                std::chrono::milliseconds elapsed) {
  switch (style_.form) {
    case ReportStyle::Form::kOrdered:
      PrintOrdered();
      break;
    case ReportStyle::Form::kDiff:
      PrintDifferences();
      break;
    default:
      PrintFolds();
      break;
  }
  PrintRemarks();
  live_.OnAllEnded(outcomes, elapsed);
}

}  // namespace muster::clustershell
