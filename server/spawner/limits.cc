#include "server/spawner/limits.h"

#include "common/quantity.h"

namespace muster::server {
namespace {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

void Write(PayloadWriter& writer, const std::optional<std::uint64_t>& limit) {
  writer.U64(limit.value_or(kNoLimit));
}

std::optional<std::uint64_t> Read(PayloadReader& reader) {
  const std::uint64_t limit = reader.U64();
  return limit == kNoLimit ? std::nullopt : std::optional(limit);
}

}  // namespace

void Limits::Encode(PayloadWriter& writer) const {
  writer.U64(cpu ? static_cast<std::uint64_t>(cpu->count()) : kNoLimit);
  Write(writer, memory_bytes);
  Write(writer, processes);
  Write(writer, file_size_bytes);
  Write(writer, open_files);
  Write(writer, output_bytes);
}

Limits Limits::Decode(PayloadReader& reader) {
  Limits limits;
  if (const std::optional<std::uint64_t> cpu = Read(reader)) {
    limits.cpu = std::chrono::milliseconds(*cpu);
  }
  limits.memory_bytes = Read(reader);
  limits.processes = Read(reader);
  limits.file_size_bytes = Read(reader);
  limits.open_files = Read(reader);
  limits.output_bytes = Read(reader);
  return limits;
}

Limits Smaller(const Limits& a, const Limits& b) {
  Limits limits;
  limits.cpu = SmallerOf(a.cpu, b.cpu);
  limits.memory_bytes = SmallerOf(a.memory_bytes, b.memory_bytes);
  limits.processes = SmallerOf(a.processes, b.processes);
  limits.file_size_bytes = SmallerOf(a.file_size_bytes, b.file_size_bytes);
  limits.open_files = SmallerOf(a.open_files, b.open_files);
  limits.output_bytes = SmallerOf(a.output_bytes, b.output_bytes);
  return limits;
}

std::string DescribeLimit(Limit limit, const Limits& limits) {
  switch (limit) {
    case Limit::kNone:
      break;
    case Limit::kCpu:
      return "CPU time of " + FormatDuration(limits.cpu.value_or(std::chrono::milliseconds(0)));
    case Limit::kMemory:
      return "memory of " + FormatSize(limits.memory_bytes.value_or(0));
    case Limit::kProcesses:
      return std::to_string(limits.processes.value_or(0)) + " processes";
    case Limit::kFileSize:
      return "file size of " + FormatSize(limits.file_size_bytes.value_or(0));
    case Limit::kOpenFiles:
      return std::to_string(limits.open_files.value_or(0)) + " open files";
    case Limit::kOutput:
      return "output of " + FormatSize(limits.output_bytes.value_or(0));
  }
  return "";
}

}  // namespace muster::server
