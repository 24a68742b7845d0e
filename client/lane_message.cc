#include "client/lane_message.h"

#include "client/wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/slice.h>

#include "common/limits.h"
#include "muster/v1/node.pb.h"

namespace muster {
namespace {

using google::protobuf::io::CodedOutputStream;

// Of the encoding of protobuf.
constexpr int kNumber = 0;
constexpr int kBytes = 2;
constexpr std::size_t kMaxFieldHead = 16;

constexpr std::uint32_t Tag(int field, int type) {
  return static_cast<std::uint32_t>(field) << 3 | static_cast<std::uint32_t>(type);
}

// What a field takes that holds this number.
std::size_t SizeOf(int field, std::uint64_t value) {
  return CodedOutputStream::VarintSize32(Tag(field, kNumber)) +
         CodedOutputStream::VarintSize64(value);
}

std::size_t SizeOfBytes(int field, std::size_t size) { return SizeOf(field, size) + size; }

std::uint64_t Count(std::chrono::milliseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

}  // namespace

void LaneMessage::Append(int field, int type, std::uint64_t value) {
  std::uint8_t head[kMaxFieldHead];
  std::uint8_t* end = CodedOutputStream::WriteVarint32ToArray(Tag(field, type), head);
  end = CodedOutputStream::WriteVarint64ToArray(value, end);
  bytes_.append(reinterpret_cast<const char*>(head), static_cast<std::size_t>(end - head));
}

void LaneMessage::AddRequest(std::uint64_t sequence, const LaneRequest& request) {
  using Request = v1::ExecuteRequest;
  const v1::PythonSource::Form form = wire::ToForm(request.form);
  const bool has_form = form != v1::PythonSource::FORM_REPR;  // which is what its absence means
  const bool has_grace = request.grace != kDefaultGrace;
  const bool has_place = request.place.size != 1 || request.place.rank != 0;

  const std::size_t id = SizeOf(v1::ExecutionId::kSequenceFieldNumber, sequence);
  std::size_t python = SizeOfBytes(v1::PythonSource::kSourceFieldNumber, request.source.size());
  if (has_form) python += SizeOf(v1::PythonSource::kFormFieldNumber, form);
  std::size_t size =
      SizeOfBytes(Request::kIdFieldNumber, id) + SizeOfBytes(Request::kPythonFieldNumber, python);
  if (request.deadline) size += SizeOf(Request::kDeadlineMsFieldNumber, Count(*request.deadline));
  if (has_grace) size += SizeOf(Request::kGraceMsFieldNumber, Count(request.grace));
  if (has_place) {
    size += SizeOf(Request::kSizeFieldNumber, request.place.size) +
            SizeOf(Request::kRankFieldNumber, request.place.rank);
  }

  Append(v1::ExecuteManyRequest::kRequestsFieldNumber, kBytes, size);
  Append(Request::kIdFieldNumber, kBytes, id);
  Append(v1::ExecutionId::kSequenceFieldNumber, kNumber, sequence);
  Append(Request::kPythonFieldNumber, kBytes, python);
  Append(v1::PythonSource::kSourceFieldNumber, kBytes, request.source.size());
  bytes_ += request.source;
  if (has_form) Append(v1::PythonSource::kFormFieldNumber, kNumber, form);
  if (request.deadline) Append(Request::kDeadlineMsFieldNumber, kNumber, Count(*request.deadline));
  if (has_grace) Append(Request::kGraceMsFieldNumber, kNumber, Count(request.grace));
  if (has_place) {
    Append(Request::kSizeFieldNumber, kNumber, request.place.size);
    Append(Request::kRankFieldNumber, kNumber, request.place.rank);
  }
}

void LaneMessage::AddCredit(std::uint64_t sequence, std::uint64_t bytes) {
  Append(v1::ExecuteManyRequest::kCreditsFieldNumber, kBytes,
         SizeOf(v1::Credit::kSequenceFieldNumber, sequence) +
             SizeOf(v1::Credit::kBytesFieldNumber, bytes));
  Append(v1::Credit::kSequenceFieldNumber, kNumber, sequence);
  Append(v1::Credit::kBytesFieldNumber, kNumber, bytes);
}

void LaneMessage::Acknowledge(std::uint64_t messages) {
  Append(v1::ExecuteManyRequest::kAcknowledgedFieldNumber, kNumber, messages);
}

grpc::ByteBuffer LaneMessage::Buffer() const {
  const grpc::Slice slice(bytes_);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace muster
