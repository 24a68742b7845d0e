// A start as its watcher sees it, with real daemons on this machine.
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>

#include "provision/cluster.h"
#include "tests/integration/over_local_provider.h"
#include "tests/integration/state_home.h"
#include "tests/integration/watching.h"

using muster::test::Eventually;
using muster::test::OverLocalProvider;
using muster::test::StateHome;
namespace mp = muster::provision;

namespace {

// The local provider, but for a second node that is not begun before somebody says so.
class Patient : public OverLocalProvider {
 public:
  explicit Patient(std::function<bool()> goes) : goes_(std::move(goes)) {}
  absl::StatusOr<mp::Instance> Start(const mp::StartOrder& order) override {
    if (order.node.name == "compute002" && !Eventually(goes_)) {
      return absl::DeadlineExceededError("nobody said so");
    }
    return OverLocalProvider::Start(order);
  }

 private:
  const std::function<bool()> goes_;
};

}  // namespace

TEST_CASE("who lives is told while others are still being launched") {
  const StateHome home;
  std::atomic<bool> is_told{false};
  mp::ClusterRecord record;
  record.name = "meanwhile";
  record.nodes.resize(3);
  for (mp::NodeRecord& node : record.nodes) node.kind = "compute";
  auto cluster =
      mp::Cluster::Make(record, std::make_shared<Patient>([&is_told] { return is_told.load(); }),
                        nullptr, mp::MakeMemoryRepository());
  REQUIRE(cluster.ok());
  mp::Watch watch;
  watch.on_step = [&](const mp::NodeStep& step) {
    if (step.node == "compute001" && step.state == mp::NodeState::kRunning) is_told = true;
  };
  const mp::Report started = (*cluster)->Start({}, watch);
  INFO(started.status);
  CHECK(started.status.ok());
  CHECK(started.nodes.size() == 3);
  for (const mp::NodeResult& node : started.nodes) CHECK(node.ok);
  CHECK((*cluster)->Stop({}, true, false, {}).status.ok());
  CHECK(home.Entries() == 0);
}
