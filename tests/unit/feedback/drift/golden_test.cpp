#include "tests/unit/feedback/drift/golden.hpp"

#include <cmath>
#include <utility>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "feedback/drift/adwin.hpp"
#include "feedback/drift/ddm.hpp"
#include "feedback/drift/kswin.hpp"
#include "feedback/drift/page_hinkley.hpp"

// Each detector against a second one that was written apart from it.
namespace skerry::feedback {
namespace {

std::vector<bool> golden_bits() {
    Random random(11);
    std::vector<bool> bits;
    for (const auto& [count, rate] :
         std::vector<std::pair<int, double>>{{3000, 0.10}, {1500, 0.25}, {1500, 0.10}, {2000, 0.60}, {2000, 0.15}}) {
        for (int i = 0; i < count; ++i)
            bits.push_back(random.uniform() < rate);
    }
    return bits;
}

TEST(DriftGolden, AdwinCutsWhereTheSecondImplementationCuts) {
    const std::vector<bool> bits = golden_bits();
    Adwin adwin;
    std::vector<golden::Cut> cuts;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        adwin.add(bits[i]);
        if ((i + 1) % 100 != 0) continue;
        if (const auto verdict = adwin.check(); verdict.changed) cuts.push_back({i, verdict.rose, adwin.size()});
    }
    ASSERT_EQ(cuts.size(), golden::kAdwin.size());
    for (std::size_t i = 0; i < cuts.size(); ++i) {
        EXPECT_EQ(cuts[i].at, golden::kAdwin[i].at);
        EXPECT_EQ(cuts[i].rose, golden::kAdwin[i].rose);
        EXPECT_EQ(cuts[i].size, golden::kAdwin[i].size);
    }
}

TEST(DriftGolden, PageHinkleySpeaksWhereTheSecondImplementationSpeaks) {
    const std::vector<bool> bits = golden_bits();
    PageHinkley detector;
    std::vector<std::size_t> alarms;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        if (detector.add(bits[i] ? 1 : 0)) alarms.push_back(i);
    }
    EXPECT_EQ(alarms, golden::kPageHinkley);
}

TEST(DriftGolden, DdmWarnsAndAlarmsWhereTheSecondImplementationDoes) {
    const std::vector<bool> bits = golden_bits();
    Ddm detector;
    std::vector<std::size_t> drifts, warnings;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const auto level = detector.add(bits[i]);
        if (level == Ddm::Level::Drift) drifts.push_back(i);
        if (level == Ddm::Level::Warning) warnings.push_back(i);
    }
    EXPECT_EQ(drifts, golden::kDdmDrifts);
    ASSERT_EQ(warnings.size(), golden::kDdmWarnings);
    EXPECT_EQ(warnings.front(), golden::kDdmFirstWarning);
}

TEST(DriftGolden, KswinSeesTheSameDistances) {
    Random random(12);
    Kswin detector;
    std::vector<golden::Distance> seen;
    for (std::size_t i = 0; i < 4000; ++i) {
        const double value = random.uniform();
        detector.add(i < 2000 ? value : std::sqrt(value));
        if ((i + 1) % 100 != 0) continue;
        if (const auto distance = detector.check()) seen.push_back({i, *distance});
    }
    ASSERT_EQ(seen.size(), golden::kKswin.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].at, golden::kKswin[i].at);
        EXPECT_DOUBLE_EQ(seen[i].distance, golden::kKswin[i].distance);
    }
}

}  // namespace
}  // namespace skerry::feedback
