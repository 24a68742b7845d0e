#include "common/target_attribute.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "common/escape.h"
#include "common/glob.h"
#include "common/quantity.h"
#include "common/status_macros.h"

namespace muster {
namespace {

using Kind = Attribute::Kind;

// What a daemon is, then what a node is that its cluster knows not to run.
constexpr std::array<const char*, 11> kStates = {"running",  "draining", "down",   "defined",
                                                 "starting", "pausing",  "paused", "resuming",
                                                 "stopping", "stopped",  "failed"};
constexpr std::size_t kFirstOff = 3;

// How far a is in front of b: below 0, 0, above 0.
int CompareVersions(absl::string_view a, absl::string_view b) {
  const std::vector<absl::string_view> left = absl::StrSplit(a, '.');
  const std::vector<absl::string_view> right = absl::StrSplit(b, '.');
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    std::uint64_t ours = 0;
    std::uint64_t theirs = 0;
    // What is no number, as in "3.12.0rc1", counts as 0.
    if (i < left.size() && !absl::SimpleAtoi(left[i], &ours)) ours = 0;
    if (i < right.size() && !absl::SimpleAtoi(right[i], &theirs)) theirs = 0;
    if (ours != theirs) return ours < theirs ? -1 : 1;
  }
  return 0;
}

bool Holds(int order, Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kNotEqual:
      return order != 0;
    case Comparison::kLess:
      return order < 0;
    case Comparison::kLessOrEqual:
      return order <= 0;
    case Comparison::kGreater:
      return order > 0;
    case Comparison::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}

bool IsEquality(Comparison comparison) {
  return comparison == Comparison::kEqual || comparison == Comparison::kNotEqual;
}

absl::Status Wrong(const Attribute& attribute, const std::string& value) {
  return absl::InvalidArgumentError(absl::StrCat("\"", EscapeToOneLine(value), "\" is no ",
                                                 attribute.name,
                                                 "; valid here: ", attribute.values));
}

absl::StatusOr<double> ParseNumber(const Attribute& attribute, const std::string& value) {
  if (attribute.kind == Kind::kReal) {
    double number = 0;
    const bool is_number = !value.empty() &&
                           absl::ascii_isdigit(static_cast<unsigned char>(value[0])) &&
                           absl::SimpleAtod(value, &number) && std::isfinite(number);
    if (!is_number) return Wrong(attribute, value);
    return number;
  }
  const absl::StatusOr<std::uint64_t> number =
      attribute.kind == Kind::kSize ? ParseSize(value) : ParseCount(value);
  if (!number.ok()) return Wrong(attribute, value);
  return static_cast<double>(*number);
}

}  // namespace

bool IsOffState(absl::string_view state) {
  return std::find(kStates.begin() + kFirstOff, kStates.end(), state) != kStates.end();
}

std::string OffStates() { return absl::StrJoin(kStates.begin() + kFirstOff, kStates.end(), ", "); }

const std::vector<Attribute>& Attributes() {
  static const auto* const kAttributes = new std::vector<Attribute>{
      {AttributeKey::kAddress, "address", Kind::kText, false, "as ssh:host2, * and ? too"},
      {AttributeKey::kCluster, "cluster", Kind::kText, false, "a name, * and ? too"},
      {AttributeKey::kCores, "cores", Kind::kCount, true, "a number, as 8"},
      {AttributeKey::kIp, "ip", Kind::kText, true, "as 192.0.2.7, * and ? too"},
      {AttributeKey::kKind, "kind", Kind::kText, false, "as compute, * and ? too"},
      {AttributeKey::kLoad, "load", Kind::kReal, true, "a number, as 0.5"},
      {AttributeKey::kMemory, "memory", Kind::kSize, true, "a size, as 16G"},
      {AttributeKey::kName, "name", Kind::kText, false, "a name, * and ? too"},
      {AttributeKey::kOs, "os", Kind::kText, true, "as debian-12, * and ? too"},
      {AttributeKey::kPython, "python", Kind::kVersion, true, "a version, as 3.11"},
      {AttributeKey::kState, "state", Kind::kText, true,
       "running, draining, down, stopped, paused, failed and others"},
      {AttributeKey::kTags, "tags", Kind::kText, false, "as env:prod, * and ? too"},
  };
  return *kAttributes;
}

const Attribute* FindAttribute(absl::string_view name) {
  for (const Attribute& attribute : Attributes()) {
    if (name == attribute.name) return &attribute;
  }
  return nullptr;
}

absl::StatusOr<AttributeTest> AttributeTest::Make(const Attribute& attribute, Comparison comparison,
                                                  const std::string& glob) {
  AttributeTest test;
  test.attribute_ = &attribute;
  test.comparison_ = comparison;
  test.glob_ = glob;
  if (glob.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected what ", attribute.name, " is to be: ", attribute.values));
  }
  switch (attribute.kind) {
    case Kind::kText:
      if (!IsEquality(comparison)) {
        return absl::InvalidArgumentError(
            absl::StrCat(attribute.name, " is text, and can be compared by = and != only"));
      }
      break;
    case Kind::kVersion:
      if (!IsEquality(comparison) && glob.find_first_not_of("0123456789.") != std::string::npos) {
        return Wrong(attribute, glob);
      }
      break;
    case Kind::kCount:
    case Kind::kSize:
    case Kind::kReal: {
      ASSIGN_OR_RETURN(test.number_, ParseNumber(attribute, glob));
      break;
    }
  }
  // No node is ever in another state: a mistyped one is no empty set.
  if (attribute.key == AttributeKey::kState &&
      std::none_of(kStates.begin(), kStates.end(),
                   [&](const char* state) { return MatchesGlob(glob, state); })) {
    return Wrong(attribute, glob);
  }
  return test;
}

bool AttributeTest::Holds(const AttributeValue& value) const {
  if (attribute_->kind == Kind::kText ||
      (attribute_->kind == Kind::kVersion && IsEquality(comparison_))) {
    const bool matches =
        std::any_of(value.texts.begin(), value.texts.end(),
                    [&](const std::string& text) { return MatchesGlob(glob_, text); });
    return matches == (comparison_ == Comparison::kEqual);
  }
  if (attribute_->kind == Kind::kVersion) {
    return !value.texts.empty() &&
           muster::Holds(CompareVersions(value.texts.front(), glob_), comparison_);
  }
  if (std::isnan(value.number)) return comparison_ == Comparison::kNotEqual;
  const int order = value.number < number_ ? -1 : (value.number > number_ ? 1 : 0);
  return muster::Holds(order, comparison_);
}

}  // namespace muster
