#include "coordinator/service/config.hpp"

#include <algorithm>

#include "common/base/host_port.hpp"
#include "common/base/limits.hpp"
#include "common/config/document.hpp"
#include "common/config/text_writer.hpp"
#include "common/observe/log.hpp"

namespace skerry::coordinator {
namespace {

using namespace std::chrono_literals;

CoordinatorConfig read(config::TableReader root) {
    CoordinatorConfig to;
    auto rounds = root.table("rounds");
    rounds.integer("goal", to.policy.rounds.goal, 1U, limits::kRoundUpdatesMax);
    rounds.integer("quorum", to.policy.rounds.quorum, 1U, limits::kRoundUpdatesMax);
    rounds.duration("deadline", to.policy.rounds.deadline, 100ms, 24h * 30);
    rounds.number("overcommit", to.policy.rounds.overcommit, 0, 10);
    rounds.integer("tier_quorum", to.policy.rounds.recipe.tier_quorum, 1U, limits::kRoundUpdatesMax);
    rounds.text("rule", to.policy.rounds.recipe.rule);
    rounds.text("optimiser", to.policy.rounds.recipe.optimiser);
    rounds.boolean("early_on_drift", to.policy.rounds.early_on_drift);
    rounds.duration("early_interval", to.policy.rounds.early_interval, 1s, 24h);
    auto learning = root.table("learning");
    learning.integer("steps_per_update", to.policy.steps_per_update, 1U, 10'000U);
    learning.text("update_encoding", to.update_encoding);
    auto leases = root.table("leases");
    leases.duration("life", to.policy.leases.life, 1s, 24h * 7);
    leases.integer("examples_max", to.policy.leases.examples_max, 1U, limits::kExamplesPerUpdateMax);
    leases.number("norm_max", to.policy.leases.norm_max, 1e-6, 1e6);
    auto admission = root.table("admission");
    admission.integer("strikes", to.policy.admission.strikes, 0U, Strikes::kMost);
    admission.duration("strike_window", to.policy.admission.strike_window, 1s, 24h * 30);
    admission.number("norm_outlier", to.policy.admission.norm_outlier, 0, 1000);
    admission.number("opposition", to.policy.admission.opposition, 0, 1000);
    auto listen = root.table("listen");
    listen.text("fleet", to.listen.fleet);
    listen.text("enrol", to.listen.enrol);
    listen.text("advertise", to.listen.advertise);
    auto metrics = root.table("metrics");
    metrics.text("listen", to.metrics.listen);
    auto release = root.table("release");
    release.number("canary_share", to.policy.release.canary_share, 0, 0.5);
    release.integer("canaries_min", to.policy.release.canaries_min, 2U, 10'000U);
    release.duration("trial_time", to.policy.release.trial_time, 1min, 24h * 30);
    release.integer("trial_samples", to.policy.release.trial_samples, 100U, 1'000'000'000U);
    auto models = root.table("models");
    models.texts("precisions", to.models.precisions, kWeightEncodings);
    models.boolean("differences", to.models.differences);
    auto limits_table = root.table("limits");
    limits_table.integer("versions_kept", to.policy.versions_kept, 1U, 100'000U);
    limits_table.integer("rounds_verifiable", to.policy.retention.rounds_verifiable, 0U, 100'000U);
    limits_table.bytes("updates_kept", to.policy.retention.updates_kept, 1U << 20U, 1ULL << 50U);
    limits_table.bytes("sum_memory", to.sum_memory, 1U << 20U, 1ULL << 40U);
    limits_table.integer("transfers", to.policy.transfers.count_max, 1U, 4096U);
    limits_table.bytes("transfer_bytes", to.policy.transfers.bytes_max, 1U << 20U, 1ULL << 40U);
    limits_table.duration("transfer_idle", to.policy.transfers.idle_time, 1s, 1h);
    limits_table.integer("node_updates_per_minute", to.policy.budgets.updates_per_minute, 0U, 1'000'000U);
    limits_table.bytes("node_bytes_per_hour", to.policy.budgets.bytes_per_hour, 0U, 1ULL << 50U);
    auto log = root.table("log");
    log.text("level", to.log_level);
    return to;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    constexpr std::string_view kScheme = "tcp://";
    if (text.starts_with(kScheme)) {
        if (const auto parts = HostPort::parse(text.substr(kScheme.size()))) {
            const bool ipv6 = parts->host.find(':') != std::string::npos;
            return Endpoint{ipv6 ? "[" + parts->host + "]" : parts->host, parts->port};
        }
    }
    return fail(ErrorCode::InvalidInput, "'" + std::string(text) + "' is no endpoint: write tcp://ADDRESS:PORT");
}

std::vector<std::string> ListenConfig::problems() const {
    std::vector<std::string> found;
    for (const auto& [key, value] : {std::pair{"fleet", &fleet}, std::pair{"enrol", &enrol}}) {
        if (value == &enrol && enrol.empty()) continue;
        if (const auto parsed = parse_endpoint(*value); !parsed) {
            found.push_back(std::string("listen.") + key + ": " + parsed.error().message);
        }
    }
    // An IPv6 address has several colons; one is a port.
    const bool port =
        std::count(advertise.begin(), advertise.end(), ':') == 1 || advertise.find("]:") != advertise.npos;
    if (port || advertise.find('/') != advertise.npos) {
        found.emplace_back(
            "listen.advertise is a host name or address only, such as skerry.example.org: the port is that of "
            "listen.fleet");
    }
    if (const auto parsed = parse_endpoint(fleet); enrol.empty() && parsed && parsed->port == 65'535) {
        found.emplace_back("listen.fleet takes the last port, so none is left for joining: set listen.enrol");
    }
    return found;
}

std::vector<std::string> MetricsConfig::problems() const {
    if (listen.empty() || parse_endpoint("tcp://" + listen)) return {};
    return {"metrics.listen must be ADDRESS:PORT, such as 127.0.0.1:9464"};
}

std::vector<WeightEncoding> ModelsConfig::offered() const {
    std::vector<WeightEncoding> encodings;
    for (const std::string& name : precisions) {
        const auto encoding = weight_encoding_named(name);
        if (!encoding || *encoding == WeightEncoding::Float32) continue;
        if (std::find(encodings.begin(), encodings.end(), *encoding) == encodings.end()) encodings.push_back(*encoding);
    }
    return encodings;
}

std::vector<std::string> ModelsConfig::problems() const {
    std::vector<std::string> found;
    for (const std::string& name : precisions) {
        if (const auto encoding = weight_encoding_named(name); !encoding)
            found.push_back("models.precisions: " + encoding.error().message);
    }
    return found;
}

std::vector<std::string> CoordinatorConfig::problems() const {
    std::vector<std::string> found = policy.rounds.problems();
    const std::uint64_t largest = policy.leases.examples_max * limits::kWeightUnit;
    if (policy.rounds.goal > limits::kRoundWeightMax / largest) {
        found.push_back("rounds.goal times leases.examples_max must be at most " +
                        std::to_string(limits::kRoundWeightMax / limits::kWeightUnit) +
                        ", which one exact sum can hold: lower one of them");
    }
    if (const auto known = wire::delta_policy_named(update_encoding); !known)
        found.push_back("learning.update_encoding: " + known.error().message);
    for (const auto& more : {listen.problems(), metrics.problems(), models.problems()})
        found.insert(found.end(), more.begin(), more.end());
    if (const auto level = observe::log::level_named(log_level); !level) {
        found.push_back("log.level: " + level.error().message);
    }
    return found;
}

Result<CoordinatorConfig> load_config(const std::optional<std::filesystem::path>& file) {
    if (!file) return CoordinatorConfig{};
    config::Document document = config::Document::from_file(*file);
    CoordinatorConfig config = read(document.root());
    std::vector<std::string> problems = document.problems();
    if (problems.empty()) {
        problems = config.problems();
        for (std::string& problem : problems)
            problem.insert(0, file->string() + ": ");
    }
    if (problems.empty()) {
        config.policy.delta = wire::delta_policy_named(config.update_encoding).value();
        return config;
    }
    std::string all;
    for (const std::string& problem : problems)
        all += (all.empty() ? "" : "\n") + problem;
    return fail(ErrorCode::InvalidInput, std::move(all));
}

std::string config_text(const CoordinatorConfig& config) {
    const Policy& policy = config.policy;
    config::TextWriter out;
    out.section("rounds")
        .value("goal", policy.rounds.goal)
        .value("quorum", policy.rounds.quorum)
        .value("deadline", policy.rounds.deadline)
        .value("overcommit", policy.rounds.overcommit)
        .value("tier_quorum", policy.rounds.recipe.tier_quorum)
        .value("rule", policy.rounds.recipe.rule)
        .value("optimiser", policy.rounds.recipe.optimiser)
        .value("early_on_drift", policy.rounds.early_on_drift)
        .value("early_interval", policy.rounds.early_interval);
    out.section("learning")
        .value("steps_per_update", policy.steps_per_update)
        .value("update_encoding", config.update_encoding);
    out.section("leases")
        .value("life", policy.leases.life)
        .value("examples_max", policy.leases.examples_max)
        .value("norm_max", static_cast<double>(policy.leases.norm_max));
    out.section("admission")
        .value("strikes", policy.admission.strikes)
        .value("strike_window", policy.admission.strike_window)
        .value("norm_outlier", policy.admission.norm_outlier)
        .value("opposition", policy.admission.opposition);
    out.section("listen")
        .value("fleet", config.listen.fleet)
        .value("enrol", config.listen.enrol)
        .value("advertise", config.listen.advertise);
    out.section("metrics").value("listen", config.metrics.listen);
    out.section("release")
        .value("canary_share", policy.release.canary_share)
        .value("canaries_min", policy.release.canaries_min)
        .value("trial_time", policy.release.trial_time)
        .value("trial_samples", policy.release.trial_samples);
    out.section("models").value("precisions", config.models.precisions).value("differences", config.models.differences);
    out.section("limits")
        .value("versions_kept", policy.versions_kept)
        .value("rounds_verifiable", policy.retention.rounds_verifiable)
        .bytes("updates_kept", policy.retention.updates_kept)
        .bytes("sum_memory", config.sum_memory)
        .value("transfers", policy.transfers.count_max)
        .bytes("transfer_bytes", policy.transfers.bytes_max)
        .value("transfer_idle", policy.transfers.idle_time)
        .value("node_updates_per_minute", policy.budgets.updates_per_minute)
        .bytes("node_bytes_per_hour", policy.budgets.bytes_per_hour);
    out.section("log").value("level", config.log_level);
    return out.text();
}

}  // namespace skerry::coordinator
