// Completion: what the word at the cursor may become. Pure but for what the vocabulary asks;
// thread-safe.
#pragma once

#include <absl/strings/string_view.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "shell/shell_command.h"

namespace muster::clustershell {

struct Vocabulary {
  std::vector<const ShellCommand*> commands;
  std::vector<std::string> nodes;
  std::vector<std::string> programs;
  std::function<std::vector<std::string>()> groups = nullptr;    // asked when one may stand there
  std::function<std::vector<std::string>()> tags = nullptr;      // likewise
  std::function<std::vector<std::string>()> clusters = nullptr;  // likewise
  // Behind `cluster start` and so on: what was started, and what can be.
  std::function<std::vector<std::string>()> startable = nullptr;
  std::function<std::vector<std::string>()> plugins = nullptr;  // of the configuration
  // The paths that begin with `typed`, folders with a slash at their end: of this machine, and of
  // the first node of a target. Asked when one may stand there.
  std::function<std::vector<std::string>(const std::string& typed)> paths = nullptr;
  std::function<std::vector<std::string>(const std::string& target, const std::string& typed)>
      remote_paths = nullptr;
};

struct Completion {
  std::size_t start = 0;                // where the word begins that they replace
  std::vector<std::string> candidates;  // whole words, sorted, each once
};

// `typed` is the line up to the cursor. Commands and programs for the first word; for the first
// argument of a command what it names, and of a sub-command likewise; of a target the term behind
// the last operator, with @ a group, behind tags= a tag; behind it flags. A word that begins with -
// is a flag of its command. For put, cd, load, run, ! and behind > paths of this machine; for get
// paths of the node. Files and nodes say what there is: what cannot be shown as it is
// (EscapeControls, newlines, tabs) is no candidate.
Completion Complete(absl::string_view typed, const Vocabulary& vocabulary);

// The longest text with which all of them begin, without half of a character, or the backslash of
// what is behind it.
std::string CommonPrefix(const std::vector<std::string>& words);

}  // namespace muster::clustershell
