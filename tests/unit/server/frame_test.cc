#include "server/spawner/frame.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/spawner/launch_request.h"
#include "server/spawner/supervisor_message.h"

using namespace muster::server;  // NOLINT: a test of this namespace

TEST_CASE("Frames come out whole however the stream is cut") {
  const std::string payload("a\0b", 3);
  const std::string bytes =
      EncodeFrame(7, payload) + EncodeFrame(8, "") + EncodeFrame(9, std::string(5000, 'x'));
  for (const std::size_t cut : {1u, 2u, 3u, 7u, 4096u}) {
    FrameDecoder decoder(1 << 20);
    std::vector<Frame> frames;
    for (std::size_t i = 0; i < bytes.size(); i += cut) {
      decoder.Append(std::string_view(bytes).substr(i, cut));
      while (auto frame = decoder.Next()) frames.push_back(std::move(*frame));
    }
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].type == 7);
    CHECK(frames[0].payload == payload);
    CHECK(frames[1].payload.empty());
    CHECK(frames[2].payload == std::string(5000, 'x'));
    CHECK_FALSE(decoder.IsBroken());
  }
}

TEST_CASE("What was whole before the stream broke still comes out") {
  FrameDecoder decoder(100);
  decoder.Append(EncodeFrame(1, "fine") + std::string(4, '\0') + EncodeFrame(2, "lost"));
  const auto frame = decoder.Next();
  REQUIRE(frame);
  CHECK(frame->payload == "fine");
  CHECK_FALSE(decoder.Next());
  CHECK(decoder.IsBroken());
}

TEST_CASE("A length of zero or over the limit breaks the stream for good") {
  for (const std::string& bytes : {std::string(4, '\0'), EncodeFrame(1, std::string(101, 'x')),
                                   std::string("\xff\xff\xff\xff", 4)}) {
    FrameDecoder decoder(100);
    decoder.Append(bytes);
    CHECK_FALSE(decoder.Next());
    CHECK(decoder.IsBroken());
    decoder.Append(EncodeFrame(1, "fine"));
    CHECK_FALSE(decoder.Next());
  }
}

TEST_CASE("A reader that runs past the end says so and gives zeros") {
  PayloadReader reader("\x05\x00");
  CHECK(reader.U8() == 5);
  CHECK(reader.U32() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.U8() == 0);
  PayloadReader string_over_the_end(std::string_view("\xff\x00\x00\x00zz", 6));
  CHECK(string_over_the_end.Bytes().empty());
  CHECK_FALSE(string_over_the_end.ok());
}

TEST_CASE("A launch request survives its encoding, and no prefix of it does") {
  LaunchRequest request;
  request.kind = LaunchRequest::Kind::kArgv;
  request.form = LaunchRequest::Form::kStr;
  request.source = std::string("s\0", 2);
  request.arguments = {"a", "", "b c"};
  request.directory = "/d";
  request.environment = {"A=1", "B="};
  request.deadline = std::chrono::milliseconds(0);
  request.grace = std::chrono::milliseconds(77);
  const std::string bytes = request.Encode();
  const auto decoded = LaunchRequest::Decode(bytes);
  REQUIRE(decoded);
  CHECK(decoded->kind == request.kind);
  CHECK(decoded->form == request.form);
  CHECK(decoded->source == request.source);
  CHECK(decoded->arguments == request.arguments);
  CHECK(decoded->directory == request.directory);
  CHECK(decoded->environment == request.environment);
  CHECK(decoded->deadline == request.deadline);
  CHECK(decoded->grace == request.grace);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(LaunchRequest::Decode(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(LaunchRequest::Decode(bytes + "x"));
}

TEST_CASE("Stop orders and ends survive their encoding, and no prefix of them does") {
  StopOrder order;
  order.cause = StopCause::kDrain;
  REQUIRE(StopOrder::Decode(order.Encode()));
  CHECK_FALSE(StopOrder::Decode(order.Encode())->grace);
  order.grace = std::chrono::milliseconds(0);
  CHECK(StopOrder::Decode(order.Encode())->grace == order.grace);
  CHECK(StopOrder::Decode(order.Encode())->since.count() == 0);
  order.since = std::chrono::milliseconds(2500);
  CHECK(StopOrder::Decode(order.Encode())->since == order.since);

  ExecutionEnd end;
  end.how = ExecutionEnd::How::kSignalled;
  end.code = -9;
  end.step = "step";
  end.cause = StopCause::kDeadline;
  end.peak_memory_bytes = 1ULL << 40;
  end.reaped = 401;
  end.left = 2;
  const std::string bytes = end.Encode();
  const auto decoded = ExecutionEnd::Decode(bytes);
  REQUIRE(decoded);
  CHECK(decoded->how == end.how);
  CHECK(decoded->code == -9);
  CHECK(decoded->cause == end.cause);
  CHECK(decoded->peak_memory_bytes == end.peak_memory_bytes);
  CHECK(decoded->reaped == 401);
  CHECK(decoded->left == 2);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(ExecutionEnd::Decode(std::string_view(bytes).substr(0, size)));
  }
}
