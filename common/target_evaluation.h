// Which nodes a target means: looks its terms up in what is known of the nodes. Pure but for what
// KnownNodes does; thread-safe for one KnownNodes each.
//
// A mistyped target never becomes fewer nodes, other nodes or all of them: every index, name, glob
// and group has to name a node, also behind "!"; what attributes and groups mean may change by the
// hour, so behind "!", "&" and "^" they may mean none. A target that means no node is an error.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>
#include <vector>

#include "common/marked_text.h"
#include "common/target_attribute.h"
#include "common/target_expression.h"

namespace muster {

// The nodes of a cluster, by their places from 0, and its groups.
class KnownNodes {
 public:
  virtual ~KnownNodes() = default;

  virtual std::size_t size() const = 0;
  virtual const std::string& NameOf(std::size_t place) const = 0;
  // size(): there is none of this name.
  virtual std::size_t Find(absl::string_view name) const = 0;

  // What the attribute is at each of the places; asks nobody but these nodes, and them only when it
  // is an attribute that asks. Unavailable: one of them does not tell; one line, which says what to
  // do.
  virtual absl::StatusOr<std::vector<AttributeValue>> ValuesOf(
      const Attribute& attribute, const std::vector<std::size_t>& places) = 0;

  // The target that a group stands for, with where it is written; blank: no nodes. `source` empty:
  // wherever it is found. NotFound: there is no such group, and which there are; other errors: they
  // cannot be looked up. One line each.
  virtual absl::StatusOr<MarkedText> FindGroup(const std::string& source,
                                               const std::string& name) = 0;
  // All groups of a source.
  virtual absl::StatusOr<std::vector<std::string>> GroupNames(const std::string& source) = 0;
};

// The places of the nodes meant, each once, in the order in which the terms name them; those of an
// attribute or a glob in the cluster's order. At least one.
// InvalidArgument: a group is written wrong, contains itself, or the target is too much work;
// NotFound: a term, or the whole, means no node. Others as KnownNodes gives them.
absl::StatusOr<std::vector<std::size_t>> EvaluateTarget(const TargetExpression& target,
                                                        KnownNodes& nodes);

}  // namespace muster
