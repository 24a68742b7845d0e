#include "client/value_message.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "muster/v1/node.pb.h"
#include "tests/integration/measuring.h"

using muster::ValueMessage;
namespace v1 = muster::v1;

namespace {

using Pieces = std::vector<std::pair<std::uint64_t, std::string>>;

std::string Encode(const Pieces& pieces, std::uint64_t value_bytes) {
  // Each by itself: protobuf writes field 5 behind the value, and clusterd before it.
  std::string bytes;
  for (const auto& [sequence, text] : pieces) {
    v1::ExecuteManyEvent head;
    v1::LaneEvent event;
    event.set_sequence(sequence);
    event.set_value_bytes(value_bytes);
    std::string inner = event.SerializeAsString();
    event.Clear();
    event.set_value(text);
    inner += event.SerializeAsString();
    head.add_events()->ParseFromString(inner);
    // The bytes of the event as they are, under the field that they belong to.
    const std::string whole = head.SerializeAsString();
    bytes += whole.substr(0, whole.size() - inner.size()) + inner;
  }
  return bytes;
}

// In slices of random sizes, as gRPC may give it.
grpc::ByteBuffer Sliced(const std::string& bytes, std::mt19937_64& random) {
  std::vector<grpc::Slice> slices;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = std::min<std::size_t>(bytes.size() - at, random() % 20'000);
    slices.emplace_back(bytes.data() + at, size);
    at += size;
  }
  return {slices.data(), slices.size()};
}

Pieces Taken(const ValueMessage& message) {
  Pieces taken;
  for (const ValueMessage::Piece& piece : message.pieces()) taken.push_back({piece.sequence, ""});
  message.Take([&](std::size_t number, std::string_view bytes) { taken[number].second += bytes; });
  return taken;
}

// What protobuf makes of it; false: nothing.
bool Parse(const std::string& bytes, Pieces& pieces) {
  v1::ExecuteManyEvent message;
  if (!message.ParseFromString(bytes)) return false;
  for (const v1::LaneEvent& event : message.events()) {
    pieces.push_back({event.sequence(), event.value()});
  }
  return true;
}

std::string RandomText(std::size_t size, std::mt19937_64& random) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("pieces of values are read from a message however it was cut") {
  std::mt19937_64 random(muster::test::Seed());
  for (int round = 0; round < muster::test::Rounds(2000); ++round) {
    Pieces pieces;
    const std::size_t count = 1 + random() % 6;
    for (std::size_t i = 0; i < count; ++i) {
      pieces.push_back({1 + random() % 100'000, RandomText(1 + random() % 70'000, random)});
    }
    pieces.push_back({7, RandomText(ValueMessage::kMinBytes, random)});
    const std::uint64_t told = random() % 3 == 0 ? 0 : random();
    const std::string bytes = Encode(pieces, told);
    ValueMessage message;
    REQUIRE(message.Read(Sliced(bytes, random)));
    CHECK((Taken(message) == pieces));
    for (const ValueMessage::Piece& piece : message.pieces()) CHECK(piece.value_bytes == told);
    message.Clear();
    CHECK(message.pieces().empty());
  }
}

TEST_CASE("what is not pieces of values alone is left to protobuf") {
  std::mt19937_64 random(muster::test::Seed());
  const std::string value(ValueMessage::kMinBytes, 'x');
  const std::string good = Encode({{1, value}}, 5);
  ValueMessage message;
  const auto is_read = [&](const std::string& bytes) {
    return message.Read(Sliced(bytes, random)) || !message.pieces().empty();
  };
  CHECK(is_read(good));
  CHECK_FALSE(is_read(Encode({{1, "short"}}, 5)));
  CHECK_FALSE(is_read(""));
  v1::ExecuteManyEvent other;
  v1::LaneEvent& event = *other.add_events();
  event.set_sequence(1);
  event.set_value(value);
  event.mutable_outcome()->set_kind(v1::Outcome::KIND_OK);
  CHECK_FALSE(is_read(other.SerializeAsString()));
  CHECK_FALSE(is_read(good + other.SerializeAsString()));
  event.clear_outcome();
  event.clear_value();
  event.mutable_output()->set_data(value);
  CHECK_FALSE(is_read(good + other.SerializeAsString()));
  other.Clear();
  other.mutable_opened()->set_received(1);
  CHECK_FALSE(is_read(good + other.SerializeAsString()));
  CHECK_FALSE(is_read(other.SerializeAsString() + good));
}

TEST_CASE("a message with wrong bytes gives what protobuf reads in it, or nothing") {
  std::mt19937_64 random(muster::test::Seed());
  int read = 0;
  for (int round = 0; round < muster::test::Rounds(100'000); ++round) {
    std::string bytes =
        Encode({{3, std::string(9000, 'a')}, {4, std::string(9000, 'b')}}, random());
    for (std::uint64_t i = random() % 3; i > 0; --i) {
      // Mostly where the fields begin.
      const std::size_t place = random() % 4 == 0 ? random() % bytes.size() : random() % 24;
      bytes[random() % 2 == 0 ? place : bytes.size() / 2 - 12 + place % 24] =
          static_cast<char>(random());
    }
    if (random() % 4 == 0) bytes.resize(bytes.size() - random() % 2000);
    ValueMessage message;
    if (!message.Read(Sliced(bytes, random))) continue;
    ++read;
    Pieces pieces;
    REQUIRE(Parse(bytes, pieces));
    CHECK((Taken(message) == pieces));
  }
  CHECK(read > 0);
}
