#include "server/spawner/landlock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <set>

#include "common/unique_fd.h"

namespace muster::server {
namespace {

// What is taken away: the contents of files, and lists of folders. Making and removing names is
// left to the ordinary permissions, which ours have.
constexpr std::uint64_t kFileRights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr std::uint64_t kFolderRights = kFileRights | LANDLOCK_ACCESS_FS_READ_DIR;

int CreateRuleset(const landlock_ruleset_attr* attributes, std::size_t size, std::uint32_t flags) {
  return static_cast<int>(::syscall(SYS_landlock_create_ruleset, attributes, size, flags));
}

// truncate(2) came under control with version 3.
std::uint64_t TruncateRight() {
  constexpr std::uint64_t kTruncate = 1ULL << 14;  // LANDLOCK_ACCESS_FS_TRUNCATE
  return CreateRuleset(nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 3 ? kTruncate : 0;
}

// What no longer exists, or cannot be looked at, needs no rule.
void Allow(int ruleset, const std::string& path, std::uint64_t rights) {
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  if (!fd.IsOpen() || ::fstat(fd.get(), &info) != 0 || S_ISLNK(info.st_mode)) return;
  landlock_path_beneath_attr rule{};
  rule.parent_fd = fd.get();
  rule.allowed_access = (S_ISDIR(info.st_mode) ? rights : rights & kFileRights) | TruncateRight();
  ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

// Allows everything in `folder` but the way to what is hidden.
void AllowAround(int ruleset, const std::string& folder, const std::set<std::string>& hidden) {
  DIR* directory = ::opendir(folder.empty() ? "/" : folder.c_str());
  if (directory == nullptr) return;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    std::string path = folder;
    path.append("/").append(name);
    if (hidden.count(path) != 0) continue;
    // The first that could be below it in the order of names.
    const auto below = hidden.lower_bound(path + "/");
    if (below != hidden.end() && below->starts_with(path + "/")) {
      AllowAround(ruleset, path, hidden);
    } else {
      Allow(ruleset, path, kFolderRights);
    }
  }
  ::closedir(directory);
}

}  // namespace

bool HasLandlock() { return CreateRuleset(nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0; }

bool HideFolders(const std::vector<std::string>& folders) {
  std::set<std::string> hidden;
  for (const std::string& folder : folders) {
    char* real = ::realpath(folder.c_str(), nullptr);
    if (real != nullptr && real[1] != '\0') hidden.insert(real);
    ::free(real);
  }
  if (hidden.empty()) return true;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kFolderRights | TruncateRight();
  const UniqueFd ruleset(CreateRuleset(&attributes, sizeof(attributes), 0));
  if (!ruleset.IsOpen()) return false;
  AllowAround(ruleset.get(), "", hidden);
  return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace muster::server
