#include "edge-node/daemon/metrics.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "edge-node/daemon/label_metrics.hpp"

namespace skerry::node {

using observe::MetricFamily;
using observe::MetricKind;

namespace {

const std::vector<std::string> kTierLabels = {"light", "medium", "heavy"};

std::vector<std::string> verdict_names() {
    std::vector<std::string> names;
    for (std::size_t verdict = 0; verdict < feedback::kLabelVerdicts; ++verdict)
        names.emplace_back(feedback::name_of(static_cast<feedback::LabelVerdict>(verdict)));
    return names;
}

std::vector<MetricFamily> table() {
    const auto counter = [](std::string name, std::string help, std::string label = {},
                            std::vector<std::string> values = {}) {
        return MetricFamily{std::move(name),  std::move(help),   MetricKind::Counter,
                            std::move(label), std::move(values), {}};
    };
    const auto gauge = [](std::string name, std::string help, std::string label = {},
                          std::vector<std::string> values = {}) {
        return MetricFamily{std::move(name),  std::move(help),   MetricKind::Gauge,
                            std::move(label), std::move(values), {}};
    };
    return {
        counter("skerry_node_answers_total", "Samples answered, by the tier that answered", "tier", kTierLabels),
        counter("skerry_node_requests_total", "Inference requests, answered or refused"),
        counter("skerry_node_requests_refused_total", "Inference requests refused", "reason",
                {"invalid", "busy", "unready"}),
        counter("skerry_node_inputs_clamped_total", "Samples with a value too large for the declared scaling, clamped"),
        counter("skerry_node_labels_total", "Labels by what became of them", "verdict", verdict_names()),
        counter("skerry_node_feedback_busy_total", "Feedback refused because learning was behind"),
        counter("skerry_node_steps_total", "Learning steps accepted since the node was created"),
        counter("skerry_node_examples_total", "Samples learned from since the node was created"),
        counter("skerry_node_learner_deaths_total", "Learner processes that ended unasked"),
        counter("skerry_node_predictions_expired_total", "Predictions let go without a label"),
        counter("skerry_node_predictions_pushed_out_total", "Of these, those that made room for newer ones"),
        counter("skerry_node_predictions_replaced_total", "Predictions let go because their request id was used again"),
        gauge("skerry_node_ready", "1 when it serves a model"),
        gauge("skerry_node_base_shape", "1 while it has fallen back to the light tier and single samples"),
        gauge("skerry_node_link_up", "1 when the coordinator knows this connection"),
        gauge("skerry_node_samples_waiting", "Durable labels that no step has learned yet"),
        gauge("skerry_node_predictions_waiting", "Predictions that wait for their label"),
        gauge("skerry_node_queue_requests", "Requests in the queue"),
        counter("skerry_node_answers_anytime_total", "Samples whose answer was cut short by their deadline"),
        gauge("skerry_node_stage_rows_waiting", "Samples that wait before a stage of the network", "tier", kTierLabels),
        gauge("skerry_node_stage_batch_rows", "Samples that a stage takes at once, at most", "tier", kTierLabels),
        counter("skerry_node_stage_batches_total", "Batches that a stage has run", "tier", kTierLabels),
        counter("skerry_node_stage_rows_total", "Samples that a stage has run", "tier", kTierLabels),
        counter("skerry_node_stage_seconds_total", "Time that a stage has run, over all threads", "tier", kTierLabels),
        gauge("skerry_node_stage_p95_seconds", "What 95 of 100 recent batches of a stage stayed within", "tier",
              kTierLabels),
        gauge("skerry_node_audits_waiting", "Audits that wait for idle time"),
        gauge("skerry_node_version_installed", "Global model version installed"),
        gauge("skerry_node_version_newest", "Newest global model version that the coordinator told of"),
        gauge("skerry_node_learning_rate", "Rate of the last learning step"),
        gauge("skerry_node_updates_uncounted", "Updates accepted and in no version yet"),
        counter("skerry_node_audits_total", "Answers compared with heavy's, by how they came about", "kind",
                {"free", "idle", "dropped"}),
        gauge("skerry_node_disagreement_ratio", "Audited share of answers that are not heavy's, and its 95 % interval",
              "bound", {"share", "low", "high", "tolerated"}),
        gauge("skerry_node_router_knot", "Uncertainty below which an exit answers; beyond skip medium is not read",
              "knot", {"light", "skip", "medium"}),
        gauge("skerry_node_router_theta", "Position of the online correction along the path of knots"),
        gauge("skerry_node_gate_auroc_ratio", "How well light's margin tells that light differs from heavy"),
        gauge("skerry_node_accuracy_ratio", "Prequential accuracy of the last ten steps, beside its baselines",
              "predictor", {"model", "majority", "last_class"}),
    };
}

std::vector<std::string> use_names() {
    std::vector<std::string> names;
    for (std::size_t use = 0; use < kMemoryUses; ++use)
        names.emplace_back(name_of(static_cast<MemoryUse>(use)));
    return names;
}

/// Of the process, whatever it hosts.
std::vector<MetricFamily> memory_table() {
    const auto gauge = [](std::string name, std::string help) {
        return MetricFamily{std::move(name), std::move(help), MetricKind::Gauge, {}, {}, {}};
    };
    return {
        gauge("skerry_node_memory_budget_bytes", "What the process and its learners may hold; 0: no limit"),
        gauge("skerry_node_memory_shared_bytes", "Held whoever works, weights once"),
        gauge("skerry_node_memory_reserve_bytes", "Promised to nobody"),
        gauge("skerry_node_memory_pressure_ratio", "Share of the last second in which a task stalled for memory"),
        gauge("skerry_node_memory_short", "1 while large requests and learning wait for the device's memory"),
        {"skerry_node_memory_promised_bytes", "Promised to running tasks", MetricKind::Gauge, "use", use_names(), {}},
        {"skerry_node_memory_refused_total", "Tasks that did not fit", MetricKind::Counter, "use", use_names(), {}},
    };
}

/// The serving counters keep their own buckets, so that answering costs no lock.
std::string latency_text(std::span<const NodeFacts> all) {
    constexpr const char* kName = "skerry_node_answer_seconds";
    std::string text =
        fmt::format("# HELP {0} From a request's arrival to its answer, by tier\n# TYPE {0} histogram\n", kName);
    for (const NodeFacts& facts : all) {
        for (std::size_t tier = 0; tier < kTiers; ++tier) {
            const LatencyHistogram& histogram = facts.counters.latency[tier];
            const std::string model = all.size() > 1 ? fmt::format(R"(model="{}",)", facts.model) : "";
            const std::string labels = fmt::format(R"({}tier="{}")", model, kTierLabels[tier]);
            std::uint64_t below = 0;
            for (std::size_t bucket = 0; bucket < LatencyHistogram::kUpperSeconds.size(); ++bucket) {
                below += histogram.buckets[bucket];
                text += fmt::format("{}_bucket{{{},le=\"{}\"}} {}\n", kName, labels,
                                    LatencyHistogram::kUpperSeconds[bucket], below);
            }
            text += fmt::format(
                "{0}_bucket{{{1},le=\"+Inf\"}} {2}\n{0}_sum{{{1}}} {3}\n"
                "{0}_count{{{1}}} {2}\n",
                kName, labels, histogram.count, histogram.sum_seconds);
        }
    }
    return text;
}

}  // namespace

ModelMetrics::ModelMetrics(const std::string& model, bool named)
    : registry_(table(), named ? std::optional(observe::CommonLabel{"model", model}) : std::nullopt) {}

void ModelMetrics::count_up_to(const std::string& name, std::string_view label, double total) {
    double& counted = counted_[name + '\n' + std::string(label)];
    if (total > counted) registry_.counter(name, label).add(total - counted);
    counted = std::max(counted, total);
}

void ModelMetrics::count_up_to(const std::string& name, std::string_view label, std::uint64_t total) {
    count_up_to(name, label, static_cast<double>(total));
}

void ModelMetrics::update_stages(const NodeFacts& facts) {
    const auto seconds = [](std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); };
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        const StageNumbers& stage = facts.stages[tier];
        const std::string& name = kTierLabels[tier];
        registry_.gauge("skerry_node_stage_rows_waiting", name).set(static_cast<double>(stage.waiting));
        registry_.gauge("skerry_node_stage_batch_rows", name).set(static_cast<double>(stage.batch_rows));
        registry_.gauge("skerry_node_stage_p95_seconds", name).set(seconds(stage.p95));
        count_up_to("skerry_node_stage_batches_total", name, stage.batches);
        count_up_to("skerry_node_stage_rows_total", name, stage.rows);
        count_up_to("skerry_node_stage_seconds_total", name, seconds(stage.busy));
    }
}

void ModelMetrics::update(const NodeFacts& facts) {
    const ServingCounters& counters = facts.counters;
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        count_up_to("skerry_node_answers_total", kTierLabels[tier], counters.answered[tier]);
    count_up_to("skerry_node_answers_anytime_total", {}, counters.anytime);
    count_up_to("skerry_node_requests_total", {}, counters.requests);
    count_up_to("skerry_node_requests_refused_total", "invalid", counters.refused_invalid);
    count_up_to("skerry_node_requests_refused_total", "busy", counters.refused_busy);
    count_up_to("skerry_node_requests_refused_total", "unready", counters.refused_unready);
    count_up_to("skerry_node_inputs_clamped_total", {}, counters.clamped);
    const auto verdicts = verdict_names();
    for (std::size_t verdict = 0; verdict < verdicts.size(); ++verdict)
        count_up_to("skerry_node_labels_total", verdicts[verdict], counters.labels[verdict]);
    count_up_to("skerry_node_feedback_busy_total", {}, counters.feedback_busy);
    count_up_to("skerry_node_steps_total", {}, facts.totals.steps);
    count_up_to("skerry_node_examples_total", {}, facts.totals.examples);
    count_up_to("skerry_node_learner_deaths_total", {}, facts.learner_deaths);
    count_up_to("skerry_node_predictions_expired_total", {}, facts.predictions_expired);
    count_up_to("skerry_node_predictions_pushed_out_total", {}, facts.predictions_pushed_out);
    count_up_to("skerry_node_predictions_replaced_total", {}, facts.predictions_replaced);

    const auto set = [this](std::string_view name, auto value, std::string_view label = {}) {
        registry_.gauge(name, label).set(static_cast<double>(value));
    };
    set("skerry_node_ready", facts.ready);
    set("skerry_node_base_shape", facts.memory.base);
    set("skerry_node_link_up", facts.session.link == SessionStatus::Link::Welcome);
    set("skerry_node_samples_waiting", facts.samples_waiting);
    set("skerry_node_predictions_waiting", facts.predictions_waiting);
    set("skerry_node_queue_requests", facts.queue);
    set("skerry_node_audits_waiting", facts.audits_waiting);
    update_stages(facts);
    set("skerry_node_version_installed", facts.session.installed.value);
    set("skerry_node_version_newest", facts.session.newest.value);
    set("skerry_node_learning_rate", facts.learning_rate);
    set("skerry_node_updates_uncounted", facts.session.accepted);
    if (facts.router) {
        const RouterCertificate& router = *facts.router;
        count_up_to("skerry_node_audits_total", "free", router.audits_free);
        count_up_to("skerry_node_audits_total", "idle", router.audits_idle);
        count_up_to("skerry_node_audits_total", "dropped", router.audits_dropped);
        set("skerry_node_disagreement_ratio", router.disagreement.share, "share");
        set("skerry_node_disagreement_ratio", router.disagreement.interval.low, "low");
        set("skerry_node_disagreement_ratio", router.disagreement.interval.high, "high");
        set("skerry_node_disagreement_ratio", router.disagreement_target, "tolerated");
        set("skerry_node_router_knot", router.knots.light, "light");
        set("skerry_node_router_knot", router.knots.skip, "skip");
        set("skerry_node_router_knot", router.knots.medium, "medium");
        set("skerry_node_router_theta", router.theta);
        if (router.gate_auroc) set("skerry_node_gate_auroc_ratio", *router.gate_auroc);
    }
    const feedback::PrequentialNumbers numbers = facts.prequential.value_or(feedback::PrequentialNumbers{});
    set("skerry_node_accuracy_ratio", numbers.accuracy_window, "model");
    set("skerry_node_accuracy_ratio", numbers.majority_window, "majority");
    set("skerry_node_accuracy_ratio", numbers.last_class_window, "last_class");
}

NodeMetrics::NodeMetrics(const std::vector<std::string>& models) : memory_(memory_table()) {
    for (const std::string& model : models)
        models_.emplace_back(model, models.size() > 1);
}

void NodeMetrics::update(const MemoryFacts& memory) {
    memory_.gauge("skerry_node_memory_budget_bytes").set(static_cast<double>(memory.budget.value_or(0)));
    memory_.gauge("skerry_node_memory_shared_bytes").set(static_cast<double>(memory.shared));
    memory_.gauge("skerry_node_memory_reserve_bytes").set(static_cast<double>(memory.reserve));
    memory_.gauge("skerry_node_memory_pressure_ratio").set(memory.pressure.value_or(0));
    memory_.gauge("skerry_node_memory_short").set(memory.short_of_memory ? 1 : 0);
    for (std::size_t use = 0; use < kMemoryUses; ++use) {
        const char* name = name_of(static_cast<MemoryUse>(use));
        memory_.gauge("skerry_node_memory_promised_bytes", name).set(static_cast<double>(memory.promised[use]));
        memory_.counter("skerry_node_memory_refused_total", name)
            .add(static_cast<double>(memory.refused[use] - refused_[use]));
    }
    refused_ = memory.refused;
}

std::string NodeMetrics::text(std::span<const NodeFacts> facts) {
    SKERRY_ASSERT(facts.size() == models_.size());
    std::vector<const observe::Registry*> registries;
    for (std::size_t i = 0; i < models_.size(); ++i) {
        models_[i].update(facts[i]);
        registries.push_back(&models_[i].registry());
    }
    update(facts.front().memory);
    registries.push_back(&memory_);
    return observe::Registry::text(registries) + latency_text(facts) + label_delay_text(facts);
}

}  // namespace skerry::node
