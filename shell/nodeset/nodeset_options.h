// NodesetOptions: the command line of muster-nodeset.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shell/nodeset/output_format.h"

namespace muster::nodeset {

struct Operand {
  char operation = ',';  // as between terms: , ! & ^
  std::string text;      // "-": what standard input holds
};

// How many steps make a run n[1-9/2].
struct Autostep {
  enum class Kind { kNever, kCount, kShare, kAll };
  Kind kind = Kind::kNever;
  double value = 0;  // kCount: so many nodes; kShare: this part of all

  // As RunsOf has it.
  std::int64_t MinSteps(std::size_t nodes) const;
};

struct NodesetOptions {
  enum class Command { kExpand, kFold, kCount, kList };
  Command command = Command::kFold;
  int list_level = 0;             // 1 to 3
  std::vector<Operand> before;    // operations given before the first node set, in their order
  std::vector<Operand> operands;  // the node sets and what follows them
  bool all = false;               // begin with all nodes of the configuration
  bool numbers = false;           // no nodes but numbers
  bool each = false;              // an expression on every line of standard input
  bool quiet = false;
  std::string slice;       // places, from 0; empty: all
  std::int64_t split = 1;  // so many sets
  bool contiguous = false;
  std::int64_t pick = 0;  // so many of them; 0: all
  Autostep autostep;
  std::string separator = " ";      // as given
  std::string format = "%s";        // as given
  std::string config;               // the configuration file; empty: the usual places
  std::string cluster;              // which cluster of it
  std::optional<std::string> text;  // of --help or --version: print it, and end
};

// InvalidArgument: one line saying what is wrong with the flags; OutOfRange: with a value of
// theirs.
absl::StatusOr<NodesetOptions> ParseNodesetOptions(int argc, const char* const* argv);

}  // namespace muster::nodeset
