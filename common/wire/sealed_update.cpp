#include "common/wire/sealed_update.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/update_header.hpp"

namespace skerry::wire {

namespace {

constexpr std::string_view kDomain = "skerry/update/1";
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kBodyFixedBytes = 8 + 8 + 2;
constexpr std::size_t kPairBytes = 2 + 2 + 4;

static_assert(kBodyFixedBytes + limits::kReportClassPairsMax * kPairBytes + kAuditCountsBytes + kErrorCountsBytes +
                  soft_label_bytes(SoftLabels::kClassesMax) <=
              limits::kChunkBytes);  // the head lies in the first chunk

std::uint64_t chunks_of(std::uint64_t plain_bytes) {
    return std::max<std::uint64_t>(1, (plain_bytes + limits::kChunkBytes - 1) / limits::kChunkBytes);
}

Bytes hpke_info(const UpdateHeader& header) {
    ByteWriter info;
    info.put(bytes_of(kDomain)).put(ByteView(header.federation.value)).put(ByteView(header.update.node.value));
    return std::move(info).take();
}

/// Binds a chunk to everything in the header, to its place, and to its being the last: nothing can be swapped, dropped
/// or moved under another node's name.
Bytes chunk_aad(const Digest& header, std::uint32_t index, bool last) {
    ByteWriter aad;
    aad.put(ByteView(header)).put(index).put(static_cast<std::uint8_t>(last));
    return std::move(aad).take();
}

Bytes signed_message(const Digest& content) {
    ByteWriter message;
    message.put(bytes_of(kDomain)).put(ByteView(content));
    return std::move(message).take();
}

Digest content_of(ByteView header, ByteView sealed) {
    return crypto::Sha256().update(header).update(sealed).finish();
}

bool pair_is_sound(const ClassPairCount& pair) {
    return pair.truth < limits::kClassesMax && pair.predicted < limits::kClassesMax;
}

Bytes body_head(const UpdateBody& body) {
    ByteWriter head;
    head.put(body.labelled).put(body.errors).put(static_cast<std::uint16_t>(body.confusions.size()));
    for (const ClassPairCount& pair : body.confusions)
        head.put(pair.truth).put(pair.predicted).put(pair.count);
    if (!body.audits.empty()) head.put(encoded(body.audits));
    if (body.error_counts) head.put(encoded(*body.error_counts));
    if (!body.soft_labels.empty()) head.put(encoded(body.soft_labels));
    return std::move(head).take();
}

/// Reads the head from the first chunk and leaves `chunk` at the first byte of Δ, for which it makes room.
Result<UpdateBody> read_head(ByteView& chunk, const UpdateHeader& header) {
    ByteReader in(chunk);
    UpdateBody body;
    body.labelled = in.get<std::uint64_t>();
    body.errors = in.get<std::uint64_t>();
    const auto pairs = in.get<std::uint16_t>();
    if (!in.ok() || pairs > limits::kReportClassPairsMax) {
        return fail(ErrorCode::InvalidInput, "the update's body does not begin like one");
    }
    for (std::uint16_t i = 0; i < pairs; ++i) {
        ClassPairCount pair;
        pair.truth = in.get<std::uint16_t>();
        pair.predicted = in.get<std::uint16_t>();
        pair.count = in.get<std::uint32_t>();
        if (!pair_is_sound(pair)) return fail(ErrorCode::InvalidInput, "the update's body names an impossible class");
        body.confusions.push_back(pair);
    }
    if (header.audits) body.audits = SKERRY_TRY(audit_counts_of(in.get_bytes(kAuditCountsBytes)));
    if (header.error_counts) {
        body.error_counts = SKERRY_TRY(error_counts_of(in.get_bytes(kErrorCountsBytes)));
        SKERRY_TRY(check(*body.error_counts, body.labelled, body.errors, body.confusions));
    }
    if (header.soft_label_classes > 0) {
        body.soft_labels = SKERRY_TRY(soft_labels_of(in.get_bytes(soft_label_bytes(header.soft_label_classes))));
    }
    if (!in.ok() || header.plain_bytes < body_size(0, pairs, header)) {
        return fail(ErrorCode::InvalidInput, "the update's body is shorter than what it says is in it");
    }
    const std::uint64_t bytes = header.plain_bytes - body_size(0, pairs, header);
    if (header.form.encoding != DeltaEncoding::Float32) {
        const DeltaBytesRange range = delta_bytes(header.form);
        if (bytes < range.least || bytes > range.most) {
            return fail(ErrorCode::InvalidInput, "the update's Δ is not as long as its header says");
        }
        body.written.resize(bytes);
    } else if (bytes % sizeof(float) == 0) {
        body.delta.resize(bytes / sizeof(float));
    } else {
        return fail(ErrorCode::InvalidInput, "the update's body is no whole number of float32 values");
    }
    chunk = chunk.last(in.remaining());
    return body;
}

}  // namespace

Bytes SealedUpdate::blob() const {
    Bytes blob;
    blob.reserve(header.size() + sealed.size() + signature.size());
    blob.insert(blob.end(), header.begin(), header.end());
    blob.insert(blob.end(), sealed.begin(), sealed.end());
    blob.insert(blob.end(), signature.begin(), signature.end());
    return blob;
}

Result<SealedUpdate> SealedUpdate::from_blob(ByteView blob) {
    constexpr std::size_t kSmallest = kUpdateHeaderBytes + crypto::kAeadTagBytes + kSignatureBytes;
    if (blob.size() < kSmallest) {
        return fail(ErrorCode::InvalidInput, "a sealed update has at least " + std::to_string(kSmallest) +
                                                 " bytes, this one has " + std::to_string(blob.size()));
    }
    SealedUpdate update;
    update.header = copy_of(blob.first(kUpdateHeaderBytes));
    update.sealed = copy_of(blob.subspan(kUpdateHeaderBytes, blob.size() - kUpdateHeaderBytes - kSignatureBytes));
    std::memcpy(update.signature.data(), blob.last(kSignatureBytes).data(), kSignatureBytes);
    update.content = content_of(update.header, update.sealed);
    return update;
}

std::uint64_t sealed_size(std::uint64_t plain_bytes) {
    return plain_bytes + chunks_of(plain_bytes) * crypto::kAeadTagBytes;
}

std::uint64_t body_size(std::uint64_t values, std::size_t pairs, WithAudits audits, WithErrorCounts errors,
                        std::size_t soft_label_classes) {
    return kBodyFixedBytes + pairs * kPairBytes + (audits == WithAudits::Yes ? kAuditCountsBytes : 0) +
           (errors == WithErrorCounts::Yes ? kErrorCountsBytes : 0) + soft_label_bytes(soft_label_classes) +
           values * sizeof(float);
}

std::uint64_t body_size(std::uint64_t values, std::size_t pairs, const UpdateHeader& header) {
    return body_size(values, pairs, header.audits ? WithAudits::Yes : WithAudits::No,
                     header.error_counts ? WithErrorCounts::Yes : WithErrorCounts::No, header.soft_label_classes);
}

Result<SealedUpdate> seal(UpdateHeader header, const UpdateBody& body, const crypto::SealPublicKey& to,
                          const crypto::SigningKey& identity) {
    if (body.delta.size() > limits::kParametersMax || body.confusions.size() > limits::kReportClassPairsMax ||
        !std::all_of(body.confusions.begin(), body.confusions.end(), pair_is_sound)) {
        return fail(ErrorCode::InvalidInput, "an update of " + std::to_string(body.delta.size()) + " values and " +
                                                 std::to_string(body.confusions.size()) +
                                                 " confusions is beyond the limits of the format");
    }
    if (body.error_counts) SKERRY_TRY(check(*body.error_counts, body.labelled, body.errors, body.confusions));
    // What another would not read is not sealed.
    if (!body.soft_labels.empty()) SKERRY_TRY(soft_labels_of(encoded(body.soft_labels)));
    auto sender = SKERRY_TRY(crypto::HpkeSender::setup(to, hpke_info(header), kUpdateAead));
    header.audits = !body.audits.empty();
    header.error_counts = body.error_counts.has_value();
    header.soft_label_classes = static_cast<std::uint16_t>(body.soft_labels.classes());
    const bool exact = header.form.encoding == DeltaEncoding::Float32;
    SKERRY_ASSERT(exact || header.form.values == body.delta.size());
    const ByteView delta = exact ? std::as_bytes(std::span(body.delta)) : ByteView(body.written);
    header.plain_bytes = body_size(0, body.confusions.size(), header) + delta.size();
    header.encapsulated = sender.enc();

    SealedUpdate update;
    update.header = write_header(header);
    const Digest header_digest = crypto::sha256(update.header);
    const Bytes head = body_head(body);
    const std::uint64_t chunks = chunks_of(header.plain_bytes);
    update.sealed.reserve(sealed_size(header.plain_bytes));
    for (std::uint32_t i = 0; i < chunks; ++i) {
        const Bytes aad = chunk_aad(header_digest, i, i + 1 == chunks);
        Bytes chunk;
        if (i == 0) {
            Bytes first = head;
            const ByteView rest = delta.first(std::min(delta.size(), limits::kChunkBytes - head.size()));
            first.insert(first.end(), rest.begin(), rest.end());
            chunk = sender.seal(aad, first);
        } else {
            const std::size_t begin = i * limits::kChunkBytes - head.size();
            chunk = sender.seal(aad, delta.subspan(begin, std::min(delta.size() - begin, limits::kChunkBytes)));
        }
        update.sealed.insert(update.sealed.end(), chunk.begin(), chunk.end());
    }
    update.content = content_of(update.header, update.sealed);
    update.signature = identity.sign(signed_message(update.content));
    return update;
}

Result<> verify_signature(const Digest& content, const ByteArray<64>& signature, const crypto::VerifyKey& identity) {
    return crypto::verify(identity, signed_message(content), signature);
}

Result<UpdateBody> open(const SealedUpdate& update, const crypto::SealPrivateKey& key) {
    const UpdateHeader header = SKERRY_TRY(read_header(update.header));
    const auto altered = [] {
        return fail(ErrorCode::PermissionDenied,
                    "the update does not open: it was altered, or is sealed to another coordinator");
    };
    if (update.sealed.size() != sealed_size(header.plain_bytes)) return altered();
    auto receiver = crypto::HpkeReceiver::setup(key, header.encapsulated, hpke_info(header), kUpdateAead);
    if (!receiver) return altered();

    const Digest header_digest = crypto::sha256(update.header);
    const std::uint64_t chunks = chunks_of(header.plain_bytes);
    constexpr std::size_t kSealedChunkBytes = limits::kChunkBytes + crypto::kAeadTagBytes;
    ByteView sealed = update.sealed;
    UpdateBody body;
    std::span<std::byte> rest;  // of Δ, still to be filled
    for (std::uint32_t i = 0; i < chunks; ++i) {
        const ByteView sealed_chunk = sealed.first(std::min(sealed.size(), kSealedChunkBytes));
        sealed = sealed.subspan(sealed_chunk.size());
        const auto opened = receiver->open(chunk_aad(header_digest, i, i + 1 == chunks), sealed_chunk);
        if (!opened) return altered();
        ByteView plain = *opened;
        if (i == 0) {
            body = SKERRY_TRY(read_head(plain, header));
            rest = body.written.empty() ? std::as_writable_bytes(std::span(body.delta)) : std::span(body.written);
        }
        std::copy(plain.begin(), plain.end(), rest.begin());
        rest = rest.subspan(plain.size());
    }
    if (!body.written.empty()) body.delta = SKERRY_TRY(decode_delta(header.form, std::exchange(body.written, {})));
    return body;
}

}  // namespace skerry::wire
