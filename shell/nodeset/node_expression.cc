#include "shell/nodeset/node_expression.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/marked_text.h"
#include "common/node_pattern.h"
#include "common/status_macros.h"

namespace muster::nodeset {
namespace {

constexpr absl::string_view kOperators = ",!&^";

// Where the term that begins at `at` ends: at an operator outside of brackets, or the text's end.
std::size_t EndOfTerm(absl::string_view text, std::size_t at) {
  bool in_bracket = false;
  for (; at < text.size() && (in_bracket || !absl::StrContains(kOperators, text[at])); ++at) {
    if (text[at] == '[') in_bracket = true;
    if (text[at] == ']') in_bracket = false;
  }
  return at;
}

bool IsBlank(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

// Reads from left to right. Terms behind the same "," or "!" are gathered first, so that a list of
// many is quick.
class Evaluation {
 public:
  Evaluation(absl::string_view text, ConfiguredNodes& configured)
      : marked_("node set", std::string(text)), text_(marked_.text()), configured_(configured) {}

  absl::StatusOr<NodeSet> Run() {
    if (std::all_of(text_.begin(), text_.end(), IsBlank)) return NodeSet();
    char with = ',';
    for (std::size_t begin = 0;; ++begin) {
      const std::size_t end = EndOfTerm(text_, begin);
      if (with != gathered_with_ || with == '&' || with == '^') Settle(with);
      RETURN_IF_ERROR(Gather(begin, end));
      if (end == text_.size()) break;
      with = text_[end];
      begin = end;
    }
    Settle(',');
    return std::move(result_);
  }

 private:
  absl::Status Wrong(std::size_t at, absl::string_view message) const {
    return marked_.Error(absl::StatusCode::kInvalidArgument, at, message);
  }

  absl::Status Gather(std::size_t begin, std::size_t end) {
    while (begin < end && IsBlank(text_[begin])) ++begin;
    while (end > begin && IsBlank(text_[end - 1])) --end;
    const absl::string_view term = text_.substr(begin, end - begin);
    if (term.empty()) {
      return Wrong(begin, "expected a node, a pattern like n[1-9] or a @group here");
    }
    if (term[0] == '@') return Look(term);
    const auto blank = std::find_if(term.begin(), term.end(), IsBlank);
    const auto bracket = std::find(term.begin(), term.end(), '[');
    if (blank != term.end() && blank < bracket) {
      return Wrong(begin + static_cast<std::size_t>(blank - term.begin()),
                   "a name has no blank; several nodes are joined by a , or given as several "
                   "arguments");
    }
    ASSIGN_OR_RETURN(const NodePattern pattern, NodePattern::Parse(marked_, begin, end));
    if (pattern.has_glob()) return Look(term);
    if (gathered_.size() + result_.size() + pattern.count() > kMaxNodes) {
      return Wrong(begin, absl::StrCat("with this there are more than ", kMaxNodes, " nodes"));
    }
    pattern.Expand(gathered_);
    return absl::OkStatus();
  }

  absl::Status Look(absl::string_view term) {
    ASSIGN_OR_RETURN(const NodeSet found, configured_.Find(std::string(term)));
    gathered_.insert(gathered_.end(), found.names().begin(), found.names().end());
    return absl::OkStatus();
  }

  // Does what is gathered, and begins to gather for the next operator.
  void Settle(char next) {
    const NodeSet operand(std::exchange(gathered_, {}));
    switch (std::exchange(gathered_with_, next)) {
      case '!':
        result_ = result_.Minus(operand);
        break;
      case '&':
        result_ = result_.Intersection(operand);
        break;
      case '^':
        result_ = result_.Xor(operand);
        break;
      default:
        result_ = result_.empty() ? operand : result_.Union(operand);
    }
  }

  const MarkedText marked_;
  const absl::string_view text_;
  ConfiguredNodes& configured_;
  NodeSet result_;
  std::vector<std::string> gathered_;
  char gathered_with_ = ',';
};

}  // namespace

absl::StatusOr<NodeSet> EvaluateExpression(absl::string_view text, ConfiguredNodes& configured) {
  return Evaluation(text, configured).Run();
}

absl::StatusOr<NodeSet> EvaluateNumbers(absl::string_view text) {
  if (std::all_of(text.begin(), text.end(), IsBlank)) return NodeSet();
  const MarkedText marked("numbers", absl::StrCat("[", text, "]"));
  if (const std::size_t at = text.find_first_of("[]"); at != absl::string_view::npos) {
    return marked.Error(absl::StatusCode::kInvalidArgument, at + 1,
                        "expected numbers like 1-5,8 without brackets");
  }
  ASSIGN_OR_RETURN(const NodePattern pattern, NodePattern::Parse(marked, 0, marked.text().size()));
  std::vector<std::string> names;
  pattern.Expand(names);
  return NodeSet(std::move(names));
}

}  // namespace muster::nodeset
