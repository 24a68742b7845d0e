// Lines of JSON for programs: what they have in common (docs/output.md has the form). Pure;
// thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <nlohmann/json.hpp>
#include <string>

#include "client/ClusterAPI.h"

namespace muster::clustershell::json_line {

// A text of JSON holds characters only; other bytes go as base64 into a field `name`_base64.
void Set(nlohmann::ordered_json& json, const std::string& name, absl::string_view bytes);
// What a line about an outcome begins with: from "type" to "duration_s".
nlohmann::ordered_json Head(const std::string& node, const Outcome& outcome);
std::string Text(const nlohmann::ordered_json& json);

}  // namespace muster::clustershell::json_line
