// The frame decoder, as it reads what a worker's process wrote into its channel. The first byte
// says in pieces of how many bytes it comes.
#include <algorithm>
#include <cstdint>
#include <string>

#include "server/spawner/frame.h"
#include "tests/fuzz/require.h"

using muster::server::Frame;
using muster::server::FrameDecoder;
using muster::server::PayloadReader;
using muster::test::Require;

namespace {

// Small, so that a fuzzer finds both sides of it.
constexpr std::size_t kMaxPayload = 512;

// As the daemon reads an exception; what is missing must read as nothing.
void ReadPayload(const Frame& frame) {
  PayloadReader reader(frame.payload);
  const std::string type = reader.Bytes();
  const std::string message = reader.Bytes();
  reader.U32();
  reader.U8();
  reader.U64();
  Require(type.size() + message.size() <= frame.payload.size(), "no bytes come from nowhere");
  Require(!reader.AtEnd() || reader.ok(), "at the end means that all was there");
  if (!reader.ok()) Require(reader.U32() == 0 && reader.Bytes().empty(), "nothing after the end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = std::max<std::size_t>(1, data[0]);
  const std::string stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  FrameDecoder decoder(kMaxPayload);
  std::string again;
  for (std::size_t start = 0; start < stream.size(); start += piece) {
    decoder.Append(std::string_view(stream).substr(start, piece));
    while (const std::optional<Frame> frame = decoder.Next()) {
      Require(frame->payload.size() <= kMaxPayload, "a payload keeps to its limit");
      ReadPayload(*frame);
      again += muster::server::EncodeFrame(frame->type, frame->payload);
    }
    if (decoder.IsBroken()) Require(!decoder.Next(), "nothing comes after a broken length");
  }
  Require(stream.compare(0, again.size(), again) == 0, "the frames are what was sent");
  // What was not made into frames is a broken length, or less than one frame.
  Require(decoder.IsBroken() || stream.size() - again.size() < kMaxPayload + 5,
          "no whole frame is held back");
  return 0;
}
