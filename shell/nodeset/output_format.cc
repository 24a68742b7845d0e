#include "shell/nodeset/output_format.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cstdint>

#include "common/marked_text.h"
#include "common/status_macros.h"

namespace muster::nodeset {
namespace {

constexpr std::size_t kMaxWidth = 9999;

// How many characters of UTF-8.
std::size_t Length(absl::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

absl::string_view Shortened(absl::string_view text, std::size_t characters) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && characters-- == 0) {
      return text.substr(0, at);
    }
  }
  return text;
}

// A character below U+0200, as UTF-8.
void AppendCharacter(unsigned code, std::string& text) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else {
    text += static_cast<char>(0xC0 | (code >> 6));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// Takes the digits at `at`.
bool TakeNumber(const std::string& text, std::size_t& at, std::size_t& number) {
  const std::size_t begin = at;
  while (at < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[at]))) ++at;
  std::uint64_t read = 0;
  if (at > begin && !absl::SimpleAtoi(text.substr(begin, at - begin), &read)) return false;
  number = read;
  return read <= kMaxWidth;
}

}  // namespace

absl::StatusOr<OutputFormat> OutputFormat::Parse(const std::string& text) {
  const MarkedText marked("format", text);
  OutputFormat format;
  bool has_place = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_percent = text.compare(at, 2, "%%") == 0;
    if (text[at] != '%' || is_percent) {
      (has_place ? format.behind_ : format.before_) += text[at];
      if (is_percent) ++at;
      continue;
    }
    if (has_place) {
      return marked.Error(absl::StatusCode::kInvalidArgument, at,
                          "there is one place for the name only; a % is written %%");
    }
    has_place = true;
    const std::size_t begin = at;
    if (const absl::string_view wrong = format.TakePlace(text, at); !wrong.empty()) {
      return marked.Error(absl::StatusCode::kInvalidArgument, begin, wrong);
    }
  }
  if (!has_place) {
    return marked.Error(absl::StatusCode::kInvalidArgument, text.size(),
                        "there is no %s, where the name goes");
  }
  return format;
}

absl::string_view OutputFormat::TakePlace(const std::string& text, std::size_t& at) {
  for (++at; at < text.size() && (text[at] == '-' || text[at] == '0'); ++at) {
    (text[at] == '-' ? is_left_ : has_zeros_) = true;
  }
  if (!TakeNumber(text, at, width_)) return "a width is at most 9999";
  if (at < text.size() && text[at] == '.') {
    is_cut_ = true;
    if (!TakeNumber(text, ++at, precision_)) return "a precision is at most 9999";
  }
  if (at == text.size() || (text[at] != 's' && text[at] != 'd')) {
    return "expected %s, or %5s and the like; a % is written %%";
  }
  is_for_numbers_ = text[at] == 'd';
  return "";
}

std::string OutputFormat::Of(absl::string_view text) const {
  std::string shown(text);
  if (is_cut_ && !is_for_numbers_) shown = std::string(Shortened(text, precision_));
  if (is_cut_ && is_for_numbers_ && shown.size() < precision_) {
    shown.insert(0, precision_ - shown.size(), '0');
  }
  const std::size_t length = Length(shown);
  const std::size_t missing = width_ > length ? width_ - length : 0;
  if (is_left_) {
    shown.append(missing, ' ');
  } else {
    shown.insert(0, missing, has_zeros_ && is_for_numbers_ ? '0' : ' ');
  }
  return absl::StrCat(before_, shown, behind_);
}

absl::StatusOr<std::string> ReadSeparator(const std::string& text) {
  static constexpr absl::string_view kLetters = "abfnrtv\\'\"";
  static constexpr absl::string_view kMeant = "\a\b\f\n\r\t\v\\'\"";
  const MarkedText marked("separator", text);
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      result += text[at];
      continue;
    }
    const std::size_t begin = at++;
    if (at == text.size()) {
      return marked.Error(absl::StatusCode::kInvalidArgument, begin,
                          "something has to follow a backslash; itself is written \\\\");
    }
    if (const std::size_t letter = kLetters.find(text[at]); letter != absl::string_view::npos) {
      result += kMeant[letter];
    } else if (text[at] == 'x') {
      const std::string digits = text.substr(at + 1, 2);
      if (digits.size() < 2 || !std::all_of(digits.begin(), digits.end(), [](unsigned char c) {
            return absl::ascii_isxdigit(c);
          })) {
        return marked.Error(absl::StatusCode::kInvalidArgument, begin,
                            "\\x takes two hexadecimal digits");
      }
      AppendCharacter(static_cast<unsigned char>(absl::HexStringToBytes(digits)[0]), result);
      at += 2;
    } else if (text[at] >= '0' && text[at] <= '7') {
      unsigned value = 0;
      const std::size_t end = std::min(at + 3, text.size());
      for (; at < end && text[at] >= '0' && text[at] <= '7'; ++at) {
        value = value * 8 + static_cast<unsigned>(text[at] - '0');
      }
      --at;
      AppendCharacter(value, result);
    } else {
      result += absl::StrCat("\\", text.substr(at, 1));
    }
  }
  return result;
}

}  // namespace muster::nodeset
