// What to run, where, and how. Part of ClusterAPI.h; plain data, as safe between threads as a
// std::string.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "export.h"

namespace muster {

// A piece of Python, a shell line, or a program with its arguments. A plain string is Python.
struct MUSTER_EXPORT Command {
  enum class Kind { kPython, kShell, kArgv };
  // How the value of Python travels: as text, by repr() or str(); or as data, when its type is one
  // that crosses so (docs/values.md), else by repr().
  enum class Form { kRepr, kStr, kData };

  Command(const char* python) : source(python) {}
  Command(std::string python) : source(std::move(python)) {}
  Command(Kind kind, std::string source, std::vector<std::string> arguments)
      : kind(kind), source(std::move(source)), arguments(std::move(arguments)) {}

  Kind kind = Kind::kPython;
  Form form = Form::kRepr;             // for kPython
  std::string source;                  // for kPython and kShell: at most 3 MiB
  std::vector<std::string> arguments;  // for kArgv: each at most 131071 bytes
};

// Python source, read as one notebook cell: statements run, and the value of a last expression is
// the result. The namespace is fresh for each call, but for those of a session.
MUSTER_EXPORT Command python(std::string source, Command::Form form = Command::Form::kRepr);
// A line or script for the node's `sh`.
MUSTER_EXPORT Command shell(std::string source);
// A program and its arguments, with no shell between; the program is looked up in the node's PATH.
MUSTER_EXPORT Command argv(std::vector<std::string> arguments);

// Which nodes are meant: an index, counted from 1, or a text: a name, or anything that
// docs/targets.md describes: "1,3-5", "gpu*,!gpu3", "rack[1-2]n[01-10]", "tags=env:prod&cores>=8",
// "@web". An attribute that only the nodes know (state, cores, memory, load, os, ip, python) makes
// whoever uses the target ask them, and wait up to 5 s; a group that a program knows makes it run.
class MUSTER_EXPORT Target {
 public:
  Target(int index) : index_(index) {}
  Target(const char* name) : name_(name), is_text_(true) {}
  Target(std::string name) : name_(std::move(name)), is_text_(true) {}

  bool is_text() const { return is_text_; }
  int index() const { return index_; }               // 0 when it is a text
  const std::string& name() const { return name_; }  // the text; empty when it is an index

 private:
  int index_ = 0;
  std::string name_;
  bool is_text_ = false;
};

// What a command may use on its node. None: no limit but the daemon's own; of two the smaller
// holds. A limit that the node cannot enforce, or out of its range, is refused by name.
struct Limits {
  // User and system, of all its processes; above 0.
  std::optional<std::chrono::milliseconds> cpu = {};
  std::optional<std::uint64_t> memory_bytes = {};     // of all its processes together; above 0
  std::optional<std::uint64_t> processes = {};        // and threads, at once; above 0
  std::optional<std::uint64_t> file_size_bytes = {};  // of the largest file it may write
  std::optional<std::uint64_t> open_files = {};       // descriptors of each process; above 0
  std::optional<std::uint64_t> output_bytes = {};     // stdout and stderr together
};

// What becomes of processes that outlive a command which ended by itself.
enum class Leftovers {
  kOwnSession,  // those in a session of their own stay and are counted, the others are killed
  kReap,        // all are killed
  kKeep,        // all stay and are counted
};

// What a piece of Python shares with those that ran before it on its node, for the same user.
enum class Isolation {
  // A short one (at most 16 KiB) that asks for nothing of its own (directory, environment, limits,
  // resources, session, id, input, terminal) goes to a warm worker when the node has them: its
  // namespace is
  // fresh, modules that were imported stay so. Any other runs as with kFresh.
  kWorker,
  kFresh,  // nothing: it runs in a process of its own, forked for it
};

// Bytes that somebody else keeps where they are, as pieces of a standard input: they are not copied
// but on their way, and must not change before `keeper` is let go.
struct InputPieces {
  std::vector<std::string_view> pieces = {};
  // Let go when nothing reads them any more, on whichever thread. None: they stay for good.
  std::shared_ptr<const void> keeper = {};
};

struct ExecuteOptions {
  // The command is stopped when it has run so long; the node counts. Above 0. None: no deadline.
  std::optional<std::chrono::milliseconds> deadline = {};
  // From the first signal (SIGINT; KeyboardInterrupt in Python) over SIGTERM at half of it to
  // SIGKILL.
  std::chrono::milliseconds grace{5000};
  // Where it runs on the node. Empty: where the daemon was started.
  std::string directory = {};
  // Added to the daemon's own environment.
  std::map<std::string, std::string> environment = {};
  Limits limits = {};
  // What of the node it has for itself while it runs: {{"gpu", 1}, {"memory", 4ull << 30}}; the
  // names are those of the node's slots, and `cores` and `memory` (bytes; only reserved,
  // limits.memory_bytes limits). Above 0. It waits for them on the node, all together, its deadline
  // counting; a node that has not as many refuses. Python then has a process of its own. Nothing
  // stays that outlives it: not with kKeep, nor in a session.
  std::map<std::string, std::uint64_t> resources = {};
  // The caller's session that it runs in, after what it has, [A-Za-z][A-Za-z0-9_.-]*; a shell line
  // in a shell, Python in a worker whose namespace stays. One that is not open is opened. No
  // directory, environment, limits, resources, leftovers, kFresh, nor argv. Empty: none.
  std::string session = {};
  // Its standard input, any bytes; then it finds the end. Of execute() only: who interact()s
  // writes.
  std::string input = {};
  // More of it, behind `input`.
  InputPieces input_pieces = {};
  // Of interact() only, without a session: an event of the stream kWaiting tells, once for each
  // write(), that a process of the command waits for input and has taken all that was written. Of
  // what runs with other rights than the node's daemon (below sudo) that is a guess: it has been
  // idle for 2 s, and the last line of its output has no end.
  bool tells_waiting = false;
  // How often it is sent again, 0 to 100, when the node could not be reached, and nothing was
  // started therefore; with `idempotent` also when the node or the connection was lost in the
  // middle. After 0.1 s first, then after twice as long each time, 5 s at most. Each try has an id
  // and the whole deadline of its own; what an earlier one printed has been read already.
  int retries = 0;
  // Running twice does no harm.
  bool idempotent = false;
  // Of commands that belong together and are sent one by one: how many there are (MUSTER_SIZE), and
  // which of them this is, from 0 (MUSTER_RANK). size 0: as whatever sends it counts.
  std::uint32_t size = 0;
  std::uint32_t rank = 0;
  Leftovers leftovers = Leftovers::kOwnSession;
  Isolation isolation = Isolation::kWorker;  // of Python; a shell line or argv is always fresh
  // What it is called, as $MUSTER_EXECUTION tells it on the node: 32 digits 0-9a-f, '-', a number
  // from 1. A node starts nothing twice under one id: the second is refused. Empty: the library
  // makes one.
  std::string id = {};
};

// A terminal for a command: its standard input, output and error are one pseudo-terminal.
struct Terminal {
  int rows = 24;              // character cells, 0 to 65535; what is beyond is cut to that
  int columns = 80;           // character cells, 0 to 65535
  std::string type = "dumb";  // TERM, as "xterm-256color"; at most 255 bytes, without NUL
};

}  // namespace muster
