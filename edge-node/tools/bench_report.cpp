#include "edge-node/tools/bench_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace skerry::node {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::array<std::pair<const char*, double>, 5> kQuantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}}};

double microseconds(std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

double share_of(const LoadNumbers& numbers, std::uint64_t count) {
    return numbers.latencies.empty() ? 0 : static_cast<double>(count) / static_cast<double>(numbers.latencies.size());
}

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string load_json(const LoadNumbers& numbers) {
    Json latency, tiers;
    for (const auto& [name, share] : kQuantiles)
        latency[name] = microseconds(numbers.quantile(share));
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        tiers[std::string(name_of(static_cast<Tier>(tier)))] = share_of(numbers, numbers.answered_by[tier]);
    return text_of(Json{{"answers", numbers.latencies.size()},
                        {"rate", numbers.rate()},
                        {"seconds", std::chrono::duration<double>(numbers.elapsed).count()},
                        {"latency_us", latency},
                        {"tiers", tiers},
                        {"anytime", share_of(numbers, numbers.anytime)},
                        {"late", share_of(numbers, numbers.late)},
                        {"refused", numbers.refused},
                        {"errors", numbers.errors},
                        {"first_error", numbers.first_error}});
}

std::string load_text(const LoadNumbers& numbers) {
    std::string text = fmt::format("{} answers in {:.1f} s: {:.0f} a second\nlatency", numbers.latencies.size(),
                                   std::chrono::duration<double>(numbers.elapsed).count(), numbers.rate());
    for (const auto& [name, share] : kQuantiles)
        text += fmt::format("  {} {:.0f} µs", name, microseconds(numbers.quantile(share)));
    text += "\nanswered by";
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        text += fmt::format("  {} {:.1f} %", name_of(static_cast<Tier>(tier)),
                            100 * share_of(numbers, numbers.answered_by[tier]));
    }
    text += fmt::format("   cut short by their deadline {:.1f} %   late {:.2f} %\n",
                        100 * share_of(numbers, numbers.anytime), 100 * share_of(numbers, numbers.late));
    if (numbers.refused > 0) text += fmt::format("refused, too many were waiting: {}\n", numbers.refused);
    if (numbers.errors > 0) text += fmt::format("errors: {}, the first: {}\n", numbers.errors, numbers.first_error);
    return text;
}

std::string exit_times_json(const std::vector<ExitTimes>& times) {
    Json all;
    for (const ExitTimes& executor : times) {
        for (std::size_t exit = 0; exit < kTiers; ++exit) {
            if (!executor.exits[exit]) continue;
            all["exit_us"][executor.executor][std::string(name_of(static_cast<Tier>(exit)))] =
                microseconds(*executor.exits[exit]);
        }
    }
    return text_of(all);
}

std::string exit_times_text(const std::vector<ExitTimes>& times) {
    std::string text = "one sample, one thread, median of each exit\n";
    for (const ExitTimes& executor : times) {
        text += fmt::format("{:<8}", executor.executor);
        for (std::size_t exit = 0; exit < kTiers; ++exit) {
            if (!executor.exits[exit]) continue;
            text +=
                fmt::format("  {} {:.1f} µs", name_of(static_cast<Tier>(exit)), microseconds(*executor.exits[exit]));
        }
        text += '\n';
    }
    return text;
}

}  // namespace skerry::node
