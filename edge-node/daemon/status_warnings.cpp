#include "common/base/limits.hpp"
#include "edge-node/daemon/status.hpp"

namespace skerry::node {

namespace {

const char* fix_of(wire::Denied::Reason reason) {
    using Reason = wire::Denied::Reason;
    switch (reason) {
        case Reason::Protocol:
            return "install the same version of Skerry on both; this node asks again by itself";
        case Reason::Model:
            return "the federation's declared model has changed: join in a new folder with a new token, or check that "
                   "the coordinator runs in the right folder";
        case Reason::Revoked:
        case Reason::Expired:
        case Reason::UnknownVersion:
            break;
    }
    return "to share again, join in a new folder with a new token from 'skerry token create'";
}

}  // namespace

std::optional<Warning> clamped_warning(const ServingCounters& counters) {
    if (!counters.clamped_channel) return std::nullopt;
    const std::string limit = std::to_string(static_cast<int>(limits::kScaledInputMax));
    return Warning{std::to_string(counters.clamped) + (counters.clamped == 1 ? " sample" : " samples") +
                       " had a value beyond ±" + limit +
                       " after scaling, which was clamped; the first in channel or feature " +
                       std::to_string(*counters.clamped_channel),
                   "declare scale and offset in [input] of model.toml, so that values lie within about ±3, and begin "
                   "a federation with it; or look for a broken sensor"};
}

std::vector<Warning> warnings_of(const NodeFacts& facts) {
    using Link = SessionStatus::Link;
    std::vector<Warning> warnings;
    const SessionStatus& session = facts.session;
    if (session.link == Link::Denied) {
        warnings.push_back({"the coordinator does not talk to this node: " + session.denied, fix_of(session.denial)});
    } else if (!facts.alone && session.link == Link::Away) {
        warnings.push_back({"no connection to " + facts.endpoint +
                                (facts.handshake_failure.empty() ? "" : ": " + facts.handshake_failure),
                            "nothing is lost: it serves and learns alone until the coordinator is back; check that it "
                            "runs and can be reached"});
    } else if (!facts.alone && session.link == Link::Greeting) {
        warnings.push_back({"the coordinator does not answer", "look at its log; this node asks again by itself"});
    }
    if (!facts.ready) {
        warnings.push_back({"no model version yet: requests get 503", "the first version comes from the coordinator"});
    }
    if (!facts.disk_trouble.empty()) {
        warnings.push_back({"nothing can be stored: " + facts.disk_trouble,
                            "free space: it serves meanwhile, and goes on learning by itself"});
    }
    if (!facts.engine_trouble.empty()) {
        warnings.push_back({"it can't learn: " + facts.engine_trouble,
                            "labels are kept and learned later; check that skerry-learner is installed beside "
                            "skerry-node and that memory suffices"});
    }
    if (facts.memory.base) {
        warnings.push_back(
            {"the device is short of memory: the light tier answers, single samples only, and no learner runs",
             "it recovers by itself two seconds after the pressure ends; look at what else runs here"});
    } else if (facts.memory.short_of_memory) {
        warnings.push_back({"the device is short of memory: large requests are refused and learning waits",
                            "it passes by itself; look at what else runs here"});
    }
    if (!facts.memory.waits.empty()) {
        warnings.push_back(
            {facts.memory.waits, "nothing is lost; raise --memory-budget or give the device more memory"});
    }
    if (!facts.executors.trouble.empty()) {
        warnings.push_back({"answers come from the plain executor, which is slow: " + facts.executors.trouble,
                            "they are right; if this stays, name another one with [serving] executor"});
    }
    const auto late = facts.counters.labels[static_cast<std::size_t>(feedback::LabelVerdict::Late)];
    if (late > 0 && facts.predictions_pushed_out > 0) {
        warnings.push_back({std::to_string(late) + (late == 1 ? " label" : " labels") +
                                " came when its request had made room for newer ones: at most " +
                                std::to_string(facts.predictions_max) + " wait",
                            "raise waiting and waiting_bytes in [labels] of the configuration"});
    }
    if (const auto clamped = clamped_warning(facts.counters)) warnings.push_back(*clamped);
    if (facts.certificate_expires < facts.now + std::chrono::hours(24 * 10)) {
        warnings.push_back({"the certificate expires at " + to_text(facts.certificate_expires),
                            "it is renewed at the next contact: connect this node to its coordinator"});
    }
    return warnings;
}

}  // namespace skerry::node
