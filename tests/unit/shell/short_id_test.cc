#include "shell/short_id.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace muster::clustershell {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("ids are shortened to what tells them apart") {
  CHECK(Shorten({}).empty());
  CHECK(Shorten({"00112233445566778899aabbccddeeff-1"}) == Words{"00112233-1"});
  CHECK(Shorten({"00112233445566778899aabbccddeeff-1", "00112233445566778899aabbccddeeff-2"}) ==
        Words{"00112233-1", "00112233-2"});
  CHECK(Shorten({"00112233445566778899aabbccddeeff-1", "00112233456666778899aabbccddeeff-1",
                 "ff112233445566778899aabbccddeeff-1"}) ==
        Words{"0011223344-1", "0011223345-1", "ff11223344-1"});
}

TEST_CASE("a shortened id means the whole one") {
  const std::string id = "00112233445566778899aabbccddeeff-12";
  for (const std::string text : {"0-12", "00112233-12", "00112233445566778899aabbccddeeff-12"}) {
    CHECK(IsIdOrShort(text));
    CHECK(Means(text, id));
  }
  for (const std::string text : {"00112233-1", "00112233-2", "1-12", "0-112"}) {
    CHECK(IsIdOrShort(text));
    CHECK_FALSE(Means(text, id));
  }
  for (const std::string text : {"", "-", "-12", "00112233", "0-", "0-x", "x-1", "0-1-2", "A-1"}) {
    INFO(text);
    CHECK_FALSE(IsIdOrShort(text));
  }
}

}  // namespace
}  // namespace muster::clustershell
