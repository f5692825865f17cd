#include "coordinator/service/event_log.hpp"

#include "common/observe/log.hpp"

namespace skerry::coordinator {
namespace {

namespace log = observe::log;

struct Line {
    std::string_view name;

    void operator()(const ledger::FederationCreated& e) const { log::info(name, {{"name", e.name}}); }
    void operator()(const ledger::TokenCreated& e) const {
        log::info(name, {{"token", e.id}, {"uses", e.uses}, {"expires", to_text(e.expires)}, {"note", e.note}});
    }
    void operator()(const ledger::NodeEnrolled& e) const {
        log::info(name, {{"node", e.node}, {"name", e.name}, {"tier", skerry::name_of(e.tier)}, {"token", e.token}});
    }
    void operator()(const ledger::CertificateRenewed& e) const {
        log::info(name, {{"node", e.node}, {"expires", to_text(e.certificate_expires)}});
    }
    void operator()(const ledger::NodeRevoked& e) const {
        log::warning(name, {{"node", e.node}, {"reason", e.reason}});
    }
    void operator()(const ledger::NodeQuarantined& e) const {
        log::warning(name, {{"node", e.node}, {"by", ledger::name_of(e.by)}, {"reason", e.reason}});
    }
    void operator()(const ledger::NodeReleased& e) const { log::warning(name, {{"node", e.node}}); }
    void operator()(const ledger::RoundOpened& e) const {
        log::info(name,
                  {{"round", e.round}, {"goal", e.goal}, {"quorum", e.quorum}, {"deadline", to_text(e.deadline)}});
    }
    void operator()(const ledger::UpdateAccepted& e) const {
        log::info(name, {{"round", e.round},
                         {"node", e.update.node},
                         {"sequence", e.update.sequence},
                         {"base", e.base},
                         {"staleness", e.staleness},
                         {"weight", e.weight},
                         {"bytes", e.bytes},
                         {"norm", e.norm},
                         {"content", e.content}});
        if (!e.doubted) return;
        log::warning(
            "update_doubted",
            {{"node", e.update.node},
             {"sequence", e.update.sequence},
             {"reason", "its node pulls the model back from where the fleet moves it; it counts as one example"},
             {"do", "look at the node's labels and its sensor; skerry node release if it is right"}});
    }
    void operator()(const ledger::UpdateRefused& e) const {
        log::warning(name, {{"round", e.round},
                            {"node", e.update.node},
                            {"sequence", e.update.sequence},
                            {"code", wire::name_of(e.code)},
                            {"reason", e.text}});
    }
    void operator()(const ledger::UpdateSetAside& e) const {
        log::warning(
            name, {{"round", e.round}, {"node", e.update.node}, {"sequence", e.update.sequence}, {"reason", e.reason}});
    }
    void operator()(const ledger::RoundFrozen& e) const {
        log::info(name, {{"round", e.round}, {"parent", e.parent}, {"updates", e.set.size()}});
    }
    void operator()(const ledger::RoundAbandoned& e) const {
        log::warning(name, {{"round", e.round}, {"reason", e.reason}});
    }
    void operator()(const ledger::VersionPinned& e) const {
        log::warning(name, {{"version", e.version}, {"reason", e.reason}});
    }
    void operator()(const ledger::TrialBegan& e) const {
        log::info(name, {{"version", e.version}, {"against", e.against}, {"canaries", e.canaries.size()}});
    }
    void operator()(const ledger::TrialEnded& e) const {
        const auto level = e.outcome == ledger::TrialOutcome::Withdrawn ? log::Level::Warning : log::Level::Info;
        log::event(level, name,
                   {{"version", e.version}, {"outcome", ledger::name_of(e.outcome)}, {"reason", e.reason}});
    }
    void operator()(const ledger::VersionUnpinned& e) const { log::warning(name, {{"version", e.version}}); }
    void operator()(const ledger::VersionPublished& e) const {
        if (e.restores) {
            return log::warning(name, {{"version", e.version},
                                       {"restores", *e.restores},
                                       {"from", skerry::name_of(e.restores_from)},
                                       {"reason", e.reason},
                                       {"weights", e.weights}});
        }
        log::info(name, {{"version", e.version},
                         {"round", e.round},
                         {"updates", e.updates},
                         {"weight", e.weight},
                         {"sum", e.sum},
                         {"weights", e.weights}});
    }
    void operator()(const ledger::VersionDropped& e) const { log::info(name, {{"version", e.version}}); }
    void operator()(const ledger::UpdatesErased& e) const {
        log::info(
            name,
            {{"round", e.round}, {"updates", e.updates}, {"bytes", e.bytes}, {"limit", ledger::name_of(e.limit)}});
    }
    void operator()(const ledger::DriftReported& e) const {
        log::warning(name, {{"node", e.node},
                            {"number", e.alarm.number},
                            {"class", e.alarm.label_class ? std::to_string(*e.alarm.label_class) : std::string("all")},
                            {"detector", skerry::name_of(e.alarm.detector)},
                            {"errors_before", e.alarm.before},
                            {"errors_after", e.alarm.after},
                            {"missed", e.missed},
                            {"early_round", e.early}});
    }
};

}  // namespace

void log_event(const ledger::Event& event) {
    std::visit(Line{ledger::name_of(event)}, event);
}

}  // namespace skerry::coordinator
