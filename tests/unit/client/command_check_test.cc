#include "client/command_check.h"

#include <catch2/catch.hpp>

using Catch::Contains;
using muster::WhyNotSend;

namespace {

const std::string kNul(1, '\0');

std::string WhyNot(const muster::Command& command) { return WhyNotSend(command, {}); }

}  // namespace

TEST_CASE("sources are sent up to 3 MiB and refused above, with the limit") {
  CHECK(WhyNot("1+1").empty());
  CHECK(WhyNot(muster::python(std::string(3u << 20, '1'))).empty());
  CHECK_THAT(WhyNot(muster::python(std::string((3u << 20) + 1, '1'))),
             Contains("the Python source has 3145729 bytes, and at most 3145728 can be sent"));
  CHECK_THAT(WhyNot(muster::shell(std::string(4u << 20, '1'))), Contains("3 MiB"));
}

TEST_CASE("an empty command is refused") {
  CHECK_THAT(WhyNot(""), Contains("the command is empty"));
  CHECK_THAT(WhyNot(muster::shell(" \n")), Contains("the command is empty"));
  CHECK_THAT(WhyNot(muster::argv({})), Contains("the command is empty"));
  CHECK_THAT(WhyNot(muster::argv({""})), Contains("the command is empty"));
}

TEST_CASE("a NUL byte is refused where the kernel would cut") {
  CHECK_THAT(WhyNot(muster::shell("a" + kNul)), Contains("NUL"));
  CHECK_THAT(WhyNot(muster::argv({"a", kNul})), Contains("argument 1 holds a NUL"));
}

TEST_CASE("one argument has at most 131071 bytes") {
  CHECK(WhyNot(muster::argv({"echo", std::string(131071, 'x')})).empty());
  CHECK_THAT(WhyNot(muster::argv({"echo", std::string(131072, 'x')})),
             Contains("argument 1 has 131072 bytes, and at most 131071"));
  CHECK_THAT(WhyNot(muster::argv(std::vector<std::string>(30, std::string(131071, 'x')))),
             Contains("the argument list"));
}

TEST_CASE("options that make no sense are refused by name") {
  muster::ExecuteOptions options;
  options.environment = {{"_A1", "b=c"}};
  options.deadline = std::chrono::milliseconds(1);
  options.grace = std::chrono::milliseconds(0);
  CHECK(WhyNotSend("1", options).empty());
  options.environment = {{"1A", "b"}};
  CHECK_THAT(WhyNotSend("1", options), Contains("\"1A\" is no name"));
  options.environment = {{"A", kNul}};
  CHECK_THAT(WhyNotSend("1", options), Contains("variable A holds a NUL"));
  options.environment = {{"A", std::string(131071, 'x')}};
  CHECK_THAT(WhyNotSend("1", options), Contains("131071"));
  options.environment.clear();
  options.deadline = std::chrono::milliseconds(0);
  CHECK_THAT(WhyNotSend("1", options), Contains("deadline is 0 ms"));
  options.deadline.reset();
  options.grace = std::chrono::milliseconds(-1);
  CHECK_THAT(WhyNotSend("1", options), Contains("grace is -1 ms"));
  options.grace = std::chrono::milliseconds(1);
  options.directory = kNul;
  CHECK_THAT(WhyNotSend("1", options), Contains("directory holds a NUL"));
}

TEST_CASE("resources that no node could give are refused by name") {
  muster::ExecuteOptions options;
  const auto why_not = [&](const std::string& name, std::uint64_t count) {
    options.resources = {{name, count}};
    return WhyNotSend("1", options);
  };
  CHECK(why_not("gpu", 1).empty());
  CHECK(why_not("memory", ~0ull).empty());
  CHECK_THAT(why_not("gpu", 0), Contains("0 gpu were asked for"));
  for (const std::string name : {"", "GPU", "g\xc3\xbc", "2x", "a-b"}) {
    CHECK_THAT(why_not(name, 1), Contains("\" is no name of a resource; a name is a lower-case"));
  }
  CHECK(why_not(std::string(1 << 20, 'x'), 1).size() < 300);
  for (int i = 0; i < 10'000; ++i) options.resources["s" + std::to_string(i)] = 1;
  CHECK_THAT(WhyNotSend("1", options), Contains("10001 resources were asked for; at most 64"));
  options.resources = {{"gpu", 1}};
  options.leftovers = muster::Leftovers::kKeep;
  CHECK_THAT(WhyNotSend("1", options), Contains("keep"));
  options.leftovers = muster::Leftovers::kOwnSession;
  options.session = "s";
  CHECK_THAT(WhyNotSend("1", options), Contains("session"));
}

TEST_CASE("limits under which nothing could start are refused by name") {
  using Limits = muster::Limits;
  const auto why_not = [](auto set) {
    muster::ExecuteOptions options;
    set(options.limits);
    return WhyNotSend("1", options);
  };
  CHECK_THAT(why_not([](Limits& limits) { limits.cpu = std::chrono::milliseconds(0); }),
             Contains("the limit of CPU time is 0 ms; it has to be above 0 ms"));
  CHECK_THAT(why_not([](Limits& limits) { limits.memory_bytes = 0; }), Contains("limit of memory"));
  CHECK_THAT(why_not([](Limits& limits) { limits.processes = 0; }), Contains("limit of processes"));
  CHECK_THAT(why_not([](Limits& limits) { limits.open_files = 0; }),
             Contains("limit of open files"));
  CHECK(why_not([](Limits& limits) {
          limits.cpu = std::chrono::milliseconds(1);
          limits.memory_bytes = limits.processes = limits.open_files = 1;
          limits.file_size_bytes = limits.output_bytes = 0;
        }).empty());
}

TEST_CASE("a session and an id have to be names of one") {
  muster::ExecuteOptions options;
  options.session = "work.1";
  options.id = "00112233445566778899aabbccddeeff-1";
  CHECK(WhyNotSend("1", options).empty());
  options.id = "mine";
  CHECK_THAT(WhyNotSend("1", options), Contains("\"mine\" is no id of an execution"));
  options.session = "1 2";
  CHECK_THAT(WhyNotSend("1", options), Contains("\"1 2\" is no name of a session"));
}

TEST_CASE("paths on a node and their options are checked before anything is sent") {
  muster::TransferOptions options;
  CHECK(muster::WhyNotTransfer({"/a", "b*"}, options).empty());
  CHECK(muster::WhyNotTransfer({}, options) == "no file is named");
  CHECK(muster::WhyNotTransfer({"a", ""}, options) == "a path is empty");
  CHECK(muster::WhyNotTransfer({std::string("a\0b", 3)}, options) == "a path holds a NUL byte");
  CHECK_FALSE(muster::WhyNotTransfer({std::string(131072, 'x')}, options).empty());
  CHECK_FALSE(
      muster::WhyNotTransfer(std::vector<std::string>(40, std::string(100000, 'x')), options)
          .empty());
  options.deadline = std::chrono::milliseconds(0);
  CHECK_FALSE(muster::WhyNotTransfer({"a"}, options).empty());
}
