#include "shell/options.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace muster::clustershell {
namespace {

absl::StatusOr<Options> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "clustershell");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

std::string Complaint(const std::vector<const char*>& arguments) {
  const auto options = Parse(arguments);
  REQUIRE(options.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(options.status().message());
}

TEST_CASE("each -c is a line, and a newline separates lines, too") {
  const auto options = Parse(
      {"-c", "@ a; b", "--local", "3", "-c", "check\nshow", "-c", "[x,y]", "-c", "-x", "-c", ""});
  REQUIRE(options.ok());
  CHECK(options->local == 3);
  CHECK(options->has_lines);
  CHECK(options->lines == std::vector<std::string>{"@ a; b", "check", "show", "[x,y]", "-x", ""});
}

TEST_CASE("without flags there are no lines") {
  const auto options = Parse({});
  REQUIRE(options.ok());
  CHECK_FALSE(options->has_lines);
  CHECK_FALSE(options->local);
  CHECK_FALSE(options->debug);
}

TEST_CASE("an unknown option gets the one that was meant") {
  CHECK(Complaint({"--lcoal", "3"}) ==
        "unknown option --lcoal; did you mean --local? (clustershell --help lists all)");
  CHECK(Complaint({"--conf=x"}).find("did you mean --config?") != std::string::npos);
  CHECK(Complaint({"-z"}).find("unknown option -z") == 0);
}

TEST_CASE("execution flags become what every line begins with") {
  const auto options = Parse({"--timeout", "5s", "--env", "A=1", "--env=B=x y", "--reap", "--mem",
                              "1G", "--timeout", "6s", "-c", "@ x"});
  REQUIRE(options.ok());
  CHECK(options->line.execution.deadline == std::chrono::seconds(6));
  CHECK(options->line.execution.environment ==
        std::map<std::string, std::string>{{"A", "1"}, {"B", "x y"}});
  CHECK(options->line.execution.leftovers == Leftovers::kReap);
  CHECK(options->line.execution.limits.memory_bytes == 1u << 30);
  CHECK_FALSE(Parse({})->line.execution.deadline);
  CHECK(Parse({"--help"})->text->find("--max-output SIZE") != std::string::npos);
}

TEST_CASE("execution flags that are wrong say so as in a line") {
  CHECK(Complaint({"--timeout", "soon"}).find("--timeout: \"soon\" is no duration") == 0);
  CHECK(Complaint({"--env", "A"}).find("--env: \"A\" is not NAME=VALUE") == 0);
  CHECK(Complaint({"--timeout"}).find("--timeout") != std::string::npos);
  CHECK(Complaint({"--reap", "--keep"}).find("--keep") != std::string::npos);
  CHECK(Complaint({"--gracee", "1"}).find("did you mean --grace?") != std::string::npos);
}

TEST_CASE("what else is wrong is said") {
  CHECK(Complaint({"hostname"}) ==
        "unexpected argument 'hostname'; a line to run is given as -c 'hostname', a command for "
        "nodes behind -a or -w TARGET");
  CHECK(Complaint({"--local", "0"}).find("--local") != std::string::npos);
  CHECK(Complaint({"--local", "513"}).find("--local") != std::string::npos);
  CHECK(Complaint({"--local", "x"}).find("--local") != std::string::npos);
  CHECK(Complaint({"--config"}).find("--config") != std::string::npos);
  CHECK(Complaint({"--local", "1", "--config", "f"}).find("does not go with") != std::string::npos);
}

TEST_CASE("help and version are text") {
  CHECK(Parse({"--help"})->text->find("--local") != std::string::npos);
  CHECK(Parse({"--version"})->text->find("clustershell ") == 0);
}

TEST_CASE("flags of clush say how every line is sent") {
  const auto options =
      Parse({"-w", "n1", "-f", "3", "-t", "2", "-u5", "-l", "joe", "-bqS", "--", "uname", "-r"});
  REQUIRE(options.ok());
  CHECK(options->line.fanout == 3);
  CHECK(options->line.connect_timeout == std::chrono::seconds(2));
  CHECK(options->line.execution.deadline == std::chrono::seconds(5));
  CHECK(options->line.login_user == "joe");
  CHECK(options->line.report.form == ReportStyle::Form::kFolded);
  CHECK(options->line.report.is_quiet);
  CHECK(options->line.returns_remote_code);
  CHECK(options->one_shot.words == std::vector<std::string>{"uname", "-r"});
}

TEST_CASE("files to copy stand behind their flag, or behind all flags") {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"-a", "--copy", "a", "b", "--dest", "/tmp"},
                                             {"-a", "--copy", "--dest", "/tmp", "a", "b"}}) {
    const auto options = Parse(words);
    REQUIRE(options.ok());
    CHECK(options->one_shot.copies);
    CHECK_FALSE(options->one_shot.copies_back);
    CHECK(options->one_shot.sources == std::vector<std::string>{"a", "b"});
    CHECK(options->one_shot.destination == "/tmp");
  }
  CHECK(Complaint({"-a", "--copy"}).find("--copy names no file") == 0);
  CHECK(Complaint({"-a", "--rcopy", "a", "--copy", "b"}) ==
        "--copy and --rcopy exclude each other");
}

}  // namespace
}  // namespace muster::clustershell
