#include "shell/escape.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster::clustershell {
namespace {

TEST_CASE("text, tabs, newlines and UTF-8 stay as they are") {
  for (const char* text : {"", "plain\n\ttext", "grün", "日本語", "🙂", "a\xc2\xa0z"}) {
    CHECK(EscapeControls(text) == text);
  }
}

TEST_CASE("what a terminal would act on becomes text") {
  CHECK(EscapeControls("\x1b[2Jx") == "\\x1b[2Jx");
  CHECK(EscapeControls("50%\r100%") == "50%\\r100%");
  CHECK(EscapeControls(std::string("a\0b\a\b\x7f", 6)) == "a\\x00b\\x07\\x08\\x7f");
  CHECK(EscapeControls("\xc2\x9b"
                       "2J") == "\\u009b2J");
}

TEST_CASE("bytes that are no UTF-8 become text") {
  CHECK(EscapeControls("\x9b") == "\\x9b");  // C1 of an 8-bit terminal
  CHECK(EscapeControls("\xff") == "\\xff");
  CHECK(EscapeControls("\xc3") == "\\xc3");  // cut
  CHECK(EscapeControls("\xe2\x82") == "\\xe2\\x82");
  CHECK(EscapeControls("\xc0\x9b") == "\\xc0\\x9b");  // overlong
  CHECK(EscapeControls("\xe0\x82\x9b") == "\\xe0\\x82\\x9b");
  CHECK(EscapeControls("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(EscapeControls("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(EscapeControls("\xe4z") == "\\xe4z");
}

}  // namespace
}  // namespace muster::clustershell
