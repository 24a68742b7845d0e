// Channel: the bytes to and from the other end of a transfer; and RecordChannel: records over it.
// One thread each.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "files/record.h"

namespace muster::files {

class Channel {
 public:
  virtual ~Channel() = default;
  // Blocks until the bytes are on their way. False: the other end is gone.
  virtual bool Write(std::string_view bytes) = 0;
  // Puts more bytes behind `bytes`; blocks until there are some. False: there will be none.
  virtual bool Read(std::string& bytes) = 0;
  // Whether Read would return at once.
  virtual bool HasInput() = 0;
  // Nobody is interested any more: what takes long may stop.
  virtual bool IsOver() { return false; }
};

class RecordChannel {
 public:
  explicit RecordChannel(Channel& channel) : channel_(channel) {}

  // Kept until enough has come together, or until Flush. False: the other end is gone.
  bool Write(RecordType type, std::string_view payload = {});
  bool Flush();
  // Blocks, having flushed. Empty: the other end is gone, or what it sends is no record; that it
  // will be for ever.
  std::optional<Record> Read();
  // As Read(), if it need not block.
  std::optional<Record> ReadIfThere();
  bool IsOver() { return channel_.IsOver(); }
  // What came was no record.
  bool IsBroken() const { return is_broken_; }

 private:
  // The record at the front of what was read, if it is whole.
  std::optional<Record> Take();

  Channel& channel_;
  std::string out_;
  std::string in_;
  std::size_t at_ = 0;  // of in_, what was taken
  bool is_broken_ = false;
};

// Of two descriptors, which stay the caller's; blocking ones.
class FdChannel : public Channel {
 public:
  FdChannel(int in, int out) : in_(in), out_(out) {}
  bool Write(std::string_view bytes) override;
  bool Read(std::string& bytes) override;
  bool HasInput() override;

 private:
  const int in_;
  const int out_;
};

}  // namespace muster::files
