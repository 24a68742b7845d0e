#include "server/execution/input_writer.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <string>

using muster::UniqueFd;
using muster::server::EventLoop;
using muster::server::InputWriter;
using muster::server::OpenPty;
using muster::server::Pty;

namespace {

// A loop with one writer on it, which counts what was taken.
class Place {
 public:
  Place() : writer_(loop_, [this] { ++taken_; }) { loop_.Start(); }
  ~Place() {
    Do([](InputWriter& writer) { writer.Close(); });
    loop_.Stop();
  }

  void Do(const std::function<void(InputWriter&)>& what) {
    std::promise<void> done;
    loop_.Post([&] {
      what(writer_);
      done.set_value();
    });
    done.get_future().wait();
  }
  int Taken() {
    int taken = 0;
    Do([&](InputWriter&) { taken = taken_; });
    return taken;
  }

 private:
  EventLoop loop_;
  int taken_ = 0;
  InputWriter writer_;
};

std::string ReadSome(int fd, std::size_t size) {
  std::string data(size, '\0');
  const ssize_t got = ::read(fd, data.data(), size);
  data.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return data;
}

}  // namespace

TEST_CASE("A piece is taken when it is in the pipe, one that came before the start too") {
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  UniqueFd read(fds[0]);
  Place place;
  place.Do([](InputWriter& writer) { writer.Write("ab"); });
  CHECK(place.Taken() == 0);
  place.Do([&](InputWriter& writer) { writer.Start(UniqueFd(fds[1]), false); });
  CHECK(place.Taken() == 1);
  CHECK(ReadSome(read.get(), 9) == "ab");

  const std::string much(200000, 'x');
  place.Do([&](InputWriter& writer) { writer.Write(much); });
  CHECK(place.Taken() == 1);
  place.Do([](InputWriter& writer) { writer.End(); });
  std::string got;
  for (std::string some; !(some = ReadSome(read.get(), 65536)).empty();) got += some;
  CHECK((got == much));
  CHECK(place.Taken() == 2);
  place.Do([&](InputWriter& writer) { CHECK(writer.bytes() == much.size() + 2); });
}

TEST_CASE("What nobody reads any more is taken and thrown away") {
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  ::close(fds[0]);
  Place place;
  place.Do([&](InputWriter& writer) {
    ::signal(SIGPIPE, SIG_IGN);
    writer.Start(UniqueFd(fds[1]), false);
    writer.Write("ab");
    writer.Write("cd");
    writer.End();
  });
  CHECK(place.Taken() == 2);
}

TEST_CASE("A terminal's end of file is a character, two of them in the middle of a line") {
  Pty pty;
  REQUIRE(OpenPty({24, 80}, pty));
  Place place;
  place.Do([&](InputWriter& writer) {
    writer.Start(UniqueFd(::dup(pty.master.get())), true);
    writer.Write("whole\n");
    writer.End();
    writer.Write("half");
    writer.End();
    CHECK(writer.bytes() == 10);
  });
  CHECK(ReadSome(pty.slave.get(), 99) == "whole\n");
  CHECK(ReadSome(pty.slave.get(), 99).empty());
  CHECK(ReadSome(pty.slave.get(), 99) == "half");
  CHECK(ReadSome(pty.slave.get(), 99).empty());
}
