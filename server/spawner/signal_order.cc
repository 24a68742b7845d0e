#include "server/spawner/signal_order.h"

#include "server/spawner/frame.h"

namespace muster::server {

std::string SignalOrder::Encode() const {
  return PayloadWriter()
      .U32(static_cast<std::uint32_t>(signal))
      .U8(static_cast<std::uint8_t>(target))
      .U64(static_cast<std::uint64_t>(group))
      .payload();
}

std::optional<SignalOrder> SignalOrder::Decode(std::string_view payload) {
  PayloadReader reader(payload);
  SignalOrder order;
  order.signal = static_cast<std::int32_t>(reader.U32());
  order.target = static_cast<Target>(reader.U8());
  order.group = static_cast<std::int64_t>(reader.U64());
  if (!reader.AtEnd()) return std::nullopt;
  return order;
}

}  // namespace muster::server
