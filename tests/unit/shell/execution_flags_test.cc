#include "shell/execution_flags.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster::clustershell {
namespace {

using std::chrono::milliseconds;

ExecuteOptions Take(const std::string& line, const std::string& rest) {
  ExecuteOptions options;
  const auto left = TakeExecutionFlags(line, options);
  INFO(line);
  REQUIRE(left.ok());
  CHECK(std::string(*left) == rest);
  return options;
}

std::string Complaint(const std::string& line) {
  ExecuteOptions options;
  const absl::Status status = TakeExecutionFlags(line, options).status();
  INFO(line);
  REQUIRE(status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST_CASE("each flag finds its option") {
  const ExecuteOptions options = Take(
      "--timeout 5s --grace 250ms --mem 1.5G --cpu 2m --procs 10 --fsize 1K --nofile 64 "
      "--max-output 2M --env A=1 --env B= --cwd /tmp --session work --reap make",
      "make");
  CHECK(options.deadline == milliseconds(5000));
  CHECK(options.grace == milliseconds(250));
  CHECK(options.limits.memory_bytes == 3ull << 29);
  CHECK(options.limits.cpu == milliseconds(120000));
  CHECK(options.limits.processes == 10u);
  CHECK(options.limits.file_size_bytes == 1024u);
  CHECK(options.limits.open_files == 64u);
  CHECK(options.limits.output_bytes == 2u << 20);
  CHECK(options.environment == std::map<std::string, std::string>{{"A", "1"}, {"B", ""}});
  CHECK(options.directory == "/tmp");
  CHECK(options.session == "work");
  CHECK(options.leftovers == Leftovers::kReap);
  CHECK(Take("--resources gpu=1,memory=1.5G x", "x").resources ==
        std::map<std::string, std::uint64_t>{{"gpu", 1}, {"memory", 3ull << 29}});
  CHECK(Take("--keep x", "x").leftovers == Leftovers::kKeep);
}

TEST_CASE("resources are names and numbers") {
  for (const char* value : {"gpu", "gpu=", "=1", "GPU=1", "gpu=1,", "gpu=-1", "gpu=1.5", "gpu=1K",
                            "gpu=0", "gpu=1,gpu=2", "memory=lots", "gpu=99999999999999999999"}) {
    CHECK_FALSE(Complaint(std::string("--resources ") + value + " x").empty());
  }
  CHECK(Complaint("--resources a-b=1 x") ==
        "--resources: \"a-b=1\" is not NAME=N; a name is a lower-case letter and up to 63 "
        "lower-case letters, digits or '_'");
}

TEST_CASE("flags end at the command, which stays untouched") {
  CHECK_FALSE(Take("ls --timeout 5s", "ls --timeout 5s").deadline);
  CHECK(Take("--timeout=5s  ls  'a b'", "ls  'a b'").deadline == milliseconds(5000));
  CHECK(Take("  --timeout 5s -- --timeout", "--timeout").deadline == milliseconds(5000));
  CHECK(Take("-- ls", "ls").environment.empty());
  CHECK(Take("-v", "-v").environment.empty());
  CHECK(Take("'--timeout' 5s", "'--timeout' 5s").environment.empty());
  CHECK(Take("--reap", "").leftovers == Leftovers::kReap);
}

TEST_CASE("values are quoted as words are") {
  CHECK(Take("--env 'A=two words' x", "x").environment.at("A") == "two words");
  CHECK(Take("--env=A=\"x=y\" x", "x").environment.at("A") == "x=y");
  CHECK(Take("--cwd /a\\ b x", "x").directory == "/a b");
}

TEST_CASE("the last of two counts, and a line adds to what was there") {
  CHECK(Take("--timeout 1 --timeout 2 x", "x").deadline == milliseconds(2000));
  ExecuteOptions options = Take("--env A=1 --reap --mem 1G x", "x");
  REQUIRE(TakeExecutionFlags("--env A=2 --env B=3 --keep x", options).ok());
  CHECK(options.environment == std::map<std::string, std::string>{{"A", "2"}, {"B", "3"}});
  CHECK(options.leftovers == Leftovers::kKeep);
  CHECK(options.limits.memory_bytes == 1u << 30);
}

TEST_CASE("an unknown flag is named, with the nearest and all that are valid") {
  CHECK(Complaint("--timeuot 5s ls") ==
        "unknown flag --timeuot; did you mean --timeout?; valid here: --timeout, --grace, --mem, "
        "--cpu, --procs, --fsize, --nofile, --max-output, --resources, --env, --cwd, --session, "
        "--reap, --keep, and -- in front of a command that begins so");
  CHECK(Complaint("--xyzzy=1 ls").find("unknown flag --xyzzy; valid here: ") == 0);
  CHECK(Complaint("--timeout 5s --frobnicate").find("unknown flag --frobnicate") == 0);
}

TEST_CASE("a wrong or missing value is told with its flag") {
  CHECK(Complaint("--timeout").find("--timeout needs a value: D") == 0);
  CHECK(Complaint("--timeout soon ls").find("--timeout: \"soon\" is no duration; ") == 0);
  CHECK(Complaint("--timeout= ls").find("--timeout: \"\" is no duration") == 0);
  CHECK(Complaint("--timeout 0 ls").find("it has to be above 0") != std::string::npos);
  CHECK(Complaint("--timeout -1 ls").find("\"-1\" is no duration") != std::string::npos);
  CHECK(Complaint("--mem lots ls").find("--mem: \"lots\" is no size") == 0);
  CHECK(Complaint("--procs 1.5 ls").find("--procs: \"1.5\" is no count") == 0);
  CHECK(Complaint("--env A ls").find("--env: \"A\" is not NAME=VALUE") == 0);
  CHECK(Complaint("--env 1A=b ls").find("is not NAME=VALUE") != std::string::npos);
  CHECK(Complaint("--session 'a b' ls").find("is no name of a session") != std::string::npos);
  CHECK(Complaint("--cwd '' ls").find("--cwd: ") == 0);
  CHECK(Complaint("--reap=1 ls") == "--reap takes no value");
  CHECK(Complaint("--env 'A=1 ls").find("is not closed") != std::string::npos);
  CHECK(Complaint("--reap --keep ls") == "--reap and --keep exclude each other");
  CHECK(Take("--grace 0 --fsize 0 --max-output 0 x", "x").grace == milliseconds(0));
}

TEST_CASE("the help names every flag") {
  for (const ExecutionFlag& flag : ExecutionFlags()) {
    CHECK(ExecutionFlagsHelp().find(std::string("  ") + flag.name) != std::string::npos);
  }
}

TEST_CASE("a flag is unfinished only where one may stand") {
  CHECK(UnfinishedFlag(" --ti") == "--ti");
  CHECK(UnfinishedFlag(" --") == "--");
  CHECK(UnfinishedFlag(" --reap --timeout 5s --env='A=b c' --g") == "--g");
  for (const std::string typed : {"", " ", " l", " --timeout ", " --timeout 5", " --timeout --g",
                                  " ls --ti", " -- --ti", " --timeout=5", " --nonsense --ti"}) {
    INFO(typed);
    CHECK(UnfinishedFlag(typed).empty());
  }
}

}  // namespace
}  // namespace muster::clustershell
