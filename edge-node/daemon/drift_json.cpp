#include "edge-node/daemon/drift_json.hpp"

#include <nlohmann/json.hpp>

#include "feedback/prediction.hpp"

namespace skerry::node {

using Json = nlohmann::ordered_json;

Json alarms_json(std::span<const DriftAlarm> alarms, const std::vector<std::string>& classes) {
    Json list = Json::array();
    for (const DriftAlarm& alarm : alarms) {
        Json label, name;
        if (alarm.label_class) {
            label = *alarm.label_class;
            name = *alarm.label_class < classes.size() ? classes[*alarm.label_class] : label.dump();
        }
        list.push_back({{"number", alarm.number},
                        {"at", to_text(alarm.at)},
                        {"class", label},
                        {"class_name", name},
                        {"detector", name_of(alarm.detector)},
                        {"before", alarm.before},
                        {"after", alarm.after},
                        {"trigger", alarm.trigger},
                        {"version", feedback::SnapshotVersion{alarm.global, alarm.local}.to_text()}});
    }
    return list;
}

}  // namespace skerry::node
