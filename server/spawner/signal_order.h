// SignalOrder: the daemon's word that a user's signal goes to a process tree, which is no stop: it
// changes no verdict. Plain data with its encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::server {

struct SignalOrder {
  enum class Target : std::uint8_t {
    kGroup,  // a process group: that of `group`
    kBelow,  // all below the main process, but not itself
  };

  std::int32_t signal = 0;
  Target target = Target::kGroup;
  std::int64_t group = 0;  // 0: the main process's own

  std::string Encode() const;
  static std::optional<SignalOrder> Decode(std::string_view payload);
};

}  // namespace muster::server
