#include "common/target_evaluation.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

#include "common/escape.h"
#include "common/glob.h"
#include "common/node_set.h"
#include "common/status_macros.h"

namespace muster {
namespace {

using Operator = TargetTerm::Operator;
using Kind = TargetTerm::Kind;
using Places = std::vector<std::size_t>;

// A line of a few words must not keep anybody busy: so many nodes are looked at, and no more.
constexpr std::uint64_t kMostWork = 50'000'000;
constexpr std::size_t kMostDepth = 64;   // groups in groups
constexpr std::size_t kMostShown = 200;  // bytes of a folded list in a message

// "1-3, n[1-3]".
std::string ValidTargets(const KnownNodes& nodes) {
  if (nodes.size() == 0) return "none: the cluster has no nodes";
  std::vector<std::string> names;
  for (std::size_t i = 0; i < nodes.size(); ++i) names.push_back(nodes.NameOf(i));
  std::string folded = Fold(std::move(names));
  if (folded.size() > kMostShown) {
    const std::size_t comma = folded.rfind(',', kMostShown);
    folded = absl::StrCat(folded.substr(0, comma), ", …");
  }
  return absl::StrCat(nodes.size() == 1 ? "1" : absl::StrCat("1-", nodes.size()), ", ", folded,
                      " or *");
}

// The nodes chosen so far, in their order. One thread.
class Choice {
 public:
  explicit Choice(std::size_t nodes) : turns_(nodes, 0) {}

  std::size_t size() const { return size_; }
  bool Has(std::size_t place) const { return turns_[place] != 0; }
  void Add(std::size_t place) {
    if (Has(place)) return;
    turns_[place] = ++turn_;
    order_.emplace_back(place, turn_);
    ++size_;
  }
  void Remove(std::size_t place) {
    if (!Has(place)) return;
    turns_[place] = 0;
    --size_;
  }
  Places Get() const {
    Places places;
    places.reserve(size_);
    for (const auto& [place, turn] : order_) {
      if (turns_[place] == turn) places.push_back(place);
    }
    return places;
  }
  // Everything that is looked at when Get() is called.
  std::size_t work() const { return order_.size(); }

 private:
  std::vector<std::uint64_t> turns_;  // when a node came in; 0: it is not in
  std::vector<std::pair<std::size_t, std::uint64_t>> order_;
  std::uint64_t turn_ = 0;
  std::size_t size_ = 0;
};

class Evaluation {
 public:
  explicit Evaluation(KnownNodes& nodes) : nodes_(nodes) {}

  // May be none.
  absl::StatusOr<Places> Evaluate(const TargetExpression& target) {
    Choice choice(nodes_.size());
    RETURN_IF_ERROR(Spend(target, 0, nodes_.size()));
    for (const TargetTerm& term : target.terms()) {
      const bool looks_at_all = term.with == Operator::kAnd || term.kind == Kind::kAttribute;
      if (looks_at_all) RETURN_IF_ERROR(Spend(target, term.begin, choice.work()));
      ASSIGN_OR_RETURN(const Places places, Lookup(target, term, choice));
      if (places.empty() && term.with == Operator::kUnion) return MeansNone(target, term);
      Apply(term.with, places, choice);
    }
    return choice.Get();
  }

 private:
  absl::Status Spend(const TargetExpression& target, std::size_t at, std::uint64_t work) {
    work_ += work;
    if (work_ <= kMostWork) return absl::OkStatus();
    return target.text().Error(absl::StatusCode::kInvalidArgument, at,
                               "this is more work than a target may make; use fewer terms");
  }

  static std::string TextOf(const TargetExpression& target, const TargetTerm& term) {
    const absl::string_view text = target.text().text();
    return EscapeToOneLine(
        text.substr(term.begin, std::min<std::size_t>(term.end - term.begin, kMostShown)));
  }

  absl::Status MeansNone(const TargetExpression& target, const TargetTerm& term) const {
    return target.text().Error(absl::StatusCode::kNotFound, term.begin,
                               absl::StrCat("no node matches '", TextOf(target, term), "'"));
  }

  absl::Status NoNode(const TargetExpression& target, const TargetTerm& term,
                      absl::string_view name) const {
    const std::string text = TextOf(target, term);
    const std::string which =
        text == name ? "" : absl::StrCat(" (", EscapeToOneLine(name.substr(0, kMostShown)), ")");
    return target.text().Error(
        absl::StatusCode::kNotFound, term.begin,
        absl::StrCat("'", text, "' names no node", which, "; valid here: ", ValidTargets(nodes_)));
  }

  static void Apply(Operator with, const Places& places, Choice& choice) {
    if (with == Operator::kAnd) {
      std::vector<bool> stays(places.empty() ? 0
                                             : *std::max_element(places.begin(), places.end()) + 1);
      for (const std::size_t place : places) stays[place] = true;
      for (const std::size_t place : choice.Get()) {
        if (place >= stays.size() || !stays[place]) choice.Remove(place);
      }
      return;
    }
    for (const std::size_t place : places) {
      const bool leaves = with == Operator::kMinus || (with == Operator::kXor && choice.Has(place));
      if (leaves) {
        choice.Remove(place);
      } else {
        choice.Add(place);
      }
    }
  }

  absl::StatusOr<Places> Lookup(const TargetExpression& target, const TargetTerm& term,
                                const Choice& choice) {
    if (term.kind == Kind::kAttribute) return LookupAttribute(target, term, choice);
    // Bits for all nodes are cheap, but not free.
    RETURN_IF_ERROR(Spend(target, term.begin, term.names.count() + nodes_.size() / 64));
    std::vector<std::string> names;
    term.names.Expand(names);
    if (term.kind == Kind::kGroup) return LookupGroups(target, term, names);
    Places places;
    for (const std::string& name : names) {
      const std::size_t before = places.size();
      if (term.names.has_glob()) {
        RETURN_IF_ERROR(Spend(target, term.begin, nodes_.size()));
        AddMatching(name, places);
      } else if (const std::size_t place = Find(term, name); place < nodes_.size()) {
        places.push_back(place);
      }
      if (places.size() == before) return NoNode(target, term, name);
    }
    return Unique(std::move(places));
  }

  void AddMatching(const std::string& glob, Places& places) const {
    for (std::size_t place = 0; place < nodes_.size(); ++place) {
      if (MatchesGlob(glob, nodes_.NameOf(place))) places.push_back(place);
    }
  }

  // size(): there is none.
  std::size_t Find(const TargetTerm& term, const std::string& name) const {
    if (term.kind != Kind::kIndex) return nodes_.Find(name);
    std::size_t index = 0;
    const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number || !absl::SimpleAtoi(name, &index) || index == 0) return nodes_.size();
    return std::min(index - 1, nodes_.size());
  }

  // Behind & and ! only those count that are chosen: the others are not asked.
  absl::StatusOr<Places> LookupAttribute(const TargetExpression& target, const TargetTerm& term,
                                         const Choice& choice) {
    Places asked;
    if (term.with == Operator::kAnd || term.with == Operator::kMinus) {
      asked = choice.Get();
    } else {
      asked.resize(nodes_.size());
      std::iota(asked.begin(), asked.end(), 0);
    }
    RETURN_IF_ERROR(Spend(target, term.begin, asked.size()));
    if (asked.empty()) return asked;
    const auto values = nodes_.ValuesOf(term.test.attribute(), asked);
    if (!values.ok()) return Placed(target, term, values.status());
    Places places;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (term.test.Holds((*values)[i])) places.push_back(asked[i]);
    }
    return places;
  }

  static absl::Status Placed(const TargetExpression& target, const TargetTerm& term,
                             const absl::Status& status) {
    return target.text().Error(status.code(), term.begin, status.message());
  }

  absl::StatusOr<Places> LookupGroups(const TargetExpression& target, const TargetTerm& term,
                                      const std::vector<std::string>& names) {
    Places places;
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(const std::vector<std::string> groups, GroupsOf(target, term, name));
      for (const std::string& group : groups) {
        ASSIGN_OR_RETURN(const Places* members, LookupGroup(target, term, group));
        RETURN_IF_ERROR(Spend(target, term.begin, members->size()));
        places.insert(places.end(), members->begin(), members->end());
      }
    }
    return Unique(std::move(places));
  }

  // The groups that a name or a glob means; at least one.
  absl::StatusOr<std::vector<std::string>> GroupsOf(const TargetExpression& target,
                                                    const TargetTerm& term,
                                                    const std::string& name) {
    if (!term.names.has_glob()) return std::vector<std::string>{name};
    const auto all = nodes_.GroupNames(term.source);
    if (!all.ok()) return Placed(target, term, all.status());
    RETURN_IF_ERROR(Spend(target, term.begin, all->size()));
    std::vector<std::string> groups;
    std::copy_if(all->begin(), all->end(), std::back_inserter(groups),
                 [&](const std::string& group) { return MatchesGlob(name, group); });
    if (!groups.empty()) return groups;
    return target.text().Error(absl::StatusCode::kNotFound, term.begin,
                               absl::StrCat("no group is named '", EscapeToOneLine(name), "'"));
  }

  // The pointer stays good.
  absl::StatusOr<const Places*> LookupGroup(const TargetExpression& target, const TargetTerm& term,
                                            const std::string& name) {
    const std::string key = absl::StrCat("@", term.source, term.source.empty() ? "" : ":", name);
    if (const auto known = groups_.find(key); known != groups_.end()) return &known->second;
    if (std::find(open_.begin(), open_.end(), key) != open_.end() || open_.size() >= kMostDepth) {
      return target.text().Error(
          absl::StatusCode::kInvalidArgument, term.begin,
          absl::StrCat(open_.size() >= kMostDepth ? "groups in groups are too deep: "
                                                  : "the group contains itself: ",
                       absl::StrJoin(open_.begin(), open_.end(), " → "), " → ", key));
    }
    absl::StatusOr<MarkedText> text = nodes_.FindGroup(term.source, name);
    if (!text.ok()) return Placed(target, term, text.status());
    Places places;
    if (text->text().find_first_not_of(" \t\n") != std::string::npos) {
      ASSIGN_OR_RETURN(const TargetExpression inner, TargetExpression::Parse(*std::move(text)));
      open_.push_back(key);
      ASSIGN_OR_RETURN(places, Evaluate(inner));
      open_.pop_back();
    }
    return &groups_.emplace(key, std::move(places)).first->second;
  }

  Places Unique(Places places) const {
    std::vector<bool> seen(places.size() > 1 ? nodes_.size() : 0);
    if (seen.empty()) return places;
    const auto end = std::remove_if(places.begin(), places.end(), [&](std::size_t place) {
      const bool again = seen[place];
      seen[place] = true;
      return again;
    });
    places.erase(end, places.end());
    return places;
  }

  KnownNodes& nodes_;
  std::map<std::string, Places> groups_;  // looked up already, by "@source:name"
  std::vector<std::string> open_;         // groups that are being looked up
  std::uint64_t work_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<std::size_t>> EvaluateTarget(const TargetExpression& target,
                                                        KnownNodes& nodes) {
  ASSIGN_OR_RETURN(Places places, Evaluation(nodes).Evaluate(target));
  if (places.empty()) {
    return target.text().Error(absl::StatusCode::kNotFound, target.terms().back().begin,
                               "no node is left: every one that the terms name is taken away");
  }
  return places;
}

}  // namespace muster
