// OverLocalProvider: the local provider, for tests that change one of its steps.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "provision/cloud_provider.h"
#include "provision/local_provider.h"

namespace muster::test {

class OverLocalProvider : public provision::CloudProvider {
 public:
  provision::ProviderRecord record() const override { return real_->record(); }
  absl::StatusOr<provision::Instance> Start(const provision::StartOrder& order) override {
    return real_->Start(order);
  }
  absl::Status Stop(const provision::Instance& instance) override { return real_->Stop(instance); }
  absl::StatusOr<bool> IsRunning(const provision::Instance& instance) override {
    return real_->IsRunning(instance);
  }
  absl::StatusOr<std::vector<std::string>> Addresses(const provision::Instance& instance) override {
    return real_->Addresses(instance);
  }
  absl::StatusOr<std::string> Pause(const provision::Instance& instance) override {
    return real_->Pause(instance);
  }
  absl::StatusOr<provision::Instance> Resume(const provision::NodeRecord& node) override {
    return real_->Resume(node);
  }
  absl::StatusOr<std::vector<provision::LabelledInstance>> Find(
      const std::string& owner, const std::string& cluster) override {
    return real_->Find(owner, cluster);
  }

 private:
  std::shared_ptr<provision::CloudProvider> real_ = *provision::MakeLocalProvider({});
};

}  // namespace muster::test
