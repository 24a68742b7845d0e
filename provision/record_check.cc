#include "provision/record_check.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <set>

#include "common/address.h"
#include "common/status_macros.h"
#include "provision/node_names.h"

namespace muster::provision {
namespace {

constexpr int kDeepest = 32;
constexpr int kLongestTimeout = 30 * 24 * 3600;  // seconds

bool HoldsControls(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

}  // namespace

absl::Status CheckNodeRecord(const NodeRecord& node) {
  if (!IsValidName(node.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", node.name,
                     "' cannot be the name of a node; a name is a letter and up to 63 "
                     "letters, digits, '_', '.' or '-'"));
  }
  RETURN_IF_ERROR(CheckKind(node.kind));
  std::vector<std::string> texts = node.instance.addresses;
  texts.insert(texts.end(), {node.label, node.instance.id, node.image_user});
  if (std::any_of(texts.begin(), texts.end(), &HoldsControls)) {
    return absl::InvalidArgumentError(absl::StrCat("the label, the instance or an address of node ",
                                                   node.name, " holds a control character"));
  }
  return absl::OkStatus();
}

absl::Status CheckRecord(const ClusterRecord& cluster) {
  RETURN_IF_ERROR(CheckClusterName(cluster.name));
  if (cluster.start_timeout < 1 || cluster.start_timeout > kLongestTimeout) {
    return absl::InvalidArgumentError(absl::StrCat("start_timeout is ", cluster.start_timeout,
                                                   "; it is 1 to ", kLongestTimeout, " seconds"));
  }
  std::set<std::string> names;
  for (const NodeRecord& node : cluster.nodes) {
    RETURN_IF_ERROR(CheckNodeRecord(node));
    if (!names.insert(node.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("two nodes are named ", node.name));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNesting(absl::string_view json) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
      continue;
    }
    if (c == '"') in_text = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > kDeepest) {
      return absl::InvalidArgumentError(absl::StrCat(
          "it is no record of a cluster: lists in each other, more than ", kDeepest, " deep"));
    }
  }
  return absl::OkStatus();
}

}  // namespace muster::provision
