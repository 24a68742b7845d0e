#include "shell/cluster_section.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "client/ClusterAPI.h"
#include "common/address.h"
#include "common/config_file.h"
#include "common/status_macros.h"
#include "common/unique_fd.h"

namespace muster::clustershell {
namespace {

using Lines = std::vector<std::string>;
using Check = std::function<absl::Status(const std::string& file)>;

struct ConfiguredName {
  std::string name;
  std::string address;
};

absl::Status Cannot(const std::string& what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat("cannot ", what, " ", path, ": ", ::strerror(errno)));
}

absl::StatusOr<Lines> ReadLines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno == ENOENT) return Lines();
    return Cannot("read", path);
  }
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  Lines lines = absl::StrSplit(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

// A new file; errors are those of `path`, for which it is meant.
absl::Status WriteFresh(const std::string& fresh, const std::string& path, const Lines& lines,
                        mode_t mode) {
  std::string text = absl::StrJoin(lines, "\n");
  if (!text.empty()) text += '\n';
  const UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.IsOpen()) return Cannot("write", path);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0) {
    absl::Status status = Cannot("write", path);
    ::unlink(fresh.c_str());
    return status;
  }
  return absl::OkStatus();
}

absl::Status RunCheck(const Check& check, const std::string& fresh, const std::string& path) {
  absl::Status checked = check ? check(fresh) : absl::OkStatus();
  if (checked.ok()) return checked;
  ::unlink(fresh.c_str());
  // Nobody could look into that file any more.
  return absl::InvalidArgumentError(
      absl::StrCat("nothing was written to ", path, ": ",
                   absl::StrReplaceAll(std::string(checked.message()), {{fresh, path}})));
}

// In one step, so that nobody finds half of it; checked before.
absl::Status Replace(const std::string& named, const Lines& lines, const Check& check) {
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(named, ignored);
  const std::string path = is_there ? std::filesystem::canonical(named, ignored).string() : named;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  struct stat info {};
  const mode_t mode = ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0600;
  const std::string fresh = absl::StrCat(path, ".new-", ::getpid());
  RETURN_IF_ERROR(WriteFresh(fresh, path, lines, mode));
  RETURN_IF_ERROR(RunCheck(check, fresh, path));
  if (is_there) {
    const std::string before = path + "~";
    std::filesystem::copy_file(path, before, std::filesystem::copy_options::overwrite_existing,
                               ignored);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return Cannot("replace", path);
  return absl::OkStatus();
}

// "n1=unix:/path, n2=ssh:host", as the section has it.
std::vector<ConfiguredName> NodesOf(const std::string& value) {
  std::vector<ConfiguredName> nodes;
  for (absl::string_view item :
       absl::StrSplit(value, absl::ByAnyChar(",\n"), absl::SkipWhitespace())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    nodes.push_back({std::string(absl::StripAsciiWhitespace(parts.first)),
                     std::string(absl::StripAsciiWhitespace(parts.second))});
  }
  return nodes;
}

bool HasName(const std::vector<ConfiguredName>& nodes, absl::string_view name) {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const ConfiguredName& node) { return name == node.name; });
}

std::string AddressOf(const std::string& word) {
  if (absl::StartsWith(word, "unix:") || absl::StartsWith(word, "ssh:")) return word;
  if (word == "localhost" || word == "127.0.0.1") {
    return absl::StrCat("unix:", DefaultSocketPath());
  }
  return absl::StrCat("ssh:", word);
}

// The short name of the host; a number where it has none that is free.
std::string NameFor(const std::string& address, const std::vector<ConfiguredName>& nodes) {
  const auto parsed = ParseAddress(address);
  std::string name = parsed.ok() ? parsed->host.substr(0, parsed->host.find('.')) : "";
  if (IsValidName(name) && !HasName(nodes, name)) return name;
  for (std::size_t number = nodes.size() + 1;; ++number) {
    name = absl::StrCat("n", number);
    if (!HasName(nodes, name)) return name;
  }
}

absl::StatusOr<std::vector<std::string>> Merge(const std::vector<std::string>& words,
                                               std::vector<ConfiguredName>& nodes) {
  std::vector<std::string> added;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const bool is_named = equals != std::string::npos;
    const std::string address = AddressOf(is_named ? word.substr(equals + 1) : word);
    if (const auto parsed = ParseAddress(address); !parsed.ok()) return parsed.status();
    const bool is_there = std::any_of(nodes.begin(), nodes.end(), [&](const ConfiguredName& node) {
      return node.address == address;
    });
    if (is_there) continue;
    nodes.push_back({is_named ? word.substr(0, equals) : NameFor(address, nodes), address});
    added.push_back(nodes.back().name);
  }
  return added;
}

// How many lines an entry has that begins at `at`: those that go on are indented.
std::size_t LinesOfEntry(const Lines& lines, std::size_t at) {
  std::size_t end = at + 1;
  while (end < lines.size() &&
         (absl::StartsWith(lines[end], " ") || absl::StartsWith(lines[end], "\t"))) {
    ++end;
  }
  return end - at;
}

// The file with the section behind all that it has.
absl::StatusOr<Lines> WithSection(const std::string& path, const Lines& section) {
  ASSIGN_OR_RETURN(Lines lines, ReadLines(path));
  if (!lines.empty()) lines.emplace_back();
  lines.insert(lines.end(), section.begin(), section.end());
  return lines;
}

std::string NodesLine(const std::vector<ConfiguredName>& nodes) {
  return absl::StrCat("nodes = ",
                      absl::StrJoin(nodes, ", ", [](std::string* out, const ConfiguredName& node) {
                        absl::StrAppend(out, node.name, "=", node.address);
                      }));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> AddNodes(const std::string& path,
                                                  const std::string& cluster,
                                                  const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(Lines lines, ReadLines(path));
  std::vector<ConfiguredName> nodes;
  std::size_t at = lines.size();
  if (!lines.empty()) {
    ASSIGN_OR_RETURN(const ConfigFile file, ConfigFile::Load(path, Trust::kNamed));
    if (const ConfigFile::Section* section = file.FindSection("cluster", cluster)) {
      at = static_cast<std::size_t>(section->line);
      const auto entry = section->entries.find("nodes");
      if (entry != section->entries.end()) {
        nodes = NodesOf(entry->second.value);
        at = static_cast<std::size_t>(entry->second.line) - 1;
        const auto first = lines.begin() + static_cast<std::ptrdiff_t>(at);
        lines.erase(first, first + static_cast<std::ptrdiff_t>(LinesOfEntry(lines, at)));
      }
    }
  }
  const bool is_new = at == lines.size() && nodes.empty();
  ASSIGN_OR_RETURN(std::vector<std::string> added, Merge(words, nodes));
  if (added.empty()) return added;
  if (is_new) {
    if (!lines.empty()) lines.emplace_back();
    lines.push_back(absl::StrCat("[cluster ", cluster, "]"));
    at = lines.size();
  }
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), NodesLine(nodes));
  RETURN_IF_ERROR(Replace(path, lines, [&](const std::string& fresh) {
    const auto opened = ClusterAPI::connect(cluster, fresh);
    return opened.ok() ? absl::OkStatus() : absl::InvalidArgumentError(opened.status().message());
  }));
  return added;
}

absl::Status AddSection(const std::string& path, const std::vector<std::string>& section,
                        const Check& check) {
  ASSIGN_OR_RETURN(const Lines lines, WithSection(path, section));
  return Replace(path, lines, check);
}

absl::Status CheckSection(const std::string& path, const std::vector<std::string>& section,
                          const Check& check) {
  ASSIGN_OR_RETURN(const Lines lines, WithSection(path, section));
  std::error_code ignored;
  // Relative folders in it count from its own; where that is not there yet, there are none.
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const bool has_folder = folder.empty() || std::filesystem::is_directory(folder, ignored);
  const std::string stem =
      has_folder ? path : (std::filesystem::temp_directory_path(ignored) / "muster.conf").string();
  const std::string fresh = absl::StrCat(stem, ".new-", ::getpid());
  RETURN_IF_ERROR(WriteFresh(fresh, path, lines, 0600));
  RETURN_IF_ERROR(RunCheck(check, fresh, path));
  ::unlink(fresh.c_str());
  return absl::OkStatus();
}

absl::Status RemoveCluster(const std::string& path, const std::string& cluster) {
  ASSIGN_OR_RETURN(Lines lines, ReadLines(path));
  ASSIGN_OR_RETURN(const ConfigFile file, ConfigFile::Load(path, Trust::kNamed));
  const ConfigFile::Section* const section = file.FindSection("cluster", cluster);
  if (section == nullptr) {
    return absl::NotFoundError(absl::StrCat(path, " has no [cluster ", cluster, "]"));
  }
  std::size_t end = lines.size();
  for (const ConfigFile::Section& other : file.sections()) {
    if (other.line > section->line) end = std::min(end, static_cast<std::size_t>(other.line) - 1);
  }
  lines.erase(lines.begin() + (section->line - 1),
              lines.begin() + static_cast<std::ptrdiff_t>(end));
  return Replace(path, lines, nullptr);
}

std::string OwnConfigurationPath() {
  const char* folder = ::getenv("XDG_CONFIG_HOME");
  if (folder != nullptr && folder[0] == '/') return absl::StrCat(folder, "/muster/cluster.conf");
  const char* home = ::getenv("HOME");
  if (home != nullptr && home[0] == '/') return absl::StrCat(home, "/.config/muster/cluster.conf");
  return "";
}

}  // namespace muster::clustershell
