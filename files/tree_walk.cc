#include "files/tree_walk.h"

#include <absl/strings/str_cat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "common/unique_fd.h"
#include "files/name.h"
#include "files/record.h"

namespace muster::files {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// What is no file, folder or symlink.
const char* KindOf(mode_t mode) {
  if (S_ISFIFO(mode)) return "is a fifo";
  if (S_ISSOCK(mode)) return "is a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "is a device";
  return "is special";
}

class Walk {
 public:
  explicit Walk(TreeVisitor& visitor) : visitor_(visitor) {}

  bool Visit(int folder, const std::string& name, const std::string& path, bool follows,
             std::size_t depth) {
    struct stat facts {};
    if (::fstatat(folder, name.c_str(), &facts, follows ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
      return visitor_.OnProblem(path, "look at", errno);
    }
    if (S_ISREG(facts.st_mode)) return visitor_.OnFile(folder, name, path, facts);
    if (S_ISLNK(facts.st_mode)) return visitor_.OnLink(folder, name, path, facts);
    if (S_ISDIR(facts.st_mode)) return Descend(folder, name, path, follows, depth);
    return visitor_.OnProblem(
        path, std::string(KindOf(facts.st_mode)) + ": only files, folders and symlinks are copied",
        0);
  }

 private:
  bool Descend(int folder, const std::string& name, const std::string& path, bool follows,
               std::size_t depth) {
    if (depth >= kMaxDepth) {
      return visitor_.OnProblem(
          path, "is deeper than " + std::to_string(kMaxDepth) + " folders: not copied", 0);
    }
    UniqueFd fd(::openat(folder, name.c_str(),
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW)));
    struct stat facts {};
    if (!fd.IsOpen() || ::fstat(fd.get(), &facts) != 0) {
      return visitor_.OnProblem(path, "open", errno);
    }
    const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(fd.get()));
    if (entries == nullptr) return visitor_.OnProblem(path, "open", errno);
    const int own = fd.Release();  // it is the DIR's now
    if (!visitor_.OnDirectory(name, facts)) return false;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(entries.get());
      if (entry == nullptr) break;
      const std::string inner = entry->d_name;
      if (inner == "." || inner == "..") continue;
      if (!Visit(own, inner, absl::StrCat(path, "/", inner), false, depth + 1)) return false;
    }
    if (errno != 0 && !visitor_.OnProblem(path, "list", errno)) return false;
    return visitor_.OnLeave();
  }

  TreeVisitor& visitor_;
};

}  // namespace

bool WalkTree(const std::string& path, TreeVisitor& visitor) {
  const std::string name(BaseName(path));
  const std::string shown(WithoutSlashes(path));
  if (!IsPlainName(name)) {
    return visitor.OnProblem(path, "has no name of its own: name what is in it", 0);
  }
  const std::string parent = FolderOf(path);
  const UniqueFd folder(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.IsOpen()) return visitor.OnProblem(shown, "open the folder of", errno);
  const bool follows = path.back() == '/';
  return Walk(visitor).Visit(folder.get(), name, shown, follows, 0);
}

}  // namespace muster::files
