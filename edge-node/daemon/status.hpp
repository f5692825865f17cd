#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/drift_alarm.hpp"
#include "edge-node/api/serving_counters.hpp"
#include "edge-node/daemon/checkpoint.hpp"
#include "edge-node/memory/memory_facts.hpp"
#include "edge-node/router/router_certificate.hpp"
#include "edge-node/serving/executors/serving_executors.hpp"
#include "edge-node/serving/stages/serving_engine.hpp"
#include "edge-node/session/session.hpp"
#include "feedback/label_delays.hpp"
#include "feedback/pending_ring.hpp"
#include "feedback/prequential.hpp"

namespace skerry::node {

/// Everything that the status page shows, as plain values of one moment.
struct NodeFacts {
    std::string name;
    NodeId id;
    Tier tier = Tier::Light;
    std::string model, software, endpoint;
    TimePoint certificate_expires;
    bool alone = false;
    SessionStatus session;
    std::string handshake_failure;

    bool ready = false;
    feedback::SnapshotVersion serving;
    ServingCounters counters;
    std::size_t queue = 0;  ///< requests accepted and not answered
    std::array<StageNumbers, kTiers> stages{};
    std::size_t audits_waiting = 0;           ///< for idle time
    std::optional<RouterCertificate> router;  ///< nothing: no heavy exit to compare with
    ExecutorFacts executors;

    std::uint64_t samples_waiting = 0;  ///< durable labels in no step; with totals.labelled, each label once
    std::size_t samples_per_step = 0;
    Totals totals;
    bool learning = false;
    double learning_rate = 0;
    std::string reason;
    std::vector<DriftAlarm> alarms;               ///< the newest, newest first
    std::optional<TimePoint> fleet_drifts_until;  ///< nothing: it is not in drift
    std::vector<std::string> classes;
    std::chrono::milliseconds step_time{0};
    std::string engine_trouble;
    std::string disk_trouble;
    std::uint64_t labels_dropped = 0;       ///< since start: no engine could learn from them
    std::optional<RolledBack> rolled_back;  ///< the last one
    std::uint64_t learner_deaths = 0;
    std::optional<int> learner_pid;
    std::optional<feedback::PrequentialNumbers> prequential;

    std::size_t predictions_waiting = 0;  ///< for their label
    std::uint64_t predictions_expired = 0;
    std::uint64_t predictions_pushed_out = 0;  ///< of those expired: for want of room
    std::uint64_t predictions_replaced = 0;    ///< their id was used again before their label came
    std::size_t predictions_max = 0;           ///< that may wait, by both bounds of `pending`
    feedback::PendingConfig pending;
    feedback::LabelDelays label_delays;
    std::uint64_t resident_memory_bytes = 0;
    double cpu_seconds = 0;
    MemoryFacts memory;
    TimePoint now;
};

/// One of the models that share a process, for those who ask another.
struct HostedModel {
    std::string name;
    std::string dir;  ///< its folder
    bool ready = false;
    feedback::SnapshotVersion serving;  ///< where it is ready
};

struct Warning {
    std::string why;
    std::string fix;
};

/// Values that the declared scaling does not fit; nothing: there were none since the start.
[[nodiscard]] std::optional<Warning> clamped_warning(const ServingCounters& counters);

/// What an operator should look at, most urgent first.
[[nodiscard]] std::vector<Warning> warnings_of(const NodeFacts& facts);

/// The time below which the share `q` of all lies, between the bounds of its bucket; zero where nothing was measured.
[[nodiscard]] std::chrono::microseconds quantile(const LatencyHistogram& histogram, double q);

/// The document of GET /skerry/status: about the model whose folder was asked. Where the process hosts several,
/// "models" lists them all: [{"name":"digits","dir":"/var/lib/skerry/digits","ready":true,"serving":"7.3"}, …].
[[nodiscard]] std::string status_json(const NodeFacts& facts, const std::vector<HostedModel>& hosted);

}  // namespace skerry::node
