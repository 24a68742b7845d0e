#include "tests/integration/daemon_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/integration/watching.h"

namespace muster::test {

Folder::Folder() {
  char name[] = "/tmp/muster-test-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::Write(const std::string& name, const std::string& text, int mode) const {
  const std::string file = path_ + "/" + name;
  std::ofstream(file, std::ios::binary) << text;
  ::chmod(file.c_str(), static_cast<mode_t>(mode));
  return file;
}

DaemonFixture::DaemonFixture(const std::string& socket, std::vector<std::string> arguments,
                             std::vector<std::string> environment) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  ChildProcess::Options options;
  options.argv = {ProgramPath("clusterd"), "--log-level", "warn"};
  if (!socket.empty()) {
    options.argv.emplace_back("--listen");
    options.argv.push_back("unix:" + socket);
  }
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.fds = {{write.get(), 1}, {2, 2}};
  options.extra_environment = std::move(environment);
  auto started = ChildProcess::Start(options);
  REQUIRE(started.ok());
  process_ = *std::move(started);
  write.Reset();
  std::string line;
  char c = 0;
  while (::read(read.get(), &c, 1) == 1 && c != '\n') line += c;
  INFO(line);
  REQUIRE(line.find(" listening on unix:") != std::string::npos);
}

DaemonFixture::~DaemonFixture() {
  process_.Kill(SIGTERM);
  if (!process_.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10))) {
    process_.Kill(SIGKILL);
    process_.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  }
}

}  // namespace muster::test
