#include "shell/local_pipe.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster::clustershell {
namespace {

std::string Cut(const char* line) {
  const PipedLine piped = SplitPipe(line);
  return piped.has_pipe ? std::string(piped.command) + "#" + std::string(piped.local)
                        : std::string(piped.command);
}

TEST_CASE("a line is cut at the first word that begins with !|") {
  CHECK(Cut("df -h !| grep 9") == "df -h#grep 9");
  CHECK(Cut("a !|b !| c") == "a#b !| c");
  CHECK(Cut("!| x") == "#x");
  CHECK(Cut("x !|") == "x#");
}

TEST_CASE("a line without it belongs to the node, whatever is quoted in it") {
  for (const char* const line : {"a | b", "echo '!| x'", "echo \"a !| \\\" b\"", "echo \\!| x",
                                 "a!| b", "echo 'open !| x", ""}) {
    CHECK(Cut(line) == line);
  }
}

}  // namespace
}  // namespace muster::clustershell
