// CallGroup: several calls as one: their outcomes as they come, all of them, the first good one, or
// enough of them. Part of ClusterAPI.h.
//
//   muster::CallGroup group(cluster->execute_all("gpu*", muster::shell("nvidia-smi -L")));
//   while (const auto place = group.next()) use(group[*place].wait());   // as they complete
//   if (!group.all()) std::cerr << group.summary().text() << "\n";
//
// Whoever waits for a group waits for outcomes: of output that nobody reads the first MiB of each
// call is kept, and more is thrown away, so that none waits for a reader.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "export.h"
#include "outcome.h"

namespace muster {

class Call;

// How the calls of a group ended, those that ended alike in one line. Plain data.
struct MUSTER_EXPORT GroupSummary {
  struct Line {
    Outcome::Kind kind = Outcome::Kind::kOk;
    std::string what;  // "ok", "failed: ValueError at f.py:12: bad", "unreachable: …"
    std::size_t count = 0;
    std::string nodes;  // folded: "node[1-40]"
  };
  std::size_t size = 0;     // calls in the group
  std::size_t running = 0;  // that have not ended
  std::vector<Line> lines;  // the failures first, the frequent ones before the others

  // Every call has ended, and well.
  bool ok() const {
    return running == 0 && (lines.empty() || (lines.size() == 1 && IsOk(lines[0])));
  }
  // A line each: "40 failed: ValueError at f.py:12: bad value on node[1-40]".
  std::string text() const;

 private:
  static bool IsOk(const Line& line) { return line.kind == Outcome::Kind::kOk; }
};

// Calls in a fixed order; the group holds a handle of each. A movable handle, thread-safe; of
// several threads in next() each gets other calls.
class MUSTER_EXPORT CallGroup {
 public:
  CallGroup();
  explicit CallGroup(std::vector<Call> calls);
  CallGroup(CallGroup&&) noexcept;
  CallGroup& operator=(CallGroup&&) noexcept;
  ~CallGroup();

  // Its place in the group, from 0.
  std::size_t add(Call call);
  std::size_t size() const;
  // A handle of the call at a place below size().
  Call operator[](std::size_t place) const;
  std::vector<Call> calls() const;

  // The place of a call that has ended and was not given yet, in the order in which they ended;
  // blocks until there is one. Empty: all were given.
  std::optional<std::size_t> next();
  // As next(), for at most `time`. False: the time passed first.
  bool next_for(std::chrono::milliseconds time, std::optional<std::size_t>* place);

  // Blocks until all have ended. True: all well (so does an empty group).
  bool all();
  // Blocks until one has ended well: its place. Empty: all have ended, none of them well.
  std::optional<std::size_t> any();
  // Blocks until `share` (above 0, at most 1) of the calls have ended well: true; or until that can
  // no longer be: false. quorum(0.95) of 1000 calls asks for 950. A share outside that range is
  // false at once.
  bool quorum(double share);
  // Blocks until all have ended, for at most `time`. True: they have.
  bool wait_for(std::chrono::milliseconds time);

  // Stops all that run (Call::cancel) and blocks until each has ended, as its node or the library
  // says: mostly within their grace. True: nothing of them is left running (none is unkillable, or
  // lost).
  bool cancel(std::optional<std::chrono::milliseconds> grace = std::nullopt);

  GroupSummary summary() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace muster
