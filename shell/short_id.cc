#include "shell/short_id.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <cstddef>
#include <set>
#include <utility>

namespace muster::clustershell {
namespace {

constexpr std::size_t kFewest = 8;

std::pair<absl::string_view, absl::string_view> Split(absl::string_view id) {
  return absl::StrSplit(id, absl::MaxSplits('-', 1));
}

bool TellApart(std::size_t digits, const std::vector<std::string>& ids) {
  std::set<absl::string_view> whole;
  std::set<absl::string_view> cut;
  for (const std::string& id : ids) {
    const absl::string_view hex = Split(id).first;
    whole.insert(hex);
    cut.insert(hex.substr(0, digits));
  }
  return whole.size() == cut.size();
}

}  // namespace

std::vector<std::string> Shorten(const std::vector<std::string>& ids) {
  std::size_t digits = kFewest;
  while (!TellApart(digits, ids)) ++digits;
  std::vector<std::string> shortened;
  for (const std::string& id : ids) {
    const auto [hex, sequence] = Split(id);
    shortened.push_back(absl::StrCat(hex.substr(0, digits), "-", sequence));
  }
  return shortened;
}

bool IsIdOrShort(absl::string_view text) {
  const auto [hex, sequence] = Split(text);
  const auto are_all = [](absl::string_view digits, absl::string_view valid) {
    return !digits.empty() && digits.find_first_not_of(valid) == absl::string_view::npos;
  };
  return are_all(hex, "0123456789abcdef") && are_all(sequence, "0123456789");
}

bool Means(absl::string_view text, absl::string_view id) {
  const auto [hex, sequence] = Split(text);
  const auto [id_hex, id_sequence] = Split(id);
  return absl::StartsWith(id_hex, hex) && sequence == id_sequence;
}

}  // namespace muster::clustershell
