#include "shell/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <array>
#include <cstdint>

namespace muster::clustershell {
namespace {

void Raise(int event_fd) {
  const std::uint64_t one = 1;
  // It can fail only when the counter is full, and then it is readable already.
  [[maybe_unused]] const auto written = ::write(event_fd, &one, sizeof one);
}

}  // namespace

Signals::Signals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t taken;
  sigemptyset(&taken);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT}) {
    sigaddset(&taken, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  signals_.Reset(::signalfd(-1, &taken, SFD_CLOEXEC));
  wake_.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  stop_.Reset(::eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { Run(); });
}

Signals::~Signals() {
  Raise(stop_.get());
  thread_.join();
}

void Signals::SetRunning(const std::shared_ptr<Interruptible>& running) {
  {
    MutexLock lock(mutex_);
    running_ = running;
  }
  // A signal in between may interrupt twice; the second one then says the same number.
  if (const int times = interrupts_; times > 0 && running) running->Interrupt(times);
}

void Signals::DrainWake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
}

void Signals::Run() {
  std::array<pollfd, 2> waiting = {pollfd{signals_.get(), POLLIN, 0},
                                   pollfd{stop_.get(), POLLIN, 0}};
  while (true) {
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    signalfd_siginfo taken{};
    if (::read(signals_.get(), &taken, sizeof taken) == sizeof taken) {
      Take(static_cast<int>(taken.ssi_signo));
    }
  }
}

void Signals::Take(int signal) {
  if (signal == SIGQUIT) return;
  if (signal == SIGWINCH || signal == SIGCONT) {
    redraw_ = true;
    Raise(wake_.get());
    return;
  }
  if (signal != SIGINT) ending_ = signal;
  const int times = ++interrupts_;
  std::shared_ptr<Interruptible> running;
  {
    MutexLock lock(mutex_);
    running = running_.lock();
  }
  if (running != nullptr) running->Interrupt(times);
  Raise(wake_.get());
}

}  // namespace muster::clustershell
