#pragma once

#include <functional>
#include <string>

#include "common/parameters/model_spec.hpp"
#include "coordinator/federation.hpp"
#include "coordinator/ledger/history.hpp"
#include "coordinator/models/verification.hpp"
#include "coordinator/service/fsck.hpp"

namespace skerry::coordinator {

struct Endpoints {
    std::string fleet, enrol;                        ///< bound
    std::string advertised_fleet, advertised_enrol;  ///< as nodes reach them; empty: nobody knows how
};

struct TokenWish {
    std::chrono::milliseconds life{std::chrono::hours(1)};
    std::uint32_t uses = 1;
    Tier tier = Tier::Heavy;
    std::string note;
};
struct MadeToken {
    std::string text;  ///< the token itself: shown once, kept nowhere
    ledger::TokenCreated record;
};

struct RollbackWish {
    ModelVersion to;
    std::string reason;
    bool pin = false;
    Tier from = Tier::Light;  ///< only what this tier and the deeper ones add; those below keep what the newest has
};

/// What the chain of the journal proves, and of what an operator had noted of it.
struct JournalProof {
    ledger::Chain chain;
    std::optional<ledger::NotedHead> noted;
    std::string difference;  ///< from what was noted; empty: it is the beginning of what there is now
};

/// What the admin API needs from the process around it. Callbacks run on the loop's thread, also inside the call.
class AdminHost {
public:
    virtual ~AdminHost() = default;

    [[nodiscard]] virtual const Federation& federation() const = 0;
    [[nodiscard]] virtual const ledger::History& history() const = 0;
    [[nodiscard]] virtual const parameters::ModelSpec& model_spec() const = 0;
    [[nodiscard]] virtual Endpoints endpoints() const = 0;
    [[nodiscard]] virtual TimePoint started_at() const = 0;
    [[nodiscard]] virtual std::string metrics_text() = 0;

    /// Conflict: no address is known under which nodes reach this coordinator; says which flag to set.
    virtual void create_token(const TokenWish& wish, std::function<void(Result<MadeToken>)> done) = 0;
    virtual void revoke_node(const NodeId& node, const std::string& reason, std::function<void(Result<>)> done) = 0;
    virtual void quarantine_node(const NodeId& node, const std::string& reason, std::function<void(Result<>)> done) = 0;
    virtual void release_node(const NodeId& node, bool discard, std::function<void(Result<>)> done) = 0;
    /// Publishes those weights again, as the newest version, and pins it if asked to. NotFound: they are not kept.
    /// Conflict: the newest has them, it is pinned and is not to be, or a round is being summed or, for a part of them,
    /// was meanwhile.
    virtual void roll_back(const RollbackWish& wish, std::function<void(Result<>)> done) = 0;
    /// Keeps the newest version the newest. Conflict: it is pinned or on trial, or a round is being summed.
    virtual void pin_version(const std::string& reason, std::function<void(Result<>)> done) = 0;
    /// Conflict: none is pinned.
    virtual void unpin_version(std::function<void(Result<>)> done) = 0;
    /// Ends the trial of the newest version: all nodes get it. Conflict: none is on trial.
    virtual void promote_version(const std::string& reason, std::function<void(Result<>)> done) = 0;
    virtual void verify(RoundEvidence evidence, std::function<void(Result<Verification>)> done) = 0;
    /// Conflict: another check is going on.
    virtual void fsck(std::function<void(Result<Findings>)> done) = 0;
    virtual void prove_journal(std::optional<ledger::NotedHead> noted,
                               std::function<void(Result<JournalProof>)> done) = 0;
    virtual void list_entries(ledger::EntryFilter filter, std::size_t limit,
                              std::function<void(Result<std::vector<ledger::EntryRow>>)> done) = 0;
    /// The bytes of an exported model file; `plan` as parameters::plan_named() reads it.
    virtual void export_model(const ledger::VersionRow& version, Tier tier, const std::string& plan,
                              std::function<void(Result<std::string>)> done) = 0;
};

}  // namespace skerry::coordinator
