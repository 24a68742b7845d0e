#include "shell/program_printer.h"

#include <utility>

#include "common/escape.h"

namespace muster::clustershell {

void ProgramPrinter::Take(const Event& event) {
  if (!output_.IsTerminal(event.stream)) {
    output_.Raw(event.stream, event.data);
    return;
  }
  std::string& waiting = WaitingOf(event.stream);
  std::string text = std::exchange(waiting, "") + event.data;
  const std::size_t whole = text.size() - UnfinishedBytes(text);
  waiting = text.substr(whole);
  text.resize(whole);
  output_.Raw(event.stream, EscapeControls(text));
}

void ProgramPrinter::Finish() {
  for (const Output::Stream stream : {Output::Stream::kStdout, Output::Stream::kStderr}) {
    output_.Raw(stream, EscapeControls(std::exchange(WaitingOf(stream), "")));
  }
}

}  // namespace muster::clustershell
