// Value::Document: the data of a value as it came, checked, and how to go over it. Immutable, but
// for the lock of what its Values keep.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "client/muster/value.h"
#include "client/value_head.h"
#include "common/mutex.h"

namespace muster {

class Value::Document {
 public:
  // `data` passed CheckValue.
  explicit Document(std::string data) : data_(std::move(data)) {}

  ValueHead Head(std::size_t offset) const { return *ValueHead::Read(data_, offset); }
  std::string_view Bytes(const ValueHead& head) const {
    return std::string_view(data_).substr(head.end, head.number);
  }
  // The offset after the item that begins here.
  std::size_t Skip(std::size_t offset) const;

  // Guards the literal that each of its Values may keep.
  Mutex& mutex() const { return mutex_; }

 private:
  const std::string data_;
  mutable Mutex mutex_;
};

}  // namespace muster
