// What of the C library this program stands before: calls that leave traces in a process (its
// directory, its signals, its descriptors 0 to 3 …). Each only notes that it was called, so that
// the worker has to look at those traces rarely. Signal-safe.
#pragma once

namespace muster::server {

// One of them was called since ForgetCalls; also by a child that shares our memory (vfork), so it
// says no more than that it is time to look.
bool WereTracesTouched();
void ForgetCalls();

}  // namespace muster::server
