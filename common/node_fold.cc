#include "common/node_fold.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace muster {
namespace {

// A run of so many digits is a number; a longer one is text.
constexpr std::size_t kMaxDigits = 18;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Names whose text between the numbers is the same.
struct Family {
  // In front of each number, and behind the last.
  std::vector<std::string> texts;
  // For each name, or each group of names, what stands in the place of each number: digits, or
  // already folded ranges.
  std::vector<std::vector<std::string>> rows;
};

// Cuts a name into text and numbers; `key` tells families apart.
void Cut(absl::string_view name, std::vector<std::string>& texts, std::vector<std::string>& numbers,
         std::string& key) {
  std::string text;
  for (std::size_t at = 0; at < name.size();) {
    std::size_t end = at;
    while (end < name.size() && IsDigit(name[end])) ++end;
    const std::size_t length = end - at;
    if (length == 0 || length > kMaxDigits) {
      text.append(name.data() + at, std::max<std::size_t>(length, 1));
      at += std::max<std::size_t>(length, 1);
      continue;
    }
    // No name holds a newline.
    absl::StrAppend(&key, text, "\n");
    texts.push_back(std::move(text));
    text.clear();
    numbers.emplace_back(name.substr(at, length));
    at = end;
  }
  key += text;
  texts.push_back(std::move(text));
}

// Numbers of one length follow each other as their digits do.
bool IsBefore(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// What comes after the digits when they are counted up, as wide as `first` says; nothing when it
// would be wider: 01-99 and 100 are no range 01-100, which ClusterShell refuses to read.
std::string After(const std::string& digits, const std::string& first) {
  std::uint64_t number = 0;
  if (!absl::SimpleAtoi(digits, &number)) return "";
  std::string next = absl::StrCat(number + 1);
  const std::size_t width = first.size() > 1 && first[0] == '0' ? first.size() : 0;
  if (width > 0 && next.size() > width) return "";
  if (next.size() < width) next.insert(0, width - next.size(), '0');
  return next;
}

// "1-3,7", or a single number; `numbers` are digits, in any order.
std::string Ranges(std::vector<std::string> numbers) {
  if (!std::is_sorted(numbers.begin(), numbers.end(), IsBefore)) {
    std::sort(numbers.begin(), numbers.end(), IsBefore);
  }
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    const std::string& first = numbers[i];
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == After(numbers[last], first)) ++last;
    absl::StrAppend(&text, text.empty() ? "" : ",", first);
    if (last > i) absl::StrAppend(&text, "-", numbers[last]);
    i = last + 1;
  }
  return text;
}

std::string AllBut(const std::vector<std::string>& row, std::size_t place) {
  std::string key;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i != place) absl::StrAppend(&key, row[i], "\n");
  }
  return key;
}

// Makes one row of those that differ in the number at `place` only.
void FoldPlace(std::vector<std::vector<std::string>>& rows, std::size_t place) {
  std::unordered_map<std::string, std::size_t> found;  // by the rest of the row, its place in …
  std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> folded;
  for (std::vector<std::string>& row : rows) {
    const auto [entry, is_new] = found.try_emplace(AllBut(row, place), folded.size());
    std::string number = std::move(row[place]);
    if (is_new) folded.emplace_back(std::move(row), std::vector<std::string>());
    folded[entry->second].second.push_back(std::move(number));
  }
  rows.clear();
  for (auto& [row, numbers] : folded) {
    row[place] = Ranges(std::move(numbers));
    rows.push_back(std::move(row));
  }
}

bool IsOne(const std::string& ranges) { return ranges.find_first_of(",-") == std::string::npos; }

void Write(const Family& family, std::string& text) {
  for (const std::vector<std::string>& row : family.rows) {
    if (!text.empty()) text += ',';
    for (std::size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&text, family.texts[i], IsOne(row[i]) ? "" : "[", row[i],
                      IsOne(row[i]) ? "" : "]");
    }
    text += family.texts.back();
  }
}

}  // namespace

std::string FoldSorted(const std::vector<std::string>& names) {
  std::unordered_map<std::string, std::size_t> found;  // by key, its place in …
  std::vector<Family> families;
  for (const std::string& name : names) {
    std::vector<std::string> texts;
    std::vector<std::string> numbers;
    std::string key;
    Cut(name, texts, numbers, key);
    const auto [entry, is_new] = found.try_emplace(std::move(key), families.size());
    if (is_new) families.push_back({std::move(texts), {}});
    families[entry->second].rows.push_back(std::move(numbers));
  }
  std::string text;
  for (Family& family : families) {
    for (std::size_t place = family.texts.size() - 1; place-- > 0;) {
      FoldPlace(family.rows, place);
    }
    Write(family, text);
  }
  return text;
}

}  // namespace muster
