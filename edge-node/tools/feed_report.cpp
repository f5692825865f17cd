#include "edge-node/tools/feed_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace skerry::node {

namespace {

double seconds(const FeedNumbers& numbers) {
    return std::chrono::duration<double>(numbers.elapsed).count();
}

double rate(const FeedNumbers& numbers) {
    return numbers.elapsed.count() > 0 ? static_cast<double>(numbers.samples()) / seconds(numbers) : 0;
}

/// The time that the share `q` does not exceed; 0 of none.
std::uint32_t quantile(std::vector<std::uint32_t> times, double q) {
    if (times.empty()) return 0;
    const auto index = static_cast<std::size_t>(q * static_cast<double>(times.size() - 1));
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(index), times.end());
    return times[index];
}

struct TierNumbers {
    std::string_view name;
    std::uint64_t samples = 0;
    double share = 0, accuracy = 0;
    std::uint32_t p50 = 0, p95 = 0;
};

std::vector<TierNumbers> tiers(const FeedNumbers& numbers) {
    std::vector<TierNumbers> all;
    const auto total = static_cast<double>(std::max<std::uint64_t>(numbers.samples(), 1));
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        const std::vector<std::uint32_t>& times = numbers.latency_us[tier];
        const auto count = static_cast<double>(times.size());
        all.push_back({name_of(static_cast<Tier>(tier)), times.size(), count / total,
                       times.empty() ? 0 : static_cast<double>(numbers.correct[tier]) / count, quantile(times, 0.5),
                       quantile(times, 0.95)});
    }
    return all;
}

}  // namespace

std::string progress_line(const FeedNumbers& numbers) {
    return fmt::format("{} samples · {:.0f}/s · {:.1f} % right · last 1000: {:.1f} %", numbers.samples(), rate(numbers),
                       100 * numbers.prequential.accuracy, 100 * numbers.prequential.accuracy_window);
}

std::string summary_text(const FeedNumbers& numbers) {
    const feedback::PrequentialNumbers& all = numbers.prequential;
    std::string text = fmt::format(
        "{} samples in {:.1f} s ({:.0f}/s), {} labels taken, {} not, model {} → {}\n"
        "prequential accuracy {:.2f} %   last 1000: {:.2f} %\n"
        "majority class       {:.2f} %   last class: {:.2f} %   kappa {:.3f}   kappa-temporal {:.3f}\n",
        numbers.samples(), seconds(numbers), rate(numbers), numbers.labels_accepted, numbers.labels_other,
        numbers.first_version, numbers.last_version, 100 * all.accuracy, 100 * all.accuracy_window, 100 * all.majority,
        100 * all.last_class, all.kappa, all.kappa_temporal);
    text += fmt::format("{:<8} {:>8} {:>10} {:>9} {:>9}\n", "tier", "share", "accuracy", "p50 µs", "p95 µs");
    for (const TierNumbers& tier : tiers(numbers)) {
        text += fmt::format("{:<8} {:>6.1f} % {:>8.2f} % {:>8} {:>8}\n", tier.name, 100 * tier.share,
                            100 * tier.accuracy, tier.p50, tier.p95);
    }
    return text;
}

std::string summary_json(const FeedNumbers& numbers) {
    const feedback::PrequentialNumbers& all = numbers.prequential;
    nlohmann::ordered_json by_tier;
    for (const TierNumbers& tier : tiers(numbers)) {
        by_tier[std::string(tier.name)] = {{"samples", tier.samples},
                                           {"share", tier.share},
                                           {"accuracy", tier.accuracy},
                                           {"latency_p50_us", tier.p50},
                                           {"latency_p95_us", tier.p95}};
    }
    const nlohmann::ordered_json json = {{"samples", numbers.samples()},
                                         {"seconds", seconds(numbers)},
                                         {"rate", rate(numbers)},
                                         {"accuracy", all.accuracy},
                                         {"accuracy_window", all.accuracy_window},
                                         {"majority", all.majority},
                                         {"last_class", all.last_class},
                                         {"kappa", all.kappa},
                                         {"kappa_temporal", all.kappa_temporal},
                                         {"tiers", by_tier},
                                         {"labels_accepted", numbers.labels_accepted},
                                         {"labels_other", numbers.labels_other},
                                         {"waits", numbers.waits},
                                         {"first_version", numbers.first_version},
                                         {"last_version", numbers.last_version}};
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace skerry::node
