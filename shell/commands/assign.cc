// assign: how nodes are logged in to, and which cluster they belong to.
#include <absl/status/statusor.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/address.h"
#include "common/kept_file.h"
#include "common/nearest.h"
#include "common/node_set.h"
#include "common/status_macros.h"
#include "common/target_expression.h"
#include "common/words.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/question.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

struct Rule {
  std::string selector;
  std::string login_user;
  std::string keyfile;
  std::string member_of;
  bool goes_first = false;
};

std::string RulesPath() {
  const char* config = ::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && config[0] == '/') {
    return absl::StrCat(config, "/muster/login_rules.yaml");
  }
  const char* home = ::getenv("HOME");
  return home == nullptr || home[0] != '/' ? ""
                                           : absl::StrCat(home, "/.config/muster/login_rules.yaml");
}

absl::Status SetUser(const std::string& value, Rule& rule) {
  if (!value.empty() && (value[0] == '-' || value.find_first_of(" \t@") != std::string::npos)) {
    return absl::InvalidArgumentError(absl::StrCat("'", value, "' is no login-user"));
  }
  rule.login_user = value;
  return absl::OkStatus();
}

absl::Status SetKeyfile(const std::string& value, Rule& rule) {
  if (value.empty()) return absl::OkStatus();
  const char* home = ::getenv("HOME");
  std::error_code ignored;
  const std::string path = absl::StartsWith(value, "~/") && home != nullptr
                               ? absl::StrCat(home, value.substr(1))
                               : std::filesystem::absolute(value, ignored).string();
  if (!std::filesystem::is_regular_file(path, ignored) || ::access(path.c_str(), R_OK) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("there is no keyfile ", path));
  }
  rule.keyfile = path;
  return absl::OkStatus();
}

absl::Status SetCluster(const std::string& value, Rule& rule) {
  if (!value.empty() && !IsValidName(value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", value,
                     "' is no name of a cluster; a name is a letter and up to 63 letters, digits, "
                     "'_', '.' or '-'"));
  }
  rule.member_of = value;
  return absl::OkStatus();
}

absl::Status SetPrecedence(const std::string& value, Rule& rule) {
  if (value != "highest" && value != "lowest") {
    return absl::InvalidArgumentError(
        absl::StrCat("the precedence is highest or lowest, not '", value, "'"));
  }
  rule.goes_first = value == "highest";
  return absl::OkStatus();
}

absl::Status Set(const std::string& word, Rule& rule) {
  const std::size_t equals = word.find('=');
  const std::string key = word.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (equals != std::string::npos && value.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(key, " has no value"));
  }
  if (equals != std::string::npos && key == "login-user") return SetUser(value, rule);
  if (equals != std::string::npos && key == "keyfile") return SetKeyfile(value, rule);
  if (equals != std::string::npos && key == "member-of") return SetCluster(value, rule);
  if (equals != std::string::npos && key == "precedence") return SetPrecedence(value, rule);
  return absl::InvalidArgumentError(
      absl::StrCat("'", word, "' is none of login-user=NAME, keyfile=FILE, member-of=CLUSTER",
                   DidYouMean(key, {"login-user", "keyfile", "member-of", "precedence"})));
}

// What may stand in a rule: it is applied whenever a program begins, so no node is asked for it;
// and numbers mean something today only.
absl::Status SetSelector(Shell& shell, absl::string_view target, Rule& rule) {
  const auto parsed = TargetExpression::Parse(MarkedText("selector", std::string(target)));
  if (!parsed.ok()) return parsed.status();
  bool has_number = false;
  for (const TargetTerm& term : parsed->terms()) {
    has_number = has_number || term.kind == TargetTerm::Kind::kIndex;
    if (term.kind != TargetTerm::Kind::kAttribute || !term.test.attribute().asks_node) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("only the nodes know their ", term.test.attribute().name,
                     ", and a rule is applied without asking them; name, address, tags, cluster "
                     "and groups can select"));
  }
  const ChosenNodes chosen = ChooseNodes(shell, target);
  if (chosen.nodes.empty()) return absl::NotFoundError("nothing was assigned");
  rule.selector = std::string(target);
  if (!has_number) return absl::OkStatus();
  std::vector<std::string> names;
  for (const Node& node : chosen.nodes) names.push_back(node.name);
  rule.selector = Fold(std::move(names));
  return absl::OkStatus();
}

// Asks until the answer is right. False: the person has left.
bool AskFor(Shell& shell, const char* question, Rule& rule,
            absl::Status (*set)(const std::string&, Rule&)) {
  while (const std::optional<std::string> answer = Ask(shell.signals(), shell.output(), question)) {
    const absl::Status status = set(std::string(absl::StripAsciiWhitespace(*answer)), rule);
    if (status.ok()) return true;
    shell.output().Note(std::string(status.message()));
  }
  return false;
}

bool AskForAll(Shell& shell, Rule& rule) {
  shell.output().Note("an empty answer leaves it open; Ctrl-C leaves all as it is");
  while (rule.selector.empty()) {
    const std::optional<std::string> answer = Ask(shell.signals(), shell.output(), "selector: ");
    if (!answer) return false;
    const absl::string_view target = absl::StripAsciiWhitespace(*answer);
    const absl::Status status =
        target.empty() ? absl::InvalidArgumentError("a target, as tags=env:prod, or * for all")
                       : SetSelector(shell, target, rule);
    if (!status.ok()) shell.output().Note(std::string(status.message()));
  }
  return AskFor(shell, "login-user: ", rule, &SetUser) &&
         AskFor(shell, "keyfile: ", rule, &SetKeyfile) &&
         AskFor(shell, "member-of: ", rule, &SetCluster);
}

// A text of YAML.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string ToYaml(const Rule& rule) {
  std::string text = absl::StrCat("- selector: ", Quoted(rule.selector), "\n");
  const auto add = [&text](const char* key, const std::string& value) {
    if (!value.empty()) absl::StrAppend(&text, "  ", key, ": ", Quoted(value), "\n");
  };
  add("login-user", rule.login_user);
  add("keyfile", rule.keyfile);
  add("member-of", rule.member_of);
  return text;
}

bool IsCountedFor(const Rule& rule, const Node& node) {
  return node.login_user == rule.login_user && node.keyfile == rule.keyfile &&
         node.member_of == rule.member_of;
}

// Says for which nodes the new rule counts.
void Tell(Shell& shell, const Rule& rule) {
  std::vector<std::string> with;
  std::vector<std::string> without;
  const Result<std::vector<Node>> meant = shell.cluster().nodes(Target(rule.selector));
  if (!meant.ok()) return;
  for (const Node& node : *meant) {
    (IsCountedFor(rule, node) ? with : without).push_back(node.name);
  }
  std::string text = absl::StrCat("the rule counts for ", with.empty() ? "no node" : Fold(with));
  if (!without.empty()) {
    absl::StrAppend(&text, "; ", Fold(without), without.size() == 1 ? " has" : " have",
                    " an earlier one: precedence=highest puts this one in front");
  }
  shell.output().Note(text);
}

int Write(Shell& shell, const Rule& rule) {
  const KeptFile file(RulesPath(), "the login rules");
  std::string before;
  const std::string yaml = ToYaml(rule);
  absl::Status written = file.Change([&](const std::string& text) -> absl::StatusOr<std::string> {
    before = text;
    const char* seam = text.empty() || absl::EndsWith(text, "\n") ? "" : "\n";
    return rule.goes_first ? yaml + text : absl::StrCat(text, seam, yaml);
  });
  if (!written.ok()) {
    shell.output().Note(absl::StrCat("assign: ", std::string(written.message())));
    return kExitFailed;
  }
  Result<ClusterAPI> now = shell.cluster().refreshed();
  if (!now.ok()) {
    // What a person wrote into it does not go with what was added.
    static_cast<void>(
        file.Change([&](const std::string&) -> absl::StatusOr<std::string> { return before; }));
    shell.output().Note(absl::StrCat("assign: ", now.status().message(), "; nothing was assigned"));
    return kExitUsage;
  }
  shell.view().Replace(*std::move(now));
  Tell(shell, rule);
  return kExitOk;
}

int Run(Shell& shell, absl::string_view rest) {
  Rule rule;
  if (rest.empty()) {
    if (!CanAsk(shell)) return shell.Usage("assign", "nobody is here to ask");
    if (!AskForAll(shell, rule)) {
      shell.output().Note("nothing was assigned");
      return kExitInterrupted;
    }
  } else {
    const auto [target, behind] = SplitTarget(rest);
    const absl::StatusOr<std::vector<std::string>> words = SplitWords(behind);
    if (!words.ok()) return shell.Usage("assign", words.status().message());
    for (const std::string& word : *words) {
      const absl::Status status = Set(word, rule);
      if (!status.ok()) return shell.Usage("assign", status.message());
    }
    if (!words->empty()) {
      const absl::Status status = SetSelector(shell, target, rule);
      if (!status.ok()) {
        shell.output().Note(absl::StrCat("assign: ", std::string(status.message())));
        return absl::IsNotFound(status) ? kExitNoMatch : kExitUsage;
      }
    }
  }
  if (rule.login_user.empty() && rule.keyfile.empty() && rule.member_of.empty()) {
    return shell.Usage("assign", "it needs a login-user, a keyfile or a member-of");
  }
  return Write(shell, rule);
}

}  // namespace

const ShellCommand kAssignCommand = {
    "assign",
    "assign [TARGET [login-user=NAME] [keyfile=FILE] [member-of=CLUSTER]]",
    "say how nodes are logged in to, and whose members they are",
    "  assign                                     asks for all of it\n"
    "  assign tags=env:prod member-of=webapp      and then: use webapp; @cluster=webapp uptime\n"
    "  assign gpu* login-user=ec2-user keyfile=~/.ssh/gpu.pem\n"
    "  assign * login-user=admin                  for those that no rule before it means\n"
    "  assign gpu7 member-of=spare precedence=highest   in front of all others\n"
    "A rule for login_rules.yaml in ~/.config/muster; those of ~/.dustcluster count behind them. "
    "The\n"
    "first rule that means a node is the only one for it. login-user and keyfile are for ssh "
    "addresses\n"
    "(one that names a user keeps it). A number becomes the name of its node.\n",
    ShellCommand::Argument::kTarget,
    &Run,
};

}  // namespace muster::clustershell
