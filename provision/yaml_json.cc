#include "provision/yaml_json.h"

#include <absl/strings/str_cat.h>
#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 50;
// What an anchor stands for counts each time that it is used: ten lines can stand for a billion.
constexpr int kMaxValues = 100000;

json OfScalar(const YAML::Node& node) {
  if (node.Tag() == "!") return node.Scalar();  // it has quotes
  if (bool yes = false; YAML::convert<bool>::decode(node, yes)) return yes;
  if (std::int64_t number = 0; YAML::convert<std::int64_t>::decode(node, number)) return number;
  if (double number = 0; YAML::convert<double>::decode(node, number)) return number;
  return node.Scalar();
}

json Of(const YAML::Node& node, int depth, int& values) {
  if (depth > kMaxDepth) throw YAML::Exception(node.Mark(), "it is nested too deep");
  if (++values > kMaxValues) {
    throw YAML::Exception(node.Mark(),
                          absl::StrCat("it has more than ", kMaxValues,
                                       " values, those that aliases stand for among them"));
  }
  if (node.IsScalar()) return OfScalar(node);
  if (node.IsSequence()) {
    json list = json::array();
    for (const YAML::Node& item : node) list.push_back(Of(item, depth + 1, values));
    return list;
  }
  if (!node.IsMap()) return {};
  json mapping = json::object();
  for (const auto& entry : node) {
    if (!entry.first.IsScalar())
      throw YAML::Exception(entry.first.Mark(), "a key has to be a text");
    mapping[entry.first.Scalar()] = Of(entry.second, depth + 1, values);
  }
  return mapping;
}

absl::StatusOr<json> Parse(const std::string& text, const std::string& origin) {
  try {  // the library tells its errors by exceptions
    int values = 0;
    return Of(YAML::Load(text), 0, values);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(origin, origin.empty() ? "" : ":", error.mark.line + 1, ": ", error.msg));
  }
}

}  // namespace

absl::StatusOr<json> ParseYaml(const std::string& text) { return Parse(text, ""); }

absl::StatusOr<json> ReadYamlFile(const std::string& path) {
  RETURN_IF_ERROR(OpenTrustedFile(path, Trust::kStrict).status());
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return Parse(text, path);
}

}  // namespace muster::provision
