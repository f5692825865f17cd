#include <limits>
#include <utility>

#include "common/wire/codec.hpp"
#include "common/wire/field_checks.hpp"
#include "common/wire/skerry.pb.h"

namespace skerry::wire {

namespace {

using namespace checks;

Result<WeightEncoding> weight_encoding(std::uint32_t number) {
    if (number >= kWeightEncodings) return invalid("weights have the unknown encoding ", std::to_string(number));
    return static_cast<WeightEncoding>(number);
}

Result<SignedBytes> read(const proto::SignedBytes& from, std::string_view what) {
    SignedBytes to;
    to.body = SKERRY_TRY(bytes(from.body(), kSignedBodyBytesMax, what));
    if (to.body.empty() && from.signature().empty()) return to;
    to.signature = SKERRY_TRY(array<64>(from.signature(), "a signature"));
    return to;
}

template <class Number>
Result<std::array<Number, kTiers>> read(const proto::PerTier& from, std::string_view what) {
    for (const std::uint64_t value : {from.light(), from.medium(), from.heavy()}) {
        if (value > std::numeric_limits<Number>::max()) return invalid(what, " is out of its range");
    }
    return std::array<Number, kTiers>{static_cast<Number>(from.light()), static_cast<Number>(from.medium()),
                                      static_cast<Number>(from.heavy())};
}

Result<Hello> read(const proto::Hello& from) {
    Hello to;
    to.protocol = from.protocol();
    to.model = SKERRY_TRY(array<32>(from.model(), "the model's identity"));
    to.installed = ModelVersion{from.installed()};
    to.last_sequence = Sequence{from.last_sequence()};
    to.certificate_expires = SKERRY_TRY(time(from.certificate_expires_ms(), "the certificate's end"));
    to.software = SKERRY_TRY(text(from.software(), "the software's name"));
    return to;
}

Result<LeaseRequest> read(const proto::LeaseRequest& from) {
    return LeaseRequest{ModelVersion{from.base()}, SKERRY_TRY(tier(from.tier()))};
}

Result<UpdateOffer> read(const proto::UpdateOffer& from) {
    UpdateOffer to;
    to.lease = SKERRY_TRY(read(from.lease(), "the lease"));
    to.header = SKERRY_TRY(bytes(from.header(), kUpdateHeaderBytes, "the header"));
    to.sealed_bytes = from.sealed_bytes();
    to.content = SKERRY_TRY(array<32>(from.content(), "the content's hash"));
    to.signature = SKERRY_TRY(array<64>(from.signature(), "the signature"));
    return to;
}

Result<UpdateChunk> read(const proto::UpdateChunk& from, Bytes payload) {
    return UpdateChunk{Sequence{from.sequence()}, SKERRY_TRY(chunk(from.index())), std::move(payload)};
}

Result<ModelPull> read(const proto::ModelPull& from) {
    return ModelPull{ModelVersion{from.version()},
                     SKERRY_TRY(tier(from.tier())),
                     SKERRY_TRY(chunk(from.first())),
                     SKERRY_TRY(chunk_count(from.count())),
                     SKERRY_TRY(weight_encoding(from.encoding())),
                     ModelVersion{from.base()}};
}

Result<DriftAlarm> read(const proto::DriftAlarm& from, std::uint64_t above) {
    DriftAlarm to;
    to.number = from.number();
    if (to.number <= above || to.number > kAlarmNumberMax) {
        return invalid("drift alarm ", std::to_string(to.number), " is out of its order");
    }
    to.at = SKERRY_TRY(time(from.at_ms(), "the alarm's time"));
    if (from.label_class() > limits::kClassesMax) {
        return invalid("a drift alarm is about class ", std::to_string(from.label_class() - 1),
                       ", which no model can have");
    }
    if (from.label_class() > 0) to.label_class = from.label_class() - 1;
    to.detector = SKERRY_TRY(choice(from.detector(), DriftDetector::Kswin, "the alarm's detector"));
    to.before = SKERRY_TRY(number(from.before(), 1.0, "the error rate before the alarm"));
    to.after = SKERRY_TRY(number(from.after(), 1.0, "the error rate after the alarm"));
    to.trigger = from.trigger();
    to.global = ModelVersion{from.global()};
    to.local = from.local();
    return to;
}

Result<TrialCounts> read(const proto::TrialCounts& from) {
    const TrialCounts to{ModelVersion{from.version()},
                         from.samples(),
                         from.better(),
                         from.worse(),
                         from.cheaper(),
                         from.dearer(),
                         from.refused()};
    if (!to.consistent()) return invalid("the counts of a trial contradict each other");
    return to;
}

Result<Report> read(const proto::Report& from) {
    Report to;
    to.global = ModelVersion{from.global()};
    to.local = from.local();
    to.predictions = from.predictions();
    to.labelled = from.labelled();
    to.errors = from.errors();
    to.accuracy_recent = SKERRY_TRY(number(from.accuracy_recent(), 1.0, "the accuracy"));
    to.answered = SKERRY_TRY(read<std::uint64_t>(from.answered(), "the count of answers"));
    to.latency_p50_us = SKERRY_TRY(read<std::uint32_t>(from.latency_p50_us(), "the latency"));
    to.learning_rate =
        SKERRY_TRY(number(from.learning_rate(), std::numeric_limits<double>::max(), "the learning rate"));
    to.learning_reason = SKERRY_TRY(text(from.learning_reason(), "the learning rate's reason"));
    if (static_cast<std::size_t>(from.alarms_size()) > kReportedAlarmsMax) {
        return invalid("a report has ", std::to_string(from.alarms_size()), " drift alarms, at most ",
                       std::to_string(kReportedAlarmsMax), " are allowed");
    }
    for (const proto::DriftAlarm& alarm : from.alarms())
        to.alarms.push_back(SKERRY_TRY(read(alarm, to.alarms.empty() ? 0 : to.alarms.back().number)));
    if (from.has_trial()) to.trial = SKERRY_TRY(read(from.trial()));
    return to;
}

Result<Announcement> read(const proto::Announcement& from) {
    Announcement to{SKERRY_TRY(read(from.manifest(), "the manifest")), Sequence{from.counted()}};
    if (from.alarms_known() > kAlarmNumberMax) return invalid("no node has raised so many drift alarms");
    to.alarms_known = from.alarms_known();
    to.trial_against.value = from.trial_against();
    if (from.drift().lasts_ms() > DriftNotice::kLastsMax.count()) return invalid("a drift lasts longer than a day");
    to.drift = {std::chrono::milliseconds(from.drift().lasts_ms()), from.drift().early()};
    if (!from.audits().empty()) to.audits = SKERRY_TRY(audit_counts_of(bytes_of(from.audits())));
    if (!from.soft_labels().empty()) to.soft_labels = SKERRY_TRY(soft_labels_of(bytes_of(from.soft_labels())));
    for (const int offered : {from.encodings_size(), from.differences_size()}) {
        if (static_cast<std::size_t>(offered) > kEncodingsMax) {
            return fail(ErrorCode::InvalidInput, "a version is announced in " + std::to_string(offered) +
                                                     " encodings; at most " + std::to_string(kEncodingsMax) +
                                                     " are possible");
        }
    }
    for (const proto::SignedBytes& encoding : from.encodings())
        to.encodings.push_back(SKERRY_TRY(read(encoding, "an encoding of the version")));
    for (const proto::SignedBytes& difference : from.differences())
        to.differences.push_back(SKERRY_TRY(read(difference, "a difference of the version")));
    return to;
}

// A newer coordinator may know more ways than we do, and takes this one from everybody.
DeltaPolicy delta_policy(std::uint32_t encoding, std::uint32_t top_ppm, bool zstd) {
    if (encoding > static_cast<std::uint32_t>(kLastDeltaEncoding)) return {};
    const auto known = static_cast<DeltaEncoding>(encoding);
    if (known == DeltaEncoding::Float32) return {};
    if (known != DeltaEncoding::Top) return {known, 0, zstd};
    return top_ppm >= 1 && top_ppm <= kTopMax ? DeltaPolicy{known, top_ppm, zstd} : DeltaPolicy{};
}

Result<Welcome> read(const proto::Welcome& from) {
    Welcome to;
    to.keys = SKERRY_TRY(read(from.keys(), "the key set"));
    to.certificate = SKERRY_TRY(read(from.certificate(), "the certificate"));
    to.accepted = Sequence{from.accepted()};
    to.steps_per_update = from.steps_per_update();
    to.delta = delta_policy(from.delta_encoding(), from.delta_top_ppm(), from.delta_zstd());
    to.newest = SKERRY_TRY(read(from.newest()));
    return to;
}

Result<LeaseGrant> read(const proto::LeaseGrant& from) {
    return LeaseGrant{SKERRY_TRY(read(from.lease(), "the lease"))};
}

Result<LeaseDenied> read(const proto::LeaseDenied& from) {
    return LeaseDenied{SKERRY_TRY(choice(from.reason(), LeaseDenied::Reason::TierTooHigh, "the reason")),
                       std::chrono::milliseconds(from.retry_after_ms()),
                       SKERRY_TRY(text(from.text(), "the denial's text"))};
}

Result<PullUpdate> read(const proto::PullUpdate& from) {
    return PullUpdate{Sequence{from.sequence()}, SKERRY_TRY(chunk(from.first())),
                      SKERRY_TRY(chunk_count(from.count()))};
}

Result<Receipt> read(const proto::Receipt& from) {
    return Receipt{Sequence{from.sequence()}, SKERRY_TRY(read(from.receipt(), "the receipt"))};
}

Result<Refusal> read(const proto::Refusal& from) {
    return Refusal{Sequence{from.sequence()}, SKERRY_TRY(choice(from.code(), RefusalCode::NotYourTurn, "the refusal")),
                   SKERRY_TRY(text(from.text(), "the refusal's text"))};
}

Result<ModelChunk> read(const proto::ModelChunk& from, Bytes payload) {
    const WeightEncoding encoding = SKERRY_TRY(weight_encoding(from.encoding()));
    return ModelChunk{ModelVersion{from.version()},
                      SKERRY_TRY(tier(from.tier())),
                      SKERRY_TRY(chunk(from.index())),
                      std::move(payload),
                      encoding,
                      ModelVersion{from.base()}};
}

Result<Denied> read(const proto::Denied& from) {
    return Denied{SKERRY_TRY(choice(from.reason(), Denied::Reason::Expired, "the reason")),
                  SKERRY_TRY(text(from.text(), "the reason's text"))};
}

Result<JoinRequest> read(const proto::JoinRequest& from) {
    JoinRequest to;
    to.token.value = SKERRY_TRY(array<6>(from.token(), "the token's id"));
    to.identity = SKERRY_TRY(array<32>(from.identity(), "the identity"));
    to.transport = SKERRY_TRY(array<32>(from.transport(), "the transport key"));
    if (const std::string problem = name_problem(from.name()); !problem.empty()) return invalid(problem);
    to.name = from.name();
    to.tier = SKERRY_TRY(tier(from.tier()));
    to.nonce = SKERRY_TRY(array<32>(from.nonce(), "the nonce"));
    to.proof = SKERRY_TRY(array<32>(from.proof(), "the proof"));
    to.signature = SKERRY_TRY(array<64>(from.signature(), "the signature"));
    return to;
}

Result<JoinReply> read(const proto::JoinReply& from) {
    JoinReply to;
    to.admitted = from.admitted();
    to.text = SKERRY_TRY(text(from.text(), "the reply's text"));
    to.root = SKERRY_TRY(array<32>(from.root(), "the root key"));
    to.keys = SKERRY_TRY(read(from.keys(), "the key set"));
    to.certificate = SKERRY_TRY(read(from.certificate(), "the certificate"));
    to.model = SKERRY_TRY(text(from.model(), "the model's text", limits::kModelTextBytesMax, LineBreaks::Allow));
    to.fleet_endpoint = SKERRY_TRY(text(from.fleet_endpoint(), "the fleet's endpoint"));
    to.proof = SKERRY_TRY(array<32>(from.proof(), "the proof"));
    return to;
}

/// Parses frame 0 and checks that frame 1 is there exactly when the kind has a payload.
Result<proto::Envelope> open_envelope(const Frames& frames, std::size_t control_bytes_max) {
    if (frames.empty() || frames.size() > limits::kFramesMax) {
        return invalid("a message has 1 or 2 frames, this one has ", std::to_string(frames.size()));
    }
    if (frames[0].size() > control_bytes_max) {
        return invalid("a control message of ", std::to_string(frames[0].size()), " bytes, at most ",
                       std::to_string(control_bytes_max), " are allowed");
    }
    proto::Envelope envelope;
    if (!envelope.ParseFromArray(frames[0].data(), static_cast<int>(frames[0].size()))) {
        return invalid("frame 0 is not an envelope of skerry.proto");
    }
    const bool chunk_kind = envelope.has_update_chunk() || envelope.has_model_chunk();
    if (chunk_kind != (frames.size() == 2)) {
        return invalid(chunk_kind ? "a chunk without its payload" : "a control message with a second frame");
    }
    if (chunk_kind && (frames[1].empty() || frames[1].size() > limits::kChunkBytes)) {
        return invalid("a chunk of ", std::to_string(frames[1].size()), " bytes, must be 1 to ",
                       std::to_string(limits::kChunkBytes));
    }
    return envelope;
}

tl::unexpected<Error> not_expected(const proto::Envelope& envelope) {
    if (envelope.message_case() == proto::Envelope::MESSAGE_NOT_SET) {
        return invalid("a kind of message that this version does not know");
    }
    return invalid("a message of kind ", std::to_string(envelope.message_case()), ", which has no place here");
}

}  // namespace

Result<FromNode> decode_from_node(Frames frames) {
    const proto::Envelope envelope = SKERRY_TRY(open_envelope(frames, limits::kControlBytesMax));
    switch (envelope.message_case()) {
        case proto::Envelope::kHello:
            return read(envelope.hello());
        case proto::Envelope::kLeaseRequest:
            return read(envelope.lease_request());
        case proto::Envelope::kUpdateOffer:
            return read(envelope.update_offer());
        case proto::Envelope::kUpdateChunk:
            return read(envelope.update_chunk(), std::move(frames[1]));
        case proto::Envelope::kModelPull:
            return read(envelope.model_pull());
        case proto::Envelope::kReport:
            return read(envelope.report());
        case proto::Envelope::kGoodbye:
            return Goodbye{};
        default:
            return not_expected(envelope);
    }
}

Result<FromCoordinator> decode_from_coordinator(Frames frames) {
    const proto::Envelope envelope = SKERRY_TRY(open_envelope(frames, limits::kControlBytesMax));
    switch (envelope.message_case()) {
        case proto::Envelope::kWelcome:
            return read(envelope.welcome());
        case proto::Envelope::kAnnouncement:
            return read(envelope.announcement());
        case proto::Envelope::kLeaseGrant:
            return read(envelope.lease_grant());
        case proto::Envelope::kLeaseDenied:
            return read(envelope.lease_denied());
        case proto::Envelope::kPullUpdate:
            return read(envelope.pull_update());
        case proto::Envelope::kReceipt:
            return read(envelope.receipt());
        case proto::Envelope::kRefusal:
            return read(envelope.refusal());
        case proto::Envelope::kModelChunk:
            return read(envelope.model_chunk(), std::move(frames[1]));
        case proto::Envelope::kDenied:
            return read(envelope.denied());
        default:
            return not_expected(envelope);
    }
}

Result<JoinRequest> decode_join_request(const Frames& frames) {
    const proto::Envelope envelope = SKERRY_TRY(open_envelope(frames, kJoinRequestBytesMax));
    return envelope.has_join_request() ? read(envelope.join_request()) : not_expected(envelope);
}

Result<JoinReply> decode_join_reply(const Frames& frames) {
    const proto::Envelope envelope = SKERRY_TRY(open_envelope(frames, kJoinReplyBytesMax));
    return envelope.has_join_reply() ? read(envelope.join_reply()) : not_expected(envelope);
}

}  // namespace skerry::wire
