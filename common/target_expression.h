// TargetExpression: which nodes somebody means, as he wrote it, taken apart but not yet looked up
// (common/target_evaluation.h). Immutable; thread-safe.
//
//   TARGET    := TERM {OPERATOR TERM}
//   OPERATOR  := "," union | "!" minus | "&" and | "^" one of the two; equal, from left to right;
//                ",!" is "!", and so on
//   TERM      := INDEX | NAMES | ATTRIBUTE | GROUP
//   INDEX     := "3" | "1-3" | "[1-3,7]"                  from 1, as the cluster has them
//   NAMES     := "n1" | "gpu*" | "rack[1-2]n[01-10/3]"    common/node_pattern.h
//   ATTRIBUTE := NAME COMPARISON VALUE                    common/target_attribute.h
//   COMPARISON := "=" | "!=" | "<" | "<=" | ">" | ">="
//   GROUP     := "@" [SOURCE ":"] NAMES                   "@gpu", "@rack[1-3]", "@slurm:*"
//
// A VALUE ends at a blank or an operator; '…', "…" and \ keep what they hold, also * and ?. Between
// terms and operators there may be blanks.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>
#include <vector>

#include "common/marked_text.h"
#include "common/node_pattern.h"
#include "common/target_attribute.h"

namespace muster {

struct TargetTerm {
  enum class Operator { kUnion, kMinus, kAnd, kXor };
  enum class Kind { kIndex, kNames, kAttribute, kGroup };
  Operator with = Operator::kUnion;  // what is in front of it
  Kind kind = Kind::kNames;
  std::size_t begin = 0;  // in the text
  std::size_t end = 0;
  NodePattern names;   // kIndex: of digits; kGroup: of groups
  std::string source;  // kGroup; empty: wherever it is found
  AttributeTest test;  // kAttribute
};

class TargetExpression {
 public:
  static constexpr std::size_t kMaxTextBytes = 4u << 20;

  // InvalidArgument: what is wrong, and where (three lines, see MarkedText).
  static absl::StatusOr<TargetExpression> Parse(MarkedText text);

  const MarkedText& text() const { return text_; }
  // At least one; the first is a union.
  const std::vector<TargetTerm>& terms() const { return terms_; }

 private:
  explicit TargetExpression(MarkedText text) : text_(std::move(text)) {}

  MarkedText text_;
  std::vector<TargetTerm> terms_;
};

// Where the target ends with which the line begins: its first blank that no quotes hold.
std::size_t EndOfTarget(absl::string_view line);

}  // namespace muster
