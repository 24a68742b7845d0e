#include "client/drain_watch.h"

#include <grpcpp/generic/generic_stub.h>

#include <string>
#include <utility>

#include "common/tsan.h"

namespace muster {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Watch";

// A HealthCheckResponse whose status, its only field, is NOT_SERVING.
bool SaysNotServing(grpc::ByteBuffer& answer) {
  grpc::Slice slice;
  if (!answer.DumpToSingleSlice(&slice).ok()) return false;
  return std::string(slice.begin(), slice.end()) == "\x08\x02";
}

}  // namespace

std::shared_ptr<DrainWatch> DrainWatch::Begin(const std::shared_ptr<grpc::Channel>& channel,
                                              std::function<void()> on_drain) {
  std::shared_ptr<DrainWatch> watch(new DrainWatch(std::move(on_drain)));
  watch->self_ = watch;
  const grpc::Slice all_services("");
  watch->request_ = grpc::ByteBuffer(&all_services, 1);
  grpc::GenericStub(channel).PrepareBidiStreamingCall(&watch->context_, kMethod, {}, watch.get());
  watch->StartWriteLast(&watch->request_, grpc::WriteOptions());
  watch->StartRead(&watch->answer_);
  TsanRelease(watch.get());
  watch->StartCall();
  return watch;
}

void DrainWatch::OnReadDone(bool ok) {
  TsanAcquire(this);
  if (!ok) return;
  if (on_drain_ && SaysNotServing(answer_)) std::exchange(on_drain_, nullptr)();
  TsanRelease(this);
  StartRead(&answer_);
}

void DrainWatch::OnDone(const grpc::Status& /*status*/) {
  TsanAcquire(this);
  const std::shared_ptr<DrainWatch> self = std::move(self_);
}

}  // namespace muster
