// Item: a value as a literal of Python and as words of a shell.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>

#include <cmath>
#include <utility>

#include "client/ClusterAPI.h"
#include "client/utf8.h"

namespace muster {
namespace {

std::string LiteralOf(std::string_view text, bool is_bytes) {
  std::string literal = is_bytes ? "b'" : "'";
  while (!text.empty()) {
    const std::string_view rest = text;
    const int character = is_bytes ? -1 : TakeCharacter(text);
    const auto byte = static_cast<unsigned char>(rest.front());
    if (character < 0) text.remove_prefix(1);
    if (byte == '\'' || byte == '\\') {
      absl::StrAppend(&literal, "\\", absl::string_view(rest.data(), 1));
    } else if (byte < ' ' || byte == 127 || (is_bytes && byte > 127)) {
      absl::StrAppendFormat(&literal, "\\x%02x", byte);
    } else if (byte > 127 && (character < 0 || (character >= 0xd800 && character < 0xe000))) {
      // No UTF-8: as the surrogates that os.fsdecode() makes; or a surrogate that was there.
      absl::StrAppendFormat(&literal, "\\u%04x", character < 0 ? 0xdc00 + byte : character);
    } else {
      literal.append(rest.data(), rest.size() - text.size());
    }
  }
  return literal += "'";
}

std::string QuotedForShell(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string LiteralOf(double value) {
  if (std::isnan(value)) return "float('nan')";
  if (std::isinf(value)) return value < 0 ? "float('-inf')" : "float('inf')";
  std::string text = absl::StrFormat("%.17g", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

Item::Item(std::string python, std::string text)
    : python_(std::move(python)), text_(std::move(text)), words_(QuotedForShell(text_)) {}

Item::Item(bool value) : Item(value ? "True" : "False", value ? "True" : "False") {}
Item::Item(std::int64_t value) : Item(absl::StrCat(value), absl::StrCat(value)) {}
Item::Item(double value) : Item(LiteralOf(value), LiteralOf(value)) {}
Item::Item(const std::string& text) : Item(LiteralOf(text, false), text) {}

Item::Item(const std::vector<Item>& items) {
  for (const Item& item : items) {
    absl::StrAppend(&python_, python_.empty() ? "" : ", ", item.python_);
    absl::StrAppend(&text_, text_.empty() ? "" : " ", item.text_);
    absl::StrAppend(&words_, words_.empty() ? "" : " ", item.words_);
  }
  python_ = absl::StrCat("[", python_, "]");
}

Item Item::FromUnsigned(std::uint64_t value) { return {absl::StrCat(value), absl::StrCat(value)}; }
Item Item::bytes(const std::string& bytes) { return {LiteralOf(bytes, true), bytes}; }

Item Item::literal(std::string python) {
  std::string text = python;
  return {std::move(python), std::move(text)};
}

}  // namespace muster
