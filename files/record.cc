#include "files/record.h"

#include <absl/strings/match.h>
#include <limits.h>

#include "files/name.h"

namespace muster::files {
namespace {

constexpr std::uint32_t kModeMask = 0777;

void AppendNumber(std::string& text, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

std::string Encode(RecordType type, std::string_view payload) {
  std::string record;
  record.reserve(payload.size() + 5);
  record.push_back(static_cast<char>(type));
  AppendNumber(record, payload.size(), 4);
  record.append(payload);
  return record;
}

FieldWriter& FieldWriter::U64(std::uint64_t value) {
  AppendNumber(payload_, value, 8);
  return *this;
}

FieldWriter& FieldWriter::Text(std::string_view value) {
  AppendNumber(payload_, value.size(), 4);
  payload_.append(value);
  return *this;
}

FieldWriter& FieldWriter::Rest(std::string_view value) {
  payload_.append(value);
  return *this;
}

std::string_view FieldReader::Take(std::size_t size) {
  if (!ok_ || rest_.size() < size) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint64_t FieldReader::U64() {
  std::uint64_t value = 0;
  int shift = 0;
  for (const char byte : Take(8)) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << shift;
    shift += 8;
  }
  return value;
}

std::string FieldReader::Text() {
  std::size_t size = 0;
  int shift = 0;
  for (const char byte : Take(4)) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(byte)) << shift;
    shift += 8;
  }
  return std::string(Take(size));
}

std::string_view FieldReader::Rest() { return Take(rest_.size()); }

std::string Begin::Encode() const {
  const std::uint64_t flags = (is_many ? 1u : 0u) | (is_durable ? 2u : 0u);
  return FieldWriter().U64(version).U64(flags).U64(total_files).U64(total_bytes).payload();
}

std::optional<Begin> Begin::Decode(std::string_view payload) {
  FieldReader reader(payload);
  Begin begin;
  begin.version = reader.U64();
  const std::uint64_t flags = reader.U64();
  begin.is_many = (flags & 1) != 0;
  begin.is_durable = (flags & 2) != 0;
  begin.total_files = reader.U64();
  begin.total_bytes = reader.U64();
  if (!reader.AtEnd()) return std::nullopt;
  return begin;
}

std::string Entry::Encode() const {
  return FieldWriter()
      .Text(name)
      .U64(mode)
      .U64(static_cast<std::uint64_t>(modified_seconds))
      .U64(modified_nanoseconds)
      .U64(size)
      .Text(points_to)
      .payload();
}

std::optional<Entry> Entry::Decode(std::string_view payload) {
  FieldReader reader(payload);
  Entry entry;
  entry.name = reader.Text();
  entry.mode = static_cast<std::uint32_t>(reader.U64() & kModeMask);
  entry.modified_seconds = static_cast<std::int64_t>(reader.U64());
  const std::uint64_t nanoseconds = reader.U64();
  entry.size = reader.U64();
  entry.points_to = reader.Text();
  entry.modified_nanoseconds = static_cast<std::uint32_t>(nanoseconds);
  const bool is_valid = reader.AtEnd() && IsPlainName(entry.name) && nanoseconds < 1'000'000'000 &&
                        entry.size <= static_cast<std::uint64_t>(LLONG_MAX) &&
                        entry.points_to.size() < PATH_MAX &&
                        !absl::StrContains(entry.points_to, '\0');
  if (!is_valid) return std::nullopt;
  return entry;
}

}  // namespace muster::files
