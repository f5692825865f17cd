#include "common/wire/update_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/update_header.hpp"

namespace skerry::wire {
namespace {

constexpr std::size_t kSealedChunkBytes = limits::kChunkBytes + crypto::kAeadTagBytes;

tl::unexpected<Error> altered() {
    return fail(ErrorCode::PermissionDenied,
                "the update does not open: it was altered, or is sealed to another coordinator");
}

/// What lies before Δ in the body.
Result<UpdateBody> read_head(ByteReader& in, const UpdateHeader& header) {
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
        if (!is_sound(pair)) return fail(ErrorCode::InvalidInput, "the update's body names an impossible class");
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
    return body;
}

/// How many values so many bytes are.
Result<std::uint64_t> count_values(const UpdateHeader& header, std::uint64_t bytes) {
    if (header.form.encoding != DeltaEncoding::Float32) {
        const DeltaBytesRange range = delta_bytes(header.form);
        if (bytes >= range.least && bytes <= range.most) return header.form.values;
        return fail(ErrorCode::InvalidInput, "the update's Δ is not as long as its header says");
    }
    if (bytes % sizeof(float) == 0) return bytes / sizeof(float);
    return fail(ErrorCode::InvalidInput, "the update's body is no whole number of float32 values");
}

}  // namespace

Result<UpdateReader> UpdateReader::open(ByteView header, std::uint64_t sealed_bytes, Sealed sealed,
                                        const crypto::SealPrivateKey& key) {
    UpdateHeader read = SKERRY_TRY(read_header(header));
    if (sealed_bytes != sealed_size(read.plain_bytes)) return altered();
    auto receiver = crypto::HpkeReceiver::setup(key, read.encapsulated, hpke_info(read), kUpdateAead);
    if (!receiver) return altered();
    UpdateReader reader(std::move(read), crypto::sha256(header), std::move(sealed), *std::move(receiver));
    SKERRY_TRY(reader.open_chunk(0));
    ByteReader in(reader.chunk_);
    reader.head_ = SKERRY_TRY(read_head(in, reader.header_));
    reader.delta_at_ = reader.chunk_.size() - in.remaining();
    reader.delta_bytes_ = reader.header_.plain_bytes - reader.delta_at_;
    reader.values_ = SKERRY_TRY(count_values(reader.header_, reader.delta_bytes_));
    return reader;
}

void UpdateReader::forget() {
    opened_ = UINT32_MAX;
    chunk_ = Bytes();
}

Result<> UpdateReader::open_chunk(std::uint32_t index) {
    if (opened_ == index) return {};
    forget();
    const std::uint64_t chunks = chunks_of(header_.plain_bytes);
    const std::uint64_t offset = std::uint64_t{index} * kSealedChunkBytes;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(sealed_size(header_.plain_bytes) - offset, kSealedChunkBytes));
    const Bytes sealed = SKERRY_TRY(sealed_(offset, count));
    auto plain = receiver_.open_at(index, chunk_aad(header_digest_, index, index + 1 == chunks), sealed);
    if (!plain) return altered();
    chunk_ = *std::move(plain);
    opened_ = index;
    return {};
}

Result<> UpdateReader::copy(std::uint64_t first, std::span<std::byte> out) {
    std::uint64_t at = delta_at_ + first;
    while (!out.empty()) {
        SKERRY_TRY(open_chunk(static_cast<std::uint32_t>(at / limits::kChunkBytes)));
        const auto begin = static_cast<std::size_t>(at % limits::kChunkBytes);
        const std::size_t count = std::min(out.size(), chunk_.size() - begin);
        std::memcpy(out.data(), chunk_.data() + begin, count);
        out = out.subspan(count);
        at += count;
    }
    return {};
}

bool UpdateReader::in_pieces() const {
    return header_.form.encoding == DeltaEncoding::Float32 || reads_in_pieces(header_.form);
}

Result<> UpdateReader::read(std::uint64_t first, std::span<float> out) {
    SKERRY_ASSERT(in_pieces() && first + out.size() <= values_);
    const DeltaForm& form = header_.form;
    const std::uint64_t exact = form.encoding == DeltaEncoding::Float32 ? values_ : form.exact;
    const auto front = static_cast<std::size_t>(std::min<std::uint64_t>(exact - std::min(first, exact), out.size()));
    SKERRY_TRY(copy(first * sizeof(float), std::as_writable_bytes(out.first(front))));
    return front == out.size() ? Result<>() : read_coarse(first + front, out.subspan(front));
}

Result<> UpdateReader::read_coarse(std::uint64_t first, std::span<float> out) {
    const DeltaPiece piece = piece_of(header_.form, first, out.size());
    if (lead_.size() != piece.lead) {
        lead_.resize(static_cast<std::size_t>(piece.lead));
        SKERRY_TRY(copy(piece.lead_at, lead_));
    }
    Bytes written(static_cast<std::size_t>(piece.lead + piece.bytes));
    std::copy(lead_.begin(), lead_.end(), written.begin());
    SKERRY_TRY(copy(piece.at, std::span(written).subspan(lead_.size())));
    if (piece.count == out.size()) return decode_piece(header_.form, written, out);
    std::vector<float> blocks(static_cast<std::size_t>(piece.count));
    SKERRY_TRY(decode_piece(header_.form, written, blocks));
    std::copy_n(blocks.begin() + static_cast<std::ptrdiff_t>(first - piece.first), out.size(), out.begin());
    return {};
}

Result<std::vector<float>> UpdateReader::read_all() {
    if (header_.form.encoding == DeltaEncoding::Float32) {
        std::vector<float> delta(values_);
        SKERRY_TRY(read(0, delta));
        return delta;
    }
    return decode_delta(header_.form, SKERRY_TRY(read_written()));
}

Result<SparseValues> UpdateReader::read_sparse() {
    SKERRY_ASSERT(is_sparse());
    return decode_sparse(header_.form, SKERRY_TRY(read_written()));
}

Result<Bytes> UpdateReader::read_written() {
    Bytes written(delta_bytes_);
    SKERRY_TRY(copy(0, written));
    forget();
    return written;
}

}  // namespace skerry::wire
