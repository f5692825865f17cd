#include "edge-node/daemon/status.hpp"

#include <numeric>

#include <nlohmann/json.hpp>

#include "edge-node/daemon/drift_json.hpp"

namespace skerry::node {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::array<const char*, kTiers> kTierNames = {"light", "medium", "heavy"};

std::string_view name_of(SessionStatus::Link link) {
    switch (link) {
        case SessionStatus::Link::Away:
            return "away";
        case SessionStatus::Link::Greeting:
            return "greeting";
        case SessionStatus::Link::Welcome:
            return "welcome";
        case SessionStatus::Link::Denied:
            return "denied";
        case SessionStatus::Link::Alone:
            return "alone";
    }
    return "away";
}

Json time_or_null(const std::optional<TimePoint>& time) {
    return time ? Json(to_text(*time)) : Json();
}

template <class Number>
Json by_tier(const std::array<Number, kTiers>& counts) {
    Json json;
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        json[kTierNames[tier]] = counts[tier];
    return json;
}

Json link_json(const NodeFacts& facts) {
    return {{"state", facts.alone ? "alone" : name_of(facts.session.link)},
            {"endpoint", facts.endpoint},
            {"text", facts.session.denied.empty() ? facts.handshake_failure : facts.session.denied},
            {"last_heard", time_or_null(facts.session.heard)},
            {"certificate_expires", to_text(facts.certificate_expires)}};
}

Json model_json(const NodeFacts& facts) {
    Json json = {{"serving", facts.ready ? facts.serving.to_text() : "none"},
                 {"installed", facts.session.installed.value},
                 {"newest", facts.session.newest.value},
                 {"pushed_as",
                  {{"precision", skerry::name_of(facts.session.installed_as.encoding)},
                   {"wanted", skerry::name_of(facts.session.wanted)},
                   {"error", facts.session.installed_as.error}}},
                 {"download", Json()}};
    if (facts.session.chunks > 0) {
        json["download"] = {{"chunks", facts.session.chunks}, {"stored", facts.session.chunks_stored}};
    }
    return json;
}

/// Who runs each stage and head, and what a batch takes it.
Json executors_json(const ExecutorFacts& facts) {
    Json winners, excluded = Json::object();
    for (std::size_t unit = 0; unit < units_held(facts.held); ++unit) {
        for (std::size_t timed = 0; timed < kTimedBatches.size(); ++timed) {
            const Standing& standing = facts.standings[facts.lineup[unit][timed]];
            winners[kTierNames[unit / 2]][is_head(unit) ? "head" : "stage"][std::to_string(kTimedBatches[timed])] = {
                {"executor", standing.name}, {"us", standing.microseconds[unit][timed]}};
        }
    }
    for (const Standing& standing : facts.standings)
        if (!standing.excluded.empty()) excluded[standing.name] = standing.excluded;
    return {{"winners", winners}, {"excluded", excluded}, {"remembered", facts.remembered}, {"trouble", facts.trouble}};
}

/// What waits before each stage, and what its batches are like.
Json stages_json(const std::array<StageNumbers, kTiers>& stages) {
    Json json;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        const StageNumbers& stage = stages[tier];
        json[kTierNames[tier]] = {{"waiting", stage.waiting},
                                  {"batch_rows", stage.batch_rows},
                                  {"batches", stage.batches},
                                  {"rows", stage.rows},
                                  {"busy_seconds", std::chrono::duration<double>(stage.busy).count()},
                                  {"p95_us", static_cast<double>(stage.p95.count()) / 1e3}};
    }
    return json;
}

Json serving_json(const NodeFacts& facts) {
    const auto& answered = facts.counters.answered;
    const double all = static_cast<double>(std::accumulate(answered.begin(), answered.end(), std::uint64_t{0}));
    Json share, p50, p95;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        share[kTierNames[tier]] = all > 0 ? static_cast<double>(answered[tier]) / all : 0.0;
        p50[kTierNames[tier]] = quantile(facts.counters.latency[tier], 0.5).count();
        p95[kTierNames[tier]] = quantile(facts.counters.latency[tier], 0.95).count();
    }
    return {{"ready", facts.ready},
            {"answered", by_tier(answered)},
            {"share", share},
            {"latency_p50_us", p50},
            {"latency_p95_us", p95},
            {"requests", facts.counters.requests},
            {"refused_busy", facts.counters.refused_busy},
            {"anytime", facts.counters.anytime},
            {"inputs_clamped", facts.counters.clamped},
            {"queue", facts.queue},
            {"audits_waiting", facts.audits_waiting},
            {"stages", stages_json(facts.stages)},
            {"executors", executors_json(facts.executors)}};
}

const char* name_of(RouterCertificate::Verdict verdict) {
    switch (verdict) {
        case RouterCertificate::Verdict::Kept:
            return "kept";
        case RouterCertificate::Verdict::Missed:
            return "missed";
        case RouterCertificate::Verdict::Open:
            break;
    }
    return "open";
}

Json number_or_null(const std::optional<double>& number) {
    return number ? Json(*number) : Json();
}

Json router_json(const NodeFacts& facts) {
    if (!facts.router) return {};
    const RouterCertificate& router = *facts.router;
    Json share, temperature;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        share[kTierNames[tier]] = router.share[tier];
        temperature[kTierNames[tier]] = router.temperatures[tier];
    }
    return {{"configured", name_of(router.configured)},
            {"mode", name_of(router.mode)},
            {"knots", {{"light", router.knots.light}, {"skip", router.knots.skip}, {"medium", router.knots.medium}}},
            {"theta", router.theta},
            {"price_of_time", number_or_null(router.price)},
            {"temperature", temperature},
            {"share_recent", share},
            {"disagreement",
             {{"share", router.disagreement.share},
              {"low", router.disagreement.interval.low},
              {"high", router.disagreement.interval.high},
              {"tolerated", router.disagreement_target}}},
            {"audits",
             {{"free", router.audits_free},
              {"idle", router.audits_idle},
              {"dropped", router.audits_dropped},
              {"kept", router.audits_kept},
              {"effective", router.audits_effective},
              {"fleet", router.audits_fleet}}},
            {"gate_auroc", number_or_null(router.gate_auroc)},
            {"gate_auroc_labelled", number_or_null(router.gate_auroc_labelled)},
            {"labelled", router.labelled},
            {"accuracy",
             {{"retention_target", router.accuracy_retention},
              {"retained_at_least", router.retained_at_least()},
              {"heavy", number_or_null(router.heavy_accuracy)},
              {"verdict", name_of(router.accuracy())}}},
            {"latency",
             {{"mean_us", static_cast<double>(router.latency_mean.count()) / 1e3},
              {"mean_target_us", router.latency_mean_target.count()},
              {"p95_target_us", router.latency_p95_target.count()},
              {"late_share", router.late_share},
              {"verdict", name_of(router.latency())}}}};
}

Json prequential_json(const NodeFacts& facts) {
    if (!facts.prequential || facts.prequential->labelled == 0) return {};
    const feedback::PrequentialNumbers& numbers = *facts.prequential;
    return {{"labelled", numbers.labelled},
            {"accuracy", numbers.accuracy},
            {"accuracy_window", numbers.accuracy_window},
            {"window", feedback::Prequential::kWindowTriggers * facts.samples_per_step},
            {"majority", numbers.majority},
            {"majority_window", numbers.majority_window},
            {"last_class", numbers.last_class},
            {"last_class_window", numbers.last_class_window},
            {"kappa", numbers.kappa},
            {"kappa_temporal", numbers.kappa_temporal},
            {"tier_labelled", by_tier(numbers.tier_labelled)},
            {"tier_correct", by_tier(numbers.tier_correct)},
            {"accuracy_fading", numbers.accuracy_fading},
            {"kappa_fading", numbers.kappa_fading},
            {"tier_accuracy_fading", by_tier(numbers.tier_accuracy_fading)}};
}

Json labels_json(const NodeFacts& facts) {
    const feedback::LabelDelays& delays = facts.label_delays;
    const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
    Json delay;
    if (delays.count() > 0) {
        delay = {{"count", delays.count()},
                 {"p50_s", seconds(delays.quantile(0.5))},
                 {"p90_s", seconds(delays.quantile(0.9))},
                 {"p99_s", seconds(delays.quantile(0.99))},
                 {"longest_s", seconds(delays.longest())}};
    }
    Json json = {{"predictions_waiting", facts.predictions_waiting},
                 {"predictions_expired", facts.predictions_expired},
                 {"predictions_pushed_out", facts.predictions_pushed_out},
                 {"predictions_replaced", facts.predictions_replaced},
                 {"predictions_max", facts.predictions_max},
                 {"limits",
                  {{"rows", facts.pending.rows_max},
                   {"bytes", facts.pending.bytes_max},
                   {"seconds", seconds(facts.pending.age_max)}}},
                 {"delay", delay},
                 {"delays_unmeasured", delays.unmeasured()},
                 {"refused_busy", facts.counters.feedback_busy}};
    for (std::size_t verdict = 0; verdict < feedback::kLabelVerdicts; ++verdict) {
        json[std::string(feedback::name_of(static_cast<feedback::LabelVerdict>(verdict)))] =
            facts.counters.labels[verdict];
    }
    return json;
}

Json sharing_json(const NodeFacts& facts) {
    const SessionStatus& session = facts.session;
    return {{"steps_since_update", session.steps},
            {"steps_per_update", session.steps_per_update},
            {"offered", session.offered ? Json(session.offered->value) : Json()},
            {"accepted_uncounted", session.accepted},
            {"last", session.last_fate},
            {"waiting", session.waiting}};
}

Json memory_json(const MemoryFacts& memory) {
    const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(); };
    Json promised, refused;
    for (std::size_t use = 0; use < kMemoryUses; ++use) {
        promised[name_of(static_cast<MemoryUse>(use))] = memory.promised[use];
        refused[name_of(static_cast<MemoryUse>(use))] = memory.refused[use];
    }
    return {{"budget", or_null(memory.budget)},
            {"shared", memory.shared},
            {"reserve", memory.reserve},
            {"promised", promised},
            {"refused", refused},
            {"pressure", or_null(memory.pressure)},
            {"short", memory.short_of_memory},
            {"shape", memory.base ? "base" : "enhanced"},
            {"base_need", memory.base_need},
            {"base_slots", or_null(memory.base_slots)},
            {"enhanced_need", memory.enhanced_need},
            {"enhanced_slots", or_null(memory.enhanced_slots)},
            {"waits", memory.waits}};
}

}  // namespace

std::chrono::microseconds quantile(const LatencyHistogram& histogram, double q) {
    if (histogram.count == 0) return std::chrono::microseconds(0);
    const double wanted = q * static_cast<double>(histogram.count);
    double before = 0;
    double lower = 0;
    for (std::size_t bucket = 0; bucket < LatencyHistogram::kUpperSeconds.size(); ++bucket) {
        const auto here = static_cast<double>(histogram.buckets[bucket]);
        const double upper = LatencyHistogram::kUpperSeconds[bucket];
        if (here > 0 && before + here >= wanted) {
            const double seconds = lower + (upper - lower) * (wanted - before) / here;
            return std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
        }
        before += here;
        lower = upper;
    }
    return std::chrono::microseconds(static_cast<std::int64_t>(lower * 1e6));
}

namespace {

Json rollback_json(const std::optional<RolledBack>& done) {
    if (!done) return {};
    return {{"at", to_text(done->at)},
            {"version", done->version.value},
            {"steps_undone", done->steps},
            {"updates_withdrawn", done->withdrawn}};
}

}  // namespace

std::string status_json(const NodeFacts& facts, const std::vector<HostedModel>& hosted) {
    Json warnings = Json::array();
    for (const Warning& warning : warnings_of(facts))
        warnings.push_back({{"why", warning.why}, {"fix", warning.fix}});
    Json json = {{"node",
                  {{"id", facts.id.to_text()},
                   {"name", facts.name},
                   {"tier", skerry::name_of(facts.tier)},
                   {"model", facts.model},
                   {"software", facts.software}}},
                 {"link", link_json(facts)},
                 {"model", model_json(facts)},
                 {"serving", serving_json(facts)},
                 {"router", router_json(facts)},
                 {"learning",
                  {{"samples_waiting", facts.samples_waiting},
                   {"samples_per_step", facts.samples_per_step},
                   {"steps", facts.totals.steps},
                   {"examples", facts.totals.examples},
                   {"busy", facts.learning},
                   {"learning_rate", facts.learning_rate},
                   {"reason", facts.reason},
                   {"last_step_ms", facts.step_time.count()},
                   {"labelled", facts.totals.labelled},
                   {"labels_dropped", facts.labels_dropped},
                   {"rolled_back", rollback_json(facts.rolled_back)},
                   {"trouble", facts.engine_trouble}}},
                 {"drift",
                  {{"fleet_until", time_or_null(facts.fleet_drifts_until)},
                   {"alarms", alarms_json(facts.alarms, facts.classes)}}},
                 {"sharing", sharing_json(facts)},
                 {"prequential", prequential_json(facts)},
                 {"labels", labels_json(facts)},
                 {"process",
                  {{"resident_memory_bytes", facts.resident_memory_bytes},
                   {"cpu_seconds", facts.cpu_seconds},
                   {"learner_pid", facts.learner_pid ? Json(*facts.learner_pid) : Json()},
                   {"learner_deaths", facts.learner_deaths}}},
                 {"memory", memory_json(facts.memory)},
                 {"warnings", warnings}};
    if (hosted.size() > 1) {
        for (const HostedModel& model : hosted) {
            json["models"].push_back({{"name", model.name},
                                      {"dir", model.dir},
                                      {"ready", model.ready},
                                      {"serving", model.ready ? model.serving.to_text() : "none"}});
        }
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace skerry::node
