// ClusterObserver: who has a say in the moments of a cluster's life, or hears of them: plugins and
// hooks. Called by the thread of the long operation, not under a lock, in the order in which they
// were given to the cluster, and in the reverse one before something leaves. What goes wrong with
// an observer, and is no reason to end the operation, it tells Watch::on_note. None throws.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "provision/cluster_report.h"
#include "provision/record.h"

namespace muster::provision {

enum class SetUpReason { kStart, kResume, kRestart };
enum class LeaveReason { kStop, kRemove, kDelete, kPause, kRestart };

class ClusterObserver {
 public:
  virtual ~ClusterObserver() = default;

  // What its receipt is kept under: "plugins".
  virtual std::string name() const = 0;

  // `orders` are the nodes that are about to be launched, at once; all but name, kind, state, label
  // and instance may be changed there, and is kept. Not ok: nothing is launched, and the start
  // fails with this; Aborted is a veto.
  virtual absl::Status BeforeStart(const ClusterRecord& /*cluster*/,
                                   std::vector<NodeRecord>& /*orders*/, const Watch& /*watch*/) {
    return absl::OkStatus();
  }
  // A start came to its end, a failed one too; `report` has what came of each node.
  virtual void AfterStart(const ClusterRecord& /*cluster*/, const Report& /*report*/,
                          const Watch& /*watch*/) {}

  // The nodes run, and the setup of the cluster was done. `receipt`: the text that it left there
  // the last time; it is kept whatever the result. Not ok: SetUp fails with this.
  virtual absl::Status SetUp(const ClusterRecord& /*cluster*/, SetUpReason /*reason*/,
                             std::string& /*receipt*/, const Watch& /*watch*/) {
    return absl::OkStatus();
  }

  // `nodes` are about to go, and still answer. Aborted is a veto: nothing goes, unless it is
  // forced; nor when it was interrupted meanwhile, which is Cancelled. Of another failure
  // Watch::on_note is told, and they go.
  virtual absl::Status BeforeLeave(const ClusterRecord& /*cluster*/,
                                   const std::vector<std::string>& /*nodes*/,
                                   LeaveReason /*reason*/, std::string& /*receipt*/,
                                   const Watch& /*watch*/) {
    return absl::OkStatus();
  }
};

}  // namespace muster::provision
