#include "edge-node/daemon/label_metrics.hpp"

#include <fmt/format.h>

namespace skerry::node {

namespace {

double in_seconds(std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string label_delay_text(std::span<const NodeFacts> all) {
    constexpr const char* kName = "skerry_node_label_delay_seconds";
    std::string text = fmt::format(
        "# HELP {0} From an answer to its label, of labels accepted since the start\n# TYPE {0} histogram\n", kName);
    for (const NodeFacts& facts : all) {
        const feedback::LabelDelays& delays = facts.label_delays;
        const std::string model = all.size() > 1 ? fmt::format(R"(model="{}")", facts.model) : std::string();
        const std::string separator = model.empty() ? "" : ",";
        std::uint64_t below = 0;
        for (std::size_t bucket = 0; bucket < feedback::LabelDelays::kBuckets; ++bucket) {
            below += delays.buckets()[bucket];
            text += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", kName, model, separator,
                                in_seconds(feedback::LabelDelays::upper(bucket)), below);
        }
        const std::string braces = model.empty() ? std::string() : fmt::format("{{{}}}", model);
        text += fmt::format("{0}_bucket{{{1}{2}le=\"+Inf\"}} {3}\n{0}_sum{4} {5}\n{0}_count{4} {3}\n", kName, model,
                            separator, delays.count(), braces, in_seconds(delays.sum()));
    }
    return text;
}

}  // namespace skerry::node
