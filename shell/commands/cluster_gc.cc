// cluster gc: what still runs, or lies about, and no record knows.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "provision/cluster_directory.h"
#include "provision/providers.h"
#include "provision/state_folder.h"
#include "shell/cluster_commands.h"
#include "shell/cluster_records.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/question.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{'y', "--yes"}, {0, "--dry-run"}};

using provision::ClusterRecord;
using provision::LabelledInstance;
using provision::ProviderRecord;

struct Leftovers {
  struct Stray {
    std::shared_ptr<provision::CloudProvider> provider;
    LabelledInstance instance;
  };
  std::vector<Stray> strays;
  std::vector<std::string> files;   // of clusters that there are not
  std::vector<std::string> unsaid;  // why a provider could not be asked
};

// Each once: those of the records and of the templates, and this machine's.
std::vector<ProviderRecord> ProvidersOf(Shell& shell, const std::vector<ClusterRecord>& records) {
  std::vector<ProviderRecord> providers = {{"local", {}}};
  const auto add = [&](const ProviderRecord& record) {
    const bool is_there =
        std::any_of(providers.begin(), providers.end(), [&](const ProviderRecord& known) {
          return known.type == record.type && known.settings == record.settings;
        });
    if (!is_there) providers.push_back(record);
  };
  for (const ClusterRecord& record : records) add(record.provider);
  const auto templates = ReadTemplatesOf(shell);
  if (!templates.ok()) return providers;
  for (const auto& known : *templates) add(known.record.provider);
  return providers;
}

absl::StatusOr<Leftovers> Look(Shell& shell) {
  ASSIGN_OR_RETURN(const auto repository, provision::OpenSqliteRepository());
  Leftovers found;
  // The providers first: what is recorded meanwhile is known, then.
  ASSIGN_OR_RETURN(std::vector<ClusterRecord> records, repository->GetAll());
  std::set<std::string> seen;
  for (const ProviderRecord& record : ProvidersOf(shell, records)) {
    const auto provider = provision::MakeProvider(record);
    if (!provider.ok()) {
      found.unsaid.push_back(
          absl::StrCat(record.type, ": ", std::string(provider.status().message())));
      continue;
    }
    const auto instances = (*provider)->Find(provision::OwnerName(), "");
    if (!instances.ok()) {
      found.unsaid.push_back(
          absl::StrCat(record.type, ": ", std::string(instances.status().message())));
      continue;
    }
    for (const LabelledInstance& instance : *instances) {
      if (seen.insert(instance.label).second) found.strays.push_back({*provider, instance});
    }
  }
  ASSIGN_OR_RETURN(records, repository->GetAll());
  std::set<std::string> labels;
  std::set<std::string> names;
  for (const ClusterRecord& record : records) {
    names.insert(record.name);
    for (const auto& node : record.nodes) labels.insert(node.label);
  }
  auto& strays = found.strays;
  strays.erase(std::remove_if(strays.begin(), strays.end(),
                              [&](const Leftovers::Stray& stray) {
                                return labels.count(stray.instance.label) != 0;
                              }),
               strays.end());
  for (const std::string& name : provision::PublishedClusters()) {
    if (names.count(name) == 0) found.files.push_back(name);
  }
  return found;
}

int Remove(Shell& shell, const Leftovers& found) {
  int exit_code = kExitOk;
  for (const Leftovers::Stray& stray : found.strays) {
    const absl::Status stopped = stray.provider->Stop(stray.instance.instance);
    const bool is_gone = stopped.ok() || absl::IsNotFound(stopped);
    shell.output().NodeLines(is_gone ? Output::Stream::kStdout : Output::Stream::kStderr,
                             stray.instance.label,
                             is_gone ? "stopped" : std::string(stopped.message()));
    if (!is_gone) exit_code = kExitFailed;
  }
  for (const std::string& name : found.files) {
    const absl::Status gone = provision::Withdraw(name);
    if (!gone.ok()) exit_code = WorseExit(exit_code, TellError(shell, "cluster gc", gone));
  }
  shell.OnOwnChange();
  return exit_code;
}

int Run(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kFlags);
  if (!words.ok()) return WrongUse(shell, kClusterGc, words.status().message());
  if (!words->rest().empty()) return WrongUse(shell, kClusterGc, "it takes no name");
  const auto found = Look(shell);
  if (!found.ok()) return TellError(shell, "cluster gc", found.status());
  for (const std::string& why : found->unsaid) {
    shell.output().Note(absl::StrCat("cluster gc: not asked: ", why));
  }
  if (found->strays.empty() && found->files.empty()) {
    shell.output().Note("nothing is left over");
    return kExitOk;
  }
  for (const Leftovers::Stray& stray : found->strays) {
    shell.output().Out(
        absl::StrCat(stray.instance.label, " (instance ", stray.instance.instance.id, ")\n"));
  }
  for (const std::string& name : found->files) {
    shell.output().Out(absl::StrCat("the file of ", name, ", a cluster that is not there\n"));
  }
  if (words->Has("--dry-run") || shell.defaults().is_dry) return kExitOk;
  if (!words->Has("--yes") &&
      !Confirm(shell,
               "no record here knows these; a program of yours that keeps its clusters elsewhere "
               "may",
               "stop and remove them?", "-y says yes")) {
    return kExitUsage;
  }
  return Remove(shell, *found);
}

}  // namespace

const ClusterCommand kClusterGc = {"gc", "cluster gc [-y] [--dry-run]",
                                   "find what no record knows, and remove it", &Run,
                                   [] { return NamesOf(kFlags); }};

}  // namespace muster::clustershell
