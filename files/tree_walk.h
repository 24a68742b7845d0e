// Walks what is to be sent: a file, or a tree from the top down. Symlinks are told, not followed.
// What is on its way changed by others is at worst a problem. Keeps one descriptor per level, and
// no list of names. Stateless.
#pragma once

#include <sys/stat.h>

#include <string>

namespace muster::files {

// Each method says whether to go on. `path` is for people.
class TreeVisitor {
 public:
  virtual ~TreeVisitor() = default;
  virtual bool OnFile(int folder, const std::string& name, const std::string& path,
                      const struct stat& facts) = 0;
  virtual bool OnLink(int folder, const std::string& name, const std::string& path,
                      const struct stat& facts) = 0;
  virtual bool OnDirectory(const std::string& name, const struct stat& facts) = 0;
  virtual bool OnLeave() = 0;
  virtual bool OnProblem(const std::string& path, const std::string& step, int error) = 0;
};

// A path that ends with a slash means what a symlink of that name points to. False: the visitor
// wanted no more.
bool WalkTree(const std::string& path, TreeVisitor& visitor);

}  // namespace muster::files
