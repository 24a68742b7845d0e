#include "common/node_order.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <cstddef>

namespace muster {
namespace {

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// The digits with which the text begins.
absl::string_view Digits(absl::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return text.substr(0, end);
}

absl::string_view WithoutZeros(absl::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

// Below 0, 0, above 0.
int CompareNumbers(absl::string_view a, absl::string_view b) {
  const absl::string_view a_value = WithoutZeros(a);
  const absl::string_view b_value = WithoutZeros(b);
  if (a_value.size() != b_value.size()) return a_value.size() < b_value.size() ? -1 : 1;
  if (const int order = a_value.compare(b_value); order != 0) return order;
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

}  // namespace

bool ComesBefore(absl::string_view a, absl::string_view b) {
  // Sets of many names are sorted by this: what both begin with is passed over at once.
  const std::size_t both = std::min(a.size(), b.size());
  const auto differ = std::mismatch(a.begin(), a.begin() + both, b.begin()).first - a.begin();
  const auto at = static_cast<std::size_t>(differ);
  std::size_t number = at;  // where the number begins in which they may differ
  while (number > 0 && IsDigit(a[number - 1])) --number;
  const absl::string_view a_number = Digits(a.substr(number));
  const absl::string_view b_number = Digits(b.substr(number));
  if (!a_number.empty() && !b_number.empty()) {
    if (const int order = CompareNumbers(a_number, b_number); order != 0) return order < 0;
  }
  if (at == both) return a.size() < b.size();
  return static_cast<unsigned char>(a[at]) < static_cast<unsigned char>(b[at]);
}

}  // namespace muster
