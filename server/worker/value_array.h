// Arrays of numpy as values, by the buffer protocol alone: nothing of numpy is compiled in, and it
// is not imported in order to look at a value. For the thread that has Python's lock.
#pragma once

#include "server/worker/value_payload.h"

#include <cstdint>
#include <vector>

namespace muster::server {

// What an array says of itself beside its bytes.
struct ArrayShape {
  std::string dtype;
  std::vector<std::uint64_t> sizes;

  // How many bytes it has; empty: the dtype is not one that crosses, or they are too many.
  std::optional<std::size_t> Bytes() const;
};

// Whether it is an array of numpy itself, not of a class made from it.
bool IsArray(PyObject* object);

// The bytes of an array in C order, little endian; null when it is not one that crosses. Runs no
// user code and leaves no exception.
std::unique_ptr<ValuePayload> MakeArrayPayload(PyObject* array, ArrayShape& shape);

// A new array that owns its bytes, which are as many as the shape says; imports numpy. Null: with
// an exception.
PyObject* MakeArray(const ArrayShape& shape, std::string_view bytes);

}  // namespace muster::server
