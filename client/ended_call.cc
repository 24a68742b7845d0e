#include "client/ended_call.h"

#include <utility>

namespace muster {

std::shared_ptr<Call::State> EndedState(Outcome::Kind kind, const std::string& node,
                                        std::string why_not) {
  auto state = std::make_shared<Call::State>(node);
  Outcome outcome;
  outcome.kind = kind;
  outcome.node = node;
  outcome.reason = std::move(why_not);
  state->Finish(std::move(outcome));
  return state;
}

Call EndedCall(Outcome::Kind kind, const std::string& node, std::string why_not) {
  return Call(EndedState(kind, node, std::move(why_not)));
}

Call RefusedCall(const std::string& node, std::string why_not) {
  return EndedCall(Outcome::Kind::kRefused, node, std::move(why_not));
}

}  // namespace muster
