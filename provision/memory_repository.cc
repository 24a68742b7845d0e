#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <map>
#include <set>

#include "common/mutex.h"
#include "provision/cluster_repository.h"

namespace muster::provision {
namespace {

class MemoryRepository : public ClusterRepository,
                         public std::enable_shared_from_this<MemoryRepository> {
 public:
  absl::Status Save(const ClusterRecord& cluster) override MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    records_[cluster.name] = cluster;
    return absl::OkStatus();
  }

  absl::Status SaveNode(const ClusterRecord& cluster, const NodeRecord& node) override
      MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = records_.find(cluster.name);
    if (found == records_.end()) {
      records_[cluster.name] = cluster;
      return absl::OkStatus();
    }
    if (NodeRecord* kept = found->second.Find(node.name)) {
      *kept = node;
    } else {
      found->second.nodes.push_back(node);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ClusterRecord> Get(const std::string& name) override MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (const auto found = records_.find(name); found != records_.end()) return found->second;
    return absl::NotFoundError(
        absl::StrCat("there is no cluster ", name, " in the memory of this program"));
  }

  absl::StatusOr<std::vector<ClusterRecord>> GetAll() override MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::vector<ClusterRecord> all;
    for (const auto& [name, record] : records_) all.push_back(record);
    return all;
  }

  absl::Status Delete(const std::string& name) override MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    records_.erase(name);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<ClusterLock>> Lock(const std::string& name) override
      MUSTER_EXCLUDES(mutex_);

  std::string description() const override { return "the memory of this program"; }

  void Unlock(const std::string& name) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    locked_.erase(name);
  }

 private:
  Mutex mutex_;
  std::map<std::string, ClusterRecord> records_ MUSTER_GUARDED_BY(mutex_);
  std::set<std::string> locked_ MUSTER_GUARDED_BY(mutex_);
};

class MemoryLock : public ClusterLock {
 public:
  MemoryLock(std::shared_ptr<MemoryRepository> repository, std::string name)
      : repository_(std::move(repository)), name_(std::move(name)) {}
  ~MemoryLock() override { repository_->Unlock(name_); }

 private:
  const std::shared_ptr<MemoryRepository> repository_;
  const std::string name_;
};

absl::StatusOr<std::unique_ptr<ClusterLock>> MemoryRepository::Lock(const std::string& name) {
  {
    const MutexLock lock(mutex_);
    if (!locked_.insert(name).second) {
      return absl::FailedPreconditionError(
          absl::StrCat("another thread of this program changes the cluster ", name, " now"));
    }
  }
  return std::unique_ptr<ClusterLock>(std::make_unique<MemoryLock>(shared_from_this(), name));
}

}  // namespace

std::shared_ptr<ClusterRepository> MakeMemoryRepository() {
  return std::make_shared<MemoryRepository>();
}

}  // namespace muster::provision
