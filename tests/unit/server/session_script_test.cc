#include "server/execution/session_script.h"

#include <catch2/catch.hpp>

using Catch::Contains;
using muster::server::ReadSessionReport;
using muster::server::WriteSessionScript;

TEST_CASE("A source is one quoted word of the script, quotes and all") {
  const std::string script =
      WriteSessionScript({"echo 'it''s'\n", "m1", {"A=b'c=d", "E="}, "/dev/null"});
  CHECK_THAT(script, Contains("muster_source='echo '\\''it'\\'''\\''s'\\''\n'\n"));
  CHECK_THAT(script, Contains("\\command export A='b'\\''c=d'\n\\command export E=''\n"));
  CHECK_THAT(script, Contains("</dev/null "));
}

TEST_CASE("A report counts for its own marker only") {
  CHECK_FALSE(ReadSessionReport("m1", "m1")->status);
  CHECK(ReadSessionReport("m1 0", "m1")->status == 0);
  CHECK(ReadSessionReport("m1 130", "m1")->status == 130);
  for (const char* line : {"", "m", "m2 0", "m10", "m1 x", "m1 ", "m10 0", "x m1 0", "m1 0 0"}) {
    INFO(line);
    CHECK_FALSE(ReadSessionReport(line, "m1"));
  }
}
