#include "coordinator/federation.hpp"

// What the operator decides of a node that has joined.
namespace skerry::coordinator {
Result<const Node*> Federation::active_node(const NodeId& id) const {
    const Node* const node = registry_.node(id);
    if (node == nullptr) {
        return fail(ErrorCode::NotFound, "no node " + id.to_text() + ": 'skerry node list' shows those that exist");
    }
    if (node->revoked) {
        return fail(ErrorCode::Conflict, "node " + node->name + " was revoked at " + to_text(node->revoked_at));
    }
    return node;
}

Actions Federation::on(const OperatorRevokesNode& event, TimePoint now) {
    const auto found = active_node(event.node);
    if (!found) return answer(event.ticket, tl::unexpected(found.error()));
    const Node& node = **found;
    Actions actions;
    ledger::Events events = {ledger::NodeRevoked{now, node.id, event.reason}};
    // What it has sent is no more to be trusted than what it would send. A frozen set stays what it is: its version is
    // a function of it.
    for (const auto* const updates : {&pool_.waiting(), &pool_.held()}) {
        for (const Contribution& update : *updates) {
            if (update.update.node != node.id) continue;
            events.push_back(ledger::UpdateSetAside{now, round_now(), update.update, "its node was revoked"});
        }
    }
    actions.push_back(Append{std::move(events)});
    actions.push_back(Send{node.id, node.transport,
                           wire::Denied{wire::Denied::Reason::Revoked, "this node was revoked by the operator"}});
    actions.push_back(Answer{event.ticket, {}});
    drop_transfer(node.id, actions);
    start_waiting(actions, now);
    return actions;
}

Actions Federation::on(const OperatorQuarantinesNode& event, TimePoint now) {
    const auto found = active_node(event.node);
    if (!found) return answer(event.ticket, tl::unexpected(found.error()));
    const Node& node = **found;
    if (node.quarantine) {
        return answer(event.ticket, fail(ErrorCode::Conflict, "node " + node.name + " is " + is_quarantined(node)));
    }
    Actions actions;
    actions.push_back(Append{{ledger::NodeQuarantined{now, node.id, ledger::QuarantinedBy::Operator, event.reason}}});
    actions.push_back(Answer{event.ticket, {}});
    return actions;
}

Actions Federation::on(const OperatorReleasesNode& event, TimePoint now) {
    const auto found = active_node(event.node);
    if (!found) return answer(event.ticket, tl::unexpected(found.error()));
    const Node& node = **found;
    if (!node.quarantine && !opposition_.of(node.id).doubted) {
        return answer(event.ticket,
                      fail(ErrorCode::Conflict, "node " + node.name + " is neither in quarantine nor doubted"));
    }
    ledger::Events events;
    if (const Contribution* const held = pool_.held_of(node.id)) {
        std::string reason;
        if (event.discard) {
            reason = "discarded by the operator who released its node from quarantine";
        } else if (const Verdict old = check_age(held->base, node.id)) {
            reason = "too old when its node was released from quarantine: " + old->text;
        }
        if (!reason.empty()) events.push_back(ledger::UpdateSetAside{now, round_now(), held->update, reason});
    }
    events.push_back(ledger::NodeReleased{now, node.id});
    Actions actions;
    actions.push_back(Append{std::move(events)});
    actions.push_back(Answer{event.ticket, {}});
    return actions;
}

}  // namespace skerry::coordinator
