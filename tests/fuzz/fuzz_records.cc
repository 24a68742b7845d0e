// What the two ends of a transfer of files say to each other, read as a stream of records. Whatever
// is taken is written again as it came, and no name that is taken leads elsewhere.
#include <cstdint>
#include <string>

#include "files/channel.h"
#include "files/name.h"
#include "files/problem.h"
#include "files/record.h"
#include "tests/fuzz/require.h"

using muster::files::Begin;
using muster::files::Entry;
using muster::files::Problem;
using muster::files::Record;
using muster::files::RecordType;
using muster::files::Result;
using muster::test::Require;

namespace {

// Gives out a few bytes at a time.
class Bytes : public muster::files::Channel {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  bool Write(std::string_view /*bytes*/) override { return true; }
  bool Read(std::string& bytes) override {
    if (at_ >= bytes_.size()) return false;
    bytes += bytes_.substr(at_, 7);
    at_ += 7;
    return true;
  }
  bool HasInput() override { return true; }

 private:
  const std::string bytes_;
  std::size_t at_ = 0;
};

void Look(const Record& record) {
  switch (record.type) {
    case RecordType::kBegin:
      static_cast<void>(Begin::Decode(record.payload));
      break;
    case RecordType::kProblem:
      static_cast<void>(Problem::Decode(record.payload));
      break;
    case RecordType::kResult:
      if (const auto result = Result::Decode(record.payload)) {
        Require(result->problems.first().size() <= result->problems.count(),
                "no more problems than are counted");
      }
      break;
    default:
      if (const auto entry = Entry::Decode(record.payload)) {
        Require(muster::files::IsPlainName(entry->name), "a name is a single component");
        const auto again = Entry::Decode(entry->Encode());
        Require(again && again->Encode() == entry->Encode(), "an entry is written as it was read");
      }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(std::string(reinterpret_cast<const char*>(data), size));
  muster::files::RecordChannel channel(bytes);
  while (const auto record = channel.Read()) Look(*record);
  return 0;
}
