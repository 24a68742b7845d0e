#include "shell/programs/file_description.h"

#include <absl/status/statusor.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/child_process.h"
#include "common/unique_fd.h"
#include "shell/program_environment.h"
#include "shell/program_process.h"

namespace muster::clustershell {
namespace {

using Clock = std::chrono::steady_clock;

// For one file.
constexpr std::chrono::seconds kPatience(5);
constexpr std::size_t kMostBytes = 4u << 20;

// A process that says a line about each file.
class Describer {
 public:
  explicit Describer(const std::vector<std::string>& argv) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    said_.Reset(ends[0]);
    const UniqueFd write_end(ends[1]);
    const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ChildProcess::Options options;
    options.argv = argv;
    options.fds = {{nothing.get(), 0}, {write_end.get(), 1}, {write_end.get(), 2}};
    options.new_session = true;
    for (const auto& [name, value] : ProgramEnvironment()) {
      options.extra_environment.push_back(absl::StrCat(name, "=", value));
    }
    auto child = ChildProcess::Start(options);
    if (child.ok()) {
      child_ = *std::move(child);
    } else {
      why_ = std::string(child.status().message());
    }
  }

  ~Describer() {
    if (child_.pid() <= 0) return;
    ::kill(-child_.pid(), SIGKILL);
    child_.WaitUntil(Clock::now() + kPatience);
  }

  Describer(const Describer&) = delete;
  Describer& operator=(const Describer&) = delete;

  // What it says of the next file; empty: nothing any more, why() says why.
  std::optional<nlohmann::json> Next() {
    const auto deadline = Clock::now() + kPatience;
    while (child_.pid() > 0) {
      while (const std::optional<std::string> line = TakeLine()) {
        nlohmann::json answer = nlohmann::json::parse(*line, nullptr, false);
        if (answer.is_object()) return answer;
        why_ = *line;
      }
      if (!Read(deadline)) return std::nullopt;
    }
    return std::nullopt;
  }

  const std::string& why() const { return why_; }

 private:
  std::optional<std::string> TakeLine() {
    const std::size_t end = buffer_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
  }

  bool Read(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd readable{said_.get(), POLLIN, 0};
    if (left.count() <= 0 || buffer_.size() > kMostBytes ||
        ::poll(&readable, 1, static_cast<int>(left.count())) == 0) {
      why_ = absl::StrCat("it takes more than ", kPatience.count(), " s to be read");
      return false;
    }
    std::array<char, 65536> piece{};
    const ssize_t got = ::read(said_.get(), piece.data(), piece.size());
    if (got > 0) {
      buffer_.append(piece.data(), static_cast<std::size_t>(got));
      return true;
    }
    const std::optional<int> status = child_.WaitUntil(deadline);
    if (why_.empty()) {
      why_ = absl::StrCat("what read it ",
                          status ? DescribeWaitStatus(*status) : std::string("did not end"));
    }
    return false;
  }

  ChildProcess child_;
  UniqueFd said_;
  std::string buffer_;
  std::string why_;
};

FileDescription Failed(const std::string& path, const std::string& why) {
  FileDescription description;
  description.path = path;
  description.problems.emplace_back(0, why);
  return description;
}

FileDescription FromJson(const nlohmann::json& answer, const std::string& path,
                         ProgramEntry::Kind kind) try {
  FileDescription description;
  description.path = path;
  if (answer.value("kind", "") == "script") kind = ProgramEntry::Kind::kPythonScript;
  for (const nlohmann::json& program : answer.value("programs", nlohmann::json::array())) {
    description.programs.push_back({kind, program.value("name", ""), program.value("usage", ""),
                                    program.value("summary", ""), program.value("help", ""), path,
                                    program.value("line", 0)});
  }
  for (const nlohmann::json& problem : answer.value("problems", nlohmann::json::array())) {
    description.problems.emplace_back(problem.value("line", 0), problem.value("message", ""));
  }
  return description;
} catch (const nlohmann::json::exception& error) {  // the file wrote into what is said of it
  return Failed(path, error.what());
}

}  // namespace

std::vector<FileDescription> DescribePythonFiles(const std::vector<std::string>& paths) {
  std::vector<FileDescription> descriptions;
  while (descriptions.size() < paths.size()) {
    std::vector<std::string> argv = PythonProgramHost();
    argv.emplace_back("list");
    argv.insert(argv.end(), paths.begin() + static_cast<std::ptrdiff_t>(descriptions.size()),
                paths.end());
    Describer describer(argv);
    const std::size_t first = descriptions.size();
    while (descriptions.size() < paths.size()) {
      const std::size_t number = descriptions.size() - first;
      const std::string& path = paths[descriptions.size()];
      const auto answer = describer.Next();
      if (!answer || answer->value("number", nlohmann::json()) != number) {
        descriptions.push_back(Failed(path, describer.why()));
        break;  // the others by a new process
      }
      descriptions.push_back(FromJson(*answer, path, ProgramEntry::Kind::kPythonCommand));
    }
  }
  return descriptions;
}

FileDescription DescribeSharedObject(const std::string& path) {
  Describer describer(SharedProgramProcess(path));
  const auto answer = describer.Next();
  if (!answer) return Failed(path, describer.why());
  return FromJson(*answer, path, ProgramEntry::Kind::kShared);
}

FileDescription DescribeExecutable(const std::string& path) {
  ProgramEntry entry;
  entry.kind = ProgramEntry::Kind::kExecutable;
  entry.path = path;
  entry.name = std::filesystem::path(path).stem().string();
  entry.usage = absl::StrCat(entry.name, " [ARGUMENT...]");
  std::ifstream file(path, std::ios::binary);
  std::string line;
  for (int i = 0; i < 10 && std::getline(file, line) && line.size() < 1000; ++i) {
    if (i == 0 && !absl::StartsWith(line, "#!")) break;  // no script
    if (i == 0 || !absl::StartsWith(line, "#")) continue;
    absl::string_view text = absl::StripAsciiWhitespace(absl::string_view(line).substr(1));
    if (text.empty()) continue;
    const std::size_t dash = text.rfind(" - ");
    if (absl::StartsWith(text, entry.name) && dash != absl::string_view::npos) {
      entry.usage = std::string(text.substr(0, dash));
      text = text.substr(dash + 3);
    }
    entry.summary = std::string(absl::StripSuffix(text, "."));
    break;
  }
  FileDescription description;
  description.path = path;
  description.programs.push_back(std::move(entry));
  return description;
}

}  // namespace muster::clustershell
