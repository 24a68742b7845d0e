#include "provision/hook_catalogue.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "common/nearest.h"
#include "common/trusted_file.h"

namespace muster::provision {
namespace {

namespace fs = std::filesystem;

bool IsIdentifier(absl::string_view name) {
  return !name.empty() && absl::ascii_isalpha(name[0]) != 0 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) != 0 || c == '_'; });
}

// Why nobody else could have written it; empty: nobody could.
std::string WhyNotTrusted(const std::string& path) {
  const auto opened = OpenTrustedFile(path, Trust::kStrict);
  return opened.ok() ? "" : std::string(opened.status().message());
}

// False: it is not there, or is not to be trusted, which is told.
bool IsTrustedFolder(const std::string& folder, std::vector<std::string>& complaints) {
  const auto opened = OpenTrustedFolder(folder, Sharing::kNone);
  if (opened.ok()) return true;
  struct stat info {};
  const bool is_there = ::lstat(folder.c_str(), &info) == 0;  // a link that leads nowhere
  if (is_there || !absl::IsNotFound(opened.status())) {
    complaints.push_back(
        absl::StrCat("the hooks in ", folder, " are left out: ", opened.status().message()));
  }
  return false;
}

std::vector<std::string> EntriesOf(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// All files of Python in a package have a say.
std::string WhyNotPackage(const std::string& folder) {
  std::vector<std::string> complaints;
  if (!IsTrustedFolder(folder, complaints)) return complaints.empty() ? "" : complaints.front();
  for (const std::string& name : EntriesOf(folder)) {
    if (!absl::EndsWith(name, ".py")) continue;
    if (std::string why = WhyNotTrusted(absl::StrCat(folder, "/", name)); !why.empty()) return why;
  }
  return "";
}

void AddModules(const std::string& folder, HookCatalogue& found) {
  if (!IsTrustedFolder(folder, found.complaints)) return;
  for (const std::string& entry : EntriesOf(folder)) {
    HookFile file;
    file.path = absl::StrCat(folder, "/", entry);
    std::error_code ignored;
    const bool is_package = fs::exists(file.path + "/__init__.py", ignored);
    if (!is_package && !absl::EndsWith(entry, ".py")) continue;
    file.name = is_package ? entry : entry.substr(0, entry.size() - 3);
    if (!IsIdentifier(file.name) || file.name == "utils") continue;
    const bool is_known =
        std::any_of(found.modules.begin(), found.modules.end(),
                    [&](const HookFile& other) { return other.name == file.name; });
    if (is_known) continue;
    file.problem = is_package ? WhyNotPackage(file.path) : WhyNotTrusted(file.path);
    if (is_package) file.path += "/__init__.py";
    found.modules.push_back(std::move(file));
  }
}

// Whatever lies there is meant to be called.
std::string WhyNotProgram(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return absl::StrCat(path, " cannot be looked at: ", ::strerror(errno),
                        "; mend it, or move it out of the folder");
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::StrCat(path, " is ", S_ISDIR(info.st_mode) ? "a folder" : "no file",
                        ", and no executable; move it out of the folder");
  }
  if (std::string why = WhyNotTrusted(path); !why.empty()) return why;
  if ((info.st_mode & 0100) != 0) return "";
  return absl::StrCat(path, " is not executable; say: chmod +x ", path,
                      ", or move it out of the folder");
}

// Folders of no event: nothing in them is ever called.
void TellOddFolders(const std::string& root, HookCatalogue& found) {
  std::vector<std::string> known;
  for (const HookEvent event : HookEvents()) {
    if (event == HookEvent::kInformation) continue;
    for (const std::string& name : NamesOf(event)) known.push_back(name + ".d");
  }
  for (const std::string& entry : EntriesOf(root)) {
    std::error_code ignored;
    if (entry.front() == '.' || !fs::is_directory(absl::StrCat(root, "/", entry), ignored))
      continue;
    if (std::find(known.begin(), known.end(), entry) != known.end()) continue;
    const std::string hint = DidYouMean(entry, known);
    if (hint.empty() && !absl::EndsWith(entry, ".d")) continue;
    found.complaints.push_back(absl::StrCat("the executables in ", root, "/", entry,
                                            " are left out: it is the folder of no event", hint));
  }
}

void AddPrograms(const std::string& root, HookEvent event, const std::string& name,
                 HookCatalogue& found) {
  const std::string folder = absl::StrCat(root, "/", name, ".d");
  if (!IsTrustedFolder(folder, found.complaints)) return;
  for (const std::string& entry : EntriesOf(folder)) {
    if (entry.front() == '.' || entry.back() == '~') continue;
    HookFile file;
    file.name = entry;
    file.path = absl::StrCat(folder, "/", entry);
    file.is_program = true;
    file.event = event;
    file.problem = WhyNotProgram(file.path);
    found.programs.push_back(std::move(file));
  }
}

}  // namespace

HookCatalogue FindHooks(const HookSettings& settings, const std::string& example_folder) {
  HookCatalogue found;
  for (const std::string& folder : settings.folders) AddModules(folder, found);
  const bool wants_example =
      settings.enabled.all ? found.modules.empty()
                           : std::find(settings.enabled.names.begin(), settings.enabled.names.end(),
                                       "test_plugin") != settings.enabled.names.end();
  if (wants_example && !example_folder.empty()) {
    const std::string path = example_folder + "/test_plugin.py";
    std::error_code ignored;
    const bool is_known =
        std::any_of(found.modules.begin(), found.modules.end(),
                    [](const HookFile& other) { return other.name == "test_plugin"; });
    if (!is_known && fs::exists(path, ignored)) {
      found.modules.push_back({"test_plugin", path, ""});
    }
  }
  std::sort(found.modules.begin(), found.modules.end(),
            [](const HookFile& a, const HookFile& b) { return a.name < b.name; });
  for (const std::string& root : settings.program_folders) {
    for (const HookEvent event : HookEvents()) {
      if (event == HookEvent::kInformation) continue;
      for (const std::string& name : NamesOf(event)) AddPrograms(root, event, name, found);
    }
    if (settings.runs_programs) TellOddFolders(root, found);
  }
  std::stable_sort(found.programs.begin(), found.programs.end(),
                   [](const HookFile& a, const HookFile& b) {
                     return std::tie(a.event, a.name) < std::tie(b.event, b.name);
                   });
  return found;
}

}  // namespace muster::provision
