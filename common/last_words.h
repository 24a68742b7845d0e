// LastWords: what a child process writes to its stderr, kept so that a failure can be told in its
// own words. A file in memory and not a pipe: nobody has to read it while the child runs.
// Thread-safe.
#pragma once

#include <string>

#include "common/unique_fd.h"

namespace muster {

class LastWords {
 public:
  LastWords();
  // The child's stderr; -1 when the system has no room for it.
  int fd() const { return file_.get(); }
  // The last lines that say something, at most six, joined by "; ", harmless for a
  // terminal: what another machine says through ssh ends in messages that somebody prints. Empty:
  // nothing was said.
  std::string Tail() const;
  // All of it, at most the last 64 KiB.
  std::string All() const;
  // Forgets what was said when it has become large.
  void Trim() const;

 private:
  UniqueFd file_;
};

}  // namespace muster
