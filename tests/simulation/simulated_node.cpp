#include "tests/simulation/simulated_node.hpp"

#include <utility>

#include "common/base/limits.hpp"
#include "common/wire/token.hpp"
#include "tests/simulation/mirrored.hpp"
#include "tests/simulation/overload.hpp"

namespace skerry::simulation {

using namespace std::chrono_literals;

namespace {

constexpr unsigned kWakesInPlaceMax = 200;

bool is_durable(const node::Action& action) {
    return std::holds_alternative<node::TakeUpdate>(action) || std::holds_alternative<node::KeepReceipt>(action) ||
           std::holds_alternative<node::PutBack>(action) || std::holds_alternative<node::DropProgress>(action) ||
           std::holds_alternative<node::InstallVersion>(action);
}

}  // namespace

SimulatedNode::SimulatedNode(World& world, Network& network, Evidence& evidence, std::size_t index,
                             const crypto::VerifyKey& root)
    : world_(world),
      network_(network),
      evidence_(evidence),
      index_(index),
      name_("node" + std::to_string(index)),
      dice_(world.dice.fork()),
      crash_clock_(world, dice_.fork()),
      drift_dice_(world.plan.seed * 64 + index),
      identity_(*crypto::SigningKey::from_seed(dice_.bytes<32>())),
      transport_(dice_.bytes<32>()),
      root_(root) {}

wire::JoinRequest SimulatedNode::ask_to_join(const std::string& text, Tier tier) {
    const auto token = wire::parse_token(text);
    SKERRY_ASSERT(token && token->root == root_);
    proof_key_ = wire::proof_key(wire::secret_hash(*token));
    request_.token = token->id;
    request_.identity = identity_.verify_key().value;
    request_.transport = transport_;
    request_.name = name_;
    request_.tier = tier;
    request_.nonce = dice_.bytes<32>();
    wire::prove(request_, proof_key_, identity_);
    return request_;
}

void SimulatedNode::joined(const wire::JoinReply& reply, const coordinator::ModelShape& model) {
    SKERRY_ASSERT(reply.admitted && reply.root == root_.value && wire::check(reply, request_, proof_key_));
    disk_.keys = reply.keys;
    disk_.certificate = reply.certificate;
    model_ = model;
    disk_.statistics = model.statistics;
    disk_.on_change = [this] { evidence_.changed.push_back(index_); };
    if (world_.conditions.real_spools) {
        spool_ = std::make_unique<SimulatedSpool>(world_, world_.plan.seed * 64 + index_, disk_);
        const node::Enrolment enrolment{root_, name_, "", "", reply.keys, reply.certificate};
        SKERRY_ASSERT(spool_->open_anew(enrolment));
    }
    const auto certificate = wire::open_certificate(reply.certificate, root_);
    SKERRY_ASSERT(certificate && certificate->node == id());
    Evidence::Node& seen = evidence_.nodes[index_];
    seen = {id(), certificate->tier, &disk_, std::vector<double>(model.prefix(certificate->tier)),
            std::vector<double>(model.prefix(certificate->tier))};
    // Steps to and fro cancel: beside updates that hold nothing but what rounding left, an ordinary one stands out.
    seen.unfit = world_.conditions.pendulum;
}

void SimulatedNode::boot() {
    SKERRY_ASSERT(!session_);
    note("boots", disk_.installed.value, disk_.last_sequence.value);
    if (spool_ && !spool_->open()) {
        spool_->crash(dice_.chance(0.3));
        return world_.time.after(crash_clock_.pause(), [this] { boot(); });
    }
    if (world_.plan.mutation == Mutation::NodeForgetsSpool) disk_.spool.clear();
    clock_error_ = world_.conditions.clocks_wrong ? dice_.between(0ms, 24h * 365 * 60) - 24h * 365 * 49 : 0ms;
    sends_overtake_ = dice_.chance(0.5);
    node::SessionConfig config;
    config.root = root_;
    config.identity = identity_.verify_key();
    config.model = model_.identity;
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        config.values[tier] = model_.values[tier];
    // Every other node; where a restart has lost the encoding of an older version, it goes on with the newest.
    if (index_ % 2 == 1) config.encoding = kMirrored;
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        config.encoded_bytes[tier] = model_.values[tier] * sizeof(float);
    config.software = "skerry-node simulated";
    config.seed = dice_.next();
    if (disk_.arriving && !disk_.arriving->bytes.empty()) ++world_.counters.resumed;
    auto session = node::Session::open(std::move(config), disk_.load());
    if (!session)
        return world_.broken("cores_come_to_rest", "a node cannot open its session: " + session.error().message);
    session_ = *std::move(session);
    alarms_ = {};
    alarms_.restore(disk_.alarms);
    if (network_.connected(index_)) after(dice_.between(1ms, 500ms), [this] { link_changed(); });
    plan_learning();
}

void SimulatedNode::crash() {
    note("crashes");
    ++world_.counters.crashes;
    // Some deaths are announced.
    if (dice_.chance(0.2)) {
        for (node::Action& action : session_->handle(node::Stopping{}, clock())) {
            if (std::holds_alternative<node::Send>(action)) perform(action);
        }
    }
    ++life_;
    session_.reset();
    if (spool_) spool_->crash(dice_.chance(0.3));
    todo_.clear();
    step_is_planned_ = last_was_durable_ = false;
    wakes_in_place_ = 0;
    trial_.reset();
    disk_.lose_end_of_arriving(dice_.chance(0.5) ? 100 : dice_.below(100));
    world_.time.after(crash_clock_.pause(), [this] { boot(); });
}

void SimulatedNode::hear(wire::FromCoordinator message) {
    if (!session_) return;
    note("hears", message.index());
    if (const auto* receipt = std::get_if<wire::Receipt>(&message)) {
        const auto body = wire::open_receipt(receipt->receipt, evidence_.signing);
        if (body) evidence_.receipts.push_back({body->update, body->content});
    }
    tell(node::MessageReceived{std::move(message)});
}

void SimulatedNode::link_changed() {
    if (!session_) return;
    const bool up = network_.connected(index_);
    note(up ? "connects" : "disconnects");
    tell(up ? node::Event(node::Connected{}) : node::Event(node::Disconnected{}));
}

void SimulatedNode::tell(const node::Event& event) {
    if (crash_clock_.strikes(std::exchange(last_was_durable_, false))) return crash();
    for (node::Action& action : session_->handle(event, clock())) {
        if (sends_overtake_ && std::holds_alternative<node::Send>(action)) {
            perform(action);
        } else {
            todo_.push_back(std::move(action));
        }
    }
    plan_step();
    wake();
}

void SimulatedNode::wake() {
    const auto due = session_->deadline();
    if (!due) return;
    const TimePoint when = *due - clock_error_;
    const bool at_once = when <= world_.time.now();
    wakes_in_place_ = at_once && busy_at_ == world_.time.now() ? wakes_in_place_ + 1 : 0;
    busy_at_ = world_.time.now();
    if (wakes_in_place_ > kWakesInPlaceMax) {
        return world_.broken("cores_come_to_rest", name_ + " asks for its time again and again in the same moment");
    }
    world_.time.at(when, [this, life = life_, serial = ++wake_] {
        if (life == life_ && serial == wake_) tell(node::TimePassed{});
    });
}

void SimulatedNode::plan_step() {
    if (todo_.empty() || std::exchange(step_is_planned_, true)) return;
    after(dice_.between(0ms, world_.conditions.action_max), [this] { step(); });
}

void SimulatedNode::step() {
    step_is_planned_ = false;
    const bool durable = is_durable(todo_.front());
    if (crash_clock_.strikes(durable || last_was_durable_)) return crash();
    last_was_durable_ = durable;
    node::Action action = std::move(todo_.front());
    todo_.pop_front();
    perform(action);
    plan_step();
}

void SimulatedNode::perform(node::Action& action) {
    std::visit(
        Overload{
            [&](node::Send& order) { network_.to_coordinator(index_, std::move(order.message)); },
            [&](node::SendReport&) {
                wire::Report report;
                report.global = disk_.installed;
                report.local = disk_.learned.steps;
                report.alarms = alarms_.unknown();
                report.labelled = disk_.learned.examples;
                report.trial = trial_;
                network_.to_coordinator(index_, report);
            },
            [&](node::SendUpdateChunks& order) {
                const NodeDisk::Entry* const entry = disk_.offered(order.sequence);
                if (entry == nullptr) return;
                for (std::uint32_t index = order.first; index < order.first + order.count; ++index)
                    network_.to_coordinator(index_, wire::UpdateChunk{order.sequence, index, chunk(*entry, index)});
            },
            [&](node::TakeUpdate& order) { take(order); },
            [&](node::KeepReceipt& order) {
                note("keeps receipt", order.sequence.value);
                durably([&] { return spool_->keep_receipt(order.sequence, order.receipt); },
                        [this, sequence = order.sequence](const auto&) { disk_.keep_receipt(sequence); });
            },
            [&](node::PutBack& order) { retreat(order.sequence, false); },
            [&](node::DropProgress& order) { retreat(order.sequence, true); },
            [&](node::BeginVersion& order) {
                disk_.arriving = {std::move(order.what), {}};
            },
            [&](node::StoreModelChunk& order) {
                Bytes& there = disk_.arriving->bytes;
                SKERRY_ASSERT(there.size() == std::size_t{order.index} * limits::kChunkBytes);
                there.insert(there.end(), order.bytes.begin(), order.bytes.end());
            },
            [&](node::InstallVersion& order) { install(order); },
            [&](node::KeepKeys& order) {
                durably([&] { return spool_->keep_keys(order.signed_keys); },
                        [this, keys = order.signed_keys](const auto&) { disk_.keys = keys; });
            },
            [&](node::KeepCertificate& order) {
                durably([&] { return spool_->keep_certificate(order.signed_certificate); },
                        [this, kept = order.signed_certificate](const auto&) { disk_.certificate = kept; });
            },
            [&](node::HeedDrift& order) { alarms_.known(order.alarms_known); },
            [&](node::HeedTrial& order) {
                trial_.reset();
                if (order.version.value > 0) trial_.emplace().version = order.version;
            },
            [](node::HeedAudits&) {},      // a matter of the router, which is not simulated
            [](node::HeedSoftLabels&) {},  // and of learning, which is not either
            [&](node::Notice& order) { note(order.event); },
        },
        action);
}

void SimulatedNode::answer_later(node::Event event) {
    after(dice_.between(0ms, 100ms), [this, event = std::move(event)] { tell(event); });
}

bool SimulatedNode::settled(ModelVersion newest, bool its_update_waits) const {
    if (!session_ || !todo_.empty() || disk_.installed != newest || session_->installed() != newest) return false;
    const node::SessionStatus status = session_->status(clock());
    const bool wants_to_send = status.steps_per_update > 0 && status.steps >= status.steps_per_update;
    return !status.offered && (its_update_waits || !wants_to_send);
}

}  // namespace skerry::simulation
