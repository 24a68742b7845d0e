#include "client/public_status.h"

#include <string>

namespace muster {

Status ToPublic(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return {};
    case absl::StatusCode::kInvalidArgument:
      return {StatusCode::kInvalidArgument, message};
    case absl::StatusCode::kNotFound:
      return {StatusCode::kNotFound, message};
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
      return {StatusCode::kFailedPrecondition, message};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return {StatusCode::kUnavailable, message};
    default:
      return {StatusCode::kInternal, message};
  }
}

}  // namespace muster
