// One warm worker, with the test in the daemon's place: nothing of one cell is there for the next,
// and whatever a cell does ends nothing but its worker.
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <utility>

#include "tests/integration/watching.h"
#include "tests/integration/worker_fixture.h"

using muster::server::ExecutionEnd;
using muster::server::LaunchRequest;
using muster::server::RequestMark;
using muster::server::WorkerRequest;
using muster::server::WorkerResult;
using muster::test::CellEnd;
using muster::test::Eventually;
using muster::test::ReadFile;
using muster::test::SupervisedProcess;
using muster::test::WorkerFixture;

namespace {

WorkerRequest Kept() {
  WorkerRequest request;
  request.keeps_namespace = 1;
  return request;
}

bool Leaves(const CellEnd& end) { return (end.flags & WorkerResult::kLeavesProcesses) != 0; }

}  // namespace

TEST_CASE("A worker keeps modules and nothing else from one cell to the next") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker({"MUSTER_NODE=n1"});
  CHECK(worker.Run("import colorsys\nx = 1").is_done);
  CHECK(worker.Run("x").type == "NameError");
  CHECK(worker.Run("sorted(globals())").value == "['__builtins__', '__name__', '__spec__']");
  CHECK(worker.Run("__import__('sys').modules['colorsys'].__name__").value == "'colorsys'");
  CHECK(worker.Run("class A:\n  def f(self): return A\nA().f().__name__").value == "'A'");
  CHECK(worker.Run("sorted(globals())").value == "['__builtins__', '__name__', '__spec__']");
  CHECK(worker.Run("import __main__\n__main__.__dict__ is globals()").value == "True");
  CHECK(worker.Run("import colorsys\ncolorsys.kept = lambda: secret\nsecret = 1").is_done);
  CHECK(worker.Run("secret = 2\n__import__('colorsys').kept()").type == "NameError");
  // What a cell may change of the interpreter is put back.
  CHECK(worker
            .Run("import sys, io, gc\nsys.stdout = io.StringIO()\nsys.setrecursionlimit(99)\n"
                 "sys.set_int_max_str_digits(4300)\nsys.path.insert(0, '/nowhere')\ngc.disable()\n"
                 "sys.settrace(lambda *a: None)\nsys.excepthook = sys.displayhook = None\n"
                 "print('lost')")
            .out.empty());
  CHECK(worker
            .Run("import sys, gc\n(sys.getrecursionlimit(), sys.get_int_max_str_digits(), "
                 "sys.path[0], gc.isenabled(), sys.gettrace(), sys.excepthook is None)")
            .value.find("(1000, 0, '/usr/lib/python311.zip', True, None, False)") == 0);
  CHECK(worker.Run("print('seen')").out == "seen\n");
  CHECK(worker.Run("import os\nos.environ['MUSTER_NODE']").value == "'n1'");
}

TEST_CASE("A session's worker keeps its namespace and what its cells changed") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  CHECK(worker.Run("import os\nos.chdir('/')\nx = 1\ndef f(): 1/0", Kept()).is_done);
  CHECK(worker.Run("x, os.getcwd()", Kept()).value == "(1, '/')");
  // The line is that of the cell that defined it.
  const CellEnd end = worker.Run("f()", Kept());
  CHECK(end.traceback.find("    def f(): 1/0\n") != std::string::npos);
  CHECK(end.traceback.find("    f()\n") != std::string::npos);
}

TEST_CASE("A cell finds its own MUSTER_EXECUTION, MUSTER_SIZE and MUSTER_RANK") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  const std::string look =
      "import os, ctypes\ngetenv = ctypes.CDLL(None).getenv\ngetenv.restype = ctypes.c_char_p\n"
      "[(os.environ[n], getenv(n.encode()).decode()) for n in "
      "('MUSTER_EXECUTION', 'MUSTER_SIZE', 'MUSTER_RANK')]";
  for (const std::uint64_t sequence : {9ULL, 10ULL, 11ULL, ~0ULL}) {
    WorkerRequest request;
    ::memset(request.stream_id, 0xab, sizeof(request.stream_id));
    request.sequence = sequence;
    request.size = 3;
    request.rank = static_cast<std::uint32_t>(sequence % 3);
    std::string id;
    for (int i = 0; i < 16; ++i) id += "ab";
    id += "-" + std::to_string(sequence);
    const std::string rank = std::to_string(request.rank);
    CHECK(worker.Run(look, request).value ==
          "[('" + id + "', '" + id + "'), ('3', '3'), ('" + rank + "', '" + rank + "')]");
  }
  // A copy that a cell made stays what it was.
  worker.Run(
      "import os, colorsys\ncolorsys.kept = os.environ._data[b'MUSTER_EXECUTION']\n"
      "colorsys.text = os.environ['MUSTER_EXECUTION']");
  CHECK(worker.Run("import colorsys\ncolorsys.kept.decode() == colorsys.text").value == "True");
}

TEST_CASE("The variables of an execution are right whatever a session's cell wrote there") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  CHECK(worker
            .Run("import os\nos.environ.pop('MUSTER_EXECUTION')\nos.environ['MUSTER_SIZE'] = 'x'",
                 Kept())
            .is_done);
  CHECK(
      worker.Run("os.environ['MUSTER_EXECUTION'][-2:], os.environ['MUSTER_SIZE']", Kept()).value ==
      "('-2', '1')");
  CHECK(worker.Run("os.popen('echo $MUSTER_EXECUTION $MUSTER_SIZE').read()[-5:]", Kept()).value ==
        "'-3 1\\n'");
}

TEST_CASE("Output belongs to the cell that printed it") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    const CellEnd end = worker.Run("import sys\nsys.stderr.write('e" + number + "')\nprint(" +
                                   number + ", end='')");
    CHECK(end.out == number);
    CHECK(end.err == "e" + number);
    CHECK(worker.Run("1").out.empty());
  }
  CHECK(worker.Run("import ctypes\nctypes.CDLL(None).printf(b'from C')").out == "from C");
  CHECK(worker.Run("import os\nos.write(2, b'raw')").err == "raw");
  CHECK(worker.Run("import os\nos.system('echo child')").out == "child\n");
  const CellEnd much = worker.Run("print('x' * 3000000)");
  CHECK(much.out.size() == 3000001);
  // Of a destructor that runs when the namespace goes.
  CHECK(worker.Run("class D:\n  def __del__(self): print('gone')\nd = D()").out == "gone\n");
  CHECK(worker.Run("2").value == "2");
}

TEST_CASE("A big value comes in pieces, and the exception of a big text whole") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  CHECK(worker.Run("'x' * 10000000").value.size() == 10000002);
  CHECK(worker.Run("raise ValueError('y' * 200000)").message.size() == 200000);
  CHECK(worker.Run("1").value == "1");
}

TEST_CASE("A cell that leaves a trace is the last of its worker") {
  const auto [cell, why] = GENERATE(table<std::string, std::string>(
      {{"import os; os.chdir('/')", "another directory"},
       {"import os; os.umask(0o77)", "another umask"},
       {"import os; os.environ['X'] = '1'", "another environment"},
       {"import os; os.environ['MUSTER_RANK'] = '7'", "another environment"},
       {"import os; os.putenv('X', '1')", "another environment"},
       {"import os; os.environ = {}", "another os.environ"},
       {"import builtins; builtins.x = 1", "other builtins"},
       {"import builtins; builtins.print = None", "other builtins"},
       {"import builtins; builtins.__import__ = None", "other builtins"},
       {"import builtins; builtins.__dict__.clear()", "other builtins"},
       {"import sys; sys.modules.clear()", "other modules"},
       {"import sys; del sys.modules['builtins']", "other modules"},
       {"import sys; sys.modules['os'] = sys", "other modules"},
       {"import sys; sys.modules['json'] = None", "other modules"},
       {"import sys; sys.meta_path.clear()", "other ways to import"},
       {"import signal; signal.signal(signal.SIGUSR1, lambda *a: 0)", "another signal handler"},
       {"import signal; signal.signal(signal.SIGINT, lambda *a: 0)", "another signal handler"},
       {"import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [10])", "blocked signals"},
       {"import signal; signal.setitimer(signal.ITIMER_REAL, 999)", "a timer"},
       {"import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))", "another limit"},
       {"import os; kept = os.open('/dev/null', 0)", "an open descriptor"},
       {"import os; os.dup2(0, 77)\nos.dup2(0, 4)", "an open descriptor"},
       {"import os; os.close(0)", "another descriptor in the place of its own"},
       {"import os; os.dup2(os.open('/dev/null', 1), 1)", "descriptor"},
       {"import sys; sys.stdout.close()", "a closed stream"},
       {"import sys; sys.stderr.detach()", "a closed stream"},
       {"import sys; sys.stdout.reconfigure(encoding='latin-1')", "a stream that was configured"},
       {"import os; os.setpgid(0, os.getppid())", ""},
       {"import threading, time\nthreading.Thread(target=time.sleep, args=[99], "
        "daemon=True).start()",
        "a thread"},
       {"import threading, time\nthreading.Thread(target=time.sleep, args=[99]).start()",
        "a thread"}}));
  CAPTURE(cell);
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  const CellEnd end = worker.Run(cell);
  CHECK(end.is_done);
  CHECK_FALSE(Leaves(end));
  if (why.empty()) return;  // it could not
  CHECK(worker.AwaitRetiring().find(why) != std::string::npos);
  const auto ended = worker.AwaitEnd();
  REQUIRE(ended);
  CHECK(ended->how == ExecutionEnd::How::kExited);
  CHECK(ended->code == 0);
}

TEST_CASE("A cell that puts back what it changed leaves no trace") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  const std::string pid = worker.Run("import os; os.getpid()").value;
  const std::string cells[] = {
      "import os\nbefore = os.getcwd()\nos.chdir('/')\nos.chdir(before)",
      "import os\nos.environ['X'] = '1'\ndel os.environ['X']",
      "import os\nbefore = os.environ['PATH']\nos.environ['PATH'] = '/'\n"
      "os.environ['PATH'] = before",
      "import signal\nbefore = signal.signal(signal.SIGTERM, lambda *a: 0)\n"
      "signal.signal(signal.SIGTERM, before)",
      "import subprocess\nsubprocess.run(['true'], cwd='/', start_new_session=True, check=True)",
      "import subprocess\nsubprocess.run('true | true', shell=True, check=True)",
      "import subprocess\nsubprocess.Popen(['true']).wait()",
      "import os\nos.system('true')",
      "import os\nif os.fork() == 0: os._exit(0)\nos.wait()",
      "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()",
      "from concurrent.futures import ThreadPoolExecutor\n"
      "with ThreadPoolExecutor(4) as pool: list(pool.map(abs, range(99)))",
      "import asyncio\nasync def f(): await asyncio.sleep(0.001)\nasyncio.run(f())",
      "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')",
      "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as p:\n"
      "  print(p.map(abs, [-1]))\np.join()",
      "import signal\nsignal.alarm(99)\nsignal.alarm(0)",
      "import sys, json\ndel sys.modules['json']",
      "import sys\nsys.meta_path.insert(0, sys.meta_path[0])\nsys.meta_path.append(None)\n"
      "del sys.meta_path[0], sys.meta_path[-1]",
      "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()): print(1)"};
  for (const std::string& cell : cells) {
    CAPTURE(cell);
    const CellEnd end = worker.Run(cell);
    CHECK(end.is_done);
    CHECK(end.traceback.empty());
    CHECK_FALSE(Leaves(end));
    CHECK(worker.Run("import os; os.getpid()").value == pid);
  }
  CHECK(worker.Run("import numpy\nint((numpy.ones((300, 300)) @ numpy.ones((300, 300))).sum())")
            .value == "27000000");
  CHECK(worker.Run("import os; os.getpid()").value == pid);
}

TEST_CASE("A cell that leaves processes says so, and ends its worker") {
  // One for all cells, which are made with the first.
  static const std::string sleep = "sleep " + muster::test::UniqueSeconds();
  const std::string cell =
      GENERATE_COPY("import subprocess\nsubprocess.Popen('" + sleep + "'.split())",
                    "import os\nos.system('" + sleep + " &')",
                    "import subprocess\nsubprocess.run('setsid " + sleep + " &', shell=True)",
                    "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    "
                    "os.execvp('sleep', '" +
                        sleep + "'.split())\n  os._exit(0)\nos.wait()");
  CAPTURE(cell);
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  const CellEnd end = worker.Run(cell);
  CHECK(end.is_done);
  CHECK(Leaves(end));
  const auto ended = worker.AwaitEnd();
  REQUIRE(ended);
  CHECK(ended->code == 0);
  CHECK(ended->left + ended->reaped >= 1);
  for (const pid_t pid : muster::test::ProcessesWith(sleep)) muster::test::Kill(pid, SIGKILL);
}

TEST_CASE("A fork that goes on past its cell says nothing in the worker's name") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  CellEnd end = worker.Run(
      "import os\nchild = os.fork()\nif child: os.waitpid(child, 0)\n"
      "else: print('child')\n'mine'");
  CHECK(end.value == "'mine'");
  CHECK(end.out == "child\n");
  end = worker.Run("import os\nif os.fork() == 0: raise SystemExit(5)\nos.wait()[1] >> 8");
  CHECK(end.value == "5");
  end = worker.Run("import os\nif os.fork() == 0: 1/0\nos.wait()[1] >> 8");
  CHECK(end.value == "1");
  CHECK(end.err.find("ZeroDivisionError") != std::string::npos);
  CHECK(worker.Run("7").value == "7");
}

TEST_CASE("SIGINT ends the cell that runs and no other") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  const pid_t pid = worker.pid();
  CHECK(worker.Run("1").value == "1");
  for (int i = 0; i < 20; ++i) {
    muster::test::Kill(pid, SIGINT);  // while it is idle
    CHECK(worker.Run("sum(range(1000))").value == "499500");
  }
  const auto begin = [&] {
    worker.Ask("print('begun')\nimport time\ntime.sleep(99)");
    CellEnd begun;
    CHECK(Eventually([&] {
      worker.TakeResults(begun);  // it may still wait, after the cell before
      worker.ReadOutput(begun);
      return begun.out == "begun\n";
    }));
  };
  begin();
  muster::test::Kill(pid, SIGINT);
  CHECK(worker.Await().type == "KeyboardInterrupt");
  CHECK(worker.Run("2").value == "2");
  begin();
  worker.Stop(std::chrono::seconds(5));
  CHECK(worker.Await().type == "KeyboardInterrupt");
}

TEST_CASE("A stop reaches a worker that waits for room") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  worker.Ask("'x' * 10000000");
  const pid_t pid = worker.pid();
  CHECK(Eventually([&] { return worker.results().Peek().has_value(); }));
  // It waits when it is not put to sleep again for a while, and has been stopped when it was.
  const auto sleeps = [pid] {
    const std::string status = ReadFile("/proc/" + std::to_string(pid) + "/status");
    const std::string name = "\nvoluntary_ctxt_switches:";
    return std::stol("0" + status.substr(status.find(name) + name.size() + 1));
  };
  long before = -1;
  CHECK(Eventually([&] {
    const bool is_still = std::exchange(before, sleeps()) == sleeps();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return is_still && before == sleeps();
  }));
  worker.Stop(std::chrono::seconds(5));
  CHECK(Eventually([&] { return sleeps() > before; }));
  CHECK(worker.Await().type == "KeyboardInterrupt");
}

TEST_CASE("A request that was taken back is passed over") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  worker.Ask("import time; time.sleep(0.2)");
  worker.Ask("'revoked'");
  auto expected = static_cast<std::uint32_t>(RequestMark::kQueued);
  REQUIRE(worker.last_mark()->compare_exchange_strong(
      expected, static_cast<std::uint32_t>(RequestMark::kRevoked)));
  worker.Ask("'third'");
  CHECK(worker.Await().is_done);
  CHECK(worker.Await().value == "'third'");
}

TEST_CASE("Whatever a cell does ends nothing but its worker") {
  const std::string cell =
      GENERATE("import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)",
               "import ctypes; ctypes.string_at(0)", "import os; os.close(3)",
               "import os; os.closerange(0, 99)", "import os; os.write(3, b'x' * 99)",
               "import os; os.dup2(0, 3)", "import sys; sys.modules.clear()",
               "import builtins; builtins.__dict__.clear()", "import sys; sys.__dict__.clear()",
               "def f(): f()\nf()", "x = []\nfor i in range(99999): x = [x]\nx",
               "import linecache; linecache.cache = None\n1/0",
               "import traceback; traceback.walk_tb = None\n1/0",
               "import re\nfor line in open('/proc/self/maps'):\n  if 'muster-worker' in line:\n"
               "    import ctypes\n    a, b = [int(x, 16) for x in line.split()[0].split('-')]\n"
               "    ctypes.memset(a, 255, b - a)");
  CAPTURE(cell);
  WorkerFixture zygote;
  {
    SupervisedProcess worker = zygote.StartWorker();
    worker.ExpectGarbage();
    worker.Ask(cell);
    worker.Await();
    worker.CloseChannel();
    CHECK(worker.AwaitEnd());
  }
  SupervisedProcess next = zygote.StartWorker();
  CHECK(next.Run("1+1").value == "2");
}

TEST_CASE("A worker whose daemon is gone ends") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  CHECK(worker.Run("1").value == "1");
  worker.CloseChannel();
  const auto ended = worker.AwaitEnd();
  REQUIRE(ended);
  CHECK(ended->how == ExecutionEnd::How::kExited);
}

TEST_CASE("An execution's times are its own") {
  WorkerFixture zygote;
  SupervisedProcess worker = zygote.StartWorker();
  const CellEnd slept = worker.Run("import time; time.sleep(0.2)");
  CHECK(slept.wall_us >= 200'000);
  CHECK(slept.cpu_us < 150'000);
  const CellEnd worked = worker.Run(
      "import time\nend = time.process_time() + 0.1\nwhile time.process_time() < end: pass");
  CHECK(worked.cpu_us >= 95'000);
  CHECK(worked.cpu_us <= worked.wall_us + 20'000);
  CHECK(worker.Run("1").cpu_us < 50'000);
}
