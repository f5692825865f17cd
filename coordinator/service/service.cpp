#include "coordinator/service/service.hpp"

#include "common/base/heap.hpp"
#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/observe/disk_failure.hpp"
#include "common/observe/log.hpp"
#include "common/wire/codec.hpp"

namespace skerry::coordinator {
namespace {

namespace log = observe::log;
using namespace std::chrono_literals;

// Erased blobs give their space back only when what lies beside them is rewritten, so not after each.
constexpr std::size_t kErasuresBeforeReclaim = 16;
constexpr std::uint64_t kDroppedBytesBeforeReclaim = 1ULL << 30U;

/// To map anew what a sum takes, several times the weights, costs as much as a pass over it. So of models of so many
/// bytes it is kept for the next sum where that comes soon, and of smaller ones from one step of a sum to the next.
constexpr std::size_t kKeptFrom = 1U << 20U;
constexpr std::size_t kKeptMost = 8U << 20U;
constexpr auto kUseAgain = 15s;

// What a sum needs is gone or damaged, and a start would only meet it again; or the disk is full or down, and may come
// back.
[[noreturn]] void stop_on(const Error& error) {
    if (error.code == ErrorCode::Unavailable) observe::disk_failed(error);
    log::error("round_not_summed", {{"reason", error.message}});
    std::abort();
}

}  // namespace

void Service::deliver(const Event& event) {
    take(federation_->handle(event, Clock::now()));
    settle();
}

// State runs ahead of the disk here, which nobody sees: whatever follows an append waits in the queue until the disk
// has it, and a disk that refuses ends the process.
void Service::take(Actions actions) {
    for (const Action& action : actions) {
        if (const auto* append = std::get_if<Append>(&action)) {
            for (const ledger::Event& event : append->events)
                federation_->apply(event);
        }
    }
    queue_->push(std::move(actions));
}

void Service::settle() {
    const TimePoint now = Clock::now();
    auto due = federation_->deadline();
    for (; due && *due <= now; due = federation_->deadline())
        take(federation_->advance(now));
    timer_.cancel();
    if (!due) return;
    timer_.expires_after(*due - now);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) settle();
    });
}

void Service::on_fleet(const transport::Sender& sender, const transport::Frames& frames) {
    if (draining_) return;
    auto message = wire::decode_from_node(frames);
    if (!message) {
        metrics_.malformed();
        log::debug("message_malformed", {{"key", sender.key}, {"reason", message.error().message}});
        return;
    }
    metrics_.heard(*message);
    deliver(NodeSpoke{sender.key.value, *std::move(message)});
}

void Service::on_enrol(const transport::Sender& sender, const transport::Frames& frames) {
    if (draining_) return;
    auto request = wire::decode_join_request(frames);
    if (!request) {
        metrics_.malformed();
        log::debug("join_malformed", {{"key", sender.key}, {"reason", request.error().message}});
        return;
    }
    deliver(PeerAskedToJoin{sender.key.value, *std::move(request)});
}

void Service::perform(const Action& action) {
    std::visit(
        [this](const auto& order) {
            using Order = std::decay_t<decltype(order)>;
            if constexpr (std::is_same_v<Order, KeepPiece> || std::is_same_v<Order, StoreBlob> ||
                          std::is_same_v<Order, DropDraft> || std::is_same_v<Order, Append>) {
                SKERRY_ASSERT(false);  // the queue's own
            } else {
                perform(order);
            }
        },
        action);
}

void Service::perform(const Send& order) {
    metrics_.said(order.message);
    if (const auto* denied = std::get_if<wire::Denied>(&order.message)) log_denial(order.node, *denied);
    if (!fleet_->send(transport::CurvePublicKey{order.transport}, wire::encode(order.message))) {
        log::debug("message_dropped", {{"node", order.node}});
    }
}

// A node that is denied asks again and again.
void Service::log_denial(const NodeId& node, const wire::Denied& denied) {
    if (denied.reason == wire::Denied::Reason::UnknownVersion)
        return;  // an old version is gone: nothing to worry about
    if (denials_logged_[node].again(Clock::now())) {
        log::error("node_denied", {{"node", node}, {"reason", denied.text}});
    }
}

void Service::on_full(std::string_view socket, bool full) {
    if (!full) return log::debug("connections_free", {{"socket", socket}});
    metrics_.connections_full(socket);
    Seldom& logged = socket == "fleet" ? fleet_full_logged_ : enrol_full_logged_;
    if (!logged.again(Clock::now())) return;
    log::warning("connections_full",
                 {{"socket", socket},
                  {"reason", "nobody else is let in until some have gone"},
                  {"do", "look for an address that opens many; for a larger fleet raise LimitNOFILE"}});
}

std::string Service::metrics_text() {
    const auto traffic = [](const transport::Router& socket) {
        return CoordinatorMetrics::Traffic{socket.connections(), socket.refused_messages()};
    };
    return metrics_.text(*federation_, traffic(*fleet_), traffic(*enrol_), Clock::now());
}

void Service::perform(const SendModel& order) {
    for (std::uint32_t index = order.first; index < order.first + order.count; ++index) {
        const std::uint64_t offset = std::uint64_t{index} * limits::kChunkBytes;
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(limits::kChunkBytes, order.prefix_bytes - offset));
        auto bytes = models_.bytes(order.weights, offset, count);
        if (!bytes) {
            log::warning("model_not_read", {{"version", order.version}, {"reason", bytes.error().message}});
            return;
        }
        const std::size_t size = bytes->bytes.size();
        if (!fleet_->send(
                transport::CurvePublicKey{order.transport},
                wire::encode_head(wire::ModelChunk{order.version, order.tier, index, {}, order.encoding, order.base}),
                *std::move(bytes))) {
            return log::debug("model_chunk_dropped", {{"node", order.node}});  // its queue is full: it asks again
        }
        metrics_.sent_weights(size);
    }
}

void Service::perform(const ReplyToJoin& order) {
    metrics_.joined(order.outcome);
    if (order.outcome == ReplyToJoin::Outcome::Refused) log::warning("join_refused", {{"reason", order.reply.text}});
    if (order.outcome == ReplyToJoin::Outcome::Limited && joins_limited_logged_.again(Clock::now())) {
        log::warning(
            "joins_limited",
            {{"reason", "more attempts to join than are looked at: somebody guesses, or a fleet comes at once"},
             {"do", "look at skerry_joins_total; nodes that hold a token may simply try again"}});
    }
    (void)enrol_->send(transport::CurvePublicKey{order.peer}, wire::encode(order.reply));
}

void Service::perform(const CheckUpdate& order) {
    worker_->run([this, order]() -> Worker::Continuation {
        ModelShape model = federation_->model();
        model.classes = spec_.classes.size();
        auto examined = examine(order.what, *blobs_, model, keys_.ring.seal, draft_hashes_);
        if (examined) {
            if (const auto* const sound = std::get_if<Sound>(&*examined))
                examined_.note(order.what.content, order.what.header, sound->norms);
        }
        return [this, order, examined = std::move(examined)]() mutable {
            if (!examined) observe::disk_failed(examined.error());
            deliver(UpdateChecked{order.update, order.what.content, *std::move(examined)});
        };
    });
}

void Service::perform(const SumRound& order) {
    worker_->run([this, order]() -> Worker::Continuation {
        const auto give_back_large = [this] {
            if (layout_.size() * sizeof(float) > kKeptMost) give_back_freed_memory();
        };
        const auto summed = [&]() -> Result<SumReady> {
            const auto parent = [&] {
                give_back_large();  // what the chunks took
                return models_.load(order.parent_weights);
            };
            RoundTerms terms{order.recipe, order.seed};
            terms.memory_max = config_.sum_memory;
            terms.examined = &examined_;
            if (order.optimiser) terms.optimiser = SKERRY_TRY(models_.load_memory(*order.optimiser));
            auto sum = SKERRY_TRY(sum_round(order.set, parent, federation_->model(), terms, *blobs_, keys_.ring.seal));
            examined_.forget(order.set);
            SumReady ready{order.round, sum.sum, sum.digests};
            if (order.sketch_key) ready.sketches = sketches_of(sum.weights, federation_->model(), order.sketch_key);
            if (!sum.optimiser.empty()) {
                ready.optimiser = crypto::sha256(ByteView(sum.optimiser));
                SKERRY_TRY(blobs_->put(*ready.optimiser, sum.optimiser));
            }
            const auto base = models_.hold(order.parent_weights);  // the differences are made from it
            ready.encodings =
                SKERRY_TRY(models_.put(sum.digests.back(), std::move(sum.weights), layout_, config_.models.offered()));
            give_back_large();
            ready.differences = SKERRY_TRY(put_differences(order.parent_weights, sum.digests.back(), sum.digests));
            return ready;
        }();
        const bool keeps = keeps_memory();
        if (!keeps) give_back_freed_memory();
        return [this, summed, keeps] {
            if (!summed) stop_on(summed.error());
            if (keeps) give_back_soon();
            deliver(*summed);
        };
    });
}

bool Service::keeps_memory() const {
    const std::size_t bytes = layout_.size() * sizeof(float);
    return bytes >= kKeptFrom && bytes <= kKeptMost;
}

void Service::give_back_soon() {
    quiet_.expires_after(kUseAgain);  // sums that follow each other put it off
    quiet_.async_wait([this](const boost::system::error_code& error) {
        if (error || draining_) return;
        worker_->run([]() -> Worker::Continuation {
            give_back_freed_memory();
            return [] {};
        });
    });
}

void Service::perform(const EraseVersion& order) {
    std::vector<Digest> blobs = order.encodings;
    if (order.weights) blobs.push_back(*order.weights);
    if (order.optimiser) blobs.push_back(*order.optimiser);
    if (order.round.value != 0) add_updates_of(order.round, blobs);
    erase(std::move(blobs));
}

void Service::perform(const EraseUpdates& order) {
    std::vector<Digest> blobs;
    add_updates_of(order.round, blobs);
    erase(std::move(blobs));
}

void Service::add_updates_of(RoundId id, std::vector<Digest>& blobs) const {
    const auto round = history_.round(id);
    const auto updates = round ? history_.contributors(*round) : tl::unexpected(round.error());
    if (!updates) {
        return log::warning("updates_not_erased", {{"round", id}, {"reason", updates.error().message}});
    }
    for (const ledger::UpdateRow& row : *updates)
        blobs.push_back(row.content);
}

void Service::erase(std::vector<Digest> blobs) {
    const bool reclaim = ++erased_ % kErasuresBeforeReclaim == 0;
    // On the thread of the sums: one that comes after this order may make the very same weights again.
    worker_->run([this, blobs = std::move(blobs), reclaim]() -> Worker::Continuation {
        Result<> erased;
        for (const Digest& blob : blobs) {
            if (erased) erased = blobs_->erase(blob);
        }
        return [this, erased, reclaim] {
            if (!erased) return log::warning("blobs_not_erased", {{"reason", erased.error().message}});
            if (reclaim) reclaim_space();
        };
    });
}

void Service::reclaim_space() {
    reclaiming_ = true;
    janitor_->run([this]() -> Worker::Continuation {
        return [this, reclaimed = blobs_->reclaim()] {
            reclaiming_ = false;
            if (!reclaimed) log::warning("space_not_reclaimed", {{"reason", reclaimed.error().message}});
        };
    });
}

// Else updates that are sent in part, or refused, would fill the disk between two rounds.
void Service::reclaim_drafts() {
    if (draining_ || reclaiming_ || blobs_->dropped_bytes() < kDroppedBytesBeforeReclaim) return;
    reclaim_space();
}

void Service::perform(const Answer& order) {
    const auto found = answers_.find(order.ticket);
    if (found == answers_.end()) return;
    const auto answer = std::move(found->second);
    answers_.erase(found);
    answer(order.outcome);
}

void Service::perform(const Ignored& order) {
    metrics_.ignored(order.why);
}

void Service::drain(std::function<void()> done) {
    if (draining_) return;
    draining_ = true;
    stop_reading_ = true;
    drained_ = std::move(done);
    log::info("draining");
    for (http::Server* const server : {admin_server_.get(), metrics_server_.get()}) {
        if (server == nullptr) continue;
        server->drain([this] {
            if (open_servers_ > 0) --open_servers_;  // the limit below may have been first
            finish_drain();
        });
    }
    // A node that is slow to take its answer must not keep us: it asks again at the next start.
    drain_limit_.expires_after(5s);
    drain_limit_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        open_servers_ = 0;
        finish_drain();
    });
}

void Service::finish_drain() {
    if (!draining_ || !drained_ || open_servers_ != 0 || !queue_->idle()) return;
    log::info("stopped");
    std::exchange(drained_, nullptr)();
}

}  // namespace skerry::coordinator
