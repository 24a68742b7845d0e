#include "shell/raw_terminal.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/mutex.h"
#include "common/unique_fd.h"
#include "shell/escape_keys.h"
#include "shell/execution_hooks.h"
#include "shell/exit_code.h"
#include "shell/raw_mode.h"
#include "shell/terminal_modes.h"

namespace muster::clustershell {
namespace {

// The shell of the user, as a login would begin it.
constexpr char kLogin[] =
    "cd 2>/dev/null; shell=$(getent passwd \"$(id -u)\" 2>/dev/null | cut -d: -f7); "
    "exec \"${shell:-${SHELL:-/bin/sh}}\" -l";
// What may wait for a program that does not read what is typed, bytes; then no more is taken.
constexpr std::size_t kMostTyped = 1u << 20;
// A screen that is left is not waited for longer than so.
constexpr std::chrono::milliseconds kGraceOfLeaving{500};

Terminal OwnTerminal() {
  Terminal terminal;
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    terminal.rows = size.ws_row;
    terminal.columns = size.ws_col;
  }
  if (const char* type = ::getenv("TERM"); type != nullptr && *type != '\0') terminal.type = type;
  return terminal;
}

// Carries what is typed to the call: its write() blocks while the program does not read.
class Typist {
 public:
  explicit Typist(Call call) : call_(std::move(call)), thread_([this] { Run(); }) {}
  // After the call has ended, or was told to: a write that blocks returns then.
  ~Typist() {
    {
      const MutexLock lock(mutex_);
      ends_ = true;
    }
    arrived_.NotifyAll();
    thread_.join();
  }
  Typist(const Typist&) = delete;
  Typist& operator=(const Typist&) = delete;

  bool HasRoom() MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return typed_.size() < kMostTyped;
  }
  void Type(const std::string& keys) MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    typed_ += keys;
    arrived_.NotifyAll();
  }

 private:
  void Run() MUSTER_EXCLUDES(mutex_) {
    while (true) {
      std::string keys;
      {
        const MutexLock lock(mutex_);
        while (typed_.empty() && !ends_) arrived_.Wait(mutex_);
        if (ends_) return;
        keys.swap(typed_);
      }
      if (!call_.write(keys)) return;
    }
  }

  Call call_;
  Mutex mutex_;
  CondVar arrived_;
  std::string typed_ MUSTER_GUARDED_BY(mutex_);
  bool ends_ MUSTER_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

// Shows the screen of the call on a thread of its own; readable at its end.
class Screen {
 public:
  Screen(Call call, Output& output)
      : call_(std::move(call)),
        output_(output),
        ended_(::eventfd(0, EFD_CLOEXEC)),
        thread_([this] { Run(); }) {}
  ~Screen() { thread_.join(); }  // after the end of the call
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  int ended_fd() const { return ended_.get(); }

 private:
  void Run() {
    while (const std::optional<Event> event = call_.next()) {
      modes_.Follow(event->data);
      output_.Raw(Output::Stream::kStdout, event->data);
    }
    // Whoever ended well has done so itself.
    output_.Raw(Output::Stream::kStdout, modes_.Undo());
    ::eventfd_write(ended_.get(), 1);
  }

  Call call_;
  Output& output_;  // nobody else uses it meanwhile
  TerminalModes modes_;
  UniqueFd ended_;
  std::thread thread_;
};

// Until the call ends, or the user comes back: then true.
bool TypeUntilBack(Shell& shell, Call& call, Typist& typist, int ended_fd) {
  EscapeKeys escapes;
  while (true) {
    const int keys = typist.HasRoom() ? STDIN_FILENO : -1;
    pollfd waiting[3] = {
        {keys, POLLIN, 0}, {shell.signals().wake_fd(), POLLIN, 0}, {ended_fd, POLLIN, 0}};
    constexpr int kLookForRoom = 50;  // milliseconds
    ::poll(waiting, 3, keys < 0 ? kLookForRoom : -1);
    if (waiting[2].revents != 0) return false;
    if (waiting[1].revents != 0) {
      shell.signals().DrainWake();
      if (shell.signals().ending() != 0) return true;
      if (shell.signals().TakeRedraw()) {
        const Terminal now = OwnTerminal();
        call.resize(now.rows, now.columns);
      }
    }
    if (waiting[0].revents == 0) continue;
    char buffer[4096];
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof(buffer));
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) return true;  // our own terminal is gone
    std::string passed;
    const bool is_back =
        escapes.Take(absl::string_view(buffer, static_cast<std::size_t>(size)), passed);
    if (is_back) return true;
    typist.Type(passed);
  }
}

}  // namespace

int OpenRawTerminal(Shell& shell, const Node& node) {
  Output& output = shell.output();
  if (::isatty(STDIN_FILENO) == 0 || !output.IsTerminal(Output::Stream::kStdout)) {
    return shell.Usage("@", absl::StrCat("without a command it opens a terminal on ", node.name,
                                         ", and here is none"));
  }
  ExecuteOptions options;
  if (const auto veto = AskHooks(shell, "terminal", kLogin, {node}, options)) return *veto;
  output.Note(absl::StrCat("a terminal on ", node.name,
                           "; ~. at the start of a line, three Ctrl-C, or the "
                           "end of its shell come back here"));
  Call call = shell.cluster().interact(node.index, muster::shell(kLogin), options, OwnTerminal());
  bool is_back = false;
  {
    const RawMode raw(STDIN_FILENO);
    const Screen screen(call, output);
    Typist typist(call);
    is_back = TypeUntilBack(shell, call, typist, screen.ended_fd());
    if (is_back) call.cancel(kGraceOfLeaving);
    call.wait();
  }
  const Outcome& outcome = call.wait();
  TellHooks(shell, "terminal", kLogin, {node}, options, outcome);
  if (is_back) {
    output.Note(absl::StrCat("\nback from ", node.name));
    return kExitOk;
  }
  // The code of a shell is that of its last command, and says nothing of the terminal.
  if (outcome.ok() || outcome.kind == Outcome::Kind::kFailed) return kExitOk;
  output.NodeLines(Output::Stream::kStderr, node.name, outcome.describe());
  return ExitOf(outcome);
}

}  // namespace muster::clustershell
