// For the tests of clusters over ssh: does one thing with a cluster, and tells what came of it.
//
//   host_cluster start NAME COUNT [KEY=VALUE...]   settings of the provider; COUNT nodes in all
//   host_cluster stop|pause|resume|delete|recover NAME
//   host_cluster find [KEY=VALUE...]               what this user's labels are on
//
// A line "NODE STATE TEXT" for each node, then "status: ok" or why not, which is exit code 1.
#include <signal.h>
#include <stdio.h>

#include <string>
#include <vector>

#include "provision/cluster.h"
#include "provision/providers.h"
#include "provision/state_folder.h"

namespace {

namespace mp = muster::provision;

int End(const absl::Status& status) {
  ::printf("status: %s\n", status.ok() ? "ok" : std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}

mp::Settings SettingsFrom(const std::vector<std::string>& words, std::size_t begin) {
  mp::Settings settings;
  for (std::size_t i = begin; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    settings[words[i].substr(0, equals)] = words[i].substr(equals + 1);
  }
  return settings;
}

absl::StatusOr<std::unique_ptr<mp::Cluster>> Load(const std::string& name) {
  auto repository = mp::OpenSqliteRepository();
  if (!repository.ok()) return repository.status();
  auto record = (*repository)->Get(name);
  if (!record.ok()) return record.status();
  auto provider = mp::MakeProvider(record->provider);
  if (!provider.ok()) return provider.status();
  return mp::Cluster::Of(*record, *provider, nullptr, *repository);
}

absl::StatusOr<std::unique_ptr<mp::Cluster>> Make(const std::string& name, int count,
                                                  const mp::Settings& settings) {
  auto loaded = Load(name);
  if (!loaded.ok() && !absl::IsNotFound(loaded.status())) return loaded.status();
  std::unique_ptr<mp::Cluster> cluster;
  if (loaded.ok()) {
    cluster = *std::move(loaded);
  } else {
    auto repository = mp::OpenSqliteRepository();
    if (!repository.ok()) return repository.status();
    auto provider = mp::MakeProvider({"ssh", settings});
    if (!provider.ok()) return provider.status();
    mp::ClusterRecord record;
    record.name = name;
    auto made = mp::Cluster::Make(record, *provider, nullptr, *repository);
    if (!made.ok()) return made.status();
    cluster = *std::move(made);
  }
  while (cluster->record().nodes.size() < static_cast<std::size_t>(count)) {
    mp::NodeRecord node;
    node.kind = "compute";
    if (const auto added = cluster->AddNode(node); !added.ok()) return added.status();
  }
  return cluster;
}

int Tell(const mp::Cluster& cluster, const mp::Report& report) {
  for (const mp::NodeResult& result : report.nodes) {
    const auto node = cluster.GetNode(result.node);
    ::printf("%s %s %s\n", result.node.c_str(), node.ok() ? mp::NameOf(node->state) : "-",
             result.text.c_str());
  }
  for (const mp::NodeRecord& node : cluster.record().nodes) {
    ::printf("at %s %s\n", node.name.c_str(),
             node.instance.addresses.empty() ? "-" : node.instance.addresses.front().c_str());
  }
  return End(report.status);
}

int FindAll(const mp::Settings& settings) {
  auto provider = mp::MakeProvider({"ssh", settings});
  if (!provider.ok()) return End(provider.status());
  const auto found = (*provider)->Find(mp::OwnerName(), "");
  if (!found.ok()) return End(found.status());
  for (const mp::LabelledInstance& one : *found) {
    ::printf("%s %s\n", one.label.c_str(), one.instance.id.c_str());
  }
  return End(absl::OkStatus());
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) return 2;
  if (words[0] == "find") return FindAll(SettingsFrom(words, 1));
  if (words.size() < 2) return 2;
  auto cluster = words[0] == "start" && words.size() > 2
                     ? Make(words[1], std::stoi(words[2]), SettingsFrom(words, 3))
                     : Load(words[1]);
  if (!cluster.ok()) return End(cluster.status());
  mp::Cluster& it = **cluster;
  if (words[0] == "start") return Tell(it, it.Start({}, {}));
  if (words[0] == "stop") return Tell(it, it.Stop({}, false, false, {}));
  if (words[0] == "delete") return Tell(it, it.Stop({}, true, false, {}));
  if (words[0] == "pause") return Tell(it, it.Pause({}, {}));
  if (words[0] == "resume") return Tell(it, it.Resume({}, {}));
  if (words[0] != "recover") return 2;
  const auto lines = it.Recover();
  if (!lines.ok()) return End(lines.status());
  for (const std::string& line : *lines) ::printf("%s\n", line.c_str());
  return End(absl::OkStatus());
}
