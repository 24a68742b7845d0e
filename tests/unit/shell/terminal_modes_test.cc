#include "shell/terminal_modes.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster::clustershell {
namespace {

std::string UndoOf(const std::string& output, std::size_t size) {
  TerminalModes modes;
  for (std::size_t i = 0; i < output.size(); i += size) {
    modes.Follow(absl::string_view(output).substr(i, size));
  }
  return modes.Undo();
}

TEST_CASE("what was switched on is switched off, however the output was cut") {
  struct Case {
    std::string output;
    std::string undo;
  };
  const Case cases[] = {
      {"plain text\x1b[1mbold\x1b[0m", ""},
      {"\x1b[?1049h\x1b[?25l vi", "\x1b[?25h\x1b[?1049l\x1b[m"},
      {"\x1b[?1049h\x1b[?25l vi \x1b[?25h\x1b[?1049l", ""},
      {"\x1b[?1000;1006h", "\x1b[?1000l\x1b[?1006l\x1b[m"},
      {"\x1b[?2004h$ ls\x1b[?2004l\r", ""},
      {"\x1b\x1b[?2004h", "\x1b[?2004l\x1b[m"},
      {"\x1b[?7h\x1b[?99999999999h\x1b[?;h\x1b[2004h", ""},
      {"\x1b[?" + std::string(1000, '1') + "h", ""},
  };
  for (const Case& one : cases) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
      CHECK(UndoOf(one.output, size) == one.undo);
    }
  }
}

}  // namespace
}  // namespace muster::clustershell
