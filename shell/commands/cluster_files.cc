// cluster export and import: the record of a cluster as a file.
#include <absl/strings/str_cat.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "provision/cluster_directory.h"
#include "provision/node_names.h"
#include "provision/record_json.h"
#include "provision/state_folder.h"
#include "shell/cluster_commands.h"
#include "shell/cluster_records.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/shell_settings.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kExportFlags[] = {{0, "--dry-run"}};
constexpr WordFlag kImportFlags[] = {{0, "--rename", true}, {0, "--dry-run"}};

using provision::ClusterRecord;
using provision::NodeRecord;

bool IsSameInstance(const ClusterRecord& a, const NodeRecord& x, const ClusterRecord& b,
                    const NodeRecord& y) {
  if (!x.label.empty() && x.label == y.label) return true;
  return !x.instance.id.empty() && x.instance.id == y.instance.id &&
         a.provider.type == b.provider.type && a.provider.settings == b.provider.settings;
}

int RunExport(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kExportFlags);
  if (!words.ok()) return WrongUse(shell, kClusterExport, words.status().message());
  if (words->rest().size() != 2) {
    return WrongUse(shell, kClusterExport, "it takes a cluster and a file");
  }
  const auto repository = provision::OpenSqliteRepository();
  if (!repository.ok()) return TellError(shell, "cluster export", repository.status());
  const auto record = (*repository)->Get(words->rest()[0]);
  if (!record.ok()) return TellError(shell, "cluster export", record.status());
  const std::string text = provision::ToJson(*record, 2) + "\n";
  const std::string& path = words->rest()[1];
  if (path == "-") {
    shell.output().Out(text);
    return kExitOk;
  }
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    shell.output().Out(absl::StrCat("would write ", record->name, " to ", path, "\n"));
    return kExitOk;
  }
  const absl::Status written = provision::ReplaceFile(WithHome(path), text);
  if (!written.ok()) return TellError(shell, "cluster export", written);
  shell.output().Note(absl::StrCat(record->name, " is in ", path,
                                   "; its instances stay those of this record, too"));
  return kExitOk;
}

// Two records of one instance would stop each other's node.
absl::Status CheckInstances(const ClusterRecord& record, const std::vector<ClusterRecord>& all) {
  for (const ClusterRecord& known : all) {
    for (const NodeRecord& node : known.nodes) {
      for (const NodeRecord& other : record.nodes) {
        if (!IsSameInstance(known, node, record, other)) continue;
        return absl::AlreadyExistsError(absl::StrCat(
            "its ", other.name, " has the same instance as ", node.name, " of the cluster ",
            known.name, ", which is here, and one instance belongs to one cluster; nothing was ",
            "imported; `cluster delete ", known.name, "` first, or go on with that one"));
      }
    }
  }
  return absl::OkStatus();
}

int RunImport(Shell& shell, absl::string_view rest) {
  const auto words = CommandWords::Parse(rest, kImportFlags);
  if (!words.ok()) return WrongUse(shell, kClusterImport, words.status().message());
  if (words->rest().size() != 1) return WrongUse(shell, kClusterImport, "it takes a file");
  const std::string path = WithHome(words->rest().front());
  const auto text = provision::ReadFile(path);
  if (!text.ok()) return TellError(shell, "cluster import", text.status());
  auto record = provision::ClusterFromJson(*text);
  if (!record.ok()) {
    return TellError(shell, "cluster import",
                     absl::InvalidArgumentError(
                         absl::StrCat(path, ": ", std::string(record.status().message()))));
  }
  if (words->Has("--rename")) record->name = words->ValueOf("--rename");
  const absl::Status valid = provision::CheckClusterName(record->name);
  if (!valid.ok()) return TellError(shell, "cluster import", valid);
  const auto repository = provision::OpenSqliteRepository();
  if (!repository.ok()) return TellError(shell, "cluster import", repository.status());
  if ((*repository)->Get(record->name).ok() || ListsNodes(shell, record->name)) {
    return TellError(
        shell, "cluster import",
        absl::AlreadyExistsError(absl::StrCat("there is a cluster ", record->name,
                                              " already; --rename gives another name")));
  }
  const auto all = (*repository)->GetAll();
  if (!all.ok()) return TellError(shell, "cluster import", all.status());
  if (const absl::Status own = CheckInstances(*record, *all); !own.ok()) {
    return TellError(
        shell, "cluster import",
        absl::AlreadyExistsError(absl::StrCat(path, ": ", std::string(own.message()))));
  }
  if (words->Has("--dry-run") || shell.defaults().is_dry) {
    shell.output().Out(
        absl::StrCat("would import ", record->name, " with ", record->nodes.size(), " nodes\n"));
    return kExitOk;
  }
  absl::Status saved = (*repository)->Save(*record);
  saved.Update(provision::Publish(*record));
  if (!saved.ok()) return TellError(shell, "cluster import", saved);
  shell.output().Note(absl::StrCat(record->name, " is there, with ", record->nodes.size(),
                                   " nodes; `cluster status ", record->name,
                                   "` asks how they are"));
  shell.OnOwnChange(record->name);
  return kExitOk;
}

}  // namespace

const ClusterCommand kClusterExport = {"export", "cluster export CLUSTER FILE|- [--dry-run]",
                                       "write its record as JSON", &RunExport,
                                       [] { return NamesOf(kExportFlags); }};
const ClusterCommand kClusterImport = {"import", "cluster import FILE [--rename NAME] [--dry-run]",
                                       "take a record that was exported", &RunImport,
                                       [] { return NamesOf(kImportFlags); }};

}  // namespace muster::clustershell
