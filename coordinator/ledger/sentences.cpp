#include "coordinator/ledger/sentences.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace skerry::coordinator::ledger {
namespace {

template <class Id>
std::string number(const Id& id) {
    return std::to_string(id.value);
}

std::string percent(double fraction) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %%", 100 * fraction);
    return text.data();
}

struct Sentence {
    const NodeName& name;

    std::string update(const UpdateId& id) const { return "update " + number(id.sequence) + " of " + name(id.node); }

    std::string operator()(const FederationCreated& e) const {
        return "federation '" + e.name + "' was made, with " + std::to_string(e.values.back()) + " parameters";
    }
    std::string operator()(const TokenCreated& e) const {
        return "token " + e.id.to_text() + " was made for " + count_text(e.uses, "node") + ", up to " +
               std::string(skerry::name_of(e.tier)) + ", until " + skerry::to_text(e.expires) +
               (e.note.empty() ? "" : ": " + e.note);
    }
    std::string operator()(const NodeEnrolled& e) const {
        return e.name + " joined as " + std::string(skerry::name_of(e.tier)) + ", with token " + e.token.to_text();
    }
    std::string operator()(const CertificateRenewed& e) const {
        return "the certificate of " + name(e.node) + " was renewed until " + skerry::to_text(e.certificate_expires);
    }
    std::string operator()(const NodeRevoked& e) const { return name(e.node) + " was revoked: " + e.reason; }
    std::string operator()(const NodeQuarantined& e) const {
        return name(e.node) + " went into quarantine (" + std::string(ledger::name_of(e.by)) + "): " + e.reason;
    }
    std::string operator()(const NodeReleased& e) const {
        return name(e.node) + " was released: what it sends counts again";
    }
    std::string operator()(const RoundOpened& e) const {
        return "round " + number(e.round) + " opened: goal " + std::to_string(e.goal) + ", quorum " +
               std::to_string(e.quorum) + ", deadline " + skerry::to_text(e.deadline);
    }
    std::string operator()(const UpdateAccepted& e) const {
        return update(e.update) + " was accepted for round " + number(e.round) + ": " +
               count_text(e.examples, "example") + " on version " + number(e.base) + " (" +
               (e.staleness == 0 ? "the newest" : std::to_string(e.staleness) + " behind") + "), weight " +
               std::to_string(e.weight) + ", " + bytes_text(e.bytes);
    }
    std::string operator()(const UpdateRefused& e) const {
        return update(e.update) + " was refused (" + std::string(wire::name_of(e.code)) + "): " + e.text;
    }
    std::string operator()(const UpdateSetAside& e) const {
        return update(e.update) + " was set aside and will never count: " + e.reason;
    }
    std::string operator()(const RoundFrozen& e) const {
        return "round " + number(e.round) + " closed with " + count_text(e.set.size(), "update") + ", on version " +
               number(e.parent);
    }
    std::string operator()(const RoundAbandoned& e) const {
        return "round " + number(e.round) + " was abandoned: " + e.reason;
    }
    std::string operator()(const VersionPublished& e) const {
        const std::string version = "version " + number(e.version) + " was published";
        if (e.restores) {
            const std::string part =
                e.restores_from == Tier::Light ? "" : " from " + std::string(name_of(e.restores_from)) + " on";
            return version + ": the weights of version " + number(*e.restores) + part + " again: " + e.reason;
        }
        if (e.round.value == 0) return version + ": the initial weights";
        return version + " by round " + number(e.round) + ": " + count_text(e.updates, "update") + " of weight " +
               std::to_string(e.weight) + " on version " + number(e.parent);
    }
    std::string operator()(const VersionDropped& e) const {
        return "version " + number(e.version) + " was dropped: its weights were erased, and the updates it counted";
    }
    std::string operator()(const UpdatesErased& e) const {
        return "the " + count_text(e.updates, "update") + " of round " + number(e.round) + " (" + bytes_text(e.bytes) +
               ") were erased, as " + std::string(ledger::name_of(e.limit)) + " says";
    }
    std::string operator()(const VersionPinned& e) const {
        return "version " + number(e.version) + " was pinned, and no round closes: " + e.reason;
    }
    std::string operator()(const VersionUnpinned& e) const {
        return "version " + number(e.version) + " is pinned no more";
    }
    std::string operator()(const TrialBegan& e) const {
        return "version " + number(e.version) + " is on trial with " + std::to_string(e.canaries.size()) +
               (e.canaries.size() == 1 ? " canary" : " canaries") + ", against version " + number(e.against);
    }
    std::string operator()(const TrialEnded& e) const {
        const bool published = e.outcome == TrialOutcome::Published;
        return "the trial of version " + number(e.version) + " ended: it " +
               (published ? "goes to all nodes: " : "was withdrawn: ") + e.reason;
    }
    std::string operator()(const DriftReported& e) const {
        const std::string of = e.alarm.label_class ? " of class " + std::to_string(*e.alarm.label_class) : "";
        return name(e.node) + " raised alarm " + std::to_string(e.alarm.number) + ": errors" + of + " went from " +
               percent(e.alarm.before) + " to " + percent(e.alarm.after) +
               (e.early.value == 0 ? "" : "; it made round " + number(e.early) + " an early one");
    }
};

struct About {
    Subject operator()(const FederationCreated&) const { return {}; }
    Subject operator()(const TokenCreated&) const { return {}; }
    Subject operator()(const NodeEnrolled& e) const { return {e.node}; }
    Subject operator()(const CertificateRenewed& e) const { return {e.node}; }
    Subject operator()(const NodeRevoked& e) const { return {e.node}; }
    Subject operator()(const NodeQuarantined& e) const { return {e.node}; }
    Subject operator()(const NodeReleased& e) const { return {e.node}; }
    Subject operator()(const RoundOpened& e) const { return {{}, e.round}; }
    Subject operator()(const UpdateAccepted& e) const { return {e.update.node, e.round}; }
    Subject operator()(const UpdateRefused& e) const { return {e.update.node, e.round}; }
    Subject operator()(const UpdateSetAside& e) const { return {e.update.node, e.round}; }
    Subject operator()(const RoundFrozen& e) const { return {{}, e.round}; }
    Subject operator()(const RoundAbandoned& e) const { return {{}, e.round}; }
    Subject operator()(const VersionPublished& e) const {
        return {{}, e.round.value == 0 ? std::nullopt : std::optional(e.round), e.version};
    }
    Subject operator()(const VersionDropped& e) const { return {{}, {}, e.version}; }
    Subject operator()(const UpdatesErased& e) const { return {{}, e.round}; }
    Subject operator()(const VersionPinned& e) const { return {{}, {}, e.version}; }
    Subject operator()(const VersionUnpinned& e) const { return {{}, {}, e.version}; }
    Subject operator()(const TrialBegan& e) const { return {{}, {}, e.version}; }
    Subject operator()(const TrialEnded& e) const { return {{}, {}, e.version}; }
    Subject operator()(const DriftReported& e) const {
        return {e.node, e.early.value == 0 ? std::nullopt : std::optional(e.early)};
    }
};

}  // namespace

std::string sentence_of(const Event& event, const NodeName& name) {
    return std::visit(Sentence{name}, event);
}

Subject subject_of(const Event& event) {
    return std::visit(About{}, event);
}

bool concerns(const Event& event, const NodeId& node) {
    if (const auto* frozen = std::get_if<RoundFrozen>(&event)) {
        return std::any_of(frozen->set.begin(), frozen->set.end(),
                           [&node](const UpdateId& update) { return update.node == node; });
    }
    if (const auto* trial = std::get_if<TrialBegan>(&event)) {
        return std::binary_search(trial->canaries.begin(), trial->canaries.end(), node);
    }
    return subject_of(event).node == node;
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 4> kUnits = {"kB", "MB", "GB", "TB"};
    if (bytes < 1000) return std::to_string(bytes) + " B";
    auto value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    for (; value >= 999.95 && unit + 1 < kUnits.size(); ++unit)
        value /= 1000;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
    return text.data();
}

std::string count_text(std::uint64_t count, std::string_view one) {
    return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

}  // namespace skerry::coordinator::ledger
