#include "server/worker/value_payload.h"

namespace muster::server {
namespace {

constexpr std::size_t kChunk = 16 << 10;
constexpr Py_UCS4 kOneByte = 0x80;
constexpr Py_UCS4 kTwoBytes = 0x800;
constexpr Py_UCS4 kThreeBytes = 0x10000;

class PlainPayload : public ValuePayload {
 public:
  PlainPayload(PyObject* object, std::string_view bytes) : object_(object), bytes_(bytes) {
    Py_INCREF(object_);
  }
  ~PlainPayload() override { Py_DECREF(object_); }
  std::size_t size() const override { return bytes_.size(); }
  void Read(const Take& take) const override { take(bytes_); }

 private:
  PyObject* const object_;
  const std::string_view bytes_;
};

char Continuation(Py_UCS4 bits) { return static_cast<char>(0x80 | (bits & 0x3f)); }

void AppendUtf8(Py_UCS4 code, std::string& out) {
  if (code < kOneByte) {
    out += static_cast<char>(code);
  } else if (code < kTwoBytes) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += Continuation(code);
  } else if (code < kThreeBytes) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += Continuation(code >> 6);
    out += Continuation(code);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += Continuation(code >> 12);
    out += Continuation(code >> 6);
    out += Continuation(code);
  }
}

class TextPayload : public ValuePayload {
 public:
  TextPayload(PyObject* text, std::size_t size) : text_(text), size_(size) { Py_INCREF(text_); }
  ~TextPayload() override { Py_DECREF(text_); }
  std::size_t size() const override { return size_; }
  void Read(const Take& take) const override {
    const int kind = PyUnicode_KIND(text_);
    const void* const data = PyUnicode_DATA(text_);
    const Py_ssize_t length = PyUnicode_GET_LENGTH(text_);
    std::string chunk;
    for (Py_ssize_t i = 0; i < length; ++i) {
      AppendUtf8(PyUnicode_READ(kind, data, i), chunk);
      if (chunk.size() < kChunk && i + 1 < length) continue;
      take(chunk);
      chunk.clear();
    }
  }

 private:
  PyObject* const text_;
  const std::size_t size_;
};

}  // namespace

std::unique_ptr<ValuePayload> MakePlainPayload(PyObject* object, std::string_view bytes) {
  return std::make_unique<PlainPayload>(object, bytes);
}

TextSize MeasureText(PyObject* text) {
  const int kind = PyUnicode_KIND(text);
  const void* const data = PyUnicode_DATA(text);
  const Py_ssize_t length = PyUnicode_GET_LENGTH(text);
  TextSize size;
  if (PyUnicode_IS_ASCII(text)) {
    size.bytes = static_cast<std::size_t>(length);
    return size;
  }
  for (Py_ssize_t i = 0; i < length; ++i) {
    const Py_UCS4 code = PyUnicode_READ(kind, data, i);
    size.bytes += code < kOneByte ? 1 : code < kTwoBytes ? 2 : code < kThreeBytes ? 3 : 4;
    size.has_surrogates = size.has_surrogates || Py_UNICODE_IS_SURROGATE(code);
  }
  return size;
}

std::unique_ptr<ValuePayload> MakeTextPayload(PyObject* text, std::size_t size) {
  return std::make_unique<TextPayload>(text, size);
}

}  // namespace muster::server
