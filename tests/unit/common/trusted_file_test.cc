#include "common/trusted_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "common/trusted_path.h"

using Catch::Contains;
using muster::OpenTrustedFile;
using muster::OpenTrustedFolder;
using muster::QuotedForShell;
using muster::Sharing;
using muster::Trust;

namespace {

constexpr uid_t kOther = 65533;
constexpr uid_t kNobody = 65534;

// TOP/way/file, all of them good.
class Tree {
 public:
  Tree() {
    char name[] = "/tmp/muster-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    top = name;
    way = top + "/way";
    file = way + "/file";
    ::chmod(top.c_str(), 0755);
    ::mkdir(way.c_str(), 0755);
    Write(file);
  }
  ~Tree() { std::filesystem::remove_all(top); }

  static void Write(const std::string& path) {
    std::ofstream(path) << "text";
    ::chmod(path.c_str(), 0644);
  }
  void GiveTo(uid_t user) const {
    for (const std::string& path : {top, way, file}) {
      REQUIRE(::chown(path.c_str(), user, static_cast<gid_t>(-1)) == 0);
    }
  }

  std::string top;
  std::string way;
  std::string file;
};

void Chmod(const std::string& path, mode_t mode) { REQUIRE(::chmod(path.c_str(), mode) == 0); }

void Chown(const std::string& path, uid_t user) {
  REQUIRE(::lchown(path.c_str(), user, static_cast<gid_t>(-1)) == 0);
}

struct Bad {
  const char* what;
  bool takes_root;
  std::function<void(const Tree&)> spoil;
  // What the message holds; "WAY", "FILE" stand for the paths.
  const char* says;
  Trust trust = Trust::kStrict;
};

const std::vector<Bad>& BadPermissions() {
  static const std::vector<Bad> kBad = {
      {"the file belongs to another user", true, [](const Tree& tree) { Chown(tree.file, kOther); },
       "FILE: it belongs to user 65533"},
      {"its group may write to it", false, [](const Tree& tree) { Chmod(tree.file, 0664); },
       "chmod go-w FILE"},
      {"others may write to it", false, [](const Tree& tree) { Chmod(tree.file, 0646); },
       "chmod go-w FILE"},
      {"a secret that its group may read", false, [](const Tree& tree) { Chmod(tree.file, 0640); },
       "chmod go-r FILE", Trust::kSecret},
      {"a secret that others may read", false, [](const Tree& tree) { Chmod(tree.file, 0604); },
       "chmod go-r FILE", Trust::kSecret},
      {"a symbolic link of another user", true,
       [](const Tree& tree) {
         Tree::Write(tree.way + "/real");
         ::unlink(tree.file.c_str());
         REQUIRE(::symlink("real", tree.file.c_str()) == 0);
         Chown(tree.file, kOther);
       },
       "chown -h UID FILE"},
      {"a link to a file in a folder that others may write to", false,
       [](const Tree& tree) {
         ::mkdir((tree.way + "/open").c_str(), 0755);
         Chmod(tree.way + "/open", 0777);
         Tree::Write(tree.way + "/open/real");
         ::unlink(tree.file.c_str());
         REQUIRE(::symlink("open/real", tree.file.c_str()) == 0);
       },
       "chmod go-w WAY/open"},
      {"its folder belongs to another user", true,
       [](const Tree& tree) { Chown(tree.way, kOther); }, "put it into a folder of yours"},
      {"the folder's group may write to it", false, [](const Tree& tree) { Chmod(tree.way, 0775); },
       "chmod go-w WAY"},
      {"others may write to the folder above", false,
       [](const Tree& tree) { Chmod(tree.top, 0757); }, "chmod go-w TOP"},
      {"a FIFO", false,
       [](const Tree& tree) {
         ::unlink(tree.file.c_str());
         REQUIRE(::mkfifo(tree.file.c_str(), 0644) == 0);
       },
       "FILE: it is a FIFO"},
      {"a folder", false,
       [](const Tree& tree) {
         ::unlink(tree.file.c_str());
         REQUIRE(::mkdir(tree.file.c_str(), 0755) == 0);
       },
       "FILE: Is a directory"},
      {"a sticky folder of another user", true,
       [](const Tree& tree) {
         Chmod(tree.way, 01777);
         Chown(tree.way, kOther);
       },
       "put it into a folder of yours"},
      {"a device", true,
       [](const Tree& tree) {
         ::unlink(tree.file.c_str());
         REQUIRE(::symlink("/dev/null", tree.file.c_str()) == 0);
       },
       "FILE: it is a device"},
  };
  return kBad;
}

std::string Expected(const Bad& bad, const Tree& tree, uid_t reader) {
  std::string text = bad.says;
  for (const auto& [word, path] :
       std::vector<std::pair<std::string, std::string>>{{"FILE", tree.file},
                                                        {"WAY", tree.way},
                                                        {"TOP", tree.top},
                                                        {"UID", std::to_string(reader)}}) {
    const std::size_t at = text.find(word);
    if (at != std::string::npos) text.replace(at, word.size(), path);
  }
  return text;
}

// What the opening says; empty: it opened.
std::string Refusal(const std::string& path, Trust trust) {
  const auto file = OpenTrustedFile(path, trust);
  return file.ok() ? "" : std::string(file.status().message());
}

// The same for another user, in a process of its own.
std::string RefusalOf(uid_t user, const std::string& path, Trust trust) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool changed = ::setresgid(user, user, user) == 0 && ::setresuid(user, user, user) == 0;
    const std::string words = changed ? Refusal(path, trust) : "cannot be another user";
    const bool told =
        ::write(ends[1], words.data(), words.size()) == static_cast<ssize_t>(words.size());
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  std::string words;
  char buffer[4096];
  ssize_t size = 0;
  while ((size = ::read(ends[0], buffer, sizeof buffer)) > 0) {
    words.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  return words;
}

bool IsRoot() { return ::geteuid() == 0; }

}  // namespace

TEST_CASE("bad permissions are refused, all of them, with what mends them") {
  int tried = 0;
  int refused = 0;
  for (const Bad& bad : BadPermissions()) {
    if (bad.takes_root && !IsRoot()) continue;
    const Tree tree;
    if (bad.trust == Trust::kSecret) Chmod(tree.file, 0600);
    INFO(bad.what);
    REQUIRE(Refusal(tree.file, bad.trust).empty());  // it is this that is wrong, and nothing else
    bad.spoil(tree);
    const std::string words = Refusal(tree.file, bad.trust);
    CHECK_THAT(words, Contains(Expected(bad, tree, ::geteuid())));
    ++tried;
    if (!words.empty()) ++refused;
  }
  CHECK(refused == tried);
  if (IsRoot()) CHECK(tried >= 12);
}

TEST_CASE("bad permissions are refused to a user who is not root") {
  if (!IsRoot()) return;  // only root can give files away
  for (const Bad& bad : BadPermissions()) {
    const Tree tree;
    tree.GiveTo(kNobody);
    if (bad.trust == Trust::kSecret) Chmod(tree.file, 0600);
    INFO(bad.what);
    REQUIRE(RefusalOf(kNobody, tree.file, bad.trust).empty());
    bad.spoil(tree);
    CHECK_THAT(RefusalOf(kNobody, tree.file, bad.trust), Contains(Expected(bad, tree, kNobody)));
  }
}

TEST_CASE("what the user and root own is read, through links of theirs and sticky folders") {
  const Tree tree;
  Chmod(tree.way, 01777);
  REQUIRE(::symlink(tree.way.c_str(), (tree.top + "/link").c_str()) == 0);
  REQUIRE(::symlink("link/../way/./file", (tree.top + "/file").c_str()) == 0);
  CHECK(Refusal(tree.top + "/file", Trust::kStrict).empty());
  CHECK(Refusal(tree.top + "/link//file", Trust::kStrict).empty());
  Chmod(tree.file, 0400);
  CHECK(Refusal(tree.file, Trust::kSecret).empty());
  if (!IsRoot()) return;
  Chmod(tree.file, 0644);
  CHECK(RefusalOf(kNobody, tree.file, Trust::kStrict).empty());  // of root
}

TEST_CASE("a relative path counts the folders above the working directory") {
  const Tree tree;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(tree.way);
  const std::string good = Refusal("./file", Trust::kStrict);
  Chmod(tree.top, 0777);
  const std::string bad = Refusal("./file", Trust::kStrict);
  std::filesystem::current_path(before);
  CHECK(good.empty());
  CHECK_THAT(bad, Contains("will not read ./file") && Contains("chmod go-w " + tree.top));
}

TEST_CASE("a link that leads round in a circle is refused, and so is what is not there") {
  const Tree tree;
  const std::string loop = tree.top + "/loop";
  REQUIRE(::symlink("loop", loop.c_str()) == 0);
  CHECK_THAT(Refusal(loop, Trust::kStrict), Contains("Too many levels"));
  CHECK(OpenTrustedFile(tree.top + "/none", Trust::kStrict).status().code() ==
        absl::StatusCode::kNotFound);
}

TEST_CASE("a file that its user named may lie anywhere, but must be his, and not everybody's") {
  const Tree tree;
  Chmod(tree.way, 0777);
  Chmod(tree.file, 0664);
  CHECK(Refusal(tree.file, Trust::kNamed).empty());
  Chmod(tree.file, 0646);
  CHECK_THAT(Refusal(tree.file, Trust::kNamed), Contains("chmod go-w " + tree.file));
  if (!IsRoot()) return;
  Chmod(tree.file, 0644);
  Chown(tree.file, kOther);
  CHECK_THAT(Refusal(tree.file, Trust::kNamed), Contains("it belongs to user 65533"));
}

TEST_CASE("a folder is ours when nobody else may write to it") {
  const Tree tree;
  CHECK(OpenTrustedFolder(tree.way, Sharing::kNone).ok());
  CHECK(OpenTrustedFolder("/", Sharing::kNone).ok());
  CHECK(OpenTrustedFolder("/tmp", Sharing::kSticky).ok());
  CHECK_THAT(std::string(OpenTrustedFolder("/tmp", Sharing::kNone).status().message()),
             Contains("chmod go-w /tmp"));
  Chmod(tree.way, 0775);
  CHECK_FALSE(OpenTrustedFolder(tree.way, Sharing::kSticky).ok());
  Chmod(tree.way, 0755);
  Chmod(tree.top, 0777);
  CHECK_THAT(std::string(OpenTrustedFolder(tree.way, Sharing::kNone).status().message()),
             Contains("chmod go-w " + tree.top));
  CHECK(OpenTrustedFolder(tree.file, Sharing::kNone).status().code() ==
        absl::StatusCode::kNotFound);
  if (!IsRoot()) return;
  Chmod(tree.top, 0755);
  Chown(tree.way, kOther);
  CHECK_THAT(std::string(OpenTrustedFolder(tree.way, Sharing::kSticky).status().message()),
             Contains("belongs to user 65533"));
}

TEST_CASE("a path in an advice is one word of a shell") {
  CHECK(QuotedForShell("/etc/muster/cluster.conf") == "/etc/muster/cluster.conf");
  CHECK(QuotedForShell("/a b/it's; rm") == "'/a b/it'\\''s; rm'");
}
