#include "provision/bundle.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <fcntl.h>
#include <signal.h>

#include <chrono>
#include <fstream>

#include "common/child_process.h"
#include "common/last_words.h"
#include "common/own_program.h"
#include "common/status_macros.h"
#include "common/unique_fd.h"
#include "provision/ssh_scripts.h"

namespace muster::provision {
namespace {

constexpr char kHowToMake[] = "; make one with scripts/bundle --output DIR";
constexpr std::chrono::seconds kLongest{60};

absl::Status NoBundle(const std::string& folder, const std::string& why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the folder ", folder, " is no bundle of Muster: ", why, kHowToMake));
}

}  // namespace

absl::StatusOr<Bundle> Bundle::Load(const std::string& folder) {
  std::ifstream manifest(folder + "/MANIFEST");
  if (!manifest) {
    return absl::NotFoundError(absl::StrCat("there is no bundle in ", folder, kHowToMake));
  }
  Bundle bundle;
  bundle.folder_ = folder;
  std::string line;
  std::getline(manifest, line);
  if (line != "muster-bundle 1") return NoBundle(folder, "its MANIFEST is of another version");
  while (std::getline(manifest, line)) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 4));
    if (words[0] == "file" && words.size() == 5) {
      File file{words[4], words[3], 0};
      if (!absl::SimpleAtoi(words[2], &file.size)) return NoBundle(folder, line);
      bundle.files_.push_back(std::move(file));
    } else if (words.size() == 2) {
      if (words[0] == "digest") bundle.digest_ = words[1];
      if (words[0] == "machine") bundle.machine_ = words[1];
      if (words[0] == "glibc") bundle.glibc_ = words[1];
    }
  }
  if (bundle.digest_.empty() || bundle.machine_.empty() || bundle.files_.empty()) {
    return NoBundle(folder, "its MANIFEST is not whole");
  }
  return bundle;
}

absl::StatusOr<Bundle> Bundle::Make() {
  const std::string own = FolderOf(reinterpret_cast<const void*>(&kHowToMake));
  const std::string clusterd = FindProgram(own, "clusterd");
  if (clusterd.empty()) {
    return absl::NotFoundError(
        absl::StrCat("there is no clusterd beside ", own,
                     " to make a bundle of; set MUSTER_BIN_DIR, or the setting bundle"));
  }
  const LastWords output;
  const LastWords errors;
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ChildProcess::Options options;
  options.argv = {"sh",     "-c",    kBundleScript,
                  "bundle", "--bin", clusterd.substr(0, clusterd.rfind('/'))};
  options.fds = {{nothing.get(), 0}, {output.fd(), 1}, {errors.fd(), 2}};
  options.new_session = true;  // Ctrl-C ends what waits for it, and not this
  ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(options));
  const std::optional<int> status = child.WaitUntil(std::chrono::steady_clock::now() + kLongest);
  if (!status) {
    child.Kill(SIGKILL);
    child.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    return absl::DeadlineExceededError("making a bundle of clusterd took over a minute");
  }
  if (*status != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("no bundle could be made of ", clusterd, ": ", errors.Tail()));
  }
  return Load(std::string(absl::StripAsciiWhitespace(output.All())));
}

std::uint64_t Bundle::BytesToSend() const {
  std::uint64_t bytes = 0;
  for (const File& file : files_) bytes += (file.size + kBlock - 1) / kBlock * kBlock;
  return bytes;
}

}  // namespace muster::provision
