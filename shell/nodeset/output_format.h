// OutputFormat: how a name or a number is written, "%s-ib0" (-O of the command line), and what
// stands between names (-S). Immutable; thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>

namespace muster::nodeset {

class OutputFormat {
 public:
  // The text as it is.
  OutputFormat() = default;
  // One %s, for numbers also %d, each with -, 0, a width and a precision as in printf; %% is a %.
  // InvalidArgument: what is wrong, and where.
  static absl::StatusOr<OutputFormat> Parse(const std::string& text);

  bool IsPlain() const { return before_.empty() && behind_.empty() && width_ == 0 && !is_cut_; }
  bool is_for_numbers() const { return is_for_numbers_; }
  std::string Of(absl::string_view text) const;

 private:
  // Reads "%5s" from the % at `at`, which is at its last letter then. What is wrong; or nothing.
  absl::string_view TakePlace(const std::string& text, std::size_t& at);

  std::string before_;
  std::string behind_;
  std::size_t width_ = 0;
  std::size_t precision_ = 0;
  bool is_cut_ = false;  // whether there is a precision
  bool is_left_ = false;
  bool has_zeros_ = false;
  bool is_for_numbers_ = false;
};

// The escapes of a string in C or Python: \n, \t, \x41, \101; a backslash in front of anything else
// stays. InvalidArgument: one is not complete.
absl::StatusOr<std::string> ReadSeparator(const std::string& text);

}  // namespace muster::nodeset
