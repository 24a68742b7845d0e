// LineAssembler: one stream of one node, cut anywhere, put together into whole lines. One thread.
#pragma once

#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>

namespace muster::clustershell {

class LineAssembler {
 public:
  // A line longer than this is handed out in pieces, so that a node that never writes a newline
  // cannot eat our memory.
  static constexpr std::size_t kMaxLineBytes = 64u << 20;

  explicit LineAssembler(std::size_t max_line_bytes = kMaxLineBytes) : max_(max_line_bytes) {}

  // Takes what arrived; returns the lines that are now whole, each with its newline.
  std::string Add(absl::string_view data);
  // Nothing more will come: returns what is left, with the newline it lacked; empty when none is.
  std::string Finish();

  // How often a line had to be cut.
  int cuts() const { return cuts_; }

 private:
  std::size_t max_;
  std::string partial_;
  int cuts_ = 0;
};

}  // namespace muster::clustershell
