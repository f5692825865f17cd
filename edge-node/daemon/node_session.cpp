#include <utility>

#include <boost/asio/post.hpp>

#include "common/observe/log.hpp"
#include "common/parameters/precision/encoding.hpp"
#include "edge-node/daemon/node.hpp"
#include "edge-node/daemon/node_durable.hpp"

namespace skerry::node {

namespace log = observe::log;

Result<> Node::make_link() {
    DurableState state = SKERRY_TRY(durable_->spool.load());
    state.steps = local_.steps_unsent();
    state.arriving = durable_->arriving.open();
    // A crash came between its installation and this file's end.
    if (state.arriving && state.arriving->what.manifest.version <= state.installed) {
        state.arriving.reset();
        durable_->arriving.remove();
    }
    if (options_.alone && state.installed.value > 0) return {};
    SessionConfig config;
    config.root = durable_->enrolment.root;
    config.identity = durable_->keys.identity.verify_key();
    config.model = durable_->model_identity;
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        config.values[tier] = durable_->model->layout.prefix(static_cast<Tier>(tier));
    config.encoding = options_.config.precision;
    const auto blocks = durable_->model->layout.blocks();
    const auto plan = SKERRY_TRY(parameters::plan_named(skerry::name_of(config.encoding), blocks));
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        config.encoded_bytes[tier] =
            parameters::encoded_bytes(parameters::held_blocks(blocks, static_cast<Tier>(tier)), plan);
    }
    config.software = kSoftware;
    config.seed = std::hash<NodeId>{}(durable_->certificate.node) ^
                  static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
    config.alone = options_.alone;
    Session session = SKERRY_TRY(Session::open(std::move(config), state));
    link_.emplace(loop_, std::move(session), durable_->keys.transport, durable_->enrolment.fleet_endpoint, model(),
                  [this](Action action) { perform(std::move(action)); });
    return {};
}

void Node::perform(Action action) {
    if (std::holds_alternative<SendReport>(action)) return send_report();
    if (const auto* chunks = std::get_if<SendUpdateChunks>(&action)) return send_chunks(*chunks);
    if (const auto* notice = std::get_if<Notice>(&action)) return note(*notice);
    if (const auto* trial = std::get_if<HeedTrial>(&action)) return local_.heed(*trial);
    if (const auto* fleet = std::get_if<HeedAudits>(&action)) return routes_.on_fleet(fleet->counts);
    if (auto* fleet = std::get_if<HeedSoftLabels>(&action)) return local_.heed(std::move(fleet->labels));
    if (const auto* drift = std::get_if<HeedDrift>(&action)) return heed_drift(*drift);
    if (const auto* keys = std::get_if<KeepKeys>(&action)) {
        // The address is the same, the coordinator proves itself with another key from now on.
        link_->reconnect();
        log::info("keys_changed", {{"serial", keys->keys.serial}, {"model", model()}});
    }
    if (const auto* receipt = std::get_if<KeepReceipt>(&action)) {
        log::info("update_accepted",
                  {{"sequence", receipt->sequence}, {"weight", receipt->body.weight}, {"model", model()}});
    }
    local_.perform(std::move(action));
}

void Node::note(const Notice& notice) {
    const auto level = notice.level == Notice::Level::Error     ? log::Level::Error
                       : notice.level == Notice::Level::Warning ? log::Level::Warning
                                                                : log::Level::Info;
    log::event(level, notice.event, {{"text", notice.text}, {"model", model()}});
}

void Node::send_report() {
    const Checkpoint& checkpoint = local_.checkpoint();
    wire::Report report;
    report.global = checkpoint.version.global;
    report.local = checkpoint.version.local;
    report.predictions = next_order_ - 1;
    report.labelled = checkpoint.totals.labelled;
    report.errors = checkpoint.totals.errors;
    if (const auto numbers = local_.prequential()) report.accuracy_recent = numbers->accuracy_window;
    report.answered = local_.answered();
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        report.latency_p50_us[tier] = static_cast<std::uint32_t>(quantile(api_.counters().latency[tier], 0.5).count());
    }
    report.learning_rate = checkpoint.learning_rate;
    report.learning_reason = checkpoint.reason.substr(0, limits::kTextMax);
    report.alarms = local_.alarms().unknown();
    report.trial = local_.trial();
    link_->send(std::move(report));
}

void Node::send_chunks(const SendUpdateChunks& order) {
    storage_.run(
        [&spool = durable_->spool, order]() -> Result<std::vector<wire::UpdateChunk>> {
            std::vector<wire::UpdateChunk> chunks;
            for (std::uint32_t index = order.first; index < order.first + order.count; ++index)
                chunks.push_back({order.sequence, index, SKERRY_TRY(spool.chunk(order.sequence, index))});
            return chunks;
        },
        [this](Result<std::vector<wire::UpdateChunk>> chunks) {
            // Settled meanwhile: nobody waits for it any more.
            if (!chunks || !link_) return;
            for (wire::UpdateChunk& chunk : *chunks)
                link_->send(std::move(chunk));
        });
}

}  // namespace skerry::node
