// Quoting: reads a line a character at a time, and knows which of them stand for themselves: no
// quote or backslash, not within quotes, nor behind a backslash. Quotes as SplitWords has them.
// Pure; not thread-safe.
#pragma once

namespace muster {

class Quoting {
 public:
  // The next character; whether it stands for itself.
  bool IsPlain(char c) {
    if (is_escaped_) {
      is_escaped_ = false;
    } else if (c == '\\' && quote_ != '\'') {
      is_escaped_ = true;
    } else if (quote_ != 0) {
      if (c == quote_) quote_ = 0;
    } else if (c == '\'' || c == '"') {
      quote_ = c;
    } else {
      return true;
    }
    return false;
  }
  // Whether a quote is open.
  bool is_open() const { return quote_ != 0; }

 private:
  char quote_ = 0;
  bool is_escaped_ = false;
};

}  // namespace muster
