#include "server/spawner/launch_request.h"

#include "server/spawner/frame.h"

namespace muster::server {
namespace {

void WriteList(PayloadWriter& writer, const std::vector<std::string>& list) {
  writer.U32(static_cast<std::uint32_t>(list.size()));
  for (const std::string& item : list) writer.Bytes(item);
}

std::vector<std::string> ReadList(PayloadReader& reader) {
  std::vector<std::string> list;
  const std::uint32_t size = reader.U32();
  while (reader.ok() && list.size() < size) list.push_back(reader.Bytes());
  return list;
}

// A deadline that is absent.
constexpr std::uint64_t kNoDeadline = ~std::uint64_t{0};

}  // namespace

std::string LaunchRequest::Encode() const {
  PayloadWriter writer;
  writer.U8(static_cast<std::uint8_t>(kind)).U8(static_cast<std::uint8_t>(form)).Bytes(source);
  WriteList(writer, arguments);
  rights.Encode(writer);
  writer.Bytes(directory);
  WriteList(writer, environment);
  writer.U64(deadline ? static_cast<std::uint64_t>(deadline->count()) : kNoDeadline);
  writer.U64(static_cast<std::uint64_t>(grace.count()));
  limits.Encode(writer);
  writer.U8(static_cast<std::uint8_t>(leftovers));
  writer.U8(judges_limits ? 1 : 0);
  return writer.payload();
}

std::optional<LaunchRequest> LaunchRequest::Decode(std::string_view payload) {
  PayloadReader reader(payload);
  LaunchRequest request;
  request.kind = static_cast<Kind>(reader.U8());
  request.form = static_cast<Form>(reader.U8());
  request.source = reader.Bytes();
  request.arguments = ReadList(reader);
  request.rights = JobRights::Decode(reader);
  request.directory = reader.Bytes();
  request.environment = ReadList(reader);
  if (const std::uint64_t deadline = reader.U64(); deadline != kNoDeadline) {
    request.deadline = std::chrono::milliseconds(deadline);
  }
  request.grace = std::chrono::milliseconds(reader.U64());
  request.limits = Limits::Decode(reader);
  request.leftovers = static_cast<Leftovers>(reader.U8());
  request.judges_limits = reader.U8() != 0;
  if (!reader.AtEnd()) return std::nullopt;
  return request;
}

}  // namespace muster::server
