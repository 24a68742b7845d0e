#include "shell/local_command.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "shell/exit_code.h"

namespace muster::clustershell {
namespace {

// Hands on the requests to stop that only we got.
class StopsWithUs : public Interruptible {
 public:
  StopsWithUs(const ChildProcess& child, Signals& signals, bool has_terminal, bool takes_interrupts)
      : pidfd_(::fcntl(child.pidfd(), F_DUPFD_CLOEXEC, 3)),
        signals_(signals),
        has_terminal_(has_terminal),
        takes_interrupts_(takes_interrupts) {}

  void Interrupt(int times) override {
    if (takes_interrupts_ && has_terminal_ && signals_.ending() == 0) return;
    if (times > 2) return Send(SIGKILL);
    if (signals_.ending() != 0) return Send(SIGTERM);
    if (!has_terminal_) Send(SIGINT);  // else the terminal has told it, too
  }

 private:
  void Send(int signal) const {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
  }

  UniqueFd pidfd_;
  Signals& signals_;
  bool has_terminal_;
  bool takes_interrupts_;  // all that the terminal sends
};

// The terminal as it was, and Ctrl-\ not for us, while somebody else has it.
class LentTerminal {
 public:
  LentTerminal() : is_one_(::tcgetattr(STDIN_FILENO, &modes_) == 0) {
    before_ = ::signal(SIGQUIT, SIG_IGN);
  }
  ~LentTerminal() {
    ::signal(SIGQUIT, before_);
    if (is_one_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &modes_);
  }
  LentTerminal(const LentTerminal&) = delete;
  LentTerminal& operator=(const LentTerminal&) = delete;

  bool is_one() const { return is_one_; }

 private:
  termios modes_{};
  bool is_one_;
  void (*before_)(int);
};

absl::StatusOr<ChildProcess> StartShell(const std::string& command, int input) {
  ChildProcess::Options options;
  options.argv = {"/bin/sh", "-c", command};
  UniqueFd nothing;
  if (input < 0 && ::isatty(STDIN_FILENO) == 0) {
    // Our lines may come from there.
    nothing.Reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    input = nothing.get();
  }
  options.fds = {{STDOUT_FILENO, 1}, {STDERR_FILENO, 2}};
  options.fds.emplace_back(input < 0 ? STDIN_FILENO : input, 0);
  return ChildProcess::Start(options);
}

int WaitFor(Shell& shell, ChildProcess& child, bool has_terminal, bool takes_interrupts = false) {
  const auto stops =
      std::make_shared<StopsWithUs>(child, shell.signals(), has_terminal, takes_interrupts);
  shell.signals().SetRunning(stops);
  const std::optional<int> status = child.WaitUntil(std::chrono::steady_clock::time_point::max());
  if (!status) return kExitFailed;
  return WIFSIGNALED(*status) ? 128 + WTERMSIG(*status) : WEXITSTATUS(*status);
}

}  // namespace

int RunLocalCommand(Shell& shell, const std::string& command) {
  const LentTerminal terminal;
  auto child = StartShell(command, -1);
  if (!child.ok()) {
    shell.output().Note(child.status().message());
    return kExitFailed;
  }
  return WaitFor(shell, *child, terminal.is_one());
}

int RunTerminalProgram(Shell& shell, const std::vector<std::string>& argv,
                       const std::vector<std::string>& extra_environment) {
  const LentTerminal terminal;
  ChildProcess::Options options;
  options.argv = argv;
  options.fds = {{STDIN_FILENO, 0}, {STDOUT_FILENO, 1}, {STDERR_FILENO, 2}};
  options.extra_environment = extra_environment;
  auto child = ChildProcess::Start(options);
  if (!child.ok()) {
    shell.output().Note(child.status().message());
    return kExitFailed;
  }
  const int exit_code = WaitFor(shell, *child, terminal.is_one(), true);
  if (shell.signals().ending() == 0) shell.signals().ForgetInterrupts();
  return exit_code;
}

absl::StatusOr<std::unique_ptr<LocalReader>> LocalReader::Start(Shell& shell,
                                                                const std::string& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot make a pipe: ", ::strerror(errno)));
  }
  const UniqueFd read_end(ends[0]);
  std::unique_ptr<LocalReader> reader(new LocalReader(shell));
  reader->input_.Reset(ends[1]);
  auto child = StartShell(command, read_end.get());
  if (!child.ok()) return child.status();
  reader->child_ = *std::move(child);
  return reader;
}

LocalReader::~LocalReader() { Finish(); }

int LocalReader::Finish() {
  if (!input_.IsOpen()) return kExitOk;
  const LentTerminal terminal;
  input_.Reset();
  return WaitFor(shell_, child_, terminal.is_one());
}

}  // namespace muster::clustershell
