#include "client/call_channel.h"

#include <chrono>
#include <utility>

namespace muster {

bool CallChannel::Write(std::string_view bytes) {
  return call_->input() && call_->input()->Write(std::string(bytes));
}

bool CallChannel::Read(std::string& bytes) {
  for (;;) {
    std::optional<Event> event = next_ ? std::exchange(next_, std::nullopt) : call_->Next();
    if (!event) return false;
    // Nothing of ours writes to the other stream.
    if (event->stream != Event::Stream::kStdout) continue;
    bytes += event->data;
    return true;
  }
}

bool CallChannel::HasInput() {
  if (next_) return true;
  // At the end, too: Read returns at once then.
  return call_->NextFor(std::chrono::milliseconds(0), &next_);
}

}  // namespace muster
