// ValuePayload: the bytes of one long leaf of a value, which are not copied but read where they
// lie. Lives in the thread that has Python's lock; keeps its object alive.
#pragma once

#include <Python.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace muster::server {

class ValuePayload {
 public:
  using Take = std::function<void(std::string_view piece)>;

  virtual ~ValuePayload() = default;
  virtual std::size_t size() const = 0;
  // Gives all of them, size() bytes in pieces of any length.
  virtual void Read(const Take& take) const = 0;
};

// Of an exact bytes, or of an exact str that is ASCII.
std::unique_ptr<ValuePayload> MakePlainPayload(PyObject* object, std::string_view bytes);

// What a str takes as UTF-8 with surrogates passed through, and whether it has any.
struct TextSize {
  std::size_t bytes = 0;
  bool has_surrogates = false;
};
TextSize MeasureText(PyObject* text);
// `size`: as measured.
std::unique_ptr<ValuePayload> MakeTextPayload(PyObject* text, std::size_t size);

}  // namespace muster::server
