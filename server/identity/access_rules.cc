#include "server/identity/access_rules.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "common/account.h"
#include "common/status_macros.h"

namespace muster::server {
namespace {

const ConfigFile::Entry* FindEntry(const ConfigFile::Section& section, const char* key) {
  const auto found = section.entries.find(key);
  return found == section.entries.end() ? nullptr : &found->second;
}

// False when the key is not there.
absl::StatusOr<bool> ReadSwitch(const ConfigFile& file, const ConfigFile::Section& section,
                                const char* key, bool otherwise) {
  const ConfigFile::Entry* entry = FindEntry(section, key);
  if (entry == nullptr) return otherwise;
  if (entry->value == "yes") return true;
  if (entry->value == "no") return false;
  return file.ErrorAt(entry->line, absl::StrCat(key, " is yes or no, not \"", entry->value, "\""));
}

}  // namespace

absl::StatusOr<AccessRules> AccessRules::Read(const ConfigFile* file, const Daemon& daemon) {
  AccessRules rules;
  rules.daemon_ = daemon;
  if (file == nullptr) return rules;
  for (const ConfigFile::Section& section : file->sections()) {
    // An embedded daemon is as open as the program that made it.
    const bool is_rule = section.kind == "user" || section.kind == "group";
    rules.switches_users_ |= is_rule && daemon.uid == 0 && !daemon.is_embedded;
  }
  RETURN_IF_ERROR(rules.ReadDaemon(*file));
  if (daemon.is_embedded) return rules;
  for (const ConfigFile::Section& section : file->sections()) {
    if (section.kind != "user" && section.kind != "group") continue;
    ASSIGN_OR_RETURN(Rule rule, rules.ReadRule(*file, section));
    rules.rules_.push_back(std::move(rule));
  }
  // Who is named goes before what he belongs to; groups count in the order of the file.
  std::stable_partition(rules.rules_.begin(), rules.rules_.end(),
                        [](const Rule& rule) { return rule.user.has_value(); });
  return rules;
}

absl::Status AccessRules::ReadDaemon(const ConfigFile& file) {
  const ConfigFile::Section* section = file.FindSection("daemon");
  if (section == nullptr) return absl::OkStatus();
  const ConfigFile::Entry* root_jobs = FindEntry(*section, "allow_root_jobs");
  ASSIGN_OR_RETURN(allows_root_jobs_, ReadSwitch(file, *section, "allow_root_jobs", false));
  // Whoever says this of a root's daemon means one that serves others.
  if (root_jobs != nullptr && daemon_.uid == 0 && !daemon_.is_embedded) switches_users_ = true;
  return ReadPython(file, *section, python_);
}

absl::Status AccessRules::ReadPython(const ConfigFile& file, const ConfigFile::Section& section,
                                     PythonEnvironment& python) const {
  ASSIGN_OR_RETURN(python.user_site, ReadSwitch(file, section, "user_site", python.user_site));
  const ConfigFile::Entry* entry = FindEntry(section, "python");
  if (entry == nullptr) return absl::OkStatus();
  python.folder = entry->value == "system" ? "" : entry->value;
  if (python.folder.empty()) return absl::OkStatus();
  const absl::Status status = CheckVirtualEnvironment(python.folder, daemon_.python_version);
  return status.ok() ? status : file.ErrorAt(entry->line, std::string(status.message()));
}

absl::StatusOr<std::optional<uid_t>> AccessRules::ReadTarget(
    const ConfigFile& file, const ConfigFile::Section& section) const {
  const ConfigFile::Entry* entry = FindEntry(section, "run_as");
  if (entry == nullptr) return std::optional<uid_t>();
  const absl::StatusOr<uid_t> user = FindUser(entry->value);
  if (!user.ok()) {
    return file.ErrorAt(entry->line, absl::StrCat("run_as: ", user.status().message()));
  }
  if (switches_users_ && !AccountOf(*user)) {
    return file.ErrorAt(entry->line,
                        absl::StrCat("run_as: this machine knows no user \"", entry->value, "\""));
  }
  if (!switches_users_ && *user != daemon_.uid) {
    return file.ErrorAt(
        entry->line,
        absl::StrCat("this clusterd is user ", UserName(daemon_.uid),
                     "'s, and so are all commands that it runs; start it as root to run some as ",
                     entry->value));
  }
  if (switches_users_ && *user == 0 && !allows_root_jobs_) {
    return file.ErrorAt(entry->line,
                        "commands as root are off; say allow_root_jobs = yes in [daemon] first");
  }
  return std::optional<uid_t>(*user);
}

absl::StatusOr<AccessRules::Rule> AccessRules::ReadRule(const ConfigFile& file,
                                                        const ConfigFile::Section& section) const {
  Rule rule;
  rule.label = absl::StrCat("[", section.kind, " ", section.name, "]");
  rule.python = python_;
  if (section.kind == "user") {
    const absl::StatusOr<uid_t> user = FindUser(section.name);
    if (!user.ok()) return file.ErrorAt(section.line, std::string(user.status().message()));
    rule.user = *user;
  } else {
    const absl::StatusOr<gid_t> group = FindGroup(section.name);
    if (!group.ok()) return file.ErrorAt(section.line, std::string(group.status().message()));
    rule.group = *group;
  }
  const ConfigFile::Entry* role = FindEntry(section, "role");
  if (role == nullptr) {
    return file.ErrorAt(section.line, absl::StrCat(rule.label,
                                                   " has no role; say role = exec (or observe, "
                                                   "files, admin)"));
  }
  const std::optional<Role> parsed = ParseRole(role->value);
  if (!parsed) {
    return file.ErrorAt(role->line, absl::StrCat("no role \"", role->value,
                                                 "\" is known; valid here: observe, exec, files, "
                                                 "admin"));
  }
  rule.role = *parsed;
  ASSIGN_OR_RETURN(rule.target, ReadTarget(file, section));
  ASSIGN_OR_RETURN(rule.may_gain_rights, ReadSwitch(file, section, "sudo", false));
  RETURN_IF_ERROR(ReadPython(file, section, rule.python));
  return rule;
}

Identity AccessRules::Make(uid_t uid, const Rule& rule) const {
  Identity identity;
  identity.uid = uid;
  identity.name = UserName(uid);
  identity.role = rule.role;
  identity.rule = rule.label;
  identity.python = rule.python;
  if (switches_users_) identity.target = rule.target.value_or(uid);
  const bool is_root = identity.target.value_or(daemon_.uid) == 0;
  // Root has all rights, and a program may do what its own user may.
  identity.may_gain_rights = rule.may_gain_rights || is_root || daemon_.is_embedded;
  if (switches_users_ && is_root && !allows_root_jobs_) {
    identity.why_no_jobs =
        "commands as root are off here; say allow_root_jobs = yes in [daemon], or run_as = USER in "
        "[user root]";
  }
  return identity;
}

std::optional<Identity> AccessRules::Find(uid_t uid, const std::vector<gid_t>& groups) const {
  for (const Rule& rule : rules_) {
    const bool is_meant =
        rule.user ? *rule.user == uid
                  : std::find(groups.begin(), groups.end(), *rule.group) != groups.end();
    // The owner and root are not made smaller by a group that they are in.
    if (is_meant && (rule.user || (uid != daemon_.uid && uid != 0))) return Make(uid, rule);
  }
  if (uid != daemon_.uid && uid != 0) return std::nullopt;
  Rule rule;
  rule.role = Role::kAdmin;
  rule.label = uid == daemon_.uid ? "the owner of clusterd" : "root";
  rule.python = python_;
  return Make(uid, rule);
}

std::set<uid_t> AccessRules::Targets() const {
  std::set<uid_t> targets;
  for (const Rule& rule : rules_) {
    if (!rule.target && rule.group) return {};  // whoever is in the group
    targets.insert(rule.target.value_or(rule.user.value_or(0)));
  }
  return targets;
}

std::vector<std::string> AccessRules::Describe() const {
  const std::string own = UserName(daemon_.uid);
  std::vector<std::string> lines;
  lines.push_back(switches_users_ ? absl::StrCat("serves root (admin); commands as root are ",
                                                 allows_root_jobs_ ? "on" : "off")
                                  : absl::StrCat("serves ", own,
                                                 " and root (admin); all commands run as ", own));
  for (const Rule& rule : rules_) {
    const std::string whom =
        !switches_users_ ? own : (rule.target ? UserName(*rule.target) : "themselves");
    lines.push_back(absl::StrCat("serves ", rule.label, " (", RoleName(rule.role),
                                 "), commands run as ", whom,
                                 rule.may_gain_rights ? ", sudo is granted" : ""));
  }
  return lines;
}

}  // namespace muster::server
