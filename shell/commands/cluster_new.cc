// cluster new: a template, written into the configuration.
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/config_file.h"
#include "provision/cluster_template.h"
#include "provision/node_names.h"
#include "shell/cluster_commands.h"
#include "shell/cluster_records.h"
#include "shell/cluster_section.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{0, "--provider", true}, {0, "--nodes", true}, {0, "--dry-run"}};

constexpr char kDefaultKind[] = "compute";

struct Wanted {
  std::string name;
  std::string provider;
  std::string nodes;  // as ParseNodeCounts has it
};

// Asks again until it is right. Empty: the person gave up.
template <typename Check>
std::optional<std::string> AskUntil(Shell& shell, const std::string& question,
                                    const std::string& standard, Check why_not) {
  while (true) {
    auto answer = Ask(shell.signals(), shell.output(), question);
    if (!answer) return std::nullopt;
    if (answer->empty()) answer = standard;
    const absl::Status wrong = why_not(*answer);
    if (wrong.ok()) return answer;
    shell.output().Note(wrong.message());
  }
}

absl::Status CheckNewName(Shell& shell, const std::string& name) {
  absl::Status valid = provision::CheckClusterName(name);
  if (valid.ok() && (FindTemplate(shell, name).ok() || ListsNodes(shell, name))) {
    const bool is_template = !ListsNodes(shell, name);
    valid = absl::AlreadyExistsError(absl::StrCat(
        PlaceOf(shell, name), " has a [cluster ", name, "] already; ",
        is_template ? absl::StrCat("`cluster create ", name, "` starts it, and another")
                    : "another",
        " name makes another template"));
  }
  return valid;
}

// Where it goes; empty: there is no home.
std::string PathOf(Shell& shell) {
  const std::string& configured = shell.settings().configuration;
  return configured.empty() ? OwnConfigurationPath() : configured;
}

absl::Status CheckFile(const std::string& path) {
  const auto file = ConfigFile::Load(path, Trust::kNamed);
  return file.ok() ? provision::ReadTemplates(*file).status() : file.status();
}

std::vector<std::string> SectionOf(const Wanted& wanted) {
  std::vector<std::string> lines = {absl::StrCat("[cluster ", wanted.name, "]"),
                                    absl::StrCat("provider = ", wanted.provider)};
  // In the order in which they were said, which their numbers have, too.
  for (const absl::string_view word : absl::StrSplit(wanted.nodes, ',', absl::SkipWhitespace())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(absl::StripAsciiWhitespace(word), absl::MaxSplits(':', 1));
    lines.push_back(absl::StrCat("nodes.", parts.second.empty() ? kDefaultKind : parts.second,
                                 " = ", parts.first));
  }
  return lines;
}

// Before anybody answers more.
absl::Status CheckProvider(Shell& shell, const std::string& name, const std::string& provider) {
  const std::string path = PathOf(shell);
  if (path.empty()) return absl::OkStatus();  // told later
  return CheckSection(path, SectionOf({name, provider, "1"}), &CheckFile);
}

std::optional<Wanted> AskAll(Shell& shell, Wanted wanted) {
  if (wanted.name.empty()) {
    const auto name = AskUntil(shell, "Name of the cluster > ", "",
                               [&](const std::string& text) { return CheckNewName(shell, text); });
    if (!name) return std::nullopt;
    wanted.name = *name;
  }
  const auto why_not = [&](const std::string& text) {
    return CheckProvider(shell, wanted.name, text);
  };
  if (!wanted.provider.empty()) {
    if (const absl::Status wrong = why_not(wanted.provider); !wrong.ok()) {
      shell.output().Note(wrong.message());
      wanted.provider.clear();
    }
  }
  if (wanted.provider.empty()) {
    const auto provider =
        AskUntil(shell, "Provider (local: daemons on this machine) [local] > ", "local", why_not);
    if (!provider) return std::nullopt;
    wanted.provider = *provider;
  }
  if (wanted.nodes.empty()) {
    const auto count =
        AskUntil(shell, "Nodes, as 3 or 1:frontend,3:compute [2] > ", "2",
                 [](const auto& text) { return provision::ParseNodeCounts(text).status(); });
    if (!count) return std::nullopt;
    wanted.nodes = *count;
  }
  return wanted;
}

int Run(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kFlags);
  if (!words.ok()) return WrongUse(shell, kClusterNew, words.status().message());
  if (words->rest().size() > 1) return WrongUse(shell, kClusterNew, "it takes one name");
  Wanted wanted;
  if (!words->rest().empty()) wanted.name = words->rest().front();
  wanted.provider = words->ValueOf("--provider");
  if (words->Has("--nodes")) {
    const auto counts = provision::ParseNodeCounts(words->ValueOf("--nodes"));
    if (!counts.ok()) return WrongUse(shell, kClusterNew, counts.status().message());
    wanted.nodes = words->ValueOf("--nodes");
  }
  if (CanAsk(shell)) {
    const auto asked = AskAll(shell, wanted);
    if (!asked) {
      shell.output().Note("cluster new: nothing was written");
      return kExitFailed;
    }
    wanted = *asked;
  }
  if (wanted.name.empty()) {
    return WrongUse(shell, kClusterNew, "nobody is here to ask, so the name has to stand here");
  }
  if (wanted.provider.empty()) wanted.provider = "local";
  if (wanted.nodes.empty()) wanted.nodes = "2";
  const absl::Status name = CheckNewName(shell, wanted.name);
  if (!name.ok()) return TellError(shell, "cluster new", name);
  const std::string path = PathOf(shell);
  if (path.empty()) {
    shell.output().Note(
        "cluster new: there is no home folder to write a configuration into; set HOME");
    return kExitUsage;
  }
  const bool is_dry = words->Has("--dry-run") || shell.defaults().is_dry;
  const auto lines = SectionOf(wanted);
  const absl::Status written =
      is_dry ? CheckSection(path, lines, &CheckFile) : AddSection(path, lines, &CheckFile);
  if (!written.ok()) return TellError(shell, "cluster new", written);
  if (is_dry) {
    shell.output().Out(absl::StrCat("would write [cluster ", wanted.name, "] to ", path, "\n"));
    return kExitOk;
  }
  shell.output().Note(absl::StrCat("[cluster ", wanted.name, "] is in ", path, "; `cluster create ",
                                   wanted.name, "` starts it"));
  return kExitOk;
}

}  // namespace

const ClusterCommand kClusterNew = {
    "new", "cluster new [NAME] [--provider PROVIDER] [--nodes N:KIND,...] [--dry-run]",
    "write a template; asks for what is not said", &Run, [] { return NamesOf(kFlags); }};

}  // namespace muster::clustershell
