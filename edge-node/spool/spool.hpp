#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/shared_weights.hpp"
#include "common/storage/slot_files.hpp"
#include "common/storage/sqlite.hpp"
#include "edge-node/session/events.hpp"
#include "edge-node/session/state.hpp"
#include "edge-node/spool/enrolment.hpp"
#include "edge-node/spool/rebase.hpp"
#include "feedback/error_log.hpp"

namespace skerry::node {

/// How far this node has come since it was created; only ever grows. An update covers what lies between two of these.
struct Totals {
    std::uint64_t steps = 0;         ///< learning steps that the gate accepted
    std::uint64_t examples = 0;      ///< labelled samples they learned from
    std::uint64_t labelled = 0;      ///< labelled samples seen
    std::uint64_t errors = 0;        ///< of those, answered wrong
    std::uint64_t error_cursor = 0;  ///< feedback::JudgedCounts::cursor

    bool operator==(const Totals&) const = default;
};

/// What an update is made of.
struct Contribution {
    std::span<const float> weights;  ///< as learned so far and durable in the learner's checkpoint
    Sharing sharing;
    Totals totals;
    feedback::JudgedCounts judged{};  ///< errors since the last update
    wire::AuditCounts audits{};       ///< the newest; may be empty
    wire::SoftLabels soft_labels{};   ///< likewise
};

/// Where the two stores of a node, this and the learner's checkpoint, have to agree. A version is installed in three
/// steps: begin_install here, the rebased weights into the checkpoint there, finish_install here; dropping progress
/// likewise, and rolling back. After a crash exactly one of the two shows what is left to do, by comparing with the
/// checkpoint's base. Between begin_install and finish_install updates may get receipts and be sent (keep_receipt,
/// chunk, load), and what is kept be read (kept); whatever reads base() or changes which updates there are waits: take,
/// put_back, begin_drop, begin_rollback, another begin_install.
struct Unfinished {
    enum class What { Install, Drop, RollBack };
    What what = What::Install;
    ModelVersion version;  ///< Install: to this
    Sequence sequence;     ///< Install: counted; Drop: of the refused update
};

/// An update that cannot be sent any more, since the disk has changed its bytes.
struct DamagedUpdate {
    Sequence sequence;
    std::string what;  ///< "its header is not the one that was signed"
    Bytes bytes;       ///< header ‖ sealed chunks ‖ signature, as they are now
};

/// A version that cannot be used any more, since the disk has changed its weights.
struct DamagedVersion {
    ModelVersion version;
    ModelVersion installed;  ///< from now on: another
};

/// What the last rollback undid, for people.
struct RolledBack {
    TimePoint at;
    ModelVersion version;         ///< that the weights are now
    std::uint64_t steps = 0;      ///< accepted by the gate, and in no update
    std::uint64_t withdrawn = 0;  ///< updates without a receipt: at most one
    std::uint64_t accepted = 0;   ///< updates with one, which a version will still count
    bool own_heads = false;       ///< this node had heads of its own, and begins again with the version's

    bool operator==(const RolledBack&) const = default;
};

/// The node's memory of its federation: rows in SQLite, and what is as long as the model in files beside it
/// (DATABASE-version-N, DATABASE-update-N), which the rows speak of. Each call that changes something is one durable
/// transaction. Every call may fail as storage::Database and storage::SlotFiles say; after a failed write end the
/// process and start again, unless disk_full(): then nothing has changed, and the same call may be repeated later.
/// One thread at a time. Memory: at most four vectors of the model's length during a call, between calls the version
/// that was read or begun last, until let_go_weights().
class Spool {
public:
    /// Where it lies: on the operating system's disk, or on one that a test lets fail.
    struct Disk {
        storage::OpenOptions database{};
        std::shared_ptr<storage::Folder> folder = nullptr;  ///< of the database; null: the operating system's
    };
    /// Opens or creates. VersionMismatch: written by a newer program.
    [[nodiscard]] static Result<Spool> open(const std::filesystem::path& database) { return open(database, Disk()); }
    [[nodiscard]] static Result<Spool> open(const std::filesystem::path& database, const Disk& disk);

    /// The last call failed for want of room.
    [[nodiscard]] bool disk_full() const {
        return database_.disk_full() || versions_.disk_full() || updates_.disk_full();
    }
    /// Before a call whose failure is to be told apart from one of before.
    void forget_disk_full();

    // ---- Who we are ----

    /// Nothing: never joined.
    [[nodiscard]] Result<std::optional<Enrolment>> enrolment();
    [[nodiscard]] Result<> enrol(const Enrolment& enrolment);
    [[nodiscard]] Result<> keep_keys(const wire::SignedBytes& keys);
    [[nodiscard]] Result<> keep_certificate(const wire::SignedBytes& certificate);

    /// What the session begins with, but for `steps`, which is the learner's total less totals_sent().steps, and
    /// `arriving`, which is ArrivingFile's.
    [[nodiscard]] Result<DurableState> load();

    // ---- Updates that go ----

    /// Totals at the last update that was not put back.
    [[nodiscard]] Result<Totals> totals_sent();
    /// As TakeUpdate orders. Nothing: there is no progress, or none that is finite.
    [[nodiscard]] Result<std::optional<SpooledUpdate>> take(const TakeUpdate& order, const Contribution& contribution,
                                                            const crypto::SigningKey& identity);
    /// Sealed bytes [index · limits::kChunkBytes, …) of an update; never the last piece's end exceeded.
    /// NotFound: no such update, or it has its receipt.
    [[nodiscard]] Result<Bytes> chunk(Sequence sequence, std::uint32_t index);
    /// The sealed bytes are then let go; Δ stays. An unknown sequence is no error: a version counted it meanwhile.
    [[nodiscard]] Result<> keep_receipt(Sequence sequence, const wire::SignedBytes& receipt);
    [[nodiscard]] Result<> put_back(Sequence sequence);
    /// Errors that were judged up to `cursor` are not reported: what was learned with them is lost.
    [[nodiscard]] Result<> skip_errors(std::uint64_t cursor);

    /// The update that waits for its receipt, where it is not what this node has signed, or Δ beside it not what was
    /// taken; nothing: they are, or none waits. It must not be sent, nor put back: the coordinator may have accepted it
    /// when it was whole. begin_drop() ends it. Reads and hashes all its bytes.
    [[nodiscard]] Result<std::optional<DamagedUpdate>> damaged(const crypto::VerifyKey& identity);

    // ---- Weights that come ----

    /// How many accepted Δ the disk has damaged: not what the checkpoint holds of them, which is to begin again as
    /// as_sent(). Reads and hashes them all.
    [[nodiscard]] Result<std::size_t> damaged_deltas();
    /// Then: lets go of those. The version that counts them brings them back.
    [[nodiscard]] Result<> let_go_damaged();

    /// Gives up a version whose weights are not what came of it. One that was begun is not begun any more; instead of
    /// the installed one it is the begun one, else one before it that is kept whole: of the same weights, or the
    /// newest. Nothing: both are whole. Progress on what was given up has no base any more: the weights begin again as
    /// as_sent(). Internal: none before is whole, or its manifest was not kept. Reads and hashes their bytes.
    [[nodiscard]] Result<std::optional<DamagedVersion>> give_up_damaged_version();

    /// What a crash left between two steps; nothing when the two stores agree.
    [[nodiscard]] Result<std::optional<Unfinished>> unfinished();

    /// First step: the version's weights, of the length that `order` says, lie here beside the installed ones.
    /// `digest`: their SHA-256, where the caller has checked it.
    [[nodiscard]] Result<> begin_install(const InstallVersion& order, SharedWeights weights,
                                         const std::optional<Digest>& digest = std::nullopt);
    /// What the checkpoint must hold next: the version that was begun plus everything that it does not count.
    /// `weights`: those of the checkpoint; empty before the first version. What is personal stays theirs.
    [[nodiscard]] Result<std::vector<float>> rebased(std::span<const float> weights, const Sharing& sharing);
    /// What that will be of a version with the weights `next`, that counts updates up to `counted`, once it is begun.
    [[nodiscard]] Result<std::vector<float>> rebased(std::span<const float> weights, const Sharing& sharing,
                                                     Sequence counted, std::span<const float> next);
    /// Last step: the begun version is the installed one; what it counts leaves the spool.
    [[nodiscard]] Result<> finish_install();

    /// First step: the update is refused for what it is.
    [[nodiscard]] Result<> begin_drop(Sequence sequence);
    /// What the checkpoint must hold next: the installed version plus Δ of the accepted updates. `weights`: those of
    /// the checkpoint, whose personal values stay; empty: it was lost.
    [[nodiscard]] Result<std::vector<float>> last_good(std::span<const float> weights, const Sharing& sharing);
    /// Last step: the update leaves the spool; what was seen so far (all of `totals`) is not claimed again.
    [[nodiscard]] Result<> finish_drop(const Totals& totals);

    /// Whether the heads in the checkpoint may have learned what no update may carry; at first not.
    [[nodiscard]] Result<bool> has_own_heads();
    /// Yes: before they learn anything of that kind. No: only once the checkpoint holds others.
    [[nodiscard]] Result<> note_own_heads(bool own);

    /// First step of a rollback to base(): from here it will happen.
    [[nodiscard]] Result<> begin_rollback();
    /// Last step: the update without a receipt is withdrawn (should it have been accepted, it counts all the same), Δ
    /// of the accepted ones are let go, since the version that counts them brings them back; what was seen so far (all
    /// of `totals`) is not claimed again.
    [[nodiscard]] Result<RolledBack> finish_rollback(const Totals& totals, TimePoint at);
    /// The last one; nothing: there was none.
    [[nodiscard]] Result<std::optional<RolledBack>> rolled_back();

    /// Files that no row speaks of give their room back: at a start, once it is known that rows and files are of one
    /// time, what a crash has left; and for a disk that is full. What other calls release keeps the room of one of each
    /// kind for the next value: to write over it costs a third.
    enum class Spare { GivenBack, Kept };
    [[nodiscard]] Result<> release_unused(Spare spare = Spare::GivenBack);

    /// The installed version's weights; of no length before the first.
    [[nodiscard]] Result<SharedWeights> base();
    /// The memory of the version at hand: it is read again when it is needed.
    void let_go_weights() { at_hand_ = {}; }
    /// Whether the checkpoint may stand on it: it is the installed one, or was begun.
    [[nodiscard]] Result<bool> has(ModelVersion version);
    /// Those of it or of one of the two that were installed before it; empty: they are not kept whole.
    [[nodiscard]] Result<std::vector<float>> kept(ModelVersion version);
    /// Those plus Δ of every update in the spool that is whole: what the weights were when the last one was taken,
    /// without any progress since. Empty before the first version.
    [[nodiscard]] Result<std::vector<float>> as_sent();

private:
    Spool(storage::Database database, const std::filesystem::path& path,
          const std::shared_ptr<storage::Folder>& folder);

    /// A value in a file, as a row speaks of it. `stamp`: drawn when it was written.
    struct Kept {
        storage::SlotFiles::Slot slot = 0;
        std::uint64_t stamp = 0;
        std::uint64_t bytes = 0;
        [[nodiscard]] storage::SlotFiles::Value value() const { return {stamp, bytes}; }
    };
    /// An update's file holds Δ, then its sealed bytes; these until it has its receipt. Δ is float32, or as it was
    /// written for the coordinator where that is coarser, and so shorter.
    struct KeptUpdate {
        Kept file;
        std::uint64_t delta_bytes = 0;
        /// From four columns of its row, from `column` on: slot, stamp, bytes, delta_bytes.
        [[nodiscard]] static KeptUpdate of(const storage::Statement& row, int column);
    };
    // spool_files.cpp
    /// Its `length` values; zero where the moments are. Internal: it is not there, or has another length.
    [[nodiscard]] Result<KeptDelta> read_delta(const KeptUpdate& kept, ByteView header, std::size_t length);
    [[nodiscard]] Result<std::vector<float>> read_version(const Kept& kept);
    /// A file that was written, until its row is durable: where there is no room for that, it makes room.
    class Unclaimed {
    public:
        Unclaimed(storage::SlotFiles& files, storage::SlotFiles::Slot slot, const storage::Database& database)
            : files_(&files), slot_(slot), database_(database) {}
        Unclaimed(const Unclaimed&) = delete;
        Unclaimed& operator=(const Unclaimed&) = delete;
        ~Unclaimed() {
            if (files_ != nullptr && database_.disk_full()) files_->release(slot_);
        }
        void claimed() { files_ = nullptr; }

    private:
        storage::SlotFiles* files_;
        storage::SlotFiles::Slot slot_;
        const storage::Database& database_;
    };
    /// Where no row of `table` says that a value lies.
    [[nodiscard]] Result<Kept> free_slot(const char* table, std::uint64_t bytes);
    [[nodiscard]] Result<Kept> write_version(std::uint64_t version, ByteView weights, const Digest& digest,
                                             ByteView manifest, ByteView as);
    [[nodiscard]] Result<KeptUpdate> write_update(ByteView delta, ByteView sealed);
    /// Nothing: no such row.
    [[nodiscard]] Result<std::optional<Kept>> version_file(std::uint64_t version);
    [[nodiscard]] Result<bool> is_whole(std::uint64_t version);
    [[nodiscard]] Result<bool> is_whole(const KeptUpdate& kept, const Bytes& checksum);
    /// To the newest schema. Which it was of; a newer one is left alone.
    [[nodiscard]] Result<std::uint64_t> upgrade();
    /// From when it was all in the database.
    [[nodiscard]] Result<> move_into_files();

    [[nodiscard]] Result<std::optional<Bytes>> fact(std::string_view key);
    /// Empty where there is none.
    [[nodiscard]] Result<wire::SignedBytes> signed_fact(std::string_view key);
    [[nodiscard]] Result<std::uint64_t> number(std::string_view key);
    [[nodiscard]] Result<> put_fact(std::string_view key, ByteView value);
    [[nodiscard]] Result<> put_number(std::string_view key, std::uint64_t value);
    [[nodiscard]] Result<> forget_fact(std::string_view key);
    struct SparseDeltas {
        std::vector<SparseValues> all{};
        std::size_t counted = 0;  ///< of them, by a version: the first
    };
    /// Nothing: one is whole, and so as long as the model, or all together are.
    [[nodiscard]] Result<std::optional<SparseDeltas>> sparse_deltas(Sequence counted, std::size_t length);
    /// Of no length: there is no such version.
    [[nodiscard]] Result<SharedWeights> weights_of(std::uint64_t version);
    [[nodiscard]] Result<> install_begun();
    /// base(). Internal: of another length than `weights`.
    [[nodiscard]] Result<SharedWeights> base_beside(std::span<const float> weights);
    enum class Deltas { All, Accepted, Whole };
    /// Calls `use` with each Δ in order. Internal: one is not there, or of another length; Whole leaves those out.
    [[nodiscard]] Result<> each_delta(Deltas which, Sequence above, std::size_t length,
                                      const std::function<void(const KeptDelta&)>& use);
    [[nodiscard]] Result<std::vector<float>> base_with_deltas(Deltas which);
    [[nodiscard]] Result<std::vector<std::uint64_t>> damaged_accepted();
    [[nodiscard]] Result<> put_totals(const Totals& totals);

    storage::Database database_;
    storage::SlotFiles versions_;
    storage::SlotFiles updates_;
    /// Updates and versions that follow each other begin with the same one.
    struct AtHand {
        std::uint64_t stamp = 0;  ///< of its file
        SharedWeights weights;
    } at_hand_;
};

}  // namespace skerry::node
