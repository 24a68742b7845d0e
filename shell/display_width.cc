#include "shell/display_width.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace muster::clustershell {
namespace {

// libc's own table of characters, whatever the language of the user is. It belongs to the C
// library, so it is there wherever glibc is; without it every character counts as one column.
class Characters {
 public:
  Characters() {
    static const locale_t kUtf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (kUtf8 != nullptr) before_ = ::uselocale(kUtf8);
  }
  ~Characters() {
    if (before_ != nullptr) ::uselocale(before_);
  }
  Characters(const Characters&) = delete;
  Characters& operator=(const Characters&) = delete;

  struct Character {
    std::size_t bytes;
    std::size_t columns;
  };
  // The first one of a text that is not empty.
  Character First(absl::string_view text) const {
    if (before_ == nullptr) return Uncounted(text);
    wchar_t character = 0;
    mbstate_t state{};
    const std::size_t bytes = ::mbrtowc(&character, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) return {1, 1};
    const int columns = ::wcwidth(character);
    return {bytes, columns < 0 ? 1 : static_cast<std::size_t>(columns)};
  }

 private:
  static Character Uncounted(absl::string_view text) {
    const auto* const end = std::find_if(text.begin() + 1, text.end(), [](char byte) {
      return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
    });
    return {static_cast<std::size_t>(end - text.begin()), 1};
  }

  locale_t before_ = nullptr;
};

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

std::size_t DisplayWidth(absl::string_view text) {
  if (std::all_of(text.begin(), text.end(), IsPlain)) return text.size();
  const Characters characters;
  std::size_t columns = 0;
  while (!text.empty()) {
    const Characters::Character first = characters.First(text);
    columns += first.columns;
    text.remove_prefix(first.bytes);
  }
  return columns;
}

std::size_t BytesWithin(absl::string_view text, std::size_t columns) {
  const Characters characters;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Characters::Character first = characters.First(text.substr(bytes));
    if (first.columns > columns) break;
    columns -= first.columns;
    bytes += first.bytes;
  }
  return bytes;
}

}  // namespace muster::clustershell
