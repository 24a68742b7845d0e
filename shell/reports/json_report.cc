#include "shell/reports/json_report.h"

#include <absl/strings/escaping.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace muster::clustershell {
namespace {

using Json = nlohmann::ordered_json;

// A text of JSON holds characters only; other bytes go as base64 in a field of another name.
void SetText(Json& json, const std::string& name, absl::string_view bytes) {
  const Json text = std::string(bytes);
  try {
    static_cast<void>(text.dump());
    json[name] = text;
  } catch (const Json::type_error&) {
    json[name + "_base64"] = absl::Base64Escape(bytes);
  }
}

std::string ToLine(const Json& json) { return json.dump() + "\n"; }

}  // namespace

JsonReport::JsonReport(const std::vector<std::string>& nodes, Output& output) : output_(output) {
  places_.reserve(nodes.size());
  for (const std::string& node : nodes) places_.emplace_back().node = node;
}

void JsonReport::OnOutput(std::size_t node, const Event& event) {
  Place& place = places_[node];
  const bool is_stdout = event.stream == Event::Stream::kStdout;
  (is_stdout ? place.out_bytes : place.err_bytes) += event.data.size();
  Print(place, event.stream, (is_stdout ? place.out : place.err).Add(event.data));
}

void JsonReport::Print(const Place& place, Event::Stream stream, absl::string_view lines) {
  if (lines.empty()) return;
  Json json = {{"type", "output"},
               {"node", place.node},
               {"stream", stream == Event::Stream::kStdout ? "stdout" : "stderr"}};
  SetText(json, "data", lines);
  output_.Raw(Output::Stream::kStdout, ToLine(json));
}

void JsonReport::OnWaiting(std::size_t node) {
  PrintRest(places_[node]);
  const Json json = {{"type", "waiting"}, {"node", places_[node].node}};
  output_.Raw(Output::Stream::kStdout, ToLine(json));
}

// The last lines as they are, without a newline that the node did not write.
void JsonReport::PrintRest(Place& place) {
  for (const Event::Stream stream : {Event::Stream::kStdout, Event::Stream::kStderr}) {
    std::string rest = (stream == Event::Stream::kStdout ? place.out : place.err).Finish();
    if (!rest.empty()) rest.pop_back();
    Print(place, stream, rest);
  }
}

void JsonReport::OnEnd(std::size_t node, const Outcome& outcome) {
  Place& place = places_[node];
  PrintRest(place);
  const bool has_exit_code =
      outcome.ok() || (outcome.kind == Outcome::Kind::kFailed && !outcome.exception);
  const bool has_signal = outcome.kind == Outcome::Kind::kSignalled;
  Json json = {{"type", "outcome"},
               {"node", place.node},
               {"status", word(outcome.kind)},
               {"exit_code", has_exit_code ? Json(outcome.exit_code) : Json()},
               {"signal", has_signal ? Json(outcome.signal) : Json()},
               {"duration_s", std::chrono::duration<double>(outcome.usage.wall).count()},
               {"bytes_out", place.out_bytes},
               {"bytes_err", place.err_bytes}};
  SetText(json, "message", outcome.ok() ? outcome.reason : outcome.describe());
  if (!outcome.value().text().empty()) SetText(json, "value", outcome.value().text());
  if (outcome.exception) SetText(json, "traceback", outcome.exception->traceback);
  output_.Raw(Output::Stream::kStdout, ToLine(json));
}

}  // namespace muster::clustershell
