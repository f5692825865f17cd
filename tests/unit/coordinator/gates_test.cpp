#include "coordinator/admission/gates.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/support/sample_audits.hpp"
#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using wire::RefusalCode;

struct GatesTest : ::testing::Test {
    ModelShape model;
    wire::UpdateHeader header;
    wire::Lease lease;

    GatesTest() {
        model.identity.fill(std::byte{9});
        model.values = {4, 6, 8};
        model.statistics = 2;
        header.update = {NodeId{{std::byte{1}}}, Sequence{1}};
        header.base = lease.base = ModelVersion{5};
        header.model = lease.model = model.identity;
        header.tier = lease.tier = Tier::Medium;
        header.plain_bytes = wire::body_size(6, 3);
        lease.node = header.update.node;
        lease.sealed_bytes_max = sealed_bytes_max(model, Tier::Medium);
        lease.expires = kStart + 1h;
    }
    [[nodiscard]] Verdict lease_verdict(TimePoint now = kStart) const {
        return check_lease(lease, header, {}, header.update.node, now);
    }
    [[nodiscard]] Verdict size_verdict() const {
        return check_size(header, wire::sealed_size(header.plain_bytes), lease, model);
    }
    static DeltaGate gate_for(std::size_t values, std::size_t statistics, float norm_max) {
        ModelShape shape;
        shape.values.fill(values);
        shape.statistics = statistics;
        return {shape, norm_max};
    }
    static std::string text_without_zeroes(const std::vector<float>& delta, std::size_t statistics, float norm_max) {
        SparseValues sparse{delta.size(), {}, {}};
        for (std::uint32_t i = 0; i < delta.size(); ++i) {
            if (i >= statistics && delta[i] == 0) continue;
            sparse.places.push_back(i);
            sparse.values.push_back(delta[i]);
        }
        DeltaGate gate = gate_for(delta.size(), statistics, norm_max);
        Verdict verdict = gate.take(sparse);
        if (!verdict) verdict = gate.finish();
        return verdict ? verdict->text : "";
    }
    // However it is cut: the first flaw, if any, is the same.
    static Verdict judge(const std::vector<float>& delta, std::size_t statistics, float norm_max, double& norm) {
        Verdict verdict;
        std::string uncut;
        for (std::size_t cut = 0; cut <= delta.size(); ++cut) {
            DeltaGate gate = gate_for(delta.size(), statistics, norm_max);
            const std::span<const float> all(delta);
            verdict = gate.take(all.first(cut));
            if (!verdict) verdict = gate.take(all.subspan(cut));
            if (!verdict) verdict = gate.finish();
            norm = gate.norm();
            const std::string text = verdict ? verdict->text : "";
            if (cut == 0) uncut = text;
            EXPECT_EQ(text, uncut) << "cut at " << cut;
        }
        EXPECT_EQ(text_without_zeroes(delta, statistics, norm_max), uncut);
        return verdict;
    }
};

TEST_F(GatesTest, LetAnHonestUpdatePass) {
    double norm = 0;
    EXPECT_FALSE(lease_verdict());
    EXPECT_FALSE(check_base(header.base, ModelVersion{13}));
    EXPECT_FALSE(size_verdict());
    EXPECT_FALSE(judge(std::vector<float>{1, 2, 3, 4}, 2, 5.0F, norm));
    EXPECT_EQ(norm, 5.0) << "of the trained part only";
}

TEST_F(GatesTest, RefuseALeaseThatIsAnothersOrForAnotherUpdate) {
    const auto changed = [this](auto change) {
        const wire::Lease good = lease;
        change();
        const Verdict flaw = lease_verdict();
        lease = good;
        return flaw && flaw->code == RefusalCode::Unleased;
    };
    EXPECT_TRUE(changed([this] { lease.federation.value[0] = std::byte{1}; }));
    EXPECT_TRUE(changed([this] { lease.node.value[0] = std::byte{2}; }));
    EXPECT_TRUE(changed([this] { lease.id.value[0] = std::byte{2}; }));
    EXPECT_TRUE(changed([this] { lease.base = ModelVersion{4}; }));
    EXPECT_TRUE(changed([this] { lease.tier = Tier::Light; }));
    EXPECT_TRUE(changed([this] { lease.expires = kStart; }));
}

TEST_F(GatesTest, RefuseABaseThatIsTooOldOrNotYetPublished) {
    EXPECT_FALSE(check_base(ModelVersion{5}, ModelVersion{13}));
    EXPECT_EQ(check_base(ModelVersion{5}, ModelVersion{14})->code, RefusalCode::Stale);
    EXPECT_EQ(check_base(ModelVersion{5}, ModelVersion{4})->code, RefusalCode::Stale);
    EXPECT_EQ(check_base(ModelVersion{0}, ModelVersion{4})->code, RefusalCode::Stale) << "0 is no version";
}

TEST_F(GatesTest, RefuseASizeThatIsNoUpdateOfTheTier) {
    header.plain_bytes += 1;
    EXPECT_EQ(size_verdict()->code, RefusalCode::Misshapen);
    header.plain_bytes = wire::body_size(4, 0);
    EXPECT_EQ(size_verdict()->code, RefusalCode::Misshapen);
    header.plain_bytes = wire::body_size(1000, limits::kReportClassPairsMax + 1);
    EXPECT_EQ(size_verdict()->code, RefusalCode::Oversized);
    header.plain_bytes = ~0ULL;
    EXPECT_TRUE(check_size(header, 10, lease, model));
}

TEST_F(GatesTest, KnowTheSizeOfAnUpdateInACoarserForm) {
    bool zstd = false;
    const auto size_of = [&](wire::DeltaEncoding encoding, std::uint32_t values, std::uint32_t exact,
                             std::uint64_t bytes) {
        header.form = {encoding, values, exact, zstd};
        header.plain_bytes = wire::body_size(0, 0, header) + bytes;
        const auto verdict = size_verdict();
        return verdict ? std::optional(verdict->code) : std::nullopt;
    };
    const auto values = static_cast<std::uint32_t>(model.prefix(header.tier));
    const auto exact = static_cast<std::uint32_t>(model.statistics);
    for (const auto encoding : {wire::DeltaEncoding::Float16, wire::DeltaEncoding::Float8, wire::DeltaEncoding::Int8,
                                wire::DeltaEncoding::Top}) {
        const auto [least, most] = wire::delta_bytes({encoding, values, exact});
        EXPECT_EQ(size_of(encoding, values, exact, least), std::nullopt);
        EXPECT_EQ(size_of(encoding, values, exact, least - 1), RefusalCode::Misshapen);
        EXPECT_EQ(size_of(encoding, values + 1, exact, least), RefusalCode::Misshapen) << "no prefix of the model";
        EXPECT_EQ(size_of(encoding, values, exact + 1, least), RefusalCode::Misshapen) << "other moments";
        if (encoding != wire::DeltaEncoding::Top) {
            EXPECT_EQ(size_of(encoding, values, exact, least + 1), RefusalCode::Misshapen) << "no whole class pair";
        }
        EXPECT_EQ(size_of(encoding, values, exact, most + 8 * limits::kReportClassPairsMax + 1),
                  RefusalCode::Misshapen);
    }
    zstd = true;
    const auto plain = wire::delta_bytes({wire::DeltaEncoding::Int8, values, exact}).most;
    EXPECT_EQ(size_of(wire::DeltaEncoding::Int8, values, exact, 1), std::nullopt);
    EXPECT_EQ(size_of(wire::DeltaEncoding::Int8, values, exact, plain - 1), std::nullopt);
    EXPECT_EQ(size_of(wire::DeltaEncoding::Int8, values, exact, plain + 8 * limits::kReportClassPairsMax),
              RefusalCode::Misshapen)
        << "packed is shorter";
}

TEST_F(GatesTest, RefuseAnotherModel) {
    header.model[0] = std::byte{1};
    EXPECT_EQ(size_verdict()->code, RefusalCode::Misshapen);
}

TEST_F(GatesTest, RefuseNumbersThatAreNotFitToShare) {
    double norm = 0;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(judge(std::vector<float>{0, 0, nan, 0}, 2, 5.0F, norm)->code, RefusalCode::NonFinite);
    EXPECT_EQ(judge(std::vector<float>{-infinity, 0, 0, 0}, 2, 5.0F, norm)->code, RefusalCode::NonFinite);
    EXPECT_EQ(judge(std::vector<float>{8193, 0, 0, 0}, 2, 5.0F, norm)->code, RefusalCode::OutOfBounds);
    EXPECT_EQ(judge(std::vector<float>{8193, nan, 0, 0}, 2, 5.0F, norm)->code, RefusalCode::NonFinite);
    EXPECT_EQ(judge(std::vector<float>{0, 0, 3, 4.1F}, 2, 5.0F, norm)->code, RefusalCode::Norm);
    EXPECT_FALSE(judge(std::vector<float>{10, 100, 3, 4}, 2, 5.0F, norm)) << "statistics are not trained";
}

TEST_F(GatesTest, RefuseMomentsOfNoInput) {
    double norm = 0;
    const auto moments = [&norm](float mean, float square) {
        return judge(std::vector<float>{mean, square, 0, 0}, 2, 5.0F, norm);
    };
    EXPECT_FALSE(moments(-64, 4096));
    EXPECT_FALSE(moments(0.1F, 0.1F * 0.1F)) << "a constant input has no variance";
    EXPECT_EQ(moments(0.5F, 0.2F)->code, RefusalCode::OutOfBounds) << "a variance is not negative";
    EXPECT_EQ(moments(0, -1)->code, RefusalCode::OutOfBounds);
    EXPECT_EQ(moments(0, 4097)->code, RefusalCode::OutOfBounds) << "inputs are clamped to ±64";
}

TEST_F(GatesTest, RefuseCountsThatCannotBe) {
    model.classes = 3;
    const auto code = [this](std::uint64_t labelled, std::uint64_t errors, std::uint16_t truth) {
        wire::UpdateBody body;
        body.labelled = labelled;
        body.errors = errors;
        body.confusions = {{truth, 0, 1}};
        const auto flaw = check_counts(body, model);
        return flaw ? std::optional(flaw->code) : std::nullopt;
    };
    EXPECT_EQ(code(10, 10, 2), std::nullopt);
    EXPECT_EQ(code(10, 11, 2), RefusalCode::Misshapen);
    EXPECT_EQ(code(1ULL << 40U, 1, 2), RefusalCode::Misshapen);
    EXPECT_EQ(code(10, 1, 3), RefusalCode::Misshapen) << "the model has classes 0 to 2";
}

TEST_F(GatesTest, RefuseMoreConfusionsThanAnybodyHasLabels) {
    const auto passes = [this](std::vector<wire::ClassPairCount> pairs) {
        wire::UpdateBody body;
        body.labelled = 10;
        body.confusions = std::move(pairs);
        const auto flaw = check_counts(body, model);
        return !flaw || flaw->code != RefusalCode::Misshapen;
    };
    const std::uint32_t most = ~0U;
    EXPECT_TRUE(passes({{1, 0, 4}})) << "a node without error counts may name errors that it has not learned yet";
    EXPECT_TRUE(passes({{1, 0, most}, {0, 1, 1}}));
    EXPECT_FALSE(passes({{1, 0, most}, {0, 1, 2}})) << "also where 32 bits would hold their sum, which is 1";
    EXPECT_FALSE(passes(std::vector(limits::kReportClassPairsMax, wire::ClassPairCount{1, 0, most})));
}

TEST_F(GatesTest, LetAuditsPassThatAreOfOneSetOfSamples) {
    wire::AuditCounts counts = sample_audits(50, 2);
    EXPECT_FALSE(check_audits(counts));
    EXPECT_FALSE(check_audits({})) << "a light node has none";
    ++counts.bins[3].requests;
    EXPECT_EQ(check_audits(counts)->code, RefusalCode::Misshapen) << "light has an audit that medium has not";
    ++counts.bins[wire::AuditCounts::kBins].requests;
    EXPECT_FALSE(check_audits(counts));
    ++counts.bins[3].differ[1];
    EXPECT_EQ(check_audits(counts)->code, RefusalCode::Misshapen) << "medium differs in one and does not";
}

TEST_F(GatesTest, LetSoftLabelsPassThatAreAHeavyExitsOfThisModel) {
    model.classes = 3;
    const wire::SoftLabels three = sample_soft_labels({7, 0, 9}, 60'000);
    EXPECT_FALSE(check_soft_labels(three, Tier::Heavy, model));
    for (const Tier tier : {Tier::Light, Tier::Medium}) {
        EXPECT_EQ(check_soft_labels(three, tier, model)->code, RefusalCode::Misshapen);
        EXPECT_FALSE(check_soft_labels({}, tier, model)) << "it has none";
    }
    EXPECT_EQ(check_soft_labels(sample_soft_labels({7, 9}, 60'000), Tier::Heavy, model)->code, RefusalCode::Misshapen);
}

TEST_F(GatesTest, KnowTheSizeOfAnUpdateWithSoftLabels) {
    header.tier = lease.tier = Tier::Heavy;
    lease.sealed_bytes_max = sealed_bytes_max(model, Tier::Heavy);
    header.soft_label_classes = 128;
    header.plain_bytes = wire::body_size(8, 3);
    EXPECT_EQ(size_verdict()->code, RefusalCode::Misshapen) << "its header says that it has what its size leaves out";
    header.audits = header.error_counts = true;
    header.plain_bytes =
        wire::body_size(8, limits::kReportClassPairsMax, wire::WithAudits::Yes, wire::WithErrorCounts::Yes, 128);
    EXPECT_FALSE(size_verdict()) << "the lease has room for all that an update may take along";
    header.soft_label_classes = 127;
    EXPECT_EQ(size_verdict()->code, RefusalCode::Misshapen);
    EXPECT_LT(sealed_bytes_max(model, Tier::Medium), wire::soft_label_bytes(128)) << "where there is no heavy exit";
}

TEST_F(GatesTest, KnowTheSizeOfAnUpdateWithErrorCounts) {
    header.error_counts = true;
    EXPECT_EQ(size_verdict()->code, RefusalCode::Misshapen);
    header.audits = true;
    header.plain_bytes =
        wire::body_size(6, limits::kReportClassPairsMax, wire::WithAudits::Yes, wire::WithErrorCounts::Yes);
    EXPECT_FALSE(size_verdict()) << "the lease has room for all that an update may take along";
}

TEST_F(GatesTest, KnowTheSizeOfAnUpdateWithAudits) {
    header.audits = true;
    EXPECT_EQ(size_verdict()->code, RefusalCode::Misshapen) << "its header says that it has what its size leaves out";
    header.plain_bytes = wire::body_size(6, limits::kReportClassPairsMax, wire::WithAudits::Yes);
    EXPECT_FALSE(size_verdict());
    header.audits = false;
    EXPECT_EQ(size_verdict()->code, RefusalCode::Misshapen);
}

TEST_F(GatesTest, MeasureEachValueOfALongUpdateOnceHoweverItIsCut) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t at = 2; at < 39; ++at) {
        std::vector<float> delta(39, 0.5F);
        delta[at] = 7;
        double squares = 0, norm = 0;
        for (std::size_t i = 2; i < delta.size(); ++i)
            squares += static_cast<double>(delta[i]) * static_cast<double>(delta[i]);
        EXPECT_FALSE(judge(delta, 2, 100.0F, norm));
        EXPECT_NEAR(norm, std::sqrt(squares), 1e-12) << at;
        delta[at] = nan;
        const Verdict verdict = judge(delta, 2, 100.0F, norm);
        ASSERT_TRUE(verdict) << at;
        EXPECT_EQ(verdict->text, "value " + std::to_string(at) + " is not a finite number");
    }
}

}  // namespace
}  // namespace skerry::coordinator
