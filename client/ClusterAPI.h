// ClusterAPI: runs commands and Python on the nodes of a cluster, from C++.
//
//   auto cluster = muster::ClusterAPI::connect();
//   if (!cluster.ok()) { std::cerr << cluster.status().message() << "\n"; return 1; }
//   muster::Call a = cluster->execute(1, "1+1");
//   muster::Call b = cluster->execute("n2", muster::shell("uname -r"));
//   for (const muster::Event& event : b) std::cout << event.data;   // output as it comes
//   std::cout << a.wait().value().text() << "\n";                   // 2
//
// This header and those of muster/ need the standard library only. They are not responsible for the
// daemons themselves: `clusterd` runs on each node.
//
// Errors: what fails before anything could be sent (configuration, no memory) is a Status. What
// happens to a command is always an Outcome, exactly one for each call: also a wrong index, a dead
// node, a broken connection. Nothing here throws, but for std::bad_alloc.
//
// Threads: every class says whether it is thread-safe. No call of the library runs user code, so
// nothing is ever called back.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "muster/export.h"
#include "muster/outcome.h"
#include "muster/status.h"
#include "muster/transfer.h"
#include "muster/value.h"

namespace muster {

// ---- What to run, and where ----

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
// the result. The namespace is fresh for each call.
MUSTER_EXPORT Command python(std::string source, Command::Form form = Command::Form::kRepr);
// A line or script for the node's `sh`.
MUSTER_EXPORT Command shell(std::string source);
// A program and its arguments, with no shell between; the program is looked up in the node's PATH.
MUSTER_EXPORT Command argv(std::vector<std::string> arguments);

// One node: its index, counted from 1, or its name.
class MUSTER_EXPORT Target {
 public:
  Target(int index) : index_(index) {}
  Target(const char* name) : name_(name) {}
  Target(std::string name) : name_(std::move(name)) {}

  int index() const { return index_; }               // 0 when it is a name
  const std::string& name() const { return name_; }  // empty when it is an index

 private:
  int index_ = 0;
  std::string name_;
};

// What a command may use on its node. None: no limit but the daemon's own; of two the smaller
// holds. A limit that the node cannot enforce, or out of its range, is refused by name.
struct Limits {
  std::optional<std::chrono::milliseconds> cpu;  // user and system, of all its processes; above 0
  std::optional<std::uint64_t> memory_bytes;     // of all its processes together; above 0
  std::optional<std::uint64_t> processes;        // and threads, at once; above 0
  std::optional<std::uint64_t> file_size_bytes;  // of the largest file it may write
  std::optional<std::uint64_t> open_files;       // descriptors of each process; above 0
  std::optional<std::uint64_t> output_bytes;     // stdout and stderr together
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
  // session, id, input, terminal) goes to a warm worker when the node has them: its namespace is
  // fresh, modules that were imported stay so. Any other runs as with kFresh.
  kWorker,
  kFresh,  // nothing: it runs in a process of its own, forked for it
};

struct ExecuteOptions {
  // The command is stopped when it has run so long; the node counts. Above 0. None: no deadline.
  std::optional<std::chrono::milliseconds> deadline;
  // From the first signal (SIGINT; KeyboardInterrupt in Python) over SIGTERM at half of it to
  // SIGKILL.
  std::chrono::milliseconds grace{5000};
  // Where it runs on the node. Empty: where the daemon was started.
  std::string directory;
  // Added to the daemon's own environment.
  std::map<std::string, std::string> environment;
  Limits limits;
  // The caller's shell session that it runs in, [A-Za-z][A-Za-z0-9_.-]*. Empty: none.
  std::string session;
  Leftovers leftovers = Leftovers::kOwnSession;
  Isolation isolation = Isolation::kWorker;  // of Python; a shell line or argv is always fresh
  // What it is called, as $MUSTER_EXECUTION tells it on the node: 32 digits 0-9a-f, '-', a number
  // from 1. A node starts nothing twice under one id: the second is refused. Empty: the library
  // makes one.
  std::string id;
};

// A terminal for a command: its standard input, output and error are one pseudo-terminal.
struct Terminal {
  int rows = 24;              // character cells, 0 to 65535; what is beyond is cut to that
  int columns = 80;           // character cells, 0 to 65535
  std::string type = "dumb";  // TERM, as "xterm-256color"; at most 255 bytes, without NUL
};

// ---- What comes back (its types: muster/outcome.h) ----

// One running command: a stream of its output, and a future of its outcome. A handle: copies mean
// the same call; when the last one goes before the outcome came, the call is cancelled, unless
// detach(). Thread-safe; but each piece of output goes to one reader.
class MUSTER_EXPORT Call {
 public:
  class Iterator;

  // The next piece of output; blocks until there is one. Empty: there will be no more.
  // A call whose output nobody reads waits when 1 MiB of it has arrived, and goes on when somebody
  // does.
  std::optional<Event> next();
  // As next(), for at most `time`. False: the time passed first; nothing can be said yet.
  bool next_for(std::chrono::milliseconds time, std::optional<Event>* event);
  Iterator begin();
  Iterator end();

  // Blocks until the call has ended. Output that nobody read is thrown away; only while another
  // thread reads it, all of it still goes there (that thread should then read to the end).
  // The reference is good as long as a handle of this call is.
  const Outcome& wait() &;
  Outcome wait() &&;
  // As wait(), for at most `time`; null when it has not ended by then (output is kept).
  const Outcome* wait_for(std::chrono::milliseconds time);
  // Whether wait() would return at once.
  bool done() const;

  // Asks the node to stop the command: SIGINT, SIGTERM, SIGKILL over the call's grace, or over
  // `grace`. Returns at once; the outcome says how it ended. A later call with a shorter grace
  // hurries it; any other later call, and one after the end, does nothing.
  void cancel(std::optional<std::chrono::milliseconds> grace = std::nullopt);
  // ---- For a call made by interact(); for one made by execute() write() returns false and the
  // ---- others do nothing.

  // Sends standard input, any bytes; blocks while the node does not take it, which it does as fast
  // as the command reads (some 100 KiB wait between). True: all of it is on its way; whether the
  // command reads it is the command's business (what it does not read is thrown away). False: the
  // call ends or has ended, or close_input() was called, and some of it was not sent. Writers of
  // several threads take turns, one whole write() each.
  bool write(const std::string& data);
  // The command finds the end of its standard input once it has read what was written. With a
  // terminal this types Ctrl-D, and more may be written afterwards. Returns at once; without it a
  // command that reads to the end waits for ever.
  void close_input();
  // The size of its terminal changes, 0 to 65535 character cells each; its foreground processes get
  // SIGWINCH. Returns at once. Without a terminal it does nothing.
  void resize(int rows, int columns);
  // Sends a signal (a number of signal(7) on the node, as SIGINT) to the foreground process group
  // of its terminal; without one, to the process group of the command. Returns at once; what was
  // written before goes before it. A number that is none ends the call. Stopping for certain is
  // cancel()'s business.
  void send_signal(int signal);

  // Dropping the last handle no longer cancels the call; it still ends with this process.
  void detach();

  // The node it runs on; empty when the target named none.
  const std::string& node() const;
  // As ExecuteOptions::id; empty until it is sent.
  std::string id() const;

  // Behind the handle; defined by the library.
  class State;
  explicit Call(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<void> guard_;  // shared by the copies; its end cancels
};

class Call::Iterator {
 public:
  Iterator() = default;  // the end
  explicit Iterator(Call* call) : call_(call) { ++*this; }
  const Event& operator*() const { return *event_; }
  const Event* operator->() const { return &*event_; }
  Iterator& operator++() {
    event_ = call_->next();
    if (!event_) call_ = nullptr;
    return *this;
  }
  bool operator!=(const Iterator& other) const { return call_ != other.call_; }
  bool operator==(const Iterator& other) const { return call_ == other.call_; }

 private:
  Call* call_ = nullptr;
  std::optional<Event> event_;
};

// ---- The cluster ----

struct Node {
  int index = 0;        // from 1
  std::string name;     // as configured
  std::string address;  // unix:/path, or ssh:[user@]host[:port][/path]
};

// What runs or waits on a node, whoever started it.
struct RunningExecution {
  std::string id;                    // as Call::id()
  std::string command;               // its first 256 bytes
  std::chrono::milliseconds age{0};  // since the node got it
  bool queued = false;               // waits for a worker
  bool stopping = false;             // was told to end
  std::int64_t user_id = 0;          // of who started it, on the node
  // The last three only when the check asked for usage.
  std::chrono::microseconds cpu{0};  // user and system, of its processes that live
  std::uint64_t memory_bytes = 0;    // their resident sets, together
  std::uint32_t processes = 0;       // how many live
};

// What a node said of itself, or why it did not.
struct NodeCheck {
  Node node;
  bool functional = false;
  std::string reason;  // why not; empty when functional
  std::chrono::microseconds latency{0};
  std::string version;   // of its clusterd
  std::string python;    // of its workers, as "3.11.2"
  std::int64_t pid = 0;  // of its clusterd
  std::uint32_t cores = 0;
  std::uint64_t memory_bytes = 0;
  std::uint32_t running = 0;  // executions, as many as the list has
  std::vector<RunningExecution> executions;
};

// Truthy when every node is functional.
struct ClusterCheck {
  std::vector<NodeCheck> nodes;  // in the order of the configuration
  explicit operator bool() const {
    for (const NodeCheck& check : nodes) {
      if (!check.functional) return false;
    }
    return true;
  }
};

// A cluster: nodes in a fixed order. A movable handle; thread-safe. When it goes, calls that still
// run are not waited for: they live by their own handles.
class MUSTER_EXPORT ClusterAPI {
 public:
  // The cluster of the configuration: the file named here, else $MUSTER_CONFIG, ./cluster.conf,
  // $XDG_CONFIG_HOME/muster/cluster.conf, /etc/muster/cluster.conf, the first found; in it [cluster
  // NAME], the one asked for, else the only one, else the one named "default". With no
  // configuration: the daemon at the user's own default socket, else at the system's. No node is
  // contacted yet.
  static Result<ClusterAPI> connect(const std::string& cluster = "",
                                    const std::string& configuration = "");
  // An embedded cluster: `nodes` daemons n1…nN (1 to 512) on this machine, children of this
  // process. They end, with all they run, when the last handle goes or this process ends, however
  // it ends. `workers`: Python executions at once on each; 0: the number of cores.
  static Result<ClusterAPI> local(int nodes, int workers = 0);

  ClusterAPI(ClusterAPI&&) noexcept;
  ClusterAPI& operator=(ClusterAPI&&) noexcept;
  ~ClusterAPI();

  // Asks every node at once and waits at most `timeout` for all of them together. `with_usage`:
  // also for what each execution takes now, which costs the nodes a look at all their processes.
  ClusterCheck clustercheck(std::chrono::milliseconds timeout = std::chrono::seconds(2),
                            bool with_usage = false) const;
  // The number of nodes.
  int getClusterLength() const;
  const std::vector<Node>& nodes() const;

  // Sends the command and returns at once. A target that names no node gives a call that is already
  // refused, with the names that exist; nothing runs anywhere then.
  Call execute(const Target& target, const Command& command, const ExecuteOptions& options = {});
  // To all targets at once; one call for each, in their order. Each command is told how many they
  // are (MUSTER_SIZE) and its place among them from 0 (MUSTER_RANK); for a single target 1 and 0.
  // When one of them names no node its call is refused, the others are skipped, and nothing runs.
  std::vector<Call> execute(const std::vector<Target>& targets, const Command& command,
                            const ExecuteOptions& options = {});

  // Stops an execution of the same user, whichever program started it, over its own grace or over
  // `grace`. Returns when the node took the order, or after 5 s; how it ended is told to who
  // started it. NotFound: no such node, or nothing of this id runs or waits there; Unavailable: no
  // answer.
  Status cancel(const Target& target, const std::string& id,
                std::optional<std::chrono::milliseconds> grace = std::nullopt);
  // As execute(), and the command's standard input is what Call::write() sends (for execute() it is
  // empty): a pipe, or, with `terminal`, a terminal of the command's own, which then carries its
  // output and errors too (all of it comes as stdout; line ends are "\r\n" unless it changes that).
  Call interact(const Target& target, const Command& command, const ExecuteOptions& options = {},
                const std::optional<Terminal>& terminal = std::nullopt);

  // Copies files, trees and what patterns match to nodes, all at once; returns at once, with one
  // transfer for each target, in their order. docs/files.md says what becomes of names, modes,
  // symlinks and what is there already. `remote` is a folder that everything goes into, or, for one
  // source, its new name. Each node's transfer reads the sources itself.
  Transfer put(const Target& target, const std::vector<std::string>& local,
               const std::string& remote, const TransferOptions& options = {});
  std::vector<Transfer> put(const std::vector<Target>& targets,
                            const std::vector<std::string>& local, const std::string& remote,
                            const TransferOptions& options = {});
  // Copies files of nodes here. `remote` are paths and patterns on the nodes; `local` is a folder,
  // or the new name of the one thing. With several targets each name gets ".NODE" behind it.
  Transfer get(const Target& target, const std::vector<std::string>& remote,
               const std::string& local, const TransferOptions& options = {});
  std::vector<Transfer> get(const std::vector<Target>& targets,
                            const std::vector<std::string>& remote, const std::string& local,
                            const TransferOptions& options = {});

 private:
  class Cluster;
  explicit ClusterAPI(std::shared_ptr<Cluster> cluster);
  std::shared_ptr<Cluster> cluster_;
};

// The version of the library, as "0.1.0".
MUSTER_EXPORT const char* version();

}  // namespace muster
