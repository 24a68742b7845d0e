#include "shell/transfer_bar.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <cmath>

#include "common/quantity.h"
#include "shell/one_line.h"

namespace muster::clustershell {
namespace {

// Who waits less needs no bar.
constexpr std::chrono::seconds kPatience(2);
constexpr std::chrono::milliseconds kBetween(250);

}  // namespace

std::string BarText(const TransferProgress& sum, double bytes_per_second, std::size_t ended,
                    std::size_t nodes, std::size_t columns) {
  std::string text;
  if (sum.total_bytes > 0) {
    const double part = static_cast<double>(sum.bytes) / static_cast<double>(sum.total_bytes) * 100;
    text = absl::StrFormat("%3d%%  ", static_cast<int>(std::clamp(part, 0.0, 100.0)));
  }
  absl::StrAppend(&text, FormatSize(sum.bytes), " of ", FormatSize(sum.total_bytes), "  ",
                  FormatSize(static_cast<std::uint64_t>(std::clamp(bytes_per_second, 0.0, 1e18))),
                  "/s  ", sum.files, " of ", sum.total_files, " files");
  if (nodes > 1) absl::StrAppend(&text, "  ", ended, " of ", nodes, " nodes");
  if (bytes_per_second >= 1 && sum.total_bytes > sum.bytes) {
    const double seconds = static_cast<double>(sum.total_bytes - sum.bytes) / bytes_per_second;
    if (seconds < 1e6) {
      absl::StrAppend(&text, "  ",
                      FormatDuration(std::chrono::seconds(std::lround(std::ceil(seconds)))),
                      " left");
    }
  }
  return Cut(text, columns);
}

TransferBar::TransferBar(Output& output, std::size_t nodes)
    : output_(output),
      nodes_(nodes),
      is_shown_(output.IsTerminal(Output::Stream::kStderr)),
      next_(Clock::now() + kPatience),
      measured_(Clock::now()) {}

void TransferBar::Show(const TransferProgress& sum, std::size_t ended) {
  const auto now = Clock::now();
  if (!is_shown_ || now < next_) return;
  next_ = now + kBetween;
  const double seconds = std::chrono::duration<double>(now - measured_).count();
  const double bytes = static_cast<double>(sum.bytes - std::min(sum.bytes, measured_bytes_));
  // Of the last seconds, smoothed.
  rate_ = is_drawn_ ? 0.7 * rate_ + 0.3 * bytes / seconds : bytes / seconds;
  measured_ = now;
  measured_bytes_ = sum.bytes;
  is_drawn_ = true;
  // A full line would wrap.
  const std::size_t columns = std::min<std::size_t>(output_.columns(Output::Stream::kStderr), 200);
  output_.Raw(Output::Stream::kStderr,
              absl::StrCat("\r", BarText(sum, rate_, ended, nodes_, columns - 1), "\x1b[K"));
}

void TransferBar::Wipe() {
  if (!is_drawn_) return;
  output_.Raw(Output::Stream::kStderr, "\r\x1b[K");
  is_drawn_ = false;
}

}  // namespace muster::clustershell
