// RETURN_IF_ERROR and ASSIGN_OR_RETURN for absl::Status and absl::StatusOr: Abseil 20220623 of
// Debian 12 has none.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <utility>

#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (::absl::Status muster_status = (expression); !muster_status.ok()) { \
      return muster_status;                                                 \
    }                                                                       \
  } while (false)

#define MUSTER_CONCAT_(a, b) a##b
#define MUSTER_CONCAT(a, b) MUSTER_CONCAT_(a, b)
#define ASSIGN_OR_RETURN(target, expression) \
  MUSTER_ASSIGN_OR_RETURN_(MUSTER_CONCAT(muster_result_, __LINE__), target, expression)
#define MUSTER_ASSIGN_OR_RETURN_(result, target, expression) \
  auto result = (expression);                                \
  if (!result.ok()) return std::move(result).status();       \
  target = std::move(result).value()
