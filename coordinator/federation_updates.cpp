#include "aggregation/staleness.hpp"
#include "coordinator/federation.hpp"
#include "coordinator/sends.hpp"

// An update on its way to its one fate: offer, gates, chunks, examination, receipt or refusal.
namespace skerry::coordinator {

Actions Federation::hear(const Node& node, const wire::UpdateOffer& offer, TimePoint now) {
    Incoming incoming;
    incoming.offer = offer;
    const auto header = wire::read_header(offer.header);
    if (!header) {
        // Nothing in it can be trusted to name a sequence, so none is spent.
        return refuse(node, {node.id, Sequence{0}}, incoming,
                      Flaw{wire::RefusalCode::Malformed, header.error().message}, now);
    }
    incoming.header = *header;
    const UpdateId id{node.id, header->update.sequence};
    if (header->update.node != node.id) {
        return refuse(node, id, incoming, Flaw{wire::RefusalCode::Unleased, "the update is another node's"}, now);
    }
    if (id.sequence.value == 0) {
        return refuse(node, id, incoming, Flaw{wire::RefusalCode::Malformed, "sequences count from 1"}, now);
    }
    // Before the lease is looked at: an update that was accepted keeps its receipt after its lease has expired.
    if (auto fate = known_fate(node, incoming, now)) return *std::move(fate);

    const auto lease = wire::open_lease(offer.lease, keys_.signing.verify_key());
    if (!lease) {
        return refuse(node, id, incoming, Flaw{wire::RefusalCode::Unleased, lease.error().message}, now);
    }
    incoming.lease = *lease;
    if (Verdict flaw = gate(node, incoming, now)) return refuse(node, id, incoming, *std::move(flaw), now);
    if (transfers_.is_anothers(node.id, offer.content)) {
        return refuse(node, id, incoming,
                      Flaw{wire::RefusalCode::Malformed, "another node is sending what has this content"}, now);
    }
    // One that is on its way has had its share already. Nothing is said, so the node offers again, and nothing is lost.
    if (!transfers_.holds(node.id, offer)) {
        if (budgets_.limit(node.id, offer.sealed_bytes, now)) return only(Ignored{Ignored::Why::Limited});
        budgets_.spend(node.id, offer.sealed_bytes, now);
    }
    const Transfers::Offered taken = transfers_.offer(std::move(incoming), now);
    Actions actions;
    if (taken.dropped) actions.push_back(DropDraft{*taken.dropped});
    if (taken.pull) {
        actions.push_back(to(node, *taken.pull));
    } else {
        actions.push_back(Ignored{Ignored::Why::Repeated});
    }
    return actions;
}

bool Federation::restore_draft(const Digest& content, Bytes header_bytes, std::uint64_t draft_bytes) {
    const auto header = wire::read_header(header_bytes);
    if (!header || draft_bytes < header_bytes.size()) return false;
    const Node* const node = registry_.node(header->update.node);
    const bool may_come = node != nullptr && !node->revoked && header->update.sequence > pool_.of(node->id).decided &&
                          !check_age(header->base, node->id);
    return may_come && transfers_.restore(*header, std::move(header_bytes), content, draft_bytes);
}

std::optional<Actions> Federation::known_fate(const Node& node, const Incoming& incoming, TimePoint now) {
    const UpdateId& id = incoming.id();
    const Pool::Standing& standing = pool_.of(node.id);
    if (id.sequence > standing.decided) return std::nullopt;

    std::optional<ledger::Fate> fate = standing.last;
    if (id.sequence != standing.decided) {
        auto found = past_.fate_of(id);
        if (!found) return only(Ignored{Ignored::Why::Unreadable});
        fate = *std::move(found);
    }
    if (!fate || fate->content != incoming.offer.content) {
        return refuse(node, id, incoming,
                      Flaw{wire::RefusalCode::Replayed, "sequence " + std::to_string(id.sequence.value) +
                                                            " was spent before; the next is above " +
                                                            std::to_string(standing.decided.value)},
                      now);
    }
    if (const auto* accepted = std::get_if<ledger::Fate::Accepted>(&fate->outcome)) {
        return only(to(node, wire::Receipt{id.sequence, accepted->receipt}));
    }
    const auto& refused = std::get<ledger::Fate::Refused>(fate->outcome);
    return only(to(node, wire::Refusal{id.sequence, refused.code, refused.text}));
}

Verdict Federation::gate(const Node& node, const Incoming& incoming, TimePoint now) const {
    const wire::UpdateHeader& header = incoming.header;
    // A lease must last until the update is offered; from there the time it takes is ours, and a large update on a slow
    // link, or one that waits its turn, may take longer than any lease.
    const TimePoint offered = transfers_.holds(node.id, incoming.offer) ? TimePoint::min() : now;
    if (Verdict flaw = check_lease(incoming.lease, header, id_, node.id, offered)) return flaw;
    if (const auto spent = pool_.spent_by(header.lease); spent && *spent != header.update) {
        return Flaw{wire::RefusalCode::Replayed,
                    "its lease was spent by sequence " + std::to_string(spent->sequence.value)};
    }
    if (Verdict flaw = check_age(header.base, node.id)) return flaw;
    if (Verdict flaw = check_size(header, incoming.offer.sealed_bytes, incoming.lease, model_)) return flaw;
    if (Verdict flaw = turn(header)) return flaw;
    if (!wire::verify_signature(incoming.offer.content, incoming.offer.signature, node.identity)) {
        return Flaw{wire::RefusalCode::Unsigned, "the signature is not this node's over this content"};
    }
    return {};
}

Verdict Federation::check_age(ModelVersion base, const NodeId& node) const {
    if (frozen_ && policy_.rounds.synchronous()) {
        return Flaw{wire::RefusalCode::Stale,
                    "round " + std::to_string(frozen_->id().value) + " has closed without it"};
    }
    return check_base(base, newest_for(node).version, policy_.rounds.behind_max());
}

Verdict Federation::turn(const wire::UpdateHeader& header) const {
    if (!pool_.waits(header.update.node)) return {};
    if (pool_.held_of(header.update.node) != nullptr) {
        return Flaw{wire::RefusalCode::NotYourTurn,
                    "an update of this node is held already, because it is in quarantine"};
    }
    return Flaw{wire::RefusalCode::NotYourTurn,
                "an update of this node waits for round " + std::to_string(round_now().value) + " already"};
}

Actions Federation::hear(const Node& node, const wire::UpdateChunk& chunk, TimePoint now) {
    Transfers::Taken taken = transfers_.take(node.id, chunk, now);
    Actions actions;
    const auto keep = [&](Transfers::Piece& piece) {
        actions.push_back(KeepPiece{piece.content, piece.at, std::move(piece.bytes)});
    };
    if (auto* const more = std::get_if<Transfers::More>(&taken)) {
        keep(more->piece);
        if (more->pull) actions.push_back(to(node, *more->pull));
    } else if (auto* const complete = std::get_if<Transfers::Complete>(&taken)) {
        keep(complete->piece);
        const Incoming& update = *complete->incoming;
        actions.push_back(
            CheckUpdate{update.id(), Examination{update.offer.content, update.offer.header, update.offer.sealed_bytes,
                                                 update.lease.norm_max, sketch_key_}});
    } else if (const auto* const wrong = std::get_if<Transfers::WrongSize>(&taken)) {
        const Incoming* const incoming = transfers_.pulling(node.id);
        SKERRY_ASSERT(incoming != nullptr);
        const Incoming refused = *incoming;
        return refuse(node, refused.id(), refused, Flaw{wire::RefusalCode::Malformed, wrong->text}, now);
    } else {
        actions.push_back(Ignored{Ignored::Why::Unexpected});
    }
    return actions;
}

Actions Federation::on(const UpdateChecked& event, TimePoint now) {
    const Node* const node = registry_.node(event.update.node);
    const Incoming* const found = transfers_.examining(event.update, event.content);
    if (node == nullptr || found == nullptr) return only(Ignored{Ignored::Why::Unexpected});
    const Incoming update = *found;
    transfers_.finish(node->id);

    const std::optional<Actions> fate = node->revoked ? Actions() : known_fate(*node, update, now);
    Verdict flaw;
    if (const auto* unsound = std::get_if<Flaw>(&event.result)) flaw = *unsound;
    if (!flaw && pool_.spent_by(update.header.lease)) {
        flaw = Flaw{wire::RefusalCode::Replayed, "its lease was spent by another update"};
    }
    if (!flaw) flaw = check_age(update.header.base, node->id);
    if (!flaw) flaw = turn(update.header);

    Actions actions;
    if (!fate && !flaw) {
        actions = accept(*node, update, std::get<Sound>(event.result), now);
    } else {
        // While it was examined, another offer of the node may have spent its sequence, lease or turn, or it grew too
        // old.
        actions = fate ? *fate : refuse(*node, event.update, update, *std::move(flaw), now);
        actions.push_back(DropDraft{event.content});
    }
    start_waiting(actions, now);
    return actions;
}

Actions Federation::accept(const Node& node, const Incoming& update, const Sound& sound, TimePoint now) {
    const wire::UpdateHeader& header = update.header;
    const wire::Lease& lease = update.lease;
    ledger::UpdateAccepted accepted;
    accepted.at = now;
    accepted.round = round_now();
    accepted.update = header.update;
    accepted.lease = header.lease;
    accepted.lease_expires = lease.expires;
    accepted.base = header.base;
    accepted.staleness = newest_for(node.id).version.value - header.base.value;
    accepted.tier = header.tier;
    accepted.examples = header.examples;
    accepted.bytes = update.offer.sealed_bytes;
    accepted.content = update.offer.content;
    accepted.norm = sound.norm;
    accepted.labelled = sound.labelled;
    accepted.errors = sound.errors;
    accepted.confusions = sound.confusions;
    accepted.error_counts = sound.error_counts;
    accepted.audits = sound.audits;
    accepted.soft_labels = sound.soft_labels;
    judge(accepted, sound.sketch);
    if (accepted.doubted) {  // nor is it heard by other ways
        accepted.audits = {};
        accepted.soft_labels = {};
    }
    accepted.weight =
        aggregation::weight_of(accepted.doubted ? 1 : header.examples, lease.examples_max, accepted.staleness);

    accepted.receipt = wire::sign(
        wire::ReceiptBody{id_, header.update, header.lease, accepted.content, accepted.weight, now}, keys_.signing);

    const wire::Receipt receipt{header.update.sequence, accepted.receipt};
    ledger::Events events;
    // The quarantine first: the update is held from its beginning, so no round begins with it.
    if (auto quarantine = suspicion(node, accepted)) {
        events.push_back(*std::move(quarantine));
    } else if (!open_ && !node.quarantine) {
        events.push_back(opening(now));
    }
    events.push_back(std::move(accepted));
    // This order and no other: bytes, then the fact, then the promise.
    Actions actions;
    actions.push_back(
        StoreBlob{update.offer.content, wire::kUpdateHeaderBytes + update.offer.sealed_bytes, update.offer.signature});
    actions.push_back(Append{std::move(events)});
    actions.push_back(to(node, receipt));
    return actions;
}

Actions Federation::refuse(const Node& node, const UpdateId& update, const Incoming& incoming, Flaw flaw,
                           TimePoint now) {
    // A refusal makes the node take its progress back, so it must be as durable as an acceptance: were it only said,
    // a late copy of the same offer could be accepted after a restart, and count twice. Beyond the bound nothing is
    // said.
    if (!pool_.may_record_refusal(node.id, round_now(), now)) return only(Ignored{Ignored::Why::Silenced});
    ledger::UpdateRefused refused;
    refused.at = now;
    refused.round = round_now();
    refused.update = update;
    refused.lease = incoming.header.lease;
    refused.base = incoming.header.base;
    refused.code = flaw.code;
    refused.text = flaw.text;
    refused.bytes = incoming.offer.sealed_bytes;
    refused.content = incoming.offer.content;
    ledger::Events events = {std::move(refused)};
    if (auto quarantine = strike(node, flaw, now)) events.push_back(*std::move(quarantine));
    Actions actions;
    actions.push_back(Append{std::move(events)});
    actions.push_back(to(node, wire::Refusal{update.sequence, flaw.code, std::move(flaw.text)}));
    if (transfers_.is_unfinished(update)) {
        drop_transfer(node.id, actions);
        start_waiting(actions, now);
    }
    return actions;
}

void Federation::drop_transfer(const NodeId& node, Actions& actions) {
    if (const auto draft = transfers_.drop(node)) actions.push_back(DropDraft{*draft});
}

void Federation::start_waiting(Actions& actions, TimePoint now) {
    for (const Transfers::Started& started : transfers_.make_room(now)) {
        if (const Node* const node = registry_.node(started.node)) actions.push_back(to(*node, started.pull));
    }
}

}  // namespace skerry::coordinator
