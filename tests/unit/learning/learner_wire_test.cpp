#include "edge-node/learning/learner_wire.hpp"

#include <cmath>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "edge-node/learning/learner_socket.hpp"
#include "edge-node/learning/shared_mapping.hpp"

namespace skerry::node::learner_wire {
namespace {

TrainPlan plan() {
    TrainPlan made;
    made.steps = {{{0, 1, 1.0F, {}}, {2, 0, 0.5F, 1U}}, {{1, 2, 1.0F, 0U}}};
    made.class_log_prior = {-1.0F, -2.0F, -0.5F};
    made.exit_weights = {0.2F, 0.3F, 0.5F};
    made.learning_rate = 0.003F;
    made.gradient_norm_max = 5;
    made.logit_weight = 0.5F;
    made.proximal = 0.1F;
    return made;
}

constexpr PlanBounds kBounds{3, 2, 3};

TEST(LearnerPlan, ReadsBackAsItWasWritten) {
    const auto read = decode_plan(encode(plan()), kBounds);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->steps.size(), 2U);
    EXPECT_EQ(read->steps[0][1].row, 2U);
    EXPECT_EQ(read->steps[0][1].label, 0U);
    EXPECT_EQ(read->steps[0][1].weight, 0.5F);
    EXPECT_EQ(read->steps[0][1].target, 1U);
    EXPECT_EQ(read->steps[0][0].target, std::nullopt);
    EXPECT_EQ(read->class_log_prior, plan().class_log_prior);
    EXPECT_EQ(read->exit_weights, plan().exit_weights);
    EXPECT_EQ(read->proximal, 0.1F);
    EXPECT_TRUE(read->class_targets.empty());
}

TrainPlan plan_with_class_targets() {
    TrainPlan made = plan();
    made.class_targets = {0.8F, 0.1F, 0.1F, 0, 1, 0, 0.25F, 0.25F, 0.5F};
    made.class_target_share = 0.2F;
    return made;
}

TEST(LearnerPlan, ReadsBackItsClassTargets) {
    const TrainPlan written = plan_with_class_targets();
    const auto read = decode_plan(encode(written), kBounds);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->class_targets, written.class_targets);
    EXPECT_EQ(read->class_target_share, 0.2F);
    EXPECT_EQ(read->steps.size(), 2U) << "and what stands behind them";
}

TEST(LearnerPlan, RefusesClassTargetsThatAreNoProbabilities) {
    const auto refused = [](auto change) {
        TrainPlan broken = plan_with_class_targets();
        change(broken);
        return !decode_plan(encode(broken), kBounds).has_value();
    };
    EXPECT_FALSE(refused([](TrainPlan&) {}));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_targets.pop_back(); }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_targets.clear(); }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_targets.resize(12, 0.25F); }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_targets[8] = 0.6F; })) << "more than 1";
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_targets[4] = 0; })) << "nothing";
    EXPECT_TRUE(refused([](TrainPlan& p) {
        p.class_targets[3] = -0.5F;
        p.class_targets[4] = 1.5F;
    }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_targets[0] = NAN; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_targets[0] = INFINITY; }));
    for (const float share : {-0.1F, 1.1F, NAN})
        EXPECT_TRUE(refused([share](TrainPlan& p) { p.class_target_share = share; })) << share;
}

TEST(LearnerPlan, RefusesWhatRefersToNothingOrCannotBeComputedWith) {
    const auto refused = [](auto change) {
        TrainPlan broken = plan();
        change(broken);
        return !decode_plan(encode(broken), kBounds).has_value();
    };
    EXPECT_TRUE(refused([](TrainPlan& p) { p.steps[0][0].row = 3; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.steps[0][0].label = 3; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.steps[0][1].target = 2; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.steps[0][0].weight = 0; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.steps[0][0].weight = NAN; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.steps[0].clear(); }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.steps.clear(); }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_log_prior.pop_back(); }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.class_log_prior[0] = INFINITY; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.learning_rate = -1; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.optimiser = static_cast<Optimiser>(9); }));
    EXPECT_TRUE(refused([](TrainPlan& p) {
        p.optimiser = Optimiser::AdaGrad;
        p.hypergradient = 0.1F;
    }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.hypergradient = 0.6F; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.rate_bounds = {2, 1}; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.label_noise = 1; }));
    EXPECT_TRUE(refused([](TrainPlan& p) { p.steps[0][0].adversarial = NAN; }));
}

TEST(LearnerPlan, SurvivesAnyDamage) {
    const Bytes whole = encode(plan_with_class_targets());
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        EXPECT_FALSE(decode_plan(ByteView(whole).first(cut), kBounds)) << cut;
    }
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
        Bytes damaged = whole;
        damaged[random.below(damaged.size())] = static_cast<std::byte>(random.next() & 0xFFU);
        static_cast<void>(decode_plan(damaged, kBounds));
    }
}

TEST(LearnerFrames, ReadBackAsTheyWereWritten) {
    const Request request{Verb::Train, 7, {1, 2, 3, 4, 5, 6, 7, 8}, 9};
    const auto read = decode_request(encode(request));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->verb, Verb::Train);
    EXPECT_EQ(read->counts, request.counts);
    EXPECT_EQ(read->optimiser_steps, 9U);

    Answer answer{Verb::Forward, 8, false, ErrorCode::VersionMismatch, false, 0.25F, std::string(2000, 'x')};
    const auto heard = decode_answer(encode(answer));
    ASSERT_TRUE(heard);
    EXPECT_FALSE(heard->ok);
    EXPECT_EQ(heard->code, ErrorCode::VersionMismatch);
    EXPECT_EQ(heard->learning_rate, 0.25F);
    EXPECT_EQ(heard->message.size(), kMessageBytesMax);
    EXPECT_LE(encode(answer).size(), kFrameBytesMax);
}

TEST(LearnerFrames, RefuseAnyOtherLengthMagicOrVersion) {
    const Bytes request = encode(Request{});
    const Bytes answer = encode(Answer{});
    for (std::size_t cut = 0; cut < request.size(); ++cut)
        EXPECT_FALSE(decode_request(ByteView(request).first(cut)));
    for (std::size_t cut = 0; cut < answer.size(); ++cut)
        EXPECT_FALSE(decode_answer(ByteView(answer).first(cut)));
    Bytes other = answer;
    other[4] ^= std::byte{1};
    EXPECT_FALSE(decode_answer(other));
    other = request;
    other.push_back(std::byte{0});
    EXPECT_FALSE(decode_request(other));
}

TEST(LearnerRegions, LieApartWithinTheirMappingOrAreRefused) {
    const Counts counts{5, 10, 10, 33, 3, 0, 6, 2};
    const auto bytes = bytes_for(counts);
    ASSERT_TRUE(bytes);
    std::vector<std::byte> mapping(*bytes);
    const auto regions = regions_in(mapping, counts);
    ASSERT_TRUE(regions);
    EXPECT_EQ(regions->rows.size(), 33U);
    EXPECT_GE(reinterpret_cast<std::byte*>(regions->memory.data()),
              reinterpret_cast<std::byte*>(regions->parameters.data() + 10));
    EXPECT_LE(reinterpret_cast<std::byte*>(regions->losses.data() + 2), mapping.data() + mapping.size());
    EXPECT_FALSE(regions_in(std::span(mapping).first(mapping.size() - 64), counts));
    for (std::uint64_t huge : {~std::uint64_t{0}, ~std::uint64_t{0} / 4, std::uint64_t{1} << 62U}) {
        Counts absurd = counts;
        absurd.rows = huge;
        EXPECT_FALSE(bytes_for(absurd));
        EXPECT_FALSE(regions_in(mapping, absurd));
    }
}

class LearnerSocketTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_), 0); }
    void TearDown() override {
        ::close(ends_[0]);
        if (ends_[1] >= 0) ::close(ends_[1]);
    }
    int ends_[2] = {-1, -1};
};

TEST_F(LearnerSocketTest, PassesMemoryThatBothSidesSeeAndNeitherCanShrink) {
    auto made = SharedMapping::create(10'000);
    ASSERT_TRUE(made);
    ASSERT_TRUE(send_frame(ends_[0], bytes_of("hello"), made->fd()));
    auto frame = receive_frame(ends_[1]);
    ASSERT_TRUE(frame);
    EXPECT_EQ(text_of(frame->bytes), "hello");
    ASSERT_TRUE(frame->passed_fd);
    auto adopted = SharedMapping::adopt(*frame->passed_fd);
    ASSERT_TRUE(adopted);
    adopted->bytes()[9'999] = std::byte{42};
    EXPECT_EQ(made->bytes()[9'999], std::byte{42});
    EXPECT_NE(::ftruncate(adopted->fd(), 0), 0);
}

TEST_F(LearnerSocketTest, TellsTheEndTheTooLongAndTheAbsentApart) {
    ASSERT_TRUE(send_frame(ends_[0], Bytes(kFrameBytesMax + 1)));
    EXPECT_EQ(receive_frame(ends_[1]).error().code, ErrorCode::InvalidInput);
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    EXPECT_EQ(receive_frame(ends_[0]).error().code, ErrorCode::Unavailable);
    ::close(std::exchange(ends_[1], -1));
    EXPECT_TRUE(receive_frame(ends_[0])->bytes.empty());
    EXPECT_FALSE(send_frame(ends_[0], bytes_of("anybody?")));
}

TEST(SharedMapping, RefusesAFileThatCouldShrink) {
    EXPECT_FALSE(SharedMapping::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC)));
}

}  // namespace
}  // namespace skerry::node::learner_wire
