#include "client/decimal.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace muster {
namespace {

// A number in base 10^9, the lowest digit first, without zeros at its end; words of 32 bits come
// in.
using Digits = std::vector<std::uint32_t>;

constexpr std::uint64_t kBase = 1'000'000'000;
constexpr int kDecimalsPerDigit = 9;
// Below these the plain ways are quicker.
constexpr std::size_t kPlainWords = 64;
constexpr std::size_t kPlainDigits = 32;

void Trim(Digits& digits) {
  while (!digits.empty() && digits.back() == 0) digits.pop_back();
}

// sum += digits * kBase^shift; `sum` has the room.
void AddTo(Digits& sum, const Digits& digits, std::size_t shift) {
  const std::uint32_t* const from = digits.data();
  std::uint32_t* const to = sum.data() + shift;
  const std::size_t size = digits.size();
  std::uint32_t carry = 0;
  for (std::size_t i = 0; i < size || carry != 0; ++i) {
    const std::uint32_t at = to[i] + carry + (i < size ? from[i] : 0);
    carry = at >= kBase ? 1 : 0;
    to[i] = at - carry * static_cast<std::uint32_t>(kBase);
  }
}

// digits -= less, which is not larger.
void Subtract(Digits& digits, const Digits& less) {
  const std::uint32_t* const from = less.data();
  std::uint32_t* const to = digits.data();
  const std::size_t size = less.size();
  std::uint32_t borrow = 0;
  for (std::size_t i = 0; i < size || borrow != 0; ++i) {
    const std::uint32_t take = borrow + (i < size ? from[i] : 0);
    borrow = to[i] < take ? 1 : 0;
    to[i] += borrow * static_cast<std::uint32_t>(kBase) - take;
  }
  Trim(digits);
}

// Column by column; a sum is kept below 2^64 by moving multiples of 8 * kBase^2 out of it.
Digits MultiplyPlainly(const Digits& a, const Digits& b) {
  constexpr std::uint64_t kMuch = 8 * kBase * kBase;
  const std::uint32_t* const left = a.data();
  const std::uint32_t* const right = b.data();
  Digits product(a.size() + b.size());
  std::uint64_t sum = 0;
  for (std::size_t column = 0; column < product.size(); ++column) {
    std::uint64_t moved = 0;
    const std::size_t end = std::min(column + 1, a.size());
    for (std::size_t i = column < b.size() ? 0 : column - b.size() + 1; i < end; ++i) {
      sum += std::uint64_t{left[i]} * right[column - i];
      if (sum < kMuch) continue;
      sum -= kMuch;
      moved += 8 * kBase;
    }
    product[column] = static_cast<std::uint32_t>(sum % kBase);
    sum = sum / kBase + moved;
  }
  Trim(product);
  return product;
}

Digits Part(const Digits& digits, std::size_t begin, std::size_t end) {
  begin = std::min(begin, digits.size());
  Digits part(digits.begin() + static_cast<std::ptrdiff_t>(begin),
              digits.begin() + static_cast<std::ptrdiff_t>(std::min(end, digits.size())));
  Trim(part);
  return part;
}

Digits Sum(const Digits& a, const Digits& b) {
  Digits sum = a;
  sum.resize(std::max(a.size(), b.size()) + 1);
  AddTo(sum, b, 0);
  Trim(sum);
  return sum;
}

// By Karatsuba: three products of the halves instead of four.
Digits Multiply(const Digits& a, const Digits& b) {
  if (std::min(a.size(), b.size()) <= kPlainDigits) return MultiplyPlainly(a, b);
  const std::size_t half = (std::max(a.size(), b.size()) + 1) / 2;
  const Digits a_low = Part(a, 0, half);
  const Digits a_high = Part(a, half, a.size());
  const Digits b_low = Part(b, 0, half);
  const Digits b_high = Part(b, half, b.size());
  const Digits low = Multiply(a_low, b_low);
  const Digits high = Multiply(a_high, b_high);
  Digits middle = Multiply(Sum(a_low, a_high), Sum(b_low, b_high));
  Subtract(middle, low);
  Subtract(middle, high);
  Digits product(a.size() + b.size() + 1);
  AddTo(product, low, 0);
  AddTo(product, middle, half);
  AddTo(product, high, 2 * half);
  Trim(product);
  return product;
}

// What an upper part of the words is multiplied with: powers[i] is 2^(32 * kPlainWords * 2^i).
using Powers = std::vector<Digits>;

Digits ConvertPlainly(const std::uint32_t* words, std::size_t count) {
  Digits digits;
  for (std::size_t i = count; i > 0; --i) {
    std::uint64_t carry = words[i - 1];
    for (std::uint32_t& digit : digits) {
      carry += std::uint64_t{digit} << 32;
      digit = static_cast<std::uint32_t>(carry % kBase);
      carry /= kBase;
    }
    for (; carry != 0; carry /= kBase) digits.push_back(static_cast<std::uint32_t>(carry % kBase));
  }
  return digits;
}

Digits Convert(const std::uint32_t* words, std::size_t count, const Powers& powers,
               std::size_t level) {
  if (level == 0) return ConvertPlainly(words, count);
  const std::size_t half = kPlainWords << (level - 1);
  if (count <= half) return Convert(words, count, powers, level - 1);
  Digits number =
      Multiply(Convert(words + half, count - half, powers, level - 1), powers[level - 1]);
  const Digits low = Convert(words, half, powers, level - 1);
  number.resize(std::max(number.size(), low.size()) + 1);
  AddTo(number, low, 0);
  Trim(number);
  return number;
}

Digits Convert(const std::vector<std::uint32_t>& words) {
  Powers powers;
  std::size_t level = 0;
  for (; (kPlainWords << level) < words.size(); ++level) {
    std::vector<std::uint32_t> one(kPlainWords + 1);
    one.back() = 1;
    powers.push_back(level == 0 ? ConvertPlainly(one.data(), one.size())
                                : Multiply(powers.back(), powers.back()));
  }
  return Convert(words.data(), words.size(), powers, level);
}

}  // namespace

std::string ToDecimal(std::string_view magnitude) {
  std::vector<std::uint32_t> words((magnitude.size() + 3) / 4);
  for (std::size_t i = 0; i < magnitude.size(); ++i) {
    const auto byte = static_cast<unsigned char>(magnitude[magnitude.size() - 1 - i]);
    words[i / 4] |= static_cast<std::uint32_t>(byte) << (i % 4 * 8);
  }
  const Digits digits = Convert(words);
  if (digits.empty()) return "0";
  std::string text = std::to_string(digits.back());
  text.reserve(digits.size() * kDecimalsPerDigit);
  for (std::size_t i = digits.size() - 1; i > 0; --i) {
    std::array<char, kDecimalsPerDigit + 1> piece;
    std::snprintf(piece.data(), piece.size(), "%09u", digits[i - 1]);
    text.append(piece.data(), kDecimalsPerDigit);
  }
  return text;
}

}  // namespace muster
