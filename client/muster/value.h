// Value: what a piece of Python came to, as text or as data (docs/values.md). Part of ClusterAPI.h;
// the standard library only. As safe between threads as a std::string. Data is kept as it came: a
// Value of an item shares it with the Value of the whole, and is as cheap to copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "export.h"
#include "status.h"

namespace muster {

class MUSTER_EXPORT Value {
 public:
  enum class Kind {
    kText,  // not data: no other accessor than text() has something to say
    kNone,
    kBool,
    kInt,
    kFloat,
    kString,
    kBytes,
    kList,
    kTuple,
    kDict,
    kArray,  // of numpy
  };
  // An int of any size.
  struct BigInt {
    bool is_negative = false;
    std::string magnitude;  // big endian, without leading zeros; empty: 0
  };
  // An array of numpy. `bytes` is good as long as a Value of the same outcome is.
  struct Array {
    std::string dtype;                 // "float64", "bool", …
    std::vector<std::uint64_t> shape;  // empty: a single element
    std::string_view bytes;            // in C order, little endian
  };
  class Items;
  class Entries;

  Value() = default;
  explicit Value(std::string text) : text_(std::move(text)) {}
  // Data, checked as a whole. InvalidArgument: it is not what docs/values.md describes, and where.
  static Result<Value> from_data(std::string data);

  Value(const Value& other);
  Value& operator=(const Value& other);
  Value(Value&&) noexcept = default;
  Value& operator=(Value&&) noexcept = default;
  ~Value() = default;

  Kind kind() const;
  bool is_data() const { return document_ != nullptr; }
  // Of text: repr(value), or str(value) when the command asked for it; UTF-8, lone surrogates
  // passed through. Of data: a Python literal, ASCII, made at the first call and kept.
  const std::string& text() const;

  // As a type of C++: as<std::int64_t>(), as<std::vector<std::string>>(), as<std::map<std::string,
  // double>>(); value_as.h has the list. InvalidArgument: what it is instead, and of an item,
  // which.
  template <typename T>
  Result<T> as() const;
  // The error of an accessor: "the value is a str, not an int".
  Status is_not(const char* wanted) const;

  // InvalidArgument: it is of another kind, or does not fit.
  Result<bool> as_bool() const;
  Result<std::int64_t> as_int() const;
  Result<BigInt> as_big_int() const;
  // A float, or an int of at most 53 bits.
  Result<double> as_double() const;
  // UTF-8, lone surrogates passed through. Good as long as a Value of the same outcome is.
  Result<std::string_view> as_string() const;
  Result<std::string_view> as_bytes() const;
  Result<Array> as_array() const;

  // How many items a list or tuple has, entries a dict, bytes a kString or kBytes; 0 for others.
  std::size_t size() const;
  // The items of a list or tuple, in order; none for other kinds. Going through them reads them one
  // by one: `for (const Value& item : value.items())`.
  Items items() const;
  // The entries of a dict, in its order; none for other kinds.
  Entries entries() const;
  // What a dict holds for a key that is a string. NotFound: it has no such key, or is no dict.
  Result<Value> at(std::string_view key) const;

 private:
  class Document;
  class Cursor;
  Value(std::shared_ptr<const Document> document, std::size_t offset);

  mutable std::string text_;  // of data: a cache, guarded by the document's lock
  std::shared_ptr<const Document> document_;
  std::size_t offset_ = 0;
};

// Where a walk through a list, tuple or dict is.
class MUSTER_EXPORT Value::Cursor {
 public:
  Cursor() = default;  // the end
  Cursor(std::shared_ptr<const Document> document, std::size_t offset, std::uint64_t left)
      : document_(std::move(document)), offset_(offset), left_(left) {}
  Value Get() const { return Value(document_, offset_); }
  void Step();  // over one item
  std::uint64_t left() const { return left_; }

 private:
  std::shared_ptr<const Document> document_;
  std::size_t offset_ = 0;
  std::uint64_t left_ = 0;  // items that are not passed yet; a key is one
};

class Value::Items {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using pointer = const Value*;
    using reference = Value;

    explicit Iterator(Cursor cursor) : cursor_(std::move(cursor)) {}
    Value operator*() const { return cursor_.Get(); }
    Iterator& operator++() {
      cursor_.Step();
      return *this;
    }
    bool operator==(const Iterator& other) const { return cursor_.left() == other.cursor_.left(); }

   private:
    Cursor cursor_;
  };

  explicit Items(Cursor first) : first_(std::move(first)) {}
  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(Cursor()); }

 private:
  Cursor first_;
};

class Value::Entries {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::pair<Value, Value>;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = value_type;

    explicit Iterator(Cursor cursor) : cursor_(std::move(cursor)) {}
    std::pair<Value, Value> operator*() const {
      Cursor value = cursor_;
      value.Step();
      return {cursor_.Get(), value.Get()};
    }
    Iterator& operator++() {
      cursor_.Step();
      cursor_.Step();
      return *this;
    }
    bool operator==(const Iterator& other) const { return cursor_.left() == other.cursor_.left(); }

   private:
    Cursor cursor_;
  };

  explicit Entries(Cursor first) : first_(std::move(first)) {}
  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(Cursor()); }

 private:
  Cursor first_;
};

}  // namespace muster

#include "value_as.h"
