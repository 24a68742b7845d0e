// HookLog: what is said of hooks and by them: all of it in logs/hooks.log of the state folder, and
// what a person has to know on stderr, as "hook NAME: …". Thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <string>

namespace muster::provision {

class HookLog {
 public:
  // Looks for the file, and puts one away that has grown large.
  HookLog();

  // For the processes of hooks, which write there themselves. Empty: there is none.
  const std::string& path() const { return path_; }
  // A line for the person, and for the file.
  void Tell(const std::string& name, absl::string_view level, absl::string_view text) const;
  // For the person alone: what a process of a hook has written to the file already.
  void Show(const std::string& name, absl::string_view text) const;
  // For the file alone.
  void Keep(const std::string& name, absl::string_view level, absl::string_view text) const;

 private:
  std::string path_;
};

}  // namespace muster::provision
