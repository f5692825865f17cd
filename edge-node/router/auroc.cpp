#include "edge-node/router/auroc.hpp"

#include <algorithm>

namespace skerry::node {

std::optional<double> auroc(std::vector<ScoredEvent> events) {
    std::sort(events.begin(), events.end(),
              [](const ScoredEvent& a, const ScoredEvent& b) { return a.score < b.score; });
    double others = 0;  // below the score at hand
    double happened = 0;
    double area = 0;
    for (std::size_t begin = 0; begin < events.size();) {
        double tied = 0;
        double tied_others = 0;
        std::size_t end = begin;
        for (; end < events.size() && events[end].score == events[begin].score; ++end)
            (events[end].happened ? tied : tied_others) += events[end].weight;
        area += tied * (others + tied_others / 2);
        happened += tied;
        others += tied_others;
        begin = end;
    }
    if (!(happened > 0 && others > 0)) return std::nullopt;
    return area / (happened * others);
}

}  // namespace skerry::node
