#include "server/service/listener.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
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

// What the kernel is made to say of every file system; 0: the truth.
std::atomic<long> told_type{0};

}  // namespace

// In the place of the C library's, for the whole program: a test cannot mount NFS everywhere.
extern "C" int fstatfs(int fd, struct statfs* info) noexcept {
  const long result = ::syscall(SYS_fstatfs, fd, info);
  if (result == 0 && told_type != 0) info->f_type = told_type;
  return static_cast<int>(result);
}

TEST_CASE("A folder on a network file system is refused by name, and a new one does not stay") {
  Folder folder;
  told_type = 0x6969;
  const auto listener = Listener::Open(folder.path + "/n1.sock");
  const auto below = Listener::Open(folder.path + "/deep/n1.sock");
  told_type = 0;
  REQUIRE_FALSE(listener.ok());
  CHECK_THAT(std::string(listener.status().message()),
             Contains("network file system (NFS)") && Contains("--listen unix:/run/"));
  CHECK_FALSE(below.ok());
  CHECK(::access((folder.path + "/deep").c_str(), F_OK) != 0);
  CHECK(::access((folder.path + "/n1.sock.lock").c_str(), F_OK) != 0);
  CHECK(Listener::Open(folder.path + "/n1.sock").ok());
}

TEST_CASE("A folder below one that others may write to is refused with the folder that is wrong") {
  Folder folder;
  REQUIRE(::chmod(folder.path.c_str(), 0777) == 0);
  const auto listener = Listener::Open(folder.path + "/deep/n1.sock");
  REQUIRE_FALSE(listener.ok());
  CHECK_THAT(std::string(listener.status().message()),
             Contains("others may write to the folder " + folder.path + " ") &&
                 Contains("chmod go-w " + folder.path));
  ::rmdir((folder.path + "/deep").c_str());
}

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
