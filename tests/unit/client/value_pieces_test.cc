#include "client/value_pieces.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "tests/integration/measuring.h"

using muster::ValuePieces;
using muster::test::AnonymousKiB;

namespace {

constexpr std::size_t kMiB = 1u << 20;

std::string Text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  text.resize(size);
  return text;
}

std::string Join(const std::string& text, std::size_t piece, std::uint64_t told) {
  ValuePieces pieces;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    pieces.Append(std::string_view(text).substr(at, piece), told);
  }
  return pieces.Take();
}

}  // namespace

TEST_CASE("a value is what its pieces are, whatever was told of its size") {
  const std::string text = Text(20 * kMiB + 1);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kMiB - 1, kMiB, kMiB + 1, 5 * kMiB, 20 * kMiB + 1}) {
    const std::string whole = text.substr(0, size);
    for (const std::size_t piece : {std::size_t{4096}, std::size_t{65537}, 3 * kMiB}) {
      for (const std::uint64_t told :
           {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{size}, std::uint64_t{size / 2},
            std::uint64_t{2 * size + 1}, std::numeric_limits<std::uint64_t>::max()}) {
        INFO(size << " bytes in pieces of " << piece << ", told to be " << told);
        CHECK((Join(whole, piece, told) == whole));
      }
    }
  }
}

TEST_CASE("a size that is only told takes no memory, and a lie leaves none reserved") {
  const std::string text = Text(4 * kMiB);
  const long before = AnonymousKiB(::getpid());
  ValuePieces pieces;
  pieces.Append(std::string_view(text).substr(0, 2 * kMiB), 1ull << 40);
  pieces.Append(std::string_view(text).substr(2 * kMiB), 1ull << 40);
  const long grown = AnonymousKiB(::getpid()) - before;
  if (muster::test::kMemoryMeansSomething) CHECK(grown < 16 << 10);
  const std::string whole = pieces.Take();
  CHECK((whole == text));
  CHECK(whole.capacity() <= 2 * text.size());
}

TEST_CASE("after one value another can come") {
  ValuePieces pieces;
  for (const std::size_t size : {3 * kMiB, std::size_t{10}, 2 * kMiB}) {
    const std::string text = Text(size);
    pieces.Append(text, size);
    CHECK((pieces.Take() == text));
    CHECK(pieces.Take().empty());
  }
}
