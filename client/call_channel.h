// CallChannel: the bytes of a transfer over the input and the output of a call. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/call_state.h"
#include "files/channel.h"

namespace muster {

class CallChannel : public files::Channel {
 public:
  explicit CallChannel(std::shared_ptr<Call::State> call) : call_(std::move(call)) {}

  bool Write(std::string_view bytes) override;
  bool Read(std::string& bytes) override;
  bool HasInput() override;
  bool IsOver() override { return call_->IsDone(); }

 private:
  const std::shared_ptr<Call::State> call_;
  std::optional<Event> next_;  // taken from the call, not read yet
};

}  // namespace muster
