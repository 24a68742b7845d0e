#include "server/service/listener.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

using Catch::Contains;
using muster::server::Listener;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/muster-unit-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { ::rmdir(path.c_str()); }
  std::string path;
};

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

}  // namespace

TEST_CASE(
    "A missing folder is made for its owner alone, and socket and lock go with the listener") {
  Folder folder;
  const std::string below = folder.path + "/deep";
  const std::string path = below + "/n1.sock";
  {
    const auto listener = Listener::Open(path);
    REQUIRE(listener.ok());
    CHECK(ModeOf(below) == 0700);
    CHECK(ModeOf(path) == 0600);
  }
  CHECK(::access(path.c_str(), F_OK) != 0);
  CHECK(::rmdir(below.c_str()) == 0);
}

TEST_CASE("A folder that others may write to is refused and says how to close it") {
  Folder folder;
  REQUIRE(::chmod(folder.path.c_str(), 0777) == 0);
  const auto listener = Listener::Open(folder.path + "/n1.sock");
  REQUIRE_FALSE(listener.ok());
  CHECK_THAT(std::string(listener.status().message()), Contains("chmod go-w " + folder.path));
  REQUIRE(::chmod(folder.path.c_str(), 01777) == 0);
  CHECK(Listener::Open(folder.path + "/n1.sock").ok());
}

TEST_CASE("A second listener on a live path is refused with the first one's pid") {
  Folder folder;
  const auto first = Listener::Open(folder.path + "/n1.sock");
  REQUIRE(first.ok());
  const auto second = Listener::Open(folder.path + "/n1.sock");
  REQUIRE_FALSE(second.ok());
  CHECK_THAT(std::string(second.status().message()),
             Contains("process " + std::to_string(::getpid())));
}

TEST_CASE("A socket and a lock that a killed daemon left behind are taken over") {
  Folder folder;
  const std::string path = folder.path + "/n1.sock";
  REQUIRE(::mknod(path.c_str(), S_IFSOCK | 0600, 0) == 0);
  FILE* lock = ::fopen((path + ".lock").c_str(), "w");
  REQUIRE(lock != nullptr);
  ::fclose(lock);
  CHECK(Listener::Open(path).ok());
}

TEST_CASE("A file that is no socket is refused and stays as it is") {
  Folder folder;
  const std::string path = folder.path + "/thesis.tex";
  FILE* file = ::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  ::fputs("years of work", file);
  ::fclose(file);
  const auto listener = Listener::Open(path);
  REQUIRE_FALSE(listener.ok());
  CHECK_THAT(std::string(listener.status().message()), Contains("is no socket"));
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK(info.st_size == 13);
  CHECK(::access((path + ".lock").c_str(), F_OK) != 0);
  ::unlink(path.c_str());
}

TEST_CASE("A lock that is a symbolic link is refused") {
  Folder folder;
  const std::string path = folder.path + "/n1.sock";
  REQUIRE(::symlink("/dev/null", (path + ".lock").c_str()) == 0);
  CHECK_FALSE(Listener::Open(path).ok());
  ::unlink((path + ".lock").c_str());
}
