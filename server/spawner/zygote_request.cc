#include "server/spawner/zygote_request.h"

namespace muster::server {

std::string ZygoteRequest::Encode() const {
  PayloadWriter writer;
  rights.Encode(writer);
  writer.Bytes(environment_folder).U8(user_site ? 1 : 0);
  return writer.payload();
}

std::optional<ZygoteRequest> ZygoteRequest::Decode(std::string_view payload) {
  PayloadReader reader(payload);
  ZygoteRequest request;
  request.rights = JobRights::Decode(reader);
  request.environment_folder = reader.Bytes();
  request.user_site = reader.U8() != 0;
  if (!reader.AtEnd()) return std::nullopt;
  return request;
}

}  // namespace muster::server
