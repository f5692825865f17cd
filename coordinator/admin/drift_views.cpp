#include <nlohmann/json.hpp>

#include "coordinator/admin/views.hpp"

// The alarms of the fleet's nodes, and what they caused.
namespace skerry::coordinator::views {

using nlohmann::json;

json alarm(const AdminHost& host, const ledger::AlarmRow& row) {
    json label, name;
    if (row.alarm.label_class) {
        const std::vector<std::string>& classes = host.model_spec().classes;
        label = *row.alarm.label_class;
        name = *row.alarm.label_class < classes.size() ? classes[*row.alarm.label_class] : label.dump();
    }
    return {{"id", row.id},
            {"node", row.node.to_text()},
            {"name", row.name},
            {"number", row.alarm.number},
            {"class", label},
            {"class_name", name},
            {"detector", skerry::name_of(row.alarm.detector)},
            {"before", row.alarm.before},
            {"after", row.alarm.after},
            {"trigger", row.alarm.trigger},
            {"version", std::to_string(row.alarm.global.value) + "." + std::to_string(row.alarm.local)},
            {"raised_at", to_text(row.alarm.at)},
            {"recorded_at", to_text(row.recorded)},
            {"missed", row.missed},
            {"early_round", row.early ? json(row.early->value) : json(nullptr)}};
}

Result<json> alarms(const AdminHost& host, const ledger::AlarmFilter& filter, std::size_t limit, TimePoint now) {
    const RoundPolicy& policy = host.federation().policy().rounds;
    const auto lasts = host.federation().fleet_drift().lasts(policy, now);
    json list = json::array();
    for (const ledger::AlarmRow& row : SKERRY_TRY(host.history().alarms(filter, limit)))
        list.push_back(alarm(host, row));
    return json{{"drift_until", lasts.count() > 0 ? json(to_text(now + lasts)) : json(nullptr)},
                {"early_on_drift", policy.early_on_drift},
                {"alarms", std::move(list)}};
}

Result<json> shown_alarm(const AdminHost& host, std::uint64_t id) {
    const auto row = SKERRY_TRY(host.history().alarm(id));
    json data = alarm(host, row);
    data["round"] = nullptr;
    if (!row.early) return data;
    const auto found = host.history().round(*row.early);
    if (found) data["round"] = round(*found);
    if (!found && found.error().code != ErrorCode::NotFound) return tl::unexpected(found.error());
    return data;
}

}  // namespace skerry::coordinator::views
