// Problem: one file that could not be copied, and why; and ProblemList: the first of them, and how
// many they are. Plain data; a list belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::files {

struct Problem {
  std::string path;  // as the user would name it
  std::string step;  // "open", "write", "is a socket: only files, folders and symlinks are copied"
  std::int64_t error = 0;  // an errno, 0: none

  // "open a/b: Permission denied".
  std::string Describe() const;
  std::string Encode() const;
  static std::optional<Problem> Decode(std::string_view payload);
};

class ProblemList {
 public:
  // More are counted only.
  static constexpr std::size_t kMost = 100;

  void Add(Problem problem);
  void Add(std::string path, std::string step, int error);
  // What the other end told.
  void Merge(const ProblemList& other);
  const std::vector<Problem>& first() const { return first_; }
  std::uint64_t count() const { return count_; }

 private:
  friend struct Result;
  std::vector<Problem> first_;
  std::uint64_t count_ = 0;
};

// What the receiver of a `put` says at the end.
struct Result {
  std::uint64_t files = 0;  // that arrived, and links
  std::uint64_t bytes = 0;  // of them, those included that were there already
  ProblemList problems;

  // Short enough for one record: of the problems as many as fit.
  std::string Encode() const;
  static std::optional<Result> Decode(std::string_view payload);
};

}  // namespace muster::files
