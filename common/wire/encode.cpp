#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "common/wire/codec.hpp"
#include "common/wire/skerry.pb.h"
#include "common/wire/text.hpp"

namespace skerry::wire {

namespace {

std::string plain(std::string_view sentence) {
    return to_plain_text(sentence, limits::kTextMax);
}

std::string raw(ByteView bytes) {
    return std::string(text_of(bytes));
}

// The schema keeps 0 for "absent".
template <class Proto, class Ours>
Proto numbered(Ours value) {
    return static_cast<Proto>(static_cast<int>(value) + 1);
}

double finite(double value, double largest) {
    return std::isfinite(value) ? std::clamp(value, 0.0, largest) : 0.0;
}

void write(const SignedBytes& from, proto::SignedBytes& to) {
    SKERRY_ASSERT(from.body.size() <= kSignedBodyBytesMax);
    to.set_body(raw(from.body));
    to.set_signature(raw(from.signature));
}

template <class Number>
void write(const std::array<Number, kTiers>& from, proto::PerTier& to) {
    to.set_light(from[0]);
    to.set_medium(from[1]);
    to.set_heavy(from[2]);
}

void write(const Announcement& from, proto::Announcement& to) {
    write(from.manifest, *to.mutable_manifest());
    to.set_counted(from.counted.value);
    if (!from.audits.empty()) to.set_audits(raw(encoded(from.audits)));
    if (!from.soft_labels.empty()) to.set_soft_labels(raw(encoded(from.soft_labels)));
    SKERRY_ASSERT(from.encodings.size() <= kEncodingsMax);
    for (const SignedBytes& encoding : from.encodings)
        write(encoding, *to.add_encodings());
    SKERRY_ASSERT(from.differences.size() <= kEncodingsMax);
    for (const SignedBytes& difference : from.differences)
        write(difference, *to.add_differences());
    to.set_alarms_known(from.alarms_known);
    to.set_trial_against(from.trial_against.value);
    if (from.drift == DriftNotice{}) return;
    const auto lasts = std::clamp(from.drift.lasts, std::chrono::milliseconds(0), DriftNotice::kLastsMax);
    to.mutable_drift()->set_lasts_ms(static_cast<std::uint32_t>(lasts.count()));
    to.mutable_drift()->set_early(from.drift.early);
}

void write(const DriftAlarm& from, proto::DriftAlarm& to) {
    to.set_number(from.number);
    to.set_at_ms(std::clamp(from.at, kTimeMin, kTimeMax).time_since_epoch().count());
    if (from.label_class) to.set_label_class(*from.label_class + 1);
    to.set_detector(numbered<proto::DriftAlarm::Detector>(from.detector));
    to.set_before(finite(from.before, 1.0));
    to.set_after(finite(from.after, 1.0));
    to.set_trigger(from.trigger);
    to.set_global(from.global.value);
    to.set_local(from.local);
}

void write(const TrialCounts& from, proto::TrialCounts& to) {
    SKERRY_ASSERT(from.consistent());
    to.set_version(from.version.value);
    to.set_samples(from.samples);
    to.set_better(from.better);
    to.set_worse(from.worse);
    to.set_cheaper(from.cheaper);
    to.set_dearer(from.dearer);
    to.set_refused(from.refused);
}

void write(const Hello& from, proto::Envelope& envelope) {
    proto::Hello& to = *envelope.mutable_hello();
    to.set_protocol(from.protocol);
    to.set_model(raw(from.model));
    to.set_installed(from.installed.value);
    to.set_last_sequence(from.last_sequence.value);
    to.set_certificate_expires_ms(std::clamp(from.certificate_expires, kTimeMin, kTimeMax).time_since_epoch().count());
    to.set_software(plain(from.software));
}

void write(const LeaseRequest& from, proto::Envelope& envelope) {
    proto::LeaseRequest& to = *envelope.mutable_lease_request();
    to.set_base(from.base.value);
    to.set_tier(numbered<proto::Tier>(from.tier));
}

void write(const UpdateOffer& from, proto::Envelope& envelope) {
    SKERRY_ASSERT(from.header.size() <= kUpdateHeaderBytes);
    proto::UpdateOffer& to = *envelope.mutable_update_offer();
    write(from.lease, *to.mutable_lease());
    to.set_header(raw(from.header));
    to.set_sealed_bytes(from.sealed_bytes);
    to.set_content(raw(from.content));
    to.set_signature(raw(from.signature));
}

void write(const UpdateChunk& from, proto::Envelope& envelope) {
    proto::UpdateChunk& to = *envelope.mutable_update_chunk();
    to.set_sequence(from.sequence.value);
    to.set_index(from.index);
}

void write(const ModelPull& from, proto::Envelope& envelope) {
    proto::ModelPull& to = *envelope.mutable_model_pull();
    to.set_version(from.version.value);
    to.set_tier(numbered<proto::Tier>(from.tier));
    to.set_first(from.first);
    to.set_count(from.count);
    to.set_encoding(static_cast<std::uint32_t>(from.encoding));
    to.set_base(from.base.value);
}

void write(const Report& from, proto::Envelope& envelope) {
    proto::Report& to = *envelope.mutable_report();
    to.set_global(from.global.value);
    to.set_local(from.local);
    to.set_predictions(from.predictions);
    to.set_labelled(from.labelled);
    to.set_errors(from.errors);
    to.set_accuracy_recent(finite(from.accuracy_recent, 1.0));
    write(from.answered, *to.mutable_answered());
    write(from.latency_p50_us, *to.mutable_latency_p50_us());
    to.set_learning_rate(finite(from.learning_rate, std::numeric_limits<double>::max()));
    to.set_learning_reason(plain(from.learning_reason));
    SKERRY_ASSERT(from.alarms.size() <= kReportedAlarmsMax);
    for (const DriftAlarm& alarm : from.alarms)
        write(alarm, *to.add_alarms());
    if (from.trial) write(*from.trial, *to.mutable_trial());
}

void write(const Goodbye&, proto::Envelope& envelope) {
    envelope.mutable_goodbye();
}

void write(const Welcome& from, proto::Envelope& envelope) {
    proto::Welcome& to = *envelope.mutable_welcome();
    write(from.keys, *to.mutable_keys());
    write(from.certificate, *to.mutable_certificate());
    to.set_accepted(from.accepted.value);
    to.set_steps_per_update(from.steps_per_update);
    to.set_delta_encoding(static_cast<std::uint32_t>(from.delta.encoding));
    to.set_delta_top_ppm(from.delta.top_ppm);
    to.set_delta_zstd(from.delta.zstd);
    write(from.newest, *to.mutable_newest());
}

void write(const Announcement& from, proto::Envelope& envelope) {
    write(from, *envelope.mutable_announcement());
}

void write(const LeaseGrant& from, proto::Envelope& envelope) {
    write(from.lease, *envelope.mutable_lease_grant()->mutable_lease());
}

void write(const LeaseDenied& from, proto::Envelope& envelope) {
    proto::LeaseDenied& to = *envelope.mutable_lease_denied();
    to.set_reason(numbered<proto::LeaseDenied::Reason>(from.reason));
    constexpr std::int64_t kLongest = std::numeric_limits<std::uint32_t>::max();
    to.set_retry_after_ms(static_cast<std::uint32_t>(std::clamp<std::int64_t>(from.retry_after.count(), 0, kLongest)));
    to.set_text(plain(from.text));
}

void write(const PullUpdate& from, proto::Envelope& envelope) {
    proto::PullUpdate& to = *envelope.mutable_pull_update();
    to.set_sequence(from.sequence.value);
    to.set_first(from.first);
    to.set_count(from.count);
}

void write(const Receipt& from, proto::Envelope& envelope) {
    proto::Receipt& to = *envelope.mutable_receipt();
    to.set_sequence(from.sequence.value);
    write(from.receipt, *to.mutable_receipt());
}

void write(const Refusal& from, proto::Envelope& envelope) {
    proto::Refusal& to = *envelope.mutable_refusal();
    to.set_sequence(from.sequence.value);
    to.set_code(numbered<proto::RefusalCode>(from.code));
    to.set_text(plain(from.text));
}

void write(const ModelChunk& from, proto::Envelope& envelope) {
    proto::ModelChunk& to = *envelope.mutable_model_chunk();
    to.set_version(from.version.value);
    to.set_tier(numbered<proto::Tier>(from.tier));
    to.set_index(from.index);
    to.set_encoding(static_cast<std::uint32_t>(from.encoding));
    to.set_base(from.base.value);
}

void write(const Denied& from, proto::Envelope& envelope) {
    proto::Denied& to = *envelope.mutable_denied();
    to.set_reason(numbered<proto::Denied::Reason>(from.reason));
    to.set_text(plain(from.text));
}

void write(const JoinRequest& from, proto::Envelope& envelope) {
    proto::JoinRequest& to = *envelope.mutable_join_request();
    to.set_token(raw(from.token.value));
    to.set_identity(raw(from.identity));
    to.set_transport(raw(from.transport));
    to.set_name(from.name);
    to.set_tier(numbered<proto::Tier>(from.tier));
    to.set_nonce(raw(from.nonce));
    to.set_proof(raw(from.proof));
    to.set_signature(raw(from.signature));
}

void write(const JoinReply& from, proto::Envelope& envelope) {
    SKERRY_ASSERT(from.model.size() <= limits::kModelTextBytesMax);
    proto::JoinReply& to = *envelope.mutable_join_reply();
    to.set_admitted(from.admitted);
    to.set_text(plain(from.text));
    to.set_root(raw(from.root));
    write(from.keys, *to.mutable_keys());
    write(from.certificate, *to.mutable_certificate());
    to.set_model(from.model);
    to.set_fleet_endpoint(from.fleet_endpoint);
    to.set_proof(raw(from.proof));
}

template <class Message>
constexpr bool kIsChunk = std::is_same_v<Message, UpdateChunk> || std::is_same_v<Message, ModelChunk>;

template <class Message>
Frames head_of(const Message& message) {
    proto::Envelope envelope;
    write(message, envelope);
    Frames frames(1);
    frames[0].resize(envelope.ByteSizeLong());
    envelope.SerializeToArray(frames[0].data(), static_cast<int>(frames[0].size()));
    return frames;
}

template <class Message>
Frames frames_of(Message& message) {
    Frames frames = head_of(message);
    if constexpr (kIsChunk<Message>) {
        SKERRY_ASSERT(!message.bytes.empty() && message.bytes.size() <= limits::kChunkBytes);
        frames.push_back(std::move(message.bytes));
    }
    return frames;
}

}  // namespace

Frames encode(FromNode message) {
    return std::visit([](auto& kind) { return frames_of(kind); }, message);
}

Frames encode(FromCoordinator message) {
    return std::visit([](auto& kind) { return frames_of(kind); }, message);
}

Frames encode_head(const ModelChunk& message) {
    SKERRY_ASSERT(message.bytes.empty());
    return head_of(message);
}

Frames encode(const JoinRequest& message) {
    return frames_of(message);
}

Frames encode(const JoinReply& message) {
    return frames_of(message);
}

}  // namespace skerry::wire
