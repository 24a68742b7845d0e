#include "server/daemon_options.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "common/address.h"
#include "common/config_file.h"
#include "common/limits.h"
#include "common/status_macros.h"
#include "common/variable_name.h"
#include "common/version.h"

namespace muster::server {
namespace {

// The short host name, made into a valid name.
std::string DefaultName() {
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  std::string name(host);
  name = name.substr(0, name.find('.'));
  for (char& c : name) {
    if (!IsValidName(std::string("n") + c)) c = '-';
  }
  return IsValidName(name) ? name : (name.empty() ? "node" : "n" + name).substr(0, 64);
}

std::size_t DefaultWorkers() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof(set), &set) == 0 ? static_cast<std::size_t>(CPU_COUNT(&set))
                                                        : 1;
}

// Where a daemon that serves others records what it does, and where its keys are.
constexpr char kAuditFolder[] = "/var/log/muster/";
constexpr char kKeyFolder[] = "/etc/muster/keys";

// "3.11" of "3.11.2".
std::string MinorVersion(const std::string& version) {
  return version.substr(0, version.find('.', version.find('.') + 1));
}

// As the command line and the configuration give them; empty: not given.
struct Given {
  std::string name;
  std::string listen;
  std::map<std::string, std::string> bounds;  // by key
  std::string control_groups;
  std::string audit;
  std::string hide;
  std::string pass_environment;
  std::string log_level;
  AccessRules rules;
  std::map<std::string, std::string> places;  // "FILE:LINE: " of those that came from a file
};

// [daemon] for everything that no flag says.
absl::Status AddConfiguration(const std::string& explicit_path, bool is_embedded, Given& given) {
  AccessRules::Daemon daemon;
  daemon.uid = ::geteuid();
  daemon.is_embedded = is_embedded;
  daemon.python_version = MinorVersion(MUSTER_PYTHON_VERSION);
  ASSIGN_OR_RETURN(given.rules, AccessRules::Read(nullptr, daemon));
  ASSIGN_OR_RETURN(const std::string path, ConfigFile::Find(explicit_path));
  if (path.empty()) return absl::OkStatus();
  // An embedded daemon is a part of its user's program, and serves nobody else.
  const Trust trust = is_embedded ? ConfigFile::TrustOfUser(explicit_path) : Trust::kStrict;
  ASSIGN_OR_RETURN(const ConfigFile file, ConfigFile::Load(path, trust));
  ASSIGN_OR_RETURN(given.rules, AccessRules::Read(&file, daemon));
  const ConfigFile::Section* section = file.FindSection("daemon");
  if (section == nullptr) return absl::OkStatus();
  const auto use = [&](const char* key, std::string& value) {
    const auto entry = section->entries.find(key);
    if (!value.empty() || entry == section->entries.end()) return;
    value = entry->second.value;
    given.places[key] = absl::StrCat(file.path(), ":", entry->second.line, ": ");
  };
  use("name", given.name);
  use("listen", given.listen);
  for (const BoundOption& option : BoundOptions()) use(option.key, given.bounds[option.key]);
  use("cgroups", given.control_groups);
  use("audit", given.audit);
  use("hide", given.hide);
  use("pass_environment", given.pass_environment);
  use("log_level", given.log_level);
  return absl::OkStatus();
}

absl::Status WrongValue(const Given& given, const std::string& key, absl::string_view message) {
  const auto place = given.places.find(key);
  return absl::InvalidArgumentError(
      absl::StrCat(place == given.places.end() ? "" : place->second, message));
}

absl::Status SetListen(const Given& given, DaemonOptions& options) {
  const std::string& listen = given.listen;
  options.socket_is_default = listen.empty();
  const absl::StatusOr<Address> parsed =
      ParseAddress(listen.empty() ? "unix:" + DefaultSocketPath() : listen);
  if (!parsed.ok()) return WrongValue(given, "listen", parsed.status().message());
  const Address& address = *parsed;
  if (address.kind != Address::Kind::kUnix) {
    return WrongValue(given, "listen",
                      absl::StrCat("cannot listen on ", listen,
                                   ": an ssh address is for clients; listen on unix:/path and let "
                                   "clients use ssh:HOST/path"));
  }
  options.socket_path = address.path;
  return absl::OkStatus();
}

// Of a list that is separated by commas or lines.
std::vector<std::string> Items(const std::string& list) {
  std::vector<std::string> items;
  for (const absl::string_view item : absl::StrSplit(list, absl::ByAnyChar(",\n"))) {
    const absl::string_view text = absl::StripAsciiWhitespace(item);
    if (!text.empty()) items.emplace_back(text);
  }
  return items;
}

absl::Status CheckWholePath(const Given& given, const char* key, const std::string& path) {
  if (!path.empty() && path[0] == '/' && path != "/") return absl::OkStatus();
  return WrongValue(given, key,
                    absl::StrCat(key, " takes whole paths, from / on, and \"", path, "\" is none"));
}

// Where what runs is recorded; empty: nowhere.
std::string AuditPath(const Given& given, const DaemonOptions& options, bool is_embedded) {
  // What an embedded daemon runs is its program's own business.
  if (is_embedded || given.audit == "no") return "";
  if (!given.audit.empty()) return given.audit;
  return given.rules.SwitchesUsers() ? absl::StrCat(kAuditFolder, options.name, ".audit") : "";
}

// Whether a folder can be hidden at no price: what is made beside a hidden folder, or beside one
// above it, cannot be opened by who was there before; so only root may make files there.
bool IsOutOfTheWay(const std::string& folder) {
  for (std::size_t slash = 0; slash != std::string::npos; slash = folder.find('/', slash + 1)) {
    struct stat info {};
    if (::stat(folder.substr(0, slash + 1).c_str(), &info) != 0) continue;
    if (info.st_uid != 0 || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return false;
  }
  return true;
}

// Who, and what of ours and of the machine jobs get to see.
absl::Status SetAccess(const Given& given, bool is_embedded, DaemonOptions& options) {
  options.rules = given.rules;
  options.audit_path = AuditPath(given, options, is_embedded);
  if (!options.audit_path.empty()) {
    RETURN_IF_ERROR(CheckWholePath(given, "audit", options.audit_path));
  }
  if (!is_embedded) options.hidden = Items(given.hide);
  for (const std::string& folder : options.hidden) {
    RETURN_IF_ERROR(CheckWholePath(given, "hide", folder));
  }
  std::vector<std::string> own = {kKeyFolder};
  if (!options.audit_path.empty()) {
    own.push_back(options.audit_path.substr(0, options.audit_path.rfind('/')));
  }
  for (const std::string& folder : own) {
    if (!is_embedded && !folder.empty() && IsOutOfTheWay(folder)) options.hidden.push_back(folder);
  }
  // The jobs of an embedded daemon belong to the program that made it.
  options.passed_variables = Items(is_embedded ? "*" : given.pass_environment);
  for (const std::string& name : options.passed_variables) {
    const bool is_pattern = absl::EndsWith(name, "*");
    if (name != "*" && !IsVariableName(is_pattern ? name.substr(0, name.size() - 1) : name)) {
      return WrongValue(given, "pass_environment",
                        absl::StrCat("pass_environment takes names of variables, also with a * at "
                                     "their end, and \"",
                                     name, "\" is none"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<DaemonOptions> Settle(const Given& given, bool is_embedded) {
  DaemonOptions options;
  options.name_is_explicit = !given.name.empty();
  options.name = options.name_is_explicit ? given.name : DefaultName();
  if (!IsValidName(options.name)) {
    return WrongValue(given, "name",
                      absl::StrCat("\"", options.name,
                                   "\" cannot be a node's name: a letter, then letters, "
                                   "digits, _ . -, at most 64"));
  }
  RETURN_IF_ERROR(SetListen(given, options));
  RETURN_IF_ERROR(SetAccess(given, is_embedded, options));
  options.bounds.admission.workers = DefaultWorkers();
  for (const BoundOption& option : BoundOptions()) {
    const auto text = given.bounds.find(option.key);
    if (text == given.bounds.end() || text->second.empty()) continue;
    if (const absl::Status status = option.set(text->second, options.bounds); !status.ok()) {
      return WrongValue(given, option.key, absl::StrCat(option.key, ": ", status.message()));
    }
  }
  if (!given.control_groups.empty() && given.control_groups != "auto" &&
      given.control_groups != "no") {
    return WrongValue(given, "cgroups",
                      absl::StrCat("cgroups is auto or no, not \"", given.control_groups, "\""));
  }
  options.control_groups = given.control_groups != "no";
  const Limits& limits = options.bounds.limits;
  if (!options.control_groups && (limits.memory_bytes || limits.processes)) {
    return absl::InvalidArgumentError(absl::StrCat(
        limits.memory_bytes ? "max_memory" : "max_processes",
        " takes control groups, and cgroups is no: nothing could run; drop one of the two"));
  }
  if (!given.log_level.empty()) options.log_level = given.log_level;
  const std::vector<std::string> levels = {"debug", "info", "warn", "error", "off"};
  if (std::find(levels.begin(), levels.end(), options.log_level) == levels.end()) {
    return WrongValue(given, "log_level",
                      absl::StrCat("log level is one of debug, info, warn, error, off, not \"",
                                   options.log_level, "\""));
  }
  return options;
}

// What the configuration adds to the flags, and what comes of both.
ParsedOptions Conclude(const std::string& configuration, int parent_fd, bool checks_only,
                       Given given) {
  absl::Status status = AddConfiguration(configuration, parent_fd >= 0, given);
  if (status.ok()) {
    absl::StatusOr<DaemonOptions> options = Settle(given, parent_fd >= 0);
    if (options.ok()) {
      options->parent_fd = parent_fd;
      if (!checks_only) return {*std::move(options), 0};
      for (const std::string& line : options->Describe()) std::cout << line << "\n";
      return {std::nullopt, 0};
    }
    status = options.status();
  }
  std::cerr << "clusterd: " << status.message() << "\n";
  return {std::nullopt, kExitConfiguration};
}

}  // namespace

std::vector<std::string> DaemonOptions::Describe() const {
  std::vector<std::string> lines = {absl::StrCat("node ", name, ", socket unix:", socket_path)};
  for (std::string& line : rules.Describe()) lines.push_back(std::move(line));
  lines.push_back(audit_path.empty() ? "records nothing (audit)"
                                     : absl::StrCat("records what runs in ", audit_path));
  if (!bounds.slots.empty()) {
    lines.push_back(absl::StrCat("offers the slots ", DescribeSlots(bounds.slots)));
  }
  for (const std::string& folder : hidden) {
    const bool is_there = ::access(folder.c_str(), F_OK) == 0;
    if (is_there || folder != kKeyFolder) {
      lines.push_back(absl::StrCat("hides ", folder, is_there ? "" : ", which is not there"));
    }
  }
  return lines;
}

ParsedOptions ParseDaemonOptions(int argc, char** argv) {
  CLI::App app(
      "clusterd: the daemon of Muster; it runs commands and Python on this node for its owner, "
      "root, "
      "and whom [user NAME] and [group NAME] of its configuration name.",
      "clusterd");
  Given given;
  std::string configuration;
  std::string relay;
  int parent_fd = -1;
  app.add_option("--name", given.name, "The node's name (default: the short host name)");
  app.add_option("--listen", given.listen,
                 "unix:/path of the socket (default: unix:" + DefaultSocketPath() + ")");
  for (const BoundOption& option : BoundOptions()) {
    app.add_option(option.flag, given.bounds[option.key], option.help);
  }
  app.add_option("--cgroups", given.control_groups,
                 "auto (default): use control groups where that is possible; no: never");
  app.add_option("--config", configuration, "The configuration file, for its [daemon] section");
  app.add_option("--log-level", given.log_level,
                 "debug, info (default), warn, error or off; the log goes to standard error");
  CLI::Option* relay_option =
      app.add_option(
             "--relay", relay,
             "Connect standard input and output to the daemon's socket, at this path or the "
             "default; for ssh addresses")
          ->expected(0, 1);
  bool checks_only = false;
  app.add_flag(
      "--check", checks_only,
      "Say whom the configuration would have it serve, and end: 0, or 78 and what is wrong");
  app.add_option("--parent-fd", parent_fd, "End at this descriptor's end of file (for local())")
      ->group("");
  app.set_version_flag("--version", std::string("clusterd ") + kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return {std::nullopt, app.exit(error)};
    std::cerr << "clusterd: " << error.what() << " (clusterd --help lists all options)\n";
    return {std::nullopt, kExitUsage};
  }
  if (relay_option->count() > 0) {
    DaemonOptions options;
    options.relay = relay;
    return {options, 0};
  }
  struct stat parent {};
  if (parent_fd >= 0 && (::fstat(parent_fd, &parent) != 0 ||
                         (!S_ISSOCK(parent.st_mode) && !S_ISFIFO(parent.st_mode)))) {
    std::cerr << "clusterd: descriptor " << parent_fd << " is not the parent's socket\n";
    return {std::nullopt, kExitUsage};
  }
  return Conclude(configuration, parent_fd, checks_only, std::move(given));
}

}  // namespace muster::server
