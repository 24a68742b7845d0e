// MapTemplate: a command with places for an item: each {} of it; {{ and }} are braces. Immutable,
// so thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "client/ClusterAPI.h"

namespace muster {

class MapTemplate {
 public:
  // InvalidArgument: a brace that stands alone, and where; or there is no place for an item.
  static absl::StatusOr<MapTemplate> Parse(Command command);

  Command Fill(const Item& item) const;

 private:
  // What stands before, between and after the places.
  using Parts = std::vector<std::string>;

  static absl::StatusOr<Parts> Split(const std::string& text);
  std::string Join(const Parts& parts, const Item& item) const;

  Command command_{""};
  Parts source_;
  std::vector<Parts> arguments_;
};

}  // namespace muster
