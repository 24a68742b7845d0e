#include "client/ended_call.h"

#include <memory>
#include <utility>

#include "client/call_state.h"

namespace muster {

Call EndedCall(Outcome::Kind kind, const std::string& node, std::string why_not) {
  const auto state = std::make_shared<Call::State>(node);
  Outcome outcome;
  outcome.kind = kind;
  outcome.node = node;
  outcome.reason = std::move(why_not);
  state->Finish(std::move(outcome));
  return Call(state);
}

Call RefusedCall(const std::string& node, std::string why_not) {
  return EndedCall(Outcome::Kind::kRefused, node, std::move(why_not));
}

}  // namespace muster
