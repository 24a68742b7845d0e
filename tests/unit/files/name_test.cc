#include "files/name.h"

#include <catch2/catch.hpp>

#include "tests/integration/daemon_fixture.h"

using muster::files::BaseName;
using muster::files::ExpandAll;
using muster::files::FolderOf;
using muster::files::IsPlainName;
using muster::files::IsStagingName;
using muster::files::MayComeOf;
using muster::files::StagingName;

TEST_CASE("a plain name names something in its folder and nothing else") {
  for (const char* name : {"a", "...", ".a", "-rf", " ", "a\nb", "\xff"}) CHECK(IsPlainName(name));
  CHECK(IsPlainName(std::string(255, 'x')));
  for (const char* name : {"", ".", "..", "/", "a/", "/a", "a/b", "../a"}) {
    CHECK_FALSE(IsPlainName(name));
  }
  CHECK_FALSE(IsPlainName(std::string(256, 'x')));
  CHECK_FALSE(IsPlainName(std::string("a\0b", 3)));
}

TEST_CASE("a path is cut into its folder and its last component") {
  CHECK(BaseName("/a/b") == "b");
  CHECK(BaseName("b") == "b");
  CHECK(BaseName("a/b///") == "b");
  CHECK(BaseName("/").size() < 2);
  CHECK_FALSE(IsPlainName(BaseName("/")));
  CHECK_FALSE(IsPlainName(BaseName("a/..")));
  CHECK(FolderOf("/a/b/") == "/a");
  CHECK(FolderOf("/a") == "/");
  CHECK(FolderOf("a") == ".");
  CHECK(FolderOf("a//b") == "a/");
}

TEST_CASE("what a node sends has to be called like something that was asked for") {
  CHECK(MayComeOf("b", "/a/b"));
  CHECK(MayComeOf("b", "/a*/b/"));
  CHECK(MayComeOf("x.log", "/var/*.log"));
  CHECK(MayComeOf("[a]", "/var/[a]"));
  CHECK_FALSE(MayComeOf(".bashrc", "*"));
  CHECK_FALSE(MayComeOf("a.txt", "*.log"));
  CHECK_FALSE(MayComeOf("authorized_keys", "/home/me/notes"));
}

TEST_CASE("paths stand for themselves when they exist, else for what they match, each once") {
  const muster::test::Folder folder;
  const std::string at = folder.path() + "/";
  for (const char* name : {"a", "b", ".c", "[ab]"}) folder.Write(name, "");
  std::vector<std::string> missing;
  CHECK(ExpandAll({at + "[ab]"}, missing) == std::vector<std::string>{at + "[ab]"});
  CHECK(ExpandAll({at + "?", at + "a"}, missing) == std::vector<std::string>{at + "a", at + "b"});
  CHECK(ExpandAll({at + ".*"}, missing) == std::vector<std::string>{at + ".c"});
  CHECK(missing.empty());
  CHECK(ExpandAll({at + "x", at + "*.x"}, missing).empty());
  CHECK(missing.size() == 2);
}

TEST_CASE("the staging name is short, fixed, and no other name's") {
  CHECK(StagingName("a") == StagingName("a"));
  CHECK(StagingName("a") != StagingName("b"));
  CHECK(StagingName(std::string(255, 'x')).size() == 29);
  CHECK(IsStagingName(StagingName("a")));
  CHECK_FALSE(IsStagingName(".muster-0123456789ABCDEF.part"));
  CHECK_FALSE(IsStagingName("x" + StagingName("a")));
}
