#include "common/node_pattern.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>

#include "common/status_macros.h"

namespace muster {
namespace {

constexpr std::size_t kMaxDigits = 18;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("_.-*?", c);
}

// Adds the number, with zeros in front up to the width.
void AppendNumber(std::uint64_t number, std::size_t width, std::string& text) {
  char digits[20];
  std::size_t length = 0;
  for (; number > 0 || length == 0; number /= 10) {
    digits[length++] = static_cast<char>('0' + number % 10);
  }
  if (length < width) text.append(width - length, '0');
  while (length > 0) text += digits[--length];
}

}  // namespace

// Reads one pattern from left to right.
class NodePatternParser {
 public:
  NodePatternParser(const MarkedText& text, std::size_t begin, std::size_t end)
      : marked_(text), text_(absl::string_view(text.text()).substr(0, end)), at_(begin) {}

  absl::StatusOr<NodePattern> Parse() {
    const std::size_t begin = at_;
    pattern_.count_ = 1;
    while (at_ < text_.size()) {
      RETURN_IF_ERROR(text_[at_] == '[' ? TakeBracket() : TakeText());
    }
    if (at_ == begin) return Wrong(begin, "expected the name of a node here");
    if (longest_ > NodePattern::kMaxNameBytes) {
      return Wrong(begin, absl::StrCat("it stands for names of up to ", longest_,
                                       " bytes; a name has at most ", NodePattern::kMaxNameBytes));
    }
    return std::move(pattern_);
  }

 private:
  absl::Status Wrong(std::size_t at, absl::string_view message) const {
    return marked_.Error(absl::StatusCode::kInvalidArgument, at, message);
  }

  absl::Status TakeText() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsNameCharacter(text_[at_])) ++at_;
    if (at_ == begin) {
      return Wrong(at_, absl::StrCat(text_[at_] == ']' ? "this ] has no [ in front of it; " : "",
                                     "expected a letter, a digit, one of _ . - * ? or a ["));
    }
    NodePattern::Part part;
    part.text = std::string(text_.substr(begin, at_ - begin));
    pattern_.has_glob_ = pattern_.has_glob_ || part.text.find_first_of("*?") != std::string::npos;
    longest_ += part.text.size();
    pattern_.parts_.push_back(std::move(part));
    return absl::OkStatus();
  }

  absl::Status TakeBracket() {
    const std::size_t begin = at_++;
    NodePattern::Part part;
    std::uint64_t count = 0;
    std::size_t longest = 0;
    do {
      ASSIGN_OR_RETURN(const NodePattern::Range range, TakeRange(begin));
      // Cannot overflow: both are below 10^18.
      count += (range.last - range.first) / range.step + 1;
      if (count > NodePattern::kMaxNames) return TooMany(begin);
      longest = std::max({longest, range.width, absl::StrCat(range.last).size()});
      part.ranges.push_back(range);
    } while (Take(','));
    if (!Take(']')) return Expected(begin, "a - with a number, a , or the closing ]");
    if (count > NodePattern::kMaxNames / pattern_.count_) return TooMany(begin);
    pattern_.count_ *= count;
    longest_ += longest;
    pattern_.parts_.push_back(std::move(part));
    return absl::OkStatus();
  }

  absl::StatusOr<NodePattern::Range> TakeRange(std::size_t bracket) {
    const std::size_t begin = at_;
    NodePattern::Range range;
    ASSIGN_OR_RETURN(const absl::string_view first, TakeNumber(bracket, range.first));
    range.last = range.first;
    if (first.size() > 1 && first[0] == '0') range.width = first.size();
    if (!Take('-')) return range;
    const std::size_t second = at_;
    ASSIGN_OR_RETURN(const absl::string_view last, TakeNumber(bracket, range.last));
    if (range.last < range.first) {
      return Wrong(begin, absl::StrCat("the range ", first, "-", last, " runs backwards"));
    }
    const bool is_padded = last.size() > 1 && last[0] == '0';
    if (is_padded && last.size() != range.width) {
      return Wrong(second, absl::StrCat("the zeros of ", first, " and ", last, " do not agree"));
    }
    if (Take('/')) {
      const std::size_t at = at_;
      RETURN_IF_ERROR(TakeNumber(bracket, range.step).status());
      if (range.step == 0) return Wrong(at, "a step is 1 or more");
    }
    return range;
  }

  absl::StatusOr<absl::string_view> TakeNumber(std::size_t bracket, std::uint64_t& number) {
    SkipBlanks();
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    const absl::string_view digits = text_.substr(begin, at_ - begin);
    if (digits.empty()) return Expected(bracket, "a number");
    if (digits.size() > kMaxDigits || !absl::SimpleAtoi(digits, &number)) {
      return Wrong(begin, absl::StrCat("a number has at most ", kMaxDigits, " digits"));
    }
    return digits;
  }

  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  bool Take(char c) {
    SkipBlanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  absl::Status Expected(std::size_t bracket, absl::string_view what) const {
    if (at_ >= text_.size()) return Wrong(bracket, "this [ is not closed");
    return Wrong(at_, absl::StrCat("expected ", what));
  }

  absl::Status TooMany(std::size_t at) const {
    return Wrong(
        at, absl::StrCat("it stands for more than ", NodePattern::kMaxNames, " names at once"));
  }

  const MarkedText& marked_;
  absl::string_view text_;  // up to the end of the pattern
  std::size_t at_;
  NodePattern pattern_;
  std::size_t longest_ = 0;  // name
};

absl::StatusOr<NodePattern> NodePattern::Parse(const MarkedText& text, std::size_t begin,
                                               std::size_t end) {
  return NodePatternParser(text, begin, end).Parse();
}

void NodePattern::Expand(std::vector<std::string>& names) const {
  std::string name;
  ExpandFrom(0, name, names);
}

// As deep as there are parts: a name has at most 64 bytes, and a part at least one of them.
void NodePattern::ExpandFrom(std::size_t part, std::string& name,
                             std::vector<std::string>& names) const {
  if (part == parts_.size()) {
    names.push_back(name);
    return;
  }
  const std::size_t length = name.size();
  if (parts_[part].ranges.empty()) {
    name += parts_[part].text;
    ExpandFrom(part + 1, name, names);
  }
  for (const Range& range : parts_[part].ranges) {
    for (std::uint64_t number = range.first; number <= range.last; number += range.step) {
      name.resize(length);
      AppendNumber(number, range.width, name);
      ExpandFrom(part + 1, name, names);
    }
  }
  name.resize(length);
}

}  // namespace muster
