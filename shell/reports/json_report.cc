#include "shell/reports/json_report.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "shell/reports/json_line.h"

namespace muster::clustershell {
namespace {

using Json = nlohmann::ordered_json;

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
  json_line::Set(json, "data", lines);
  output_.Raw(Output::Stream::kStdout, json_line::Text(json));
}

void JsonReport::OnWaiting(std::size_t node) {
  PrintRest(places_[node]);
  const Json json = {{"type", "waiting"}, {"node", places_[node].node}};
  output_.Raw(Output::Stream::kStdout, json_line::Text(json));
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
  Json json = json_line::Head(place.node, outcome);
  json["bytes_out"] = place.out_bytes;
  json["bytes_err"] = place.err_bytes;
  json_line::Set(json, "message", outcome.ok() ? outcome.reason : outcome.describe());
  if (!outcome.value().text().empty()) json_line::Set(json, "value", outcome.value().text());
  if (outcome.exception) json_line::Set(json, "traceback", outcome.exception->traceback);
  output_.Raw(Output::Stream::kStdout, json_line::Text(json));
}

}  // namespace muster::clustershell
