// Status and Result: what the library itself could not do, and the value when it could. What
// happens to a command is not told here: that is its Outcome. Part of ClusterAPI.h; plain data, as
// safe between threads as a std::string.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "export.h"

namespace muster {

enum class StatusCode {
  kOk,
  kInvalidArgument,     // the caller's mistake: an argument, a configuration file
  kNotFound,            // a file, a cluster, a node, a program or an execution that is not there
  kFailedPrecondition,  // permissions, several clusters and none chosen
  kUnavailable,         // a daemon did not start, or does not answer
  kInternal,            // a bug in the library
};

class [[nodiscard]] MUSTER_EXPORT Status {
 public:
  Status() = default;  // ok
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  // One line for a person: what was tried, where, and what to do. Empty when ok.
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

// A T, or the Status that says why there is none. Using the value of a Result that is not ok is
// undefined, as with std::optional.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) {}

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Status& status() const { return status_; }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace muster
