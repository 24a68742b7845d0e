// What the commands of clusters work with: the repository of this user's clusters, their providers,
// and the templates of the configuration. Main thread.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "provision/cluster.h"
#include "provision/cluster_template.h"
#include "provision/plugin_observer.h"
#include "shell/shell.h"

namespace muster::clustershell {

// A cluster that is in the repository, with its plugins. NotFound: there is none; which there are,
// and whether it is a template. With `anyhow` also one whose provider cannot be had any more; what
// needs it fails then.
absl::StatusOr<std::unique_ptr<provision::Cluster>> OpenClusterRecord(
    Shell& shell, const std::string& name, bool anyhow = false,
    const provision::PluginFlags& flags = {});
// One that is not there yet.
absl::StatusOr<std::unique_ptr<provision::Cluster>> NewClusterRecord(
    Shell& shell, const provision::ClusterRecord& record, const provision::PluginFlags& flags = {});

// The configuration of this shell. NotFound: it has none.
absl::StatusOr<ConfigFile> LoadConfiguration(Shell& shell);
// Of the configuration of this shell; none without one. Errors are those of the file; `wrong` as
// in provision::ReadTemplates.
absl::StatusOr<std::vector<provision::ClusterTemplate>> ReadTemplatesOf(
    Shell& shell, std::vector<std::string>* wrong = nullptr);
// NotFound: there is none of this name; which there are.
absl::StatusOr<provision::ClusterTemplate> FindTemplate(Shell& shell, const std::string& name);
bool IsTemplate(Shell& shell, const std::string& name);
// What to do with one where a cluster is needed.
std::string NotStarted(const std::string& name);
// FILE:LINE of the [cluster NAME] of the configuration; empty: it has none.
std::string PlaceOf(Shell& shell, const std::string& name);
// Whether the configuration has a cluster of this name that lists its nodes.
bool ListsNodes(Shell& shell, const std::string& name);

// The names of all clusters and templates, as far as they can be read.
std::vector<std::string> StartableNames(Shell& shell);

// Which cluster is meant where none is named: the one in use, if it was started, else the only one
// that was. InvalidArgument: it cannot be said.
absl::StatusOr<std::string> ClusterInUse(Shell& shell);

// Of a command that ended so.
int ExitOf(const absl::Status& status);
// Says what is wrong; the exit code.
int TellError(Shell& shell, const std::string& command, const absl::Status& status);

}  // namespace muster::clustershell
