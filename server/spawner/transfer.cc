#include "server/spawner/transfer.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "files/channel.h"
#include "files/name.h"
#include "files/receiver.h"
#include "files/sender.h"

namespace muster::server {
namespace {

bool Put(const std::string& destination, files::RecordChannel& channel) {
  files::Progress progress;
  files::Wanted wanted;
  wanted.destination = destination;
  files::Receiver receiver(channel, std::move(wanted), progress);
  const files::Receiver::End end = receiver.Run();
  const bool told =
      channel.Write(files::RecordType::kResult, receiver.MakeResult().Encode()) && channel.Flush();
  return told && end == files::Receiver::End::kComplete && receiver.problems().count() == 0;
}

bool Get(const std::vector<std::string>& asked, files::RecordChannel& channel) {
  files::Progress progress;
  files::Sender sender(channel, true, progress);
  std::vector<std::string> missing;
  const std::vector<std::string> paths = files::ExpandAll(asked, missing);
  for (const std::string& path : missing) sender.AddProblem(path, "find", ENOENT);
  const files::Totals totals = files::CountAll(paths, channel);
  files::Begin begin;
  begin.total_files = totals.files;
  begin.total_bytes = totals.bytes;
  return sender.Send(paths, begin) && sender.problems().count() == 0;
}

}  // namespace

void RunTransfer(const LaunchRequest& request, const StartStatus& status) {
  // This is a fork of the spawner: its user's other jobs may not look into it.
  ::prctl(PR_SET_DUMPABLE, 0);
  ::prctl(PR_SET_NAME, kTransferName);
  if (request.arguments.size() < 2) status.Fail("read what to copy", EINVAL);
  LimitSelf(request, status);
  status.Succeed();
  files::FdChannel pipes(STDIN_FILENO, STDOUT_FILENO);
  files::RecordChannel channel(pipes);
  const std::vector<std::string> paths(request.arguments.begin() + 1, request.arguments.end());
  const bool is_whole =
      request.arguments[0] == "put" ? Put(paths[0], channel) : Get(paths, channel);
  ::_exit(is_whole ? 0 : 1);
}

}  // namespace muster::server
