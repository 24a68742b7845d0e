#include "shell/nodeset/nodeset_program.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <random>
#include <utility>

#include "common/status_macros.h"
#include "shell/nodeset/node_expression.h"

namespace muster::nodeset {
namespace {

using Command = NodesetOptions::Command;

// Output is written when so much has gathered.
constexpr std::size_t kEnoughOutput = 1u << 20;

void Tell(absl::string_view message) {
  const std::string line = absl::StrCat("muster-nodeset: ", message, "\n");
  (void)::write(STDERR_FILENO, line.data(), line.size());
}

absl::Status Write(std::string& output) {
  for (absl::string_view rest = output; !rest.empty();) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot write to standard output: ", ::strerror(errno)));
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  output.clear();
  return absl::OkStatus();
}

NodeSet Applied(char operation, const NodeSet& left, const NodeSet& right) {
  switch (operation) {
    case '!':
      return left.Minus(right);
    case '&':
      return left.Intersection(right);
    case '^':
      return left.Xor(right);
    default:
      return left.empty() ? right : left.Union(right);
  }
}

// Those from `begin` to `end` of the set's order.
NodeSet Part(const std::vector<std::string>& names, std::size_t begin, std::size_t end) {
  const auto first = names.begin();
  return NodeSet(std::vector<std::string>(first + static_cast<std::ptrdiff_t>(begin),
                                          first + static_cast<std::ptrdiff_t>(end)));
}

}  // namespace

int NodesetProgram::Run() {
  absl::StatusOr<std::string> separator = ReadSeparator(options_.separator);
  absl::StatusOr<OutputFormat> format = OutputFormat::Parse(options_.format);
  absl::Status status = separator.ok() ? format.status() : separator.status();
  int exit_code = 0;
  if (status.ok()) {
    separator_ = *std::move(separator);
    format_ = *std::move(format);
    if (format_.is_for_numbers() && options_.command != Command::kCount) {
      status = absl::InvalidArgumentError("%d in a format is for -c only; a name is written %s");
    } else if (options_.each) {
      exit_code = RunEach();
    } else {
      status = RunOnce();
    }
  }
  if (status.ok()) status = Write(output_);
  if (!status.ok()) {
    Tell(status.message());
    exit_code = 1;
  }
  return exit_code;
}

absl::Status NodesetProgram::RunOnce() {
  ASSIGN_OR_RETURN(NodeSet set, Compute());
  return options_.command == Command::kList ? ListGroups(set) : Print(std::move(set));
}

int NodesetProgram::RunEach() {
  int exit_code = 0;
  std::size_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++number;
    absl::StatusOr<NodeSet> set = Evaluate(absl::StripSuffix(line, "\r"));
    absl::Status status = set.ok() ? Print(*std::move(set)) : set.status();
    if (!status.ok()) {
      // The answers keep step with the lines.
      output_ += '\n';
      exit_code = 1;
      Tell(absl::StrCat("line ", number, ": ", status.message()));
    }
    if (output_.size() < kEnoughOutput) continue;
    status = Write(output_);
    if (status.ok()) continue;
    Tell(status.message());
    return 1;
  }
  return exit_code;
}

absl::StatusOr<NodeSet> NodesetProgram::Evaluate(absl::string_view text) {
  return options_.numbers ? EvaluateNumbers(text) : EvaluateExpression(text, configured_);
}

absl::StatusOr<NodeSet> NodesetProgram::EvaluateLines(const std::string& text) {
  if (text.find_first_of("\r\n") == std::string::npos) return Evaluate(text);
  std::vector<std::string> names;
  for (absl::string_view line : absl::StrSplit(text, absl::ByAnyChar("\r\n"))) {
    ASSIGN_OR_RETURN(const NodeSet set, Evaluate(line));
    names.insert(names.end(), set.names().begin(), set.names().end());
  }
  return NodeSet(std::move(names));
}

absl::StatusOr<NodeSet> NodesetProgram::EvaluateStandardInput() {
  std::vector<std::string> names;
  for (std::string line; std::getline(std::cin, line);) {
    const absl::string_view text = absl::string_view(line).substr(0, line.find('#'));
    for (absl::string_view word :
         absl::StrSplit(text, absl::ByAnyChar(" \t\r\v\f"), absl::SkipEmpty())) {
      ASSIGN_OR_RETURN(const NodeSet set, Evaluate(word));
      if (names.size() + set.size() > kMaxNodes) {
        return absl::InvalidArgumentError(
            absl::StrCat("standard input holds more than ", kMaxNodes, " nodes"));
      }
      names.insert(names.end(), set.names().begin(), set.names().end());
    }
  }
  return NodeSet(std::move(names));
}

absl::Status NodesetProgram::Apply(const Operand& operand, NodeSet& set) {
  const bool is_input = operand.text == "-";
  ASSIGN_OR_RETURN(const NodeSet other,
                   is_input ? EvaluateStandardInput() : EvaluateLines(operand.text));
  // As nodeset has it: standard input without nodes is no operand, also behind -i.
  if (!is_input || !other.empty()) set = Applied(operand.operation, set, other);
  return absl::OkStatus();
}

absl::StatusOr<NodeSet> NodesetProgram::Compute() {
  NodeSet set;
  if (options_.all) {
    ASSIGN_OR_RETURN(set, configured_.All());
  }
  if (options_.operands.empty() && !options_.all && options_.command != Command::kList) {
    ASSIGN_OR_RETURN(set, EvaluateStandardInput());
  }
  if (set.empty() && !options_.before.empty() && !options_.quiet) {
    Tell("warning: -x, -i or -X in front of all node sets begins with no nodes");
  }
  for (const Operand& operand : options_.before) RETURN_IF_ERROR(Apply(operand, set));
  for (const Operand& operand : options_.operands) RETURN_IF_ERROR(Apply(operand, set));
  return set;
}

absl::Status NodesetProgram::ListGroups(const NodeSet& set) {
  const bool is_of_nodes = options_.all || !options_.before.empty() || !set.empty();
  if (options_.list_level == 1 && !is_of_nodes) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, configured_.GroupNames());
    for (const std::string& name : names) absl::StrAppend(&output_, "@", name, "\n");
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<ConfiguredNodes::Group> groups, configured_.Groups());
  for (const ConfiguredNodes::Group& group : groups) {
    const NodeSet shown = is_of_nodes ? group.nodes.Intersection(set) : group.nodes;
    if (is_of_nodes && shown.empty()) continue;
    absl::StrAppend(&output_, "@", group.name);
    if (options_.list_level > 1) {
      absl::StrAppend(&output_, " ",
                      ArrangedNodes(shown).Fold(options_.autostep.MinSteps(shown.size())));
    }
    if (options_.list_level > 2) absl::StrAppend(&output_, " ", shown.size());
    if (options_.list_level > 2 && is_of_nodes) absl::StrAppend(&output_, "/", group.nodes.size());
    output_ += '\n';
  }
  return absl::OkStatus();
}

absl::StatusOr<NodeSet> NodesetProgram::Sliced(const NodeSet& set) const {
  ASSIGN_OR_RETURN(const NodeSet places, EvaluateNumbers(options_.slice));
  std::vector<std::string> names = ArrangedNodes(set).Names();
  std::vector<std::string> kept;
  for (const std::string& digits : places.names()) {
    std::uint64_t place = 0;
    if (absl::SimpleAtoi(digits, &place) && place < names.size()) kept.push_back(names[place]);
  }
  return NodeSet(std::move(kept));
}

NodeSet NodesetProgram::Picked(const NodeSet& set) const {
  std::vector<std::string> names;
  std::mt19937_64 random(std::random_device{}());
  std::sample(set.names().begin(), set.names().end(), std::back_inserter(names), options_.pick,
              random);
  return NodeSet(std::move(names));
}

std::vector<ArrangedNodes> NodesetProgram::Parts(const NodeSet& set) const {
  const ArrangedNodes arranged(set);
  if (set.empty() || (options_.split <= 1 && !options_.contiguous)) return {arranged};
  if (options_.contiguous) return arranged.Contiguous();
  const std::vector<std::string> names = arranged.Names();
  const std::size_t parts = std::min(static_cast<std::size_t>(options_.split), names.size());
  const std::size_t larger = names.size() % parts;  // the first ones have one more
  std::vector<ArrangedNodes> result;
  for (std::size_t i = 0, begin = 0; i < parts; ++i) {
    const std::size_t end = begin + names.size() / parts + (i < larger ? 1 : 0);
    result.emplace_back(Part(names, begin, end));
    begin = end;
  }
  return result;
}

absl::Status NodesetProgram::Print(NodeSet set) {
  if (!options_.slice.empty()) {
    ASSIGN_OR_RETURN(set, Sliced(set));
  }
  const std::int64_t min_steps = options_.autostep.MinSteps(set.size());
  if (options_.pick > 0 && static_cast<std::size_t>(options_.pick) < set.size()) {
    set = Picked(set);
  }
  // What is folded are the names as they are written.
  if (options_.command == Command::kFold && !options_.numbers && !format_.IsPlain()) {
    std::vector<std::string> names;
    for (const std::string& name : set.names()) {
      names.emplace_back(absl::StripAsciiWhitespace(format_.Of(name)));
    }
    set = NodeSet(std::move(names));
  }
  for (const ArrangedNodes& part : Parts(set)) {
    absl::StrAppend(&output_, TextOf(part, min_steps), "\n");
  }
  return absl::OkStatus();
}

std::string NodesetProgram::TextOf(const ArrangedNodes& nodes, std::int64_t min_steps) const {
  if (options_.command == Command::kCount) return format_.Of(absl::StrCat(nodes.size()));
  if (options_.command == Command::kFold) {
    return options_.numbers ? format_.Of(nodes.FoldNumbers(min_steps)) : nodes.Fold(min_steps);
  }
  std::string text;
  bool is_first = true;
  for (const std::string& name : nodes.Names()) {
    absl::StrAppend(&text, is_first ? "" : separator_, format_.Of(name));
    is_first = false;
  }
  return text;
}

}  // namespace muster::nodeset
