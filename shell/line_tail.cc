#include "shell/line_tail.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "common/quoting.h"
#include "common/unique_fd.h"
#include "common/words.h"
#include "shell/exit_code.h"
#include "shell/local_command.h"

namespace muster::clustershell {
namespace {

// Where the tail begins; npos: there is none. Quotes as SplitWords has them.
std::size_t FindTail(absl::string_view line) {
  Quoting quoting;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (!quoting.IsPlain(c)) continue;
    if (c == '|' || (c == '>' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))) return i;
  }
  return absl::string_view::npos;
}

int RunIntoFile(Shell& shell, const LineTail& tail,
                const std::function<int(absl::string_view front)>& run) {
  const int how = tail.kind == LineTail::Kind::kAppend ? O_APPEND : O_TRUNC;
  const std::string path = WithHome(tail.what);
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666));
  Output& output = shell.output();
  if (!file.IsOpen()) {
    output.Note(absl::StrCat("cannot write to ", path, ": ", ::strerror(errno)));
    return kExitFailed;
  }
  output.RedirectStdout(file.get());
  int exit_code = run(tail.front);
  const int error = output.error();
  output.RestoreStdout();
  if (error != 0) {
    output.Note(absl::StrCat("cannot write to ", path, ": ", ::strerror(error)));
    exit_code = WorseExit(exit_code, kExitFailed);
  }
  return exit_code;
}

}  // namespace

absl::StatusOr<LineTail> SplitTail(absl::string_view line) {
  LineTail tail;
  const std::size_t at = FindTail(line);
  tail.front = absl::StripTrailingAsciiWhitespace(line.substr(0, at));
  if (at == absl::string_view::npos) {
    tail.front = line;
    return tail;
  }
  absl::string_view behind = line.substr(at + 1);
  if (line[at] == '|') {
    tail.kind = LineTail::Kind::kPipe;
    tail.what = std::string(absl::StripAsciiWhitespace(behind));
    if (!tail.what.empty()) return tail;
    return absl::InvalidArgumentError(
        "behind | stands a command of this machine; a | for something else stands in quotes");
  }
  tail.kind = LineTail::Kind::kWrite;
  if (!behind.empty() && behind[0] == '>') {
    tail.kind = LineTail::Kind::kAppend;
    behind.remove_prefix(1);
  }
  auto words = SplitWords(behind);
  if (!words.ok()) return words.status();
  if (words->size() == 1) {
    tail.what = std::move(words->front());
    return tail;
  }
  return absl::InvalidArgumentError(
      "behind > stands one file of this machine; a > for something else stands in quotes");
}

int RunWithTail(Shell& shell, absl::string_view line,
                const std::function<int(absl::string_view front)>& run) {
  const absl::StatusOr<LineTail> tail = SplitTail(line);
  if (!tail.ok()) {
    shell.output().Note(tail.status().message());
    return kExitUsage;
  }
  if (tail->kind == LineTail::Kind::kNone) return run(tail->front);
  if (tail->kind != LineTail::Kind::kPipe) return RunIntoFile(shell, *tail, run);
  auto reader = LocalReader::Start(shell, tail->what);
  if (!reader.ok()) {
    shell.output().Note(reader.status().message());
    return kExitFailed;
  }
  Output& output = shell.output();
  output.RedirectStdout((*reader)->input());
  const int exit_code = run(tail->front);
  const bool was_left = output.error() == EPIPE;  // as by head: it has all that it wanted
  output.RestoreStdout();
  const int local_code = (*reader)->Finish();
  return exit_code == kExitOk || was_left ? local_code : exit_code;
}

}  // namespace muster::clustershell
