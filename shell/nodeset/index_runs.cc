#include "shell/nodeset/index_runs.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <optional>
#include <utility>

namespace muster::nodeset {
namespace {

bool IsPadded(const std::string& digits) { return digits.size() > 1 && digits[0] == '0'; }

std::string Digits(std::uint64_t number, std::size_t width) {
  std::string digits = absl::StrCat(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

// Takes indexes one by one, and gives a run away as soon as the next cannot belong to it.
class RunCutter {
 public:
  explicit RunCutter(std::int64_t min_steps) : min_steps_(min_steps) {}

  void Take(const std::string& digits) {
    std::uint64_t number = 0;
    (void)absl::SimpleAtoi(digits, &number);
    if (!is_open_) {
      Open(digits, number);
    } else if (!HasWidthOf(digits)) {
      Close();
      Open(digits, number);
    } else if (step_ && *step_ != number - last_) {
      if (IsRun()) {
        Close();
        Open(digits, number, number - last_);
      } else {
        // The last may begin a run with this one.
        Singles(last_ - *step_);
        first_ = last_;
        step_ = number - last_;
      }
    } else {
      step_ = number - last_;
    }
    last_ = number;
  }

  std::vector<IndexRun> Finish() {
    if (is_open_) Close();
    return std::move(runs_);
  }

 private:
  void Open(const std::string& digits, std::uint64_t number,
            std::optional<std::uint64_t> step = std::nullopt) {
    is_open_ = true;
    is_padded_ = IsPadded(digits);
    length_ = digits.size();
    first_ = number;
    step_ = step;
  }

  bool HasWidthOf(const std::string& digits) const {
    return is_padded_ ? digits.size() == length_ : !IsPadded(digits);
  }

  bool IsRun() const {
    return !step_ || *step_ == 1 ||
           static_cast<std::int64_t>((last_ - first_) / *step_) >= min_steps_;
  }

  void Close() {
    if (IsRun()) {
      Add(first_, last_, step_.value_or(1));
    } else {
      Singles(last_);
    }
  }

  void Singles(std::uint64_t last) {
    // `last` may stand in front of the first: then there are none.
    for (std::uint64_t number = first_; number <= last; number += *step_) {
      Add(number, number, 1);
    }
  }

  void Add(std::uint64_t first, std::uint64_t last, std::uint64_t step) {
    runs_.push_back({first, last, step, is_padded_ ? length_ : 0});
  }

  const std::int64_t min_steps_;
  std::vector<IndexRun> runs_;
  bool is_open_ = false;
  bool is_padded_ = false;
  std::size_t length_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  // Between the first ones; after a run that ended here, from its end to the first.
  std::optional<std::uint64_t> step_;
};

}  // namespace

bool IsIndexBefore(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::vector<IndexRun> RunsOf(const std::vector<std::string>& indexes, std::int64_t min_steps) {
  RunCutter cutter(min_steps);
  for (const std::string& digits : indexes) cutter.Take(digits);
  return cutter.Finish();
}

std::string TextOf(const std::vector<IndexRun>& runs) {
  std::string text;
  for (const IndexRun& run : runs) {
    absl::StrAppend(&text, text.empty() ? "" : ",", Digits(run.first, run.width));
    if (run.last > run.first) absl::StrAppend(&text, "-", Digits(run.last, run.width));
    if (run.last > run.first && run.step > 1) absl::StrAppend(&text, "/", run.step);
  }
  return text;
}

void Expand(const IndexRun& run, std::vector<std::string>& indexes) {
  for (std::uint64_t number = run.first; number <= run.last; number += run.step) {
    indexes.push_back(Digits(number, run.width));
  }
}

}  // namespace muster::nodeset
