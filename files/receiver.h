// Receiver: the end of a transfer that gets the files: writes what the records say, below its
// destination and nowhere else. It believes nothing of what comes: names are single components,
// each folder is held open by its descriptor and no symlink is followed, sizes are bounded.
// Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "files/channel.h"
#include "files/destination.h"
#include "files/file_writer.h"
#include "files/problem.h"
#include "files/progress.h"

namespace muster::files {

// What the receiver asked for, or will take.
struct Wanted {
  std::string destination;
  // Of `get`: paths and patterns; what comes has to be called like one of them. Empty: anything.
  std::vector<std::string> asked;
  bool is_many = false;     // of `get`: the destination is a folder, unless a pattern is a name
  bool is_durable = false;  // as Begin::is_durable, whatever the sender says
  std::string suffix;       // behind the name of each thing that comes
  std::optional<std::uint64_t> max_bytes;  // of data
  std::optional<std::uint64_t> max_files;  // files, links and folders
};

class Receiver {
 public:
  enum class End {
    kComplete,  // the sender said everything
    kGaveUp,    // something makes it vain to go on; the last problem says what
    kGone,      // the sender is gone
    kBroken,    // what it sends cannot be understood, or may not be; the last problem says why
  };

  Receiver(RecordChannel& channel, Wanted wanted, Progress& progress)
      : channel_(channel), wanted_(std::move(wanted)), progress_(progress) {}

  End Run();
  // Of the sender, too, as far as it told.
  const ProblemList& problems() const { return problems_; }
  Result MakeResult() const;

 private:
  struct Level {
    UniqueFd folder;  // not open: nothing in it is wanted
    std::string path;
    Entry entry;
    bool is_ours = true;
    mode_t kept_bits = 0;
  };

  End Refuse(const std::string& why);
  End GiveUp(Problem problem);
  // Empty: go on.
  std::optional<End> Take(const Record& record);
  std::optional<End> TakeBegin(const Record& record);
  std::optional<End> OpenRoot(bool is_many);
  std::optional<End> TakeEntry(const Record& record);
  std::optional<End> TakeInFile(const Record& record);
  std::optional<End> Enter(const Entry& entry);
  std::optional<End> Leave();
  std::optional<End> BeginFile(const Entry& entry);
  std::optional<End> MakeLink(const Entry& entry);
  // Of the file under way.
  std::optional<End> Fail(Problem problem);
  void Answer(RecordType type, const FieldWriter& fields);
  void AnswerHave(std::uint64_t bytes, std::uint64_t digest);
  // Whether it is the one name that was asked for, and not what a pattern matches.
  bool IsAskedName(const Entry& entry) const;
  // Why nobody asked for it; "": somebody did.
  std::string WhyNotWanted(const Entry& entry);
  int Folder() const { return levels_.empty() ? root_.folder() : levels_.back().folder.get(); }
  bool IsSkipping() const { return !levels_.empty() && !levels_.back().folder.IsOpen(); }
  std::string NameOf(const Entry& entry) const;
  std::string PathOf(const Entry& entry) const;

  RecordChannel& channel_;
  const Wanted wanted_;
  Progress& progress_;
  ProblemList problems_;
  Destination root_;  // of `get` it is opened when something comes
  bool has_begun_ = false;
  bool is_durable_ = false;
  std::vector<Level> levels_;
  std::set<std::string> top_names_;
  std::uint64_t entries_ = 0;
  std::uint64_t data_bytes_ = 0;
  std::uint64_t file_ = 0;   // how many began
  bool is_in_file_ = false;  // blocks may come
  bool awaits_resume_ = false;
  std::unique_ptr<FileWriter> writer_;  // null: they are not wanted
};

}  // namespace muster::files
