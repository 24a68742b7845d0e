// MarkedText: a text that somebody wrote, and complaints that show where in it something is wrong.
// Immutable; thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <string>
#include <utility>

namespace muster {

class MarkedText {
 public:
  // `what` is how a complaint calls it: "target", "group @gpu (cluster.conf:7)".
  MarkedText(std::string what, std::string text) : what_(std::move(what)), text_(std::move(text)) {}

  const std::string& what() const { return what_; }
  const std::string& text() const { return text_; }

  // Three lines: "WHAT 'TEXT': message", the text, and a caret below its byte `at`. Of a long text
  // only what is near it is shown. The first line says enough where there is room for one only.
  absl::Status Error(absl::StatusCode code, std::size_t at, absl::string_view message) const;

 private:
  std::string what_;
  std::string text_;
};

// The first line of a message.
std::string FirstLine(absl::string_view message);

}  // namespace muster
