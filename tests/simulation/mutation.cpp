#include "tests/simulation/mutation.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace skerry::simulation {
namespace {

using coordinator::Action;
using coordinator::Actions;
namespace ledger = coordinator::ledger;

bool is_receipt(const Action& action) {
    const auto* send = std::get_if<coordinator::Send>(&action);
    return send != nullptr && std::holds_alternative<wire::Receipt>(send->message);
}

/// The updates that versions have counted.
std::set<UpdateId> counted_in(const ledger::Events& events) {
    std::map<RoundId, std::vector<UpdateId>> sets;
    std::set<UpdateId> counted;
    for (const ledger::Event& event : events) {
        if (const auto* frozen = std::get_if<ledger::RoundFrozen>(&event)) {
            sets[frozen->round] = frozen->set;
        } else if (const auto* published = std::get_if<ledger::VersionPublished>(&event)) {
            counted.insert(sets[published->round].begin(), sets[published->round].end());
        }
    }
    return counted;
}

Digest newest_weights(const ledger::Events& events) {
    Digest newest{};
    for (const ledger::Event& event : events) {
        if (const auto* published = std::get_if<ledger::VersionPublished>(&event)) newest = published->weights;
    }
    return newest;
}

RoundId newest_frozen(const ledger::Events& events) {
    RoundId newest;
    for (const ledger::Event& event : events) {
        if (const auto* frozen = std::get_if<ledger::RoundFrozen>(&event)) newest = frozen->round;
    }
    return newest;
}

// They lose their sequence and their lease, in each event alike, so that the fold still fits together.
ledger::Events without_spent(ledger::Events events) {
    const std::set<UpdateId> forgotten = counted_in(events);
    for (ledger::Event& event : events) {
        if (auto* accepted = std::get_if<ledger::UpdateAccepted>(&event);
            accepted && forgotten.count(accepted->update)) {
            accepted->update.sequence = Sequence{0};
            accepted->lease = LeaseId{};
        } else if (auto* frozen = std::get_if<ledger::RoundFrozen>(&event)) {
            for (UpdateId& update : frozen->set) {
                if (forgotten.count(update) != 0) update.sequence = Sequence{0};
            }
        }
    }
    return events;
}

// Only what was spent is forgotten: what nodes are told to be counted stays true.
void tell_counted(coordinator::Send& send, const std::set<UpdateId>& counted) {
    wire::Announcement* announcement = std::get_if<wire::Announcement>(&send.message);
    if (auto* welcome = std::get_if<wire::Welcome>(&send.message)) announcement = &welcome->newest;
    if (announcement == nullptr) return;
    for (const UpdateId& update : counted) {
        if (update.node == send.node) announcement->counted = std::max(announcement->counted, update.sequence);
    }
}

}  // namespace

void mutate(Mutation mutation, Actions& actions, const ledger::Events& journal) {
    switch (mutation) {
        case Mutation::AckBeforeCommit:
            std::stable_partition(actions.begin(), actions.end(), is_receipt);
            break;
        case Mutation::LedgerBeforeBlob:
            std::stable_partition(actions.begin(), actions.end(), [](const Action& action) {
                return !std::holds_alternative<coordinator::StoreBlob>(action);
            });
            break;
        case Mutation::NoDedup: {
            const std::set<UpdateId> counted = counted_in(journal);
            for (Action& action : actions) {
                if (auto* send = std::get_if<coordinator::Send>(&action)) tell_counted(*send, counted);
            }
            break;
        }
        case Mutation::SumsShort:
            for (Action& action : actions) {
                auto* const sum = std::get_if<coordinator::SumRound>(&action);
                if (sum != nullptr && sum->set.size() > 1) sum->set.pop_back();
            }
            break;
        case Mutation::ErasesHeldWeights:
            for (Action& action : actions) {
                if (auto* erase = std::get_if<coordinator::EraseVersion>(&action))
                    erase->weights = newest_weights(journal);
            }
            break;
        case Mutation::ErasesNewestUpdates:
            for (Action& action : actions) {
                if (auto* erase = std::get_if<coordinator::EraseUpdates>(&action))
                    erase->round = newest_frozen(journal);
            }
            break;
        case Mutation::CountsRevoked:
            for (Action& action : actions) {
                if (auto* append = std::get_if<coordinator::Append>(&action)) {
                    std::erase_if(append->events, [](const ledger::Event& event) {
                        return std::holds_alternative<ledger::UpdateSetAside>(event);
                    });
                }
            }
            break;
        case Mutation::CountsHeld:
            for (Action& action : actions) {
                if (auto* append = std::get_if<coordinator::Append>(&action)) {
                    std::erase_if(append->events, [](const ledger::Event& event) {
                        return std::holds_alternative<ledger::NodeQuarantined>(event);
                    });
                }
            }
            break;
        case Mutation::RollbackLosesPin:
            for (Action& action : actions) {
                auto* const append = std::get_if<coordinator::Append>(&action);
                // Only with a rollback does another event come before it.
                if (append != nullptr && append->events.size() > 1) {
                    std::erase_if(append->events, [](const ledger::Event& event) {
                        return std::holds_alternative<ledger::VersionPinned>(event);
                    });
                }
            }
            break;
        case Mutation::ForgetsErrors:
            for (Action& action : actions) {
                auto* const append = std::get_if<coordinator::Append>(&action);
                for (std::size_t i = 0; append != nullptr && i < append->events.size(); ++i) {
                    if (auto* accepted = std::get_if<ledger::UpdateAccepted>(&append->events[i]))
                        accepted->error_counts.reset();
                }
            }
            break;
        default:
            break;
    }
}

Actions resumed(Mutation mutation, Actions actions) {
    if (mutation == Mutation::ForgetsFrozenRound) return {};
    return actions;
}

ledger::Events remembered(Mutation mutation, const ledger::Events& journal) {
    if (mutation == Mutation::NoDedup) return without_spent(journal);
    ledger::Events events = journal;
    if (mutation == Mutation::ForgetsAlarms) {
        std::erase_if(events, [](const auto& event) { return std::holds_alternative<ledger::DriftReported>(event); });
    } else if (mutation == Mutation::ForgetsTrials) {
        std::erase_if(events, [](const auto& event) { return std::holds_alternative<ledger::TrialBegan>(event); });
    }
    return events;
}

}  // namespace skerry::simulation
