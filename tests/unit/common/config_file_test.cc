#include "common/config_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using Catch::Contains;
using muster::ConfigFile;
using muster::Trust;

namespace {

// A folder of its own, where a file `cluster.conf` can be written; also the working directory.
class Folder {
 public:
  Folder() : before_(std::filesystem::current_path()) {
    char name[] = "/tmp/muster-test-XXXXXX";
    path_ = ::mkdtemp(name);
    std::filesystem::current_path(path_);
    ::unsetenv("MUSTER_CONFIG");
    ::setenv("XDG_CONFIG_HOME", (path_ + "/xdg").c_str(), 1);
  }
  ~Folder() {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(path_);
  }
  std::string Write(const std::string& text, const std::string& name = "cluster.conf") const {
    const std::string file = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), 0644);
    return file;
  }
  const std::string& path() const { return path_; }

 private:
  std::filesystem::path before_;
  std::string path_;
};

std::string ErrorOf(const std::string& text) {
  const Folder folder;
  return std::string(ConfigFile::Load(folder.Write(text)).status().message());
}

}  // namespace

TEST_CASE("sections and keys come with their lines") {
  const Folder folder;
  const auto file =
      ConfigFile::Load(folder.Write("# a comment\r\n"
                                    "[cluster lab]\r\n"
                                    "nodes = n1=unix:/a, n2=ssh:b ; the lab\r\n"
                                    "\n"
                                    "[ daemon ]\n"
                                    "  log-level : info\n"
                                    "  ; indented comment\n"
                                    "name=n1"));
  INFO(file.status());
  REQUIRE(file.ok());
  const auto* lab = file->FindSection("cluster", "lab");
  REQUIRE(lab != nullptr);
  CHECK(lab->line == 2);
  CHECK(lab->entries.at("nodes").value == "n1=unix:/a, n2=ssh:b");
  CHECK(lab->entries.at("nodes").line == 3);
  const auto* daemon = file->FindSection("daemon");
  REQUIRE(daemon != nullptr);
  CHECK(daemon->entries.at("log_level").value == "info");
  CHECK(daemon->entries.at("name").value == "n1");
  CHECK(daemon->entries.at("name").line == 8);
  CHECK(file->FindSection("cluster", "other") == nullptr);
}

TEST_CASE("indented lines continue a value, joined by newlines") {
  const Folder folder;
  const auto file =
      ConfigFile::Load(folder.Write("[cluster lab]\n"
                                    "nodes =\n"
                                    "  n1=unix:/a ; first\n"
                                    "\n"
                                    "\t# not this\n"
                                    "  n2=unix:/b\n"));
  REQUIRE(file.ok());
  CHECK(file->FindSection("cluster", "lab")->entries.at("nodes").value ==
        "\nn1=unix:/a\nn2=unix:/b");
}

TEST_CASE("lines of any length arrive whole, spaces and semicolons included") {
  const Folder folder;
  // Every length around the places where a line is cut, with white space and comment signs that
  // would be trimmed there.
  for (std::size_t length = 150; length < 800; ++length) {
    std::string value;
    while (value.size() < length) value += "a # b  c#d; e;";
    value.resize(length);
    value.back() = 'e';
    const auto file =
        ConfigFile::Load(folder.Write("[cluster lab]\nnodes = " + value + "\n  " + value + "\n"));
    INFO(length << ": " << file.status());
    REQUIRE(file.ok());
    REQUIRE(file->FindSection("cluster", "lab")->entries.at("nodes").value == value + "\n" + value);
  }
  const std::string huge(1 << 20, 'x');
  const auto file = ConfigFile::Load(folder.Write("[daemon]\nname = " + huge + "\n"));
  REQUIRE(file.ok());
  CHECK(file->FindSection("daemon")->entries.at("name").value == huge);
}

TEST_CASE("a name of a cluster may have 64 bytes") {
  const Folder folder;
  const std::string name(64, 'n');
  const auto file = ConfigFile::Load(folder.Write("[cluster " + name + "]\n"));
  INFO(file.status());
  REQUIRE(file.ok());
  CHECK(file->FindSection("cluster", name) != nullptr);
}

TEST_CASE("keys may be in capitals, as StarCluster's files have them; kinds of nodes keep theirs") {
  const Folder folder;
  const auto file = ConfigFile::Load(
      folder.Write("[cluster lab]\nNODES.Big = 1\n[cluster small]\nEXTENDS = lab\nNodes = a\n"));
  INFO(file.status());
  REQUIRE(file.ok());
  CHECK(file->FindSection("cluster", "lab")->entries.at("nodes.Big").value == "1");
  CHECK(file->FindSection("cluster", "small")->entries.at("extends").value == "lab");
  CHECK_THAT(ErrorOf("[cluster lab]\nnodes = a\nNODES = b\n"),
             Contains("cluster.conf:3: \"NODES\" stands in line 2 already"));
  CHECK_THAT(ErrorOf("[cluster lab]\nNODE = a\n"), Contains("no key \"NODE\" is known"));
}

TEST_CASE("errors name the file, the line and what is valid there") {
  CHECK_THAT(ErrorOf("[cluster lab]\nnodes = a\n\n[clutser]\n"),
             Contains("cluster.conf:4: no section [clutser] is known; valid here: [cluster NAME], "
                      "[daemon]"));
  CHECK_THAT(ErrorOf("[cluster]\n"), Contains("cluster.conf:1: no section [cluster] is known"));
  CHECK_THAT(ErrorOf("[daemon x]\n"), Contains("cluster.conf:1:"));
  CHECK_THAT(ErrorOf("[cluster 1]\n"), Contains("cluster.conf:1: bad name \"1\""));
  CHECK_THAT(ErrorOf("[daemon\n"), Contains("cluster.conf:1: the ']'"));
  CHECK_THAT(ErrorOf("nodes = x\n"), Contains("cluster.conf:1: \"nodes\" stands before"));
  CHECK_THAT(ErrorOf("[cluster lab]\nnode = x\n"),
             Contains("cluster.conf:2: no key \"node\" is known in [cluster lab]; valid here: "
                      "nodes"));
  CHECK_THAT(ErrorOf("[daemon]\nport = 1\n"), Contains("listen, log_level"));
  CHECK_THAT(ErrorOf("[daemon]\nname = a\nNAME\n"),
             Contains("cluster.conf:3: the line is neither"));
  CHECK_THAT(ErrorOf("[daemon]\nname = " + std::string(5000, 'x') + "\nNAME\n"),
             Contains("cluster.conf:3: the line is neither"));
  CHECK_THAT(ErrorOf("[daemon]\n" + std::string(5000, 'x') + "\nNAME\n"),
             Contains("cluster.conf:2: the line is neither"));
  CHECK_THAT(ErrorOf("[daemon]\nname = a\nname = b\n"),
             Contains("cluster.conf:3: \"name\" stands in line 2 already"));
  CHECK_THAT(ErrorOf("[daemon]\n[daemon]\n"),
             Contains("cluster.conf:2: [daemon] stands in line 1"));
  CHECK_THAT(ErrorOf("[daemon]\nname = a\001b\n"), Contains("cluster.conf:2: "));
}

TEST_CASE("a file that is not there is NotFound, one that cannot be read says why") {
  const Folder folder;
  CHECK(ConfigFile::Load(folder.path() + "/none").status().code() == absl::StatusCode::kNotFound);
  CHECK_THAT(std::string(ConfigFile::Load(folder.path()).status().message()),
             Contains("Is a directory"));
}

TEST_CASE("the file is looked for in the documented order") {
  const Folder folder;
  const std::string user = folder.Write("", "xdg/muster/cluster.conf");
  CHECK(*ConfigFile::Find("") == user);
  folder.Write("");
  CHECK(*ConfigFile::Find("") == "./cluster.conf");
  const std::string named = folder.Write("", "named.conf");
  ::setenv("MUSTER_CONFIG", named.c_str(), 1);
  CHECK(*ConfigFile::Find("") == named);
  CHECK(*ConfigFile::Find("/explicit") == "/explicit");
  ::setenv("MUSTER_CONFIG", "/nowhere/cluster.conf", 1);
  CHECK_THAT(std::string(ConfigFile::Find("").status().message()),
             Contains("MUSTER_CONFIG names /nowhere/cluster.conf"));
}

TEST_CASE("a cluster.conf here that others may write is refused by name") {
  const Folder folder;
  const std::string file = folder.Write("");
  ::chmod(file.c_str(), 0666);
  REQUIRE(*ConfigFile::Find("") == "./cluster.conf");  // not passed over
  const auto found = ConfigFile::Load("./cluster.conf");
  CHECK(found.status().code() == absl::StatusCode::kPermissionDenied);
  CHECK_THAT(std::string(found.status().message()), Contains("chmod go-w ./cluster.conf"));
  ::chmod(file.c_str(), 0644);
  if (::geteuid() == 0) {
    REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
    CHECK(ConfigFile::Load("./cluster.conf").status().code() ==
          absl::StatusCode::kPermissionDenied);
  }
}

TEST_CASE("a file that the user named is trusted further than one that was found") {
  const Folder folder;
  CHECK(ConfigFile::TrustOfUser("") == Trust::kStrict);
  CHECK(ConfigFile::TrustOfUser("lab.conf") == Trust::kNamed);
  ::setenv("MUSTER_CONFIG", "lab.conf", 1);
  CHECK(ConfigFile::TrustOfUser("") == Trust::kNamed);
  ::unsetenv("MUSTER_CONFIG");
}
