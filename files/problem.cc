#include "files/problem.h"

#include <string.h>

#include <utility>

#include "files/record.h"

namespace muster::files {
namespace {

// Of a path and of a step that are sent, bytes: what is longer is cut.
constexpr std::size_t kMostText = 4096;

}  // namespace

std::string Problem::Describe() const {
  std::string text = error == 0 ? path + " " + step : step + " " + path;
  if (error != 0) text += std::string(": ") + ::strerror(static_cast<int>(error));
  return text;
}

std::string Problem::Encode() const {
  return FieldWriter()
      .Text(std::string_view(path).substr(0, kMostText))
      .Text(std::string_view(step).substr(0, kMostText))
      .U64(static_cast<std::uint64_t>(error))
      .payload();
}

std::optional<Problem> Problem::Decode(std::string_view payload) {
  FieldReader reader(payload);
  Problem problem;
  problem.path = reader.Text();
  problem.step = reader.Text();
  problem.error = static_cast<std::int64_t>(reader.U64() & 0xffff);
  if (!reader.AtEnd()) return std::nullopt;
  return problem;
}

void ProblemList::Add(Problem problem) {
  ++count_;
  if (first_.size() < kMost) first_.push_back(std::move(problem));
}

void ProblemList::Add(std::string path, std::string step, int error) {
  Add(Problem{std::move(path), std::move(step), error});
}

void ProblemList::Merge(const ProblemList& other) {
  for (const Problem& problem : other.first_) {
    if (first_.size() < kMost) first_.push_back(problem);
  }
  count_ += other.count_;
}

std::string Result::Encode() const {
  FieldWriter writer;
  writer.U64(files).U64(bytes).U64(problems.count());
  for (const Problem& problem : problems.first()) {
    const std::string text = problem.Encode();
    if (writer.payload().size() + text.size() + 4 > kMaxRecordBytes) break;
    writer.Text(text);
  }
  return writer.payload();
}

std::optional<Result> Result::Decode(std::string_view payload) {
  FieldReader reader(payload);
  Result result;
  result.files = reader.U64();
  result.bytes = reader.U64();
  const std::uint64_t count = reader.U64();
  while (!reader.AtEnd()) {
    const auto problem = Problem::Decode(reader.Text());
    if (!problem) return std::nullopt;
    result.problems.Add(*problem);
  }
  if (count < result.problems.count()) return std::nullopt;
  result.problems.count_ = count;
  return result;
}

}  // namespace muster::files
