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

namespace {

/// By what the learner saw, and not by what the update says; but an old node's types nobody can know.
coordinator::ledger::ErrorTally errors_of(const NodeDisk::Entry& entry, bool says_types) {
    coordinator::ledger::ErrorTally errors;
    errors.updates = 1;
    errors.labelled = entry.at.examples - entry.before.examples;
    for (std::size_t type = 0; type < errors.by_type.size(); ++type) {
        const std::uint64_t count = entry.at.errors[type] - entry.before.errors[type];
        errors.errors += count;
        errors.by_type[says_types ? type : 0] += count;
    }
    errors.other = errors.errors - errors.errors / 2;
    return errors;
}

}  // namespace

template <class Steps>
bool SimulatedNode::durably(Steps steps, SimulatedSpool::Follow follow) {
    if (!spool_) return follow({}), true;
    if (spool_->perform(steps(), std::move(follow))) return true;
    crash();
    return false;
}

Bytes SimulatedNode::chunk(const NodeDisk::Entry& entry, std::uint32_t index) {
    if (spool_) return spool_->chunk(entry.update.sequence, index);
    const ByteView rest = ByteView(entry.sealed).subspan(std::size_t{index} * limits::kChunkBytes);
    return copy_of(rest.first(std::min(rest.size(), limits::kChunkBytes)));
}

void SimulatedNode::take(const node::TakeUpdate& order) {
    const bool forgets = world_.storm && dice_.chance(world_.conditions.unfit) && !spool_;
    evidence_.nodes[index_].unfit = evidence_.nodes[index_].unfit || forgets;
    auto update = std::make_shared<std::optional<node::SpooledUpdate>>();
    if (!spool_) *update = disk_.take(order, identity_, forgets ? NodeDisk::Clips::No : NodeDisk::Clips::Yes);
    const bool done = durably([&] { return spool_->take(order, identity_, update); },
                              [this, order](const node::DurableState& found) { record(order, found); });
    if (!done) return;
    note(*update ? "takes update" : "has nothing to take", order.sequence.value, order.lease.base.value);
    if (!*update) return answer_later(node::NothingTaken{order.sequence});
    answer_later(node::UpdateSpooled{**update});
}

// What was taken is what the model would take, and no other.
void SimulatedNode::record(const node::TakeUpdate& order, const node::DurableState& found) {
    if (spool_) {
        if (found.spool.empty() || found.spool.back().sequence != order.sequence) return;
        if (!disk_.record(order, found.spool.back()))
            return world_.broken("the_spool_holds_what_it_told", "an update was made of no progress");
    }
    if (disk_.spool.empty() || disk_.spool.back().update.sequence != order.sequence) return;
    const NodeDisk::Entry& entry = disk_.spool.back();
    const auto header = wire::read_header(entry.update.header);
    std::vector<float> said = entry.delta;
    std::copy_n(disk_.weights.begin(), model_.statistics, said.begin());
    const bool says_types = spool_ || order.sequence.value % 4 != 0;
    evidence_.sealed[entry.update.content] = {header->update,
                                              header->base,
                                              header->tier,
                                              header->examples,
                                              order.lease.examples_max,
                                              std::move(said),
                                              errors_of(entry, says_types)};
}

std::optional<std::vector<float>> SimulatedNode::fetched(const node::InstallVersion& order) const {
    const Bytes& bytes = disk_.arriving->bytes;
    if (!order.difference) {
        if (crypto::sha256(bytes) != order.digest) return {};
        return floats_of(order.as.encoding == kMirrored ? mirrored(bytes) : bytes);
    }
    std::vector<float> values = disk_.base;
    if (!wire::apply_difference(bytes, tensors_of(model_, order.tier), values)) return {};
    if (crypto::sha256(std::as_bytes(std::span(values))) != order.difference->values) return {};
    return values;
}

void SimulatedNode::install(const node::InstallVersion& order) {
    SKERRY_ASSERT(disk_.arriving && disk_.arriving->what.manifest.version == order.manifest.version);
    auto weights = fetched(order);
    if (!weights) {
        ++world_.counters.unreadable;
        note("cannot read version", order.manifest.version.value);
        return answer_later(node::VersionUnreadable{order.manifest.version, "it is damaged"});
    }
    // Not the first one: a node that refuses it has nothing to learn on until a newer one comes, which may need its
    // help.
    if (world_.storm && disk_.installed.value > 0 && dice_.chance(world_.conditions.unfit / 2)) {
        note("refuses version", order.manifest.version.value);
        if (trial_ && trial_->version == order.manifest.version) trial_->refused = true;
        return answer_later(node::VersionRefused{order.manifest.version, "it fails its self-test"});
    }
    note("installs", order.manifest.version.value, order.counted.value);
    if (order.difference) ++world_.counters.differences;
    if (world_.plan.mutation == Mutation::NodeSpoilsVersion) weights->back() += 1.0F;
    const Mutation mutation = world_.plan.mutation;
    const auto keeps = mutation == Mutation::NodeForgetsProgress    ? NodeDisk::Keeps::NoProgress
                       : mutation == Mutation::NodeReappliesCounted ? NodeDisk::Keeps::CountedToo
                                                                    : NodeDisk::Keeps::All;
    const auto version = std::make_shared<const std::vector<float>>(*std::move(weights));
    const bool done =
        durably([&] { return spool_->install(order, version); },
                [this, order, version, keeps](const auto&) {
                    evidence_.installs.push_back({index_, disk_.installed, order.manifest.version, *version});
                    disk_.install(order, *version, keeps);
                });
    if (done) answer_later(node::VersionInstalled{order.manifest.version});
}

void SimulatedNode::retreat(Sequence sequence, bool drops) {
    note(drops ? "drops" : "puts back", sequence.value);
    durably([&] { return drops ? spool_->drop_progress(sequence) : spool_->put_back(sequence); },
            [this, sequence, drops](const auto&) { retreated(sequence, drops); });
}

void SimulatedNode::retreated(Sequence sequence, bool drops) {
    const NodeDisk::Entry* const entry = disk_.offered(sequence);
    if (entry != nullptr) evidence_.retreats.push_back({{id(), sequence}, entry->update.content});
    if (!drops) return disk_.put_back(sequence);
    // All that no accepted update holds is gone, by what the learner did and not by what the disk says.
    const std::vector<float> unsent = disk_.progress();
    Evidence::Node& seen = evidence_.nodes[index_];
    for (std::size_t i = 0; i < unsent.size(); ++i) {
        seen.dropped[i] += static_cast<double>(unsent[i]);
        if (entry != nullptr) seen.dropped[i] += static_cast<double>(entry->delta[i]);
    }
    disk_.drop_progress(sequence);
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
