// Prompt: lines that a person types, edited with libedit: history with Ctrl-R, completion with Tab.
// Ctrl-C clears the line. Main thread; one at a time.
#pragma once

#include <histedit.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "shell/completion.h"
#include "shell/history.h"
#include "shell/line_source.h"
#include "shell/output.h"

namespace muster::clustershell {

class Prompt : public LineSource {
 public:
  // `vocabulary` is asked at each Tab. `used`: what stands in the prompt (muster[spark1]> ); empty:
  // nothing. `signals` and `output` have to live longer. A history that cannot be kept is a note.
  Prompt(std::function<Vocabulary()> vocabulary, std::function<std::string()> used,
         Signals& signals, Output& output);
  ~Prompt() override;
  Prompt(const Prompt&) = delete;
  Prompt& operator=(const Prompt&) = delete;

  std::optional<std::string> Next() override;
  bool IsInteractive() const override { return true; }

 private:
  enum class Ended { kNot, kByInterrupt, kByShutdown };

  // The other end of libedit: they find the Prompt in its client data.
  static char* Text(EditLine* editor);
  static int ReadCharacter(EditLine* editor, wchar_t* character);
  static unsigned char CompleteWord(EditLine* editor, int key);

  void OpenHistory();
  void Remember(const std::string& line);
  void ReadWithoutBlocking();
  // Waits for a byte of the terminal and for signals; false when one ended the line.
  bool WaitForInput();
  void List(const std::vector<std::string>& candidates);

  std::function<Vocabulary()> vocabulary_;
  std::function<std::string()> used_;
  std::string text_;
  Signals& signals_;
  Output& output_;
  FILE* screen_;
  EditLine* editor_;
  History* history_;
  std::optional<HistoryFile> file_;
  std::string last_line_;
  Ended ended_ = Ended::kNot;
  bool is_prepared_ = false;  // the terminal, for this line
  bool has_hung_up_ = false;
};

}  // namespace muster::clustershell
