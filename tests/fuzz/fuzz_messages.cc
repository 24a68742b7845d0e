// What daemon and supervisor say to each other. The first byte says which message it is. Whatever
// is taken is written again exactly as it came.
#include <cstdint>
#include <string>

#include "server/spawner/launch_request.h"
#include "server/spawner/supervisor_message.h"
#include "tests/fuzz/require.h"

using muster::test::Require;

namespace {

template <typename Message>
void Read(std::string_view payload) {
  if (const std::optional<Message> message = Message::Decode(payload)) {
    Require(message->Encode() == payload, "a message is written as it was read");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string payload(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      Read<muster::server::LaunchRequest>(payload);
      break;
    case 1:
      Read<muster::server::StopOrder>(payload);
      break;
    default:
      Read<muster::server::ExecutionEnd>(payload);
  }
  return 0;
}
