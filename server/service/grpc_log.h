// GrpcLog: what gRPC itself logs, which a peer can cause as often as he likes and fill with bytes
// of his choice, as lines of our log: escaped, cut, and at most one per second. Thread-safe.
#pragma once

namespace muster::server {

// For the whole process, before gRPC starts.
void TakeGrpcLog();

}  // namespace muster::server
