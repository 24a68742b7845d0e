// Cluster: the life of one cluster: nodes are added, started, set up, paused, resized, stopped.
// Every step is saved before and after the provider is called, so that whatever ends this process
// leaves a record that is true, and that a later Stop can finish. Nothing here runs commands on
// nodes but to see whether they are alive. Thread-safe; one of the long operations at a time, a
// second is told so.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/mutex.h"
#include "provision/cloud_provider.h"
#include "provision/cluster_observer.h"
#include "provision/cluster_report.h"
#include "provision/cluster_repository.h"
#include "provision/record.h"
#include "provision/setup_provider.h"

namespace muster::provision {

struct StartOptions {
  // Nodes of a kind that have to live, else ClusterSizeError; of a kind that is not named: all.
  // Empty: what the record says.
  std::map<std::string, int> min_nodes;
  int max_concurrent = 0;                       // starts at once; 0: 4 for each core, 64 at most
  std::optional<std::chrono::seconds> timeout;  // none: the record's
  std::optional<bool> keeps_on_timeout;         // none: the record's
  std::vector<std::string> only;                // names of nodes; empty: all
};

class Cluster {
 public:
  // A cluster that is not saved yet. `record` has a name, and may have nodes. InvalidArgument: the
  // name is none, or a kind.
  static absl::StatusOr<std::unique_ptr<Cluster>> Make(
      ClusterRecord record, std::shared_ptr<CloudProvider> provider,
      std::shared_ptr<SetupProvider> setup, std::shared_ptr<ClusterRepository> repository);
  // One that the repository has. `provider` may be null: then what needs one fails and says so.
  static std::unique_ptr<Cluster> Of(ClusterRecord record, std::shared_ptr<CloudProvider> provider,
                                     std::shared_ptr<SetupProvider> setup,
                                     std::shared_ptr<ClusterRepository> repository);

  ClusterRecord record() const MUSTER_EXCLUDES(mutex_);
  const std::shared_ptr<ClusterRepository>& repository() const { return repository_; }
  std::shared_ptr<CloudProvider> provider() const MUSTER_EXCLUDES(mutex_);
  void set_provider(std::shared_ptr<CloudProvider> provider) MUSTER_EXCLUDES(mutex_);
  void set_setup(std::shared_ptr<SetupProvider> setup) MUSTER_EXCLUDES(mutex_);
  void AddObserver(std::shared_ptr<ClusterObserver> observer) MUSTER_EXCLUDES(mutex_);

  // Does not start it, and saves nothing but of a cluster that is in the repository. `node` has a
  // kind, and may have a name; InvalidArgument: a bad kind or name. AlreadyExists: the name is
  // taken.
  absl::StatusOr<NodeRecord> AddNode(NodeRecord node);
  // NotFound. With `stops` its instance is stopped first, and stays a node when that fails.
  absl::Status RemoveNode(const std::string& name, bool stops, const Watch& watch = {});
  absl::StatusOr<NodeRecord> GetNode(const std::string& name) const;
  // The node to log in to: of this name; of this kind; else of ssh, login, frontend, master; else
  // the first of the first kind. NotFound.
  absl::StatusOr<NodeRecord> NodeToLogInTo(const std::string& name_or_kind) const;

  // Starts what does not live, several at once, and waits until it does.
  Report Start(const StartOptions& options, const Watch& watch);
  // Orders the instance of one node and returns; IsAlive says when it lives.
  absl::Status StartNode(const std::string& name);
  // Whether the provider has it running and its daemon answers (of a bare host: the provider's
  // word). Updates addresses and state; why not is in last_error.
  bool IsAlive(const std::string& name);

  // Stops all instances (of `only`), which stay nodes. With `deletes`, when all are gone: the
  // record and what setup kept goes too. `force`: also when some could not be stopped, or an
  // observer is against it.
  Report Stop(const std::vector<std::string>& only, bool deletes, bool force, const Watch& watch);
  // Stops the instances of these nodes, which are none of the cluster any more then.
  Report Remove(const std::vector<std::string>& names, bool force, const Watch& watch);
  // Stops all nodes that have an instance, starts them, and sets the cluster up anew. What failed
  // ends it there.
  Report Restart(const Watch& watch);
  Report Pause(const std::vector<std::string>& only, const Watch& watch);
  Report Resume(const std::vector<std::string>& only, const Watch& watch);
  absl::Status SetUp(const std::vector<std::string>& arguments, const Watch& watch,
                     SetUpReason reason = SetUpReason::kStart);

  // Runs `work` as a long operation, as which nobody else changes the cluster meanwhile: with the
  // record, and what is kept under this name in it, which `work` may change, and which is kept.
  absl::Status WithReceipt(
      const std::string& name,
      const std::function<absl::Status(const ClusterRecord& cluster, std::string& receipt)>& work);

  // Makes the record true: finishes what a process that is gone began (a start whose instance
  // exists is taken over, a stop is finished), and asks the provider about the rest. Called by all
  // of the above. The result: a line for each node that was another than recorded.
  absl::StatusOr<std::vector<std::string>> Recover();
  absl::Status Save();

 private:
  class Turn;  // the lock of the repository, and the one long operation of this object

  Cluster(ClusterRecord record, std::shared_ptr<CloudProvider> provider,
          std::shared_ptr<SetupProvider> setup, std::shared_ptr<ClusterRepository> repository,
          bool is_saved);

  absl::StatusOr<Turn> Begin(const std::string& what) MUSTER_EXCLUDES(mutex_);
  absl::Status Reload() MUSTER_EXCLUDES(mutex_);
  absl::StatusOr<std::shared_ptr<CloudProvider>> NeedProvider() const MUSTER_EXCLUDES(mutex_);
  std::vector<NodeRecord> Chosen(const std::vector<std::string>& only) const
      MUSTER_EXCLUDES(mutex_);

  // Changes a node and saves it; the change is kept in memory also when it cannot be saved.
  absl::Status Change(const std::string& name, const std::function<void(NodeRecord&)>& change)
      MUSTER_EXCLUDES(mutex_);
  void PublishRecord() MUSTER_EXCLUDES(mutex_);

  // ---- steps of one node, each saved before and after; several threads ----
  absl::Status Launch(CloudProvider& provider, const std::string& name);
  absl::Status EndInstance(CloudProvider& provider, const std::string& name);
  absl::Status PauseOne(CloudProvider& provider, const std::string& name);
  absl::Status ResumeOne(CloudProvider& provider, const std::string& name);
  // Ok: it runs, and `node` has its addresses. Unavailable: not yet. Aborted: it never will.
  absl::Status LookAt(CloudProvider& provider, const std::string& name);
  absl::StatusOr<std::vector<std::string>> RecoverAll(CloudProvider& provider);
  std::string RecoverOne(CloudProvider& provider, const NodeRecord& node,
                         const absl::StatusOr<std::vector<LabelledInstance>>& found);
  Report ForEachNode(const std::string& what, const std::vector<std::string>& only,
                     const Watch& watch,
                     const std::function<absl::Status(CloudProvider&, const std::string&)>& step);
  std::vector<NodeResult> StopStrays(CloudProvider& provider);
  Report StopBecause(LeaveReason reason, const std::vector<std::string>& only, bool force,
                     const Watch& watch);

  // ---- what the observers say; each keeps its receipt in the record ----
  std::vector<std::shared_ptr<ClusterObserver>> observers() const MUSTER_EXCLUDES(mutex_);
  absl::Status TellBeforeStart(const std::vector<std::string>& names, const Watch& watch);
  absl::Status TellSetUp(SetUpReason reason, const Watch& watch);
  absl::Status TellBeforeLeave(LeaveReason reason, const std::vector<std::string>& only, bool force,
                               const Watch& watch);
  absl::Status KeepReceipt(const std::string& name, const std::string& receipt)
      MUSTER_EXCLUDES(mutex_);
  friend class StartRun;

  mutable Mutex mutex_;
  ClusterRecord record_ MUSTER_GUARDED_BY(mutex_);
  bool is_saved_ MUSTER_GUARDED_BY(mutex_);
  std::string busy_ MUSTER_GUARDED_BY(mutex_);  // the long operation; empty: none
  std::shared_ptr<ClusterLock> lock_ MUSTER_GUARDED_BY(mutex_);
  int lock_users_ MUSTER_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<CloudProvider> provider_ MUSTER_GUARDED_BY(mutex_);
  std::shared_ptr<SetupProvider> setup_ MUSTER_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<ClusterObserver>> observers_ MUSTER_GUARDED_BY(mutex_);
  const std::shared_ptr<ClusterRepository> repository_;
};

}  // namespace muster::provision
