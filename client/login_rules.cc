#include "client/login_rules.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <stdlib.h>
#include <yaml-cpp/yaml.h>

#include "common/address.h"
#include "common/kept_file.h"
#include "common/status_macros.h"

namespace muster {
namespace {

std::string Home() {
  const char* home = ::getenv("HOME");
  return home != nullptr && home[0] == '/' ? home : "";
}

absl::Status ErrorAt(const std::string& origin, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(origin, ": ", what));
}

// Where a value is kept; null: there is no such key.
std::string* FieldOf(const std::string& key, LoginRule& rule) {
  if (key == "selector") return &rule.selector;
  if (key == "login-user") return &rule.login_user;
  if (key == "keyfile") return &rule.keyfile;
  if (key == "member-of") return &rule.member_of;
  return nullptr;
}

absl::Status Check(LoginRule& rule) {
  if (rule.selector.empty()) {
    return ErrorAt(rule.origin, "the rule has no selector, as: selector: tags=env:prod");
  }
  if (!rule.member_of.empty() && !IsValidName(rule.member_of)) {
    return ErrorAt(rule.origin,
                   absl::StrCat("\"", rule.member_of,
                                "\" is no name of a cluster; a name is a letter and up to 63 "
                                "letters, digits, '_', '.' or '-'"));
  }
  if (!rule.login_user.empty() &&
      (rule.login_user[0] == '-' || rule.login_user.find_first_of(" \t\n@") != std::string::npos)) {
    return ErrorAt(rule.origin, absl::StrCat("\"", rule.login_user, "\" is no login-user"));
  }
  if (absl::StartsWith(rule.keyfile, "~/")) rule.keyfile = Home() + rule.keyfile.substr(1);
  return absl::OkStatus();
}

absl::StatusOr<LoginRule> ToRule(const YAML::Node& node, const std::string& path) {
  LoginRule rule;
  rule.origin = absl::StrCat(path, ":", node.Mark().line + 1);
  if (!node.IsMap()) return ErrorAt(rule.origin, "a rule has lines KEY: VALUE");
  for (const auto& entry : node) {
    const std::string key = entry.first.as<std::string>();
    std::string* const field = FieldOf(key, rule);
    const std::string origin = absl::StrCat(path, ":", entry.first.Mark().line + 1);
    if (field == nullptr) {
      return ErrorAt(origin, absl::StrCat("no key \"", key,
                                          "\" is known in a rule; valid here: selector, "
                                          "login-user, keyfile, member-of"));
    }
    if (entry.second.IsNull()) continue;
    if (!entry.second.IsScalar()) return ErrorAt(origin, absl::StrCat(key, " has to be one text"));
    *field = entry.second.Scalar();
  }
  RETURN_IF_ERROR(Check(rule));
  return rule;
}

absl::Status AddRules(const std::string& text, const std::string& path,
                      std::vector<LoginRule>& rules) {
  // The library tells its errors by exceptions.
  try {
    const YAML::Node all = YAML::Load(text);
    if (all.IsNull()) return absl::OkStatus();
    if (!all.IsSequence()) {
      return ErrorAt(absl::StrCat(path, ":1"), "expected a list of rules: - selector: TARGET");
    }
    for (const YAML::Node& node : all) {
      ASSIGN_OR_RETURN(LoginRule rule, ToRule(node, path));
      rules.push_back(std::move(rule));
    }
  } catch (const YAML::Exception& error) {
    return ErrorAt(absl::StrCat(path, ":", error.mark.line + 1), error.msg);
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> LoginRulePaths() {
  std::vector<std::string> paths;
  const char* config = ::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && config[0] == '/') {
    paths.push_back(absl::StrCat(config, "/muster/login_rules.yaml"));
  } else if (!Home().empty()) {
    paths.push_back(Home() + "/.config/muster/login_rules.yaml");
  }
  if (!Home().empty()) paths.push_back(Home() + "/.dustcluster/login_rules.yaml");
  return paths;
}

absl::StatusOr<std::vector<LoginRule>> ReadLoginRules() {
  std::vector<LoginRule> rules;
  for (const std::string& path : LoginRulePaths()) {
    ASSIGN_OR_RETURN(const std::string text, KeptFile(path, "the login rules").Read());
    RETURN_IF_ERROR(AddRules(text, path, rules));
  }
  return rules;
}

}  // namespace muster
