#include "shell/escape_keys.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster::clustershell {
namespace {

struct Typed {
  std::string passed;
  bool is_back = false;
};

// However it is cut.
Typed Type(const std::string& keys, std::size_t size) {
  EscapeKeys escapes;
  Typed typed;
  for (std::size_t i = 0; i < keys.size() && !typed.is_back; i += size) {
    typed.is_back = escapes.Take(absl::string_view(keys).substr(i, size), typed.passed);
  }
  return typed;
}

TEST_CASE("what leads back from a raw terminal, and what does not") {
  struct Case {
    std::string keys;
    std::string passed;
    bool is_back;
  };
  const Case cases[] = {
      {"~.", "", true},
      {"ls\r~.", "ls\r", true},
      {"ls\n~.", "ls\n", true},
      {"ls ~.\r", "ls ~.\r", false},
      {"~~.", "~.", false},
      {"~x.", "~x.", false},
      {"~\r~.", "~\r", true},
      {"~~~.", "~~.", false},
      {"\x03~.", "\x03", true},
      {"\x03\x03", "\x03\x03", false},
      {"\x03\x03\x03", "\x03\x03\x03", true},
      {"\x03\x03x\x03", "\x03\x03x\x03", false},
      {"", "", false},
  };
  for (const Case& one : cases) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
      const Typed typed = Type(one.keys, size);
      INFO(one.keys << " by " << size);
      CHECK(typed.passed == one.passed);
      CHECK(typed.is_back == one.is_back);
    }
  }
}

}  // namespace
}  // namespace muster::clustershell
