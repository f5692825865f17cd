#include "coordinator/ledger/projections.hpp"

#include "coordinator/ledger/milliseconds.hpp"
#include "coordinator/ledger/stored_errors.hpp"

namespace skerry::coordinator::ledger {
namespace {

// One function an event: what it changes in the tables.
class Projector {
public:
    Projector(storage::Database& database, Version version) : db_(database), version_(version) {}

    Result<> operator()(const FederationCreated&) const { return {}; }

    Result<> operator()(const TokenCreated& e) const {
        return db_.run("INSERT INTO tokens (id, created, expires, uses, tier, note) VALUES (?, ?, ?, ?, ?, ?)", e.id,
                       ms(e.at), ms(e.expires), e.uses, static_cast<int>(e.tier), e.note);
    }

    Result<> operator()(const NodeEnrolled& e) const {
        SKERRY_TRY(
            db_.run("INSERT INTO nodes (id, name, identity, transport, tier, token, enrolled, certificate_expires) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    e.node, e.name, e.identity.value, e.transport, static_cast<int>(e.tier), e.token, ms(e.at),
                    ms(e.certificate_expires)));
        return db_.run("UPDATE tokens SET used = used + 1 WHERE id = ?", e.token);
    }

    Result<> operator()(const CertificateRenewed& e) const {
        return db_.run("UPDATE nodes SET certificate_expires = ? WHERE id = ?", ms(e.certificate_expires), e.node);
    }

    Result<> operator()(const NodeRevoked& e) const {
        return db_.run(
            "UPDATE nodes SET revoked = ?, reason = ?, quarantined = NULL, quarantined_by = NULL, "
            "quarantine_reason = '' WHERE id = ?",
            ms(e.at), e.reason, e.node);
    }

    Result<> operator()(const NodeQuarantined& e) const {
        SKERRY_TRY(db_.run("UPDATE nodes SET quarantined = ?, quarantined_by = ?, quarantine_reason = ? WHERE id = ?",
                           ms(e.at), static_cast<int>(e.by), e.reason, e.node));
        SKERRY_TRY(
            db_.run("UPDATE updates SET held = 1 WHERE node = ? AND round IS NULL AND set_aside IS NULL", e.node));
        return db_.run("UPDATE rounds SET accepted = accepted - ? WHERE state = 'open'", db_.changes());
    }

    Result<> operator()(const NodeReleased& e) const {
        SKERRY_TRY(db_.run(
            "UPDATE nodes SET quarantined = NULL, quarantined_by = NULL, quarantine_reason = '' WHERE id = ?", e.node));
        SKERRY_TRY(db_.run("UPDATE updates SET held = NULL WHERE node = ? AND held IS NOT NULL", e.node));
        return db_.run("UPDATE rounds SET accepted = accepted + ? WHERE state = 'open'", db_.changes());
    }

    Result<> operator()(const RoundOpened& e) const {
        return db_.run(
            "INSERT INTO rounds (id, state, opened, deadline, goal, quorum, rule, optimiser, tier_quorum, accepted) "
            "VALUES (?, 'open', ?, ?, ?, ?, ?, ?, ?, "
            "(SELECT count(*) FROM updates WHERE round IS NULL AND set_aside IS NULL AND held IS NULL))",
            e.round, ms(e.at), ms(e.deadline), e.goal, e.quorum, e.recipe.rule, e.recipe.optimiser,
            e.recipe.tier_quorum);
    }

    Result<> operator()(const UpdateAccepted& e) const {
        SKERRY_TRY(
            db_.run("INSERT INTO updates (node, sequence, lease, base, staleness, tier, examples, weight, bytes, "
                    "content, norm, "
                    "labelled, errors, reported_errors, accepted, accepted_round, receipt, receipt_signature) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    e.update.node, e.update.sequence, e.lease, e.base, e.staleness, static_cast<int>(e.tier),
                    e.examples, e.weight, e.bytes, e.content, e.norm, e.labelled, e.errors, stored_errors(e), ms(e.at),
                    e.round, e.receipt.body, e.receipt.signature));
        SKERRY_TRY(db_.run(
            "INSERT INTO totals (node, accepted) VALUES (?, 1) ON CONFLICT DO UPDATE SET accepted = accepted + 1",
            e.update.node));
        SKERRY_TRY(
            db_.run("UPDATE updates SET held = 1 WHERE node = ?1 AND sequence = ?2 "
                    "AND EXISTS (SELECT 1 FROM nodes WHERE id = ?1 AND quarantined IS NOT NULL)",
                    e.update.node, e.update.sequence));
        return db_.run("UPDATE rounds SET accepted = accepted + ? WHERE id = ?", 1 - db_.changes(), e.round);
    }

    Result<> operator()(const UpdateSetAside& e) const {
        SKERRY_TRY(db_.run("UPDATE updates SET held = NULL WHERE node = ? AND sequence = ? AND held IS NOT NULL",
                           e.update.node, e.update.sequence));
        const auto held = db_.changes();
        SKERRY_TRY(
            db_.run("UPDATE updates SET set_aside = ? WHERE node = ? AND sequence = ? AND round IS NULL "
                    "AND set_aside IS NULL",
                    e.reason, e.update.node, e.update.sequence));
        if (db_.changes() != 1) return does_not_wait(e.update, "is set aside");
        SKERRY_TRY(db_.run("UPDATE totals SET set_aside = set_aside + 1 WHERE node = ?", e.update.node));
        return db_.run("UPDATE rounds SET accepted = accepted - ? WHERE state = 'open'", 1 - held);
    }

    Result<> operator()(const UpdateRefused& e) const {
        SKERRY_TRY(
            db_.run("INSERT INTO totals (node, refused) VALUES (?, 1) ON CONFLICT DO UPDATE SET refused = refused + 1",
                    e.update.node));
        return db_.run(
            "INSERT INTO refusals (entry, node, sequence, lease, base, code, text, bytes, content, at, round) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            version_, e.update.node, e.update.sequence, e.lease, e.base, static_cast<int>(e.code), e.text, e.bytes,
            e.content, ms(e.at), e.round);
    }

    Result<> operator()(const RoundFrozen& e) const {
        for (const UpdateId& update : e.set) {
            SKERRY_TRY(
                db_.run("UPDATE updates SET round = ? WHERE node = ? AND sequence = ? AND round IS NULL "
                        "AND set_aside IS NULL AND held IS NULL",
                        e.round, update.node, update.sequence));
            if (db_.changes() != 1) {
                return does_not_wait(update, "is counted by round " + std::to_string(e.round.value));
            }
        }
        const std::optional<Digest> seed = e.seed == Digest{} ? std::nullopt : std::optional(e.seed);
        return db_.run(
            "UPDATE rounds SET state = 'frozen', frozen = ?, parent = ?, accepted = ?, seed = ? WHERE id = ?", ms(e.at),
            e.parent, e.set.size(), seed, e.round);
    }

    Result<> operator()(const RoundAbandoned& e) const {
        return db_.run("UPDATE rounds SET state = 'abandoned', ended = ?, reason = ? WHERE id = ?", ms(e.at), e.reason,
                       e.round);
    }

    Result<> operator()(const VersionPublished& e) const {
        SKERRY_TRY(db_.run("UPDATE updates SET version = ? WHERE round = ?", e.version, e.round));
        SKERRY_TRY(count_errors(db_, e.round));
        SKERRY_TRY(
            db_.run("UPDATE rounds SET state = 'published', ended = ?, version = ?, weight = ?, sum = ? "
                    "WHERE id = ?",
                    ms(e.at), e.version, e.weight, e.sum, e.round));
        return db_.run(
            "INSERT INTO versions (version, parent, round, published, updates, weight, sum, weights, manifest, "
            "manifest_signature, optimiser, restores, reason, restores_from) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "?, ?, ?)",
            e.version, e.parent, e.round, ms(e.at), e.updates, e.weight, e.sum, e.weights, e.manifest.body,
            e.manifest.signature, e.optimiser, e.restores, e.reason, static_cast<int>(e.restores_from));
    }

    // Who asks for what is pinned asks the newest state, not history; the journal tells the rest.
    Result<> operator()(const VersionPinned&) const { return {}; }
    Result<> operator()(const VersionUnpinned&) const { return {}; }

    Result<> operator()(const TrialBegan& e) const {
        return db_.run("INSERT INTO trials (version, against, began, deadline, canaries) VALUES (?, ?, ?, ?, ?)",
                       e.version, e.against, ms(e.at), ms(e.deadline), e.canaries.size());
    }

    Result<> operator()(const TrialEnded& e) const {
        return db_.run(
            "UPDATE trials SET ended = ?, outcome = ?, reason = ?, samples = ?, better = ?, worse = ?, cheaper = ?, "
            "dearer = ? WHERE version = ?",
            ms(e.at), name_of(e.outcome), e.reason, e.counts.samples, e.counts.better, e.counts.worse, e.counts.cheaper,
            e.counts.dearer, e.version);
    }

    Result<> operator()(const VersionDropped& e) const {
        SKERRY_TRY(db_.run("UPDATE versions SET dropped = ? WHERE version = ?", ms(e.at), e.version));
        return db_.run(
            "UPDATE rounds SET erased = ?, erased_by = 'limits.versions_kept' "
            "WHERE id = (SELECT round FROM versions WHERE version = ?) AND erased IS NULL",
            ms(e.at), e.version);
    }

    Result<> operator()(const UpdatesErased& e) const {
        SKERRY_TRY(
            db_.run("UPDATE rounds SET erased = ?, erased_by = ? WHERE id = ? AND state = 'published' "
                    "AND erased IS NULL",
                    ms(e.at), name_of(e.limit), e.round));
        if (db_.changes() == 1) return {};
        return fail(ErrorCode::Conflict,
                    "the updates of round " + std::to_string(e.round.value) + " are erased but are not kept");
    }

    Result<> operator()(const DriftReported& e) const {
        return db_.run(
            "INSERT INTO alarms (entry, node, number, recorded, raised, class, detector, before, after, "
            "trigger_number, global, local, missed, early) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, "
            "0))",
            version_, e.node, e.alarm.number, ms(e.at), ms(e.alarm.at), e.alarm.label_class,
            static_cast<int>(e.alarm.detector), e.alarm.before, e.alarm.after, e.alarm.trigger, e.alarm.global,
            e.alarm.local, e.missed, e.early);
    }

private:
    static tl::unexpected<Error> does_not_wait(const UpdateId& update, const std::string& but) {
        return fail(ErrorCode::Conflict, "update " + std::to_string(update.sequence.value) + " of node " +
                                             update.node.to_text() + " " + but + " but does not wait");
    }

    storage::Database& db_;
    Version version_;
};

}  // namespace

Result<> project(storage::Database& database, const Recorded& recorded) {
    return std::visit(Projector(database, recorded.version), recorded.event);
}

}  // namespace skerry::coordinator::ledger
