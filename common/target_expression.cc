#include "common/target_expression.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

#include "common/nearest.h"
#include "common/status_macros.h"

namespace muster {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n'; }
bool IsOperator(char c) { return absl::StrContains(",!&^", c); }
bool IsWord(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }

TargetTerm::Operator OperatorOf(char c) {
  switch (c) {
    case '!':
      return TargetTerm::Operator::kMinus;
    case '&':
      return TargetTerm::Operator::kAnd;
    case '^':
      return TargetTerm::Operator::kXor;
    default:
      return TargetTerm::Operator::kUnion;
  }
}

// "3", "1-3", "1-9/2".
bool IsIndex(absl::string_view text) {
  return !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0])) &&
         text.find_first_not_of("0123456789-/") == absl::string_view::npos;
}

std::string UnknownAttribute(absl::string_view name) {
  std::vector<std::string> known;
  for (const Attribute& attribute : Attributes()) known.emplace_back(attribute.name);
  return absl::StrCat("no attribute \"", name, "\" is known", DidYouMean(name, known),
                      "; there are ", absl::StrJoin(known, ", "));
}

// Reads one target from left to right.
class Parser {
 public:
  explicit Parser(const MarkedText& text) : marked_(text), text_(text.text()) {}

  absl::StatusOr<std::vector<TargetTerm>> Parse() {
    if (text_.size() > TargetExpression::kMaxTextBytes) {
      return Wrong(0, absl::StrCat("it has ", text_.size(), " bytes; at most ",
                                   TargetExpression::kMaxTextBytes, " are possible"));
    }
    TargetTerm::Operator with = TargetTerm::Operator::kUnion;
    while (true) {
      SkipBlanks();
      TargetTerm term;
      term.with = with;
      term.begin = at_;
      RETURN_IF_ERROR(TakeTerm(term));
      term.end = at_;
      terms_.push_back(std::move(term));
      SkipBlanks();
      if (at_ == text_.size()) return std::move(terms_);
      if (!IsOperator(text_[at_])) return Wrong(at_, "expected one of , ! & ^ or the end");
      with = OperatorOf(text_[at_++]);
      if (with != TargetTerm::Operator::kUnion) continue;
      SkipBlanks();
      if (at_ < text_.size() && text_[at_] != ',' && IsOperator(text_[at_])) {
        with = OperatorOf(text_[at_++]);
      }
    }
  }

 private:
  absl::Status Wrong(std::size_t at, absl::string_view message) const {
    return marked_.Error(absl::StatusCode::kInvalidArgument, at, message);
  }

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }

  absl::Status TakeTerm(TargetTerm& term) {
    if (at_ == text_.size() || IsOperator(text_[at_])) return NothingHere();
    if (text_[at_] == '@') return TakeGroup(term);
    const std::size_t word = EndOfWord();
    std::size_t behind = word;
    while (behind < text_.size() && IsBlank(text_[behind])) ++behind;
    if (word > at_ && IsComparison(behind)) {
      const absl::string_view name = text_.substr(at_, word - at_);
      at_ = behind;
      return TakeAttribute(name, term);
    }
    return TakeNames(term);
  }

  absl::Status NothingHere() const {
    constexpr char kExpected[] =
        "expected an index, the name of a node, an attribute or a group here";
    const bool is_alone = terms_.empty() && at_ < text_.size() && text_[at_] == '!';
    return Wrong(at_, absl::StrCat(kExpected, is_alone ? "; all but some is *!some" : ""));
  }

  std::size_t EndOfWord() const {
    std::size_t end = at_;
    while (end < text_.size() && IsWord(text_[end])) ++end;
    return end;
  }

  bool IsComparison(std::size_t at) const {
    const absl::string_view rest = text_.substr(std::min(at, text_.size()));
    return absl::StartsWith(rest, "=") || absl::StartsWith(rest, "<") ||
           absl::StartsWith(rest, ">") || absl::StartsWith(rest, "!=");
  }

  absl::Status TakeNames(TargetTerm& term) {
    const std::size_t end = EndOfNames();
    const absl::string_view word = text_.substr(at_, end - at_);
    if (IsIndex(word)) {
      RETURN_IF_ERROR(TakeIndex(word, term));
    } else {
      ASSIGN_OR_RETURN(term.names, NodePattern::Parse(marked_, at_, end));
      term.kind = word[0] == '[' || absl::ascii_isdigit(static_cast<unsigned char>(word[0]))
                      ? TargetTerm::Kind::kIndex
                      : TargetTerm::Kind::kNames;
    }
    at_ = end;
    return absl::OkStatus();
  }

  // As what stands in brackets; the complaint has the place in the brackets then.
  absl::Status TakeIndex(absl::string_view word, TargetTerm& term) const {
    const MarkedText bracket("index", absl::StrCat("[", word, "]"));
    absl::StatusOr<NodePattern> names = NodePattern::Parse(bracket, 0, bracket.text().size());
    if (!names.ok()) {
      std::string message = FirstLine(names.status().message());
      message.erase(0, message.find("': ") + 3);
      return Wrong(at_, message);
    }
    term.names = *std::move(names);
    term.kind = TargetTerm::Kind::kIndex;
    return absl::OkStatus();
  }

  // The first operator outside of brackets, or blank.
  std::size_t EndOfNames() const {
    std::size_t end = at_;
    bool in_bracket = false;
    while (end < text_.size() && !IsBlank(text_[end]) && (in_bracket || !IsOperator(text_[end]))) {
      if (text_[end] == '[') in_bracket = true;
      if (text_[end] == ']') in_bracket = false;
      ++end;
    }
    return end;
  }

  absl::Status TakeGroup(TargetTerm& term) {
    term.kind = TargetTerm::Kind::kGroup;
    const std::size_t at = at_++;
    std::size_t end = EndOfNames();
    const std::size_t colon = text_.substr(at_, end - at_).find(':');
    if (colon != absl::string_view::npos) {
      term.source = std::string(text_.substr(at_, colon));
      if (term.source.empty() || !std::all_of(term.source.begin(), term.source.end(), [](char c) {
            return IsWord(c) || c == '-' || c == '.';
          })) {
        return Wrong(at_, "expected the name of a source of groups in front of the :");
      }
      at_ += colon + 1;
    }
    if (at_ == end) return Wrong(at, "expected the name of a group behind the @");
    ASSIGN_OR_RETURN(term.names, NodePattern::Parse(marked_, at_, end));
    at_ = end;
    return absl::OkStatus();
  }

  absl::Status TakeAttribute(absl::string_view name, TargetTerm& term) {
    term.kind = TargetTerm::Kind::kAttribute;
    const Attribute* attribute = FindAttribute(name);
    if (attribute == nullptr) return Wrong(term.begin, UnknownAttribute(name));
    const std::size_t compared = at_;
    const Comparison comparison = TakeComparison();
    SkipBlanks();
    const std::size_t begin = at_;
    std::string glob;
    RETURN_IF_ERROR(TakeValue(glob));
    absl::StatusOr<AttributeTest> test = AttributeTest::Make(*attribute, comparison, glob);
    if (!test.ok()) {
      const bool is_text = attribute->kind == Attribute::Kind::kText;
      const bool is_order = comparison != Comparison::kEqual && comparison != Comparison::kNotEqual;
      return Wrong(is_text && is_order && !glob.empty() ? compared : begin,
                   test.status().message());
    }
    term.test = *std::move(test);
    return absl::OkStatus();
  }

  Comparison TakeComparison() {
    const char first = text_[at_++];
    const bool has_equals = at_ < text_.size() && text_[at_] == '=';
    if (has_equals && first != '=') ++at_;
    if (first == '=') return Comparison::kEqual;
    if (first == '!') return Comparison::kNotEqual;
    if (first == '<') return has_equals ? Comparison::kLessOrEqual : Comparison::kLess;
    return has_equals ? Comparison::kGreaterOrEqual : Comparison::kGreater;
  }

  // As a glob, in which a \ stands in front of what is meant as it is.
  absl::Status TakeValue(std::string& glob) {
    char quote = 0;
    std::size_t quoted_at = 0;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      bool is_kept = quote != 0;
      if (c == quote) {
        quote = 0;
        continue;
      }
      if (quote == 0 && (IsBlank(c) || IsOperator(c))) break;
      if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
        quoted_at = at_;
        continue;
      }
      if (c == '\\' && quote != '\'') {
        if (at_ + 1 == text_.size()) return Wrong(at_, "expected a character behind this \\");
        c = text_[++at_];
        is_kept = true;
      }
      if (is_kept && absl::StrContains("*?\\", c)) glob += '\\';
      glob += c;
    }
    return quote == 0 ? absl::OkStatus() : Wrong(quoted_at, "this quote is not closed");
  }

  const MarkedText& marked_;
  absl::string_view text_;
  std::size_t at_ = 0;
  std::vector<TargetTerm> terms_;
};

}  // namespace

absl::StatusOr<TargetExpression> TargetExpression::Parse(MarkedText text) {
  TargetExpression expression(std::move(text));
  ASSIGN_OR_RETURN(expression.terms_, Parser(expression.text_).Parse());
  return expression;
}

std::size_t EndOfTarget(absl::string_view line) {
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == 0 && (c == ' ' || c == '\t')) return at;
    if (c == '\\' && quote != '\'') {
      ++at;
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    }
  }
  return line.size();
}

}  // namespace muster
