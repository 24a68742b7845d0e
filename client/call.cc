// Call: the handle. All it does is in Call::State.
#include <utility>

#include "client/ClusterAPI.h"
#include "client/call_state.h"
#include "client/callback_thread.h"

namespace muster {

Call::Call(std::shared_ptr<State> state)
    : state_(std::move(state)),
      guard_(state_.get(), [state = state_](void*) { state->Abandon(); }) {}

std::optional<Event> Call::next() { return state_->Next(); }

bool Call::next_for(std::chrono::milliseconds time, std::optional<Event>* event) {
  return state_->NextFor(time, event);
}

Call::Iterator Call::begin() { return Iterator(this); }

Call::Iterator Call::end() { return {}; }

const Outcome& Call::wait() & { return state_->Wait(); }

// The only handle left takes the outcome with it: a value may have gigabytes.
Outcome Call::wait() && { return guard_.use_count() == 1 ? state_->TakeOutcome() : state_->Wait(); }

const Outcome* Call::wait_for(std::chrono::milliseconds time) { return state_->WaitFor(time); }

bool Call::done() const { return state_->IsDone(); }

void Call::cancel(std::optional<std::chrono::milliseconds> grace) { state_->Cancel(grace); }

void Call::then(std::function<void(const Outcome&)> callback) {
  // The handle goes with the callback.
  state_->WhenDone([call = *this, callback = std::move(callback)]() mutable {
    RunCallback([call = std::move(call), callback = std::move(callback)]() mutable {
      callback(*call.wait_for(std::chrono::milliseconds(0)));
    });
  });
  state_->Shed();
}

void Call::watch(std::function<void()> ready) {
  if (!ready) {
    state_->Watch(nullptr);
    return;
  }
  state_->Watch([ready = std::move(ready)] { RunCallback(ready); });
}

void Call::detach() { state_->Detach(); }

bool Call::write(const std::string& data) {
  return state_->input() && state_->input()->Write(data);
}

void Call::close_input() {
  if (state_->input()) state_->input()->Close();
}

void Call::resize(int rows, int columns) {
  if (state_->input()) state_->input()->Resize(rows, columns);
}

void Call::send_signal(int signal) {
  if (state_->input()) state_->input()->Signal(signal);
}

const std::string& Call::node() const { return state_->node(); }

std::string Call::id() const { return state_->id(); }

}  // namespace muster
