// One file for each cluster: NAME.json, and NAME.lock beside it while somebody changes it.
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "common/mutex.h"
#include "common/status_macros.h"
#include "provision/cluster_repository.h"
#include "provision/file_lock.h"
#include "provision/node_names.h"
#include "provision/record_json.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

constexpr char kEnding[] = ".json";

class FolderRepository : public ClusterRepository {
 public:
  explicit FolderRepository(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Save(const ClusterRecord& cluster) override MUSTER_EXCLUDES(mutex_) {
    RETURN_IF_ERROR(CheckClusterName(cluster.name));
    const MutexLock lock(mutex_);
    return ReplaceFile(PathOf(cluster.name), ToJson(cluster, 1) + "\n");
  }

  absl::Status SaveNode(const ClusterRecord& cluster, const NodeRecord& node) override
      MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    absl::StatusOr<ClusterRecord> kept = Read(cluster.name);
    if (!kept.ok() && !absl::IsNotFound(kept.status())) return kept.status();
    ClusterRecord record = kept.ok() ? *std::move(kept) : cluster;
    if (NodeRecord* found = record.Find(node.name)) {
      *found = node;
    } else {
      record.nodes.push_back(node);
    }
    return ReplaceFile(PathOf(cluster.name), ToJson(record, 1) + "\n");
  }

  absl::StatusOr<ClusterRecord> Get(const std::string& name) override {
    absl::StatusOr<ClusterRecord> record = Read(name);
    if (!absl::IsNotFound(record.status())) return record;
    const std::vector<std::string> names = Names();
    return absl::NotFoundError(
        absl::StrCat("there is no cluster ", name, " in ", folder_, "; ",
                     names.empty() ? "there is none" : absl::StrJoin(names, ", ")));
  }

  absl::StatusOr<std::vector<ClusterRecord>> GetAll() override {
    std::vector<ClusterRecord> all;
    for (const std::string& name : Names()) {
      absl::StatusOr<ClusterRecord> record = Read(name);
      if (absl::IsNotFound(record.status())) continue;  // deleted meanwhile
      if (!record.ok()) return record.status();
      all.push_back(*std::move(record));
    }
    return all;
  }

  absl::Status Delete(const std::string& name) override {
    RETURN_IF_ERROR(CheckClusterName(name));
    ::unlink(LockOf(name).c_str());  // whoever deletes holds it
    return RemoveFile(PathOf(name));
  }

  absl::StatusOr<std::unique_ptr<ClusterLock>> Lock(const std::string& name) override {
    RETURN_IF_ERROR(CheckClusterName(name));
    return LockFile(LockOf(name), absl::StrCat("the cluster ", name));
  }

  std::string description() const override { return folder_; }

 private:
  std::string PathOf(const std::string& name) const {
    return absl::StrCat(folder_, "/", name, kEnding);
  }

  std::string LockOf(const std::string& name) const {
    return absl::StrCat(folder_, "/", name, ".lock");
  }

  absl::StatusOr<ClusterRecord> Read(const std::string& name) const {
    RETURN_IF_ERROR(CheckClusterName(name));
    ASSIGN_OR_RETURN(const std::string text, ReadFile(PathOf(name)));
    absl::StatusOr<ClusterRecord> record = ClusterFromJson(text);
    if (record.ok()) return record;
    return absl::Status(record.status().code(),
                        absl::StrCat(PathOf(name), ": ", record.status().message()));
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry(folder_, ignored), end; entry != end;
         entry.increment(ignored)) {
      const std::string name = entry->path().filename().string();
      if (absl::EndsWith(name, kEnding)) names.push_back(entry->path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  const std::string folder_;
  Mutex mutex_;  // one writer of this process at a time; another process has the cluster's lock
};

}  // namespace

absl::StatusOr<std::shared_ptr<ClusterRepository>> OpenFolderRepository(const std::string& folder) {
  RETURN_IF_ERROR(MakeFolders(folder));
  return std::shared_ptr<ClusterRepository>(std::make_shared<FolderRepository>(folder));
}

}  // namespace muster::provision
