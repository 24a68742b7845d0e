// Values from Python to data and back, and to a client: what the worker does, in this process.
#include <pybind11/embed.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <iostream>
#include <random>

#include "client/muster/value.h"
#include "server/worker/value_decoder.h"
#include "server/worker/value_encoder.h"
#include "tests/integration/measuring.h"
#include "tests/integration/watching.h"
#include "tests/value_cases.h"

namespace py = pybind11;
using muster::Value;
using muster::server::DecodeValue;
using muster::server::EncodeValue;
using muster::server::ValueSink;

#if defined(__SANITIZE_ADDRESS__)
// CPython leaks on purpose at exit.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

namespace {

// Started once; never finalised, as in a worker.
class Python {
 public:
  static Python& Get() {
    static auto& python = *new Python;
    return python;
  }
  py::object Eval(const std::string& expression) { return py::eval(expression, names_); }
  void Run(const std::string& code) { py::exec(code, names_); }
  bool Same(const py::object& a, const py::object& b) { return names_["same"](a, b).cast<bool>(); }
  bool IsLiteral(const std::string& text, const py::object& value) {
    return names_["is_literal"](text, value).cast<bool>();
  }
  bool HasNumpy() { return !names_["np"].is_none(); }

 private:
  Python() { py::exec(muster::test::kValuePrelude, names_); }
  py::scoped_interpreter interpreter_;
  py::dict names_;
};

class StringSink : public ValueSink {
 public:
  void Write(std::string_view piece) override {
    is_kept_ = is_kept_ && !piece.empty() && piece.size() <= kMaxPiece;
    data.append(piece);
  }
  bool IsKept() const { return is_kept_; }  // every piece had its size
  std::string data;

 private:
  bool is_kept_ = true;
};

std::string Encoded(const py::object& value) {
  StringSink sink;
  REQUIRE(EncodeValue(value.ptr(), sink));
  REQUIRE(sink.IsKept());
  REQUIRE(PyErr_Occurred() == nullptr);
  return std::move(sink.data);
}

py::object Decoded(const std::string& data) {
  return py::reinterpret_steal<py::object>(DecodeValue(data));
}

void CheckRoundTrip(const py::object& value) {
  const std::string data = Encoded(value);
  const py::object back = Decoded(data);
  REQUIRE(back.ptr() != nullptr);
  CHECK(Python::Get().Same(value, back));
  CHECK(Encoded(back) == data);
  const auto read = Value::from_data(data);
  INFO(read.status().message());
  REQUIRE(read.ok());
  CHECK(Python::Get().IsLiteral(read->text(), value));
}

void CheckIsOther(const std::string& expression) {
  INFO(expression);
  StringSink sink;
  CHECK_FALSE(EncodeValue(Python::Get().Eval(expression).ptr(), sink));
  CHECK(sink.data.empty());
  CHECK(PyErr_Occurred() == nullptr);
}

}  // namespace

TEST_CASE("a value of the set is the same after the way there and back, and its literal too") {
  for (const std::string& expression : muster::test::GoodValues()) {
    INFO(expression);
    CheckRoundTrip(Python::Get().Eval(expression));
  }
}

TEST_CASE("what is not of the set is refused with nothing written") {
  for (const std::string& expression : muster::test::OtherValues()) CheckIsOther(expression);
}

TEST_CASE("arrays of numpy cross as they are, others not at all") {
  if (!Python::Get().HasNumpy()) {
    WARN("numpy is not installed (Debian package python3-numpy)");
    return;
  }
  for (const std::string& expression : muster::test::GoodArrays()) {
    INFO(expression);
    CheckRoundTrip(Python::Get().Eval(expression));
  }
  for (const std::string& expression : muster::test::OtherArrays()) CheckIsOther(expression);
}

TEST_CASE("a class of Python's that calls itself numpy.ndarray is not taken for one") {
  CheckIsOther("type('numpy.ndarray', (), {})()");
  CheckIsOther("type('ndarray', (bytearray,), {'__module__': 'numpy'})(b'abc')");
}

TEST_CASE("some hundred values that nobody chose go there and back") {
  Python& python = Python::Get();
  python.Run(R"python(
import random
def any_text(r):
    tops = r.choice([0x7f, 0xff, 0xffff, 0x10ffff])
    return "".join(chr(r.randint(0, tops)) for _ in range(r.choice([0, 1, 5, 40])))
def any_scalar(r):
    return r.choice([
        lambda: None, lambda: r.random() < 0.5, lambda: r.randint(-300, 300),
        lambda: r.randint(-1, 1) * r.getrandbits(r.randint(1, 2000)),
        lambda: r.gauss(0, 1), lambda: struct.unpack("<d", r.randbytes(8))[0],
        lambda: r.gauss(0, 1) * 10.0 ** r.randint(-30, 30), lambda: any_text(r),
        lambda: r.randbytes(r.choice([0, 1, 30, 20000]))])()
def any_value(r, depth=0):
    kind = r.randint(0, 5) if depth < 5 else 5
    items = r.randint(0, 5)
    if kind == 0:
        return [any_value(r, depth + 1) for _ in range(items)]
    if kind == 1:
        return tuple(any_value(r, depth + 1) for _ in range(items))
    if kind == 2:
        return {any_scalar(r): any_value(r, depth + 1) for _ in range(items)}
    return any_scalar(r)
)python");
  const std::uint64_t seed = muster::test::Seed();
  for (int i = 0; i < 500; ++i) {
    INFO("seed " << seed << ", value " << i);
    CheckRoundTrip(python.Eval("any_value(random.Random('" + std::to_string(seed) + " " +
                               std::to_string(i) + "'))"));
  }
}

TEST_CASE("the worker and the client agree on what is a value, whatever was changed in it") {
  Python& python = Python::Get();
  std::vector<std::string> data;
  for (const char* expression :
       {"[1, -2, 2**70, -2**80, 0.5, None, True, 'a\\xe9\\u20ac\\U0001f600', b'abc']",
        "{'a': (1, (2,)), 2: {'\\ud800': []}, None: [[]]}", "[[[[[1]]]], 'x' * 30, b'y' * 300]",
        "np.arange(6, dtype='i2').reshape(2, 3)", "[np.zeros((2, 0)), {1: np.ones(1, '?')}]"}) {
    if (expression[0] != '{' && !python.HasNumpy() && std::string(expression).find("np.") < 3) {
      continue;
    }
    data.push_back(Encoded(python.Eval(expression)));
  }
  const std::uint64_t seed = muster::test::Seed();
  std::mt19937_64 random(seed);
  int taken = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string changed = data[random() % data.size()];
    for (std::uint64_t n = random() % 3 + 1; n > 0; --n) {
      const std::size_t at = random() % changed.size();
      switch (random() % 5) {
        case 0:
          changed.resize(at + 1);
          break;
        case 1:
          changed.insert(at, 1, static_cast<char>(random()));
          break;
        case 2:
          changed[at] = static_cast<char>(changed[at] ^ 1 << random() % 8);
          break;
        default:
          changed[at] = static_cast<char>(random());
      }
    }
    const auto read = Value::from_data(changed);
    const py::object decoded = Decoded(changed);
    if (decoded.ptr() != nullptr) {
      INFO("seed " << seed << ", change " << i << ": " << read.status().message());
      REQUIRE(read.ok());
      REQUIRE(python.IsLiteral(read->text(), decoded));
      ++taken;
      continue;
    }
    REQUIRE(PyErr_ExceptionMatches(PyExc_ValueError));
    const py::error_already_set error;  // takes it
    INFO("seed " << seed << ", change " << i << ": " << error.what());
    // The one thing that a client does not look at.
    REQUIRE((!read.ok() || std::string(error.what()).find("comes twice") != std::string::npos));
  }
  CHECK(taken > 100);
}

TEST_CASE("lists in lists cannot each claim the bytes that are there") {
  // A hundred lists of a million items each, in a million bytes: never 800 MB.
  std::string data;
  for (int i = 0; i < 99; ++i) data += std::string("\x9a\x00\x0f\x00\x00", 5);
  data.resize(1 << 20, '\0');
  const long before = muster::test::AnonymousKiB(::getpid());
  CHECK(DecodeValue(data) == nullptr);
  PyErr_Clear();
  const long grown = muster::test::AnonymousKiB(::getpid()) - before;
  if (muster::test::kMemoryMeansSomething) CHECK(grown < 64 * 1024);
}

TEST_CASE("what is long is written from where it lies") {
  constexpr std::size_t kSize = 64u << 20;
  class Watching : public ValueSink {
   public:
    void Write(std::string_view piece) override {
      bytes += piece.size();
      if (++pieces_ % 64 == 0) most = std::max(most, muster::test::AnonymousKiB(::getpid()));
    }
    std::size_t bytes = 0;
    long most = 0;

   private:
    int pieces_ = 0;
  };
  Python& python = Python::Get();
  std::vector<std::string> expressions = {"bytes(64 << 20)", "'x' * (64 << 20)",
                                          "'\\xe9' * (32 << 20)", "[bytes(64 << 20), 1]"};
  if (python.HasNumpy()) {
    expressions.push_back("np.ones(8 << 20)");
    expressions.push_back("np.ones((2048, 4096)).T");
  }
  for (const std::string& expression : expressions) {
    INFO(expression);
    const py::object value = python.Eval(expression);
    const long before = muster::test::AnonymousKiB(::getpid());
    const auto refs = Py_REFCNT(value.ptr());
    Watching sink;
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(EncodeValue(value.ptr(), sink));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::cout << expression << ": " << static_cast<double>(kSize >> 20) / seconds << " MiB/s\n";
    CHECK(sink.bytes >= kSize);
    if (muster::test::kMemoryMeansSomething) CHECK(sink.most - before < 8 * 1024);
    CHECK(Py_REFCNT(value.ptr()) == refs);
  }
}

TEST_CASE("500,000 digits are quick on every part of the way") {
  constexpr std::uint64_t kPrime = 1'000'000'007;
  Python& python = Python::Get();
  const py::object value = python.Eval("-(7**591656)");
  // Of this process, not of others on the machine.
  const std::clock_t begin = std::clock();
  const std::string data = Encoded(value);
  const py::object back = Decoded(data);
  const std::clock_t middle = std::clock();
  const std::string text = Value::from_data(data)->text();
  const std::clock_t end = std::clock();
  const auto seconds = [](std::clock_t time) { return static_cast<double>(time) / CLOCKS_PER_SEC; };
  std::cout << "data and back " << seconds(middle - begin) << " s, decimal text "
            << seconds(end - middle) << " s\n";
  CHECK(python.Same(value, back));
  // Python would take long to read it.
  CHECK(text.size() == 500'009);
  CHECK(text[0] == '-');
  std::uint64_t rest = 0;
  for (const char digit : text.substr(1)) {
    rest = (rest * 10 + static_cast<std::uint64_t>(digit - '0')) % kPrime;
  }
  CHECK(rest == python.Eval("7**591656 % 1000000007").cast<std::uint64_t>());
  // Sanitizers take a multiple of it.
  if (muster::test::kMemoryMeansSomething) CHECK(seconds(end - begin) < muster::test::Slack());
}

TEST_CASE("an int of more than 262144 bytes is hexadecimal, and exact") {
  Python& python = Python::Get();
  const py::object value = python.Eval("-(7**800000)");
  const std::string text = Value::from_data(Encoded(value))->text();
  CHECK(text.substr(0, 3) == "-0x");
  CHECK(python.Same(python.Eval("ast.literal_eval")(text), value));
}

TEST_CASE("no code of the user's runs while a value is looked at") {
  Python& python = Python::Get();
  python.Run(R"python(
calls = []
class Loud:
    def __getattribute__(self, name): calls.append(name)
    def __repr__(self): calls.append("repr"); return ""
    def __eq__(self, other): calls.append("eq"); return True
    def __hash__(self): return 7
    def __len__(self): calls.append("len"); return 1
    def __iter__(self): calls.append("iter"); return iter(())
    def __index__(self): calls.append("index"); return 1
    def __buffer__(self, flags): calls.append("buffer")
    __array__ = __array_interface__ = __reduce__ = None
loud = Loud()
)python");
  for (const char* expression : {"loud", "[1, loud]", "{1: loud}", "{loud: 1}", "(b'a', [loud])"}) {
    CheckIsOther(expression);
  }
  CHECK(python.Eval("calls == []").cast<bool>());
}

TEST_CASE("what a sink throws comes through, and nothing is kept") {
  class Refusing : public ValueSink {
   public:
    void Write(std::string_view /*piece*/) override { throw std::runtime_error("enough"); }
  };
  const py::object value = Python::Get().Eval("bytes(1 << 20)");
  const auto refs = Py_REFCNT(value.ptr());
  Refusing sink;
  CHECK_THROWS_AS(EncodeValue(value.ptr(), sink), std::runtime_error);
  CHECK(Py_REFCNT(value.ptr()) == refs);
}
