// AccessRules: who may connect, with which role, and as whom what they start runs: the
// configuration's [user NAME] and [group NAME], and what holds without them. Everybody else is
// nobody. Immutable; thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/config_file.h"
#include "server/identity/identity.h"

namespace muster::server {

class AccessRules {
 public:
  // What the daemon is.
  struct Daemon {
    uid_t uid = 0;             // that it was started as
    bool is_embedded = false;  // local(): serves its maker, whatever a file says
    std::string python_version;
  };

  // Of the file's [user] and [group] sections and of allow_root_jobs, python and user_site in
  // [daemon]; `file` may be null. Errors name the file and the line.
  static absl::StatusOr<AccessRules> Read(const ConfigFile* file, const Daemon& daemon);

  // `groups`: all groups of the peer. Empty: nobody that may connect.
  std::optional<Identity> Find(uid_t uid, const std::vector<gid_t>& groups) const;

  // Somebody but the owner and root may connect.
  bool NamesOthers() const { return !rules_.empty(); }
  // It was started as root to serve others: what it runs, it runs as their users.
  bool SwitchesUsers() const { return switches_users_; }
  bool AllowsRootJobs() const { return allows_root_jobs_; }
  // Who may do what, one line each, for a person.
  std::vector<std::string> Describe() const;
  // The users that jobs may run as, root aside; empty: any.
  std::set<uid_t> Targets() const;

 private:
  struct Rule {
    std::string label;  // "[user alice]"
    std::optional<uid_t> user;
    std::optional<gid_t> group;
    Role role = Role::kObserve;
    std::optional<uid_t> target;  // none: the caller
    bool may_gain_rights = false;
    PythonEnvironment python;
  };

  absl::Status ReadDaemon(const ConfigFile& file);
  absl::StatusOr<Rule> ReadRule(const ConfigFile& file, const ConfigFile::Section& section) const;
  absl::Status ReadPython(const ConfigFile& file, const ConfigFile::Section& section,
                          PythonEnvironment& python) const;
  absl::StatusOr<std::optional<uid_t>> ReadTarget(const ConfigFile& file,
                                                  const ConfigFile::Section& section) const;
  Identity Make(uid_t uid, const Rule& rule) const;

  Daemon daemon_;
  bool switches_users_ = false;
  bool allows_root_jobs_ = false;
  PythonEnvironment python_;
  std::vector<Rule> rules_;
};

}  // namespace muster::server
