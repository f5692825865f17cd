#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/observe/log.hpp"
#include "edge-node/daemon/drift_json.hpp"
#include "edge-node/daemon/node.hpp"
#include "edge-node/daemon/node_durable.hpp"
#include "edge-node/daemon/query_number.hpp"

// A node's alarms: who hears of them, and what the fleet's do to it.
namespace skerry::node {

namespace log = observe::log;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kAlarmsMax = 1000;

}  // namespace

void Node::heed_drift(const HeedDrift& order) {
    local_.alarms_are_known(order.alarms_known);
    if (order.lasts.count() <= 0) return;
    const TimePoint now = Clock::now();
    if (fleet_drifts_until_ <= now) {
        log::info("fleet_drifts", {{"seconds", std::chrono::ceil<std::chrono::seconds>(order.lasts).count()},
                                   {"consequence", "more answers are audited until then"},
                                   {"model", model()}});
    }
    fleet_drifts_until_ = now + order.lasts;
    routes_.on_drift(order.lasts);
}

void Node::on_alarm(const DriftAlarm& alarm) {
    const std::vector<std::string>& classes = durable_->model->spec.classes;
    log::warning("drift_alarm", {{"number", alarm.number},
                                 {"class", alarm.label_class ? classes.at(*alarm.label_class) : "all"},
                                 {"detector", skerry::name_of(alarm.detector)},
                                 {"errors_before", alarm.before},
                                 {"errors_after", alarm.after},
                                 {"trigger", alarm.trigger},
                                 {"version", feedback::SnapshotVersion{alarm.global, alarm.local}.to_text()},
                                 {"model", model()}});
}

void Node::show_alarms(const http::Request& request, http::Respond respond) {
    const auto limit = number_in(request, "limit", 20);
    const auto before = number_in(request, "before", 0);
    if (!limit || *limit > kAlarmsMax) {
        return respond(http::error_response(400, "limit must be a number up to " + std::to_string(kAlarmsMax)));
    }
    if (!before) return respond(http::error_response(400, "before must be the number of an alarm"));
    storage_.run(
        [&alarms = durable_->labels->alarms(), before = *before, limit = *limit] { return alarms.list(before, limit); },
        [this, respond](Result<feedback::DriftLog::Page> page) {
            if (!page) return respond(http::error_response(500, page.error().message));
            const Json json = {{"alarms", alarms_json(page->alarms, durable_->model->spec.classes)},
                               {"kept", page->kept}};
            http::Response response;
            response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
            response.content_type = "application/json";
            respond(std::move(response));
        });
}

}  // namespace skerry::node
