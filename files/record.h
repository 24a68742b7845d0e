// Record: what the two ends of a transfer of files say to each other: a type (u8), the size of what
// follows (u32, little endian), and that. Whoever reads believes nothing: sizes are bounded, every
// field is checked. One end is the sender (of `put` the client, of `get` the node), the other the
// receiver; the daemon between them passes bytes.
//
//   sender                            receiver
//   kBegin
//   kDirectory … kLeave               of a tree; whatever stands between lies in it
//   kFile, kData …, kFileEnd
//   kFile (from kResumeBytes on)      kHave: so much of it is here already
//   kResume, kData …, kFileEnd        kSkip, in between: it failed, send the next one
//   kLink, kProblem
//   kEnd                              kResult: of `put` only
//
// Plain data and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::files {

enum class RecordType : std::uint8_t {
  kBegin = 1,      // Begin
  kDirectory = 2,  // Entry, without size
  kLeave = 3,      // nothing: the directory is complete
  kFile = 4,       // Entry
  kData = 5,       // u64: where; u64: the checksum; the bytes: one block of the file, whole
  kFileEnd = 6,    // u64: the digest of the whole file
  kFileAbort = 7,  // nothing: the file could not be read to its end
  kLink = 8,       // Entry, without size and mode; then where it points
  kProblem = 9,    // Problem, of the sender
  kEnd = 10,       // nothing
  kHave = 11,      // u64: which file; u64: bytes, or kNothing: send the next one; u64: their digest
  kResume = 12,    // u64: bytes that are left out
  kSkip = 13,      // u64: which file
  kResult = 14,    // Result
};

// What a file is cut into, bytes: block n begins at n times this. A block that nothing was ever
// written to (a hole) is not sent.
inline constexpr std::uint64_t kBlockBytes = 64u << 10;
// Of a file from this size on, the receiver is asked first what it has of it.
inline constexpr std::uint64_t kResumeBytes = 1u << 20;
// In the place of a size: this file is not wanted.
inline constexpr std::uint64_t kNothing = ~std::uint64_t{0};
// The largest size of what follows a record's head, bytes.
inline constexpr std::size_t kMaxRecordBytes = kBlockBytes + 64;
// How deep a tree may be.
inline constexpr std::size_t kMaxDepth = 256;

struct Record {
  RecordType type = RecordType::kEnd;
  std::string payload;
};

// A record, ready to be sent.
std::string Encode(RecordType type, std::string_view payload = {});

class FieldWriter {
 public:
  FieldWriter& U64(std::uint64_t value);
  FieldWriter& Text(std::string_view value);  // its size (u32) before it
  FieldWriter& Rest(std::string_view value);  // to the end of the record
  const std::string& payload() const { return payload_; }

 private:
  std::string payload_;
};

// After the first read past the end everything is zero or empty, and AtEnd() false.
class FieldReader {
 public:
  explicit FieldReader(std::string_view payload) : rest_(payload) {}
  std::uint64_t U64();
  std::string Text();
  std::string_view Rest();
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  std::string_view Take(std::size_t size);

  std::string_view rest_;
  bool ok_ = true;
};

struct Begin {
  static constexpr std::uint64_t kVersion = 1;
  std::uint64_t version = kVersion;
  bool is_many = false;           // more than one source: the destination is a directory
  bool is_durable = false;        // on the disk before it is said to be there
  std::uint64_t total_files = 0;  // as far as known, for whoever watches
  std::uint64_t total_bytes = 0;

  std::string Encode() const;
  static std::optional<Begin> Decode(std::string_view payload);
};

// One name in its directory. No name holds a slash, so that none can lead elsewhere.
struct Entry {
  std::string name;
  std::uint32_t mode = 0;             // permission bits, 0 to 0777
  std::int64_t modified_seconds = 0;  // since 1970
  std::uint32_t modified_nanoseconds = 0;
  std::uint64_t size = 0;  // bytes
  std::string points_to;   // of a link

  std::string Encode() const;
  // Only one that may be written as it stands.
  static std::optional<Entry> Decode(std::string_view payload);
};

}  // namespace muster::files
