// NodePattern: one word that stands for several names: `n[1-3,7]`, `rack[1-2]n[01-10]`,
// `n[0-10/2]`. It knows nothing of which nodes there are. Immutable; thread-safe.
//
//   PATTERN := {TEXT | "[" RANGE {"," RANGE} "]"}
//   RANGE   := NUMBER | NUMBER "-" NUMBER ["/" STEP]
//
// A first number with zeros in front of it sets the width: [01-10] is 01, 02, … 10. Around numbers
// there may be blanks. TEXT holds letters, digits, '_', '.' and '-', and * and ?, which stay as
// they are.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/marked_text.h"

namespace muster {

class NodePattern {
 public:
  static constexpr std::uint64_t kMaxNames = 1'000'000;
  static constexpr std::size_t kMaxNameBytes = 64;

  NodePattern() = default;
  // Reads the bytes from `begin` to `end` of the text. InvalidArgument: it is none, or stands for
  // more than kMaxNames, or for one longer than kMaxNameBytes; known before any name is made.
  static absl::StatusOr<NodePattern> Parse(const MarkedText& text, std::size_t begin,
                                           std::size_t end);

  // How many names Expand adds.
  std::uint64_t count() const { return count_; }
  bool has_glob() const { return has_glob_; }
  // Adds the names in their order: the last bracket turns fastest. One that a bracket has twice
  // comes twice.
  void Expand(std::vector<std::string>& names) const;

 private:
  friend class NodePatternParser;
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t step = 1;
    std::size_t width = 0;
  };
  struct Part {
    std::string text;           // when there are no ranges
    std::vector<Range> ranges;  // of a bracket
  };
  void ExpandFrom(std::size_t part, std::string& name, std::vector<std::string>& names) const;

  std::vector<Part> parts_;
  std::uint64_t count_ = 0;
  bool has_glob_ = false;
};

}  // namespace muster
