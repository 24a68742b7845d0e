#include "shell/prompt.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <utility>

#include "common/words.h"
#include "shell/one_line.h"

namespace muster::clustershell {
namespace {

constexpr int kHistoryLines = 1000;
constexpr std::size_t kMostOfUsed = 24;  // characters

// Without a locale of UTF-8 libedit would not let anybody type more than ASCII.
void ChooseLocale() {
  ::setlocale(LC_CTYPE, "");
  if (::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0) ::setlocale(LC_CTYPE, "C.UTF-8");
}

Prompt* PromptOf(EditLine* editor) {
  void* prompt = nullptr;
  ::el_get(editor, EL_CLIENTDATA, &prompt);
  return static_cast<Prompt*>(prompt);
}

}  // namespace

Prompt::Prompt(std::function<Vocabulary()> vocabulary, std::function<std::string()> used,
               Signals& signals, Output& output)
    : vocabulary_(std::move(vocabulary)),
      used_(std::move(used)),
      signals_(signals),
      output_(output),
      screen_(output.IsTerminal(Output::Stream::kStdout) ? stdout : stderr) {
  ChooseLocale();
  editor_ = ::el_init("clustershell", stdin, screen_, stderr);
  ::el_set(editor_, EL_CLIENTDATA, this);
  ::el_set(editor_, EL_PROMPT, &Prompt::Text);
  ::el_set(editor_, EL_EDITOR, "emacs");
  ::el_set(editor_, EL_SIGNAL, 0);  // Signals takes them
  ::el_set(editor_, EL_GETCFN, &Prompt::ReadCharacter);
  ::el_set(editor_, EL_ADDFN, "muster-complete", "Complete the word", &Prompt::CompleteWord);
  ::el_set(editor_, EL_BIND, "^I", "muster-complete", nullptr);
  ::el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  history_ = ::history_init();
  HistEvent event;
  ::history(history_, &event, H_SETSIZE, kHistoryLines);
  ::history(history_, &event, H_SETUNIQUE, 1);
  ::el_set(editor_, EL_HIST, &::history, history_);
  OpenHistory();
  ::el_source(editor_, nullptr);  // ~/.editrc, the user's own keys
}

Prompt::~Prompt() {
  ::history_end(history_);
  ::el_end(editor_);  // gives the terminal back
}

void Prompt::OpenHistory() {
  const std::string path = HistoryFile::DefaultPath();
  if (path.empty()) return;
  absl::StatusOr<HistoryFile> file = HistoryFile::Open(path);
  if (!file.ok()) {
    output_.Note(std::string(file.status().message()));
    return;
  }
  HistEvent event;
  for (const std::string& line : file->Load(kHistoryLines)) {
    ::history(history_, &event, H_ENTER, line.c_str());
    last_line_ = line;
  }
  file_ = *std::move(file);
}

std::optional<std::string> Prompt::Next() {
  while (true) {
    ended_ = Ended::kNot;
    is_prepared_ = false;
    int length = 0;
    // el_gets shows the prompt first: what is typed in between would be echoed and cooked.
    ::el_set(editor_, EL_PREP_TERM, 1);
    const char* text = ::el_gets(editor_, &length);
    if (text != nullptr && length > 0) {
      std::string line(text, static_cast<std::size_t>(length));
      if (line.back() == '\n') line.pop_back();
      Remember(line);
      return line;
    }
    ::fputs("\n", screen_);  // leave what was typed, or the bare prompt
    ::fflush(screen_);
    if (ended_ != Ended::kByInterrupt) return std::nullopt;
    signals_.ForgetInterrupts();
  }
}

void Prompt::Remember(const std::string& line) {
  // A line with a blank in front is kept out of the history, as bash does.
  if (line.empty() || StripBlanks(line).size() != line.size() || line == last_line_) return;
  last_line_ = line;
  HistEvent event;
  ::history(history_, &event, H_ENTER, line.c_str());
  if (file_) file_->Append(line);
}

char* Prompt::Text(EditLine* editor) {
  Prompt* prompt = PromptOf(editor);
  const std::string used = Cut(OneLine(prompt->used_()), kMostOfUsed);
  prompt->text_ = used.empty() ? "muster> " : absl::StrCat("muster[", used, "]> ");
  return prompt->text_.data();
}

// libedit asks for reads that block until there is a character; but Ctrl-C throws away what was
// typed before it, also between our poll and our read, and that read would hear of nothing more.
void Prompt::ReadWithoutBlocking() {
  termios modes{};
  if (::tcgetattr(STDIN_FILENO, &modes) != 0) return;
  modes.c_cc[VMIN] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &modes);
}

bool Prompt::WaitForInput() {
  while (true) {
    std::array<pollfd, 2> waiting = {pollfd{STDIN_FILENO, POLLIN, 0},
                                     pollfd{signals_.wake_fd(), POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) {
      signals_.DrainWake();
      if (signals_.ending() != 0) ended_ = Ended::kByShutdown;
      if (signals_.ending() == 0 && signals_.interrupts() > 0) ended_ = Ended::kByInterrupt;
      if (ended_ != Ended::kNot) return false;
      if (signals_.TakeRedraw()) {
        ::el_resize(editor_);
        ::el_set(editor_, EL_REFRESH);
      }
    }
    has_hung_up_ = (waiting[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    if (waiting[0].revents != 0) return true;
  }
}

int Prompt::ReadCharacter(EditLine* editor, wchar_t* character) {
  Prompt* prompt = PromptOf(editor);
  mbstate_t state{};
  if (!std::exchange(prompt->is_prepared_, true)) prompt->ReadWithoutBlocking();
  while (prompt->WaitForInput()) {
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got == 0 && !prompt->has_hung_up_) continue;  // it was thrown away
    if (got <= 0) return static_cast<int>(got);       // the terminal is gone
    const std::size_t used = ::mbrtowc(character, &byte, 1, &state);
    if (used == static_cast<std::size_t>(-2)) continue;  // more bytes belong to it
    if (used == static_cast<std::size_t>(-1)) {
      state = {};
      continue;  // no character of ours: as if it had not been typed
    }
    return 1;
  }
  return -1;
}

unsigned char Prompt::CompleteWord(EditLine* editor, int /*key*/) {
  Prompt* prompt = PromptOf(editor);
  const LineInfo* line = ::el_line(editor);
  const std::string typed(line->buffer, line->cursor);
  const Completion completion = Complete(typed, prompt->vocabulary_());
  if (completion.candidates.empty()) return CC_REFRESH_BEEP;
  const std::string common = CommonPrefix(completion.candidates);
  std::string added = common.substr(std::min(common.size(), typed.size() - completion.start));
  const bool unique = completion.candidates.size() == 1;
  const bool goes_on = common == "@" || common == "!" || absl::EndsWith(common, "/");
  if (unique && !goes_on) added += ' ';
  if (!added.empty()) ::el_insertstr(editor, added.c_str());
  if (unique || !added.empty()) return CC_REFRESH;
  prompt->List(completion.candidates);
  return CC_REDISPLAY;
}

void Prompt::List(const std::vector<std::string>& candidates) {
  ::fputs("\n", screen_);
  for (const std::string& candidate : candidates) ::fprintf(screen_, "%s  ", candidate.c_str());
  ::fputs("\n", screen_);
  ::fflush(screen_);
}

}  // namespace muster::clustershell
