#pragma once

#include <map>
#include <set>

#include "tests/simulation/world.hpp"
#include "tests/support/passing_blob_store.hpp"

namespace skerry::simulation {

/// The blobs of a simulated machine, which keep the promises of DiskBlobStore (common/storage) and no more: what put
/// and finish have done is durable, a draft may lose its end in a crash, and what was dropped or erased may be back
/// after a power cut. Calls fail as the seed says, with the old state or the new one, whole; and after a write that
/// failed no other is let through before the next start, as RocksDB does it (its wiki, "Background Error Handling").
class FaultyBlobStore final : public PassingBlobStore {
public:
    /// Both outlive it.
    FaultyBlobStore(storage::MemoryBlobStore& disk, World& world)
        : PassingBlobStore(disk), disk_(disk), world_(world), dice_(world.plan.seed ^ 0xB10B) {}

    Result<> put(const Digest& name, ByteView blob) override;
    Result<Bytes> get(const Digest& name) const override;
    Result<Bytes> get_range(const Digest& name, std::uint64_t offset, std::size_t count) const override;
    Result<> erase(const Digest& name) override;
    Result<> append(const Digest& name, std::uint64_t offset, ByteView bytes) override;
    Result<std::uint64_t> drafted(const Digest& name) const override;
    Result<Bytes> read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const override;
    Result<> finish(const Digest& name) override;
    Result<> drop(const Digest& name) override;

    /// The process is gone, or the power too. `kept`: so many hundredths of each draft are left.
    void crash(bool power, std::uint64_t kept);
    /// A write has failed since the last start.
    [[nodiscard]] bool refuses() const { return refuses_; }

private:
    template <class Write>
    Result<> write(Write act);
    [[nodiscard]] Result<> read() const;
    /// Written, but for a planted bug.
    void durable(Mutation unless, const Digest& name);

    storage::MemoryBlobStore& disk_;
    World& world_;
    mutable Dice dice_;
    bool refuses_ = false;
    std::map<Digest, Bytes> dropped_;  ///< drafts, since the last durable write
    std::map<Digest, Bytes> erased_;   ///< blobs, since the start
    std::set<Digest> volatile_;        ///< blobs that a planted bug keeps from the disk
};

}  // namespace skerry::simulation
