#include "coordinator/admission/examine.hpp"

#include <algorithm>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/update_reader.hpp"

namespace skerry::coordinator {
namespace {

using wire::RefusalCode;

constexpr std::size_t kValuesAtOnce = limits::kChunkBytes / sizeof(float);

using Read = Result<Bytes> (storage::BlobStore::*)(const Digest&, std::uint64_t, std::size_t) const;

Result<bool> is_what_was_offered(const Examination& what, const storage::BlobStore& blobs, Read read) {
    // The draft may have begun with another offer of the node.
    if (SKERRY_TRY((blobs.*read)(what.content, 0, wire::kUpdateHeaderBytes)) != what.header) return false;
    crypto::Sha256 hash;
    hash.update(what.header);
    for (std::uint64_t at = 0; at < what.sealed_bytes; at += limits::kChunkBytes) {
        const auto count = std::min<std::uint64_t>(limits::kChunkBytes, what.sealed_bytes - at);
        hash.update(
            SKERRY_TRY((blobs.*read)(what.content, wire::kUpdateHeaderBytes + at, static_cast<std::size_t>(count))));
    }
    return hash.finish() == what.content;
}

Result<bool> is_what_was_offered(const Examination& what, const storage::BlobStore& blobs,
                                 const std::optional<Digest>& known) {
    if (known) {
        if (*known != what.content) return false;
        return SKERRY_TRY(blobs.read_draft(what.content, 0, wire::kUpdateHeaderBytes)) == what.header;
    }
    auto offered = is_what_was_offered(what, blobs, &storage::BlobStore::read_unchecked);
    if (!offered || *offered) return offered;
    // The node's fault, unless the disk says that it is its own.
    return is_what_was_offered(what, blobs, &storage::BlobStore::read_draft);
}

/// It is not there, or shorter: not the disk's fault.
bool is_about_the_draft(const Error& error) {
    return error.code == ErrorCode::NotFound || error.code == ErrorCode::InvalidInput;
}

/// What a reader failed with: a flaw of the update, or an error of the disk.
Result<Examined> flaw_in(const Error& error) {
    switch (error.code) {
        case ErrorCode::PermissionDenied:
            return Flaw{RefusalCode::Undecryptable, error.message};
        case ErrorCode::InvalidInput:
            return Flaw{RefusalCode::Misshapen, error.message};
        default:
            return tl::unexpected<Error>(error);
    }
}

/// Whom the values are shown, piece by piece.
struct Examiners {
    DeltaGate gate;
    std::optional<Sketcher> sketcher;
    std::size_t statistics = 0;  ///< that are still to come

    Verdict take(std::span<const float> values) {
        if (Verdict flaw = gate.take(values)) return flaw;
        const std::size_t untrained = std::min(values.size(), statistics);
        statistics -= untrained;
        if (sketcher) sketcher->take(values.subspan(untrained));
        return {};
    }
    Verdict take(const SparseValues& values) {
        if (Verdict flaw = gate.take(values)) return flaw;
        if (sketcher) sketcher->take(values, statistics);
        return {};
    }
};

Result<Verdict> check_values(wire::UpdateReader& update, Examiners& examiners) {
    if (update.is_sparse() && update.header().form.exact == examiners.statistics)
        return examiners.take(SKERRY_TRY(update.read_sparse()));
    if (!update.in_pieces()) return examiners.take(SKERRY_TRY(update.read_all()));
    std::vector<float> values;
    for (std::uint64_t at = 0; at < update.values(); at += values.size()) {
        values.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kValuesAtOnce, update.values() - at)));
        SKERRY_TRY(update.read(at, values));
        if (Verdict flaw = examiners.take(values)) return flaw;
    }
    return Verdict{};
}

tl::unexpected<Error> not_given_back(const Examination& what) {
    return fail(ErrorCode::Unavailable, "the disk does not give back what arrived as " + to_hex(what.content));
}

bool is_undecryptable(const Result<Examined>& found) {
    const auto* const flaw = found ? std::get_if<Flaw>(&*found) : nullptr;
    return flaw != nullptr && flaw->code == RefusalCode::Undecryptable;
}

/// Of an update that is what was offered.
Result<Examined> open_and_check(const Examination& what, const storage::BlobStore& blobs, const ModelShape& model,
                                const crypto::SealPrivateKey& key) {
    const auto sealed = [&](std::uint64_t offset, std::size_t count) -> Result<Bytes> {
        auto bytes = blobs.read_unchecked(what.content, wire::kUpdateHeaderBytes + offset, count);
        if (!bytes && is_about_the_draft(bytes.error())) return not_given_back(what);
        return bytes;
    };
    auto update = wire::UpdateReader::open(what.header, what.sealed_bytes, sealed, key);
    if (!update) return flaw_in(update.error());
    const Tier tier = update->header().tier;
    wire::UpdateBody body = update->take_head();
    if (update->values() != model.prefix(tier)) {
        return Flaw{RefusalCode::Misshapen, std::to_string(update->values()) + " values are not the " +
                                                std::string(name_of(tier)) + " tier of this model"};
    }
    if (Verdict flaw = check_counts(body, model)) return *std::move(flaw);
    if (Verdict flaw = check_audits(body.audits)) return *std::move(flaw);
    if (Verdict flaw = check_soft_labels(body.soft_labels, tier, model)) return *std::move(flaw);
    Examiners examiners{DeltaGate(model, what.norm_max), {}, model.statistics};
    if (what.sketch_key) examiners.sketcher.emplace(what.sketch_key);
    auto flaw = check_values(*update, examiners);
    if (!flaw) return flaw_in(flaw.error());
    if (!*flaw) *flaw = examiners.gate.finish();
    if (*flaw) return **std::move(flaw);
    Sound sound;
    sound.norm = examiners.gate.norm();
    sound.norms = examiners.gate.norms();
    if (examiners.sketcher) sound.sketch = examiners.sketcher->sketch();
    sound.labelled = body.labelled;
    sound.errors = body.errors;
    sound.confusions = std::move(body.confusions);
    sound.error_counts = body.error_counts;
    sound.audits = std::move(body.audits);
    sound.soft_labels = std::move(body.soft_labels);
    return sound;
}

}  // namespace

Result<Examined> examine(const Examination& what, const storage::BlobStore& blobs, const ModelShape& model,
                         const crypto::SealPrivateKey& key, const DraftHashes& hashes) {
    const auto arrived = hashes.of(what.content, wire::kUpdateHeaderBytes + what.sealed_bytes);
    const auto offered = is_what_was_offered(what, blobs, arrived);
    if (!offered && !is_about_the_draft(offered.error())) return tl::unexpected(offered.error());
    if (!offered && arrived == what.content) return not_given_back(what);
    if (!offered || !*offered) {
        return Flaw{RefusalCode::Malformed, "the chunks that arrived are not those that were offered"};
    }
    auto found = open_and_check(what, blobs, model, key);
    if (!is_undecryptable(found)) return found;
    // What arrived is what was offered, but perhaps not what was read.
    const auto again = is_what_was_offered(what, blobs, &storage::BlobStore::read_draft);
    if (!again && !is_about_the_draft(again.error())) return tl::unexpected(again.error());
    if (!again || !*again) return not_given_back(what);
    return open_and_check(what, blobs, model, key);
}

}  // namespace skerry::coordinator
