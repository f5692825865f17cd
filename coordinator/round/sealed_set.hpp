#pragma once

#include <optional>
#include <span>
#include <vector>

#include "aggregation/update_set.hpp"
#include "common/storage/blob_store.hpp"
#include "common/wire/update_reader.hpp"
#include "coordinator/round/examined_updates.hpp"

namespace skerry::coordinator {

/// A frozen set as a rule reads it: opened where it is stored, a chunk of each update at a time. That an update is
/// still what its content names is seen when it is first asked for, unless this process has examined it: then by
/// its header alone (examined_updates.hpp). Not thread-safe. Fails as the store does, and with Internal: a blob is
/// damaged.
class SealedSet final : public aggregation::UpdateSet {
public:
    /// All outlive it. `memory_max`: bytes of opened chunks, or of one update that is not read in pieces. `examined`:
    /// null, nothing is known of any.
    SealedSet(std::span<const Contribution> set, const storage::BlobStore& blobs, const crypto::SealPrivateKey& key,
              std::size_t memory_max, const ExaminedUpdates* examined = nullptr);

    [[nodiscard]] std::size_t size() const override { return set_.size(); }
    [[nodiscard]] aggregation::UpdateInfo about(std::size_t update) const override;
    [[nodiscard]] Result<std::size_t> values(std::size_t update) override;
    [[nodiscard]] std::optional<aggregation::TierNorms> norms(std::size_t update) const override;
    [[nodiscard]] Result<aggregation::DeltaBytes> part(std::size_t update, std::size_t first,
                                                       std::size_t count) override;
    [[nodiscard]] Result<std::optional<SparseValues>> sparse(std::size_t update) override;
    [[nodiscard]] Result<std::size_t> piece() override;
    [[nodiscard]] Result<std::size_t> lend(std::size_t wanted) override;

private:
    [[nodiscard]] bool keeps_chunks() const { return size() * limits::kChunkBytes <= memory_max_; }
    Result<bool> all_in_pieces();
    [[nodiscard]] const ExaminedUpdates::Found* examined(const Digest& content) const {
        return examined_ == nullptr ? nullptr : examined_->find(content);
    }
    Result<wire::UpdateReader> open(const Digest& content) const;
    Result<wire::UpdateReader*> reader(std::size_t update);

    std::span<const Contribution> set_;
    const storage::BlobStore& blobs_;
    const crypto::SealPrivateKey& key_;
    std::size_t memory_max_;
    const ExaminedUpdates* examined_;
    std::vector<std::optional<wire::UpdateReader>> readers_;
    std::size_t whole_ = SIZE_MAX;  ///< the update that `values_` is, all of it
    std::vector<float> values_;
    std::vector<std::vector<float>> lent_{1};  ///< parts, used in turn
    std::size_t next_ = 0;
};

}  // namespace skerry::coordinator
