// Groups that a program knows: it is asked anew each time.
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "client/node_group_source.h"
#include "common/child_process.h"
#include "common/escape.h"
#include "common/quantity.h"
#include "common/status_macros.h"
#include "common/words.h"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOutput = 4u << 20;
constexpr std::size_t kMostComplaint = 300;  // bytes of its stderr in a message

// The two ends of a pipe, and what came through it.
struct Drain {
  UniqueFd out;
  UniqueFd in;
  std::string text;
  std::size_t most = 0;  // more is thrown away, but counted
  std::size_t bytes = 0;

  absl::Status Open(std::size_t most_bytes) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      return absl::FailedPreconditionError(absl::StrCat("no pipe: ", ::strerror(errno)));
    }
    out.Reset(ends[0]);
    in.Reset(ends[1]);
    ::fcntl(out.get(), F_SETFL, O_NONBLOCK);
    most = most_bytes;
    return absl::OkStatus();
  }
  // Takes all that is there; closes itself at the end.
  void Take() {
    std::array<char, 16384> buffer{};
    while (out.IsOpen()) {
      const ssize_t count = ::read(out.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        out.Reset();
        return;
      }
      bytes += static_cast<std::size_t>(count);
      text.append(buffer.data(), std::min(static_cast<std::size_t>(count), most - text.size()));
      if (bytes > most) return;
    }
  }
};

// Until the program has ended, the time is up, or it printed too much. True: it has ended.
bool Follow(const ChildProcess& child, Clock::time_point deadline, Drain& output,
            Drain& complaint) {
  while (output.bytes <= output.most) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 3> wanted = {{{child.pidfd(), POLLIN, 0},
                                     {output.out.get(), POLLIN, 0},
                                     {complaint.out.get(), POLLIN, 0}}};
    ::poll(wanted.data(), wanted.size(),
           static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    output.Take();
    complaint.Take();
    if ((wanted[0].revents & POLLIN) == 0) continue;
    // What it wrote before its end is in the pipes; what it started may hold them open for ever.
    output.Take();
    complaint.Take();
    return output.bytes <= output.most;
  }
  return false;
}

std::string Complaint(const Drain& complaint) {
  const absl::string_view text = absl::StripAsciiWhitespace(complaint.text);
  return text.empty() ? "" : absl::StrCat(": ", EscapeToOneLine(text.substr(0, kMostComplaint)));
}

// What it printed.
absl::StatusOr<std::string> RunProgram(const std::vector<std::string>& argv,
                                       const std::vector<std::string>& environment,
                                       std::chrono::milliseconds timeout) {
  Drain output;
  Drain complaint;
  RETURN_IF_ERROR(output.Open(kMostOutput));
  RETURN_IF_ERROR(complaint.Open(64u << 10));
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ChildProcess::Options options;
  options.argv = argv;
  options.fds = {{nothing.get(), STDIN_FILENO},
                 {output.in.get(), STDOUT_FILENO},
                 {complaint.in.get(), STDERR_FILENO}};
  options.new_session = true;
  options.extra_environment = environment;
  absl::StatusOr<ChildProcess> child = ChildProcess::Start(options);
  if (!child.ok()) return absl::FailedPreconditionError(child.status().message());
  output.in.Reset();
  complaint.in.Reset();
  const bool ended = Follow(*child, Clock::now() + timeout, output, complaint);
  // It is not reaped yet, so its number is still that of its session.
  ::kill(-child->pid(), SIGKILL);
  const std::optional<int> status = child->WaitUntil(Clock::now() + std::chrono::seconds(5));
  if (output.bytes > output.most) {
    return absl::FailedPreconditionError(
        absl::StrCat("printed more than ", FormatSize(kMostOutput), " and was stopped"));
  }
  if (!ended) {
    return absl::FailedPreconditionError(absl::StrCat(
        "did not end within ", FormatDuration(timeout), " and was stopped", Complaint(complaint)));
  }
  if (status.value_or(-1) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(DescribeWaitStatus(status.value_or(SIGKILL)), Complaint(complaint)));
  }
  return std::move(output.text);
}

std::vector<std::string> WordsOf(const std::string& text) {
  return absl::StrSplit(text, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
}

// The words that start the program, which has to be one that nobody else could have written.
absl::StatusOr<std::vector<std::string>> ArgvOf(const GroupProgram& program,
                                                const std::string& line, const std::string& group) {
  // The shell finds the group in its environment: no name of a group is ever a part of its line.
  if (program.has_shell) return std::vector<std::string>{"/bin/sh", "-c", "--", line};
  ASSIGN_OR_RETURN(std::vector<std::string> words, SplitWords(line));
  if (words.empty()) return absl::InvalidArgumentError("names no program");
  std::string& path = words.front();
  if (!absl::StrContains(path, "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("names ", path, " without its path; say /usr/bin/", path,
                     ", or a path from the folder of the configuration"));
  }
  if (path[0] != '/') path = absl::StrCat(program.folder, "/", path);
  RETURN_IF_ERROR(OpenTrustedFile(path, program.trust).status());
  for (std::size_t i = 1; i < words.size(); ++i) {
    words[i] = absl::StrReplaceAll(words[i], {{"${GROUP}", group}, {"$GROUP", group}});
  }
  return words;
}

absl::StatusOr<std::string> Ask(const GroupProgram& program, const std::string& line,
                                const std::string& group) {
  const auto failed = [&](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat("the group source ", program.name, " (",
                                                    EscapeToOneLine(line), ") ", status.message()));
  };
  const auto argv = ArgvOf(program, line, group);
  if (!argv.ok()) return failed(argv.status());
  absl::StatusOr<std::string> text =
      RunProgram(*argv, {absl::StrCat("GROUP=", group), absl::StrCat("SOURCE=", program.name)},
                 program.timeout);
  return text.ok() ? std::move(text) : failed(text.status());
}

}  // namespace

absl::StatusOr<std::string> GroupProgram::Map(const std::string& group) const {
  if (absl::StartsWith(group, "-")) return "";  // the program would take it for an option
  ASSIGN_OR_RETURN(const std::string text, Ask(*this, map, group));
  return absl::StrJoin(WordsOf(text), ",");
}

absl::StatusOr<std::vector<std::string>> GroupProgram::List() const {
  if (list.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the group source ", name, " cannot list its groups; give it a `list`"));
  }
  ASSIGN_OR_RETURN(const std::string text, Ask(*this, list, ""));
  return WordsOf(text);
}

}  // namespace muster
