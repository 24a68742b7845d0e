// Output: our stdout and stderr. Data goes to stdout, notes and failures to stderr. Lines of nodes
// are whole and carry the node's name; on a terminal what they hold cannot act on it. Lives on the
// main thread.
#pragma once

#include <absl/strings/string_view.h>

#include <cstddef>
#include <optional>
#include <string>

#include "client/ClusterAPI.h"

namespace muster::clustershell {

class Output {
 public:
  using Stream = Event::Stream;

  // The descriptors stay the caller's.
  explicit Output(int out_fd = 1, int err_fd = 2);

  // Lines of text, each ended by a newline (the last may lack it), each with "NODE: " in front.
  // Escaped on a terminal.
  void NodeLines(Stream stream, absl::string_view node, absl::string_view lines);
  // Lines as above without a name.
  void Lines(Stream stream, absl::string_view lines);
  void Out(absl::string_view lines) { Lines(Stream::kStdout, lines); }
  void Note(absl::string_view lines) { Lines(Stream::kStderr, lines); }
  // Bytes as they are.
  void Raw(Stream stream, absl::string_view data);

  // From now on stdout is `fd`, with an error() of its own, until RestoreStdout().
  void RedirectStdout(int fd);
  void RestoreStdout();

  bool IsTerminal(Stream stream) const { return SinkOf(stream).is_terminal; }
  // How wide our stdout (or the stream) is; without end when it is no terminal.
  std::size_t columns(Stream stream = Stream::kStdout) const;
  // The errno that ended our stdout (EPIPE: nobody reads it any more), else 0. What is written to
  // it is thrown away from then on.
  int error() const { return out_.error; }

 private:
  struct Sink {
    int fd = -1;
    bool is_terminal = false;
    int error = 0;
  };
  const Sink& SinkOf(Stream stream) const { return stream == Stream::kStdout ? out_ : err_; }
  void Prefixed(Stream stream, absl::string_view prefix, absl::string_view lines);

  Sink out_;
  Sink err_;
  std::optional<Sink> real_out_;  // while it is redirected
};

}  // namespace muster::clustershell
