#include <algorithm>

#include <nlohmann/json.hpp>

#include "coordinator/admin/views.hpp"

// The fleet's wrong answers: counts of counted updates, never a sample.
namespace skerry::coordinator::views {
namespace {

using nlohmann::json;

std::string class_name(const parameters::ModelSpec& spec, std::uint16_t index) {
    return index < spec.classes.size() ? spec.classes[index] : std::to_string(index);
}

std::uint64_t errors_in(const ledger::ErrorTally& tally, const std::optional<feedback::ErrorType>& type) {
    return type ? tally.by_type[static_cast<std::size_t>(*type)] : tally.errors;
}

json by_type(const ledger::ErrorTally& tally, const std::optional<feedback::ErrorType>& only) {
    json counts = json::object();
    for (std::size_t i = 0; i < feedback::kErrorTypes; ++i) {
        const auto type = static_cast<feedback::ErrorType>(i);
        if (!only || *only == type) counts[std::string(feedback::name_of(type))] = tally.by_type[i];
    }
    return counts;
}

}  // namespace

Result<json> errors(const AdminHost& host, const ErrorQuestion& question) {
    auto rows = SKERRY_TRY(host.history().errors(question.node, question.since));
    json pairs = json::array();
    for (const ledger::ConfusionRow& pair : rows.pairs) {
        if (question.type) break;  // updates count pairs of all types together
        pairs.push_back({{"truth", pair.truth},
                         {"predicted", pair.predicted},
                         {"truth_name", class_name(host.model_spec(), pair.truth)},
                         {"predicted_name", class_name(host.model_spec(), pair.predicted)},
                         {"count", pair.count}});
    }
    if (question.type) {
        std::erase_if(rows.nodes, [&](const auto& row) { return errors_in(row.tally, question.type) == 0; });
        std::stable_sort(rows.nodes.begin(), rows.nodes.end(), [&](const auto& a, const auto& b) {
            return errors_in(a.tally, question.type) > errors_in(b.tally, question.type);
        });
    }
    json nodes = json::array();
    for (const auto& row : rows.nodes) {
        nodes.push_back({{"node", row.node.to_text()},
                         {"name", row.name},
                         {"updates", row.tally.updates},
                         {"labelled", row.tally.labelled},
                         {"errors", errors_in(row.tally, question.type)},
                         {"by_type", by_type(row.tally, question.type)}});
    }
    return json{{"total", errors_in(rows.fleet, question.type)},
                {"updates", rows.fleet.updates},
                {"labelled", rows.fleet.labelled},
                {"by_type", by_type(rows.fleet, question.type)},
                {"pairs", std::move(pairs)},
                {"other", question.type ? json(nullptr) : json(rows.fleet.other)},
                {"classes", host.model_spec().classes},
                {"nodes", std::move(nodes)}};
}

}  // namespace skerry::coordinator::views
