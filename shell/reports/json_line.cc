#include "shell/reports/json_line.h"

#include <absl/strings/escaping.h>

#include <chrono>

namespace muster::clustershell::json_line {

using Json = nlohmann::ordered_json;

void Set(Json& json, const std::string& name, absl::string_view bytes) {
  const Json text = std::string(bytes);
  try {
    static_cast<void>(text.dump());
    json[name] = text;
  } catch (const Json::type_error&) {
    json[name + "_base64"] = absl::Base64Escape(bytes);
  }
}

Json Head(const std::string& node, const Outcome& outcome) {
  const bool has_exit_code =
      outcome.ok() || (outcome.kind == Outcome::Kind::kFailed && !outcome.exception);
  const bool has_signal = outcome.kind == Outcome::Kind::kSignalled;
  return {{"type", "outcome"},
          {"node", node},
          {"status", word(outcome.kind)},
          {"exit_code", has_exit_code ? Json(outcome.exit_code) : Json()},
          {"signal", has_signal ? Json(outcome.signal) : Json()},
          {"duration_s", std::chrono::duration<double>(outcome.usage.wall).count()}};
}

std::string Text(const Json& json) { return json.dump() + "\n"; }

}  // namespace muster::clustershell::json_line
