// One warm worker, with the test in the daemon's place: what comes back is what a process of its
// own would give, and nothing of one cell is there for the next.
#include <catch2/catch.hpp>

#include <sched.h>
#include <string.h>

#include <string>

#include "tests/integration/watching.h"
#include "tests/integration/worker_fixture.h"

using muster::server::LaunchRequest;
using muster::server::WorkerRequest;
using muster::server::WorkerResult;
using muster::test::CellEnd;
using muster::test::SupervisedProcess;
using muster::test::WorkerFixture;

namespace {

// The cells that have to end alike in a worker and in a process of their own.
const std::string kCells[] = {"1+1",
                              "",
                              "\n",
                              "# nothing",
                              " 1+1",
                              "\t1",
                              "1\n ",
                              "1\n\t",
                              "1 # one",
                              "1\n\n# end\n",
                              "1;",
                              "1; 2",
                              "x = 3",
                              "x = 3\nx * 2",
                              "x: int = 3\nx",
                              "(x := 4)",
                              "(x := 4) + x",
                              "x := 4",
                              "print('a')",
                              "print('a', end='')",
                              "import sys; print('e', file=sys.stderr)",
                              "None",
                              "'text'",
                              "'''doc'''",
                              "\"a\" \"b\"",
                              "1, 2",
                              "*[1], 2",
                              "[*range(3)]",
                              "(lambda: 0 if 1 else 2)()",
                              "(lambda x: x)(3)",
                              "[i for i in range(3)]",
                              "{1: 2, **{3: 4}}",
                              "f'{1+1}'",
                              "b'\\xff'",
                              "'\\udc80'",
                              "'\xc3\xa9'",
                              "'\\d'",
                              "print('\\d'); 1",
                              "1 is 1",
                              "'a' is 'a'; 1",
                              "(1 is 1, await_)",
                              "1 if 1else 2",
                              "1or 2",
                              "0x1for x in (1,)",
                              "1_000",
                              "10 ** 5000 % 7",
                              "10 ** 5000",
                              "await x",
                              "async def f(): pass",
                              "yield 1",
                              "(yield)",
                              "return 1",
                              "break",
                              "1 +",
                              "(1,",
                              "1)",
                              "'a",
                              "1 1",
                              "def f():\n  return 1\nf()",
                              "def f(:\n",
                              "if 1:\nx",
                              "  if 1:\n    2\n",
                              "1/0",
                              "def f():\n  1/0\n\nf()",
                              "(1\n /\n 0)",
                              "1+\\\n1",
                              "raise SystemExit",
                              "raise SystemExit(3)",
                              "raise SystemExit('words')",
                              "exit(True)",
                              "raise KeyError('k')",
                              "raise KeyboardInterrupt",
                              "raise MemoryError",
                              "open('/none/such')",
                              "try:\n  1/0\nexcept Exception as e:\n  raise ValueError('v') from e",
                              "try:\n  1/0\nexcept Exception as e:\n  raise ValueError('v')",
                              "def f(): f()\nf()",
                              "class E(Exception):\n  def __str__(self): return 1/0\nraise E",
                              "undefined",
                              "\xef\xbb\xbf"
                              "1",
                              "\xff",
                              "'\xed\xb2\x80'",
                              "# -*- coding: latin-1 -*-\n'\xc3\xa9'",
                              "# -*- coding: no-such -*-\n1",
                              "globals().keys()",
                              "sorted(globals())",
                              "__name__, __spec__",
                              "__builtins__",
                              "locals() is globals()",
                              "import json; json.dumps([1])",
                              "class A:\n  pass\nA.__module__",
                              "exec('y = 1'); y",
                              "eval('1+1')",
                              "compile('1', 'f', 'eval')",
                              "print",
                              "__debug__",
                              "...",
                              "1j",
                              "-0.0",
                              "float('nan')",
                              "set()",
                              "frozenset({1})",
                              "class R:\n  def __repr__(self): raise ValueError('no repr')\nR()",
                              "class R:\n  def __repr__(self): return 3\nR()",
                              "str(10**4500)[:3]",
                              "\x0c"
                              "1",
                              "1\r\n2",
                              "1\r2",
                              "1\x00",
                              "'a\x00b'",
                              "\"\"\"a\nb\"\"\"",
                              "(\n1\n)",
                              "[\n1,\n2]\n\n",
                              "not 1",
                              "1 if 0 else 2",
                              "not await_",
                              "a, b = 1, 2\na",
                              "del x",
                              "pass",
                              "assert 0, 'm'",
                              "assert (0, 'm')",
                              "import sys; sys.stdout.write('w'); 5",
                              "with open('/dev/null') as f: f.read()",
                              "__import__('os').getcwd() != ''",
                              "import traceback; traceback.format_exc()",
                              "import warnings; warnings.warn('careful')",
                              "from __future__ import annotations\nx: y = 1",
                              "print(1, file=__import__('sys').stderr) or 7",
                              "'x' * 5000",
                              "'\\u20ac' * 70000",
                              "ValueError('v')",
                              "raise ValueError('x' * 300000)",
                              "import os; os._exit(7)"};

std::string Shown(const CellEnd& end) {
  std::string text = "done " + std::to_string(end.is_done) + " value " +
                     std::to_string(end.HasValue()) + ":" + end.value + "\nexit " +
                     std::to_string(end.exit_code) + "\nexception " + end.type + "|" + end.message +
                     "|" + std::to_string(end.line) + "|" + std::to_string(end.error_number) +
                     "\n" + end.traceback;
  for (const std::string& cause : end.causes) text += "\ncause " + cause;
  return text + "\nout " + end.out + "\nerr " + end.err;
}

// What a dead worker left unsaid.
void Complete(SupervisedProcess& worker, CellEnd& end) {
  if (end.is_done) return;
  const auto ended = worker.AwaitEnd();
  if (ended) end.exit_code = ended->code;
}

[[maybe_unused]] WorkerRequest Kept() {
  WorkerRequest request;
  request.keeps_namespace = 1;
  return request;
}

}  // namespace

TEST_CASE("A cell ends in a worker as in a process of its own") {
  WorkerFixture zygote;
  for (const std::string& cell : kCells) {
    for (const auto form : {LaunchRequest::Form::kRepr, LaunchRequest::Form::kStr}) {
      INFO("cell <" << cell << ">");
      CellEnd once = zygote.StartOneShot(cell, form).AwaitOneShot();
      SupervisedProcess worker = zygote.StartWorker();
      WorkerRequest request;
      request.form = static_cast<std::uint8_t>(form);
      CellEnd first = worker.Run(cell, request);
      Complete(worker, first);
      CHECK(Shown(first) == Shown(once));
      if (!first.is_done) continue;
      // From the cache.
      CellEnd second = worker.Run(cell, request);
      CHECK(Shown(second) == Shown(once));
    }
  }
}

TEST_CASE("How long a cell takes in a worker", "[.measure]") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  const int count = 200'000;
  const auto measure = [&](const char* what, const auto& source_of) {
    worker.Run("import time");
    const std::string before = worker.Run("time = __import__('time').process_time()\ntime").value;
    CellEnd end;
    int asked = 0;
    int done = 0;
    std::uint64_t ticket = 0;
    while (done < count) {
      while (asked < count && asked - done < 256) {
        worker.Ask(source_of(asked));
        ++asked;
      }
      bool any = false;
      while (const auto record = worker.results().Peek()) {
        any = true;
        WorkerResult result;
        ::memcpy(&result, record->bytes.data(), sizeof(result));
        if (worker.results().Pop()) worker.channel().Say('w');
        if (result.type == WorkerResult::Type::kDone) {
          ++done;
          ticket = result.ticket;
          // The reader of the output.
          if ((result.flags & WorkerResult::kHasOutput) != 0) worker.Drain();
        }
        if (result.type == WorkerResult::Type::kWaiting) worker.channel().Say('d');
        if (result.type == WorkerResult::Type::kRetiring) {
          FAIL("retired: " << record->bytes.substr(sizeof(result)));
        }
      }
      if (!any) ::sched_yield();
    }
    CHECK(ticket == worker.ticket());
    const std::string after = worker.Run("time = __import__('time').process_time()\ntime").value;
    const double ns = (std::stod(after) - std::stod(before)) * 1e9 / count;
    WARN(what << ": " << static_cast<long>(ns) << " ns of processor time");
  };
  for (int round = 0; round < 3; ++round) {
    measure("repeated 1+1", [](int) { return "1+1"; });
    measure("distinct 1+N", [](int i) { return "1+" + std::to_string(i); });
    measure("distinct, statements", [](int i) { return "x = " + std::to_string(i) + "\nx"; });
  }
  measure("repeated print", [](int) { return "print(1)"; });
}
