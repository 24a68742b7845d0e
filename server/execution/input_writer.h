// InputWriter: the standard input of one execution: a pipe, or the master of a pty. Holds at most
// one piece, asks for no more before that is in the pipe, and never blocks. That nobody reads any
// more is no error: what comes then is thrown away. Event loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/unique_fd.h"
#include "server/execution/event_loop.h"
#include "server/execution/pty.h"

namespace muster::server {

class InputWriter {
 public:
  // `on_taken` follows every Write, in it or later.
  InputWriter(EventLoop& loop, std::function<void()> on_taken)
      : loop_(loop), on_taken_(std::move(on_taken)) {}
  ~InputWriter();
  InputWriter(const InputWriter&) = delete;
  InputWriter& operator=(const InputWriter&) = delete;

  // What was written before is kept until here. `fd` of a terminal: its master.
  void Start(UniqueFd fd, bool is_terminal);

  void Write(std::string data);
  // The program finds the end of file once it has read what came before. A pipe is closed; a
  // terminal gets its end-of-file character (Ctrl-D), and takes more afterwards.
  void End();
  // These two do nothing without a terminal.
  void Resize(const WindowSize& size);
  pid_t ForegroundGroup() const;

  // Nobody is interested any more.
  void Close();
  std::uint64_t bytes() const { return bytes_; }  // that went into the pipe
  // Of a pipe: everything was read.
  bool IsAllRead() const;

 private:
  void Flush();
  void BeginEnd();
  bool WriteSome();  // false: there is no room
  void WatchForRoom();
  void Forget();
  std::string EndOfFile() const;

  EventLoop& loop_;
  const std::function<void()> on_taken_;
  UniqueFd fd_;
  bool started_ = false;
  bool is_terminal_ = false;
  std::optional<WindowSize> size_;  // asked for before there was a terminal
  std::string pending_;
  std::size_t written_ = 0;  // of pending_
  bool owes_taken_ = false;  // pending_ holds a caller's piece
  bool is_end_ = false;      // pending_ is the terminal's end of file
  bool ends_ = false;        // after what is pending
  bool watches_ = false;
  char last_ = '\n';  // the last byte written
  std::uint64_t bytes_ = 0;
};

}  // namespace muster::server
