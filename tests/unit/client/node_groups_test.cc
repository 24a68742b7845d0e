#include "client/node_groups.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using Catch::Contains;
using muster::ConfigFile;
using muster::GroupLookup;
using muster::NodeGroups;
using muster::Trust;

namespace {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/muster-test-XXXXXX";
    path_ = ::mkdtemp(name);
    std::filesystem::create_directory(path_ + "/groups.d");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

absl::StatusOr<NodeGroups> Read(const Folder& folder, const std::string& text,
                                Trust trust = Trust::kStrict) {
  auto file = ConfigFile::Load(folder.Write("cluster.conf", text), trust);
  if (!file.ok()) return file.status();
  return NodeGroups::Read(*file, trust);
}

// "TARGET", or "! COMPLAINT".
std::string Find(const NodeGroups& groups, const std::string& name,
                 const std::string& source = "") {
  const auto found = GroupLookup(groups).Find(source, name);
  return found.ok() ? found->text() : "! " + std::string(found.status().message());
}

double Slack() {
  const char* slack = std::getenv("MUSTER_TEST_SLACK");
  return slack == nullptr ? 3 : std::atof(slack);
}

}  // namespace

TEST_CASE("groups stand in the configuration and in files beside it") {
  const Folder folder;
  folder.Write("groups.d/racks", "# racks\n\nr1: n[1-2]\n  r-2 :n3 # not a comment\nnone:\n");
  folder.Write("groups.d/.hidden", "r1: x\n");
  folder.Write("groups.d/old~", "r1: x\n");
  const auto groups = Read(folder, "[groups]\ngpu = gpu[1-4],\n  !gpu3\nweb-1 = @gpu&tags=x:*\n");
  INFO(groups.status());
  REQUIRE(groups.ok());
  CHECK(Find(*groups, "gpu") == "gpu[1-4],\n!gpu3");
  CHECK(Find(*groups, "web-1") == "@gpu&tags=x:*");
  CHECK(Find(*groups, "r1") == "n[1-2]");
  CHECK(Find(*groups, "r-2") == "n3 # not a comment");
  CHECK(Find(*groups, "none").empty());
  CHECK(Find(*groups, "gup") ==
        "! no group @gup is known; did you mean gpu?; there are gpu, none, r-2, r1, web-1");
  CHECK_THAT(Find(*groups, "gpu", "slurm"), Contains("the configuration has no [group_source"));
  const auto all = GroupLookup(*groups).All();
  REQUIRE(all.ok());
  CHECK(all->size() == 5);
  CHECK(all->at("r1").origin == folder.path() + "/groups.d/racks:3");
  CHECK(all->at("gpu").origin == folder.path() + "/cluster.conf:2");
  // What somebody changes now counts for the next target.
  folder.Write("groups.d/racks", "r1: n[7-8]\n");
  CHECK(Find(*groups, "r1") == "n[7-8]");
  CHECK(Find(NodeGroups(), "gpu") == "! no group @gpu is known; there are none that can be listed");
}

TEST_CASE("what is wrong with a file of groups is told with its line") {
  const Folder folder;
  const auto groups = Read(folder, "[groups]\ngpu = n1\n");
  REQUIRE(groups.ok());
  const std::string at = folder.path() + "/groups.d/";
  folder.Write("groups.d/a", "x: n1\nno colon\n");
  CHECK_THAT(Find(*groups, "gpu"), Contains(at + "a:2: expected \"NAME: NODES\""));
  folder.Write("groups.d/a", "1x: n1\n");
  CHECK_THAT(Find(*groups, "gpu"), Contains(at + "a:1: expected"));
  folder.Write("groups.d/a", "x: n1\n");
  folder.Write("groups.d/b", "\nx: n2\n");
  CHECK_THAT(Find(*groups, "x"), Contains(at + "b:2: the group x stands in " + at + "a:1 already"));
  folder.Write("groups.d/b", "gpu: n2\n");
  CHECK_THAT(Find(*groups, "gpu"),
             Contains("the group gpu stands in " + folder.path() + "/cluster.conf:2 already"));
  folder.Write("groups.d/b", "y: n2\n", 0666);
  CHECK_THAT(Find(*groups, "gpu"), Contains("others may write to it; say: chmod go-w"));
  std::filesystem::remove(at + "b");
  std::filesystem::create_directory(at + "b");
  CHECK_THAT(Find(*groups, "gpu"), Contains("cannot read " + at + "b"));
}

TEST_CASE("a program is asked for the nodes of a group") {
  const Folder folder;
  folder.Write("ask",
               "#!/bin/sh\ncase \"$1:$2\" in\n  map:g1) echo n1; echo 'n2  n[3-4]';;\n"
               "  map:env) echo \"$GROUP.$SOURCE\";;\n"
               "  list:) echo g1 env;;\n  map:bad) echo no such rack >&2; exit 3;;\nesac\n",
               0755);
  const auto groups = Read(folder,
                           "[groups]\nlocal = n9\n[group_source lab]\nmap = ./ask map "
                           "$GROUP\n[group_source other]\nmap = ./ask map ${GROUP}\n"
                           "list = ./ask list\n");
  INFO(groups.status());
  REQUIRE(groups.ok());
  CHECK(Find(*groups, "g1") == "n1,n2,n[3-4]");
  CHECK(Find(*groups, "g1", "other") == "n1,n2,n[3-4]");
  CHECK(Find(*groups, "env", "lab") == "env.lab");
  CHECK(Find(*groups, "local") == "n9");
  CHECK_THAT(Find(*groups, "--help", "lab"), Contains("no group @lab:--help is known"));
  CHECK(Find(*groups, "bad", "lab") ==
        "! the group source lab (./ask map $GROUP) exited with code 3: no such rack");
  CHECK(Find(*groups, "bad", "other") == "! no group @other:bad is known; there are g1, env");
  CHECK(Find(*groups, "what") == "! no group @what is known; there are env, g1, local");
  CHECK_THAT(Find(*groups, "g1", "lba"),
             Contains("no source of groups is named lba; did you mean lab?; there are lab, other"));
  CHECK_THAT(std::string(GroupLookup(*groups).Names("lab").status().message()),
             Contains("the group source lab cannot list its groups"));
  CHECK(*GroupLookup(*groups).Names("other") == std::vector<std::string>{"g1", "env"});
  CHECK(GroupLookup(*groups).All()->at("g1").target == "n1,n2,n[3-4]");
}

TEST_CASE("a program for groups has a path of its own, and nobody else could have written it") {
  const Folder folder;
  const auto complaint = [&](const std::string& keys) {
    const auto groups = Read(folder, "[group_source lab]\n" + keys);
    return groups.ok() ? Find(*groups, "g") : std::string(groups.status().message());
  };
  CHECK_THAT(complaint("map = echo n1\n"), Contains("names echo without its path"));
  CHECK_THAT(complaint("map = ./none\n"), Contains("/none: No such file"));
  CHECK_THAT(complaint("map = './ask\n"), Contains("the quote ' is not closed"));
  folder.Write("ask", "#!/bin/sh\necho n1\n", 0777);
  CHECK_THAT(complaint("map = ./ask\n"), Contains("others may write to it; say: chmod go-w"));
  ::chmod((folder.path() + "/ask").c_str(), 0644);
  CHECK_THAT(complaint("map = ./ask\n"), Contains("cannot start"));
  CHECK_THAT(complaint("list = ./ask\n"), Contains("cluster.conf:1: [group_source lab] needs a"));
  CHECK_THAT(complaint("map = ./ask\nshell = maybe\n"), Contains("cluster.conf:3: shell is yes"));
  CHECK_THAT(complaint("map = ./ask\ntimeout = 0\n"), Contains("cluster.conf:3: timeout is above"));
  CHECK_THAT(complaint("map = ./ask\ntimeout = soon\n"), Contains("cluster.conf:3: timeout: "));
  CHECK_THAT(complaint("map = ./ask\nreverse = x\n"), Contains("valid here: list, map, shell"));
  // A shell only where it is asked for.
  CHECK_THAT(complaint("map = /bin/echo n1 | cat\n"), Contains("n1,|,cat"));
  CHECK(complaint("map = echo \"n-$GROUP\" | cat\nshell = yes\n") == "n-g");
}

TEST_CASE("a program for groups that does not end is stopped with all it started") {
  const Folder folder;
  const std::string pid_file = folder.path() + "/pid";
  const auto groups =
      Read(folder, "[group_source slow]\nmap = sleep 4321 & echo $! > " + pid_file +
                       "; echo patience >&2; wait\nshell = yes\ntimeout = 300ms\n"
                       "[group_source leaves]\nmap = sleep 4321 & echo n1\nshell = yes\n"
                       "[group_source flood]\nmap = /usr/bin/yes $GROUP\n");
  REQUIRE(groups.ok());
  const auto begin = std::chrono::steady_clock::now();
  CHECK_THAT(Find(*groups, "g", "slow"),
             Contains("did not end within 300 ms and was stopped: patience"));
  pid_t pid = 0;
  std::ifstream(pid_file) >> pid;
  REQUIRE(pid > 0);
  const auto deadline = begin + std::chrono::duration<double>(5 * Slack());
  while (::kill(pid, 0) == 0 && std::chrono::steady_clock::now() < deadline) {
  }
  // Killed; whoever is its parent now may not have taken note yet.
  std::string stat;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), stat);
  CHECK((stat.empty() || stat.find(") Z") != std::string::npos));
  CHECK(Find(*groups, "g", "leaves") == "n1");
  CHECK_THAT(Find(*groups, "g", "flood"), Contains("printed more than 4 MiB and was stopped"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::duration<double>(9 * Slack()));
}
