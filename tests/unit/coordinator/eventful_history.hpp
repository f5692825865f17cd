#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "coordinator/ledger/journal.hpp"
#include "tests/support/sample_audits.hpp"
#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator::ledger {

/// A short history in which every kind of event happens.
inline Events eventful_history() {
    Policy policy = FederationBench::small_policy();
    policy.retention.rounds_verifiable = 1;
    policy.admission.opposition = 1000;  // looked for, and nobody is doubted
    FederationBench bench(policy);
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled(Tier::Medium);
    FakeNode third = bench.enrolled();
    third.audits = sample_audits(80, 1);
    third.soft_labels = sample_soft_labels({7, 0, 9}, 60'000);
    third.error_counts = wire::ErrorCounts{{0, 1, 2, 0, 0, 4}, 0};
    const std::vector<float> ones(8, 1.0F);
    bench.contribute(first, ones);
    bench.wait(2min);
    for (int round = 0; round < 3; ++round) {
        bench.contribute(second, std::vector<float>(6, 0.25F), 200);
        bench.contribute(first, std::vector<float>(8, 1000.0F));
        bench.contribute(first, ones);
        bench.contribute(third, std::vector<float>(8, 1.0F + static_cast<float>(round)));
        bench.wait(2min);
    }
    bench.wait(24h * 61);
    wire::Hello hello;
    hello.protocol = limits::kProtocolVersion;
    hello.model = bench.core->model().identity;
    bench.say(first, hello);
    bench.tell(OperatorQuarantinesNode{1, second.id(), "its camera was moved"});
    bench.contribute(second, std::vector<float>(6, 0.25F));
    bench.tell(OperatorReleasesNode{1, second.id(), true});
    bench.contribute(third, ones);
    bench.tell(OperatorQuarantinesNode{1, third.id(), "its clock is off"});
    bench.tell(OperatorReleasesNode{1, third.id(), false});
    bench.tell(OperatorQuarantinesNode{1, second.id(), "its camera was moved again"});
    bench.contribute(second, std::vector<float>(6, 0.25F));
    wire::Report report;
    report.alarms.resize(2);
    report.alarms[0].number = 2;
    report.alarms[0].label_class = 0;
    report.alarms[0].detector = DriftDetector::PageHinkley;
    report.alarms[0].before = 0.25;
    report.alarms[0].after = 0.5;
    report.alarms[1].number = 3;
    bench.say(third, report);
    bench.tell(OperatorRevokesNode{1, third.id(), "stolen"});
    bench.tell(OperatorRollsBack{1, ModelVersion{bench.core->newest().version.value - 1}, "it confuses 4 and 9", true});
    bench.tell(OperatorUnpinsVersion{1});
    const ModelVersion older = bench.core->versions().begin()->first;
    bench.tell(OperatorRollsBack{1, older, "heavy is overfit", false, {}, {}, bench.joined(older, Tier::Heavy)});
    Events events = bench.journal.events(kFederationStream);
    for (Event& event : events) {
        if (auto* const accepted = std::get_if<UpdateAccepted>(&event)) accepted->doubted = accepted->along.has_value();
        if (auto* const held = std::get_if<NodeQuarantined>(&event)) held->by = QuarantinedBy::Opposition;
    }
    const ModelVersion newest = bench.core->newest().version;
    const wire::TrialCounts counts{newest, 900, 40, 30, 20, 10, false};
    events.push_back(TrialBegan{bench.now, newest, ModelVersion{newest.value - 1}, {first.id()}, bench.now + 1h, 2000});
    events.push_back(TrialEnded{bench.now + 1min, newest, TrialOutcome::Published, "no worse", counts});
    return events;
}

struct TempFolder {
    std::filesystem::path path;
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "skerry-journal-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~TempFolder() { std::filesystem::remove_all(path); }
};

}  // namespace skerry::coordinator::ledger
