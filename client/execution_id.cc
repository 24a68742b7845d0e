#include "client/execution_id.h"

#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <sys/random.h>

#include <algorithm>

namespace muster {
namespace {

constexpr std::size_t kHexDigits = 32;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

// No sign, no blank, no leading zero: an id has one text only.
bool ParseSequence(absl::string_view text, std::uint64_t* sequence) {
  return !text.empty() && text[0] != '0' && std::all_of(text.begin(), text.end(), IsDigit) &&
         absl::SimpleAtoi(text, sequence);
}

}  // namespace

std::string NewStreamId() {
  std::string id(kHexDigits / 2, '\0');
  // For so few bytes it fails for a signal only, before the kernel has its first entropy.
  while (::getrandom(id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) {
  }
  return id;
}

std::string ToText(const v1::ExecutionId& id) {
  return absl::StrCat(absl::BytesToHexString(id.stream_id()), "-", id.sequence());
}

absl::StatusOr<v1::ExecutionId> ParseExecutionId(const std::string& text) {
  const absl::string_view hex = absl::string_view(text).substr(0, kHexDigits);
  std::uint64_t sequence = 0;
  const bool is_id = text.size() > kHexDigits && text[kHexDigits] == '-' &&
                     std::all_of(hex.begin(), hex.end(), IsHex) &&
                     ParseSequence(absl::string_view(text).substr(kHexDigits + 1), &sequence);
  if (!is_id) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text,
                     "\" is no id of an execution; one is 32 digits of 0-9a-f, '-', and a number "
                     "from 1, as in 0123456789abcdef0123456789abcdef-1"));
  }
  v1::ExecutionId id;
  id.set_stream_id(absl::HexStringToBytes(hex));
  id.set_sequence(sequence);
  return id;
}

}  // namespace muster
