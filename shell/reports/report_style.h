// ReportStyle: how a person, or a program, wants to be told what a line brought. Plain data.
#pragma once

namespace muster::clustershell {

struct ReportStyle {
  enum class Form {
    kLive,     // each line as it comes, with its node in front
    kOrdered,  // at the end, node by node
    kFolded,   // at the end, what several nodes say alike once
    kDiff,     // at the end, how the others differ from what most say
    kJson,     // events for programs, docs/output.md
  };
  Form form = Form::kLive;
  bool gathers_stderr = false;  // kOrdered, kFolded and kDiff; else it comes live
  bool is_live_too = false;     // ... and stdout as well
  bool has_labels = true;       // whose line, or whose fold, it is
  bool names_groups = false;    // kFolded and kDiff: "@web" for all of its nodes
  // No summary; and of a command that failed by itself the exit code says enough.
  bool is_quiet = false;
  bool always_sums_up = false;      // also when all of several nodes are well
  bool is_summed_up_later = false;  // by whoever has the report made
};

}  // namespace muster::clustershell
