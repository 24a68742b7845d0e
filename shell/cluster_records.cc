#include "shell/cluster_records.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

#include "common/config_file.h"
#include "common/nearest.h"
#include "common/status_macros.h"
#include "provision/hook_observer.h"
#include "provision/hooks.h"
#include "provision/providers.h"
#include "shell/cluster_plugins.h"
#include "shell/exit_code.h"

namespace muster::clustershell {
namespace {

using provision::Cluster;
using provision::ClusterRecord;
using provision::ClusterRepository;
using provision::ClusterTemplate;

// Its file; empty: there is none.
absl::StatusOr<std::string> ConfigurationOf(Shell& shell) {
  const ShellSettings& settings = shell.settings();
  if (!settings.configuration.empty()) return settings.configuration;
  return ConfigFile::Find(settings.named);  // it may have been written since
}

absl::StatusOr<ConfigFile> LoadConfiguration(Shell& shell, const std::string& path) {
  return ConfigFile::Load(path, ConfigFile::TrustOfUser(shell.settings().named));
}

absl::StatusOr<std::unique_ptr<Cluster>> MakeBare(const ClusterRecord& record,
                                                  std::shared_ptr<ClusterRepository> repository,
                                                  bool is_new, bool anyhow) {
  auto provider = provision::MakeProvider(record.provider);
  if (!provider.ok()) {
    if (!anyhow) return provider.status();
    provider = nullptr;
  }
  // Only setting up needs it, and says then why it is not there.
  auto setup = provision::MakeSetup(record.setup);
  if (!setup.ok()) {
    if (is_new) return setup.status();
    setup = nullptr;
  }
  if (is_new) return Cluster::Make(record, *provider, *setup, std::move(repository));
  return Cluster::Of(record, *provider, *setup, std::move(repository));
}

// With those who have a say in its life.
absl::StatusOr<std::unique_ptr<Cluster>> Make(Shell& shell, const ClusterRecord& record,
                                              std::shared_ptr<ClusterRepository> repository,
                                              bool is_new, bool anyhow,
                                              const provision::PluginFlags& flags) {
  auto cluster = MakeBare(record, std::move(repository), is_new, anyhow);
  if (!cluster.ok()) return cluster;
  (*cluster)->AddObserver(provision::MakePluginObserver(PlanOf(shell, record), flags));
  // Behind the plugins: who leaves asks them first, and a veto comes before any plugin does a
  // thing.
  if (const auto hooks = provision::Hooks::Get(); hooks != nullptr) {
    (*cluster)->AddObserver(provision::MakeHookObserver(hooks));
  }
  return cluster;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cluster>> OpenClusterRecord(Shell& shell, const std::string& name,
                                                           bool anyhow,
                                                           const provision::PluginFlags& flags) {
  ASSIGN_OR_RETURN(auto repository, provision::OpenSqliteRepository());
  const absl::StatusOr<ClusterRecord> record = repository->Get(name);
  if (record.ok()) return Make(shell, *record, std::move(repository), false, anyhow, flags);
  if (!absl::IsNotFound(record.status())) return record.status();
  if (IsTemplate(shell, name)) return absl::NotFoundError(NotStarted(name));
  std::vector<std::string> names;
  if (const auto all = repository->GetAll(); all.ok()) {
    for (const ClusterRecord& known : *all) names.push_back(known.name);
  }
  return absl::NotFoundError(
      absl::StrCat(std::string(record.status().message()), DidYouMean(name, names)));
}

absl::StatusOr<std::unique_ptr<Cluster>> NewClusterRecord(Shell& shell, const ClusterRecord& record,
                                                          const provision::PluginFlags& flags) {
  ASSIGN_OR_RETURN(auto repository, provision::OpenSqliteRepository());
  return Make(shell, record, std::move(repository), true, false, flags);
}

absl::StatusOr<ConfigFile> LoadConfiguration(Shell& shell) {
  ASSIGN_OR_RETURN(const std::string path, ConfigurationOf(shell));
  if (path.empty()) return absl::NotFoundError("there is no configuration");
  return LoadConfiguration(shell, path);
}

absl::StatusOr<std::vector<ClusterTemplate>> ReadTemplatesOf(Shell& shell,
                                                             std::vector<std::string>* wrong) {
  ASSIGN_OR_RETURN(const std::string path, ConfigurationOf(shell));
  if (path.empty()) return std::vector<ClusterTemplate>();
  ASSIGN_OR_RETURN(const ConfigFile file, LoadConfiguration(shell, path));
  return provision::ReadTemplates(file, wrong);
}

absl::StatusOr<ClusterTemplate> FindTemplate(Shell& shell, const std::string& name) {
  ASSIGN_OR_RETURN(const std::vector<ClusterTemplate> templates, ReadTemplatesOf(shell));
  std::vector<std::string> names;
  for (const ClusterTemplate& known : templates) {
    if (known.name == name) return known;
    names.push_back(known.name);
  }
  ASSIGN_OR_RETURN(const std::string path, ConfigurationOf(shell));
  return absl::NotFoundError(absl::StrCat(
      "there is no template ", name, " in ", path.empty() ? "any configuration" : path,
      names.empty() ? "; `cluster new` writes one" : "; there are: ", absl::StrJoin(names, ", "),
      DidYouMean(name, names)));
}

bool IsTemplate(Shell& shell, const std::string& name) { return FindTemplate(shell, name).ok(); }

std::string NotStarted(const std::string& name) {
  return absl::StrCat(name, " is a template that was not started: `cluster create ", name,
                      "` starts it");
}

std::string PlaceOf(Shell& shell, const std::string& name) {
  const absl::StatusOr<std::string> path = ConfigurationOf(shell);
  if (!path.ok() || path->empty()) return "";
  const absl::StatusOr<ConfigFile> file = LoadConfiguration(shell, *path);
  if (!file.ok()) return "";
  const auto* const section = file->FindSection("cluster", name);
  return section == nullptr ? "" : absl::StrCat(*path, ":", section->line);
}

bool ListsNodes(Shell& shell, const std::string& name) {
  const absl::StatusOr<std::string> path = ConfigurationOf(shell);
  if (!path.ok() || path->empty()) return false;
  const absl::StatusOr<ConfigFile> file = LoadConfiguration(shell, *path);
  if (!file.ok()) return false;
  const auto* const section = file->FindSection("cluster", name);
  return section != nullptr && section->entries.count("nodes") != 0;
}

std::vector<std::string> StartableNames(Shell& shell) {
  std::vector<std::string> names;
  if (const auto repository = provision::OpenSqliteRepository(); repository.ok()) {
    if (const auto all = (*repository)->GetAll(); all.ok()) {
      for (const ClusterRecord& record : *all) names.push_back(record.name);
    }
  }
  if (const auto templates = ReadTemplatesOf(shell); templates.ok()) {
    for (const ClusterTemplate& known : *templates) names.push_back(known.name);
  }
  return names;
}

absl::StatusOr<std::string> ClusterInUse(Shell& shell) {
  ASSIGN_OR_RETURN(const auto repository, provision::OpenSqliteRepository());
  ASSIGN_OR_RETURN(const std::vector<ClusterRecord> all, repository->GetAll());
  const std::string used = shell.view().ClusterName();
  std::vector<std::string> names;
  for (const ClusterRecord& record : all) {
    if (record.name == used && !ListsNodes(shell, used)) return used;
    names.push_back(record.name);
  }
  if (names.size() == 1) return names.front();
  return absl::InvalidArgumentError(
      names.empty() ? "no cluster was started; `cluster start TEMPLATE` does"
                    : absl::StrCat("name one of: ", absl::StrJoin(names, ", ")));
}

int ExitOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kCancelled:
      return kExitInterrupted;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kUnimplemented:
      return kExitUsage;
    case absl::StatusCode::kNotFound:
      return kExitNoMatch;
    default:
      return kExitFailed;
  }
}

int TellError(Shell& shell, const std::string& command, const absl::Status& status) {
  shell.output().Note(absl::StrCat(command, ": ", std::string(status.message())));
  return ExitOf(status);
}

}  // namespace muster::clustershell
