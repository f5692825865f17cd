#include "coordinator/blob_orders.hpp"

#include <set>

namespace skerry::coordinator {

bool is_blob_order(const Action& action) {
    return std::holds_alternative<KeepPiece>(action) || std::holds_alternative<StoreBlob>(action) ||
           std::holds_alternative<DropDraft>(action);
}

namespace {

Result<> keep(const KeepPiece& piece, storage::BlobStore& blobs, DraftHashes& hashes) {
    if (piece.at == 0 && SKERRY_TRY(blobs.drafted(piece.content)) == 0) hashes.begin(piece.content);
    const auto kept = blobs.append(piece.content, piece.at, piece.bytes);
    if (!kept && kept.error().code == ErrorCode::InvalidInput) {
        // What was before it is gone: whoever offers under the name of another blob has pieces kept nowhere while that
        // one is there, and a hole once it is erased. Its examination finds no draft.
        hashes.forget(piece.content);
        return blobs.drop(piece.content);
    }
    SKERRY_TRY(kept);
    hashes.add(piece.content, piece.at, piece.bytes);
    return {};
}

}  // namespace

Result<> perform_blob_order(const Action& action, storage::BlobStore& blobs, DraftHashes& hashes) {
    if (const auto* const piece = std::get_if<KeepPiece>(&action)) return keep(*piece, blobs, hashes);
    if (const auto* const store = std::get_if<StoreBlob>(&action)) {
        hashes.forget(store->content);
        SKERRY_TRY(blobs.append(store->content, store->drafted, store->signature));
        return blobs.finish(store->content);
    }
    const Digest& draft = std::get<DropDraft>(action).content;
    hashes.forget(draft);
    return blobs.drop(draft);
}

Result<std::size_t> erase_strays(const Federation& core, const ledger::NeededBlobs& needed, storage::BlobStore& blobs) {
    std::set<Digest> kept;
    for (const auto& [name, blob] : needed.all())
        kept.insert(name);
    for (const auto& [version, held] : core.versions()) {
        for (const Digest& blob : core.offered_blobs(version))
            kept.insert(blob);
    }
    std::size_t erased = 0;
    for (const Digest& name : SKERRY_TRY(blobs.names())) {
        if (kept.contains(name)) continue;
        SKERRY_TRY(blobs.erase(name));
        ++erased;
    }
    return erased;
}

Result<> restore_drafts(Federation& core, storage::BlobStore& blobs) {
    for (const Digest& content : SKERRY_TRY(blobs.drafts())) {
        const std::uint64_t bytes = SKERRY_TRY(blobs.drafted(content));
        const bool begun = bytes >= wire::kUpdateHeaderBytes;
        const bool kept =
            begun &&
            core.restore_draft(content, SKERRY_TRY(blobs.read_draft(content, 0, wire::kUpdateHeaderBytes)), bytes);
        if (!kept) SKERRY_TRY(blobs.drop(content));
    }
    return {};
}

}  // namespace skerry::coordinator
