#include "common/escape.h"

#include <catch2/catch.hpp>

#include <string>

namespace muster {
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

TEST_CASE("characters that nobody sees, or that turn the others round, become text") {
  CHECK(EscapeControls("\u202egpj.exe") == "\\u202egpj.exe");
  for (const char* text : {"\u061c", "\u200b", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a",
                           "\u202e", "\u2060", "\u2066", "\u2069", "\u206f", "\ufeff", "\u00ad"}) {
    const std::string shown = EscapeControls(text);
    CHECK(shown.size() == 6);
    CHECK(shown.substr(0, 2) == "\\u");
  }
  CHECK(EscapeControls("\U000e0041\U000e007f") == "\\U000e0041\\U000e007f");
  // Their neighbours, and the joiners of Persian and of emoji.
  for (const char* text : {"\u00a0", "\u200a", "\u200c", "\u200d", "\u2010", "\u2027", "\u202f",
                           "\u205f", "\u2070", "\ufe0f", "\ufffc", "\U000e0100"}) {
    CHECK(EscapeControls(text) == text);
  }
}

TEST_CASE("one line holds neither newline nor tab") {
  CHECK(EscapeToOneLine("a\nn2: forged\t\x1b") == "a\\nn2: forged\\t\\x1b");
}

TEST_CASE("the beginning of a character is told from what can never be one") {
  CHECK(UnfinishedBytes("") == 0);
  CHECK(UnfinishedBytes("a") == 0);
  CHECK(UnfinishedBytes("\xe2\x80\xae") == 0);
  CHECK(UnfinishedBytes("a\xe2\x80") == 2);
  CHECK(UnfinishedBytes("a\xe2") == 1);
  CHECK(UnfinishedBytes("\xf0\x9f\x99") == 3);
  CHECK(UnfinishedBytes("\xc3") == 1);
  CHECK(UnfinishedBytes("\x80\x80\x80") == 0);
  CHECK(UnfinishedBytes("\xff") == 0);
  CHECK(UnfinishedBytes("\xc3\xa9\x80") == 0);
}

}  // namespace
}  // namespace muster
