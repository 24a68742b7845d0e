#include "server/python_probe.h"

#include <absl/strings/str_split.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <utility>
#include <vector>

#include "common/pipe.h"

namespace muster::server {
namespace {
constexpr std::chrono::seconds kLongest{2};
}  // namespace

PythonProbe::PythonProbe(const std::string& worker, const std::string& library,
                         std::string built_with)
    : built_with_(std::move(built_with)), is_known_(::access(library.c_str(), R_OK) == 0) {
  if (is_known_) return;
  UniqueFd write;
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (worker.empty() || !MakePipe(output_, write) || !nothing.IsOpen()) return;
  ChildProcess::Options options;
  options.argv = {worker, "--version"};
  options.fds = {{nothing.get(), 0}, {write.get(), 1}, {nothing.get(), 2}};
  if (absl::StatusOr<ChildProcess> child = ChildProcess::Start(options); child.ok()) {
    child_ = *std::move(child);
  }
}

PythonProbe::~PythonProbe() {
  if (child_.pid() < 0) return;
  child_.Kill(SIGKILL);
  child_.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(1));
}

std::string PythonProbe::Version() {
  if (is_known_) return built_with_;
  if (child_.pid() < 0) return "no";
  const std::optional<int> status = child_.WaitUntil(std::chrono::steady_clock::now() + kLongest);
  if (!status) return built_with_;
  if (*status != 0) return "no";
  // "clusterd-worker 0.1.0, Python 3.11.2 (main, …", which a pipe holds.
  char said[512];
  const ssize_t size = ::read(output_.get(), said, sizeof(said));
  const std::string line(said, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  return words.size() > 3 ? words[3] : built_with_;
}

}  // namespace muster::server
