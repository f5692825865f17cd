#include "edge-node/tools/status_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace skerry::node {

using Json = nlohmann::json;

namespace {

/// Text of a peer: nothing in it may steer the terminal.
std::string plain(const Json& value) {
    if (!value.is_string()) return value.dump();
    std::string text = value.get<std::string>();
    for (char& byte : text)
        if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = '?';
    return text;
}

double percent(const Json& share) {
    return 100.0 * share.get<double>();
}

std::string tiers(const Json& serving) {
    std::string text;
    for (const char* tier : {"light", "medium", "heavy"}) {
        if (!serving["share"].contains(tier)) continue;
        text += fmt::format("{}{} {:.0f} % ({} / {} µs)", text.empty() ? "" : " · ", tier,
                            percent(serving["share"][tier]), serving["latency_p50_us"][tier].get<std::uint64_t>(),
                            serving["latency_p95_us"][tier].get<std::uint64_t>());
    }
    return text;
}

/// "light 3 waiting, 12 at once · …": of the stages at which something waits or is batched.
std::string stages(const Json& serving) {
    if (!serving.contains("stages")) return {};  // a node of an earlier version
    std::string text;
    for (const char* tier : {"light", "medium", "heavy"}) {
        const Json& stage = serving["stages"][tier];
        const auto waiting = stage["waiting"].get<std::uint64_t>();
        const auto rows = stage["batch_rows"].get<std::uint64_t>();
        if (waiting == 0 && rows == 1) continue;
        text += fmt::format("{}{} {} waiting, {} at once", text.empty() ? "" : " · ", tier, waiting, rows);
    }
    if (const auto audits = serving["audits_waiting"].get<std::uint64_t>(); audits > 0)
        text += fmt::format("{}{} audits wait for idle time", text.empty() ? "" : " · ", audits);
    return text;
}

std::string knots(const Json& router) {
    return fmt::format("{}: light answers below an uncertainty of {:.3f}, medium below {:.3f} · θ {:+.2f}",
                       plain(router["mode"]), router["knots"]["light"].get<double>(),
                       router["knots"]["medium"].get<double>(), router["theta"].get<double>());
}

std::string audits(const Json& router) {
    const Json& disagreement = router["disagreement"];
    const Json& audits = router["audits"];
    if (audits["kept"].get<std::uint64_t>() == 0) return "no audit yet of what heavy would have answered";
    std::string text = fmt::format("{:.2f} % of answers are not heavy's (95 %: {:.2f} to {:.2f} %, {} audits)",
                                   percent(disagreement["share"]), percent(disagreement["low"]),
                                   percent(disagreement["high"]), audits["kept"].get<std::uint64_t>());
    if (router["accuracy"]["retention_target"].get<double>() > 0) {
        text += fmt::format(", {:.2f} % are tolerated: {}", percent(disagreement["tolerated"]),
                            plain(router["accuracy"]["verdict"]));
    }
    return text;
}

std::string gate(const Json& router) {
    std::string text;
    if (router["gate_auroc"].is_number()) {
        text = fmt::format("the gate tells such answers with an AUROC of {:.3f}", router["gate_auroc"].get<double>());
    }
    if (router["price_of_time"].is_number()) {
        text += fmt::format("{}mean answer {:.0f} µs, latency target {}", text.empty() ? "" : " · ",
                            router["latency"]["mean_us"].get<double>(), plain(router["latency"]["verdict"]));
    }
    return text;
}

/// "light fused 7.1 µs, 38.0 for 8 · …": who runs each stage, and what one sample and a batch take there with the head.
std::string executors(const Json& executors) {
    std::string text;
    for (const char* tier : {"light", "medium", "heavy"}) {
        if (!executors["winners"].contains(tier)) continue;
        const Json& winners = executors["winners"][tier];
        std::string names, times;
        for (const char* batch : {"1", "8"}) {
            const Json& stage = winners["stage"][batch];
            const std::string name = plain(stage["executor"]);
            if (names != name) names += (names.empty() ? "" : "/") + name;
            times += fmt::format("{}{:.1f}", times.empty() ? "" : " / ",
                                 stage["us"].get<double>() + winners["head"][batch]["us"].get<double>());
        }
        text += fmt::format("{}{} {} {} µs", text.empty() ? "" : " · ", tier, names, times);
    }
    for (const auto& [name, reason] : executors["excluded"].items())
        text += fmt::format(" · {} out: {}", name, plain(reason));
    return text;
}

std::string link(const Json& link) {
    std::string text = plain(link["state"]);
    if (!plain(link["endpoint"]).empty()) text += ", " + plain(link["endpoint"]);
    if (link["last_heard"].is_string()) text += ", last heard " + plain(link["last_heard"]);
    return text;
}

std::string model(const Json& model) {
    std::string text =
        fmt::format("serving {}, fleet's newest {}", plain(model["serving"]), model["newest"].get<std::uint64_t>());
    if (model["download"].is_object()) {
        text += fmt::format(", {} of {} chunks on their way", model["download"]["stored"].get<std::uint64_t>(),
                            model["download"]["chunks"].get<std::uint64_t>());
    }
    const Json pushed = model.value("pushed_as", Json::object());
    if (pushed.value("precision", "fp32") != "fp32") {
        text +=
            fmt::format(", came as {}, off by {:.2g} % at most", plain(pushed["precision"]), percent(pushed["error"]));
    }
    if (pushed.value("wanted", "fp32") != pushed.value("precision", "fp32")) {
        text += fmt::format(" ({} is wanted: the next version comes so, if the coordinator offers it)",
                            plain(pushed["wanted"]));
    }
    return text;
}

std::string sharing(const Json& sharing) {
    std::string text =
        fmt::format("{} of {} steps to the next update", sharing["steps_since_update"].get<std::uint64_t>(),
                    sharing["steps_per_update"].get<std::uint64_t>());
    if (sharing["offered"].is_number())
        text += fmt::format(", update {} on its way", sharing["offered"].get<std::uint64_t>());
    if (const auto waiting = sharing["accepted_uncounted"].get<std::uint64_t>(); waiting > 0) {
        text += fmt::format(", {} accepted and not yet in a version", waiting);
    }
    if (!plain(sharing["waiting"]).empty()) text += " · " + plain(sharing["waiting"]);
    return text;
}

std::string quality(const Json& numbers) {
    if (numbers.is_null()) return "no labels learned yet";
    return fmt::format(
        "{:.1f} % of {} (last {}: {:.1f} %, kappa lately {:.2f}) · majority {:.1f} % · last class {:.1f} %",
        percent(numbers["accuracy"]), numbers["labelled"].get<std::uint64_t>(), numbers["window"].get<std::uint64_t>(),
        percent(numbers["accuracy_window"]), numbers.value("kappa_fading", 0.0), percent(numbers["majority"]),
        percent(numbers["last_class"]));
}

std::string span(double seconds) {
    if (seconds < 60) return fmt::format("{:.3g} s", seconds);
    if (seconds < 3600) return fmt::format("{:.1f} min", seconds / 60);
    return seconds < 2 * 86400 ? fmt::format("{:.1f} h", seconds / 3600) : fmt::format("{:.1f} d", seconds / 86400);
}

std::string labels(const Json& labels) {
    std::string text;
    for (const char* verdict : {"accepted", "duplicate", "contradictory", "late", "unknown", "reused"}) {
        const auto count = labels.value(verdict, std::uint64_t{0});
        if (count > 0 || verdict == std::string_view("accepted")) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, verdict);
        }
    }
    if (const Json delay = labels.value("delay", Json()); delay.is_object()) {
        text += fmt::format(" · half within {}, 90 % within {}, 99 % within {}", span(delay["p50_s"].get<double>()),
                            span(delay["p90_s"].get<double>()), span(delay["p99_s"].get<double>()));
    }
    return text;
}

std::string waiting_for_labels(const Json& labels) {
    if (!labels.contains("limits")) return {};  // a node of an earlier version
    return fmt::format("{} answers wait for a label, at most {} ({:.1f} MB) for {} · {} never had one",
                       labels["predictions_waiting"].get<std::uint64_t>(),
                       labels["predictions_max"].get<std::uint64_t>(), labels["limits"]["bytes"].get<double>() / 1e6,
                       span(labels["limits"]["seconds"].get<double>()),
                       labels["predictions_expired"].get<std::uint64_t>());
}

std::string next_step(const Json& learning) {
    const auto waiting = learning["samples_waiting"].get<std::uint64_t>();
    const auto needed = learning["samples_per_step"].get<std::uint64_t>();
    if (waiting < needed) return fmt::format("{}/{} samples to the next step", waiting, needed);
    return fmt::format("a step is {}, {} samples wait", learning["busy"].get<bool>() ? "under way" : "due", waiting);
}

/// "all classes 4 % → 61 % (adwin, trigger 120)"
std::string alarm(const Json& alarm) {
    return fmt::format("{} {:.0f} % → {:.0f} % ({}, trigger {})",
                       alarm["class"].is_null() ? "all classes" : "class " + plain(alarm["class_name"]),
                       percent(alarm["before"]), percent(alarm["after"]), plain(alarm["detector"]),
                       alarm["trigger"].get<std::uint64_t>());
}

/// The newest three alarms, and what the fleet says.
std::string drift(const Json& drift) {
    constexpr std::size_t kShown = 3;
    std::string text;
    const Json alarms = drift.value("alarms", Json::array());
    for (std::size_t i = 0; i < std::min(alarms.size(), kShown); ++i)
        text += (text.empty() ? "errors rose: " : " · ") + alarm(alarms[i]);
    if (drift.contains("fleet_until") && drift["fleet_until"].is_string()) {
        text += (text.empty() ? "" : " · ") + ("the fleet is in drift until " + plain(drift["fleet_until"]));
    }
    return text;
}

std::string memory(const Json& status) {
    std::string text = fmt::format("{:.1f} MB", status["process"]["resident_memory_bytes"].get<double>() / 1e6);
    const Json memory = status.value("memory", Json::object());
    if (memory.contains("budget") && memory["budget"].is_number()) {
        text += fmt::format(", budget {:.1f} MB: {:.1f} shared, {:.1f} reserve", memory["budget"].get<double>() / 1e6,
                            memory["shared"].get<double>() / 1e6, memory["reserve"].get<double>() / 1e6);
        for (const auto& [use, bytes] : memory["promised"].items())
            if (bytes.get<std::uint64_t>() > 0) text += fmt::format(", {:.1f} {}", bytes.get<double>() / 1e6, use);
        text += fmt::format("; room for {} base tasks or {} enhanced", memory["base_slots"].get<std::uint64_t>(),
                            memory["enhanced_slots"].get<std::uint64_t>());
    }
    return text;
}

std::string screen(const Json& status) {
    const Json& node = status["node"];
    const Json& learning = status["learning"];
    std::string text;
    const auto line = [&text](std::string_view name, const std::string& value) {
        if (!value.empty()) text += fmt::format("{:<10} {}\n", name, value);
    };
    line("node", fmt::format("{} ({}), tier {}, model {}", plain(node["name"]), plain(node["id"]).substr(0, 12),
                             plain(node["tier"]), plain(node["model"])));
    line("link", link(status["link"]));
    line("model", model(status["model"]));
    line("answers",
         fmt::format("{} · {} waiting", tiers(status["serving"]), status["serving"]["queue"].get<std::uint64_t>()));
    line("stages", stages(status["serving"]));
    if (const Json& router = status["router"]; router.is_object()) {
        line("router", knots(router));
        line("", audits(router));
        line("", gate(router));
    }
    line("executors", executors(status["serving"]["executors"]));
    line("accuracy", quality(status["prequential"]));
    line("labels", labels(status["labels"]));
    line("", waiting_for_labels(status["labels"]));
    line("learning", fmt::format("{}, {} steps, rate {:.2g}", next_step(learning),
                                 learning["steps"].get<std::uint64_t>(), learning["learning_rate"].get<double>()));
    line("", plain(learning["reason"]));
    if (const Json undone = learning.value("rolled_back", Json()); undone.is_object()) {
        line("", fmt::format("rolled back to version {} at {}, {} steps undone", undone["version"].get<std::uint64_t>(),
                             plain(undone["at"]), undone["steps_undone"].get<std::uint64_t>()));
    }
    line("drift", drift(status.value("drift", Json::object())));
    line("sharing", sharing(status["sharing"]));
    line("", plain(status["sharing"]["last"]));
    for (const Json& beside : status.value("models", Json::array())) {
        if (beside["name"] != node["model"]) {
            line("beside", fmt::format("{}, serving {}, {}", plain(beside["name"]), plain(beside["serving"]),
                                       plain(beside["dir"])));
        }
    }
    line("memory", memory(status));
    for (const Json& warning : status["warnings"]) {
        line("warning", plain(warning["why"]));
        line("  fix", plain(warning["fix"]));
    }
    return text;
}

template <class Render>
Result<std::string> rendered(std::string_view text, const Render& render) try {
    return render(Json::parse(text));
} catch (const Json::exception& broken) {
    return fail(
        ErrorCode::InvalidInput,
        std::string("the node answers something else than its status: is it of another version? ") + broken.what());
}

}  // namespace

Result<std::string> status_text(std::string_view json) {
    return rendered(json, screen);
}

Result<std::string> errors_text(std::string_view json) {
    return rendered(json, [](const Json& errors) {
        std::string text = fmt::format("{:<24} {:>12} {:>12} {:<7} {:<11} {:>6} {:>7} {:<9} {}\n", "when", "truth",
                                       "answered", "tier", "type", "p", "margin", "version", "request");
        for (const Json& error : errors["errors"]) {
            text += fmt::format("{:<24} {:>12} {:>12} {:<7} {:<11} {:>6.3f} {:>7.3f} {:<9} {}\n", plain(error["at"]),
                                plain(error["truth_name"]), plain(error["predicted_name"]), plain(error["tier"]),
                                plain(error["type"]), error["probability"].get<double>(), error["margin"].get<double>(),
                                plain(error["version"]), plain(error["request"]));
        }
        text += fmt::format("{} of {} kept", errors["errors"].size(), errors["kept"].get<std::uint64_t>());
        for (const auto& [type, count] : errors["by_type"].items()) {
            if (count.get<std::uint64_t>() > 0) text += fmt::format(" · {} {}", count.get<std::uint64_t>(), type);
        }
        if (!errors["errors"].empty()) {
            text += fmt::format("; older ones: --before {}", errors["errors"].back()["id"].get<std::uint64_t>());
        }
        return text + "\n";
    });
}

Result<std::string> drift_text(std::string_view json) {
    return rendered(json, [](const Json& page) {
        if (page["alarms"].empty()) return std::string("no alarm: errors have not risen\n");
        std::string text = fmt::format("{:>6} {:<24} {:>12} {:>7} {:>7} {:<13} {:>8} {}\n", "number", "when", "class",
                                       "before", "after", "detector", "trigger", "version");
        for (const Json& one : page["alarms"]) {
            text += fmt::format("{:>6} {:<24} {:>12} {:>5.0f} % {:>5.0f} % {:<13} {:>8} {}\n",
                                one["number"].get<std::uint64_t>(), plain(one["at"]),
                                one["class"].is_null() ? "all" : plain(one["class_name"]), percent(one["before"]),
                                percent(one["after"]), plain(one["detector"]), one["trigger"].get<std::uint64_t>(),
                                plain(one["version"]));
        }
        text += fmt::format("{} of {} kept", page["alarms"].size(), page["kept"].get<std::uint64_t>());
        text += fmt::format("; older ones: --before {}", page["alarms"].back()["number"].get<std::uint64_t>());
        return text + "\n";
    });
}

}  // namespace skerry::node
