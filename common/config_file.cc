#include "common/config_file.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/strip.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "common/address.h"
#include "common/config_key.h"
#include "common/config_line.h"
#include "common/marked_text.h"
#include "common/nearest.h"
#include "common/node_set.h"
#include "common/status_macros.h"

namespace muster {
namespace {

constexpr std::size_t kMaxFileBytes = 16u << 20;
// Stands at both ends of a piece of a cut line, so that inih neither trims the piece nor takes it
// for a comment. No line of a file may hold it (see CheckCharacters).
constexpr char kSeam = '\x01';

// What the name of a section is.
enum class Naming { kNone, kOurs, kHook, kAccount, kNodes };

struct SectionKind {
  const char* kind;
  Naming naming;
  std::vector<std::string> keys;
  bool names_its_keys = false;  // a key is a name that the user makes up; there are no others
  std::vector<std::string> keys_of_kinds = {};  // "nodes" of nodes.KIND, whatever the kind is
};

// What a file may hold. Keys are written with '_'; '-' is accepted in its place, but in a name.
const std::vector<SectionKind>& ValidSections() {
  static const auto* const kSections = new std::vector<SectionKind>{
      {"cluster",
       Naming::kOurs,
       {"nodes", "trust", "extends", "cluster_shell", "cluster_user", "key_name", "key_private",
        "key_public", "on_plugin_failure", "on_timeout", "plugin_timeout", "plugins", "provider",
        "setup", "start_timeout"},
       false,
       {"flavor", "groups", "image", "image_user", "min_nodes", "nodes", "placement",
        "security_group", "userdata"}},
      {"daemon",
       Naming::kNone,
       {"allow_root_jobs",
        "audit",
        "cgroups",
        "hide",
        "idle_timeout",
        "listen",
        "log_level",
        "max_connections",
        "max_connections_per_user",
        "max_cpu",
        "max_file_size",
        "max_memory",
        "max_open_files",
        "max_output",
        "max_processes",
        "max_queued",
        "max_running",
        "max_time",
        "name",
        "pass_environment",
        "python",
        "session_timeout",
        "slots",
        "user_site",
        "workers"}},
      {"group", Naming::kAccount, {"python", "role", "run_as", "sudo", "user_site"}},
      {"group_source", Naming::kOurs, {"list", "map", "shell", "timeout"}},
      {"groups", Naming::kNone, {}, true},
      {"hook", Naming::kHook, {}, true},
      {"hooks",
       Naming::kNone,
       {"enable", "enable_hooks", "enable_slurm_gcp_plugins", "executables", "memory", "path",
        "required", "timeout", "trace"}},
      {"node", Naming::kNodes, {"tags", "state"}},
      {"plugin", Naming::kOurs, {}, true},
      {"provider", Naming::kOurs, {}, true},
      {"setup", Naming::kOurs, {}, true},
      {"shell", Naming::kNone, {"fallthrough", "programs"}},
      {"user", Naming::kAccount, {"python", "role", "run_as", "sudo", "user_site"}},
  };
  return *kSections;
}

const SectionKind* FindKind(absl::string_view kind) {
  for (const SectionKind& valid : ValidSections()) {
    if (kind == valid.kind) return &valid;
  }
  return nullptr;
}

bool IsKeyOf(const SectionKind& kind, const std::string& key) {
  const std::size_t dot = key.find('.');
  const std::vector<std::string>& keys = dot == std::string::npos ? kind.keys : kind.keys_of_kinds;
  const bool has_end = dot == std::string::npos || dot + 1 < key.size();
  return has_end && std::find(keys.begin(), keys.end(), key.substr(0, dot)) != keys.end();
}

constexpr char kValidHere[] =
    "; valid here: [cluster NAME], [daemon], [group NAME], [group_source NAME], [groups], "
    "[hook NAME], [hooks], [node NAMES], [plugin NAME], [provider NAME], [setup NAME], [shell], "
    "[user NAME]";

constexpr char kNaming[] = "; a name is a letter and up to 63 letters, digits, '_', '.' or '-'";

// Feeds a text to inih and collects what it says. inih knows no line numbers (in Debian's build),
// silently cuts lines at 200 bytes and section names at 49, and does not tell of empty sections. So
// every section reaches it as its line number, and a long line as a first piece and continuation
// lines, which are joined again here.
class Parser {
 public:
  Parser(const ConfigFile& file, const std::string& text,
         std::vector<ConfigFile::Section>& sections)
      : file_(file), rest_(text), sections_(sections) {
    absl::ConsumePrefix(&rest_, "\xEF\xBB\xBF");
  }

  absl::Status Parse() {
    const int bad_piece = ::ini_parse_stream(&Parser::Read, this, &Parser::Handle, this);
    RETURN_IF_ERROR(error_);
    if (bad_piece > 0) return NeitherNor(line_of_piece_[static_cast<std::size_t>(bad_piece) - 1]);
    if (bad_piece < 0)
      return absl::ResourceExhaustedError("no memory left to read a configuration");
    return absl::OkStatus();
  }

 private:
  static char* Read(char* buffer, int size, void* parser) {
    return static_cast<Parser*>(parser)->NextPiece(buffer, static_cast<std::size_t>(size));
  }
  static int Handle(void* parser, const char*, const char* key, const char* value) {
    auto* self = static_cast<Parser*>(parser);
    if (self->error_.ok()) self->error_ = self->TakeValue(key, value);
    return 1;
  }

  // Null at the end, and after the first error.
  char* NextPiece(char* buffer, std::size_t size) {
    if (!error_.ok()) return nullptr;
    std::string piece;
    if (!line_rest_.empty()) {
      is_rest_of_line_ = true;
      piece = absl::StrCat(" ", std::string(1, kSeam));
    } else {
      if (rest_.empty()) return nullptr;
      BeginLine();
      if (!error_.ok()) return nullptr;
    }
    const std::size_t room = size - 1 - piece.size() - 1;
    const bool cut = line_rest_.size() > room;
    piece.append(line_rest_.data(), std::min(room, line_rest_.size()));
    line_rest_ = cut ? line_rest_.substr(room) : absl::string_view();
    if (cut || is_rest_of_line_) piece += kSeam;
    line_of_piece_.push_back(line_);
    ::memcpy(buffer, piece.c_str(), piece.size() + 1);
    return buffer;
  }

  // Takes the next line of the file and sets line_rest_ to what inih shall see of it.
  void BeginLine() {
    ++line_;
    is_rest_of_line_ = false;
    const std::size_t end = rest_.find('\n');
    absl::string_view line = rest_.substr(0, end);
    rest_ = end == absl::string_view::npos ? absl::string_view() : rest_.substr(end + 1);
    line = absl::StripTrailingAsciiWhitespace(line);
    if (IsBlankOrComment(line)) return;
    for (const unsigned char c : line) {
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        error_ = file_.ErrorAt(line_, "the line holds a control character; remove it");
        return;
      }
    }
    line_rest_ = WithoutInlineComment(line);
    continues_value_ = has_key_ && absl::ascii_isspace(line_rest_.front());
    if (!continues_value_ && absl::StripLeadingAsciiWhitespace(line_rest_).front() == '[') {
      error_ = BeginSection(absl::StripAsciiWhitespace(line_rest_));
      header_ = absl::StrCat("[", line_, "]");
      line_rest_ = header_;
    }
  }

  absl::Status BeginSection(absl::string_view header) {
    if (!absl::ConsumePrefix(&header, "[") || !absl::ConsumeSuffix(&header, "]")) {
      return file_.ErrorAt(line_, "the ']' of the section is missing");
    }
    header = absl::StripAsciiWhitespace(header);
    const std::size_t space = header.find_first_of(" \t");
    ConfigFile::Section section;
    section.kind = std::string(header.substr(0, space));
    if (space != absl::string_view::npos) {
      section.name = std::string(absl::StripAsciiWhitespace(header.substr(space)));
    }
    section.line = line_;
    const SectionKind* kind = FindKind(section.kind);
    if (kind == nullptr || (kind->naming == Naming::kNone) != section.name.empty()) {
      return file_.ErrorAt(line_, absl::StrCat("no section [", header, "] is known", kValidHere));
    }
    if (kind->naming == Naming::kAccount && !IsAccountName(section.name)) {
      return file_.ErrorAt(line_, absl::StrCat("\"", section.name, "\" cannot be the name of a ",
                                               kind->kind, " of this machine"));
    }
    if (kind->naming == Naming::kOurs && !IsValidName(section.name)) {
      return file_.ErrorAt(
          line_, absl::StrCat("bad name \"", section.name, "\" of a ", kind->kind, kNaming));
    }
    // Of an executable: its number comes first.
    if (kind->naming == Naming::kHook && !IsValidName(absl::StrCat("h", section.name))) {
      return file_.ErrorAt(
          line_, absl::StrCat("bad name \"", section.name,
                              "\" of a hook; a name is up to 63 letters, digits, '_', '.' or '-'"));
    }
    if (kind->naming == Naming::kNodes) {
      const absl::StatusOr<NodeSet> nodes = NodeSet::Parse(section.name);
      if (!nodes.ok()) return file_.ErrorAt(line_, FirstLine(nodes.status().message()));
    }
    for (const ConfigFile::Section& other : sections_) {
      if (other.kind == section.kind && other.name == section.name) {
        return file_.ErrorAt(line_, absl::StrCat("[", header, "] stands in line ", other.line,
                                                 " already; join the two sections"));
      }
    }
    sections_.push_back(std::move(section));
    has_key_ = false;
    return absl::OkStatus();
  }

  absl::Status TakeValue(absl::string_view key, absl::string_view value) {
    if (is_rest_of_line_) {
      absl::ConsumePrefix(&value, std::string(1, kSeam));
    }
    absl::ConsumeSuffix(&value, std::string(1, kSeam));
    if (is_rest_of_line_ || continues_value_) {
      absl::StrAppend(&sections_.back().entries[key_].value, is_rest_of_line_ ? "" : "\n", value);
      return absl::OkStatus();
    }
    return BeginKey(key, value);
  }

  absl::Status BeginKey(absl::string_view key, absl::string_view value) {
    if (sections_.empty()) {
      return file_.ErrorAt(
          line_, absl::StrCat("\"", key, "\" stands before the first section", kValidHere));
    }
    ConfigFile::Section& section = sections_.back();
    key_ = std::string(key);
    const SectionKind& kind = *FindKind(section.kind);
    const std::vector<std::string>& keys = kind.keys;
    if (kind.names_its_keys) {
      if (!IsValidName(key)) {
        return file_.ErrorAt(line_, absl::StrCat("bad name \"", key, "\"", kNaming));
      }
    } else {
      key_ = CanonicalKey(key);
    }
    if (!kind.names_its_keys && !IsKeyOf(kind, key_)) {
      std::vector<std::string> valid = keys;
      for (const std::string& known : kind.keys_of_kinds) valid.push_back(known + ".KIND");
      return file_.ErrorAt(line_, absl::StrCat("no key \"", key, "\" is known in [", section.kind,
                                               section.name.empty() ? "" : " ", section.name,
                                               "]; valid here: ", absl::StrJoin(valid, ", "),
                                               DidYouMean(key_, valid)));
    }
    const auto [entry, is_new] = section.entries.try_emplace(key_);
    if (!is_new) {
      return file_.ErrorAt(line_, absl::StrCat("\"", key, "\" stands in line ", entry->second.line,
                                               " already; remove one of the two"));
    }
    entry->second = {std::string(value), line_};
    has_key_ = true;
    return absl::OkStatus();
  }

  absl::Status NeitherNor(int line) const {
    return file_.ErrorAt(line,
                         "the line is neither a [section], nor \"key = value\", nor a comment "
                         "(# or ;)");
  }

  const ConfigFile& file_;
  absl::string_view rest_;  // of the file
  std::vector<ConfigFile::Section>& sections_;
  absl::Status error_;  // the first one

  int line_ = 0;                  // that is being fed
  absl::string_view line_rest_;   // of it, not yet fed
  std::string header_;            // what a section is fed as
  bool is_rest_of_line_ = false;  // the piece is not the first of its line
  bool continues_value_ = false;  // the line is indented and belongs to the key above
  bool has_key_ = false;          // the section has one, so an indented line continues it
  std::string key_;
  std::vector<int> line_of_piece_;
};

absl::StatusOr<std::string> ReadWhole(const std::string& path, Trust trust) {
  const auto file = OpenTrustedFile(path, trust);
  if (!file.ok()) {
    return absl::Status(file.status().code(),
                        absl::StrCat("the configuration: ", file.status().message()));
  }
  std::string text;
  char buffer[16384];
  ssize_t count = 0;
  while ((count = ::read(file->get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(absl::StrCat("the configuration ", path, " is larger than ",
                                                     kMaxFileBytes >> 20, " MiB"));
    }
  }
  if (count < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read the configuration ", path, ": ", ::strerror(errno)));
  }
  return text;
}

constexpr char kHere[] = "./cluster.conf";

// Null when it is not set.
const char* NamedByEnvironment() {
  const char* given = ::getenv("MUSTER_CONFIG");
  return given == nullptr || *given == '\0' ? nullptr : given;
}

std::string UserFile() {
  const char* folder = ::getenv("XDG_CONFIG_HOME");
  if (folder != nullptr && folder[0] == '/') return absl::StrCat(folder, "/muster/cluster.conf");
  const char* home = ::getenv("HOME");
  if (home == nullptr || home[0] != '/') return "";
  return absl::StrCat(home, "/.config/muster/cluster.conf");
}

}  // namespace

absl::StatusOr<ConfigFile> ConfigFile::Load(const std::string& path, Trust trust) {
  ConfigFile file;
  file.path_ = path;
  ASSIGN_OR_RETURN(const std::string text, ReadWhole(path, trust));
  RETURN_IF_ERROR(Parser(file, text, file.sections_).Parse());
  return file;
}

absl::StatusOr<std::string> ConfigFile::Find(const std::string& explicit_path) {
  if (!explicit_path.empty()) return explicit_path;
  if (const char* given = NamedByEnvironment()) {
    if (::access(given, F_OK) != 0) {
      return absl::NotFoundError(
          absl::StrCat("MUSTER_CONFIG names ", given, ": ", ::strerror(errno)));
    }
    return std::string(given);
  }
  for (const std::string& candidate :
       {std::string(kHere), UserFile(), std::string("/etc/muster/cluster.conf")}) {
    if (!candidate.empty() && ::access(candidate.c_str(), F_OK) == 0) return candidate;
  }
  return std::string();
}

Trust ConfigFile::TrustOfUser(const std::string& explicit_path) {
  const bool is_named = !explicit_path.empty() || NamedByEnvironment() != nullptr;
  return is_named ? Trust::kNamed : Trust::kStrict;
}

const ConfigFile::Section* ConfigFile::FindSection(const std::string& kind,
                                                   const std::string& name) const {
  for (const Section& section : sections_) {
    if (section.kind == kind && section.name == name) return &section;
  }
  return nullptr;
}

absl::Status ConfigFile::ErrorAt(int line, const std::string& message) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ":", line, ": ", message));
}

}  // namespace muster
