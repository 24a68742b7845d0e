// OneShot: a command for nodes that stands on clustershell's own command line, as clush takes it:
// `clustershell -w n[1-9] -x n3 -b uname -r`, or files that are copied. Main thread.
#pragma once

#include <string>
#include <vector>

#include "shell/shell.h"

namespace muster::clustershell {

struct OneShot {
  bool all = false;                          // -a
  std::vector<std::string> nodes;            // -w, each a target
  std::vector<std::string> groups;           // -g
  std::vector<std::string> excluded;         // -x, each a target
  std::vector<std::string> excluded_groups;  // -X
  std::vector<std::string> files;            // --hostfile: of targets, a line or several
  int pick = 0;                              // so many of them, whichever; 0: all
  bool copies = false;                       // --copy: `sources` to the nodes
  bool copies_back = false;                  // --rcopy: `sources` from the nodes
  std::vector<std::string> sources;          // of either
  std::string destination;                   // --dest; empty: the folder of the first file
  std::vector<std::string> words;            // the command, joined by blanks

  // Whether any of it was given.
  bool IsGiven() const;
};

// Returns the exit code. Says what is wrong with the targets or the files.
int RunOneShot(Shell& shell, const OneShot& one_shot);

}  // namespace muster::clustershell
