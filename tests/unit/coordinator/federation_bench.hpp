#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/limits.hpp"
#include "common/storage/blob_store.hpp"
#include "common/wire/token.hpp"
#include "coordinator/federation.hpp"
#include "coordinator/ledger/memory_journal.hpp"

namespace skerry::coordinator {

using namespace std::chrono_literals;

inline constexpr TimePoint kStart{std::chrono::hours(24 * 365 * 50)};
inline const std::vector<float> kOnes(8, 1.0F);  ///< a change of heavy, as small_policy() and 8 values have it

/// A node as the tests play it: its keys, and updates sealed as a real node seals them.
struct FakeNode {
    crypto::SigningKey identity = crypto::SigningKey::generate();
    ByteArray<32> transport{};
    std::uint64_t sequence = 0;
    wire::AuditCounts audits{};                       ///< what its updates take along
    wire::SoftLabels soft_labels{};                   ///< and these, of a model of 3 classes
    std::optional<wire::ErrorCounts> error_counts{};  ///< of their 7 errors, taken for one pair

    [[nodiscard]] NodeId id() const { return wire::node_of(identity.verify_key()); }
};

struct OfferedUpdate {
    wire::UpdateOffer offer;
    Bytes sealed;
};

/// The shell's twin: performs actions at once, in order, against memory; keeps what was sent.
class FederationBench {
public:
    /// `values`: float32 values of each tier's prefix; all begin as 0.5.
    explicit FederationBench(Policy policy = small_policy(), std::array<std::uint64_t, kTiers> values = {4, 6, 8});

    static Policy small_policy();

    /// The newest weights with those of `old` from the tier on, stored.
    JoinedWeights joined(ModelVersion old, Tier from);

    /// Feeds an event, performs everything that follows from it, and gives what was said to nodes meanwhile.
    std::vector<wire::FromCoordinator> tell(const Event& event);
    std::vector<wire::FromCoordinator> say(const FakeNode& node, wire::FromNode message);
    /// Lets time pass, waking the core whenever it asked for it.
    std::vector<wire::FromCoordinator> wait(std::chrono::milliseconds time);

    wire::JoinReply join(FakeNode& node, TokenId token, const crypto::Secret<32>& key, Tier tier = Tier::Heavy,
                         const std::string& name = "node");
    /// Makes a token and joins with it.
    FakeNode enrolled(Tier tier = Tier::Heavy);
    struct MadeToken {
        TokenId id;
        crypto::Secret<32> key;
    };
    MadeToken make_token(std::uint32_t uses = 1, std::chrono::milliseconds life = 1h, Tier tier = Tier::Heavy);

    wire::SignedBytes lease(const FakeNode& node, ModelVersion base, Tier tier = Tier::Heavy);
    /// Seals `delta` under a fresh lease on the newest version.
    OfferedUpdate sealed(FakeNode& node, const std::vector<float>& delta, std::uint32_t examples = 100);
    OfferedUpdate sealed_under(FakeNode& node, const wire::SignedBytes& lease, const std::vector<float>& delta,
                               std::uint32_t examples = 100);
    /// Offers, and sends the chunks that are asked for, until a receipt or refusal comes; the last answer.
    wire::FromCoordinator deliver(const FakeNode& node, const OfferedUpdate& update);
    wire::FromCoordinator contribute(FakeNode& node, const std::vector<float>& delta, std::uint32_t examples = 100);

    /// Forgets the process, keeps the disk.
    void restart();
    /// From here SumRound orders stay unanswered until finish_sums().
    void hold_sums() { hold_sums_ = true; }
    void finish_sums();
    /// From here CheckUpdate orders stay unanswered until finish_checks().
    void hold_checks() { hold_checks_ = true; }
    void finish_checks();

    [[nodiscard]] std::vector<float> weights(const Digest& name) const;
    [[nodiscard]] std::vector<float> newest_weights() const { return weights(core->newest().weights); }
    [[nodiscard]] wire::Manifest newest_manifest() const;

    TimePoint now = kStart;
    Policy policy;
    Keyring keys;
    ledger::MemoryJournal journal;
    storage::MemoryBlobStore blobs;
    std::unique_ptr<DraftHashes> hashes = std::make_unique<DraftHashes>();  ///< of this process
    ExaminedUpdates examined;                                               ///< likewise
    std::unique_ptr<Federation> core;
    std::vector<Ignored::Why> ignored;
    std::vector<RoundId> erased_rounds;  ///< by EraseUpdates
    std::vector<SumReady> sums;          ///< every answer to SumRound so far
    std::vector<Result<>> answers;       ///< to operators

private:
    [[nodiscard]] ByteArray<16> next_id();
    void create();
    void perform(const Actions& actions);
    void settle();

    std::vector<wire::FromCoordinator> said_;
    std::optional<wire::JoinReply> join_reply_;
    std::vector<Event> pending_;
    bool hold_sums_ = false;
    bool hold_checks_ = false;
    std::vector<SumRound> held_sums_;
    std::vector<CheckUpdate> held_checks_;
    std::array<std::uint64_t, kTiers> values_;
    std::uint32_t next_id_ = 1;
};

}  // namespace skerry::coordinator
