#include "tests/integration/malformed_cases.h"

#include "tests/integration/raw_http2.h"

namespace muster::test::http2 {
namespace {

using Cases = std::vector<MalformedCase>;

std::string Open(std::uint32_t stream, std::uint8_t flags = kEndHeaders) {
  return Frame(kHeaders, flags, stream, Encode(CallHeaders()));
}

void AddPrefaces(Cases& cases) {
  for (std::size_t i = 0; i < kPreface.size(); ++i) {
    std::string wrong = kPreface;
    wrong[i] = static_cast<char>(wrong[i] ^ 0x20);
    cases.push_back({"preface wrong at " + std::to_string(i),
                     wrong + Frame(kSettings, 0, 0, "") + Call(1), false});
  }
  const std::vector<std::pair<std::string, std::string>> others = {
      {"HTTP/1.1", "GET / HTTP/1.1\r\nHost: clusterd\r\n\r\n"},
      {"upgrade to h2c", "GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
      {"zeros", std::string(100'000, '\0')},
      {"preface twice", kPreface + kPreface},
      {"half a preface", kPreface.substr(0, 12)},
      {"ssh", "SSH-2.0-OpenSSH_9.2\r\n"},
  };
  for (const auto& [name, bytes] : others) cases.push_back({name, bytes, false});
  for (std::uint8_t type = 0; type <= 10; ++type) {
    if (type == kSettings) continue;
    cases.push_back({"first frame of type " + std::to_string(type),
                     kPreface + Frame(type, kEndHeaders, type == kPing ? 0 : 1, std::string(8, 0)),
                     false});
  }
}

void AddFrames(Cases& cases) {
  for (std::uint8_t type = 0; type <= 12; ++type) {
    const std::string name = "type " + std::to_string(type);
    for (const std::size_t length : {0, 1, 4, 5, 7, 9}) {
      const std::string bytes(length, '\1');
      const auto size = ", " + std::to_string(length) + " bytes";
      cases.push_back({name + " on stream 0" + size, Frame(type, 0, 0, bytes)});
      cases.push_back({name + " on an idle stream" + size, Frame(type, 0, 1, bytes)});
      cases.push_back({name + " on an open stream" + size, Open(1) + Frame(type, 0, 1, bytes)});
    }
    const std::string eight(8, '\0');
    cases.push_back({name + " with all flags", Open(1) + Frame(type, 0xff, 1, eight)});
    cases.push_back({name + " on an even stream", Frame(type, kEndHeaders, 2, eight)});
    cases.push_back({name + " on the last stream", Frame(type, kEndHeaders, 0x7fffffff, eight)});
    cases.push_back({name + " with the reserved bit", Frame(type, 0, 0x80000001, eight)});
    cases.push_back({name + " longer than a frame may be",
                     Open(1) + Frame(type, 0, 1, std::string(16385, '\0'))});
    cases.push_back(
        {name + " of 16 MiB, announced", Open(1) + FrameHead(0xffffff, type, 0, 1) + eight});
    cases.push_back({name + " cut in its head", Open(1) + Frame(type, 0, 1, eight).substr(0, 5)});
    cases.push_back({name + " between HEADERS and CONTINUATION",
                     Open(1, 0) + Frame(type, 0, 1, eight) + Frame(kContinuation, 4, 1, "")});
    cases.push_back({name + " of another stream between HEADERS and CONTINUATION",
                     Open(1, 0) + Frame(type, 0, 3, eight) + Frame(kContinuation, 4, 1, "")});
    cases.push_back(
        {name + " after the stream's end", Call(1) + Frame(type, kEndHeaders, 1, eight)});
    cases.push_back({name + " after GOAWAY",
                     Frame(kGoAway, 0, 0, eight) + Open(1) + Frame(type, kEndHeaders, 1, eight)});
  }
  for (const std::uint8_t type : {kData, kHeaders, kPushPromise}) {
    for (const int pad : {1, 8, 255}) {
      cases.push_back({"padding of " + std::to_string(pad) + " in type " + std::to_string(type),
                       Open(1) + Frame(type, kPadded | kEndHeaders, type == kHeaders ? 3 : 1,
                                       Number(static_cast<unsigned>(pad), 1))});
    }
  }
}

void AddSettingsAndWindows(Cases& cases) {
  for (unsigned id = 0; id <= 8; ++id) {
    for (const std::uint64_t value :
         {0ull, 2ull, 16383ull, 1ull << 24, 1ull << 31, 0xffffffffull}) {
      cases.push_back({"SETTINGS " + std::to_string(id) + " = " + std::to_string(value),
                       Frame(kSettings, 0, 0, Number(id, 2) + Number(value, 4)) + Call(1)});
    }
  }
  cases.push_back({"SETTINGS ACK with a payload", Frame(kSettings, kAck, 0, Number(0, 6))});
  cases.push_back({"SETTINGS ACK that nobody waits for", Frame(kSettings, kAck, 0, "") + Call(1)});
  for (const std::uint32_t stream : {0u, 1u}) {
    const auto update = [stream](std::uint64_t by) {
      return Open(1) + Frame(kWindowUpdate, 0, stream, Number(by, 4));
    };
    const std::string where = " on stream " + std::to_string(stream);
    cases.push_back({"WINDOW_UPDATE by 0" + where, update(0)});
    cases.push_back({"WINDOW_UPDATE over 2^31" + where, update(0x7fffffff) + update(0x7fffffff)});
  }
  cases.push_back({"DATA over the window", Open(1) + [] {
                     std::string data;
                     for (int i = 0; i < 400; ++i) {
                       data += Frame(kData, 0, 1, std::string(16384, '\0'));
                     }
                     return data;
                   }()});
}

void AddHeaders(Cases& cases) {
  const auto add = [&](const std::string& name, const std::string& block) {
    cases.push_back({"HPACK: " + name, Frame(kHeaders, kEndHeaders, 1, block)});
  };
  const std::string good = Encode(CallHeaders());
  add("nothing", "");
  add("index 0", good + "\x80");
  for (const std::uint64_t index : {62ull, 127ull, 1000ull, 0xffffffffull, 1ull << 40}) {
    add("index " + std::to_string(index), good + Integer(index, 7, 0x80));
  }
  add("a number without end", good + "\xff" + std::string(20, '\x80'));
  add("a number of zeros", good + "\xff" + std::string(1000, '\x80') + std::string(1, '\0'));
  add("a name cut off", good + std::string("\0\x20xx", 4));
  add("a length of 4 GiB", good + std::string(1, '\0') + Integer(0xffffffff, 7, 0) + "x");
  add("Huffman: only padding", good + std::string("\0\x81\xff\0", 4));
  add("Huffman: the end symbol", good + std::string("\0\x84\xff\xff\xff\xff\0", 7));
  add("Huffman: wrong padding", good + std::string("\0\x81\0\0", 4));
  add("a table of 4 GiB", Integer(0xffffffff, 5, 0x20) + good);
  add("a table that shrinks and grows", Integer(0, 5, 0x20) + Integer(4096, 5, 0x20) + good);
  add("three table sizes", Integer(0, 5, 0x20) + Integer(1, 5, 0x20) + Integer(2, 5, 0x20) + good);
  add("a table size after a field", good + Integer(0, 5, 0x20));
  add("a name that indexes nothing", good + Integer(70, 6, 0x40) + "\x01x");
  add("a cut field", good.substr(0, good.size() - 3));
  const std::vector<std::pair<std::string, Headers>> more = {
      {"a capital in a name", {{"X-Capital", "x"}}},
      {"an empty name", {{"", "x"}}},
      {"a second :path", {{":path", "/muster.v1.Node/Describe"}}},
      {"a pseudo field after others", {{":method", "POST"}}},
      {"an unknown pseudo field", {{":unknown", "x"}}},
      {"a status in a request", {{":status", "200"}}},
      {"connection: close", {{"connection", "close"}}},
      {"transfer-encoding", {{"transfer-encoding", "chunked"}}},
      {"te: gzip", {{"te", "gzip"}}},
      {"NUL in a value", {{"x-value", std::string("a\0b", 3)}}},
      {"CR LF in a value", {{"x-value", "a\r\nb: c"}}},
      {"a space in a name", {{"x value", "a"}}},
      {"wrong base64", {{"x-value-bin", "%%%%"}}},
      {"a second content-type", {{"content-type", "text/plain"}}},
      {"grpc-timeout: x", {{"grpc-timeout", "x"}}},
      {"grpc-timeout of 30 digits", {{"grpc-timeout", std::string(30, '9') + "H"}}},
      {"grpc-timeout: -1S", {{"grpc-timeout", "-1S"}}},
      {"grpc-encoding: x", {{"grpc-encoding", "x"}}},
      {"content-length: -1", {{"content-length", "-1"}}},
      {"a field of 9 KiB", {{"x-value", std::string(9 << 10, 'x')}}},
      {"a cookie", {{"cookie", "a=b; c=d"}}},
  };
  for (const auto& [name, headers] : more) add(name, good + Encode(headers));
  // Names that gRPC has meanings of its own for. The first ended a server that asked for the
  // metadata of its calls (CVE-2023-1428).
  for (const char* name : {"grpclb_client_stats",
                           "lb-token",
                           "lb-cost-bin",
                           "grpc-server-stats-bin",
                           "grpc-trace-bin",
                           "grpc-tags-bin",
                           "grpc-retry-pushback-ms",
                           "grpc-previous-rpc-attempts",
                           "endpoint-load-metrics-bin",
                           "grpc-message",
                           "grpc-status",
                           "grpc-status-context",
                           "host",
                           "accept-encoding",
                           "grpc-accept-encoding",
                           "grpc-internal-encoding-request",
                           "GrpcStatusContext",
                           "x-envoy-peer-metadata",
                           "user-agent",
                           "w-e-t"}) {
    add(std::string(name) + ": x", good + Encode({{name, "x"}}));
    add(std::string(name) + ": x, and 9 KiB",
        good + Encode({{name, "x"}, {"x-value", std::string(9 << 10, 'x')}}));
  }
  for (std::size_t left_out = 0; left_out < CallHeaders().size(); ++left_out) {
    Headers headers = CallHeaders();
    const std::string name = headers[left_out].first;
    headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(left_out));
    add("no " + name, Encode(headers));
    headers = CallHeaders();
    headers[left_out].second = "\x7f x";
    add(name + " is nonsense", Encode(headers));
    headers[left_out].second = "";
    add(name + " is empty", Encode(headers));
  }
  for (const char* path : {"muster.v1.Node/Describe", "//Describe", "/muster.v1.Node/",
                           "/muster.v1.Node/Describe/", "/MUSTER.V1.NODE/DESCRIBE", "*",
                           "/muster.v1.Node/%44escribe", "/../muster.v1.Node/Describe"}) {
    add(std::string("path ") + path, Encode(CallHeaders(path)));
  }
}

void AddMessages(Cases& cases) {
  const auto add = [&](const std::string& name, const std::string& data) {
    cases.push_back({"message: " + name, Open(1) + Frame(kData, kEndStream, 1, data)});
  };
  add("nothing", "");
  for (const unsigned flag : {1u, 2u, 128u, 255u}) {
    add("flag " + std::to_string(flag), Number(flag, 1) + Number(0, 4));
  }
  add("a cut head", std::string(3, '\0'));
  add("shorter than announced", Number(100, 5) + "x");
  add("longer than announced", Number(1, 5) + "xxxx");
  add("two of them", Message("") + Message(""));
  add("of 4 GiB, announced", Number(0xffffffff, 5) + "x");
  add("no protobuf", Message("\xff\xff\xff\xff\xff\xff"));
  std::string nested;
  for (int i = 0; i < 4000; ++i) nested = "\x12" + Integer(0, 7, 0) + nested;
  add("groups 4000 deep", Message(std::string(4000, '\x0b')));
  add("fields of length 0", Message(nested));
  cases.push_back({"trailers without an end", Call(1) + Open(1)});
  cases.push_back({"a stream id that goes back", Call(5) + Call(3)});
  cases.push_back({"a stream twice", Call(1) + Call(1)});
  cases.push_back({"a stream that depends on itself",
                   Frame(kHeaders, kEndHeaders | kHasPriority, 1,
                         Number(1, 4) + Number(0, 1) + Encode(CallHeaders()))});
}

}  // namespace

std::vector<MalformedCase> MalformedCases() {
  Cases cases;
  AddPrefaces(cases);
  AddFrames(cases);
  AddSettingsAndWindows(cases);
  AddHeaders(cases);
  AddMessages(cases);
  return cases;
}

}  // namespace muster::test::http2
