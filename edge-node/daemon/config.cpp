#include "edge-node/daemon/config.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "common/base/host_port.hpp"
#include "common/config/document.hpp"
#include "common/config/text_writer.hpp"
#include "edge-node/learning/rate_rule.hpp"

namespace skerry::node {

using config::TableReader;
using config::TextWriter;
using observe::log::Level;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr std::array<std::pair<std::string_view, Level>, 4> kLevels = {
    {{"debug", Level::Debug}, {"info", Level::Info}, {"warning", Level::Warning}, {"error", Level::Error}}};

void read(TableReader table, ServingConfig& serving) {
    table.text("server_name", serving.server_name, 64);
    table.integer("workers", serving.workers, 1, 64);
    table.integer("queue_requests", serving.queue_requests_max, 1, 1 << 20);
    table.bytes("queue_bytes", serving.queue_bytes_max, 1024, std::size_t{1} << 40U);
    table.integer("request_samples", serving.request_samples_max, 1, 4096);
    table.boolean("batching", serving.batching);
    table.integer("batch_max", serving.batch_max, 1, 256);
    table.duration("latency_budget", serving.latency_budget, microseconds(100), hours(1));
    table.duration("inline_below", serving.inline_below, microseconds(0), std::chrono::seconds(1));
    table.choice("executor", serving.executor,
                 {{"auto", "auto"},
                  {"plain", "plain"},
                  {"fused", "fused"},
                  {"onednn", "onednn"},
                  {"xnnpack", "xnnpack"},
                  {"int8", "int8"}});
    table.boolean("int8", serving.int8);
}

void read(TableReader table, MemoryConfig& memory) {
    table.bytes("budget", memory.budget, 0, std::uint64_t{1} << 50U);
    table.number("pressure", memory.pressure_max, 0, 1);
}

void read(TableReader table, RouterConfig& router) {
    using enum RouterMode;
    table.choice("mode", router.mode, {{"auto", Auto}, {"identity", Identity}, {"rank", Rank}, {"risk", Risk}});
    table.number("light_below", router.light_below, 0, 1);
    table.number("medium_below", router.medium_below, 0, 1);
    table.number("accuracy_retention", router.accuracy_retention, 0, 1);
    table.duration("latency_mean", router.latency_mean, microseconds(0), hours(1));
    table.duration("latency_p95", router.latency_p95, microseconds(0), hours(1));
    table.choice("yields", router.yields, {{"accuracy", RouterYields::Accuracy}, {"latency", RouterYields::Latency}});
    table.number("audit_share", router.audit_share, 0, 1);
}

void read(TableReader table, NodeConfig& config) {
    table.integer("waiting", config.labels.rows_max, 1, 1 << 28);
    table.bytes("waiting_bytes", config.labels.bytes_max, 4096, std::size_t{1} << 40U);
    table.duration("waiting_time", config.labels.age_max, std::chrono::seconds(1), hours(24 * 3650));
    table.integer("remembered_ids", config.remembered_ids_max, 1, 1 << 28);
    table.integer("errors", config.errors.rows_max, 1, 1 << 28);
    table.bytes("errors_bytes", config.errors.bytes_max, 1024, std::size_t{1} << 40U);
    table.duration("errors_time", config.errors.age_max, hours(1), hours(24 * 3650));
}

void read(TableReader table, LearningConfig& learning) {
    table.integer("samples", learning.trigger_rows, 1, 1 << 20);
    using enum RateRule;
    table.choice("rate_rule", learning.rate_rule,
                 {{"elastic", Elastic},
                  {"fixed", Fixed},
                  {"decayed", Decayed},
                  {"adagrad", AdaGrad},
                  {"cocob", Cocob},
                  {"hypergradient", Hypergradient}});
    table.number("rate", learning.learning_rate, 0, 10);
    table.number("decay_triggers", learning.decay_triggers, 0.1, 1e9);
    table.number("hypergradient", learning.hypergradient, 1e-6, 0.5);
    table.number("elastic_min", learning.elastic_min, 1e-3, 1);
    table.number("elastic_max", learning.elastic_max, 1, 1000);
    table.number("elastic_gain", learning.elastic_gain, 0, 2);
    table.number("elastic_return", learning.elastic_return, 0, 1);
    table.number("drift_confidence", learning.drift_confidence, 1e-9, 0.5);
    table.number("drift_loss_z", learning.drift_loss_z, 0.5, 1000);
    table.integer("drift_cooldown", learning.drift_cooldown_triggers, 0, 10'000);
    table.integer("react_triggers", learning.react_triggers, 0, 10'000);
    table.integer("react_passes", learning.react_passes, 1, 100);
    table.boolean("react_at_start", learning.react_at_start);
    table.integer("step_new", learning.step_new_rows, 1, 1 << 20);
    table.integer("step_replay", learning.step_replay_rows, 0, 1 << 20);
    table.boolean("replay_adapts", learning.replay_adapts);
    table.integer("step_made", learning.step_made_rows, 0, 1 << 20);
    table.number("made_weight", learning.made_weight, 0, 1);
    table.number("fgsm", learning.fgsm, 0, 1);
    table.number("mixup", learning.mixup, 0, 0.5);
    table.integer("replay", learning.replay_rows, 0, 1 << 24);
    table.integer("validation", learning.validation_rows, 0, 1 << 24);
    table.number("replay_logit_weight", learning.replay_logit_weight, 0, 100);
    table.number("prior_strength", learning.prior_strength, 0, 10);
    table.number("prior_smoothing", learning.prior_smoothing, 1e-6, 1);
    table.number("exit_weight_floor", learning.exit_weight_floor, 0, 1);
    table.number("distillation", learning.distillation, 0, 1);
    table.number("soft_labels", learning.soft_labels, 0, 1);
    table.number("gradient_norm_max", learning.gradient_norm_max, 0, 1e6);
    table.number("proximal", learning.proximal, 0, 100);
    table.boolean("own_heads", learning.own_heads);
    table.number("gate_t", learning.gate_t_max, 0, 100);
    table.integer("gate_rows", learning.gate_rows_min, 1, 1 << 20);
    table.boolean("rename_classes", learning.rename_classes);
    table.boolean("doubt_labels", learning.doubt_labels);
    table.integer("rejects", learning.rejects_max, 1, 10'000);
    table.integer("pause_triggers", learning.pause_triggers, 0, 1 << 20);
    table.number("normaliser_rate", learning.normaliser_rate, 0, 1);
    table.integer("seed", learning.seed, 0, std::numeric_limits<std::int64_t>::max());
}

void read(TableReader table, LearnerConfig& learner) {
    table.path("program", learner.program);
    table.duration("start_time", learner.start_time, milliseconds(1), hours(1));
    table.duration("request_time", learner.request_time, milliseconds(1), hours(24));
    table.duration("idle_time", learner.idle_time, milliseconds(1), hours(24));
    table.duration("restart_delay", learner.restart_delay_max, milliseconds(0), hours(24));
}

/// The double whose shortest text is this float's: 0.003, not 0.003000000026077032.
double as_written(float value) {
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
    double number = 0;
    std::from_chars(text.data(), written.ptr, number);
    return number;
}

Error all_in_one(const std::vector<std::string>& problems) {
    std::string text;
    for (const std::string& problem : problems)
        text += (text.empty() ? "" : "\n") + problem;
    return {ErrorCode::InvalidInput, std::move(text)};
}

}  // namespace

Result<HttpAddress> HttpAddress::parse(std::string_view text) {
    const auto parts = HostPort::parse(text);
    if (parts) return HttpAddress{parts->host, parts->port};
    return fail(ErrorCode::InvalidInput,
                "'" + std::string(text) + "' is no address: write 127.0.0.1:8000 or [::1]:8000");
}

std::string HttpAddress::to_text() const {
    return HostPort{host, port}.to_text();
}

std::vector<std::string> NodeConfig::problems() const {
    std::vector<std::string> all;
    const auto add = [&all](std::vector<std::string> some) {
        for (std::string& problem : some)
            all.push_back(std::move(problem));
    };
    if (!http.empty()) {
        if (const auto address = HttpAddress::parse(http); !address) all.push_back(address.error().message);
    }
    add(serving.problems());
    add(memory.problems());
    add(router.problems());
    add(labels.problems());
    add(feedback::LabelStoreConfig{remembered_ids_max, errors}.problems());
    add(learning.problems());
    add(learner.problems());
    return all;
}

std::string NodeConfig::to_toml() const {
    std::string_view level = "info";
    for (const auto& [word, value] : kLevels)
        if (value == log_level) level = word;
    TextWriter out;
    out.value("http", http).value("log", level);
    out.section("serving")
        .value("server_name", serving.server_name)
        .value("workers", serving.workers)
        .value("queue_requests", serving.queue_requests_max)
        .bytes("queue_bytes", serving.queue_bytes_max)
        .value("request_samples", serving.request_samples_max)
        .value("batching", serving.batching)
        .value("batch_max", serving.batch_max)
        .value("latency_budget", serving.latency_budget)
        .value("inline_below", serving.inline_below)
        .value("executor", serving.executor)
        .value("int8", serving.int8);
    out.section("memory").bytes("budget", memory.budget).value("pressure", memory.pressure_max);
    out.section("router")
        .value("mode", name_of(router.mode))
        .value("light_below", as_written(router.light_below))
        .value("medium_below", as_written(router.medium_below))
        .value("accuracy_retention", router.accuracy_retention)
        .value("latency_mean", router.latency_mean)
        .value("latency_p95", router.latency_p95)
        .value("yields", router.yields == RouterYields::Accuracy ? "accuracy" : "latency")
        .value("audit_share", router.audit_share);
    out.section("labels")
        .value("waiting", labels.rows_max)
        .bytes("waiting_bytes", labels.bytes_max)
        .value("waiting_time", labels.age_max)
        .value("remembered_ids", remembered_ids_max)
        .value("errors", errors.rows_max)
        .bytes("errors_bytes", errors.bytes_max)
        .value("errors_time", errors.age_max);
    out.section("learning")
        .value("samples", learning.trigger_rows)
        .value("rate_rule", name_of(learning.rate_rule))
        .value("rate", as_written(learning.learning_rate))
        .value("decay_triggers", learning.decay_triggers)
        .value("hypergradient", as_written(learning.hypergradient))
        .value("elastic_min", learning.elastic_min)
        .value("elastic_max", learning.elastic_max)
        .value("elastic_gain", learning.elastic_gain)
        .value("elastic_return", learning.elastic_return)
        .value("drift_confidence", learning.drift_confidence)
        .value("drift_loss_z", learning.drift_loss_z)
        .value("drift_cooldown", learning.drift_cooldown_triggers)
        .value("react_triggers", learning.react_triggers)
        .value("react_passes", learning.react_passes)
        .value("react_at_start", learning.react_at_start)
        .value("step_new", learning.step_new_rows)
        .value("step_replay", learning.step_replay_rows)
        .value("replay_adapts", learning.replay_adapts)
        .value("step_made", learning.step_made_rows)
        .value("made_weight", as_written(learning.made_weight))
        .value("fgsm", as_written(learning.fgsm))
        .value("mixup", as_written(learning.mixup))
        .value("replay", learning.replay_rows)
        .value("validation", learning.validation_rows)
        .value("replay_logit_weight", as_written(learning.replay_logit_weight))
        .value("prior_strength", as_written(learning.prior_strength))
        .value("prior_smoothing", as_written(learning.prior_smoothing))
        .value("exit_weight_floor", as_written(learning.exit_weight_floor))
        .value("distillation", as_written(learning.distillation))
        .value("soft_labels", as_written(learning.soft_labels))
        .value("gradient_norm_max", as_written(learning.gradient_norm_max))
        .value("proximal", as_written(learning.proximal))
        .value("own_heads", learning.own_heads)
        .value("gate_t", learning.gate_t_max)
        .value("gate_rows", learning.gate_rows_min)
        .value("rename_classes", learning.rename_classes)
        .value("doubt_labels", learning.doubt_labels)
        .value("rejects", learning.rejects_max)
        .value("pause_triggers", learning.pause_triggers)
        .value("normaliser_rate", as_written(learning.normaliser_rate))
        .value("seed", learning.seed);
    out.section("sharing").value("version_patience", version_patience).value("precision", name_of(precision));
    out.section("learner")
        .value("program", learner.program.string())
        .value("start_time", learner.start_time)
        .value("request_time", learner.request_time)
        .value("idle_time", learner.idle_time)
        .value("restart_delay", learner.restart_delay_max);
    return out.text();
}

Result<NodeConfig> read_node_config(const std::filesystem::path& file) {
    config::Document document = config::Document::from_file(file);
    NodeConfig config;
    TableReader root = document.root();
    root.text("http", config.http, 64);
    root.choice("log", config.log_level,
                {{"debug", Level::Debug}, {"info", Level::Info}, {"warning", Level::Warning}, {"error", Level::Error}});
    read(root.table("serving"), config.serving);
    read(root.table("memory"), config.memory);
    read(root.table("router"), config.router);
    read(root.table("labels"), config);
    read(root.table("learning"), config.learning);
    TableReader sharing = root.table("sharing");
    sharing.duration("version_patience", config.version_patience, milliseconds(0), hours(1));
    using enum WeightEncoding;
    sharing.choice("precision", config.precision,
                   {{"fp32", Float32}, {"fp16", Float16}, {"fp8", Float8}, {"mixed", Mixed}});
    read(root.table("learner"), config.learner);
    std::vector<std::string> problems = document.problems();
    if (problems.empty()) problems = config.problems();
    if (!problems.empty()) return tl::unexpected(all_in_one(problems));
    return config;
}

}  // namespace skerry::node
