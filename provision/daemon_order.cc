#include "provision/daemon_order.h"

#include <absl/strings/str_cat.h>

#include <nlohmann/json.hpp>

#include "common/status_macros.h"
#include "common/variable_name.h"
#include "provision/daemon_settings.h"

namespace muster::provision {
namespace {

// Texts by name in `extra`; none when there is no such keyword, or it is something else: a
// program's own keyword of add_node.
Settings TextsOf(const NodeRecord& node, const char* keyword) {
  const auto found = node.extra.find(keyword);
  if (found == node.extra.end()) return {};
  const nlohmann::json object = nlohmann::json::parse(found->second, nullptr, false);
  Settings texts;
  if (!object.is_object()) return texts;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) texts[name] = value.get<std::string>();
  }
  return texts;
}

}  // namespace

absl::StatusOr<DaemonOrder> DaemonOrderOf(const NodeRecord& node, const Settings& settings) {
  Settings all = settings;
  const Settings own = TextsOf(node, "settings");
  RETURN_IF_ERROR(CheckSettings(absl::StrCat("node ", node.name), own, DaemonSettings()));
  for (const auto& [name, value] : own) all[name] = value;
  DaemonOrder order;
  std::string passed = "MUSTER_INSTANCE";
  for (const auto& [name, value] : TextsOf(node, "environment")) {
    if (!IsVariableName(name)) {
      return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" of the environment of node ",
                                                     node.name, " cannot be a variable"));
    }
    order.environment.push_back(absl::StrCat(name, "=", value));
    absl::StrAppend(&passed, ", ", name);
  }
  order.section = absl::StrCat("[daemon]\npass_environment = ", passed, "\n", DaemonSection(all));
  return order;
}

}  // namespace muster::provision
