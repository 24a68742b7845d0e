#include "shell/line_assembler.h"

#include <utility>

namespace muster::clustershell {

std::string LineAssembler::Add(absl::string_view data) {
  std::string whole;
  const std::size_t end = data.rfind('\n');
  if (end != absl::string_view::npos) {
    whole = std::exchange(partial_, "");
    whole.append(data.data(), end + 1);
    data.remove_prefix(end + 1);
  }
  partial_.append(data.data(), data.size());
  if (partial_.size() > max_) {
    ++cuts_;
    whole += std::exchange(partial_, "") + '\n';
  }
  return whole;
}

std::string LineAssembler::Finish() {
  if (partial_.empty()) return "";
  return std::exchange(partial_, "") + '\n';
}

}  // namespace muster::clustershell
