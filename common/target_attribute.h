// What a target may ask of a node: `state=running`, `cores>=8`, `tags=env:prod*`. The list of
// attributes, and whether a value is what was asked for. Pure; thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <string>
#include <vector>

namespace muster {

enum class AttributeKey {
  kAddress,
  kCluster,
  kCores,
  kIp,
  kKind,
  kLoad,
  kMemory,
  kName,
  kOs,
  kPython,
  kState,
  kTags,
};

struct Attribute {
  // Texts are compared by globs. Counts, sizes and reals are numbers. Versions are numbers with
  // points between, or globs.
  enum class Kind { kText, kCount, kSize, kReal, kVersion };
  AttributeKey key;
  const char* name;
  Kind kind;
  bool asks_node;      // only the node itself knows it
  const char* values;  // what there is to compare with, for a person: "running, draining, down"
};

// All of them, by name.
const std::vector<Attribute>& Attributes();
// Null: there is none of this name.
const Attribute* FindAttribute(absl::string_view name);

// Whether a node can be in this state without being asked: one of a cluster that comes and goes,
// when it does not run.
bool IsOffState(absl::string_view state);
// All of them, for a message.
std::string OffStates();

// Of one node.
struct AttributeValue {
  std::vector<std::string> texts;  // kText and kVersion; of addresses and tags any number
  double number = 0;               // the others
};

enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// A comparison with a value that somebody wrote.
class AttributeTest {
 public:
  AttributeTest() = default;
  // `glob`: the value, as common/glob.h has it. InvalidArgument: the attribute cannot be compared
  // so, or the value is none of its kind; one line.
  static absl::StatusOr<AttributeTest> Make(const Attribute& attribute, Comparison comparison,
                                            const std::string& glob);

  const Attribute& attribute() const { return *attribute_; }
  // Of several texts one has to match; for kNotEqual none.
  bool Holds(const AttributeValue& value) const;

 private:
  const Attribute* attribute_ = nullptr;
  Comparison comparison_ = Comparison::kEqual;
  std::string glob_;
  double number_ = 0;
};

}  // namespace muster
