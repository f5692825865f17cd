#include "coordinator/blob_orders.hpp"

#include <set>

namespace skerry::coordinator {

bool is_blob_order(const Action& action) {
    return std::holds_alternative<KeepPiece>(action) || std::holds_alternative<StoreBlob>(action) ||
           std::holds_alternative<DropDraft>(action);
}

Result<> perform_blob_order(const Action& action, storage::BlobStore& blobs) {
    if (const auto* const keep = std::get_if<KeepPiece>(&action)) {
        return blobs.append(keep->content, keep->at, keep->bytes);
    }
    if (const auto* const store = std::get_if<StoreBlob>(&action)) {
        SKERRY_TRY(blobs.append(store->content, store->drafted, store->signature));
        return blobs.finish(store->content);
    }
    return blobs.drop(std::get<DropDraft>(action).content);
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
