#include "common/wire/sealed_update.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/update_header.hpp"
#include "common/wire/update_reader.hpp"

namespace skerry::wire {

namespace {

constexpr std::string_view kSignatureDomain = "skerry/update/1";
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kBodyFixedBytes = 8 + 8 + 2;
constexpr std::size_t kPairBytes = 2 + 2 + 4;

static_assert(kBodyFixedBytes + limits::kReportClassPairsMax * kPairBytes + kAuditCountsBytes + kErrorCountsBytes +
                  soft_label_bytes(SoftLabels::kClassesMax) <=
              limits::kChunkBytes);  // the head lies in the first chunk

Bytes signed_message(const Digest& content) {
    ByteWriter message;
    message.put(bytes_of(kSignatureDomain)).put(ByteView(content));
    return std::move(message).take();
}

Digest content_of(ByteView header, ByteView sealed) {
    return crypto::Sha256().update(header).update(sealed).finish();
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
    const bool exact = header.form.encoding == DeltaEncoding::Float32;
    const std::size_t values = exact ? body.delta.size() : header.form.values;
    if (values > limits::kParametersMax || body.confusions.size() > limits::kReportClassPairsMax ||
        !std::all_of(body.confusions.begin(), body.confusions.end(), is_sound)) {
        return fail(ErrorCode::InvalidInput, "an update of " + std::to_string(values) + " values and " +
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
    const ByteView sealed = update.sealed;
    auto reader = SKERRY_TRY(UpdateReader::open(
        update.header, sealed.size(),
        [sealed](std::uint64_t offset, std::size_t count) -> Result<Bytes> {
            return copy_of(sealed.subspan(offset, count));
        },
        key));
    UpdateBody body = reader.take_head();
    body.delta = SKERRY_TRY(reader.read_all());
    return body;
}

}  // namespace skerry::wire
