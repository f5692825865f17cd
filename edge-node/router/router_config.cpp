#include "edge-node/router/router_config.hpp"

namespace skerry::node {

std::string_view name_of(RouterMode mode) {
    switch (mode) {
        case RouterMode::Auto:
            return "auto";
        case RouterMode::Identity:
            return "identity";
        case RouterMode::Rank:
            return "rank";
        case RouterMode::Risk:
            return "risk";
    }
    return "auto";
}

std::vector<std::string> RouterConfig::problems() const {
    std::vector<std::string> problems;
    if (!(light_below > 0 && light_below < medium_below && medium_below < 1)) {
        problems.emplace_back("the router's thresholds must rise: 0 < light_below < medium_below < 1");
    }
    if (!(accuracy_retention == 0 || (accuracy_retention >= 0.5 && accuracy_retention < 1))) {
        problems.emplace_back("accuracy_retention must be 0.5 to below 1, or 0 for no such target");
    }
    if (!(audit_share >= 0 && audit_share <= 1)) problems.emplace_back("audit_share must be 0 to 1");
    const bool learns = mode == RouterMode::Auto || mode == RouterMode::Risk;
    if (has_latency_target() && !learns) {
        problems.emplace_back("latency_mean and latency_p95 need mode \"auto\" or \"risk\": \"" +
                              std::string(name_of(mode)) + "\" has no targets");
    }
    if (mode == RouterMode::Risk && accuracy_retention == 0 && !has_latency_target()) {
        problems.emplace_back("mode \"risk\" needs a target: accuracy_retention, latency_mean or latency_p95");
    }
    if (mode == RouterMode::Risk && accuracy_retention > 0 && !(audit_share > 0)) {
        problems.emplace_back("mode \"risk\" cannot keep accuracy_retention without audits: set audit_share above 0");
    }
    return problems;
}

}  // namespace skerry::node
