#include "provision/ssh_host.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <fstream>
#include <random>
#include <thread>

#include "common/ssh_command.h"
#include "common/status_macros.h"
#include "provision/ssh_scripts.h"
#include "provision/ssh_session.h"

namespace muster::provision {
namespace {

constexpr int kSshFailed = 255;  // ssh's own failures
constexpr int kTries = 3;
constexpr std::chrono::milliseconds kFirstPause{300};
constexpr std::size_t kPiece = 256 * Bundle::kBlock;

// What ssh says when it is the host's or the network's moment, and not who asks.
constexpr const char* kTransient[] = {"Connection refused",          "Connection reset",
                                      "Connection closed",           "Connection timed out",
                                      "Operation timed out",         "No route to host",
                                      "Network is unreachable",      "Broken pipe",
                                      "kex_exchange_identification", "banner exchange",
                                      "Temporary failure in name",   "not responding"};
// And what it says when asking again cannot help, whatever else it said.
constexpr const char* kRefused[] = {
    "Permission denied", "Too many authentication failures", "Host key verification failed",
    "REMOTE HOST IDENTIFICATION HAS CHANGED", "No supported authentication methods"};

template <std::size_t N>
bool SaysOneOf(const std::string& text, const char* const (&phrases)[N]) {
  for (const char* phrase : phrases) {
    if (absl::StrContains(text, phrase)) return true;
  }
  return false;
}

absl::Status WhyNotReached(const std::string& host, const std::string& words) {
  if (SaysOneOf(words, kRefused)) {
    return absl::PermissionDeniedError(
        absl::StrCat(host, ": ssh does not get in: ", words, "; try: ssh -o BatchMode=yes ", host));
  }
  return absl::UnavailableError(absl::StrCat(
      host, ": cannot be reached: ", words.empty() ? "ssh ended without a word" : words));
}

// 0.5 to 1.5 times 300 ms, 600 ms, …: hosts that were overrun are not asked by all at once again.
std::chrono::milliseconds PauseAfter(int tries) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const double factor = std::uniform_real_distribution<>(0.5, 1.5)(random);
  return std::chrono::duration_cast<std::chrono::milliseconds>(kFirstPause * (1 << (tries - 1)) *
                                                               factor);
}

// The script, then the files of the bundle, each padded to whole blocks.
class Input {
 public:
  Input(const std::string& script, const Bundle* bundle) : script_(script), bundle_(bundle) {}

  absl::StatusOr<std::string> Next() {
    if (!is_script_told_) {
      is_script_told_ = true;
      return script_;
    }
    while (bundle_ != nullptr && file_ < bundle_->files().size()) {
      const Bundle::File& file = bundle_->files()[file_];
      const std::string path = absl::StrCat(bundle_->folder(), "/", file.path);
      if (told_ == 0) stream_ = std::ifstream(path, std::ios::binary);
      std::string piece(std::min<std::uint64_t>(kPiece, file.size - told_), '\0');
      stream_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      if (static_cast<std::size_t>(stream_.gcount()) != piece.size()) {
        return absl::FailedPreconditionError(absl::StrCat(
            "the bundle has changed: ", path, " is not as its MANIFEST says; make it again"));
      }
      told_ += piece.size();
      if (told_ == file.size) {
        piece.resize((piece.size() + Bundle::kBlock - 1) / Bundle::kBlock * Bundle::kBlock);
        ++file_;
        told_ = 0;
      }
      if (!piece.empty()) return piece;
    }
    return std::string();
  }

 private:
  const std::string& script_;
  const Bundle* const bundle_;
  bool is_script_told_ = false;
  std::size_t file_ = 0;
  std::uint64_t told_ = 0;
  std::ifstream stream_;
};

// The function that takes the bundle apart again.
std::string Unpack(const Bundle& bundle) {
  std::string text = "unpack() {\n  :";
  std::uint64_t block = 0;
  for (const Bundle::File& file : bundle.files()) {
    absl::StrAppend(&text, " &&\n  piece ", file.mode, " ", block, " ", file.size, " ",
                    QuotedForSsh(file.path));
    block += (file.size + Bundle::kBlock - 1) / Bundle::kBlock;
  }
  return absl::StrCat(text, "\n}\n");
}

}  // namespace

SshTurns::Turn::Turn(SshTurns& turns) : turns_(turns) {
  const MutexLock lock(turns_.mutex_);
  while (turns_.free_ == 0) turns_.changed_.Wait(turns_.mutex_);
  --turns_.free_;
}

SshTurns::Turn::~Turn() {
  const MutexLock lock(turns_.mutex_);
  ++turns_.free_;
  turns_.changed_.NotifyOne();
}

std::string SshHost::name() const {
  Address bare;
  bare.kind = Address::Kind::kSsh;
  bare.user = address_.user;
  bare.host = address_.host;
  bare.port = address_.port;
  return bare.ToString().substr(std::string("ssh:").size());
}

absl::StatusOr<std::vector<std::string>> SshHost::Call(const std::vector<std::string>& words,
                                                       std::chrono::seconds longest,
                                                       const Bundle* bundle) const {
  std::string script = kHostScript;
  if (bundle != nullptr) absl::StrAppend(&script, Unpack(*bundle));
  const char* separator = "";
  for (const std::string& word : words) {
    absl::StrAppend(&script, separator, QuotedForSsh(word));
    separator = " ";
  }
  for (int tries = 1;; ++tries) {
    absl::StatusOr<std::vector<std::string>> answer = CallOnce(script, longest, bundle);
    if (!absl::IsUnavailable(answer.status()) || tries == kTries ||
        !SaysOneOf(std::string(answer.status().message()), kTransient)) {
      return answer;
    }
    std::this_thread::sleep_for(PauseAfter(tries));
  }
}

absl::StatusOr<std::vector<std::string>> SshHost::CallOnce(const std::string& script,
                                                           std::chrono::seconds longest,
                                                           const Bundle* bundle) const {
  // The shell takes just the script from its input, byte by byte; the rest is for the script. No
  // login shell finds anything to change in this line.
  const std::string remote =
      absl::StrCat("sh -c 'eval \"$(dd bs=1 count=", script.size(), " 2>/dev/null)\"'");
  const std::vector<std::string> command =
      SshCommand(address_,
                 {absl::StrCat("ConnectTimeout=", connect_timeout_.count()),
                  "ServerAliveInterval=5", "ServerAliveCountMax=3"},
                 remote);
  Input input(script, bundle);
  const SshTurns::Turn turn(*turns_);
  const absl::StatusOr<SshEnd> end = RunSsh(
      command, [&input] { return input.Next(); },
      std::chrono::steady_clock::now() + connect_timeout_ + longest);
  if (!end.ok()) {
    return absl::Status(end.status().code(), absl::StrCat(name(), ": ", end.status().message()));
  }
  if (end->timed_out) {
    return absl::DeadlineExceededError(absl::StrCat(name(), ": no answer within ",
                                                    (connect_timeout_ + longest).count(), " s",
                                                    end->errors.empty() ? "" : ": ", end->errors));
  }
  if (end->code == kSshFailed) return WhyNotReached(name(), end->errors);
  if (end->code != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        name(), ": ",
        end->errors.empty() ? absl::StrCat("ended with code ", end->code) : end->errors));
  }
  std::vector<std::string> answer;
  for (absl::string_view line : absl::StrSplit(end->output, '\n')) {
    if (absl::ConsumePrefix(&line, "muster: ")) answer.emplace_back(line);
  }
  return answer;
}

}  // namespace muster::provision
