#include "server/spawner/supervisor_message.h"

#include "server/spawner/frame.h"

namespace muster::server {
namespace {
constexpr std::uint64_t kOwnGrace = ~std::uint64_t{0};
}  // namespace

std::string StopOrder::Encode() const {
  return PayloadWriter()
      .U8(static_cast<std::uint8_t>(cause))
      .U8(static_cast<std::uint8_t>(limit))
      .U64(grace ? static_cast<std::uint64_t>(grace->count()) : kOwnGrace)
      .U64(static_cast<std::uint64_t>(since.count()))
      .payload();
}

std::optional<StopOrder> StopOrder::Decode(std::string_view payload) {
  PayloadReader reader(payload);
  StopOrder order;
  order.cause = static_cast<StopCause>(reader.U8());
  order.limit = static_cast<Limit>(reader.U8());
  if (const std::uint64_t grace = reader.U64(); grace != kOwnGrace) {
    order.grace = std::chrono::milliseconds(grace);
  }
  order.since = std::chrono::milliseconds(reader.U64());
  if (!reader.AtEnd()) return std::nullopt;
  return order;
}

std::string ExecutionEnd::Encode() const {
  return PayloadWriter()
      .U8(static_cast<std::uint8_t>(how))
      .U32(static_cast<std::uint32_t>(code))
      .Bytes(step)
      .U64(static_cast<std::uint64_t>(pid))
      .U8(static_cast<std::uint8_t>(cause))
      .U8(static_cast<std::uint8_t>(limit))
      .U64(static_cast<std::uint64_t>(wall.count()))
      .U64(static_cast<std::uint64_t>(cpu.count()))
      .U64(static_cast<std::uint64_t>(stop.count()))
      .U64(peak_memory_bytes)
      .U32(reaped)
      .U32(left)
      .payload();
}

std::optional<ExecutionEnd> ExecutionEnd::Decode(std::string_view payload) {
  PayloadReader reader(payload);
  ExecutionEnd end;
  end.how = static_cast<How>(reader.U8());
  end.code = static_cast<std::int32_t>(reader.U32());
  end.step = reader.Bytes();
  end.pid = static_cast<std::int64_t>(reader.U64());
  end.cause = static_cast<StopCause>(reader.U8());
  end.limit = static_cast<Limit>(reader.U8());
  end.wall = std::chrono::microseconds(reader.U64());
  end.cpu = std::chrono::microseconds(reader.U64());
  end.stop = std::chrono::microseconds(reader.U64());
  end.peak_memory_bytes = reader.U64();
  end.reaped = reader.U32();
  end.left = reader.U32();
  if (!reader.AtEnd()) return std::nullopt;
  return end;
}

}  // namespace muster::server
