#include "shell/hook_targets.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <utility>
#include <vector>

#include "common/glob.h"
#include "common/node_set.h"
#include "common/target_attribute.h"
#include "common/variable_name.h"
#include "provision/hooks.h"
#include "shell/hook_fields.h"

namespace muster::clustershell {
namespace {

// A term, and the operator in front of it.
struct Term {
  std::string before;
  std::string text;
};

bool IsOperator(char c) { return absl::StrContains(",!&^", c); }

// Cut at the operators that stand neither in brackets nor in quotes; "!=" is none.
std::vector<Term> TermsOf(const std::string& target) {
  std::vector<Term> terms(1);
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == ']') {
      depth += c == '[' ? 1 : -1;
    }
    const bool compares = c == '!' && i + 1 < target.size() && target[i + 1] == '=';
    if (quote != 0 || depth > 0 || !IsOperator(c) || compares) {
      terms.back().text += c;
    } else if (terms.back().text.empty()) {
      terms.back().before += c;
    } else {
      terms.push_back({std::string(1, c), ""});
    }
  }
  return terms;
}

// A comparison with what no node of itself has.
struct FieldTest {
  std::string field;  // empty: the term is none
  std::string glob;
  bool is_equal = true;
};

FieldTest TestOf(const std::string& term) {
  FieldTest test;
  const std::size_t equals = term.find('=');
  if (equals == std::string::npos) return test;
  test.is_equal = equals == 0 || term[equals - 1] != '!';
  const std::string name(
      absl::StripAsciiWhitespace(term.substr(0, test.is_equal ? equals : equals - 1)));
  if (!IsVariableName(name) || FindAttribute(name) != nullptr) return test;
  test.field = name;
  std::string value(absl::StripAsciiWhitespace(term.substr(equals + 1)));
  const bool is_quoted =
      value.size() > 1 && value.front() == value.back() && (value[0] == '"' || value[0] == '\'');
  test.glob = absl::AsciiStrToLower(is_quoted ? value.substr(1, value.size() - 2) : value);
  return test;
}

// Whether any node has the field; `names`: those of which the test holds.
bool Select(const std::vector<Node>& nodes, const HookFields& fields, const FieldTest& test,
            std::vector<std::string>& names) {
  bool is_known = false;
  for (const Node& node : nodes) {
    bool holds = !test.is_equal;
    if (const auto found = fields.find(node.name); found != fields.end()) {
      for (const auto& [name, value] : found->second) {
        if (name != test.field) continue;
        is_known = true;
        holds = MatchesGlob(test.glob, absl::AsciiStrToLower(value)) == test.is_equal;
      }
    }
    if (holds) names.push_back(node.name);
  }
  return is_known;
}

}  // namespace

absl::StatusOr<std::string> WithHookFields(Shell& shell, const std::string& target) {
  if (provision::Hooks::Get() == nullptr || !absl::StrContains(target, '=')) return target;
  std::vector<Term> terms = TermsOf(target);
  bool has_asked = false;
  HookFields fields;
  std::string result;
  for (Term& term : terms) {
    const FieldTest test = TestOf(term.text);
    if (!test.field.empty() && !std::exchange(has_asked, true)) {
      fields = AskForFields(shell.cluster().clustercheck().nodes);
    }
    std::vector<std::string> names;
    const bool is_known = !test.field.empty() && Select(shell.nodes(), fields, test, names);
    if (is_known && names.empty()) {
      return absl::NotFoundError(absl::StrCat("target '", target, "': no node has ", term.text));
    }
    absl::StrAppend(&result, term.before, is_known ? Fold(names) : term.text);
  }
  return result;
}

}  // namespace muster::clustershell
