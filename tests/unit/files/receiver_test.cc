// What a receiver does with records that no sender of ours would send: nothing outside of its
// destination, nothing without bounds.
#include "files/receiver.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "files/name.h"
#include "tests/integration/daemon_fixture.h"
#include "tests/integration/watching.h"

using Catch::Contains;
using namespace muster::files;  // NOLINT: all of it is under test

namespace {

// Says what a test put together; keeps what is answered.
class Script : public Channel {
 public:
  bool Write(std::string_view bytes) override {
    answers += bytes;
    return true;
  }
  bool Read(std::string& bytes) override {
    if (says.empty()) return false;
    bytes += says;
    says.clear();
    return true;
  }
  bool HasInput() override { return true; }

  std::string says;
  std::string answers;
};

struct Trial {
  explicit Trial(Wanted how = {}) : wanted(std::move(how)) {
    ::mkdir((folder.path() + "/in").c_str(), 0755);
    wanted.destination = folder.path() + "/in";
    script.says = Encode(RecordType::kBegin, Begin().Encode());
  }
  Trial& Say(RecordType type, const std::string& payload = "") {
    script.says += Encode(type, payload);
    return *this;
  }
  Trial& Name(RecordType type, const std::string& name, std::uint64_t size = 0,
              const std::string& points_to = "") {
    Entry entry;
    entry.name = name;
    entry.mode = 0755;
    entry.size = size;
    entry.points_to = points_to;
    return Say(type, entry.Encode());
  }
  Trial& Data(std::uint64_t at, const std::string& bytes) {
    return Say(RecordType::kData, FieldWriter().U64(at).U64(Checksum(bytes)).Rest(bytes).payload());
  }
  Trial& End(const std::string& bytes) {
    Digest digest;
    digest.AddBlock(Checksum(bytes), bytes.size());
    return Say(RecordType::kFileEnd, FieldWriter().U64(digest.value()).payload());
  }
  Receiver::End Run() {
    RecordChannel channel(script);
    Receiver receiver(channel, wanted, progress);
    const Receiver::End end = receiver.Run();
    said.clear();
    for (const Problem& problem : receiver.problems().first()) said += problem.Describe() + "\n";
    return end;
  }
  // Below the destination; and nothing may be beside it.
  int Count() const {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
      count += entry.path().string().starts_with(wanted.destination + "/") ? 1 : 1000;
    }
    return count - 1000;
  }

  muster::test::Folder folder;
  Wanted wanted;
  Script script;
  Progress progress;
  std::string said;
};

Wanted Asked(std::vector<std::string> paths) {
  Wanted wanted;
  wanted.asked = std::move(paths);
  wanted.is_many = true;
  return wanted;
}

}  // namespace

TEST_CASE("names that lead elsewhere end the transfer") {
  const std::vector<std::string> names = {"..",
                                          ".",
                                          "",
                                          "/etc/x",
                                          "a/b",
                                          "../x",
                                          "a/../..",
                                          std::string("a\0", 2),
                                          std::string(256, 'x')};
  for (const std::string& name : names) {
    for (const RecordType type : {RecordType::kFile, RecordType::kDirectory, RecordType::kLink}) {
      Trial trial;
      CHECK(trial.Name(type, name, 0, "x").Run() == Receiver::End::kBroken);
      CHECK(trial.Count() == 0);
    }
  }
}

TEST_CASE("a link that comes first is no way out for what comes behind it") {
  for (const char* target : {"..", "/tmp", "../beside"}) {
    Trial trial;
    ::mkdir((trial.folder.path() + "/beside").c_str(), 0755);
    trial.Name(RecordType::kLink, "way", 0, target);
    trial.Name(RecordType::kDirectory, "way");  // a second time under its name
    trial.Name(RecordType::kFile, "file", 1).Data(0, "x").End("x").Say(RecordType::kLeave);
    CHECK(trial.Say(RecordType::kEnd).Run() == Receiver::End::kComplete);
    CHECK_THAT(trial.said, Contains("comes a second time under this name"));
    // Within a folder nobody counts names: there the link is in the way.
    Trial inner;
    ::mkdir((inner.folder.path() + "/beside").c_str(), 0755);
    inner.Name(RecordType::kDirectory, "top").Name(RecordType::kLink, "way", 0, target);
    inner.Name(RecordType::kDirectory, "way");
    inner.Name(RecordType::kFile, "file", 1).Data(0, "x").End("x").Say(RecordType::kLeave);
    // A file of the link's name takes its place.
    inner.Name(RecordType::kFile, "way", 1).Data(0, "x").End("x");
    CHECK(inner.Say(RecordType::kLeave).Say(RecordType::kEnd).Run() == Receiver::End::kComplete);
    CHECK_THAT(inner.said, Contains("open the folder"));
    CHECK(inner.Count() == 1000 + 2);
    CHECK(std::filesystem::is_empty(inner.folder.path() + "/beside"));
    CHECK(std::filesystem::is_regular_file(
        std::filesystem::symlink_status(inner.wanted.destination + "/top/way")));
  }
}

TEST_CASE("what nobody asked for is not written, with all that is in it") {
  Trial trial(Asked({"/logs/*.log", "/etc/hosts"}));
  trial.Name(RecordType::kFile, "a.log", 1).Data(0, "x").End("x");
  trial.Name(RecordType::kFile, "hosts", 1).Data(0, "x").End("x");
  trial.Name(RecordType::kFile, ".bashrc", 1).Data(0, "x").End("x");
  trial.Name(RecordType::kLink, "evil", 0, "/etc");
  trial.Name(RecordType::kDirectory, ".ssh");
  trial.Name(RecordType::kDirectory, "deeper");
  trial.Name(RecordType::kFile, "keys", 5u << 20).Say(RecordType::kLeave);
  trial.Name(RecordType::kFile, "keys", 1).Data(0, "x").End("x").Say(RecordType::kLeave);
  trial.Name(RecordType::kFile, "big", 5u << 20);
  CHECK(trial.Say(RecordType::kEnd).Run() == Receiver::End::kComplete);
  CHECK(trial.Count() == 2);
  CHECK_THAT(trial.said, Contains(".bashrc was not asked for"));
  CHECK_THAT(trial.said, Contains(".ssh was not asked for"));
  CHECK_THAT(trial.said, Contains("evil was not asked for"));
}

TEST_CASE("what does not fit its own checksum or size is not kept") {
  {
    Trial trial;
    trial.Name(RecordType::kFile, "a", 3);
    trial.Say(RecordType::kData, FieldWriter().U64(0).U64(1).Rest("xyz").payload()).End("xyz");
    trial.Name(RecordType::kFile, "b", 3).Data(0, "xyz").End("xyy");
    trial.Name(RecordType::kFile, "c", 3).Data(0, "xyzz").End("xyzz");
    trial.Name(RecordType::kFile, "d", 3).Data(1, "yz").End("yz");
    trial.Name(RecordType::kFile, "e", 3).End("xyz");
    trial.Name(RecordType::kFile, "f", 3).Data(0, "xyz").Data(0, "xyz").End("xyz");
    trial.Name(RecordType::kFile, "g", 3).Data(0, "xyz").Say(RecordType::kFileAbort);
    trial.Name(RecordType::kFile, "h", 3).Data(0, "xyz").End("xyz");
    CHECK(trial.Say(RecordType::kEnd).Run() == Receiver::End::kComplete);
    CHECK(trial.Count() == 1);
    CHECK(muster::test::ReadFile(trial.wanted.destination + "/h") == "xyz");
    CHECK(trial.progress.files == 1);
  }
  {
    // A hole that is a lie costs nothing.
    Trial trial;
    trial.Name(RecordType::kFile, "hole", std::uint64_t{1} << 62);
    trial.Say(RecordType::kResume, FieldWriter().U64(0).payload());
    trial.Data((std::uint64_t{1} << 62) - kBlockBytes, std::string(kBlockBytes, 'x')).End("");
    CHECK(trial.Run() == Receiver::End::kGone);
    CHECK(trial.Count() <= 1);
  }
  Trial trial;
  trial.Name(RecordType::kFile, "huge", std::uint64_t{1} << 62);
  trial.Say(RecordType::kResume, FieldWriter().U64(kBlockBytes).payload());
  CHECK(trial.Run() == Receiver::End::kGone);
  CHECK_THAT(trial.said, Contains("was to go on where nothing is"));
}

TEST_CASE("records out of their turn, and what is none, end the transfer") {
  using Step = std::function<void(Trial&)>;
  const std::vector<Step> steps = {
      [](Trial& trial) { trial.Say(RecordType::kLeave); },
      [](Trial& trial) { trial.Data(0, "x"); },
      [](Trial& trial) { trial.End("x"); },
      [](Trial& trial) { trial.Say(RecordType::kResume, FieldWriter().U64(0).payload()); },
      [](Trial& trial) { trial.Say(RecordType::kBegin, Begin().Encode()); },
      [](Trial& trial) { trial.Say(RecordType::kHave); },
      [](Trial& trial) { trial.Name(RecordType::kDirectory, "d").Say(RecordType::kEnd); },
      [](Trial& trial) { trial.Name(RecordType::kFile, "f", 1).Name(RecordType::kFile, "g", 1); },
      [](Trial& trial) { trial.Name(RecordType::kFile, "f", 2u << 20).Data(0, "x"); },
      [](Trial& trial) { trial.Name(RecordType::kLink, "l"); },
      [](Trial& trial) { trial.Say(RecordType::kProblem, "?"); },
      [](Trial& trial) { trial.Say(RecordType::kFile, "?"); },
      [](Trial& trial) { trial.Say(static_cast<RecordType>(99)); },
      [](Trial& trial) { trial.script.says += std::string(20, '\xff'); },
      [](Trial& trial) { trial.script.says = "SSH-2.0-OpenSSH_9.2\r\n"; },
      [](Trial& trial) { trial.script.says = Encode(RecordType::kEnd); },
      [](Trial& trial) {
        for (int i = 0; i < 300; ++i) trial.Name(RecordType::kDirectory, "d");
      },
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO(i);
    Trial trial;
    steps[i](trial);
    CHECK(trial.Run() == Receiver::End::kBroken);
    CHECK_FALSE(trial.said.empty());
  }
}

TEST_CASE("no bytes that anybody could send crash a receiver or get out of its folder") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    Trial trial;
    trial.Name(RecordType::kDirectory, "d").Name(RecordType::kFile, "f", 9).Data(0, "123456789");
    trial.End("123456789").Name(RecordType::kLink, "l", 0, "..").Say(RecordType::kLeave);
    trial.Name(RecordType::kFile, "g", 2u << 20).Say(RecordType::kResume, std::string(8, '\0'));
    trial.Data(0, std::string(kBlockBytes, 'x')).Say(RecordType::kEnd);
    std::string& bytes = trial.script.says;
    for (int i = 0; i < 4; ++i)
      bytes[random() % std::min<std::size_t>(bytes.size(), 600)] = static_cast<char>(random());
    trial.Run();
    CHECK(trial.Count() < 1000);
  }
}
