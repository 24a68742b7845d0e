#include "provision/node_names.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <set>

#include "common/address.h"

namespace muster::provision {

absl::Status CheckKind(const std::string& kind) {
  const auto is_valid = [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
  };
  const bool begins_well =
      !kind.empty() && absl::ascii_islower(static_cast<unsigned char>(kind[0]));
  const bool ends_well =
      !kind.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(kind.back()));
  if (begins_well && ends_well && kind.size() <= 40 &&
      std::all_of(kind.begin(), kind.end(), is_valid)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", kind,
      "' cannot be a kind of node: it is a small letter, then small letters, "
      "digits and '-', with no digit at its end, as frontend or gpu-node; the names of "
      "its nodes are the kind and a number"));
}

absl::Status CheckClusterName(const std::string& name) {
  if (IsValidName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", name,
                   "' cannot be the name of a cluster; a name is a letter and up to 63 "
                   "letters, digits, '_', '.' or '-'"));
}

std::string NextName(const std::vector<NodeRecord>& nodes, const std::string& kind) {
  std::set<std::string> names;
  for (const NodeRecord& node : nodes) names.insert(node.name);
  for (int number = 1;; ++number) {
    std::string name = absl::StrFormat("%s%03d", kind, number);
    if (names.count(name) == 0) return name;
  }
}

}  // namespace muster::provision
