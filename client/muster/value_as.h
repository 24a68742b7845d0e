// Value::as<T>(): Python's data as types of C++. Part of ClusterAPI.h, by way of value.h.
//
//   bool; any other integral type; float, double     bool; int, that fits; float, or int of 53 bits
//   std::string, std::string_view                    str
//   std::vector<std::byte>                           bytes
//   std::vector<T>, std::pair, std::tuple            list or tuple; of as many items
//   std::vector<T> of numbers                        array of numpy too: of T's own dtype, 1-D
//   std::map<K, T>, std::unordered_map<K, T>         dict
//   std::optional<T>                                 None, or T
//   Value::BigInt, Value::Array, Value               int; array of numpy; anything
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "value.h"

namespace muster {

// How a T is made of a Value; specialised below, and for a type of the user's own if he likes:
//   template <> struct muster::ValueAs<Point> { static Result<Point> From(const Value& value); };
template <typename T>
struct ValueAs;

template <typename T>
Result<T> Value::as() const {
  return ValueAs<T>::From(*this);
}

// Behind the specialisations.
namespace value_as {

// What is wrong with one item, with its place in front.
inline Status At(const std::string& place, const Status& status) {
  return {status.code(), place + ": " + status.message()};
}

// What numpy calls a T; null: it has no such type.
template <typename T>
constexpr const char* DtypeOf() {
  if constexpr (std::same_as<T, float>) return "float32";
  if constexpr (std::same_as<T, double>) return "float64";
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    constexpr const char* kNames[2][9] = {
        {nullptr, "uint8", "uint16", nullptr, "uint32", nullptr, nullptr, nullptr, "uint64"},
        {nullptr, "int8", "int16", nullptr, "int32", nullptr, nullptr, nullptr, "int64"}};
    return kNames[std::is_signed_v<T> ? 1 : 0][sizeof(T)];
  }
  return nullptr;
}

// Python's items one by one into `add`, which takes what they are made to.
template <typename T, typename Add>
Status ForEachItem(const Value& value, Add add) {
  std::size_t index = 0;
  for (const Value& item : value.items()) {
    Result<T> made = item.as<T>();
    if (!made) return At("item " + std::to_string(index), made.status());
    add(*std::move(made));
    ++index;
  }
  return {};
}

inline bool IsSequence(const Value& value) {
  return value.kind() == Value::Kind::kList || value.kind() == Value::Kind::kTuple;
}

template <typename Map>
Result<Map> ToMap(const Value& value) {
  if (value.kind() != Value::Kind::kDict) return value.is_not("a dict");
  Map map;
  for (const std::pair<Value, Value>& entry : value.entries()) {
    const Value& key = entry.first;
    const Value& item = entry.second;
    Result<typename Map::key_type> made_key = key.as<typename Map::key_type>();
    if (!made_key) return At("the key " + key.text(), made_key.status());
    Result<typename Map::mapped_type> made = item.as<typename Map::mapped_type>();
    if (!made) return At("the item of " + key.text(), made.status());
    map.insert_or_assign(*std::move(made_key), *std::move(made));
  }
  return map;
}

template <typename Tuple, std::size_t... kIndices>
Result<Tuple> ToTuple(const Value& value, std::index_sequence<kIndices...>) {
  constexpr std::size_t kSize = sizeof...(kIndices);
  if (!IsSequence(value) || value.size() != kSize) {
    const std::string wanted = "a list or tuple of " + std::to_string(kSize) + " items";
    return value.is_not(wanted.c_str());
  }
  std::tuple<std::optional<std::tuple_element_t<kIndices, Tuple>>...> made;
  Status status;
  Value::Items items = value.items();
  auto item = items.begin();
  const auto make_one = [&]<std::size_t kIndex>(std::integral_constant<std::size_t, kIndex>) {
    if (!status.ok()) return;
    auto one = (*item).template as<std::tuple_element_t<kIndex, Tuple>>();
    if (one) {
      std::get<kIndex>(made) = *std::move(one);
    } else {
      status = At("item " + std::to_string(kIndex), one.status());
    }
    ++item;
  };
  (make_one(std::integral_constant<std::size_t, kIndices>()), ...);
  if (!status.ok()) return status;
  return Tuple(*std::move(std::get<kIndices>(made))...);
}

}  // namespace value_as

template <>
struct ValueAs<Value> {
  static Result<Value> From(const Value& value) { return value; }
};

template <>
struct ValueAs<bool> {
  static Result<bool> From(const Value& value) { return value.as_bool(); }
};

template <std::integral T>
struct ValueAs<T> {
  static Result<T> From(const Value& value) {
    const Result<Value::BigInt> number = value.as_big_int();
    if (!number) return number.status();
    std::uint64_t magnitude = 0;
    for (const char digit : number->magnitude.substr(0, sizeof(magnitude))) {
      magnitude = magnitude << 8 | static_cast<unsigned char>(digit);
    }
    const bool is_too_long = number->magnitude.size() > sizeof(magnitude);
    const std::uint64_t most = static_cast<std::uint64_t>(std::numeric_limits<T>::max()) +
                               (number->is_negative && std::is_signed_v<T> ? 1 : 0);
    const bool is_below = number->is_negative && std::is_unsigned_v<T>;
    if (is_too_long || magnitude > most || is_below) {
      const std::string range = "one of " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                                std::to_string(std::numeric_limits<T>::max());
      return value.is_not(range.c_str());
    }
    return static_cast<T>(number->is_negative ? 0 - magnitude : magnitude);
  }
};

template <std::floating_point T>
struct ValueAs<T> {
  static Result<T> From(const Value& value) {
    const Result<double> number = value.as_double();
    if (!number) return number.status();
    return static_cast<T>(*number);
  }
};

template <>
struct ValueAs<std::string_view> {
  static Result<std::string_view> From(const Value& value) { return value.as_string(); }
};

template <>
struct ValueAs<std::string> {
  static Result<std::string> From(const Value& value) {
    const Result<std::string_view> text = value.as_string();
    if (!text) return text.status();
    return std::string(*text);
  }
};

template <>
struct ValueAs<Value::BigInt> {
  static Result<Value::BigInt> From(const Value& value) { return value.as_big_int(); }
};

template <>
struct ValueAs<Value::Array> {
  static Result<Value::Array> From(const Value& value) { return value.as_array(); }
};

template <>
struct ValueAs<std::vector<std::byte>> {
  static Result<std::vector<std::byte>> From(const Value& value) {
    const Result<std::string_view> bytes = value.as_bytes();
    if (!bytes) return bytes.status();
    std::vector<std::byte> made(bytes->size());
    if (!made.empty()) std::memcpy(made.data(), bytes->data(), made.size());
    return made;
  }
};

template <typename T>
struct ValueAs<std::vector<T>> {
  static Result<std::vector<T>> From(const Value& value) {
    std::vector<T> made;
    if constexpr (value_as::DtypeOf<T>() != nullptr) {
      if (value.kind() == Value::Kind::kArray) return FromArray(value);
    }
    if (!value_as::IsSequence(value)) return value.is_not("a list or tuple");
    made.reserve(value.size());
    const Status status =
        value_as::ForEachItem<T>(value, [&](T item) { made.push_back(std::move(item)); });
    if (!status.ok()) return status;
    return made;
  }

 private:
  static Result<std::vector<T>> FromArray(const Value& value) {
    const Result<Value::Array> array = value.as_array();
    if (!array) return array.status();
    const std::string wanted = std::string("one of ") + value_as::DtypeOf<T>() + " and 1-D";
    if (array->dtype != value_as::DtypeOf<T>() || array->shape.size() != 1) {
      return value.is_not(wanted.c_str());
    }
    std::vector<T> made(array->bytes.size() / sizeof(T));
    if (!made.empty()) std::memcpy(made.data(), array->bytes.data(), made.size() * sizeof(T));
    return made;
  }
};

template <typename T>
struct ValueAs<std::optional<T>> {
  static Result<std::optional<T>> From(const Value& value) {
    if (value.kind() == Value::Kind::kNone) return std::optional<T>();
    Result<T> made = value.as<T>();
    if (!made) return made.status();
    return std::optional<T>(*std::move(made));
  }
};

template <typename K, typename T>
struct ValueAs<std::map<K, T>> {
  static Result<std::map<K, T>> From(const Value& value) {
    return value_as::ToMap<std::map<K, T>>(value);
  }
};

template <typename K, typename T>
struct ValueAs<std::unordered_map<K, T>> {
  static Result<std::unordered_map<K, T>> From(const Value& value) {
    return value_as::ToMap<std::unordered_map<K, T>>(value);
  }
};

template <typename First, typename Second>
struct ValueAs<std::pair<First, Second>> {
  static Result<std::pair<First, Second>> From(const Value& value) {
    return value_as::ToTuple<std::pair<First, Second>>(value,
                                                       std::index_sequence_for<First, Second>());
  }
};

template <typename... Ts>
struct ValueAs<std::tuple<Ts...>> {
  static Result<std::tuple<Ts...>> From(const Value& value) {
    return value_as::ToTuple<std::tuple<Ts...>>(value, std::index_sequence_for<Ts...>());
  }
};

}  // namespace muster
