#include "server/service/connection_table.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

using muster::UniqueFd;
using muster::server::ConnectionTable;
using Room = ConnectionTable::Room;

namespace {

// One connection: its far end, while the near one is the table's.
UniqueFd AddTo(ConnectionTable& table, uid_t uid) {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  table.Add({uid, 7}, UniqueFd(ends[0]));
  return UniqueFd(ends[1]);
}

}  // namespace

TEST_CASE("Caps count what lives, of each user and in all") {
  ConnectionTable table({3, 2});
  UniqueFd first = AddTo(table, 1);
  const UniqueFd second = AddTo(table, 1);
  CHECK(table.RoomFor(1) == Room::kFullForUser);
  CHECK(table.RoomFor(2) == Room::kFree);
  const UniqueFd third = AddTo(table, 2);
  CHECK(table.RoomFor(2) == Room::kFull);
  first.Reset();
  CHECK(table.RoomFor(1) == Room::kFree);
  CHECK(table.size() == 2);
}

TEST_CASE("A look forgets the ended ones") {
  ConnectionTable table({3, 3});
  { const UniqueFd gone = AddTo(table, 1); }
  const UniqueFd stays = AddTo(table, 1);
  table.Look();
  CHECK(table.size() == 1);
}

TEST_CASE("Waiting for the ends lasts until the last one has ended, or the time has passed") {
  using Clock = std::chrono::steady_clock;
  ConnectionTable table({3, 3});
  UniqueFd far = AddTo(table, 1);
  const auto begin = Clock::now();
  table.WaitForEnds(std::chrono::milliseconds(50));
  CHECK(Clock::now() - begin >= std::chrono::milliseconds(50));
  CHECK(table.size() == 1);
  std::thread closer([&] { far.Reset(); });
  table.WaitForEnds(std::chrono::hours(1));
  closer.join();
  CHECK(table.size() == 0);
}

TEST_CASE("Unread bytes are seen, and who is cut finds the end of the file") {
  ConnectionTable table({3, 3});
  const UniqueFd quiet = AddTo(table, 1);
  const UniqueFd loud = AddTo(table, 9);
  REQUIRE(::write(loud.get(), "abc", 3) == 3);
  const auto unread = table.LookAtUnread();
  REQUIRE(unread.size() == 2);
  CHECK(unread[0].bytes == 0);
  CHECK(unread[1].bytes == 3);
  const auto cut = table.CutOff(unread[1].id);
  REQUIRE(cut);
  CHECK(cut->peer.uid == 9);
  char byte = 0;
  CHECK(::read(loud.get(), &byte, 1) <= 0);
  CHECK(table.size() == 1);
  CHECK_FALSE(table.CutOff(unread[1].id));
}

TEST_CASE("What came in before the cut is not read any more") {
  ConnectionTable table({3, 3});
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd peer(ends[1]);
  const UniqueFd reader(ends[0]);
  table.Add({1, 7}, UniqueFd(::dup(reader.get())));
  const std::string much(100'000, 'x');
  REQUIRE(::write(peer.get(), much.data(), much.size()) == static_cast<ssize_t>(much.size()));
  REQUIRE(table.CutOff(table.LookAtUnread()[0].id));
  char byte = 0;
  CHECK(::recv(reader.get(), &byte, 1, MSG_DONTWAIT) == 0);
}

TEST_CASE("Waiting for a connection ends with one, and with a wake-up") {
  ConnectionTable table({3, 3});
  UniqueFd connection;
  {
    std::thread waiter([&] { table.WaitForOne(); });
    connection = AddTo(table, 1);
    waiter.join();
  }
  CHECK(table.Pause(std::chrono::milliseconds(1)));
  table.WakeUp();
  CHECK_FALSE(table.Pause(std::chrono::hours(1)));
}
