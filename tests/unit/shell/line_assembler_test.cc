#include "shell/line_assembler.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster::clustershell {
namespace {

TEST_CASE("pieces become whole lines, wherever they were cut") {
  const std::string text = "one\n\ntwo\r\nüñ\0x\nlast without newline";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    LineAssembler assembler;
    std::string whole;
    for (std::size_t i = 0; i < text.size(); i += size) {
      const std::string lines = assembler.Add(absl::string_view(text).substr(i, size));
      CHECK((lines.empty() || lines.back() == '\n'));
      whole += lines;
    }
    whole += assembler.Finish();
    CHECK(whole == text + "\n");
    CHECK(assembler.cuts() == 0);
  }
}

TEST_CASE("nothing stays nothing, and a finished line is not finished again") {
  LineAssembler assembler;
  CHECK(assembler.Add("").empty());
  CHECK(assembler.Finish().empty());
  CHECK(assembler.Add("x\n") == "x\n");
  CHECK(assembler.Finish().empty());
}

TEST_CASE("a line without end is cut, and counted") {
  LineAssembler assembler(10);
  CHECK(assembler.Add("0123456789").empty());
  CHECK(assembler.Add("x") == "0123456789x\n");
  CHECK(assembler.cuts() == 1);
  CHECK(assembler.Add("short\n") == "short\n");
  CHECK(assembler.cuts() == 1);
}

}  // namespace
}  // namespace muster::clustershell
