#include "server/worker/value_encoder.h"

#include <cbor/encoding.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "server/worker/value_array.h"
#include "server/worker/value_format.h"
#include "server/worker/value_payload.h"

namespace muster::server {
namespace {

// Shorter ones are copied: a reference costs as much.
constexpr std::size_t kCopied = 16 << 10;
constexpr std::size_t kMaxHead = 9;

// Puts pieces together up to the size that a sink takes, and cuts what is longer.
class PieceWriter {
 public:
  explicit PieceWriter(ValueSink& sink) : sink_(sink) {}

  void Append(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t room = ValueSink::kMaxPiece - piece_.size();
      const std::string_view next = bytes.substr(0, room);
      bytes.remove_prefix(next.size());
      if (next.size() == ValueSink::kMaxPiece) {
        sink_.Write(next);
        continue;
      }
      piece_.append(next);
      if (piece_.size() == ValueSink::kMaxPiece) Flush();
    }
  }
  void Flush() {
    if (!piece_.empty()) sink_.Write(piece_);
    piece_.clear();
  }

 private:
  ValueSink& sink_;
  std::string piece_;
};

// A value on its way: what is short as it will be written, and where the long payloads come in.
class Encoding {
 public:
  // False: it is not of the set; what was added so far is of no use.
  bool Add(PyObject* value);
  void Write(ValueSink& sink) const;
  std::size_t size() const;

 private:
  template <typename... Arguments>
  void AddHead(std::size_t (*encode)(Arguments...), auto... arguments) {
    unsigned char head[kMaxHead];
    const std::size_t size = encode(arguments..., head, sizeof(head));
    bytes_.append(reinterpret_cast<const char*>(head), size);
  }
  bool AddScalar(PyObject* value);
  bool AddInt(PyObject* value);
  void AddText(PyObject* text);
  void AddBytes(PyObject* bytes);
  bool AddArray(PyObject* array);
  bool AddContainer(PyObject* value);
  bool AddSequence(PyObject* const* items, Py_ssize_t count);
  bool AddDict(PyObject* dict);
  void AddPayload(std::unique_ptr<ValuePayload> payload);
  void AddPlain(PyObject* object, std::string_view bytes);

  struct Reference {
    std::size_t at;  // in bytes_
    std::unique_ptr<ValuePayload> payload;
  };
  std::string bytes_;
  std::vector<Reference> references_;
  std::vector<PyObject*> path_;  // the containers that the next value is in
};

bool Encoding::Add(PyObject* value) {
  if (PyList_CheckExact(value) || PyTuple_CheckExact(value) || PyDict_CheckExact(value)) {
    return AddContainer(value);
  }
  return AddScalar(value) || (IsArray(value) && AddArray(value));
}

bool Encoding::AddScalar(PyObject* value) {
  if (value == Py_None) {
    AddHead(cbor_encode_null);
  } else if (PyBool_Check(value)) {
    AddHead(cbor_encode_bool, value == Py_True);
  } else if (PyLong_CheckExact(value)) {
    return AddInt(value);
  } else if (PyFloat_CheckExact(value)) {
    AddHead(cbor_encode_double, PyFloat_AS_DOUBLE(value));
  } else if (PyUnicode_CheckExact(value)) {
    if (PyUnicode_READY(value) != 0) return false;
    AddText(value);
  } else if (PyBytes_CheckExact(value)) {
    AddBytes(value);
  } else {
    return false;
  }
  return true;
}

// Two's complement by way of CPython's own function: its public relatives make objects, and making
// one may run the garbage collector and with it the user's code.
bool Encoding::AddInt(PyObject* value) {
  const bool is_negative = _PyLong_Sign(value) < 0;
  std::vector<unsigned char> digits(_PyLong_NumBits(value) / 8 + 1);
  if (_PyLong_AsByteArray(reinterpret_cast<PyLongObject*>(value), digits.data(), digits.size(), 0,
                          1) != 0) {
    return false;
  }
  // CBOR has -1 - n for a negative one, which is all bits turned round.
  if (is_negative) {
    for (unsigned char& digit : digits) digit = static_cast<unsigned char>(~digit);
  }
  const auto first = std::find_if(digits.begin(), digits.end(), [](auto digit) { return digit; });
  const auto size = static_cast<std::size_t>(digits.end() - first);
  if (size > sizeof(std::uint64_t)) {
    AddHead(cbor_encode_tag, is_negative ? kTagNegativeBig : kTagPositiveBig);
    AddHead(cbor_encode_bytestring_start, size);
    bytes_.append(first, digits.end());
    return true;
  }
  std::uint64_t small = 0;
  for (auto digit = first; digit != digits.end(); ++digit) small = small << 8 | *digit;
  AddHead(is_negative ? cbor_encode_negint : cbor_encode_uint, small);
  return true;
}

void Encoding::AddText(PyObject* text) {
  const TextSize size = MeasureText(text);
  if (size.has_surrogates) {
    AddHead(cbor_encode_tag, kTagSurrogates);
    AddHead(cbor_encode_bytestring_start, size.bytes);
  } else {
    AddHead(cbor_encode_string_start, size.bytes);
  }
  if (PyUnicode_IS_ASCII(text)) {
    AddPlain(text, {static_cast<const char*>(PyUnicode_DATA(text)), size.bytes});
  } else {
    AddPayload(MakeTextPayload(text, size.bytes));
  }
}

void Encoding::AddBytes(PyObject* bytes) {
  const auto size = static_cast<std::size_t>(PyBytes_GET_SIZE(bytes));
  AddHead(cbor_encode_bytestring_start, size);
  AddPlain(bytes, {PyBytes_AS_STRING(bytes), size});
}

bool Encoding::AddArray(PyObject* array) {
  ArrayShape shape;
  std::unique_ptr<ValuePayload> payload = MakeArrayPayload(array, shape);
  if (payload == nullptr) return false;
  AddHead(cbor_encode_tag, kTagArray);
  AddHead(cbor_encode_array_start, std::size_t{3});
  AddHead(cbor_encode_string_start, shape.dtype.size());
  bytes_ += shape.dtype;
  AddHead(cbor_encode_array_start, shape.sizes.size());
  for (const std::uint64_t size : shape.sizes) AddHead(cbor_encode_uint, size);
  AddHead(cbor_encode_bytestring_start, payload->size());
  AddPayload(std::move(payload));
  return true;
}

bool Encoding::AddContainer(PyObject* value) {
  // Looking for itself at once, not by its depth: two references to itself on each level would make
  // of that 2^100.
  if (path_.size() >= kMaxValueDepth ||
      std::find(path_.begin(), path_.end(), value) != path_.end()) {
    return false;
  }
  path_.push_back(value);
  bool is_added = false;
  if (PyDict_CheckExact(value)) {
    is_added = AddDict(value);
  } else if (PyTuple_CheckExact(value)) {
    AddHead(cbor_encode_tag, kTagTuple);
    is_added =
        AddSequence(reinterpret_cast<PyTupleObject*>(value)->ob_item, PyTuple_GET_SIZE(value));
  } else {
    is_added = AddSequence(reinterpret_cast<PyListObject*>(value)->ob_item, PyList_GET_SIZE(value));
  }
  path_.pop_back();
  return is_added;
}

bool Encoding::AddSequence(PyObject* const* items, Py_ssize_t count) {
  AddHead(cbor_encode_array_start, static_cast<std::size_t>(count));
  return std::all_of(items, items + count, [this](PyObject* item) { return Add(item); });
}

bool Encoding::AddDict(PyObject* dict) {
  AddHead(cbor_encode_map_start, static_cast<std::size_t>(PyDict_GET_SIZE(dict)));
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  while (PyDict_Next(dict, &position, &key, &value)) {
    if (!AddScalar(key) || !Add(value)) return false;
  }
  return true;
}

void Encoding::AddPayload(std::unique_ptr<ValuePayload> payload) {
  if (payload->size() > kCopied) {
    references_.push_back({bytes_.size(), std::move(payload)});
  } else {
    payload->Read([this](std::string_view piece) { bytes_.append(piece); });
  }
}

void Encoding::AddPlain(PyObject* object, std::string_view bytes) {
  if (bytes.size() > kCopied) {
    AddPayload(MakePlainPayload(object, bytes));
  } else {
    bytes_.append(bytes);
  }
}

std::size_t Encoding::size() const {
  std::size_t size = bytes_.size();
  for (const Reference& reference : references_) size += reference.payload->size();
  return size;
}

void Encoding::Write(ValueSink& sink) const {
  sink.Expect(size());
  PieceWriter writer(sink);
  std::string_view rest = bytes_;
  std::size_t done = 0;
  for (const Reference& reference : references_) {
    writer.Append(rest.substr(0, reference.at - done));
    rest.remove_prefix(reference.at - done);
    done = reference.at;
    reference.payload->Read([&writer](std::string_view piece) { writer.Append(piece); });
  }
  writer.Append(rest);
  writer.Flush();
}

}  // namespace

bool EncodeValue(PyObject* value, ValueSink& sink) {
  Encoding encoding;
  try {
    if (!encoding.Add(value)) {
      PyErr_Clear();  // a lack of memory
      return false;
    }
  } catch (const std::bad_alloc&) {
    return false;
  }
  encoding.Write(sink);
  return true;
}

}  // namespace muster::server
