#include "client/outcome_summary.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <utility>

#include "common/node_set.h"

namespace muster {
namespace {

constexpr char kFile[] = "  File \"";
constexpr char kLine[] = "\", line ";
// As the worker calls the source that was sent.
constexpr char kCommand[] = "<command>";

// "  File "/x/f.py", line 12, in g" as "f.py:12"; empty: it is no such line.
std::string PlaceIn(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, kFile)) return "";
  const std::size_t end = line.rfind(kLine);
  if (end == absl::string_view::npos) return "";
  absl::string_view file = line.substr(0, end);
  absl::string_view number = line.substr(end + sizeof(kLine) - 1);
  number = number.substr(0, number.find(','));
  if (file == kCommand) return absl::StrCat("line ", number);
  return absl::StrCat(file.substr(file.rfind('/') + 1), ":", number);
}

// What it says without the message, which may hold what differs between nodes.
std::string NameOf(const Outcome& outcome) {
  if (outcome.exception) {
    const std::string place = PlaceOf(*outcome.exception);
    return absl::StrCat(outcome.exception->type, place.empty() ? "" : " at ", place);
  }
  return absl::StrCat(outcome.exit_code, " ", outcome.signal, " ", outcome.error_number);
}

// Without its own node's name two reasons are often the same, and so are the paths in them.
constexpr char kAnyNode[] = "NODE";
std::string ReasonOf(const Outcome& outcome) {
  std::string reason = outcome.reason;
  if (outcome.node.empty()) return reason;
  for (std::size_t at = 0; (at = reason.find(outcome.node, at)) != std::string::npos;) {
    reason.replace(at, outcome.node.size(), kAnyNode);
    at += sizeof(kAnyNode) - 1;
  }
  return reason;
}

}  // namespace

std::string PlaceOf(const Exception& exception) {
  std::string place;
  for (const absl::string_view line : absl::StrSplit(exception.traceback, '\n')) {
    std::string here = PlaceIn(line);
    if (!here.empty()) place = std::move(here);
  }
  if (place.empty() && exception.line > 0) place = absl::StrCat("line ", exception.line);
  return place;
}

void OutcomeSummary::Add(const Outcome* outcome) {
  ++size_;
  if (outcome == nullptr) {
    ++running_;
    return;
  }
  const bool is_judged_by_code = outcome->exception || outcome->kind == Outcome::Kind::kFailed ||
                                 outcome->kind == Outcome::Kind::kSignalled;
  const std::string common = is_judged_by_code ? NameOf(*outcome) : ReasonOf(*outcome);
  Alike& alike =
      alike_[absl::StrCat(static_cast<int>(outcome->kind), " ", outcome->ok() ? "" : common)];
  if (alike.nodes.empty()) {
    alike.kind = outcome->kind;
    if (outcome->exception) {
      alike.what = absl::StrCat(word(outcome->kind), ": ", common);
      if (!outcome->exception->message.empty()) {
        absl::StrAppend(&alike.what, ": ",
                        absl::string_view(outcome->exception->message)
                            .substr(0, outcome->exception->message.find('\n')));
      }
    } else {
      alike.what = is_judged_by_code || outcome->ok()
                       ? outcome->describe()
                       : absl::StrCat(word(outcome->kind), ": ", common);
      if (!is_judged_by_code) alike.alone = outcome->describe();
    }
  }
  alike.nodes.push_back(outcome->node);
}

GroupSummary OutcomeSummary::Take() {
  GroupSummary summary;
  summary.size = size_;
  summary.running = running_;
  for (auto& [common, alike] : alike_) {
    const std::size_t count = alike.nodes.size();
    std::string& what = count == 1 && !alike.alone.empty() ? alike.alone : alike.what;
    summary.lines.push_back({alike.kind, std::move(what), count, Fold(std::move(alike.nodes))});
  }
  std::stable_sort(summary.lines.begin(), summary.lines.end(), [](const auto& a, const auto& b) {
    const bool a_ok = a.kind == Outcome::Kind::kOk;
    const bool b_ok = b.kind == Outcome::Kind::kOk;
    return a_ok != b_ok ? b_ok : a.count > b.count;
  });
  return summary;
}

std::string GroupSummary::text() const {
  std::string text;
  for (const Line& line : lines) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", line.count, " ", line.what,
                    line.nodes.empty() ? "" : " on ", line.nodes);
  }
  if (running > 0) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", running, " still running");
  }
  return text;
}

}  // namespace muster
