#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/observe/log.hpp"
#include "common/parameters/precision/encoding.hpp"
#include "common/wire/difference_codec.hpp"
#include "edge-node/daemon/local_model_disk.hpp"
#include "edge-node/serving/classify.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"
#include "edge-node/spool/rebase.hpp"

namespace skerry::node {

namespace log = observe::log;

namespace {

/// A version's weights of this node's tier, and their SHA-256.
struct Weights {
    SharedWeights values;
    Digest digest{};
};

/// From the bytes that came, which are what was announced.
Result<Weights> decoded(const Model& model, const InstallVersion& order, ByteView bytes) {
    const auto blocks = parameters::held_blocks(model.layout.blocks(), order.tier);
    const auto plan = SKERRY_TRY(parameters::plan_named(name_of(order.as.encoding), model.layout.blocks()));
    auto values = SKERRY_TRY(parameters::decode(blocks, plan, bytes));
    const bool as_they_are = order.as.encoding == WeightEncoding::Float32;
    const Digest digest = as_they_are ? order.digest : crypto::sha256(std::as_bytes(std::span(values)));
    return Weights{shared(std::move(values)), digest};
}

/// From the weights that the node holds and what turns them into the version's. InvalidInput: they are not what was
/// announced.
Result<Weights> changed(const Model& model, Tier held, const AnnouncedDifference& difference, ByteView bytes,
                        const std::vector<float>& base) {
    std::vector<std::size_t> segments;
    for (const parameters::Block& block : parameters::held_blocks(model.layout.blocks(), held))
        segments.push_back(block.count);
    if (base.size() != model.layout.prefix(held)) return fail(ErrorCode::InvalidInput, "there is no version to change");
    std::vector<float> next = base;
    SKERRY_TRY(wire::apply_difference(bytes, segments, next));
    if (crypto::sha256(std::as_bytes(std::span(next))) != difference.values) {
        return fail(ErrorCode::InvalidInput, "the difference to version " + std::to_string(difference.base.value) +
                                                 " gives other weights than were announced");
    }
    return Weights{shared(std::move(next)), difference.values};
}

struct Fetched {
    Weights weights;
    std::string unreadable{};  ///< why: these bytes are not what was announced
    std::string refused{};     ///< why: they are, and no weights of this model
};

Result<Fetched> read_fetched(const Model& model, const InstallVersion& order, const LocalModel::Stores& stores) {
    const Bytes bytes = SKERRY_TRY(stores.arriving.bytes());
    if (crypto::sha256(bytes) != (order.difference ? order.difference->digest : order.digest))
        return Fetched{{}, "their hash is another"};
    auto weights = order.difference
                       ? changed(model, order.tier, *order.difference, bytes, *SKERRY_TRY(stores.spool.base()))
                       : decoded(model, order, bytes);
    if (weights) return Fetched{*std::move(weights)};
    return order.difference ? Fetched{{}, weights.error().message} : Fetched{{}, {}, weights.error().message};
}

bool same_bits(Values a, Values b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// These weights can be served, and every exit answers one sample, a black image or a row of zeroes, in numbers.
Result<std::shared_ptr<const Snapshot>> self_test(const std::shared_ptr<const Model>& model, ModelVersion number,
                                                  SharedWeights weights, const ExecutorFactory& executors) {
    auto trial = SKERRY_TRY(make_snapshot(model, {number, 0}, std::move(weights), executors));
    ClassifyScratch scratch;
    const auto exits = all_exits(*trial, std::vector<float>(model->spec.input.values()), scratch);
    for (const auto& logits : exits) {
        if (!logits || std::all_of(logits->begin(), logits->end(), [](float z) { return std::isfinite(z); })) continue;
        return fail(ErrorCode::InvalidInput, "its self-test failed: an answer is not finite");
    }
    return trial;
}

}  // namespace

// ---- What the session orders ----

// A checkpoint is three times as long as the weights, and the next step writes one anyway.
void LocalModel::settle(std::function<void()> then) {
    if (!unsettled_) return then();
    on_disk(
        [this, checkpoint = checkpoint_now()]() -> Result<> {
            SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint, *policy_)));
            return stores_.spool.finish_install();
        },
        [this, then = std::move(then)] {
            unsettled_ = false;
            then();
        });
}

void LocalModel::work_on(TakeUpdate& order) {
    if (!policy_) {
        listeners_.tell(NothingTaken{order.sequence});
        return end_work();
    }
    Totals totals = checkpoint_.totals;
    auto job = [this, order, totals, audits = listeners_.audits(), soft_labels = policy_->soft_labels(),
                weights = policy_->parameters()]() mutable -> Result<std::optional<SpooledUpdate>> {
        const Totals before = SKERRY_TRY(stores_.spool.totals_sent());
        auto judged =
            SKERRY_TRY(stores_.labels.errors().judged_since(before.error_cursor, limits::kReportClassPairsMax));
        totals.error_cursor = judged.cursor;
        return stores_.spool.take(order, {*weights, sharing_, totals, std::move(judged), audits, soft_labels},
                                  identity_);
    };
    on_disk(std::move(job), [this, sequence = order.sequence, totals](std::optional<SpooledUpdate> update) {
        if (update) {
            sent_ = totals;
            log::info("update_spooled",
                      {{"sequence", sequence}, {"bytes", update->sealed_bytes}, {"model", model_->spec.name}});
            listeners_.tell(UpdateSpooled{std::move(*update)});
        } else {
            listeners_.tell(NothingTaken{sequence});
        }
        end_work();
    });
}

void LocalModel::work_on(InstallVersion& order) {
    struct Prepared {
        std::shared_ptr<const Snapshot> ready{};  ///< of the version and what it does not count of this node
        std::string unreadable{};
        std::string refused{};
        bool is_sound = false;  ///< refused for what this node has learned, and not for what it is
    };
    auto job = [this, order, version = Weights(), ready = std::shared_ptr<const Snapshot>(),
                weights = policy_ ? policy_->parameters() : nullptr]() mutable -> Result<Prepared> {
        // Once, although a full disk repeats all this.
        if (!ready) {
            Fetched fetched = SKERRY_TRY(read_fetched(*model_, order, stores_));
            if (!fetched.unreadable.empty()) return Prepared{.unreadable = std::move(fetched.unreadable)};
            if (!fetched.refused.empty()) return Prepared{.refused = std::move(fetched.refused)};
            version = std::move(fetched.weights);
            auto rebased = SKERRY_TRY(
                stores_.spool.rebased(weights ? Values(*weights) : Values(), sharing_, order.counted, *version.values));
            const bool learned = !same_bits(rebased, *version.values);
            // A version that is no use to this node must not become its base, whatever was learned on top of it.
            if (learned) {
                const auto alone = self_test(model_, order.manifest.version, version.values, unpacked_executor);
                if (!alone) return Prepared{.refused = alone.error().message};
            }
            auto tested = self_test(model_, order.manifest.version,
                                    learned ? shared(std::move(rebased)) : version.values, executors_);
            if (!tested && learned) {
                return Prepared{.refused = "with what this node has learned on top of it, " + tested.error().message +
                                           "; skerry-node model rollback lets go of that",
                                .is_sound = true};
            }
            if (!tested) return Prepared{.refused = tested.error().message};
            ready = *std::move(tested);
        }
        SKERRY_TRY(stores_.spool.begin_install(order, version.values, version.digest));
        stores_.arriving.remove();
        version = {};
        return Prepared{.ready = ready};
    };
    on_disk(std::move(job),
            [this, number = order.manifest.version, as = order.as, whole = !order.difference](Prepared prepared) {
                if (!prepared.unreadable.empty()) {
                    listeners_.tell(VersionUnreadable{number, prepared.unreadable});
                    return end_work();
                }
                if (!prepared.refused.empty()) {
                    if (trial_ && trial_->version == number && !prepared.is_sound) trial_->refused = true;
                    store_arriving([](ArrivingFile& file) {
                        file.remove();
                        return true;
                    });
                    listeners_.tell(VersionRefused{number, prepared.refused});
                    return end_work();
                }
                if (const auto adopted = adopt(prepared.ready->parameters); !adopted)
                    observe::disk_failed(adopted.error());
                checkpoint_.version = {number, 0};
                unsettled_ = true;
                publish(std::move(prepared.ready));
                waiting_since_.reset();
                log::info("version_installed", {{"version", number},
                                                {"pushed_as", name_of(as.encoding)},
                                                {"fetched", whole ? "whole" : "difference"},
                                                {"model", model_->spec.name}});
                listeners_.tell(VersionInstalled{number});
                end_work();
            });
}

void LocalModel::work_on(DropProgress& order) {
    on_disk(
        [this, sequence = order.sequence,
         weights = policy_ ? policy_->parameters() : nullptr]() -> Result<std::vector<float>> {
            SKERRY_TRY(stores_.spool.begin_drop(sequence));
            return stores_.spool.last_good(weights ? Values(*weights) : Values(), sharing_);
        },
        [this](std::vector<float> weights) {
            if (const auto adopted = adopt(std::move(weights)); !adopted) observe::disk_failed(adopted.error());
            checkpoint_.version.local += 1;
            on_disk(
                [this, checkpoint = checkpoint_now()]() -> Result<std::shared_ptr<const Snapshot>> {
                    SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint, *policy_)));
                    SKERRY_TRY(finish_drop(stores_, checkpoint.totals));
                    return snapshot_of_policy(checkpoint.version);
                },
                [this](std::shared_ptr<const Snapshot> snapshot) {
                    sent_ = checkpoint_.totals;
                    publish(std::move(snapshot));
                    end_work();
                });
        });
}

void LocalModel::work_on(PutBack& order) {
    on_disk(
        [this, sequence = order.sequence]() -> Result<Totals> {
            SKERRY_TRY(stores_.spool.put_back(sequence));
            return stores_.spool.totals_sent();
        },
        [this](const Totals& totals) {
            sent_ = totals;
            end_work();
        });
}

void LocalModel::work_on(KeepReceipt& order) {
    on_disk([this, sequence = order.sequence,
             receipt = order.receipt] { return stores_.spool.keep_receipt(sequence, receipt); },
            [this] { end_work(); });
}

void LocalModel::work_on(KeepKeys& order) {
    on_disk([this, keys = order.signed_keys] { return stores_.spool.keep_keys(keys); }, [this] { end_work(); });
}

void LocalModel::work_on(KeepCertificate& order) {
    on_disk([this, certificate = order.signed_certificate] { return stores_.spool.keep_certificate(certificate); },
            [this] { end_work(); });
}

}  // namespace skerry::node
