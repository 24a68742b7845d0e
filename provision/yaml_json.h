// YAML as plain data: what config.yaml says, for hooks. Thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace muster::provision {

// Scalars without quotes become null, booleans and numbers where they look so. InvalidArgument:
// "LINE: why" it cannot be read, or a mapping whose keys are no texts.
absl::StatusOr<nlohmann::json> ParseYaml(const std::string& text);
// Of a file that only this user or root can write. InvalidArgument: "FILE:LINE: why"; others as
// OpenTrustedFile.
absl::StatusOr<nlohmann::json> ReadYamlFile(const std::string& path);

}  // namespace muster::provision
