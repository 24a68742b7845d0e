#include "client/cluster_configuration.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>

using Catch::Contains;
using muster::ReadConfiguration;
using muster::ReadConfigurationAgain;

namespace {

class Folder {
 public:
  Folder() : before_(std::filesystem::current_path()) {
    char name[] = "/tmp/muster-test-XXXXXX";
    path_ = ::mkdtemp(name);
    std::filesystem::current_path(path_);
    ::unsetenv("MUSTER_CONFIG");
    ::setenv("XDG_CONFIG_HOME", path_.c_str(), 1);
    ::setenv("XDG_RUNTIME_DIR", path_.c_str(), 1);
    ::setenv("XDG_STATE_HOME", (path_ + "/state").c_str(), 1);
  }
  ~Folder() {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(path_);
  }
  std::string Write(const std::string& text) const {
    const std::string file = path_ + "/cluster.conf";
    std::ofstream(file) << text;
    return file;
  }
  // Of a cluster that was started.
  void Start(const std::string& cluster, const std::string& text) const {
    std::filesystem::create_directories(path_ + "/state/muster/clusters");
    std::ofstream(path_ + "/state/muster/clusters/" + cluster + ".conf")
        << "[cluster " << cluster << "]\n"
        << text;
  }
  const std::string& path() const { return path_; }

 private:
  std::filesystem::path before_;
  std::string path_;
};

std::string ErrorOf(const std::string& text, const std::string& cluster = "") {
  const Folder folder;
  return std::string(ReadConfiguration(cluster, folder.Write(text)).status().message());
}

}  // namespace

TEST_CASE("nodes come in the order of the file, separated by commas or lines") {
  const Folder folder;
  const auto read = ReadConfiguration(
      "", folder.Write("[cluster lab]\nnodes = b=unix:/b, a = ssh:ann@host ,\n  c=unix:/c=d\n"));
  INFO(read.status());
  REQUIRE(read.ok());
  CHECK(read->name == "lab");
  const auto* nodes = &read->nodes;
  REQUIRE(nodes->size() == 3);
  CHECK((*nodes)[0].name == "b");
  CHECK((*nodes)[1].name == "a");
  CHECK((*nodes)[1].address.ToString() == "ssh:ann@host");
  CHECK((*nodes)[2].address.path == "/c=d");
  CHECK((*nodes)[2].is_named);
}

TEST_CASE("of several clusters the one asked for, else the one named default") {
  const Folder folder;
  const std::string two = "[cluster a]\nnodes=n=unix:/a\n[cluster b]\nnodes=n=unix:/b\n";
  CHECK(ReadConfiguration("b", folder.Write(two))->nodes[0].address.path == "/b");
  CHECK_THAT(ErrorOf(two), Contains("several clusters") && Contains("a, b"));
  CHECK_THAT(ErrorOf(two, "c"), Contains("has no [cluster c]; it has: a, b"));
  CHECK(ReadConfiguration("", folder.Write(two + "[cluster default]\nnodes=n=unix:/d\n"))
            ->nodes[0]
            .address.path == "/d");
}

TEST_CASE("what is wrong with a node is told with file and line") {
  const std::string head = "[cluster lab]\nnodes = ";
  CHECK_THAT(ErrorOf(head + "n1\n"), Contains("cluster.conf:2: \"n1\" is not NAME=ADDRESS"));
  CHECK_THAT(ErrorOf(head + "1=unix:/a\n"), Contains("cluster.conf:2: \"1=unix:/a\" is not"));
  CHECK_THAT(ErrorOf(head + "a=unix:/a, a=unix:/b\n"), Contains("two nodes are named a"));
  CHECK_THAT(ErrorOf(head + "a=host:99\n"), Contains("cluster.conf:2: node a: bad address"));
  CHECK_THAT(ErrorOf(head + ",\n"), Contains("list of nodes is empty"));
  CHECK_THAT(ErrorOf("[cluster lab]\n"), Contains("cluster.conf:1: [cluster lab] has no nodes"));
  CHECK_THAT(ErrorOf("[daemon]\nname=a\n"), Contains("has no [cluster NAME]"));
}

TEST_CASE("tags belong to nodes of the file, one by one or by sets") {
  const Folder folder;
  const std::string head =
      "[cluster lab]\nnodes = n1=unix:/1, n2=unix:/2, n3=unix:/3\n[cluster b]\nnodes=x=unix:/x\n";
  const auto read = ReadConfiguration(
      "lab",
      folder.Write(head + "[node n1]\ntags = env:prod, app:x\n[node n[1-2]]\ntags = rack:1,\n"
                          "  slow\n[node x]\n[node n3]\ntags =\n"));
  INFO(read.status());
  REQUIRE(read.ok());
  using Tags = std::vector<std::string>;
  CHECK(read->nodes[0].tags == Tags{"env:prod", "app:x", "rack:1", "slow"});
  CHECK(read->nodes[1].tags == Tags{"rack:1", "slow"});
  CHECK(read->nodes[2].tags.empty());
  CHECK_THAT(ErrorOf(head + "[node n9]\ntags = a\n", "lab"),
             Contains("cluster.conf:5: no cluster here has a node n9"));
  CHECK_THAT(ErrorOf(head + "[node n[1-]]\n", "lab"),
             Contains("cluster.conf:5: node set 'n[1-]': expected a number"));
  CHECK_THAT(ErrorOf(head + "[node]\n", "lab"), Contains("cluster.conf:5: "));
  CHECK_THAT(ErrorOf(head + "[node n1]\ntags = env prod\n", "lab"),
             Contains("cluster.conf:6: the tag \"env prod\" holds a blank"));
  CHECK_THAT(ErrorOf(head + "[node n1]\ntag = x\n", "lab"), Contains("valid here: tags"));
}

TEST_CASE("users to trust are named or numbered, and have to exist") {
  const std::string head = "[cluster lab]\nnodes = n1=unix:/a\ntrust = ";
  const Folder folder;
  CHECK(ReadConfiguration("", folder.Write(head + "root, 65534,\n  4242\n")).ok());
  CHECK_THAT(ErrorOf(head + "root, no-such-user\n"),
             Contains("cluster.conf:3: \"no-such-user\" is no user of this machine"));
  CHECK_THAT(ErrorOf(head + "-1\n"), Contains("cluster.conf:3: \"-1\" is no user"));
  CHECK_THAT(ErrorOf(head + "4294967295\n"), Contains("is no user"));
  CHECK_THAT(ErrorOf(head + "4294967296\n"), Contains("is no user"));
  CHECK_THAT(ErrorOf(head + "\n"), Contains("cluster.conf:3: the list of trusted users is empty"));
}

TEST_CASE("without a configuration the cluster is the daemon of this machine") {
  if (std::filesystem::exists("/etc/muster/cluster.conf") ||
      std::filesystem::exists("/run/muster/clusterd.sock")) {
    WARN("skipped: this machine runs a clusterd of its own");
    return;
  }
  const Folder folder;
  const std::string path = folder.path() + "/muster/clusterd.sock";
  CHECK_THAT(std::string(ReadConfiguration("", "").status().message()),
             Contains("no clusterd listens at " + path));
  CHECK_THAT(std::string(ReadConfiguration("lab", "").status().message()), Contains("lab"));
  std::filesystem::create_directory(folder.path() + "/muster");
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, path.c_str());
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  const auto read = ReadConfiguration("", "");
  ::close(listener);
  REQUIRE(read.ok());
  CHECK(read->name == "default");
  const auto* nodes = &read->nodes;
  REQUIRE(nodes->size() == 1);
  CHECK((*nodes)[0].address.path == path);
  CHECK_FALSE((*nodes)[0].is_named);
}

TEST_CASE("a started cluster is found by its name, and changes no configuration") {
  const Folder folder;
  folder.Start("base1",
               "nodes = c1=unix:/c1, c2=unix:/c2\n[node c1]\ntags = kind:compute\n"
               "[node c2]\ntags = kind:compute\nstate = stopped\n");
  const std::string file = folder.Write(
      "[cluster lab]\nnodes = n1=unix:/1\n[cluster base1]\nprovider = local\nnodes.compute = 2\n"
      "[node c1]\ntags = rack:1\n[groups]\nfirst = c1\n");
  const auto lab = ReadConfiguration("", file);
  INFO(lab.status());
  REQUIRE(lab.ok());
  CHECK(lab->name == "lab");
  CHECK(lab->started_path.empty());
  CHECK(lab->cluster_names == std::vector<std::string>{"lab", "base1"});
  const auto started = ReadConfiguration("base1", file);
  INFO(started.status());
  REQUIRE(started.ok());
  REQUIRE(started->nodes.size() == 2);
  CHECK(started->nodes[0].tags == std::vector<std::string>{"kind:compute", "rack:1"});
  CHECK(started->nodes[0].state.empty());
  CHECK(started->nodes[1].state == "stopped");
  CHECK(started->cluster_names == std::vector<std::string>{"lab", "base1"});
  // Both ways, from what was read.
  const auto back = ReadConfigurationAgain(*started, "lab");
  REQUIRE(back.ok());
  CHECK(back->nodes[0].name == "n1");
  const auto again = ReadConfigurationAgain(*back, "base1");
  REQUIRE(again.ok());
  CHECK(again->nodes.size() == 2);
  CHECK_THAT(std::string(ReadConfiguration("base2", file).status().message()),
             Contains("it has: lab; started clusters: base1"));
}

TEST_CASE("without a configuration the only started cluster is the one, and several are listed") {
  if (std::filesystem::exists("/etc/muster/cluster.conf") ||
      std::filesystem::exists("/run/muster/clusterd.sock")) {
    WARN("skipped: this machine runs a clusterd of its own");
    return;
  }
  const Folder folder;
  const auto none = muster::NoCluster("");
  REQUIRE(none.ok());
  CHECK(none->nodes.empty());
  REQUIRE(ReadConfigurationAgain(*none, "").ok());
  CHECK(ReadConfigurationAgain(*none, "")->nodes.empty());
  folder.Start("a", "nodes = c1=unix:/c1\n");
  REQUIRE(ReadConfiguration("", "").ok());
  CHECK(ReadConfiguration("", "")->name == "a");
  CHECK(ReadConfigurationAgain(*none, "")->name == "a");
  // A file with templates only is no cluster either.
  const std::string file = folder.Write("[cluster big]\nprovider = local\nnodes.compute = 2\n");
  CHECK(ReadConfiguration("", "")->name == "a");
  CHECK(ReadConfiguration("", file)->name == "a");
  CHECK_THAT(std::string(ReadConfiguration("big", file).status().message()),
             Contains("cluster.conf:1: big is a template that was not started"));
  folder.Start("b", "nodes = c1=unix:/c1\n");
  const auto several = ReadConfiguration("", "");
  CHECK(absl::IsNotFound(several.status()));
  CHECK_THAT(std::string(several.status().message()), Contains("name one of: a, b"));
}

TEST_CASE("a state is one of a node that does not run") {
  const std::string head = "[cluster lab]\nnodes = n1=unix:/1\n[node n1]\nstate = ";
  CHECK_THAT(ErrorOf(head + "asleep\n"),
             Contains("cluster.conf:4: \"asleep\" is no state of a node; valid here: running, "));
  const Folder folder;
  CHECK(ReadConfiguration("", folder.Write(head + "paused\n"))->nodes[0].state == "paused");
  CHECK(ReadConfiguration("", folder.Write(head + "running\n"))->nodes[0].state.empty());
}
