#include "client/transfer_state.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "client/call_channel.h"
#include "common/escape.h"
#include "files/sender.h"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;

// "open a/b: Permission denied; and 3 more".
std::string Summarize(const files::ProblemList& problems) {
  if (problems.first().empty()) return "";
  std::string text = problems.first().front().Describe();
  if (problems.count() > 1) absl::StrAppend(&text, "; and ", problems.count() - 1, " more");
  return text;
}

// Ended by itself, as far as the node's process goes.
bool IsNatural(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::kOk || outcome.kind == Outcome::Kind::kFailed;
}

void Fail(Outcome& outcome, const std::string& reason) {
  outcome.kind = Outcome::Kind::kFailed;
  outcome.exit_code = 1;
  outcome.reason = EscapeToOneLine(reason);  // names may hold anything
}

}  // namespace

template <typename Body>
void Transfer::State::Start(Body body) {
  try {
    thread_ = std::thread(std::move(body));
  } catch (const std::system_error& error) {
    call_->Abandon();
    Outcome outcome = call_->Wait();
    outcome.kind = Outcome::Kind::kRefused;
    outcome.reason = absl::StrCat("there is no thread left for it in this process: ", error.what());
    Finish(std::move(outcome), {});
  }
}

std::shared_ptr<Transfer::State> Transfer::State::Put(std::shared_ptr<Call::State> call,
                                                      std::shared_ptr<const PutSource> source,
                                                      bool is_durable) {
  std::shared_ptr<State> state(new State(std::move(call)));
  state->Start([self = state.get(), source = std::move(source), is_durable] {
    self->RunPut(*source, is_durable);
  });
  return state;
}

std::shared_ptr<Transfer::State> Transfer::State::Get(std::shared_ptr<Call::State> call,
                                                      files::Wanted wanted) {
  std::shared_ptr<State> state(new State(std::move(call)));
  state->Start([self = state.get(), wanted = std::move(wanted)]() mutable {
    self->RunGet(std::move(wanted));
  });
  return state;
}

Transfer::State::~State() {
  // The node's end stops at the end of the call.
  if (!call_->IsDone()) call_->Abandon();
  if (thread_.joinable()) thread_.join();
}

void Transfer::State::RunPut(const PutSource& source, bool is_durable) {
  CallChannel bytes(call_);
  files::RecordChannel channel(bytes);
  files::Sender sender(channel, false, progress_);
  files::ProblemList problems;
  std::optional<files::Result> result;
  // A call that was refused needs no look at the files.
  if (!call_->IsDone()) {
    const files::Totals totals = files::CountAll(source.paths, channel);
    files::Begin begin;
    begin.is_many = source.is_many;
    begin.is_durable = is_durable;
    begin.total_files = totals.files;
    begin.total_bytes = totals.bytes;
    if (sender.Send(source.paths, begin)) call_->input()->Close();
    result = sender.WaitForResult();
    if (!result) call_->Cancel(std::chrono::milliseconds(0));  // if it is not over anyway
    problems = sender.problems();
    if (result) problems.Merge(result->problems);
  }
  Outcome outcome = call_->Wait();
  if (result && problems.count() > 0 && IsNatural(outcome)) {
    Fail(outcome, Summarize(problems));
  } else if (!result && IsNatural(outcome)) {
    Fail(outcome, "the node's end of the transfer stopped without a word");
  } else if (!result && channel.IsBroken()) {
    Fail(outcome, absl::StrCat(outcome.node, " answered what is no answer to a transfer"));
  }
  Finish(std::move(outcome), std::move(problems));
}

void Transfer::State::RunGet(files::Wanted wanted) {
  CallChannel bytes(call_);
  files::RecordChannel channel(bytes);
  files::Receiver receiver(channel, std::move(wanted), progress_);
  const files::Receiver::End end = receiver.Run();
  const bool is_given_up =
      end == files::Receiver::End::kGaveUp || end == files::Receiver::End::kBroken;
  if (is_given_up) call_->Cancel(std::chrono::milliseconds(0));
  Outcome outcome = call_->Wait();
  const files::ProblemList& problems = receiver.problems();
  const bool is_whole = end == files::Receiver::End::kComplete;
  if (is_given_up || (is_whole && problems.count() > 0 && IsNatural(outcome))) {
    Fail(outcome, Summarize(problems));
  } else if (!is_whole && IsNatural(outcome)) {
    Fail(outcome, "the node's end of the transfer stopped in the middle");
  } else if (outcome.kind == Outcome::Kind::kFailed) {
    Fail(outcome, "the node's end of the transfer failed and did not say why");
  }
  Finish(std::move(outcome), problems);
}

void Transfer::State::Finish(Outcome outcome, files::ProblemList problems) {
  const MutexLock lock(mutex_);
  outcome_ = std::move(outcome);
  problems_ = std::move(problems);
  ended_ = Clock::now();
  changed_.NotifyAll();
}

const Outcome& Transfer::State::Wait() {
  const MutexLock lock(mutex_);
  while (!outcome_) changed_.Wait(mutex_);
  return *outcome_;
}

const Outcome* Transfer::State::WaitFor(std::chrono::milliseconds time) {
  constexpr std::chrono::hours kForever(24 * 365 * 100);
  const auto deadline = Clock::now() + std::min<std::chrono::milliseconds>(time, kForever);
  const MutexLock lock(mutex_);
  while (!outcome_ && changed_.WaitUntil(mutex_, deadline)) {
  }
  return outcome_ ? &*outcome_ : nullptr;
}

TransferProgress Transfer::State::GetProgress() {
  TransferProgress progress;
  progress.bytes = progress_.bytes;
  progress.total_bytes = progress_.total_bytes;
  progress.files = progress_.files;
  progress.total_files = progress_.total_files;
  const MutexLock lock(mutex_);
  const auto elapsed = (outcome_ ? ended_ : Clock::now()) - started_;
  progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed);
  const double seconds = std::chrono::duration<double>(elapsed).count();
  progress.bytes_per_second = seconds > 0 ? static_cast<double>(progress.bytes) / seconds : 0;
  return progress;
}

std::vector<FileProblem> Transfer::State::Problems() {
  std::vector<FileProblem> problems;
  const MutexLock lock(mutex_);
  for (const files::Problem& problem : problems_.first()) {
    problems.push_back({problem.path, problem.step, static_cast<int>(problem.error)});
  }
  return problems;
}

const Outcome& Transfer::wait() const { return state_->Wait(); }

const Outcome* Transfer::wait_for(std::chrono::milliseconds time) const {
  return state_->WaitFor(time);
}

bool Transfer::done() const { return state_->WaitFor(std::chrono::milliseconds(0)) != nullptr; }

void Transfer::cancel(std::optional<std::chrono::milliseconds> grace) { state_->Cancel(grace); }

TransferProgress Transfer::progress() const { return state_->GetProgress(); }

std::vector<FileProblem> Transfer::problems() const { return state_->Problems(); }

const std::string& Transfer::node() const { return state_->call().node(); }

std::string Transfer::id() const { return state_->call().id(); }

std::string FileProblem::describe() const {
  return files::Problem{path, step, error_number}.Describe();
}

}  // namespace muster
