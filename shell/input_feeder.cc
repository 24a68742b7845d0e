#include "shell/input_feeder.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>

#include "shell/input_source.h"

namespace muster::clustershell {
InputFeeder::InputFeeder(int fd, std::vector<Call> calls)
    : fd_(fd), stop_(::eventfd(0, EFD_CLOEXEC)), calls_(std::move(calls)) {
  thread_ = std::thread([this] { Run(); });
}

InputFeeder::~InputFeeder() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void InputFeeder::Run() {
  std::string data(64u << 10, '\0');
  std::array<pollfd, 2> waiting = {pollfd{fd_, POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  while (IsInput(fd_)) {
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    if (waiting[0].revents == 0) continue;
    const ssize_t got = ::read(fd_, data.data(), data.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    if (!Give(data.substr(0, static_cast<std::size_t>(got)))) return;
  }
  for (Call& call : calls_) call.close_input();
}

bool InputFeeder::Give(const std::string& data) {
  std::erase_if(calls_, [&](Call& call) { return !call.write(data); });
  return !calls_.empty();
}

}  // namespace muster::clustershell
