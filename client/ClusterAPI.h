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
// Threads: every class says whether it is thread-safe. User code is called back by Call::then()
// only, on a thread that the library has for that.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "muster/call_group.h"
#include "muster/command.h"
#include "muster/export.h"
#include "muster/map.h"
#include "muster/nodes.h"
#include "muster/outcome.h"
#include "muster/program.h"
#include "muster/session.h"
#include "muster/status.h"
#include "muster/transfer.h"
#include "muster/value.h"

namespace muster {

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

  // Has `callback` called with the outcome: once, when the call has ended, on a thread of the
  // library's that does nothing else. Callbacks run one after the other in the order in which calls
  // end: one that blocks keeps the others waiting, and may not wait for a callback. It must not
  // throw. The call lives until then, as if detached; output that nobody reads is thrown away
  // beyond the first MiB. Those that have not run when the process exits are not called.
  void then(std::function<void(const Outcome&)> callback);

  // Has `ready` called, on the same thread, whenever next_for(0 ms) may have something new to say:
  // output, or the end. Several pieces may be one call; one may come when there is nothing new. For
  // who follows many calls at once; null ends it, but for a call that is under way. Must not throw.
  void watch(std::function<void()> ready);

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
  friend class CallGroup;
  friend class Map;
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

// ---- One command for many items (its types: muster/map.h) ----

struct MapOptions {
  ExecuteOptions each = {};            // of every item; without id
  std::optional<Target> targets = {};  // none: all nodes
  // Results in the order of the items; some 1000 wait for an earlier one at most. Else as they
  // come.
  bool in_order = false;
  // An item that was lost with its node may run again, on another one.
  bool idempotent = false;
  // Called from Map::next(), ten times a second at most, and at the end.
  std::function<void(const MapProgress&)> progress = {};
};

// ---- The cluster ----

// A cluster: nodes in a fixed order. A movable handle; thread-safe. When it goes, calls that still
// run are not waited for: they live by their own handles.
class MUSTER_EXPORT ClusterAPI {
 public:
  // The cluster of the configuration: the file named here, else $MUSTER_CONFIG, ./cluster.conf,
  // $XDG_CONFIG_HOME/muster/cluster.conf, /etc/muster/cluster.conf, the first found; in it [cluster
  // NAME], the one asked for, else the only one, else the one named "default". With no
  // configuration: the daemon at the user's own default socket, else at the system's, else the only
  // cluster that this user has started (docs/clusters.md). A name may be that of a started one,
  // too. No node is contacted yet. NotFound: there is no such cluster; the message lists them.
  static Result<ClusterAPI> connect(const std::string& cluster = "",
                                    const std::string& configuration = "");
  // An embedded cluster: `nodes` daemons n1…nN (1 to 512) on this machine, children of this
  // process. They end, with all they run, when the last handle goes or this process ends, however
  // it ends. `workers`: Python executions at once on each; 0: the number of cores.
  static Result<ClusterAPI> local(int nodes, int workers = 0);
  // The nodes that are named here, and no configuration; there may be none. `name` is the
  // cluster's. InvalidArgument: a name or an address is none, or two nodes have the same name.
  static Result<ClusterAPI> of(const std::vector<NodeAddress>& nodes,
                               const std::string& name = "default");

  // No cluster, with no nodes: what a program begins with that starts one. refreshed() is the
  // cluster that connect() finds by then, and sibling() has those of the configuration. Errors are
  // those of the file.
  static Result<ClusterAPI> none(const std::string& configuration = "");

  ClusterAPI(ClusterAPI&&) noexcept;
  ClusterAPI& operator=(ClusterAPI&&) noexcept;
  ~ClusterAPI();

  // The same cluster as its configuration, tags and login rules are now; itself when nothing of
  // that has changed. Nodes that are reached as before keep their connections, and calls that run
  // are not touched; an index may mean another node. InvalidArgument, PermissionDenied, NotFound:
  // as connect() has them.
  Result<ClusterAPI> refreshed() const;
  // The names of all clusters of its configuration, in their order, and behind them those that this
  // user has started.
  const std::vector<std::string>& clusters() const;
  // Another one of them, as it is now. Errors as connect() has them.
  Result<ClusterAPI> sibling(const std::string& cluster) const;
  // A further handle of it.
  ClusterAPI handle() const;
  // Takes the tags of these keys ("env") from the nodes, gives them the tags ("env:prod"), which
  // replace those of the same key, and is refreshed(). They are kept for this user and this
  // configuration, whichever program asks (in $XDG_STATE_HOME/muster/tags; those of local() as long
  // as it lives); what the configuration says stays. InvalidArgument: one of them cannot be a tag;
  // Unavailable: they cannot be kept; then nothing has changed.
  Result<ClusterAPI> tagged(const std::vector<Node>& nodes, const std::vector<std::string>& removed,
                            const std::vector<std::string>& tags) const;

  // Asks every node at once and waits at most `timeout` for all of them together. `with_usage`:
  // also for what each execution takes now, which costs the nodes a look at all their processes.
  ClusterCheck clustercheck(std::chrono::milliseconds timeout = std::chrono::seconds(2),
                            bool with_usage = false) const;
  // The same of some nodes of this cluster only, in their order.
  ClusterCheck clustercheck(const std::vector<Node>& nodes,
                            std::chrono::milliseconds timeout = std::chrono::seconds(2),
                            bool with_usage = false) const;
  // The number of nodes.
  int getClusterLength() const;
  const std::vector<Node>& nodes() const;
  // Those that the target means, each once, in the order in which it names them; at least one.
  // InvalidArgument: it is written wrong; NotFound: it, or a part of it, means no node;
  // Unavailable: it asks for an attribute of a node that does not answer. The first line of the
  // message says it all; two more may show the place.
  Result<std::vector<Node>> nodes(const Target& target) const;
  // The groups that a target can name, sorted, and what each stands for; of a program only if it
  // can list its groups.
  Result<std::vector<NodeGroup>> groups() const;

  // Sends the command and returns at once. A target that names no node, or several, gives a call
  // that is already refused, and says which there are; nothing runs anywhere then.
  Call execute(const Target& target, const Command& command, const ExecuteOptions& options = {});
  // To all targets at once; one call for each of their nodes, in their order (a node that two of
  // them mean gets two). Each command is told how many calls there are (MUSTER_SIZE) and its place
  // among them from 0 (MUSTER_RANK); for a single node 1 and 0. When one of the targets names no
  // node there is one call of it, which is refused; the others are skipped, and nothing runs.
  std::vector<Call> execute(const std::vector<Target>& targets, const Command& command,
                            const ExecuteOptions& options = {});

  // To all nodes of one target: as above.
  std::vector<Call> execute_all(const Target& target, const Command& command,
                                const ExecuteOptions& options = {});

  // Runs the command once for each item, shared out among the nodes (muster/map.h). In its source,
  // or its arguments, {} stands for the item; {{ and }} are braces. What is wrong with the template
  // or the targets is told by every item's outcome, which is refused.
  Map map(const Command& command, const std::vector<Item>& items, const MapOptions& options = {});
  // The same, with items that come one by one: the source is asked from Map::next().
  Map map(const Command& command, ItemSource items, const MapOptions& options = {});

  // Stops an execution of the same user, whichever program started it, over its own grace or over
  // `grace`. Returns when the node took the order, or after 5 s; how it ended is told to who
  // started it. NotFound: no such node (or several), or nothing of this id runs or waits there;
  // Unavailable: no answer.
  Status cancel(const Target& target, const std::string& id,
                std::optional<std::chrono::milliseconds> grace = std::nullopt);

  // Sessions of this user's (ExecuteOptions::session), on all targets at once; one answer for each,
  // in their order, 5 s (or `timeout`) after the call at the latest. kUnavailable: the node did not
  // answer; kNotFound: there is no such node, and nothing was sent to the others; kInvalidArgument:
  // the name.
  //
  // Opens one. kFailedPrecondition: one of that name is open, of whichever kind, or too many are.
  std::vector<NodeSessions> open_session(const std::vector<Target>& targets,
                                         const std::string& name, SessionKind kind);
  std::vector<NodeSessions> list_sessions(
      const std::vector<Target>& targets,
      std::chrono::milliseconds timeout = std::chrono::seconds(5)) const;
  // The name is free at once; what runs in it is stopped over 5 s, with all that it left running.
  // kNotFound: none of this name is open there.
  std::vector<NodeSessions> close_session(const std::vector<Target>& targets,
                                          const std::string& name);

  // As execute(), and the command's standard input is what Call::write() sends (for execute() it is
  // empty): a pipe, or, with `terminal`, a terminal of the command's own, which then carries its
  // output and errors too (all of it comes as stdout; line ends are "\r\n" unless it changes that).
  Call interact(const Target& target, const Command& command, const ExecuteOptions& options = {},
                const std::optional<Terminal>& terminal = std::nullopt);
  // On all targets at once, as execute() does; each call is written to by itself.
  std::vector<Call> interact(const std::vector<Target>& targets, const Command& command,
                             const ExecuteOptions& options = {},
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

// Names of nodes in few words: "n[1-3,7],rack[1-2]n[01-10]"; in any order, repeated ones once. A
// target of this text means them.
MUSTER_EXPORT std::string fold(const std::vector<std::string>& names);

// The version of the library, as "0.1.0".
MUSTER_EXPORT const char* version();

}  // namespace muster
